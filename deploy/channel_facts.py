"""Decisions -> what channels must hear of their orders: shipments in units of the order's lines, cancels they do not know of, and refunds.

The log says units of SKUs. One unit of a line may be several of a SKU (a case of 24), or of several SKUs (a bundle): it has shipped when
all of it has. So the parts of such lines are remembered until they have left; plain lines, nearly all, need no memory. A fact is named by
its fulfilment and by its decision, of which there is one for each document of a warehouse, and it is so in every replay.
"""

import re
from collections import Counter
from collections.abc import Iterator

import msgspec

from connectors.writeback.outward import Cancel, Fact, Refund, Shipment

Parts = tuple[tuple[str, int], ...]
PLAIN = 1
# of a record and of each event in it, whose tag comes first, as it is written
WANTED = re.compile(rb'"type":"(?:Shipped|FoundShipped|OrderRejected|OrderCancelled|OrderPlaced|OrderResolved|RefundDue)"')
CHANNEL_SAID = "raw"


class _Line(msgspec.Struct, array_like=True, gc=False):
    line: str
    listing: str
    quantity: int
    price: int
    parts: Parts = ()


class _Row(msgspec.Struct, array_like=True, gc=False):
    line: str
    sku: str
    quantity: int


class OrderPlaced(msgspec.Struct, tag=True, gc=False):
    order: str
    lines: tuple[_Line, ...]
    of: str = ""


class OrderResolved(msgspec.Struct, tag=True, gc=False):
    order: str
    lines: tuple[_Line, ...]


class Shipped(msgspec.Struct, tag=True, gc=False):
    order: str
    fulfilment: str
    rows: tuple[_Row, ...]
    shipped_at: int
    carrier: str = ""
    tracking: str = ""


class FoundShipped(Shipped, tag=True, gc=False):
    pass


class OrderRejected(msgspec.Struct, tag=True, gc=False):
    order: str
    reason: str


class OrderCancelled(OrderRejected, tag=True, gc=False):
    pass


class _RefundLine(msgspec.Struct, array_like=True, gc=False):
    line: str
    units: int
    amount: int


class RefundDue(msgspec.Struct, tag=True, gc=False):
    order: str
    refund: str
    cause: str
    lines: tuple[_RefundLine, ...]
    currency: str


class _Decision(msgspec.Struct, gc=False):
    src_offset: int
    cause: tuple[str, int, int, int]
    events: tuple[msgspec.Raw, ...]


Told = OrderPlaced | OrderResolved | Shipped | FoundShipped | OrderRejected | OrderCancelled | RefundDue
_decision = msgspec.json.Decoder(_Decision).decode
_event = msgspec.json.Decoder(Told).decode


class Line:
    """A line whose unit is more than one of one SKU: what has left of it."""

    def __init__(self, parts: Parts, quantity: int) -> None:
        self.parts, self.quantity = parts, quantity
        self.left = Counter[str]()
        self.told = 0

    def ship(self, sku: str, quantity: int) -> int:
        """-> how many whole units of the line that completes."""
        self.left[sku] += quantity
        whole = min(self.left[part] // each for part, each in self.parts)
        news, self.told = whole - self.told, max(whole, self.told)
        return max(0, news)


class FactReader:
    """One partition of `decisions`, from its beginning: the parts of lines must have been seen. (shop, fact) of each record."""

    def __init__(self) -> None:
        self._lines: dict[str, dict[str, Line]] = {}
        self._linked: set[str] = set()  # orders of ours in the stead of the shop's, which it knows nothing of
        self._last = -1

    def read(self, value: bytes) -> Iterator[tuple[str, Fact]]:
        """Raises msgspec.MsgspecError on a record that is no decision."""
        if not WANTED.search(value):
            return
        decision = _decision(value)
        if decision.src_offset <= self._last:
            return  # a late repetition
        self._last = decision.src_offset
        for raw in decision.events:
            if WANTED.match(raw, 1):
                yield from self._facts(_event(raw), decision)

    def _facts(self, event: Told, decision: _Decision) -> Iterator[tuple[str, Fact]]:
        shop, order = _named(event.order)
        if isinstance(event, OrderPlaced) and event.of:
            self._linked.add(event.order)
        if event.order in self._linked:
            return
        match event:
            case OrderPlaced() | OrderResolved():
                self._remember(event)
            case Shipped():
                if lines := self._ship(event):
                    yield shop, _shipment(event, order, lines, decision.src_offset)
            case OrderCancelled() if decision.cause[0] == CHANNEL_SAID:
                pass
            case OrderRejected(reason=reason):
                yield shop, Cancel(id=f"{event.order}@{decision.src_offset}", order=order, reason=reason)
            case RefundDue(refund=name, cause=cause, lines=lines, currency=currency):
                yield shop, Refund(id=name, order=order, amount=sum(line.amount for line in lines), currency=currency, cause=cause)

    def _remember(self, event: OrderPlaced | OrderResolved) -> None:
        """An amendment leaves what has shipped as it is."""
        lines = self._lines.get(event.order, {})
        for line in event.lines:
            if len(line.parts) > 1 or any(each > PLAIN for _, each in line.parts):
                known = lines.setdefault(line.line, Line(line.parts, line.quantity))
                known.parts, known.quantity = line.parts, line.quantity
        if lines:
            self._lines[event.order] = lines

    def _ship(self, event: Shipped) -> dict[str, int]:
        known = self._lines.get(event.order, {})
        units = Counter[str]()
        for row in event.rows:
            line = known.get(row.line)
            units[row.line] += line.ship(row.sku, row.quantity) if line else row.quantity
        if known and all(line.told >= line.quantity for line in known.values()):
            del self._lines[event.order]
        return {line: count for line, count in units.items() if count}


def _shipment(event: Shipped, order: str, lines: dict[str, int], src_offset: int) -> Shipment:
    return Shipment(
        id=f"{event.fulfilment}@{src_offset}",
        order=order,
        lines=tuple(lines.items()),
        shipped_at=event.shipped_at,
        carrier=event.carrier,
        tracking=event.tracking,
    )


def _named(key: str) -> tuple[str, str]:
    """`tenant/shop/order` -> shop, order; a shop's name is one over all tenants."""
    _, shop, order = key.split("/", 2)
    return shop, order
