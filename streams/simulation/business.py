"""What a schedule is about: pools with little stock, orders that are sent up to five times and out of order, a warehouse that answers."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from random import Random
from typing import Any, Literal

import msgspec

from connectors.contract import Millis, RawRecord, ShopRef
from streams import commands as c
from streams.reference import AnyReference, ListingRecord, NodeRecord, PoolRecord, ShopRecord
from streams.simulation.agreed import carriers, supplier
from streams.simulation.broker import START_MS
from tables.calendar import EPOCH, MINUTE_MS, WEEK, Waves
from tables.events import Node, Segment, Shop
from tables.flow import Flow, HoldRule, ShopFlow
from tables.policy import GiftReturns, GiftShort, Policy, Presale, Rule, Tolerance, encode_policy

TENANT = "acme"
TEAS = ("ASSAM", "SENCHA", "OOLONG")
GIFT = "GIFT-BOX"  # a listing that nobody knows at first
PRESALES = (None, Presale(days=9, percent=50), Presale(days=30))
SHORTAGES: tuple[Literal["backorder", "partial", "reject"], ...] = ("backorder", "backorder", "partial", "reject")

GIFTS: tuple[GiftShort, ...] = ("wait", "ship_later", "drop")
GIFT_RETURNS: tuple[GiftReturns, ...] = ("expected", "kept")
REMEMBERED = (7, 7, 60)
TOLERANCES = (Tolerance(), Tolerance(minor_units=40))
# what becomes of an order that is not paid, that looks like fraud, that somebody keeps back
FLOWS = (
    None,
    Flow(rule=ShopFlow(holds={"payment": HoldRule(expires_minutes=1), "fraud": HoldRule(ignore=True)})),
    Flow(
        rule=ShopFlow(
            holds={"fraud": HoldRule(expires_minutes=1, then="release"), "manual": HoldRule(expires_minutes=1)},
            floors={GIFT: {"USD": 451}},
            merge_minutes=1,
        )
    ),
)


class Delivery(msgspec.Struct, frozen=True, kw_only=True):
    """One raw record, handed in at each of these seconds."""

    times: tuple[float, ...]
    record: RawRecord


class Import(msgspec.Struct, frozen=True, kw_only=True):
    """Commands to a pool, and then the reference records that go with them."""

    at: float
    partition: int
    commands: tuple[c.AnyCommand, ...]
    reference: tuple[AnyReference, ...]


def pools(partitions: int) -> list[tuple[str, int]]:
    """(pool, partition): one in each, and a second one in the first."""
    return [(f"pool-{partition}", partition) for partition in range(partitions)] + [("pool-x", 0)]


def imports(random: Random, partitions: int, until: float) -> list[Import]:
    """The business at the start, and what changes of it later."""
    causes = {partition: _rising(partition) for partition in range(partitions)}
    begun = [
        Import(at=0.0, partition=place, commands=tuple(_commands(pool, causes[place])), reference=_records(pool, place, partitions))
        for pool, place in pools(partitions)
    ]
    # causes must rise in the order of sending
    times = sorted(round(random.uniform(1, until), 3) for _ in pools(partitions))
    changes = random.sample(pools(partitions), len(times))
    return begun + [_change(random, pool, place, causes[place], at) for at, (pool, place) in zip(times, changes, strict=True)]


def _rising(partition: int) -> Iterator[c.Cause]:
    return (("import", partition, rising, 0) for rising in range(1 << 30))


def _commands(pool: str, causes: Iterator[c.Cause]) -> Iterator[c.AnyCommand]:
    for segment in (Segment(segment="b2c", ratio=7_000, rank=1), Segment(segment="b2b", ratio=3_000, protected=True, rank=2)):
        yield c.SetSegment(pool=pool, cause=next(causes), version=1, segment=segment)
    for node in (
        Node(node=f"{pool}/north", region="US-NY", arrivals=True),
        Node(node=f"{pool}/south", region="US-TX", cancel="confirm", priority=1),
    ):
        yield c.SetNode(pool=pool, cause=next(causes), version=1, node=node)
    for name, served in (("web", "b2c"), ("dealer", "b2b")):
        shop = Shop(shop=f"{name}-{pool}", tenant=TENANT, channel="canonical", segment=served)
        yield c.SetShop(pool=pool, cause=next(causes), version=1, shop=shop)
    for place in ("north", "south"):
        lines = tuple((tea, 12) for tea in TEAS)
        yield c.ReceiveStock(pool=pool, cause=next(causes), document=f"opening/{place}", node=f"{pool}/{place}", at=0, lines=lines)


def _records(pool: str, partition: int, partitions: int) -> tuple[AnyReference, ...]:
    def shop(name: str, channel: str, **about: Any) -> ShopRecord:
        return ShopRecord(ref=ShopRef(tenant=TENANT, shop=f"{name}-{pool}", channel=channel, pool=pool, currency="USD"), **about)

    listings = [ListingRecord(shop=f"{name}-{pool}", listing=tea, parts=((tea, 1),)) for name in ("web", "dealer") for tea in TEAS]
    return (
        PoolRecord(pool=pool, partition=partition, partitions=partitions),
        shop("web", "canonical", segment="b2c"),
        shop("dealer", "canonical", segment="b2b"),
        shop("wms", "warehouse"),
        *(NodeRecord(node=f"{pool}/{node}", pool=pool) for node in ("north", "south")),
        *listings,
    )


def _change(random: Random, pool: str, partition: int, causes: Iterator[c.Cause], at: float) -> Import:
    apart = Random(f"{pool}/{at}")  # so that all else of a schedule stays as it was
    buying = Random(f"suppliers/{pool}/{at}")
    rule = Rule(shortage=random.choice(SHORTAGES), max_splits=random.randint(0, 2), refund_cancelled=True, refund_on="received")
    policy = Policy(
        rule=_sold_ahead(Random(f"presale/{pool}/{at}"), _with_gifts(Random(f"gifts/{pool}/{at}"), rule)),
        fills_per_decision=random.randint(1, 3),
        remember_days=random.choice(REMEMBERED),
        lost=apart.choice(("nothing", "hold", "reissue")),
        returned_to_sender=apart.choice(("nothing", "restock", "reissue")),
        flow=_with_waves(Random(f"waves/{pool}/{at}"), pool, random.choice(FLOWS)),
        bill_tolerance=buying.choice(TOLERANCES),
        no_carrier=Random(f"untaken/{pool}/{at}").choice(("ship", "hold")),
    )
    parts = ((random.choice(TEAS), 2), (TEAS[0], 1))[: random.randint(1, 2)]
    listing = c.SetListing(pool=pool, cause=next(causes), version=2, shop=f"web-{pool}", listing=GIFT, parts=tuple(dict(parts).items()))
    told = c.SetPolicy(pool=pool, cause=next(causes), version=2, policy=msgspec.Raw(encode_policy(policy)))
    return Import(
        at=at,
        partition=partition,
        commands=(told, listing, *_goodwill(pool, causes), *carriers(apart, pool, causes), *supplier(buying, pool, causes)),
        reference=(ListingRecord(shop=f"web-{pool}", listing=GIFT, parts=listing.parts, version=2),),
    )


def _sold_ahead(apart: Random, rule: Rule) -> Rule:
    return msgspec.structs.replace(rule, presale=apart.choice(PRESALES))


def _with_gifts(apart: Random, rule: Rule) -> Rule:
    return msgspec.structs.replace(rule, gifts=apart.choice(GIFTS), gift_returns=apart.choice(GIFT_RETURNS))


def _with_waves(apart: Random, pool: str, flow: Flow | None) -> Flow | None:
    """One warehouse is told every few minutes only, in the hours around the schedule."""
    if apart.random() < 0.6:
        return flow
    first = START_MS // MINUTE_MS + EPOCH
    waves = Waves(tuple(sorted((first + minute) % WEEK for minute in range(0, 240, apart.choice((1, 2, 3))))), "UTC")
    return msgspec.structs.replace(flow or Flow(), waves={f"{pool}/north": waves}, clocks={"UTC": ((0, 0),)})


def _goodwill(pool: str, causes: Iterator[c.Cause]) -> Iterator[c.RefundOrder]:
    """More for each of them, so that some are given more than was paid, and some are not known."""
    for number in range(0, 24, 3):
        order = f"{TENANT}/web-{pool}/o{number}"
        yield c.RefundOrder(pool=pool, cause=next(causes), order=order, amount=100 + 60 * number, reason="late", by="mei")


# ---------------------------------------------------------------------------------------------- deliveries
def deliveries(random: Random, partitions: int, orders: int, until: float) -> list[Delivery]:
    names = [pool for pool, _ in pools(partitions)]
    found: list[Delivery] = []
    for number in range(orders):
        found += _order(random, random.choice(names), number, random.uniform(0.2, until))
    for number in range(orders // 4):
        found.append(_document(random, random.choice(names), number, random.uniform(0.2, until)))
    return sorted(found, key=lambda delivery: delivery.times)


def _order(random: Random, pool: str, number: int, at: float) -> Iterator[Delivery]:
    """Placed, perhaps amended, refunded in part, cancelled; what comes a little later may overtake."""
    shop = f"{random.choice(('web', 'web', 'dealer'))}-{pool}"
    listings = random.sample((*TEAS, GIFT), random.randint(1, 3))
    kept = random.random() < 0.15
    if kept:
        yield from _reservation(random, shop, f"cart{number}", listings, at - 0.2)
    named = {"reservation": f"cart{number}"} if kept else {}
    yield _sent(random, shop, "order", f"o{number}", at, _placed(random, number, listings, revision=0) | named)
    for revision in range(1, 1 + random.choice((0, 0, 1, 2))):
        yield _sent(random, shop, "order", f"o{number}", at + revision * 0.4, _placed(random, number, listings, revision))
    if random.random() < 0.15:
        lines = [{"line": listings[0], "quantity": 1}]
        reduction = {"type": "reduction", "order": f"o{number}", "id": f"r{number}", "lines": lines}
        yield _sent(random, shop, "reduction", f"o{number}", at + 0.5, reduction)
    if random.random() < 0.2:
        cancel = {"type": "cancel", "order": f"o{number}", "updated_at": when(30)}
        yield _sent(random, shop, "cancel", f"o{number}", at + 0.6, cancel)


def _reservation(random: Random, shop: str, name: str, listings: list[str], at: float) -> Iterator[Delivery]:
    """For a checkout that its order may follow too late; perhaps let go, or never needed."""
    lines = [{"sku": listing, "quantity": random.randint(1, 3)} for listing in listings]
    about = {"type": "reservation", "reservation": name, "expires_at": when(at + random.uniform(0.5, 4)), "lines": lines}
    yield _sent(random, shop, "reservation", name, at, about)
    if random.random() < 0.3:
        yield _sent(random, shop, "release", name, at + 0.6, {"type": "release", "reservation": name})


def _placed(random: Random, number: int, listings: list[str], revision: int) -> dict[str, Any]:
    lines: list[dict[str, Any]] = [{"line": name, "sku": name, "quantity": random.randint(1, 3), "price": 450} for name in listings]
    if number % 5 == 2 and len(lines) > 1:
        lines[-1] |= {"gift_of": lines[0]["line"], "price": 0}
    lines += [{"line": "post", "sku": "POST", "quantity": 1, "price": 490, "goods": False}] if number % 2 else []
    about: dict[str, Any] = {
        "placed_at": when(0),
        "updated_at": when(revision),
        "currency": "USD",
        "region": random.choice(("US-NY", "US-TX")),
        "lines": lines,
        "discount": 55 * (number % 4),
    }
    # every third order moves house when it is amended, and then wants it fast
    moved = revision > 0 and number % 3 == 0
    recipient = "Lin Chen" if moved else "Wei Chen"
    about |= {"shipping": "express"} if moved else {}
    broken: dict[str, Any] = {"lines": []} if random.random() < 0.08 else {}
    holds = {"holds": random.choice((["payment"], ["fraud", "payment"]))} if revision == 0 and random.random() < 0.1 else {}
    return {"type": "order", "order": f"o{number}", "recipient": {"name": recipient, "country": "US"}} | about | holds | broken


def _document(random: Random, pool: str, number: int, at: float) -> Delivery:
    node, name = f"{pool}/{random.choice(('north', 'south'))}", f"d{number}"
    lines = [{"sku": tea, "quantity": random.randint(1, 9)} for tea in random.sample(TEAS, random.randint(1, 3))]
    apart = Random(f"{node}/{name}/{at}")
    match random.choice(("receipt", "receipt", "count", "move")):
        case "receipt":
            about = {"type": "receipt", "node": node, "received_at": when(0), "lines": lines}
        case "count":
            about = {"type": "count", "node": node, "counted_at": when(at), "lines": lines}
        case "move" if apart.random() < 0.5:
            changed = [{"sku": lines[0]["sku"], "quantity": apart.choice((-4, -2, -1, 1, 2))}]
            about = {"type": "change", "node": node, "reason": "lost", "changed_at": when(at), "lines": changed}
        case _:
            about = {"type": "move", "node": node, "moved_at": when(0), "to_bucket": "damaged", "lines": lines[:1]}
    return _sent(random, f"wms-{pool}", str(about["type"]), node, at, about | {"document": name})


def _sent(random: Random, shop: str, kind: str, name: str, at: float, body: dict[str, Any]) -> Delivery:
    """Once, or up to five times; each time with a delay of its own, so that what was said later may come sooner."""
    times = random.choice((1, 1, 1, 2, 3, 5))
    return Delivery(
        times=tuple(sorted(round(at + random.expovariate(2.0), 3) for _ in range(times))),
        record=raw(shop, kind, name, json.dumps(body).encode()),
    )


def raw(shop: str, kind: str, name: str, body: bytes) -> RawRecord:
    channel = "warehouse" if shop.startswith("wms") else "canonical"
    return RawRecord(
        tenant=TENANT, shop=shop, channel=channel, kind=kind, external_id=name, delivery_id=name, received_at=Millis(START_MS), body=body
    )


def when(seconds: float) -> str:
    return datetime.fromtimestamp(START_MS / 1000 + seconds, UTC).isoformat(timespec="milliseconds")
