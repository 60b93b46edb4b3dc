"""How purchases and bills read on a terminal."""

from collections.abc import Iterable

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from deploy.amounts import amount, when
from streams.purchases import Bill, PurchaseOfOrder
from tables import events as e

WORDS: dict[e.DifferenceReason, str] = {
    "currency": "it is in another currency",
    "not_ordered": "{found} × {sku} were not ordered",
    "no_cost": "no price of {sku} is agreed",
    "price": "{sku} costs {expected}, billed at {found}",
    "not_shipped": "{found} × {sku} are billed, {expected} are shipped and not billed yet",
    "freight": "freight of {expected} is agreed, billed at {found}",
}
MONEY: tuple[e.DifferenceReason, ...] = ("price", "freight")


def said_of(difference: e.Difference, currency: str) -> str:
    """`currency`: of the bill, and of the purchase too wherever amounts are told."""
    told = {"expected": difference.expected, "found": difference.found}
    shown = {name: amount(units, currency) if difference.reason in MONEY else str(units) for name, units in told.items()}
    return WORDS[difference.reason].format(sku=difference.sku, **shown)


def purchase_line(event: e.PurchaseOrdered | e.BilledBack | e.BillSettled | e.CreditExpected) -> Text:
    match event:
        case e.PurchaseOrdered(fulfilment=name, node=node, currency=currency):
            return Text(f"bought of {node} as {name}: {_lines(event.lines, currency)}", style="green")
        case e.BilledBack(document=document, node=node, currency=currency, total=total, differences=()):
            return Text(f"{node} bills {amount(total, currency)} ({document}): approved", style="green")
        case e.BilledBack(document=document, node=node, currency=currency, total=total, differences=differences):
            reasons = "; ".join(said_of(found, currency) for found in differences)
            return Text(f"{node} bills {amount(total, currency)} ({document}): disputed, {reasons}", style="red")
        case e.BillSettled(document=document, verdict=verdict, by=by):
            return Text(f"bill {document} is {verdict} {f'by {by}' if by else ': it matches what is shipped by now'}", style="yellow")
        case e.CreditExpected(node=node, document=document, currency=currency):
            return Text(f"{node} is to credit what came back ({document}): {_lines(event.lines, currency)}", style="yellow")


def _lines(lines: Iterable[e.PurchaseLine], currency: str) -> str:
    return ", ".join(
        f"{line.units} × {line.sku} at {'no agreed price' if line.cost is None else amount(line.cost, currency)}" for line in lines
    )


def purchases(found: Iterable[PurchaseOfOrder]) -> RenderableType:
    """Of one order; nothing where nothing was bought."""
    table = Table(
        "purchase", "of", "state", "units", "shipped", "agreed", "to pay", "credit", "bills", title="Bought", title_justify="left"
    )
    for one in found:
        money = [amount(units, one.currency) if units else "" for units in (one.agreed, one.approved, one.credit)]
        bills = ", ".join(f"{document} {verdict}" for document, verdict in one.bills.items())
        state = one.state.replace("_", " ")
        table.add_row(one.fulfilment, Text(one.node), state, str(one.ordered), str(one.shipped), *money, Text(bills))
    return table if table.row_count else Text()


def bills_table(bills: Iterable[Bill]) -> RenderableType:
    table = Table("came (UTC)", "bill", "purchase", "of", "comes to", "stands", "why")
    for bill in bills:
        verdict = f"{bill.verdict} by {bill.by}" if bill.by else bill.verdict
        why = "; ".join(said_of(found, bill.currency) for found in bill.differences) if bill.verdict == "disputed" else ""
        money = amount(bill.total, bill.currency)
        table.add_row(when(bill.at), Text(bill.document), bill.fulfilment, Text(bill.node), money, verdict, Text(why))
    return table
