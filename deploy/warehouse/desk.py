"""A warehouse's desk: takes what comes once, keeps it before it answers, and knows what is due. The clock is handed in."""

import heapq
from collections.abc import Callable, Iterator

from connectors.partner import Partner
from deploy.warehouse.books import Books, Told
from deploy.warehouse.hearing import Request, Unheard, qimen, webhook
from deploy.warehouse.journal import Journal
from deploy.warehouse.words import Ask, Job, Notice, Word


class Desk:
    """`now`: milliseconds since the epoch; time never goes back here, even where the clock does."""

    def __init__(self, books: Books, journal: Journal, now: Callable[[], int]) -> None:
        self.books = books
        self._journal, self._clock = journal, now
        self._due: list[tuple[int, str]] = []
        self._busy: set[str] = set()
        for entry in journal.entries():
            books.fold(entry)
        self._now = books.latest
        for id in [*books.open]:
            self._plan(id)

    def now(self) -> int:
        self._now = max(self._now, self._clock())
        return self._now

    async def take(self, request: Request, partner: Partner) -> bool:
        """Returns once it is kept; False: it was known. Raises Unheard, and Fault when it cannot be kept."""
        entry = self._heard(request, partner)
        new = not self.books.knows(entry.event)
        if new and isinstance(entry, Job) and entry.id in self.books.jobs:
            raise Unheard(409, "told_under_another_event")
        if new:
            self.books.fold(entry)
            self._journal.note(entry)
        await self._journal.keep()
        if new:
            self._plan(entry.id)
        return new

    def _heard(self, request: Request, partner: Partner) -> Job | Ask | Notice:
        if partner.form == "qimen":
            return qimen(request, partner, self.now(), self.books.jobs)
        return webhook(request, partner, self.now())

    def due(self) -> Iterator[str]:
        """Fulfilments of which something is to be said by now. Each is `done` with before it is due again."""
        now = self.now()
        while self._due and self._due[0][0] <= now:
            id = heapq.heappop(self._due)[1]
            if id not in self._busy and self.say(id):
                self._busy.add(id)
                yield id

    def say(self, id: str) -> Word | None:
        """What is to be said of a fulfilment by now."""
        word = self.books.next(id)
        return word if word and word.at <= self.now() else None

    def told(self, id: str, word: Word) -> None:
        """It was taken. Should a kill lose that, it is said again, under the same name."""
        told = Told(id, word.name)
        self.books.fold(told)
        self._journal.note(told)

    def done(self, id: str) -> None:
        self._busy.discard(id)
        self._plan(id)

    def late_ms(self) -> int:
        """How long the first of what is due has waited."""
        return max(0, self.now() - self._due[0][0]) if self._due else 0

    def _plan(self, id: str) -> None:
        word = self.books.next(id)
        if word and id not in self._busy:
            heapq.heappush(self._due, (word.at, id))
