"""CancelOrder and ReduceOrder: what an order gives back. Both may come before the order itself. Pure."""

import msgspec

from streams.commands import CancelOrder, ReduceOrder
from streams.rules.fill import fill, freed
from streams.rules.place import seen
from streams.rules.plan import Plan
from streams.rules.rebalance import rebalance
from tables.events import Duplicate, OrderCancelled, OrderReduced
from tables.orders import Order


def cancel(plan: Plan, command: CancelOrder) -> None:
    """Gives back exactly what is reserved; shipped lines are not touched. An unknown order leaves a mark that keeps older
    revisions out."""
    order = plan.pool.orders.get(command.order) or Order()
    known = seen(order, command.updated_at, command.digest, command.order)
    if known or order.cancelled:
        plan.emit(known or Duplicate(of=command.order))
        return
    event = OrderCancelled(order=command.order, updated_at=command.updated_at, digest=command.digest, reason=command.reason)
    fill(plan, call_off(plan, order, event))


def call_off(plan: Plan, order: Order, event: OrderCancelled) -> tuple[str, ...]:
    """Returns the SKUs that became free."""
    plan.emit(event)
    rebalance(plan, event.order, msgspec.structs.replace(order, cancelled=True), "cancelled")
    return freed(order)


def reduce(plan: Plan, command: ReduceOrder) -> None:
    """A refund takes units off lines, once, under its own id."""
    order = plan.pool.orders.get(command.order) or Order()
    reductions = order.reductions or {}
    if command.reduction in reductions:
        plan.emit(Duplicate(of=f"{command.order}#{command.reduction}"))
        return
    plan.emit(OrderReduced(order=command.order, reduction=command.reduction, lines=command.lines))
    amended = msgspec.structs.replace(order, reductions={**reductions, command.reduction: command.lines})
    rebalance(plan, command.order, amended, "reduced")
    fill(plan, freed(order))
