"""Who carries what nodes are told to ship, by the pool's table of carriers. Pure.

Chosen where a decision tells a node: what waits for a wave is chosen for when the wave leaves, and what goes to another node or address is
told, and chosen for, anew. Time is state time, or that of the order's arrival where it comes in just now.
"""

from collections.abc import Iterator, Sequence

import msgspec

from streams.rules.plan import Plan
from tables.carriers import HEAVIEST, Parcel, RateTable, choose
from tables.events import CarrierChosen, FulfilmentReleased, OrderPlaced, Reserved

Told = Reserved | FulfilmentReleased


class About(msgspec.Struct, frozen=True):
    """What an order says of the way its goods are to go. `at`: now."""

    region: str
    method: str
    placed_at: int
    at: int


def settle(plan: Plan) -> None:
    """Choose for all that this decision tells nodes to ship."""
    plan.events += [chosen for _, chosen in choices(plan)]


def choices(plan: Plan) -> list[tuple[Told, CarrierChosen]]:
    """What this decision tells nodes to ship, parcel by parcel, with who is to carry it."""
    table = plan.pool.rates
    if table is None:
        return []
    parcels: dict[str, list[Told]] = {}
    for event in plan.events:
        if isinstance(event, FulfilmentReleased):
            parcels.setdefault(event.group or event.fulfilment, []).append(event)
        elif isinstance(event, Reserved) and not event.later:
            parcels[event.fulfilment] = [event]
    return [found for together in parcels.values() for found in _chosen(plan, table, together)]


def _chosen(plan: Plan, table: RateTable, together: Sequence[Told]) -> Iterator[tuple[Told, CarrierChosen]]:
    """One service for all of a parcel."""
    node = plan.pool.nodes.get(together[0].node)
    if table.kinds and (node is None or node.kind not in table.kinds):
        return
    grams, unweighed = _weigh(plan, table, together)
    about = [_about(plan, told.order) for told in together]
    parcel = _parcel(table, together, about, grams, node.region if node else "")
    choice = None if unweighed else choose(table, parcel)
    best = choice.chosen if choice else None
    for told in together:
        chosen = CarrierChosen(
            order=told.order,
            fulfilment=told.fulfilment,
            node=told.node,
            table=table.version,
            region=parcel.to,
            grams=grams,
            service=best.service if best else "",
            carrier=best.carrier if best else "",
            price=best.price if best else 0,
            currency=table.currency if best else "",
            days=best.days if best else 0,
            offers=choice.offers if choice else (),
            unweighed=unweighed,
            group=told.group if isinstance(told, FulfilmentReleased) else "",
        )
        yield told, chosen


def _weigh(plan: Plan, table: RateTable, together: Sequence[Told]) -> tuple[int, tuple[str, ...]]:
    """Grams; or the SKUs of which nobody knows what they weigh."""
    known = plan.pool.grams
    units = [(row.sku, row.quantity) for told in together for row in told.rows]
    unweighed = () if table.default_grams else tuple(dict.fromkeys(sku for sku, _ in units if sku not in known))
    if unweighed:
        return 0, unweighed
    return min(HEAVIEST, sum(known.get(sku, table.default_grams) * count for sku, count in units)), ()


def _about(plan: Plan, key: str) -> About:
    placed = next((event for event in reversed(plan.events) if isinstance(event, OrderPlaced) and event.order == key), None)
    if placed is not None and placed.shipping:
        return About(placed.region, placed.shipping, placed.placed_at, max(plan.now, placed.received_at))
    order = plan.pool.orders.get(key)
    method = order.shipping if order else ""
    if placed is not None:
        return About(placed.region, method, placed.placed_at, max(plan.now, placed.received_at))
    assert order is not None  # what is told is of an order
    return About(order.region, method, order.placed_at, plan.now)


def _parcel(table: RateTable, together: Sequence[Told], about: Sequence[About], grams: int, origin: str) -> Parcel:
    """The earliest of the promises holds, and all the methods asked for."""
    node, at = together[0].node, max(one.at for one in about)
    today, ready = table.local(node, at)
    left: list[int] = []
    for told, one in zip(together, about, strict=True):
        days = table.promised(told.order.split("/", 2)[1])
        if days is not None:
            left.append(table.local(node, one.placed_at)[0] + days - today)
    return Parcel(
        grams=grams,
        origin=origin,
        to=about[0].region,
        promise_days=min(left, default=None),
        ready=ready,
        methods=tuple(dict.fromkeys(one.method for one in about if one.method)),
    )
