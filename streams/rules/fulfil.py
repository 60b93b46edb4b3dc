"""A decision -> what the nodes are told. Pure and stateless: all that a fulfilment says is in the decision."""

import msgspec

from connectors.contract import Fulfilment, FulfilmentLine, FulfilmentType, PurchaseOrder
from streams.decisions import Decision
from streams.rules.brief import Brief, Placed
from tables.events import (
    NODE_SAID,
    ArrivalExpected,
    CancelRequested,
    CarrierChosen,
    FulfilmentReleased,
    OrderPlaced,
    PurchaseOrdered,
    Reserved,
    Row,
    Unreserved,
)


def fulfil(decision: Decision | Brief, partition: int) -> tuple[Fulfilment, ...]:
    """One FulfilmentOrdered for each reservation, at once or when it is released, one FulfilmentCancelled for rows taken back (final) or
    asked for (not final). One that is bought is told as a purchase order. And what is to come to a node that asked to know.
    `ordinal` is the place of the event in its decision."""
    placed: OrderPlaced | Placed | None = None
    told: list[Fulfilment] = []
    carried: dict[str, CarrierChosen] = {}
    bought: dict[str, PurchaseOrdered] = {}
    for ordinal, event in enumerate(decision.events):
        match event:
            case OrderPlaced() | Placed():
                placed = event
            case Reserved() if not event.later:
                # an order that is filled by the way is another one
                of = event if placed is None or placed.order != event.order else placed
                who, how = event.sealed or of.sealed, event.shipping or of.shipping
                told.append(_told(decision, partition, ordinal, event, "FulfilmentOrdered", recipient=who, shipping=how))
            case FulfilmentReleased():
                who, how, group = event.sealed, event.shipping, event.group
                told.append(_told(decision, partition, ordinal, event, "FulfilmentOrdered", recipient=who, shipping=how, group=group))
            case Unreserved() if event.reason not in NODE_SAID and not event.untold:
                told.append(_told(decision, partition, ordinal, event, "FulfilmentCancelled", reason=event.reason))
            case CancelRequested():
                told.append(_told(decision, partition, ordinal, event, "FulfilmentCancelled", reason=event.reason, final=False))
            case ArrivalExpected():
                kind: FulfilmentType = "ReturnExpected" if event.kind == "return" else "SupplyExpected"
                told.append(_told(decision, partition, ordinal, event, kind, tracking=event.tracking, expected_at=event.expected_at))
            case CarrierChosen() if event.service:
                carried[event.fulfilment] = event
            case PurchaseOrdered():
                bought[event.fulfilment] = event
            case _:
                pass
    return tuple([_agreed(one, carried.get(one.id), bought.get(one.id)) for one in told] if carried or bought else told)


def _agreed(told: Fulfilment, by: CarrierChosen | None, purchase: PurchaseOrdered | None) -> Fulfilment:
    if told.type != "FulfilmentOrdered":
        return told
    carried = told if by is None else _carried(told, by)
    return carried if purchase is None else _bought(carried, purchase)


def _carried(told: Fulfilment, by: CarrierChosen) -> Fulfilment:
    return msgspec.structs.replace(
        told,
        carrier=by.carrier,
        service=by.service,
        carriage=by.price,
        carriage_currency=by.currency,
        transit_days=by.days,
        grams=by.grams,
        region=by.region,
    )


def _bought(told: Fulfilment, purchase: PurchaseOrdered) -> Fulfilment:
    lines = tuple([FulfilmentLine(line.line, line.sku, line.units, line.cost) for line in purchase.lines])
    return msgspec.structs.replace(told, lines=lines, purchase=PurchaseOrder(purchase.fulfilment, purchase.currency, purchase.freight))


def _told(
    decision: Decision | Brief,
    partition: int,
    ordinal: int,
    event: Reserved | FulfilmentReleased | Unreserved | CancelRequested | ArrivalExpected,
    kind: FulfilmentType,
    *,
    recipient: str = "",
    shipping: str = "",
    group: str = "",
    reason: str = "",
    final: bool = True,
    tracking: str = "",
    expected_at: int = 0,
) -> Fulfilment:
    tenant, shop, order = event.order.split("/", 2) if event.order else ("", "", "")
    return Fulfilment(
        type=kind,
        id=event.name if isinstance(event, ArrivalExpected) else event.fulfilment,
        tenant=tenant,
        shop=shop,
        order=order,
        pool=decision.pool,
        node=event.node,
        lines=_lines(event.rows),
        partition=partition,
        src_offset=decision.src_offset,
        ordinal=ordinal,
        final=final,
        reason=reason,
        recipient=recipient,
        shipping=shipping,
        group=group,
        tracking=tracking,
        expected_at=expected_at,
    )


def _lines(rows: tuple[Row, ...]) -> tuple[FulfilmentLine, ...]:
    return tuple([FulfilmentLine(row.line, row.sku, row.quantity) for row in rows])
