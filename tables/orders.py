"""Open orders: revisions, holds, what is reserved where, and what is waited for. An order's status is a fold of its line units."""

from collections.abc import Iterable, Sequence
from typing import Literal

import msgspec

from tables.aftersales import AfterSales
from tables.events import Gifts, OrderLine, Origin, Paid, RefundCause, RefundLine, Row, Stage, TrackingStatus, Waiting
from tables.gifts import with_gifts
from tables.purchases import Purchase

Reductions = dict[str, tuple[tuple[str, int], ...]]
LineSku = tuple[str, str]


class FulfilmentOrder(msgspec.Struct, array_like=True, gc=False):
    """Rows a node still has to ship; `asked`: those of them it was asked to cancel and has not given back; `stage`: how far it is, ""
    when it has not told; `answer`: what it said to the last cancel, for all that was asked up to then ("": nothing yet)."""

    node: str
    rows: tuple[Row, ...]
    asked: tuple[Row, ...] = ()
    stage: Stage | Literal[""] = ""
    answer: Literal["", "cancelled", "too_late"] = ""


class Parcel(msgspec.Struct, array_like=True, gc=False):
    """What of an order left under one tracking number, and what its carrier says of it ("": nothing yet) as of `at`. `delivered_at`:
    0 while that was never said. `node`: whence it left; `reissued`, `restocked`: rows of it that go out once more, or came back."""

    rows: tuple[Row, ...]
    status: TrackingStatus | Literal[""] = ""
    at: int = 0
    delivered_at: int = 0
    node: str = ""
    reissued: tuple[Row, ...] = ()
    restocked: tuple[Row, ...] = ()


