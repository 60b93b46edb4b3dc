"""How far a check has got, over everything it reads."""

from collections.abc import Callable

Progress = Callable[[str, int, int], None]  # what is done, records read, records to read


class Meter:
    """Adds up the records that any process has read, and tells."""

    def __init__(self, what: str, progress: Progress) -> None:
        self.total = 0
        self._done = 0
        self._what = what
        self._progress = progress

    def __call__(self, records: int) -> None:
        self._done = min(self.total, self._done + records)
        self._progress(self._what, self._done, self.total)

    def fill(self) -> None:
        """Offsets without a record are done as well."""
        self(self.total)
