"""The dates that who waits was promised, held against what is announced, after each tick that leaves them settled: a second of state time
after the last change of a SKU's queue, of what comes of it, or of the rules."""

from collections import Counter, defaultdict
from collections.abc import Iterable

import msgspec

from streams.checks.announced import Announced
from streams.checks.findings import Findings
from streams.checks.line import Line
from tables import events as e

SETTLED_MS = 1_000
DATED_AT_ONCE = 500
NEVER = 1 << 62
DAY_MS = 86_400_000


class _Rule(msgspec.Struct, frozen=True):
    kinds: tuple[str, ...] = ()
    nodes: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()


class _Policy(msgspec.Struct, frozen=True):
    rule: _Rule = _Rule()
    segments: dict[str, _Rule] = {}
    aging_hours: int = 0


decode_policy = msgspec.json.Decoder(_Policy).decode


class Dates:
    """Of one pool; `settle` after each decision."""

    def __init__(self, findings: Findings, line: Line) -> None:
        self._findings, self._line = findings, line
        self.coming = Announced()
        self._dates: defaultdict[str, dict[str, e.Dated]] = defaultdict(dict)
        self._changed: dict[str, int] = {}  # by SKU, since when it is not settled
        self._segments: dict[str, e.Segment] = {}
        self._policy = _Policy()
        self._nodes: dict[str, e.Node] = {}
        self._quotas: dict[str, bool] = {}
        self._ticked = False
        self._said: set[str] = set()
        self._arrived: Counter[tuple[str, str]] = Counter()  # by node and SKU, what has come of supplies less what was put on a shelf
        self._deferred: tuple[str, ...] = ()
        self._serving: set[str] = set()  # SKUs that are being given out
        self._served: set[str] = set()

    # ------------------------------------------------------------------------------------------ what happens
    def rules(self, event: e.PolicySet | e.SegmentSet | e.ShopSet | e.NodeSet) -> None:
        match event:
            case e.PolicySet():
                self._policy = decode_policy(event.policy)
                self._line.aging_hours = self._policy.aging_hours
            case e.SegmentSet():
                self._segments[event.segment.segment] = event.segment
            case e.ShopSet():
                self._quotas[event.shop.shop] = bool(event.shop.quotas)
            case e.NodeSet():
                self._nodes[event.node.node] = event.node
        self._touch(*self.coming.skus())

    def announced(self, event: e.SupplyAnnounced) -> None:
        self._touch(*self.coming.told(event, self._line.now))

    def received(self, event: e.SupplyReceived) -> None:
        self._touch(*self.coming.came(event, self._line.now))
        self._arrived.update({(event.node, sku): units for sku, units in event.lines})

    def shelved(self, event: e.StockMoved) -> None:
        """By a receipt."""
        if self._arrived:
            self._arrived.subtract({(move.to_node, move.sku): move.quantity for move in event.moves if move.from_place == "supplier"})

    def moved_up(self, skus: Iterable[str]) -> None:
        """A revision may change where an order stands."""
        self._touch(*skus)

    def waits(self, event: e.Backordered, gone: set[str]) -> None:
        for sku in gone:
            self._dates[sku].pop(event.order, None)
        self._touch(*gone, *(row.sku for row in event.rows))

    def promised(self, event: e.DatePromised) -> None:
        self._said.add(event.order)
        for dated in event.dates:
            if not dated.quantity:
                self._dates[dated.sku].pop(event.order, None)
                continue
            self._dates[dated.sku][event.order] = dated
            self._stands(event.order, dated)

    def deferred(self, event: e.DatingDeferred) -> None:
        self._deferred = event.skus

    def serving(self, event: e.FillDeferred) -> None:
        self._serving.update(event.skus)

    def ticked(self, event: e.Ticked) -> None:
        if event.at // DAY_MS != self._line.now // DAY_MS:
            self.coming.forget(event.at)
        self._touch(*(sku for sku in self.coming.skus() if self._line.grown_old(sku, event.at)))
        self._line.now, self._ticked = event.at, True
        self._served, self._serving = self._serving, set()

    def _touch(self, *skus: str) -> None:
        self._changed.update({sku: self._line.now for sku in skus if self.coming.ever(sku)})

    # ------------------------------------------------------------------------------------------ after each decision
    def settle(self) -> None:
        for sku in self._deferred:
            if sku not in self._served and len(self._said) < DATED_AT_ONCE:
                self._note(f"those who wait for {sku} are told later, and need not be")
            self._touch(sku)
        if self._ticked:
            for sku in [sku for sku, at in self._changed.items() if self._line.now >= at + SETTLED_MS]:
                del self._changed[sku]
                self._judge(sku)
        for (node, sku), units in self._arrived.items():
            if units:
                self._note(f"{node}: what has come of supplies and what is put on the shelf differ by {units} {sku}")
        self._ticked, self._deferred = False, ()
        self._said.clear()
        self._arrived.clear()

    def _stands(self, order: str, dated: e.Dated) -> None:
        waits = self._line.of[dated.sku].get(order)
        if waits is None or waits.units != dated.quantity:
            self._note(f"{order} has a date for {dated.quantity} {dated.sku}, and waits for {waits.units if waits else 0}")
        elif not self.coming.is_open(dated):
            self._note(f"{order} has a date for {dated.sku} on supply {dated.supply} to {dated.node}, of which nothing comes then")

    def _judge(self, sku: str) -> None:
        dates = self._dates[sku]
        for order, dated in dates.items():
            self._stands(order, dated)
        open_units = self.coming.open(sku)
        for at in sorted({dated.at for dated in dates.values()}):
            sold = sum(dated.quantity for dated in dates.values() if dated.at <= at)
            if sold > (there := sum(units for when, units, _ in open_units if when <= at)):
                self._note(f"{sold} {sku} are promised for {at} or before, and {there} come by then")
        latest: dict[tuple[str, str], int] = {}
        for order, waits in self._line.in_order(sku):
            at = dates[order].at if order in dates else NEVER
            if at < latest.get(waits.seller, 0):
                self._note(f"{order} is promised {sku} before others of its shop that stand before it")
            latest[waits.seller] = at
        if self._all_alike():
            self._earliest(sku)

    def _all_alike(self) -> bool:
        """Whoever comes first may have whatever comes: one segment, which gets all, and every node serves it."""
        plain = all(rule == _Rule() for rule in (self._policy.rule, *self._policy.segments.values()))
        whole = [segment.ratio for segment in self._segments.values()] == [10_000] and not any(self._quotas.values())
        return plain and whole and all(node.sellable for node in self._nodes.values())

    def _earliest(self, sku: str) -> None:
        before = 0
        for order, waits in self._line.in_order(sku):
            before += waits.units
            covers = self._covered(sku, before)
            promised = self._dates[sku][order].at if order in self._dates[sku] else NEVER
            if promised != covers:
                self._note(f"{order} should have {sku} at {_time(covers)}, and is promised it at {_time(promised)}")

    def _covered(self, sku: str, units: int) -> int:
        """When so many of them have come."""
        there = 0
        for at, more, _ in self.coming.open(sku):
            there += more
            if there >= units:
                return at
        return NEVER

    def _note(self, sentence: str) -> None:
        self._findings.note("dates", sentence)


def _time(at: int) -> str:
    return "no time" if at == NEVER else str(at)
