"""Amended addresses and shipping methods, as the decisions say it: each reaches every open fulfilment, or is said to be too late."""

from collections import Counter

from streams.checks.findings import Findings
from streams.checks.orders import Orders
from streams.checks.promises import Units, count
from streams.checks.records import OrderPlaced
from tables import events as e

TOLD_ANEW = "told_anew"  # the reason of an Unreserved whose units are promised again in the same decision

Held = tuple[str, str, tuple[tuple[tuple[str, str], int], ...]]  # order, node, units by line and SKU


class Amended:
    """Of the orders of one pool; `settle` after each decision, before its orders are settled."""

    def __init__(self, findings: Findings, orders: Orders) -> None:
        self._findings = findings
        self._orders = orders
        self._due: dict[tuple[str, str], str] = {}  # order and fulfilment that this decision has to tell anew; its node
        self._back: Counter[Held] = Counter()  # given back to be told anew
        self._anew: dict[str, bool] = {}  # orders promised units in this decision; whether it is just what they had

    def placed(self, event: OrderPlaced) -> None:
        """Call it before and instead of `Orders.placed`."""
        before = self._orders.get(event.order)
        who, how = hash(event.sealed) or before.who, event.shipping or before.how
        if before.revision and (who, how) != (before.who, before.how):
            self._due.update({(event.order, name): promise.node for name, promise in before.promises.items()})
        self._orders.placed(event)
        known = self._orders.get(event.order)
        # one that was over is forgotten, and begins anew
        known.who, known.how = (who, how) if known is before else (hash(event.sealed), event.shipping)

    def too_late(self, event: e.AmendmentTooLate) -> None:
        if self._due.pop((event.order, event.fulfilment), "") != event.node:
            self._note(f"{event.order}: it is too late to change {event.fulfilment} of {event.node}, which nobody changes")

    def given_back(self, event: e.Unreserved) -> None:
        if event.reason == TOLD_ANEW:
            self._back[_units(event)] += 1

    def promised(self, event: e.Reserved) -> None:
        again = self._back[_units(event)] > 0
        self._back[_units(event)] -= again
        self._anew[event.order] = self._anew.get(event.order, True) and again

    def settle(self) -> None:
        for (order, _, _), times in self._back.items():
            if times:
                self._note(f"{order}: units are given back to be told anew, and are not")
        for (order, name), _ in self._due.items():
            promise = self._orders.get(order).promises.get(name)
            if promise is not None and _rest(count(promise.rows), count(promise.asked)):
                self._note(f"{order}: what it amends does not reach {name}")
        for order, again in self._anew.items():
            if again:
                self._orders.kept(order)
        self._due.clear()
        self._back.clear()
        self._anew.clear()

    def _note(self, sentence: str) -> None:
        self._findings.note("amendments", sentence)


def _units(event: e.Reserved | e.Unreserved) -> Held:
    return event.order, event.node, tuple(sorted(count(event.rows).items()))


def _rest(rows: Units, asked: Units) -> bool:
    return any(units > asked.get(place, 0) for place, units in rows.items())
