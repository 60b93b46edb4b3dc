"""An amendment of where or how an order goes: its fulfilments that nobody has begun are told anew, under new ids; those under way go as
they were told, and the decision says so. Pure.

People are sealed: equal ones give equal bytes under one key, so a change is seen without knowing anybody. Under a new key the same person
looks like another one; then fulfilments are told anew that need not be, and nothing is missed.
"""

from collections.abc import Mapping
from typing import Literal

from streams.commands import PlaceOrder
from streams.rules.plan import Plan
from streams.rules.rebalance import subtract_asked
from tables.events import AmendmentTooLate, Row
from tables.orders import FulfilmentOrder, Order

What = tuple[Literal["recipient", "shipping"], ...]
TOLD_ANEW = "told_anew"
NOT_BEGUN = ("", "accepted")


def tell_anew(plan: Plan, command: PlaceOrder, before: Order, after: Order, stands: Mapping[str, tuple[Row, ...]]) -> None:
    """`stands`: the rows that the order keeps, by fulfilment. A node that answers cancels is asked for them first; they are promised
    anew when it gives them back."""
    what = changed(command, before)
    for name, rows in stands.items() if what else ():
        found = before.open_fulfilments[name]
        if rows and not _may_change(plan, found):
            plan.emit(AmendmentTooLate(order=command.order, fulfilment=name, node=found.node, what=what))
        elif keeps := subtract_asked(rows, found.asked):
            plan.give_back(command.order, before, name, keeps, TOLD_ANEW)
            if not plan.asks(command.order, found.node, name):
                # the very units it held, which are surely there
                plan.reserve(command.order, after.segment, found.node, keeps, after.sealed, after.shipping)


def changed(command: PlaceOrder, before: Order) -> What:
    """What a revision says that differs from what was said before; where it says nothing, nothing changes."""
    what: What = ("recipient",) if command.sealed and command.sealed != before.sealed else ()
    return (*what, "shipping") if command.shipping and command.shipping != before.shipping else what


def _may_change(plan: Plan, found: FulfilmentOrder) -> bool:
    """A node that sells no more gets nothing new to ship, but ships what it has."""
    return found.stage in NOT_BEGUN and found.answer != "too_late" and plan.sellable(found.node)
