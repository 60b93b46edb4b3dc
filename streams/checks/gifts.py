"""Gifts as the decisions say them: none goes without its parent, none is given up against the policy, and they are asked back with it."""

from collections import Counter

from streams.checks.aftersales import could_come_back
from streams.checks.findings import Findings
from streams.checks.orders import Orders
from streams.checks.policy import Policy, Rule, decode_policy
from streams.checks.promises import Known, LineSku, Units, count, nearest
from tables import events as e


class GiftCheck:
    """Of the orders of one pool; `settle` after each decision."""

    def __init__(self, findings: Findings, orders: Orders) -> None:
        self._findings = findings
        self._orders = orders
        self._policy = Policy()
        self._moved: dict[str, Counter[LineSku]] = {}  # units that this decision promises, less those it takes away, by order
        self._taken_over: set[str] = set()
        self._asked_back: dict[str, str] = {}  # orders of which it asks goods back, as which return

    def use(self, policy: bytes) -> None:
        self._policy = decode_policy(policy)

    def promised(self, event: e.Reserved) -> None:
        self._moved.setdefault(event.order, Counter()).update(count(event.rows))

    def given_back(self, event: e.Unreserved) -> None:
        self._moved.setdefault(event.order, Counter()).subtract(count(event.rows))

    def let_go(self, event: e.ReservationReleased) -> None:
        self._taken_over.add(event.order)

    def asked_back(self, event: e.ReturnRequested) -> None:
        if event.rows:
            self._asked_back[event.order] = event.rma

    def reduced(self, event: e.OrderReduced, offset: int) -> None:
        """By the policy."""
        if event.reduction != f"gifts@{offset}":
            return
        known = self._orders.get(event.order)
        if self._rule(known).gifts != "drop" or not {line for line, _ in event.lines} <= dict(known.gifts).keys():
            self._note(event.order, f"{[line for line, _ in event.lines]} are given up, and the policy does not say so")

    def settle(self) -> None:
        for key, moved in self._moved.items():
            if (known := self._orders.get(key)).gifts:
                self._together(key, known, moved)
        for key, rma in self._asked_back.items():
            known = self._orders.get(key)
            if known.gifts and self._rule(known).gift_returns == "expected":
                self._back(key, known, rma)
        self._moved.clear()
        self._taken_over.clear()
        self._asked_back.clear()

    def _together(self, key: str, known: Known, moved: Counter[LineSku]) -> None:
        """What is newly promised of a gift is its part of what goes of its parent; and no parent goes before a gift it waits for."""
        out: Units = dict(Counter(known.reserved()) + Counter(count(known.shipped)))
        left, newly = known.left(), {line for (line, _), units in moved.items() if units > 0}
        waits = self._rule(known).gifts == "wait" and key not in self._taken_over
        for gift, parent in known.gifts:
            if left.get(parent, 0) <= 0 or left.get(gift, 0) <= 0:
                continue
            went = _whole(known, gift, out)
            due = nearest(left[gift] * min(left[parent], _whole(known, parent, out)), left[parent])
            if gift in newly and went > due:
                self._note(key, f"{went} of line {gift} go, {due} belong to what goes of line {parent}")
            if parent in newly and went < due and waits:
                self._note(key, f"line {parent} goes with {went} of its gift (line {gift}), {due} belong to it")

    def _back(self, key: str, known: Known, rma: str) -> None:
        """What stays of a gift is its part of what stays of its parent."""
        shipped, stays = count(known.shipped), could_come_back(known, rma)
        for place, units in count(known.returns[rma].rows).items():
            stays[place] = stays.get(place, 0) - units
        for gift, parent in known.gifts:
            if sold := _whole(known, parent, shipped):
                due = nearest(_whole(known, gift, shipped) * _whole(known, parent, stays), sold)
                if _whole(known, gift, stays) > due:
                    self._note(key, f"line {parent} is asked back without its gift (line {gift})")

    def _rule(self, known: Known) -> Rule:
        return self._policy.segments.get(known.segment, self._policy.rule)

    def _note(self, key: str, sentence: str) -> None:
        self._findings.note("gifts", f"{key}: {sentence}")


def _whole(known: Known, name: str, units: Units) -> int:
    """How many of a line these units make."""
    each: Counter[str] = Counter()
    for line in known.lines:
        if line.line == name:
            each.update(dict(line.parts))
    return min((max(0, units.get((name, sku), 0)) // some for sku, some in each.items()), default=0)
