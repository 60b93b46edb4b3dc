"""HoldOrder: a person keeps an order back, whatever its channel says of it. Pure."""

import msgspec

from streams.commands import HoldOrder
from streams.rules.fill import fill, freed
from streams.rules.plan import Plan
from streams.rules.rebalance import rebalance
from tables.events import Duplicate, OrderHeld, Refused
from tables.flow import MANUAL


def hold(plan: Plan, command: HoldOrder) -> None:
    """Comes to the reasons that hold it already. What nodes were told to ship of it is called back, or asked for."""
    order = plan.pool.orders.get(command.order)
    if order is None or not order.revision:
        plan.emit(Refused(code="unknown_order", sentence=f"order {command.order!r} is not known in pool {plan.pool.name!r}"))
    elif MANUAL in order.holds:
        plan.emit(Duplicate(of=command.order))
    elif order.cancelled or order.rejected or order.is_over():
        plan.emit(Refused(code="over", sentence=f"nothing is left to keep back of order {command.order!r}: it was shipped, or is off"))
    else:
        holds = (*order.holds, MANUAL)
        plan.emit(OrderHeld(order=command.order, reasons=holds, by=command.by, why=command.why))
        rebalance(plan, command.order, msgspec.structs.replace(order, holds=holds), "held")
        fill(plan, freed(order))
