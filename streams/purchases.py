"""What was bought of nodes that ship for us, and what they billed, as people look for it: of one order, or over the whole log."""

from collections.abc import Iterator
from typing import Literal

import msgspec

from streams.decisions import Decision, decode_decision
from streams.finding import search
from streams.read import Log, Record
from streams.topics import DECISIONS
from tables.events import AnyEvent, BilledBack, BillSettled, BillVerdict, Difference
from tables.orders import Order
from tables.purchases import Purchase, PurchaseState, units

Verdict = BillVerdict | Literal["disputed"]


class Bill(msgspec.Struct, frozen=True, kw_only=True):
    """`total`, `payable`: minor units of `currency`. `by`: the person who answered for it. `partition`, `pool`: where its order is decided;
    `at`: when it was, milliseconds."""

    document: str
    fulfilment: str
    order: str
    node: str
    currency: str
    total: int
    verdict: Verdict
    differences: tuple[Difference, ...]
    payable: int
    partition: int
    pool: str
    at: int
    by: str = ""


class PurchaseOfOrder(msgspec.Struct, frozen=True, kw_only=True):
    """`ordered`, `shipped`: units. `agreed`: what is shipped comes to with its freight, `approved`: what is to be paid, `credit`: what is
    expected back, in minor units of `currency`. `bills`: by document, how they stand."""

    fulfilment: str
    node: str
    state: PurchaseState
    ordered: int
    shipped: int
    currency: str
    agreed: int
    approved: int
    credit: int
    bills: dict[str, Verdict]


def purchases_of(order: Order | None) -> tuple[PurchaseOfOrder, ...]:
    return tuple(_row(fulfilment, purchase) for fulfilment, purchase in ((order.purchases if order else None) or {}).items())


def _row(fulfilment: str, purchase: Purchase) -> PurchaseOfOrder:
    costs = {line.sku: line.cost or 0 for line in purchase.lines}
    return PurchaseOfOrder(
        fulfilment=fulfilment,
        node=purchase.node,
        state=purchase.state,
        ordered=sum(line.units for line in purchase.lines),
        shipped=units(purchase.shipped),
        currency=purchase.currency,
        agreed=sum(row.quantity * costs[row.sku] for row in purchase.shipped) + (purchase.freight if purchase.shipped else 0),
        approved=sum(bill.total for bill in purchase.approved()),
        credit=sum(row.quantity * costs[row.sku] for row in purchase.credited),
        bills={document: bill.verdict for document, bill in purchase.bills.items()},
    )


# ---------------------------------------------------------------------------------------------- bills of the whole log
def bills(log: Log) -> tuple[Bill, ...]:
    """All of them as they stand, in the order in which they came."""
    found: dict[tuple[str, str], Bill] = {}
    for record, decision, event in _events(log):
        match event:
            case BilledBack():
                found[event.fulfilment, event.document] = _bill(record, decision, event)
            case BillSettled() if known := found.get((event.fulfilment, event.document)):
                settled = msgspec.structs.replace(known, verdict=event.verdict, payable=event.payable, by=event.by)
                found[event.fulfilment, event.document] = settled
    return tuple(found.values())


def _events(log: Log) -> Iterator[tuple[Record, Decision, AnyEvent]]:
    for record in search(log, DECISIONS.name, (b'"type":"BilledBack"', b'"type":"BillSettled"')):
        decision = decode_decision(record.value)
        yield from ((record, decision, event) for event in decision.events)


def _bill(record: Record, decision: Decision, event: BilledBack) -> Bill:
    return Bill(
        document=event.document,
        fulfilment=event.fulfilment,
        order=event.order,
        node=event.node,
        currency=event.currency,
        total=event.total,
        verdict="disputed" if event.differences else "approved",
        differences=event.differences,
        payable=0 if event.differences else event.total,
        partition=record.partition,
        pool=decision.pool,
        at=record.timestamp,
    )
