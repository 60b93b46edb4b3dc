"""Orders that no carrier takes: held, where the policy says so, until one does or a person lets them go. Pure.

Whether a carrier takes what a node is to ship is known once node and units are. So a decision is made, and looked at; where it would tell
a node of what nobody carries, it is made anew with these orders held. What they gave up others have then.
"""

from streams.rules.carriage import choices
from streams.rules.hold import go_on
from streams.rules.plan import Plan, Untaken
from tables.events import CarrierMissing, HoldReleased, OrderHeld
from tables.flow import BY_CARRIERS, NO_CARRIER
from tables.pool import Pool


def found_untaken(plan: Plan) -> Untaken:
    """By order, what of it no carrier takes; without those that go all the same, and those that the plan holds already."""
    if plan.pool.rates is None or plan.pool.policy.no_carrier != "hold":
        return {}
    found: dict[str, tuple[CarrierMissing, ...]] = {}
    for told, chosen in choices(plan):
        if chosen.service or told.order in plan.untaken or _goes_all_the_same(plan, told.order):
            continue
        missing = CarrierMissing(
            order=told.order,
            node=told.node,
            parcel=chosen.group or chosen.fulfilment,
            rows=told.rows,
            table=chosen.table,
            region=chosen.region,
            grams=chosen.grams,
            offers=chosen.offers,
            unweighed=chosen.unweighed,
        )
        found[told.order] = (*found.get(told.order, ()), missing)
    return found


def _goes_all_the_same(plan: Plan, key: str) -> bool:
    """Somebody let it go without, or its shop's flow does not hold for this."""
    order, flow = plan.pool.orders.get(key), plan.pool.policy.flow
    if flow is not None and flow.of(key.split("/", 2)[1]).hold(NO_CARRIER).ignore:
        return True
    let_go = (event for event in plan.events if isinstance(event, HoldReleased) and event.order == key and event.by != BY_CARRIERS)
    return (order is not None and NO_CARRIER in order.released) or any(NO_CARRIER in event.reasons for event in let_go)


def settle(plan: Plan) -> None:
    """Say of each order that is held for it why no carrier takes it."""
    held = {event.order for event in plan.events if isinstance(event, OrderHeld) and NO_CARRIER in event.reasons}
    for key, missing in plan.untaken.items():
        order = plan.pool.orders.get(key)
        # one of which this decision did not get to in the end waits as before
        if key in held or (order is not None and NO_CARRIER in order.holds):
            plan.events += missing


# ---------------------------------------------------------------------------------------------- looked at again
def next_look_due(pool: Pool) -> int | None:
    """At once where table, weights, nodes or policy have changed since an order was looked at."""
    oldest = next(iter(pool.untaken.values()), pool.terms)
    return pool.now + 1 if oldest < pool.terms else None


def look_again(plan: Plan) -> None:
    """Let those go that may be taken now, as many as one decision may fill. Where there is no carrier for one after all, the decision is
    made anew, and that one stays held."""
    pool = plan.pool
    left = max(1, pool.policy.fills_per_decision)
    for key, terms in pool.untaken.items():
        if terms == pool.terms or not left:
            return
        if key in plan.touched:
            continue
        left -= 1
        if key not in plan.untaken:
            go_on(plan, key, pool.orders[key], (NO_CARRIER,), BY_CARRIERS)
