"""Agreements of a schedule: some pools choose carriers from some time on, by a table which nobody has weighed all teas for; some buy what
one of their nodes ships."""

from collections.abc import Iterator
from random import Random

import msgspec

from streams import commands as c
from tables.carriers import Band, RateTable, Service, Zone, encode_rates
from tables.events import Node

SLOW = Zone(name="near", origin=("US-NY",), to=("US-NY",), days=3, bands=(Band(300, 400), Band(900, 650)))
FAR = Zone(name="far", to=("US",), days=5, bands=(Band(2_000, 900),))
FAST = Zone(name="all", to=("*",), days=1, bands=(Band(600, 1_900),))
SERVICES = (
    Service(name="gull-ground", carrier="gull", cut_off=15 * 60, zones=(SLOW, FAR)),
    Service(name="heron-air", carrier="heron", methods=("express",), zones=(FAST,)),
)
FREIGHT = 300
COSTS = (("ASSAM", 210), ("SENCHA", 180))
WEIGHTS = (("ASSAM", 100), ("SENCHA", 250), ("OOLONG", 120))


def carriers(random: Random, pool: str, causes: Iterator[c.Cause]) -> Iterator[c.AnyCommand]:
    if random.random() < 0.5:
        return
    table = RateTable(
        version=1,
        currency="USD",
        services=SERVICES,
        promise_days=random.choice((None, 2, 4)),
        late=random.choice(("none", "fastest")),
        default_grams=random.choice((0, 50)),
    )
    yield c.SetWeights(pool=pool, cause=next(causes), version=1, part=0, weights=WEIGHTS[: random.randint(2, 3)])
    yield c.SetCarriers(pool=pool, cause=next(causes), version=1, table=msgspec.Raw(encode_rates(table)))


def wider(told: c.SetCarriers, number: int, partition: int) -> c.SetCarriers:
    """A later table, by which everything is taken everywhere. `number`: rises from one to the next."""
    services = [
        msgspec.structs.replace(service, zones=(*service.zones, Zone(name="any", to=("*",), days=9, bands=(Band(90_000, 2_900),))))
        for service in SERVICES
    ]
    table = RateTable(version=2, currency="USD", services=tuple(services), default_grams=50)
    raw = msgspec.Raw(encode_rates(table))
    return c.SetCarriers(pool=told.pool, cause=("operator", partition, number, 0), version=2, table=raw)


def supplier(apart: Random, pool: str, causes: Iterator[c.Cause]) -> Iterator[c.AnyCommand]:
    """One of its nodes bills it from now on; not of all teas a price is agreed."""
    if apart.random() < 0.65:
        return
    known = (Node(node=f"{pool}/north", region="US-NY"), Node(node=f"{pool}/south", region="US-TX", cancel="confirm", priority=1))
    node = msgspec.structs.replace(apart.choice(known), kind="supplier", bills_in="USD", freight=FREIGHT)
    yield c.SetNode(pool=pool, cause=next(causes), version=2, node=node)
    yield c.SetPrices(pool=pool, cause=next(causes), version=2, node=node.node, part=0, prices=COSTS)
