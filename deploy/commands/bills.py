"""`yipan bills`: what suppliers who ship for us have billed, and a person's answer to what is disputed."""

from typing import TYPE_CHECKING, Annotated

import typer

from deploy.commands.output import Json, console, to_json
from deploy.settings import load_settings

if TYPE_CHECKING:
    from streams.purchases import Bill
    from tables.events import BillVerdict

app = typer.Typer(help="Bills of suppliers who ship for us: those that are disputed, and a person's answer to them.")

Document = Annotated[str, typer.Argument(help="As the list names it, or the supplier's number alone where only one bill has it.")]
OfPurchase = Annotated[str, typer.Option("--purchase", help="The purchase order that it bills, where several bills have this number.")]


@app.callback(invoke_without_command=True)
def disputed(context: typer.Context, json: Json = False) -> None:
    """List the bills that are disputed, or answer for one."""
    if context.invoked_subcommand is None:
        list_bills(json=json)


@app.command("list")
def list_bills(
    every: Annotated[bool, typer.Option("--all", help="Approved and rejected ones as well.")] = False, json: Json = False
) -> None:
    """List the bills that are disputed, each with what differs from its purchase order or its shipments."""
    from deploy.purchases import bills_table

    found = [bill for bill in read_bills() if every or bill.verdict == "disputed"]
    if json:
        to_json(found)
    elif found:
        console().print(bills_table(found))
    else:
        console().print("No bill is disputed." if not every else "No bill has come.", markup=False)


@app.command()
def approve(document: Document, purchase: OfPurchase = "", json: Json = False) -> None:
    """Pay all of a disputed bill; who says so stays in the log."""
    answer(document, purchase, "approved", json)


@app.command()
def reject(document: Document, purchase: OfPurchase = "", json: Json = False) -> None:
    """Pay nothing of a disputed bill. The supplier may send the right one under a new number."""
    answer(document, purchase, "rejected", json)


def answer(document: str, purchase: str, verdict: "BillVerdict", json: bool) -> None:
    import getpass
    import time

    from deploy import clients
    from deploy.settling import find, settle

    bill = find(read_bills(), document, purchase)
    settle(bill, verdict, getpass.getuser(), clients.producer(load_settings()), time.time_ns() // 1_000_000)
    if json:
        to_json({"document": bill.document, "purchase": bill.fulfilment, "verdict": verdict})
    else:
        console().print(f"Bill {bill.document} of {bill.fulfilment} is {verdict}.", markup=False)


def read_bills() -> "tuple[Bill, ...]":
    from deploy.lookup import asking
    from streams.purchases import bills

    with asking(load_settings()) as log:
        return bills(log)
