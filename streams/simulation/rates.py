"""Carriers of a schedule: some pools have a table from some time on, which nobody has weighed all teas for."""

from collections.abc import Iterator
from random import Random

import msgspec

from streams import commands as c
from tables.carriers import Band, RateTable, Service, Zone, encode_rates

SLOW = Zone(name="near", origin=("US-NY",), to=("US-NY",), days=3, bands=(Band(300, 400), Band(900, 650)))
FAR = Zone(name="far", to=("US",), days=5, bands=(Band(2_000, 900),))
FAST = Zone(name="all", to=("*",), days=1, bands=(Band(600, 1_900),))
SERVICES = (
    Service(name="gull-ground", carrier="gull", cut_off=15 * 60, zones=(SLOW, FAR)),
    Service(name="heron-air", carrier="heron", methods=("express",), zones=(FAST,)),
)
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
