"""BillPurchase and SettleBill: what nodes that ship for us want for it; and what other decisions mean for what was bought. Pure.

What a node is told to ship is bought in `streams.rules.plan`. Other rules need not know of bills: when all is decided, what a shipment or
a return means for them is read off their events.
"""

from msgspec.structs import replace

from streams.commands import BillPurchase, SettleBill
from streams.rules.plan import Plan
from tables import events as e
from tables.orders import Order, bare, merge, sums
from tables.purchases import Bill, Purchase

Shipped = dict[str, tuple[e.Row, ...]]  # fulfilment -> rows


def bill(plan: Plan, command: BillPurchase) -> None:
    """Taken once under its number; approved whole or disputed whole."""
    found = _find(plan, command.fulfilment)
    if found is None:
        return
    key, purchase = found
    known = purchase.bills.get(command.document)
    if known:
        same = known.is_same(command.currency, command.lines, command.freight)
        plan.emit(e.Duplicate(of=command.document) if same else _number_used(command))
        return
    total = command.freight + sum(line.units * line.price for line in command.lines)
    if total > e.MOST_MONEY:
        plan.emit(
            e.Refused(code="too_much", sentence=f"bill {command.document!r} comes to more than {e.MOST_MONEY} minor units: correct it")
        )
        return
    told = Bill(command.currency, command.lines, command.freight, total, "disputed")
    plan.emit(
        e.BilledBack(
            order=key,
            document=command.document,
            fulfilment=command.fulfilment,
            node=purchase.node,
            currency=command.currency,
            billed_at=command.billed_at,
            lines=command.lines,
            total=total,
            freight=command.freight,
            differences=purchase.match(told, plan.pool.policy.bill_tolerance),
        )
    )


def _number_used(command: BillPurchase) -> e.Refused:
    sentence = (
        f"bill {command.document!r} of {command.fulfilment!r} is known, and said something else: send what is right under a new number"
    )
    return e.Refused(code="number_used", sentence=sentence)


def settle_bill(plan: Plan, command: SettleBill) -> None:
    """A person answers for all that was billed, or for nothing of it."""
    found = _find(plan, command.fulfilment)
    if found is None:
        return
    key, purchase = found
    known = purchase.bills.get(command.document)
    if known is None:
        sentence = f"no bill {command.document!r} of {command.fulfilment!r} is known: `yipan bills` lists those that are disputed"
        plan.emit(e.Refused(code="unknown_bill", sentence=sentence))
    elif known.verdict == command.verdict:
        plan.emit(e.Duplicate(of=command.document))
    elif known.verdict != "disputed":
        sentence = f"bill {command.document!r} was {known.verdict} before; that stands"
        plan.emit(e.Refused(code="settled_before", sentence=sentence))
    else:
        _settled(plan, key, command.fulfilment, command.document, known, command.verdict, command.by)


def _settled(plan: Plan, key: str, fulfilment: str, document: str, known: Bill, verdict: e.BillVerdict, by: str) -> None:
    payable = known.total if verdict == "approved" else 0
    plan.emit(e.BillSettled(order=key, document=document, fulfilment=fulfilment, verdict=verdict, payable=payable, by=by))


def _find(plan: Plan, fulfilment: str) -> tuple[str, Purchase] | None:
    key = plan.pool.purchases.get(fulfilment)
    if key is None:
        sentence = (
            f"{fulfilment!r} was not bought in pool {plan.pool.name!r}, or too long ago: correct the purchase order's number on the bill"
        )
        plan.emit(e.Refused(code="unknown_purchase", sentence=sentence))
        return None
    return key, (plan.pool.orders[key].purchases or {})[fulfilment]


# ---------------------------------------------------------------------------------------------- by the way
def settle(plan: Plan) -> None:
    """What the decision so far means for purchases: bills that came before their shipment match now, and goods that came back, if only by
    the same decision, are to be credited."""
    if not plan.pool.purchases:
        return
    shipped: Shipped = {}
    for event in tuple(plan.events):
        match event:
            case e.Shipped() | e.FoundShipped() if event.fulfilment in plan.pool.purchases:
                shipped[event.fulfilment] = merge(shipped.get(event.fulfilment, ()), bare(event.rows))
            case e.Returned():
                _credit(plan, event, shipped)
    for fulfilment, rows in shipped.items():
        _match_again(plan, fulfilment, rows)


def _match_again(plan: Plan, fulfilment: str, rows: tuple[e.Row, ...]) -> None:
    """In the order in which they came."""
    key = plan.pool.purchases[fulfilment]
    before = (plan.pool.orders[key].purchases or {})[fulfilment]
    purchase = _with(before, rows)
    for document, known in before.bills.items():
        if known.verdict == "disputed" and not purchase.match(known, plan.pool.policy.bill_tolerance):
            _settled(plan, key, fulfilment, document, known, "approved", "")
            purchase.bills = {**purchase.bills, document: replace(known, verdict="approved")}


def _credit(plan: Plan, event: e.Returned, shipped: Shipped) -> None:
    """Where some of a line were bought and some were ours, nobody knows which came back: those that were bought come first, of the
    supplier they came back to before others. `shipped`: what has left by this very decision."""
    order = plan.pool.orders.get(event.order) or Order()
    wanted = sums(event.rows)
    bought = sorted((order.purchases or {}).items(), key=lambda found: found[1].node != event.node)
    for fulfilment, purchase in bought:
        if lines := tuple(_taken(_with(purchase, shipped.get(fulfilment, ())), wanted)):
            about = {"order": event.order, "fulfilment": fulfilment, "node": purchase.node, "document": event.document}
            plan.emit(e.CreditExpected(currency=purchase.currency, lines=lines, **about))


def _with(purchase: Purchase, rows: tuple[e.Row, ...]) -> Purchase:
    return replace(purchase, shipped=merge(purchase.shipped, rows))


def _taken(purchase: Purchase, wanted: dict[tuple[str, str], int]) -> list[e.PurchaseLine]:
    """Lines of a purchase that came back, which are wanted no more."""
    costs, credited = {line.sku: line.cost for line in purchase.lines}, sums(purchase.credited)
    lines = []
    for (line, sku), units in sums(purchase.shipped).items():
        if some := min(units - credited.get((line, sku), 0), wanted.get((line, sku), 0)):
            wanted[line, sku] -= some
            lines.append(e.PurchaseLine(line, sku, some, costs[sku]))
    return lines
