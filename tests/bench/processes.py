"""What a process and its children have used so far, by /proc."""

import os
from collections.abc import Iterator
from pathlib import Path

CLOCK = os.sysconf("SC_CLK_TCK")


def cpu_seconds(pid: int) -> float:
    """Of the process, and of its children that have ended or still run."""
    own = sum(int(ticks) for ticks in _stat(pid)[11:15]) / CLOCK
    return own + sum(map(cpu_seconds, _children(pid)))


def peak_mb(pid: int) -> float:
    """The most that was resident at any time so far; with children, the sum of theirs."""
    status = Path(f"/proc/{pid}/status").read_text()
    return float(status.partition("VmHWM:")[2].split()[0]) / 1024 + sum(map(peak_mb, _children(pid)))


def _children(pid: int) -> Iterator[int]:
    for task in Path(f"/proc/{pid}/task").iterdir():
        yield from map(int, (task / "children").read_text().split())


def _stat(pid: int) -> list[str]:
    """The fields behind the name, so that the state is the first."""
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()


def rss_bytes() -> int:
    """What of this process is resident now."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
