"""What is to come to a pool as its decisions say it: units by SKU, supply and date."""

from collections import defaultdict

import msgspec

from tables import events as e

Key = tuple[str, str]  # node, reference
WEEK_MS = 7 * 86_400_000


class Coming(msgspec.Struct):
    expected_at: int = 0
    announced: int = 0
    received: int = 0
    told_at: int = -1

    @property
    def open(self) -> int:
        return max(0, self.announced - self.received)


class Announced:
    def __init__(self) -> None:
        self._closed: dict[Key, int] = {}
        self._heard: dict[Key, int] = {}  # state time of the last word of it
        self._lines: defaultdict[Key, dict[str, Coming]] = defaultdict(dict)
        self._of: defaultdict[str, dict[Key, Coming]] = defaultdict(dict)

    def told(self, event: e.SupplyAnnounced, now: int) -> tuple[str, ...]:
        """The SKUs of which something is said."""
        key = (event.node, event.supply)
        self._heard[key] = now
        if not event.lines:
            self._closed[key] = max(event.at, self._closed.get(key, -1))
        units = dict(event.lines) or dict.fromkeys(self._lines[key], 0)
        for sku, announced in units.items():
            line = self._line(key, sku)
            if event.at >= line.told_at and event.at >= self._closed.get(key, -1):
                line.announced, line.told_at = announced, event.at
                line.expected_at = event.expected_at if event.lines else line.expected_at
        return tuple(units)

    def came(self, event: e.SupplyReceived, now: int) -> tuple[str, ...]:
        self._heard[event.node, event.supply] = now
        for sku, units in event.lines:
            self._line((event.node, event.supply), sku).received += units
        return tuple([sku for sku, _ in event.lines])

    def forget(self, at: int) -> None:
        """What is over, and was not heard of for a week, as pools forget it on the first tick of a day."""
        self._heard = {key: heard or at for key, heard in self._heard.items()}
        for key in [key for key, heard in self._heard.items() if heard < at - WEEK_MS]:
            if not any(line.open for line in self._lines[key].values()):
                for sku in self._lines.pop(key):
                    del self._of[sku][key]
                self._closed.pop(key, None)
                del self._heard[key]

    def _line(self, key: Key, sku: str) -> Coming:
        line = self._lines[key].setdefault(sku, Coming())
        return self._of[sku].setdefault(key, line)

    # ------------------------------------------------------------------------------------------ asking
    def open(self, sku: str) -> list[tuple[int, int, Key]]:
        """(when, units, of which supply), first come first."""
        lines = self._of.get(sku, {}).items()
        return sorted((line.expected_at, line.open, key) for key, line in lines if line.open)

    def is_open(self, dated: e.Dated) -> bool:
        """Whether a date is that of something that is still to come."""
        line = self._of.get(dated.sku, {}).get((dated.node, dated.supply))
        return line is not None and line.open > 0 and line.expected_at == dated.at

    def ever(self, sku: str) -> bool:
        """Whether anything was ever said of it."""
        return sku in self._of

    def skus(self) -> list[str]:
        return [sku for sku in self._of if self.open(sku)]
