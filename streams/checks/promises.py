"""What the checker remembers of an order: what it wants, and what it is promised. Packed between two decisions of the order."""

from collections.abc import Iterable, Mapping, Sequence

import msgspec

from streams.checks.bought import Bought
from tables.events import Gifts, OrderLine, Origin, Paid, RefundCause, RefundLine, Row, Waiting

LineSku = tuple[str, str]
Units = dict[LineSku, int]
Reductions = dict[str, tuple[tuple[str, int], ...]]  # of each refund, units by line


class Promise(msgspec.Struct, array_like=True):
    """Rows of one fulfilment that are still reserved; `asked`: those of them that the node was asked to cancel and has not given back;
    `requested`: it has not answered to the last cancel."""

    node: str
    rows: tuple[Row, ...]
    asked: tuple[Row, ...] = ()
    requested: bool = False


class Return(msgspec.Struct, array_like=True):
    """`rows`: what is to come back, `back`: what has; `unseen`: units by node and SKU that nobody has looked at yet."""

    rows: tuple[Row, ...] = ()
    back: tuple[Row, ...] = ()
    unseen: dict[tuple[str, str], int] = {}
    ended: bool = False


class Known(msgspec.Struct, array_like=True, tag=1):
    """One order. Revision 0: only a cancel or a refund of it was heard of. `who`: hash of the sealed recipient (0: none was
    told), `how`: the shipping method."""

    revision: int = 0
    updated_at: int = 0
    digest: str = ""
    segment: str = ""
    shop: str = ""
    lines: tuple[OrderLine, ...] = ()
    reductions: Reductions = {}
    holds: tuple[str, ...] = ()
    cancelled: bool = False
    rejected: bool = False
    waiting: tuple[Waiting, ...] = ()
    shipped: tuple[Row, ...] = ()
    promises: dict[str, Promise] = {}
    returned: tuple[Row, ...] = ()
    delivered: tuple[Row, ...] = ()
    let_go: tuple[str, ...] = ()
    returns: dict[str, Return] = {}
    currency: str = ""
    charges: int = 0
    paid: Paid = ()
    refunds: dict[str, tuple[RefundCause, str, tuple[RefundLine, ...]]] = {}
    who: int = 0
    how: str = ""
    reissued: tuple[Row, ...] = ()
    region: str = ""
    placed_at: int = 0
    gifts: Gifts = ()
    priority: int = 0
    purchases: dict[str, Bought] = {}

    @property
    def rank(self) -> tuple[int, int]:
        """By which it is served, lower first."""
        return -self.priority, self.placed_at

    def is_over(self) -> bool:
        """Nothing is left to do for it, so that the decider may forget it."""
        if self.promises or self.waiting or self.holds:
            return False
        if self.cancelled or self.rejected or not self.revision:
            return True
        shipped = count(self.shipped)
        return all(units <= shipped.get(place, 0) for place, units in self.wanted().items())

    def wanted(self) -> Units:
        """Units ordered by (line, SKU): bundles as their components, less what refunds took off, gifts as many as go with the rest."""
        left = self.left()
        wanted: Units = {}
        for line in self.lines:
            for sku, each in line.parts if left[line.line] > 0 else ():
                wanted[line.line, sku] = wanted.get((line.line, sku), 0) + left[line.line] * each
        return wanted

    def left(self) -> dict[str, int]:
        """Units of each line that are ordered still."""
        ordered = {line.line: line.quantity for line in self.lines}
        left = dict(ordered)
        for lines in self.reductions.values():
            for name, units in lines:
                if name in left:
                    left[name] -= units
        for gift, parent in self.gifts:
            if gift in left and ordered.get(parent):
                left[gift] = min(left[gift], nearest(ordered[gift] * max(0, left[parent]), ordered[parent]))
        return left

    def plainly_whole(self) -> bool:
        """A quick look that most orders pass: one fulfilment has exactly the lines, and nothing else has happened."""
        if self.shipped or self.waiting or self.cancelled or self.holds or self.reductions or len(self.promises) != 1:
            return False
        (promise,) = self.promises.values()
        return not promise.asked and has_just(promise.rows, self.lines)

    def plainly_over(self) -> bool:
        """Another: nothing is left of the order, or exactly its lines are shipped."""
        if self.promises or self.waiting or self.holds:
            return False
        return self.cancelled or (not self.reductions and has_just(self.shipped, self.lines))

    def reserved(self) -> Units:
        if len(self.promises) == 1:
            (promise,) = self.promises.values()
            return count(promise.rows)
        return count(row for promise in self.promises.values() for row in promise.rows)

    def more_than_shipped(self, rows: Sequence[Row]) -> Iterable[str]:
        """What of these rows has never left."""
        shipped = count(self.shipped)
        for (line, sku), units in count(rows).items():
            if units > shipped.get((line, sku), 0):
                yield f"{units} of {sku} (line {line}), of which {shipped.get((line, sku), 0)} were shipped,"

    def asked(self) -> Units:
        return count(row for promise in self.promises.values() for row in promise.asked)


