"""Which carrier takes a parcel: a table of services with their zones, weight bands and prices, and the choice. Pure; whole numbers only.

The table is data (docs/carriers.md), with a version that each choice names, so that a choice can be explained and made again. It travels
as JSON in a SetCarriers command and holds from that command's offset on.
"""

from collections.abc import Iterable
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from tables.calendar import MINUTE_MS, Clock, ahead

EVERYWHERE = "*"
HEAVIEST = 1_000_000_000
DAY_MINUTES = 24 * 60

Grams = Annotated[int, Meta(ge=1, le=HEAVIEST)]
Price = Annotated[int, Meta(ge=0, le=1_000_000_000_000)]  # minor units
Days = Annotated[int, Meta(ge=0, le=365)]
Exclusion = Literal["", "not_asked", "no_zone", "too_heavy", "too_late"]


# ---------------------------------------------------------------------------------------------- the table
class Band(msgspec.Struct, frozen=True, array_like=True):
    """Parcels up to so many grams, at a price in minor units."""

    grams: Grams
    price: Price


class Zone(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """From and to regions by prefix: `*` everywhere, `US`, `US-CA`. `days` from the hand-over to the door, as the carrier counts them.
    The grams of the bands rise."""

    name: str
    origin: tuple[str, ...] = (EVERYWHERE,)
    to: tuple[str, ...]
    days: Days
    bands: tuple[Band, ...]


class Service(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """`cut_off`: the minute of the sender's day up to which a parcel leaves the same day. `methods`: what shops call it in their orders,
    beside its name."""

    name: str
    carrier: str
    cut_off: Annotated[int, Meta(ge=0, le=DAY_MINUTES)] = DAY_MINUTES
    methods: tuple[str, ...] = ()
    zones: tuple[Zone, ...]

    def is_called(self, method: str) -> bool:
        return method.casefold() in (name.casefold() for name in (self.name, *self.methods))


class RateTable(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """`kinds`: of the nodes that a carrier is chosen for; empty: all. `promise_days`: an order is to be at the door so many days after it
    was placed (None: nothing is promised), `promises` by shop. `late`: what is chosen where no service keeps the promise. `default_grams`:
    of a unit of a SKU that nobody weighed; 0: nothing is chosen for it. `timezone`: of all nodes but those in `timezones`."""

    version: Annotated[int, Meta(ge=1, le=10**12)]
    currency: str
    services: tuple[Service, ...]
    kinds: tuple[str, ...] = ()
    promise_days: Days | None = None
    promises: dict[str, Days] = {}
    late: Literal["none", "fastest"] = "none"
    default_grams: Annotated[int, Meta(ge=0, le=HEAVIEST)] = 0
    timezone: str = "UTC"
    timezones: dict[str, str] = {}
    clocks: dict[str, Clock] = {}

    def local(self, node: str, at: int) -> tuple[int, int]:
        """The node's day, counted from 1970, and the minute of it."""
        return divmod(at // MINUTE_MS + ahead(self.clocks.get(self.timezones.get(node, self.timezone), ()), at), DAY_MINUTES)

    def promised(self, shop: str) -> int | None:
        return self.promises.get(shop, self.promise_days)


# ---------------------------------------------------------------------------------------------- the choice
class Parcel(msgspec.Struct, frozen=True, kw_only=True):
    """Regions as ISO 3166-2 (`US-CA`), a country, or "" where nobody knows. `promise_days`: it must be at the door this many days after
    today, None where nothing was promised. `ready`: the minute of the sender's day at which it can be handed over. `methods`: shipping
    methods asked for; those that name a service leave no other."""

    grams: int
    origin: str
    to: str
    promise_days: int | None = None
    ready: int = 0
    methods: tuple[str, ...] = ()


class Offer(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """What a service would do. `days` from today to the door. Price and days are 0 where it was excluded before they were known."""

    service: str
    carrier: str
    zone: str = ""
    price: int = 0
    days: int = 0
    excluded: Exclusion = ""


class Choice(msgspec.Struct, frozen=True, kw_only=True):
    """`chosen` None: no service will do, and the offers say why."""

    version: int
    currency: str
    chosen: Offer | None
    offers: tuple[Offer, ...]


def choose(table: RateTable, parcel: Parcel) -> Choice:
    """The cheapest service that keeps the promise; of equal prices the fastest, of equally fast ones the first of the table. The fastest
    of those asked for where several were, as for a parcel of several orders."""
    named = [tuple([one.name for one in table.services if one.is_called(method)]) for method in parcel.methods]
    asked = [services for services in dict.fromkeys(named) if services]
    offers = tuple([_offer(service, parcel, sum(asked, ())) for service in table.services])
    # min() keeps the first of equals
    best = min((one for one in offers if not one.excluded), key=_soonest if len(asked) > 1 else _cheapest, default=None)
    if best is None and table.late == "fastest":
        best = min((one for one in offers if one.excluded == "too_late"), key=_soonest, default=None)
    return Choice(version=table.version, currency=table.currency, chosen=best, offers=offers)


def _cheapest(offer: Offer) -> tuple[int, int]:
    return offer.price, offer.days


def _soonest(offer: Offer) -> tuple[int, int]:
    return offer.days, offer.price


def _offer(service: Service, parcel: Parcel, asked: tuple[str, ...]) -> Offer:
    if asked and service.name not in asked:
        return Offer(service.name, service.carrier, excluded="not_asked")
    zone = _zone(service.zones, parcel)
    if zone is None:
        return Offer(service.name, service.carrier, excluded="no_zone")
    days = zone.days + (parcel.ready > service.cut_off)
    band = next((band for band in zone.bands if parcel.grams <= band.grams), None)
    if band is None:
        return Offer(service.name, service.carrier, zone.name, days=days, excluded="too_heavy")
    late = parcel.promise_days is not None and days > parcel.promise_days
    return Offer(service.name, service.carrier, zone.name, band.price, days, "too_late" if late else "")


def _zone(zones: Iterable[Zone], parcel: Parcel) -> Zone | None:
    """The one that names the destination most closely, then the origin; of equals the first."""
    reached = [(near, zone) for zone in zones if min(near := (_nearness(zone.to, parcel.to), _nearness(zone.origin, parcel.origin))) >= 0]
    return max(reached, key=lambda found: found[0])[1] if reached else None


def _nearness(places: Iterable[str], region: str) -> int:
    """How closely any of the places names the region: -1 not at all, 0 as everywhere, then the longer the closer."""
    return max(
        (0 if place == EVERYWHERE else len(place) if region == place or region.startswith(f"{place}-") else -1 for place in places),
        default=-1,
    )


decode_rates = msgspec.json.Decoder(RateTable).decode
encode_rates = msgspec.json.Encoder(order="deterministic").encode