class Refund(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """See RefundDue."""

    cause: RefundCause
    document: str
    lines: tuple[RefundLine, ...]


class Order(msgspec.Struct, array_like=True, gc=False):
    """One order. Revision 0: only a cancel or a refund of it is known. `digests`: what was seen with exactly this `updated_at`.
    `segment` stays that of the first revision, because the free units reserved for it were taken there. `over_since`: when there
    was nothing left to do for it; -1 while there is. `parcels`: by tracking number. `paid`, `charges`: see OrderPlaced, in `currency`;
    `unpaid`: it was held for its payment when it was last heard of. `after`: what came after it had left. `outran`: (part of) it left
    although it was cancelled. `gifts`: lines that come with others. `purchases`: by fulfilment, what nodes that bill us ship of it."""

    updated_at: int = 0
    digests: tuple[str, ...] = ()
    revision: int = 0
    shop: str = ""
    segment: str = ""
    region: str = ""
    priority: int = 0
    placed_at: int = 0
    lines: tuple[OrderLine, ...] = ()
    sealed: str = ""
    holds: tuple[str, ...] = ()
    released: tuple[str, ...] = ()
    cancelled: bool = False
    rejected: bool = False
    waiting: tuple[Waiting, ...] = ()
    shipped: tuple[Row, ...] = ()
    returned: tuple[Row, ...] = ()
    refused_by: tuple[str, ...] = ()
    fulfilments: dict[str, FulfilmentOrder] | None = None
    reductions: Reductions | None = None
    over_since: int = -1
    parcels: dict[str, Parcel] | None = None
    delivered: tuple[Row, ...] = ()
    paid: Paid = ()
    charges: int = 0
    currency: str = ""
    unpaid: bool = False
    after: AfterSales | None = None
    outran: bool = False
    refunds: dict[str, Refund] | None = None
    shipping: str = ""
    gifts: Gifts = ()
    purchases: dict[str, Purchase] | None = None
    city: str = ""

    @property
    def open_fulfilments(self) -> dict[str, FulfilmentOrder]:
        return self.fulfilments or {}

    def is_over(self) -> bool:
        """Nothing is reserved, waited for, held, to come back or still to be decided: all is shipped or off. A mark left by a cancel
        or refund that came before its order counts as over."""
        if self.fulfilments or self.waiting or self.holds or (self.after and self.after.expects_goods()):
            return False
        if self.cancelled or self.rejected or not self.revision:
            return True
        done = sums(self.shipped)
        return all(units <= done.get(place, 0) for place, units in self.demand().items())

    def demand(self) -> dict[LineSku, int]:
        return demand(self.lines, self.reductions, self.gifts)

    def is_under_way(self) -> bool:
        """Parcels of it have not ended, as far as their carriers told: what is lost may turn up."""
        return any(not parcel.delivered_at and parcel.status != "returned" for parcel in (self.parcels or {}).values())


def split(row: Row, units: int) -> tuple[Row, Row | None]:
    """Divide a row into its first `units` (0 < units <= quantity) and the rest; named origins are used up from the front."""
    if units == row.quantity:
        return row, None
    if not row.origins:
        return Row(row.line, row.sku, units), Row(row.line, row.sku, row.quantity - units)
    taken: list[Origin] = []
    rest: list[Origin] = []
    wanted = units
    for origin, quantity in row.origins:
        part = min(wanted, quantity)
        wanted -= part
        if part:
            taken.append((origin, part))
        if quantity > part:
            rest.append((origin, quantity - part))
    return Row(row.line, row.sku, units, tuple(taken)), Row(row.line, row.sku, row.quantity - units, tuple(rest))


def subtract(rows: Iterable[Row], less: Iterable[Row]) -> tuple[Row, ...]:
    """Rows without the units (by line, SKU and origin) of `less`, which they contain."""
    gone: dict[LineSku, list[Row]] = {}
    for row in less:
        gone.setdefault((row.line, row.sku), []).append(row)
    left: list[Row] = []
    for row in rows:
        for out in gone.pop((row.line, row.sku), ()):
            rest = row.quantity - out.quantity
            if not rest:
                break
            row = Row(row.line, row.sku, rest, _less(row.origins, out.origins))
        else:
            left.append(row)
    return tuple(left)


def _less(origins: Sequence[Origin], out: Sequence[Origin]) -> tuple[Origin, ...]:
    gone: dict[str, int] = {}
    for origin, units in out:
        gone[origin] = gone.get(origin, 0) + units
    return tuple((origin, units - gone.get(origin, 0)) for origin, units in origins if units > gone.get(origin, 0))


def still_asked(asked: Sequence[Row], rows: Iterable[Row]) -> tuple[Row, ...]:
    """Of what was asked for, what the rows still hold. A cancel is asked for the last units of a row, and all else takes its first."""
    if not asked:
        return ()
    here = {(row.line, row.sku): row for row in rows}
    found = ((row, here.get((row.line, row.sku))) for row in asked)
    return tuple(row if row.quantity <= rest.quantity else rest for row, rest in found if rest)


def bare(rows: Iterable[Row]) -> list[Row]:
    """Without origins, which matter only while units are promised."""
    return [Row(row.line, row.sku, row.quantity) for row in rows]


def merge(rows: Sequence[Row], more: Sequence[Row]) -> tuple[Row, ...]:
    """Both, with rows of the same line and SKU joined."""
    joined: dict[LineSku, Row] = {(row.line, row.sku): row for row in rows}
    for row in more:
        old = joined.get((row.line, row.sku))
        joined[row.line, row.sku] = row if old is None else Row(row.line, row.sku, old.quantity + row.quantity, old.origins + row.origins)
    return tuple(joined.values())


def reduced(reductions: Reductions | None) -> dict[str, int]:
    """Units taken off each line by all refunds and edits."""
    off: dict[str, int] = {}
    for lines in (reductions or {}).values():
        for line, units in lines:
            off[line] = off.get(line, 0) + units
    return off


def demand(lines: Sequence[OrderLine], reductions: Reductions | None, gifts: Gifts = ()) -> dict[LineSku, int]:
    """Units wanted of each (line, SKU), bundles exploded into their components, gifts as many as go with what is left of their parents;
    lines without a known listing want nothing yet."""
    if not reductions:
        wanted = {(line.line, sku): line.quantity * per_unit for line in lines for sku, per_unit in line.parts}
        if len(wanted) == sum([len(line.parts) for line in lines]) and min(wanted.values(), default=1) > 0:
            return wanted
    off = with_gifts(lines, reduced(reductions), gifts)
    wanted = {}
    for line in lines:
        units = line.quantity - off.get(line.line, 0)
        if units > 0:
            for sku, per_unit in line.parts:
                wanted[line.line, sku] = wanted.get((line.line, sku), 0) + units * per_unit
    return wanted


def sums(rows: Iterable[Row | Waiting]) -> dict[LineSku, int]:
    """Units by (line, SKU)."""
    total: dict[LineSku, int] = {}
    for row in rows:
        total[row.line, row.sku] = total.get((row.line, row.sku), 0) + row.quantity
    return total
