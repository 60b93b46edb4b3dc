"""A child process with a log and a pid file of its own, that does not outlive its parent."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from deploy import tether

LONGEST_LOG = 20 << 20


def spawn(
    command: Sequence[str],
    log: Path,
    pid_file: Path,
    *,
    on_parent_death: signal.Signals = signal.SIGKILL,
    environment: Mapping[str, str] | None = None,
) -> subprocess.Popen[bytes]:
    """Start `command`, its output appended to `log`. It gets no Ctrl-C of the terminal: its parent stops it, in order.

    On Linux the kernel signals it when the *thread* that called this ends, so call it from one that lives as long as the parent.
    """
    _rotate(log)
    log.parent.mkdir(parents=True, exist_ok=True)
    pid_file.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as output:
        child = subprocess.Popen(
            tethered(command, on_parent_death),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=environment,
            start_new_session=True,
        )
    pid_file.write_text(f"{child.pid} {birth(child.pid)}")
    return child


def stop(child: subprocess.Popen[bytes], pid_file: Path, seconds: float) -> None:
    """SIGTERM, and SIGKILL to what is still there after `seconds`: it or a child of its own."""
    if child.poll() is None:
        child.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            child.wait(seconds)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(child.pid, signal.SIGKILL)
    child.wait()
    pid_file.unlink(missing_ok=True)


def last_words(log: Path) -> str:
    """The line of a log that most likely says why its process ended, and where to read more."""
    lines = [line.strip() for line in log.read_text(errors="replace").splitlines()[-50:] if line.strip()] if log.exists() else []
    if any("No space left on device" in line for line in lines):
        return f"the disk is full: free some space and start again (log: {log})"
    said = [line for line in lines if any(word in line for word in ("Error:", "ERROR", "CRITICAL", "Exception"))]
    return f"{(said or lines or ['it left no word'])[-1][:300]} (log: {log})"


def sweep(pid_files: Iterable[Path], seconds: float) -> None:
    """End what an earlier run left behind."""
    for pid_file in pid_files:
        if pid := orphan(pid_file):
            end(pid, seconds)
        pid_file.unlink(missing_ok=True)


def end(pid: int, seconds: float) -> None:
    """Stop a process that is not our child."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGTERM)
        deadline = time.monotonic() + seconds
        while birth(pid) and time.monotonic() < deadline:
            time.sleep(0.05)
        os.kill(pid, signal.SIGKILL)


def orphan(pid_file: Path) -> int | None:
    """The process that `pid_file` names, if it is still that process: pids are used again, so its time of birth must agree."""
    try:
        pid, born = pid_file.read_text().split(maxsplit=1)
    except (FileNotFoundError, ValueError):
        return None
    return int(pid) if born and born == birth(int(pid)) else None


def birth(pid: int) -> str:
    """What tells a process from a later one of the same pid; "" when there is none. A zombie counts as none."""
    if sys.platform == "linux":
        try:
            state, *fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        except (FileNotFoundError, ProcessLookupError):
            return ""
        return "" if state == "Z" else fields[18]
    answer = subprocess.run(["ps", "-o", "lstart=", "-p", str(pid)], capture_output=True, text=True, check=False)
    return answer.stdout.strip()


def _rotate(log: Path) -> None:
    if log.exists() and log.stat().st_size > LONGEST_LOG:
        log.replace(log.with_suffix(".log.1"))


def tethered(command: Sequence[str], how: signal.Signals) -> Sequence[str]:
    """A command that ends with the thread that starts it, by that signal. Only Linux has the means; elsewhere the next start ends what was
    left behind."""
    if sys.platform != "linux":
        return command
    return [sys.executable, "-I", "-S", tether.__file__, str(os.getpid()), str(int(how)), *command]
