"""A person answers for a supplier's bill: SettleBill, sent to the partition of its pool."""

from collections.abc import Sequence

from confluent_kafka import Producer

from deploy.business.publish import send
from deploy.faults import Fault
from streams.commands import SettleBill, encode_command
from streams.purchases import Bill
from streams.topics import COMMANDS
from tables.events import BillVerdict


def find(bills: Sequence[Bill], document: str, purchase: str = "") -> Bill:
    """`document`: as `yipan bills` lists it, or the supplier's number alone. Raises Fault where none is meant, or several are."""
    meant = [bill for bill in bills if document in (bill.document, bill.document.partition("/")[2]) and purchase in ("", bill.fulfilment)]
    if not meant:
        raise Fault(f"No bill is called {document!r}: `yipan bills --all` lists them.")
    if len(meant) > 1:
        names = ", ".join(f"{bill.document} of {bill.fulfilment}" for bill in meant)
        raise Fault(f"Several bills are called {document!r}; say which with --purchase: {names}.")
    return meant[0]


def settle(bill: Bill, verdict: BillVerdict, by: str, producer: Producer, now: int) -> None:
    """Raises Fault when it is not disputed, or the broker is away."""
    if bill.verdict != "disputed":
        raise Fault(f"Bill {bill.document} is {bill.verdict}{f' by {bill.by}' if bill.by else ''}, and not disputed.")
    cause = ("operator", bill.partition, now, 0)
    command = SettleBill(pool=bill.pool, cause=cause, document=bill.document, fulfilment=bill.fulfilment, verdict=verdict, by=by)
    send(producer, COMMANDS.name, [(bill.partition, bill.pool, encode_command(command))])
