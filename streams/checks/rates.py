"""A table of carriers, as far as an invariant depends on it; and what it says of a parcel, by trying every service and zone."""

from collections.abc import Iterator

import msgspec

Facts = tuple[int, str, str, int, int]  # grams, service, carrier, price, days
Band = tuple[int, int]  # up to so many grams, at a price
DAY_MINUTES, MINUTE_MS = 1_440, 60_000


class Zone(msgspec.Struct, frozen=True):
    to: tuple[str, ...]
    days: int
    bands: tuple[Band, ...]
    origin: tuple[str, ...] = ("*",)


class Service(msgspec.Struct, frozen=True):
    name: str
    carrier: str
    zones: tuple[Zone, ...]
    cut_off: int = DAY_MINUTES
    methods: tuple[str, ...] = ()

    def called(self, method: str) -> bool:
        return method.casefold() in {name.casefold() for name in (self.name, *self.methods)}


class Table(msgspec.Struct, frozen=True):
    services: tuple[Service, ...]
    kinds: tuple[str, ...] = ()
    promise_days: int | None = None
    promises: dict[str, int] = {}
    late: str = "none"
    default_grams: int = 0
    timezone: str = "UTC"
    timezones: dict[str, str] = {}
    clocks: dict[str, tuple[tuple[int, int], ...]] = {}

    def local(self, node: str, at: int) -> tuple[int, int]:
        """Day and minute by the clock of a node."""
        clock = self.clocks.get(self.timezones.get(node, self.timezone), ())
        ahead = max((change for change in clock if change[0] <= at), default=(0, 0))[1]
        return divmod(at // MINUTE_MS + ahead, DAY_MINUTES)


class Wanted(msgspec.Struct, frozen=True):
    """Of a parcel: grams (0: not known), whence and whither, the most days, the minute it is ready, and the methods asked for."""

    grams: int
    origin: str
    to: str
    most_days: int | None
    minute: int
    methods: tuple[str, ...]


decode_table = msgspec.json.Decoder(Table).decode


def facts(table: Table, wanted: Wanted) -> Facts:
    named = [frozenset(at for at, service in enumerate(table.services) if service.called(method)) for method in wanted.methods]
    asked = {services for services in named if services}
    offers = list(_offers(table, wanted, frozenset().union(*asked))) if wanted.grams else []
    fit = [offer for offer in offers if wanted.most_days is None or offer[1] <= wanted.most_days]
    soon = len(asked) > 1
    if not fit and table.late == "fastest":
        fit, soon = offers, True
    if not fit:
        return wanted.grams, "", "", 0, 0
    price, days, rank = min(fit, key=lambda offer: (offer[1], offer[0], offer[2]) if soon else offer)
    return wanted.grams, table.services[rank].name, table.services[rank].carrier, price, days


def _offers(table: Table, wanted: Wanted, asked: frozenset[int]) -> Iterator[tuple[int, int, int]]:
    """(price, days, place in the table) of each service that reaches and takes it."""
    for rank, service in enumerate(table.services):
        reach = [
            (-len(to), -len(origin), place)  # of all places "*" is the shortest
            for place, zone in enumerate(service.zones)
            for to in zone.to
            for origin in zone.origin
            if _lies_in(wanted.to, to) and _lies_in(wanted.origin, origin)
        ]
        if not reach or (asked and rank not in asked):
            continue
        zone = service.zones[min(reach)[2]]
        prices = [band for band in zone.bands if band[0] >= wanted.grams]
        if prices:
            yield min(prices)[1], zone.days + int(wanted.minute > service.cut_off), rank


def _lies_in(region: str, place: str) -> bool:
    return place == "*" or f"{region}-".startswith(f"{place}-")
