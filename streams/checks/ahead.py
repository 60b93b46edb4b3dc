"""What is sold before it is there, held against what is announced: where the policy lets nobody wait but for that, nobody begins to wait
for more than its margin leaves of what comes in time, at the moment he begins.

All of a segment draw on the same supply in the same way (of a shop, where some have quotas), so that all who wait of it count. What the
ratios of other segments take of a supply is not for it, unless it may borrow theirs.
"""

import msgspec

from streams.checks.announced import Announced
from streams.checks.findings import Findings
from streams.checks.line import Line
from tables import events as e

DAY_MS = 86_400_000
WHOLE = 10_000  # basis points


class _Presale(msgspec.Struct, frozen=True):
    days: int = 0
    percent: int = 100


class _Rule(msgspec.Struct, frozen=True):
    kinds: tuple[str, ...] = ()
    nodes: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    shortage: str = "backorder"
    presale: _Presale | None = None

    def may_serve(self, node: e.Node | None) -> bool:
        if node is None or not node.sellable or node.node in self.exclude:
            return False
        return (not self.kinds or node.kind in self.kinds) and (not self.nodes or node.node in self.nodes)


class _Policy(msgspec.Struct, frozen=True):
    rule: _Rule = _Rule()
    segments: dict[str, _Rule] = {}


_decode = msgspec.json.Decoder(_Policy).decode


class SoldAhead:
    """Of one pool; `settle` after each decision."""

    def __init__(self, findings: Findings, line: Line, coming: Announced) -> None:
        self._findings, self._line, self._coming = findings, line, coming
        self._policy = _Policy()
        self._nodes: dict[str, e.Node] = {}
        self._segments: dict[str, e.Segment] = {}
        self._quotas: dict[str, bool] = {}
        self._more: dict[tuple[str, str], str] = {}  # by SKU and order that begins to wait for more of it, its segment

    def rules(self, event: e.PolicySet | e.SegmentSet | e.ShopSet | e.NodeSet) -> None:
        match event:
            case e.PolicySet():
                self._policy = _decode(event.policy)
            case e.SegmentSet():
                self._segments[event.segment.segment] = event.segment
            case e.ShopSet():
                self._quotas[event.shop.shop] = bool(event.shop.quotas)
            case e.NodeSet():
                self._nodes[event.node.node] = event.node

    def waits(self, event: e.Backordered, before: dict[str, int]) -> None:
        """Once the line knows of it. `before`: units that the order waited for until now, by SKU."""
        for sku in {row.sku for row in event.rows}:
            now = self._line.of[sku][event.order]
            if now.units > before.get(sku, 0) and self._rule(now.seller[0]).shortage == "reject":
                self._more[sku, event.order] = now.seller[0]

    def settle(self) -> None:
        for (sku, order), segment in self._more.items():
            if (waits := self._line.of[sku].get(order)) is not None:
                alike = [one.units for one in self._line.of[sku].values() if self._alike(one.seller, waits.seller)]
                self._judge(sku, order, sum(alike), segment)
        self._more.clear()

    def _alike(self, one: tuple[str, str], other: tuple[str, str]) -> bool:
        return one == other or (one[0] == other[0] and not any(self._quotas.values()))

    def _judge(self, sku: str, order: str, sold: int, segment: str) -> None:
        rule = self._rule(segment)
        presale, today = rule.presale or _Presale(percent=0), self._line.now // DAY_MS
        coming = [(at, more) for at, more, (node, _) in self._coming.open(sku) if rule.may_serve(self._nodes.get(node))]
        units = [(at // DAY_MS - today, self._most(more, segment)) for at, more in coming]
        late = sum(more for days, more in units if days < 0)
        in_time = sum(more for days, more in units if 0 <= days <= presale.days)
        if sold > (most := late + in_time * presale.percent // 100):
            self._findings.note("sold ahead", f"{order} begins to wait for {sku}: {sold} are sold ahead, and no more than {most} may be")

    def _most(self, units: int, segment: str) -> int:
        """Of a supply, for a segment."""
        if any(one.quota for one in self._segments.values()):
            return units
        own = self._segments.get(segment)
        theirs = [one for one in self._segments.values() if one.segment != segment and (one.protected or not (own and own.may_borrow))]
        return units - sum([units * one.ratio // WHOLE for one in theirs])

    def _rule(self, segment: str) -> _Rule:
        return self._policy.segments.get(segment, self._policy.rule)
