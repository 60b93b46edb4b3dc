"""Fulfilments that nodes are told of later: each of them once, with the wave that is due and with none before, and none that was given
back before."""

from collections.abc import Container
from typing import NamedTuple

from streams.checks.findings import Findings
from streams.checks.promises import Promise, count
from streams.checks.waves import Calendar
from tables import events as e


class Waits(NamedTuple):
    """`since`: the tick since which it waits (0: none yet)."""

    order: str
    node: str
    since: int = 0


class Untold:
    """`_late`: what this decision should tell of; `_gone`: what it does tell of, by what leaves together."""

    def __init__(self, findings: Findings) -> None:
        self.calendar = Calendar()
        self._findings = findings
        self._now = 0
        self._waits: dict[str, Waits] = {}
        self._late: set[str] = set()
        self._back = 0  # of those, what it gives back instead
        self._gone: dict[str, list[tuple[str, Waits]]] = {}

    def use(self, policy: bytes) -> None:
        self.calendar.use(policy)

    def begins(self, event: e.Reserved) -> None:
        if event.later != self.calendar.later(event.node, _shop(event.order)):
            when = "later" if event.later else "at once"
            self._note(event.order, event.node, f"is told of {event.fulfilment} {when}, against its calendar")
        if event.later:
            self._waits[event.fulfilment] = Waits(event.order, event.node)

    def ticked(self, at: int) -> None:
        self._now = at
        self._late = {name for name, waits in self._waits.items() if self._due(waits)}
        self._waits = {name: waits if waits.since else waits._replace(since=at) for name, waits in self._waits.items()}

    def _due(self, waits: Waits) -> bool:
        return bool(waits.since) and self.calendar.due(waits.node, _shop(waits.order), waits.since, self._now)

    def released(self, event: e.FulfilmentReleased, promise: Promise | None) -> None:
        if promise is None or promise.node != event.node or count(promise.rows) != count(event.rows):
            self._note(event.order, event.node, f"is told of {event.fulfilment}, and not of what is reserved")
        waits = self._waits.pop(event.fulfilment, None)
        if waits is None:
            self._note(event.order, event.node, f"is told of {event.fulfilment}, and knows of it")
        else:
            self._gone.setdefault(event.group or event.fulfilment, []).append((event.fulfilment, waits))

    def given_back(self, event: e.Unreserved) -> None:
        if event.untold != (event.fulfilment in self._waits):
            knows = "knows of" if event.untold else "was never told of"
            self._note(event.order, event.node, f"{knows} {event.fulfilment}, which is given back")
        self._back += event.fulfilment in self._late

    def ended(self, fulfilment: str) -> None:
        """Nothing is left of it."""
        self._waits.pop(fulfilment, None)

    def settle(self, dealt_with: Container[str]) -> None:
        """`dealt_with`: orders that the decision is about otherwise, which may wait for the next tick."""
        for together in self._gone.values():
            if not any(name in self._late for name, _ in together):
                name, waits = together[0]
                self._note(waits.order, waits.node, f"is told of {name} before it is due")
        left = sorted(name for name in self._late & self._waits.keys() if self._waits[name].order not in dealt_with)
        if left and self._back + sum(map(len, self._gone.values())) < self.calendar.most:
            self._findings.note("fulfilments", f"{left[0]} should have been told to its node by now", len(left))
        self._late.clear()
        self._gone.clear()
        self._back = 0

    def _note(self, order: str, node: str, sentence: str) -> None:
        self._findings.note("fulfilments", f"{order}: {node} {sentence}")


def _shop(order: str) -> str:
    return order.split("/", 2)[1]
