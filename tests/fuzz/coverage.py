"""Which ways through our own code an input takes: pairs of lines that follow each other, seen by the interpreter's own tracing."""

import sys
from collections.abc import Callable
from pathlib import Path
from types import CodeType, FrameType
from typing import Any, TypeVar

ROOT = Path(__file__).parents[2]
OURS = tuple(f"{ROOT / package}/" for package in ("connectors", "streams", "tables", "deploy"))

Answer = TypeVar("Answer")
Step = tuple[CodeType, int, int]


class Coverage:
    """`new` says how many steps the last input took that none had taken before."""

    def __init__(self, files: tuple[str, ...] = OURS) -> None:
        self._files = files
        self.seen: set[Step | str] = set()
        self.new = 0
        self._ours: dict[CodeType, bool] = {}

    def of(self, call: Callable[[], Answer]) -> Answer:
        before = len(self.seen)
        sys.settrace(self._enter)
        try:
            return call()
        finally:
            sys.settrace(None)
            self.new = len(self.seen) - before

    def mark(self, outcome: str) -> None:
        """An end that none had before is as good as a new step."""
        self.new += outcome not in self.seen
        self.seen.add(outcome)

    def _enter(self, frame: FrameType, event: str, argument: Any) -> Any:
        code = frame.f_code
        ours = self._ours.get(code)
        if ours is None:
            ours = self._ours[code] = code.co_filename.startswith(self._files)
        if not ours:
            return None
        add, before = self.seen.add, 0

        def line(frame: FrameType, event: str, argument: Any) -> Any:
            nonlocal before
            if event == "line":
                add((code, before, frame.f_lineno))
                before = frame.f_lineno
            return line

        return line