class Plain(msgspec.Struct, array_like=True, tag=0, gc=False):
    """What most orders are: taken once, promised at once by one node with exactly its lines, and then shipped as it was promised. Its
    lines stay packed."""

    updated_at: int
    digest: str
    segment: str
    shop: str
    fulfilment: str
    node: str
    packed_lines: msgspec.Raw
    shipped: bool = False
    currency: str = ""
    charges: int = 0
    paid: Paid = ()
    who: int = 0
    how: str = ""
    region: str = ""
    placed_at: int = 0
    priority: int = 0

    def lines(self) -> tuple[OrderLine, ...]:
        return decode_lines(self.packed_lines)

    def known(self) -> Known:
        lines = self.lines()
        rows = tuple([Row(line.line, sku, each * line.quantity) for line in lines for sku, each in line.parts])
        known = Known(1, self.updated_at, self.digest, self.segment, self.shop, lines)
        known.currency, known.charges, known.paid = self.currency, self.charges, self.paid
        known.who, known.how = self.who, self.how
        known.region, known.placed_at, known.priority = self.region, self.placed_at, self.priority
        if self.shipped:
            known.shipped = rows
        else:
            known.promises[self.fulfilment] = Promise(self.node, rows)
        return known


encode = msgspec.msgpack.Encoder().encode
decode = msgspec.msgpack.Decoder(Plain | Known).decode
decode_lines = msgspec.msgpack.Decoder(tuple[OrderLine, ...]).decode


def pack_lines(lines: tuple[OrderLine, ...]) -> msgspec.Raw:
    return msgspec.Raw(encode(lines))


def has_just(rows: Sequence[Row], lines: Sequence[OrderLine]) -> bool:
    """The rows are the lines, each of one SKU out of the segment's own units."""
    if len(rows) != len(lines):
        return False
    for row, line in zip(rows, lines, strict=True):
        parts = line.parts
        if row.origins or row.line != line.line or len(parts) != 1:
            return False
        sku, each = parts[0]
        if row.sku != sku or row.quantity != each * line.quantity:
            return False
    return True


def nearest(dividend: int, divisor: int) -> int:
    """The quotient, rounded; a half goes up."""
    return dividend // divisor + (2 * (dividend % divisor) >= divisor)


def count(rows: Iterable[Row | Waiting]) -> Units:
    units: Units = {}
    for row in rows:
        place = (row.line, row.sku)
        units[place] = units.get(place, 0) + row.quantity
    return units


def take_out(rows: tuple[Row, ...], out: tuple[Row, ...], segment: str) -> tuple[tuple[Row, ...], str]:
    """Rows less `out`, by line, SKU and origin; and a sentence about what was not there to take, or ""."""
    if rows == out:
        return (), ""
    left = {(row.line, row.sku): row for row in rows}
    if len(left) < len(rows):
        return rows, "a fulfilment names a line and SKU twice"
    complaint = ""
    for row in out:
        place = (row.line, row.sku)
        found = left.pop(place, None)
        if found is None or row.quantity > found.quantity or row.quantity <= 0:
            complaint = complaint or f"{row.quantity} of {row.sku} (line {row.line}) where {found.quantity if found else 0} are open"
            continue
        here, gone = origins(found, segment), origins(row, segment)
        rest = {origin: units - gone.pop(origin, 0) for origin, units in here.items()}
        if gone or min(rest.values(), default=0) < 0:
            complaint = complaint or f"{row.quantity} of {row.sku} (line {row.line}) do not come from {sorted(origins(row, segment))}"
        if found.quantity > row.quantity:
            left[place] = Row(row.line, row.sku, found.quantity - row.quantity, _named(rest, segment))
    return tuple(left.values()), complaint


def origins(row: Row, segment: str) -> dict[str, int]:
    total: dict[str, int] = {}
    for origin, units in row.origins or ((segment, row.quantity),):
        total[origin] = total.get(origin, 0) + units
    return total


def _named(units: Mapping[str, int], segment: str) -> tuple[Origin, ...]:
    left = tuple((origin, part) for origin, part in units.items() if part > 0)
    return () if len(left) == 1 and left[0][0] == segment else left


def join(rows: tuple[Row, ...], more: tuple[Row, ...]) -> tuple[Row, ...]:
    """Units of both by line and SKU; origins do not matter any more."""
    if not rows and not any(row.origins for row in more):
        return more
    return tuple(Row(line, sku, units) for (line, sku), units in count((*rows, *more)).items())


def still_asked(asked: Sequence[Row], answer: Sequence[Row], left: Sequence[Row]) -> tuple[Row, ...]:
    """What stays asked for: not what is answered, and no more than there is left."""
    answered, here = count(answer), count(left)
    rest = {place: min(units - answered.get(place, 0), here.get(place, 0)) for place, units in count(asked).items()}
    return tuple(Row(line, sku, units) for (line, sku), units in rest.items() if units > 0)
