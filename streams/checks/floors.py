"""Which orders a policy finds too cheap: they must not be promised before somebody has let them go."""

from collections.abc import Mapping

import msgspec

from streams.checks.findings import Findings
from streams.checks.promises import Known
from streams.checks.records import OrderPlaced

HOLD = "price_floor"
Floors = dict[str, dict[str, int]]


class _Rule(msgspec.Struct, frozen=True):
    ignore: bool = False


class _Shop(msgspec.Struct, frozen=True):
    holds: dict[str, _Rule] = {}
    floors: Floors = {}


class _Flow(msgspec.Struct, frozen=True):
    rule: _Shop = _Shop()
    shops: dict[str, _Shop] = {}


class _Policy(msgspec.Struct, frozen=True):
    flow: _Flow = _Flow()


_decode = msgspec.json.Decoder(_Policy).decode


class FloorCheck:
    def __init__(self, findings: Findings) -> None:
        self._findings = findings
        self._flow = _Flow()
        self._cheap: set[str] = set()  # placed by this decision

    def use(self, policy: bytes) -> None:
        self._flow = _decode(policy).flow

    def below(self, placed: OrderPlaced) -> bool:
        """Whether a line whose SKUs are known brings less than its floor."""
        own = self._flow.shops.get(placed.shop, self._flow.rule)
        if not own.floors or own.holds.get(HOLD, _Rule()).ignore:
            return False
        paid = dict(placed.paid)
        gifts = dict(placed.gifts)
        for line in placed.lines:
            floors = own.floors.get(line.listing, {})
            each = sum(own.floors.get(sku, {}).get(placed.currency, 0) * units for sku, units in line.parts)
            least = 0 if line.line in gifts else floors.get(placed.currency, each) * line.quantity
            if paid.get(line.line, line.price * line.quantity) < least:
                return True
        return False

    def placed(self, event: OrderPlaced) -> None:
        if not event.of and self.below(event):  # what replaces goods costs nothing
            self._cheap.add(event.order)

    def settle(self, orders: Mapping[str, Known]) -> None:
        for key in sorted(self._cheap):
            known = orders[key]
            if HOLD not in (*known.holds, *known.let_go):
                self._findings.note("holds", f"{key} has a line below its floor, and is not held")
        self._cheap.clear()
