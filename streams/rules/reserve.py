"""ReserveUnits and ReleaseReservation: units kept for a shop for a while, as for a checkout; and their expiry. Pure."""

from streams.commands import ReleaseReservation, ReserveUnits
from streams.rules.allocate import whole
from streams.rules.demand import Demand
from streams.rules.fill import fill
from streams.rules.plan import Plan
from streams.rules.reservation import give_up, skus_of, stands
from tables.events import Duplicate, Refused, ReservationMade, Row, Shop
from tables.reservations import alive, document


def reserve(plan: Plan, command: ReserveUnits) -> None:
    """All of the units or none, out of what the shop may promise. A reservation counts once, and not after it was released or its order
    has come: what is known of it, or was within the last week, is a Duplicate."""
    pool, name = plan.pool, command.reservation
    shop = pool.shops.get(command.shop)
    if name in pool.reservations or document(name) in pool.documents:
        plan.emit(Duplicate(of=name))
    elif refusal := _cannot(plan, command, shop):
        plan.emit(refusal)
    elif shop is not None:
        _reserve(plan, command, shop)


def _cannot(plan: Plan, command: ReserveUnits, shop: Shop | None) -> Refused | None:
    if shop is None or not shop.active:
        return Refused(code="unknown_shop", sentence=f"shop {command.shop!r} is not set up in pool {plan.pool.name!r}; import it first")
    if command.expires_at <= plan.pool.now:
        return Refused(code="expired", sentence="the reservation had expired before it came; nothing was reserved")
    if command.unknown or not command.lines:
        sentence = f"no SKU is known for {', '.join(command.unknown) or 'anything'} of it; import listings.csv and reserve again"
        return Refused(code="unknown_listing", sentence=sentence)
    given_out = [sku for sku, _ in command.lines if sku in plan.pool.deferred]
    if given_out:
        sentence = f"{given_out[0]} is being given out to orders that wait for it; nothing was reserved, try again in a moment"
        return Refused(code="short", sentence=sentence)
    return None


def _reserve(plan: Plan, command: ReserveUnits, shop: Shop) -> None:
    units: dict[str, int] = {}
    for sku, quantity in command.lines:
        units[sku] = units.get(sku, 0) + quantity
    needs = tuple([Row("", sku, quantity) for sku, quantity in units.items()])
    name, segment = command.reservation, shop.segment
    demand = Demand(order=name, shop=shop.shop, segment=segment, region=command.region, needs=needs, lines=())
    found = whole(plan, demand)
    if not found:
        sentence = "there is too little that the shop may promise, or it lies at too many nodes; nothing was reserved"
        plan.emit(Refused(code="short", sentence=sentence))
    for node, rows in found:
        plan.set_aside(
            ReservationMade(reservation=name, shop=shop.shop, segment=segment, node=node, rows=rows, expires_at=command.expires_at)
        )


def release(plan: Plan, command: ReleaseReservation) -> None:
    """Who waits for the units has them at once. A release may come before its reservation, which is then not made."""
    name = command.reservation
    if stands(plan, name):
        fill(plan, skus_of(give_up(plan, name, "released")))
    elif document(name) in plan.pool.documents:
        plan.emit(Duplicate(of=name))
    else:
        plan.moved(document(name), "reservation", 0, (), ())


def end_expired(plan: Plan) -> list[str]:
    """End the reservations whose time is over, first those that have been so for longest, and no more than the policy lets one decision
    fill (one at least); the next tick goes on. Returns the SKUs that became free."""
    pool = plan.pool
    due = sorted({entry for entry in pool.expiring if entry[0] <= plan.now and alive(pool, entry)})
    most = max(1, pool.policy.fills_per_decision)
    return [sku for _, name in due[:most] for sku in skus_of(give_up(plan, name, "expired"))]
