"""RefuseCancel: a node's answer that a cancel comes too late. Pure.

The other answer is a RejectFulfilment (`cancelled`). Whichever ending the log has first holds, a shipment being one as well: what is
heard after it moves nothing. A node that said it was too late may still give the units back, as long as they have not left.
"""

from streams.commands import RefuseCancel
from streams.rules.plan import Plan
from streams.rules.stock import known_document
from tables.events import AnyEvent, CancelRefused, Duplicate, Refused, Stale


def refuse_cancel(plan: Plan, command: RefuseCancel) -> None:
    """Closes the request: what was asked for stays reserved until it ships."""
    if not known_document(plan, command.document):
        plan.emit(_answer(plan, command))


def _answer(plan: Plan, command: RefuseCancel) -> AnyEvent:
    key = plan.pool.index.get(command.fulfilment)
    if key is None:
        return Stale(of=command.document)  # it has shipped, or is cancelled after all
    found = plan.pool.orders[key].open_fulfilments[command.fulfilment]
    if found.answer:
        return Duplicate(of=command.document) if found.answer == "too_late" else Stale(of=command.document)
    if not found.asked:
        sentence = f"fulfilment {command.fulfilment!r} was not asked to be cancelled; tell its progress or its shipment instead"
        return Refused(code="not_asked", sentence=sentence)
    return CancelRefused(order=key, document=command.document, fulfilment=command.fulfilment, node=found.node, rows=found.asked)
