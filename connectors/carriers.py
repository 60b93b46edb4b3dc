"""Which carrier takes a parcel: a table of services with their zones, weight bands and prices, and the choice. Pure; whole numbers only.

The table is data (docs/carriers.md), with a version that each choice names, so that a choice can be explained and made again.
"""

import re
from collections.abc import Iterable
from itertools import pairwise
from typing import Annotated, Literal

import msgspec
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, field_validator

from connectors.money import EXPONENTS, MOST_MINOR_UNITS

EVERYWHERE = "*"
HEAVIEST = 1_000_000_000
_CLOCK = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])")

Exclusion = Literal["", "no_zone", "too_heavy", "too_late"]


# ---------------------------------------------------------------------------------------------- the table
def _minute(clock: object) -> object:
    found = _CLOCK.fullmatch(clock) if isinstance(clock, str) else None
    if found is None:
        raise ValueError("not a time of day such as 15:30")
    return int(found[1]) * 60 + int(found[2])


Name = Annotated[str, Field(min_length=1, max_length=64, pattern=r"^[^\x00-\x1f\x7f]+$")]
Place = Annotated[str, Field(pattern=r"^(\*|[A-Z]{2}(-[A-Z0-9]{1,3})?)$")]
Places = Annotated[tuple[Place, ...], BeforeValidator(lambda given: [given] if isinstance(given, str) else given), Field(min_length=1)]
Minute = Annotated[int, BeforeValidator(_minute)]


class _Form(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Band(_Form):
    """Parcels up to so many grams, at a price in minor units."""

    grams: int = Field(ge=1, le=HEAVIEST)
    price: int = Field(ge=0, le=MOST_MINOR_UNITS)


class Zone(_Form):
    """From and to regions by prefix: `*` everywhere, `US`, `US-CA`. `days` from the hand-over to the door, as the carrier counts them."""

    name: Name
    origin: Places = Field((EVERYWHERE,), alias="from")
    to: Places
    days: int = Field(ge=0, le=365)
    bands: tuple[Band, ...] = Field(min_length=1, max_length=1_000)

    @field_validator("bands")
    @classmethod
    def _rising(cls, bands: tuple[Band, ...]) -> tuple[Band, ...]:
        if any(after.grams <= before.grams for before, after in pairwise(bands)):
            raise ValueError("the grams of the bands must rise")
        return bands


class Service(_Form):
    """`cut_off`: the sender's time of day up to which a parcel leaves the same day."""

    name: Name
    carrier: Name
    cut_off: Minute = 24 * 60
    zones: tuple[Zone, ...] = Field(min_length=1, max_length=10_000)


class RateTable(_Form):
    version: int = Field(ge=1, le=10**12)
    currency: str
    services: tuple[Service, ...] = Field(min_length=1, max_length=1_000)

    @field_validator("currency")
    @classmethod
    def _listed(cls, currency: str) -> str:
        if currency not in EXPONENTS:
            raise ValueError("no currency of ISO 4217")
        return currency

    @field_validator("services")
    @classmethod
    def _distinct(cls, services: tuple[Service, ...]) -> tuple[Service, ...]:
        if len({service.name for service in services}) < len(services):
            raise ValueError("two services have the same name")
        return services


# ---------------------------------------------------------------------------------------------- the choice
class Parcel(msgspec.Struct, frozen=True, kw_only=True):
    """Regions as ISO 3166-2 (`US-CA`), a country, or "" where nobody knows. `promise_days`: it must be at the door this many days after
    today, None where nothing was promised. `ready`: the minute of the sender's day at which it can be handed over."""

    grams: int
    origin: str
    to: str
    promise_days: int | None = None
    ready: int = 0


class Candidate(msgspec.Struct, frozen=True, kw_only=True):
    """`days` from today to the door. Price and days are 0 where it was excluded before they were known."""

    service: str
    carrier: str
    zone: str = ""
    price: int = 0
    days: int = 0
    excluded: Exclusion = ""


class Choice(msgspec.Struct, frozen=True, kw_only=True):
    """`service` "": no service will do, and the candidates say why."""

    version: int
    currency: str
    service: str
    candidates: tuple[Candidate, ...]

    @property
    def chosen(self) -> Candidate | None:
        return next((candidate for candidate in self.candidates if candidate.service == self.service), None)


def choose(table: RateTable, parcel: Parcel) -> Choice:
    """The cheapest service that keeps the promise; of equal prices the fastest, of equally fast ones the first of the table."""
    candidates = tuple([_candidate(service, parcel) for service in table.services])
    # min() keeps the first of equals
    best = min((one for one in candidates if not one.excluded), key=lambda one: (one.price, one.days), default=None)
    return Choice(version=table.version, currency=table.currency, service=best.service if best else "", candidates=candidates)


def _candidate(service: Service, parcel: Parcel) -> Candidate:
    named = Candidate(service=service.name, carrier=service.carrier)
    zone = _zone(service.zones, parcel)
    if zone is None:
        return msgspec.structs.replace(named, excluded="no_zone")
    days = zone.days + (parcel.ready > service.cut_off)
    band = next((band for band in zone.bands if parcel.grams <= band.grams), None)
    if band is None:
        return msgspec.structs.replace(named, zone=zone.name, days=days, excluded="too_heavy")
    late = parcel.promise_days is not None and days > parcel.promise_days
    return msgspec.structs.replace(named, zone=zone.name, days=days, price=band.price, excluded="too_late" if late else "")


def _zone(zones: Iterable[Zone], parcel: Parcel) -> Zone | None:
    """The one that names the destination most closely, then the origin; of equals the first."""
    reached = [(near, zone) for zone in zones if min(near := (_nearness(zone.to, parcel.to), _nearness(zone.origin, parcel.origin))) >= 0]
    return max(reached, key=lambda found: found[0])[1] if reached else None


def _nearness(places: Iterable[str], region: str) -> int:
    """How closely any of the places names the region: -1 not at all, 0 as everywhere, then the longer the closer."""
    return max(0 if place == EVERYWHERE else len(place) if region == place or region.startswith(f"{place}-") else -1 for place in places)
