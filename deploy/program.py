"""One of our own commands as a child process."""

import signal
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from deploy import process

STOP_S = 15.0


class Program:
    """`yipan <arguments>` under `name`, its output in `home`/logs/<name>.log. `ready` asks it whether it does its work."""

    def __init__(self, name: str, arguments: Sequence[str], home: Path, environment: Mapping[str, str], ready: Callable[[], bool]) -> None:
        self.name = name
        self.log = home / "logs" / f"{name}.log"
        self.ready = ready
        self._command = [sys.executable, "-m", "deploy.cli", *arguments]
        self._environment = environment
        self._pid_file = home / "run" / f"{name}.pid"
        self._child: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        self._child = process.spawn(self._command, self.log, self._pid_file, on_parent_death=signal.SIGKILL, environment=self._environment)

    def stop(self) -> None:
        if self._child:
            process.stop(self._child, self._pid_file, STOP_S)
            self._child = None

    def exit_code(self) -> int | None:
        """None while it runs."""
        return self._child.poll() if self._child else 0

    def last_words(self) -> str:
        return process.last_words(self.log)
