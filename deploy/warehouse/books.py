"""What a warehouse knows: a fold of its journal, and what it says next of each fulfilment. Pure."""

from collections import Counter, deque

import msgspec

from deploy.warehouse.habits import Habits
from deploy.warehouse.plan import plan
from deploy.warehouse.words import Ask, Job, Notice, Word


class Told(msgspec.Struct, frozen=True, tag="told"):
    """A word of a fulfilment was taken by whoever it was said to."""

    id: str
    name: str


Entry = Job | Ask | Notice | Told


class Books:
    """`open`: fulfilments of which something is still to be said. `counts`: entries by kind. `latest`: time of the last entry."""

    def __init__(self, habits: Habits) -> None:
        self.counts: Counter[str] = Counter()
        self.latest = 0
        self.jobs: dict[str, Job] = {}
        self.open: set[str] = set()
        self._habits = habits
        self._events: set[str] = set()
        self._asks: dict[str, list[Ask]] = {}
        self._told: dict[str, set[str]] = {}
        self._words: dict[str, deque[Word]] = {}

    def knows(self, event: str) -> bool:
        """Whether the event was taken before."""
        return event in self._events

    def fold(self, entry: Entry) -> None:
        self.counts[type(entry).__name__.lower()] += 1
        match entry:
            case Job():
                self._take(entry.event, entry.at)
                self.jobs[entry.id] = entry
                self.open.add(entry.id)
            case Ask():
                self._take(entry.event, entry.at)
                self._asks.setdefault(entry.id, []).append(entry)
                self._words.pop(entry.id, None)
                self.open.add(entry.id)
            case Notice():
                self._take(entry.event, entry.at)
            case Told():
                self._told.setdefault(entry.id, set()).add(entry.name)

    def _take(self, event: str, at: int) -> None:
        self._events.add(event)
        self.latest = max(self.latest, at)

    def next(self, id: str) -> Word | None:
        """The first word of a fulfilment that is not told yet. None: there is none, and none will be but by a cancel."""
        told = self._told.get(id, ())
        words = self._words.get(id)
        if words is None:
            words = self._words[id] = deque(self.words(id))
        while words and words[0].name in told:
            words.popleft()
        if words:
            return words[0]
        del self._words[id]
        self.open.discard(id)
        return None

    def words(self, id: str) -> list[Word]:
        """All of a fulfilment, told or not. Nothing is to be said of one that was only cancelled."""
        job = self.jobs.get(id)
        return plan(job, self._asks.get(id, ()), self._habits) if job else []
