"""All choice: (state, command) -> events. Pure: no clock, no randomness, no floats, no set order, no I/O; the state is not touched."""

from collections.abc import Callable
from typing import Any

from streams import commands as c
from streams.rules import (
    answer,
    cancel,
    carriage,
    change,
    count,
    hold,
    inspect,
    manual_hold,
    observe,
    place,
    purchase,
    refund,
    reissue,
    reserve,
    returns,
    setup,
    ship,
    stock,
    supply,
    take_back,
    untaken,
)
from streams.rules.plan import Plan
from tables.events import AnyEvent, Refused
from tables.pool import Pool

Decide = Callable[[Pool, c.AnyCommand, int], tuple[AnyEvent, ...]]

# Rises with every change of what is decided once it has been released; a decision names the version that made it.
DECIDER = 1

RULES: dict[type[c.AnyCommand], Callable[[Plan, Any], None]] = {
    c.PlaceOrder: place.place,
    c.CancelOrder: cancel.cancel,
    c.ReduceOrder: cancel.reduce,
    c.ReleaseHold: hold.release,
    c.HoldOrder: manual_hold.hold,
    c.ReserveUnits: reserve.reserve,
    c.ReleaseReservation: reserve.release,
    c.ReceiveStock: stock.receive,
    c.AnnounceSupply: supply.announce,
    c.CountStock: count.count,
    c.MoveStock: stock.move,
    c.ChangeStock: change.change,
    c.ConfirmShipment: ship.ship,
    c.RejectFulfilment: ship.reject,
    c.RefuseCancel: answer.refuse_cancel,
    c.ReportProgress: observe.progress,
    c.TrackParcel: observe.track,
    c.ReturnStock: take_back.take_back,
    c.RequestReturn: returns.request,
    c.ReissueOrder: reissue.reissue,
    c.EndReturn: returns.end,
    c.InspectReturn: inspect.inspect,
    c.RefundOrder: refund.refund,
    c.BillPurchase: purchase.bill,
    c.SettleBill: purchase.settle_bill,
    c.SetNode: setup.set_node,
    c.SetPrices: setup.set_prices,
    c.SetShop: setup.set_shop,
    c.SetSegment: setup.set_segment,
    c.SetListing: hold.set_listing,
    c.SetPolicy: setup.set_policy,
    c.SetCarriers: setup.set_carriers,
    c.SetWeights: setup.set_weights,
    c.Tick: setup.tick,
}


def decide(pool: Pool, command: c.AnyCommand, offset: int) -> tuple[AnyEvent, ...]:
    """Events that answer the command at `offset` of its partition; never empty. What goes wrong inside becomes Refused: there is no
    poison command. Only MemoryError is let through, as it says nothing of the command."""
    plan = Plan(pool, offset)
    try:
        RULES[type(command)](plan, command)
        while more := untaken.found_untaken(plan):
            plan = Plan(pool, offset, {**plan.untaken, **more})
            RULES[type(command)](plan, command)
        purchase.settle(plan)
        refund.settle(plan, command)
        carriage.settle(plan)
        untaken.settle(plan)
    except MemoryError:
        raise
    except Exception as wrong:
        sentence = f"the decider failed on this command ({type(wrong).__name__}); nothing was changed, please report it with the command"
        return (Refused(code="decider_failed", sentence=sentence),)
    return tuple(plan.events)


# Every version that was ever released stays, so that a log can be decided again by the versions it names.
DECIDERS: dict[int, Decide] = {DECIDER: decide}
