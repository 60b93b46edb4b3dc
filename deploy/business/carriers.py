"""The file of carriers -> the table by which a pool chooses who carries its parcels; and what the SKUs of the business weigh."""

from collections.abc import Collection, Iterable, Iterator
from itertools import pairwise
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, field_validator

from connectors.money import MOST_MINOR_UNITS
from deploy.business.clocks import clock_of
from deploy.business.forms import Clocktime, Currency, Form, Kinds, Name, Sku, listed, whole
from deploy.business.forms import Zone as TimeZone
from deploy.business.parts import OfSkus, in_parts
from deploy.business.sheets import hint
from tables.carriers import DAY_MINUTES, EVERYWHERE, HEAVIEST, Band, RateTable, Service, Zone, encode_rates

# a table travels in one record, and once more in the decision that takes it
LARGEST = 400_000
PARTS = 64  # of what SKUs weigh: each is told by itself

Weights = OfSkus
Called = Annotated[str, Field(pattern=r"^[^\x00-\x1f\x7f]{1,64}$", description="1 to 64 printable characters")]
Methods = Annotated[tuple[Called, ...], BeforeValidator(listed)]
Place = Annotated[str, Field(pattern=r"^(\*|[A-Z]{2}(-[A-Z0-9]{1,3})?)$")]
Places = Annotated[tuple[Place, ...], BeforeValidator(listed), Field(min_length=1, description="regions such as US-CA, US or *")]
Grams = Annotated[int, Field(ge=1, le=HEAVIEST, description="a whole number of grams, 1 or more")]
Days = Annotated[int, Field(ge=0, le=365, description="a whole number of days, 0 to 365")]


class WeightForm(Form):
    """A row of items.csv."""

    sku: Sku
    grams: Grams


class BandForm(Form):
    """Parcels up to so many grams, at a price in minor units."""

    grams: Grams
    price: Annotated[int, BeforeValidator(whole)] = Field(
        ge=0, le=MOST_MINOR_UNITS, description="a whole number of minor units, such as cents"
    )


class ZoneForm(Form):
    name: Called
    origin: Places = Field((EVERYWHERE,), alias="from", description="regions such as US-CA, US or *")
    to: Places
    days: Days
    bands: tuple[BandForm, ...] = Field(min_length=1, max_length=1_000, description="a list of grams, price")

    @field_validator("bands")
    @classmethod
    def _rising(cls, bands: tuple[BandForm, ...]) -> tuple[BandForm, ...]:
        if any(after.grams <= before.grams for before, after in pairwise(bands)):
            raise ValueError("the grams of the bands must rise")
        return bands


class ServiceForm(Form):
    name: Called
    carrier: Called = Field(max_length=50)
    cut_off: Clocktime | None = Field(None, description="a time such as 15:00, in quotes")
    methods: Methods = Field((), description="a list of what shops call it")
    zones: tuple[ZoneForm, ...] = Field(min_length=1, max_length=1_000, description="a list of name, from, to, days, bands")


class CarriersForm(Form):
    """docs/carriers.md. Without services no carrier is chosen."""

    version: int = Field(ge=1, le=10**12, description="a whole number that rises with every change")
    currency: Currency
    kinds: Kinds = ()
    promise_days: Days | None = None
    promises: dict[Name, Days] = Field({}, description="a mapping of shop to days")
    late: Literal["none", "fastest"] = Field("none", description="none or fastest")
    default_grams: int = Field(0, ge=0, le=HEAVIEST, description="grams of a unit of a SKU that items.csv does not have, or 0")
    timezone: TimeZone = "UTC"
    timezones: dict[Name, TimeZone] = Field({}, description="a mapping of node to a time zone")
    services: tuple[ServiceForm, ...] = Field(max_length=100, description="a list of name, carrier, cut_off, methods, zones")

    @field_validator("services")
    @classmethod
    def _distinct(cls, services: tuple[ServiceForm, ...]) -> tuple[ServiceForm, ...]:
        if len({service.name for service in services}) < len(services):
            raise ValueError("two services have the same name")
        return services


def table_of(form: CarriersForm) -> RateTable:
    return RateTable(
        version=form.version,
        currency=form.currency,
        services=tuple([_service(service) for service in form.services]),
        kinds=form.kinds,
        promise_days=form.promise_days,
        promises=form.promises,
        late=form.late,
        default_grams=form.default_grams,
        timezone=form.timezone,
        timezones=form.timezones,
        clocks={zone: clock_of(zone) for zone in sorted({form.timezone, *form.timezones.values()})},
    )


def _service(form: ServiceForm) -> Service:
    hours, minutes = (form.cut_off or "24:00").split(":")
    zones = tuple([_zone(zone) for zone in form.zones])
    cut_off = min(DAY_MINUTES, int(hours) * 60 + int(minutes))
    return Service(name=form.name, carrier=form.carrier, cut_off=cut_off, methods=form.methods, zones=zones)


def _zone(form: ZoneForm) -> Zone:
    bands = tuple([Band(band.grams, band.price) for band in form.bands])
    return Zone(name=form.name, origin=form.origin, to=form.to, days=form.days, bands=bands)


def table_problems(form: CarriersForm, shops: Collection[str], nodes: Collection[str]) -> Iterator[tuple[str, tuple[str, ...]]]:
    """What does not fit the rest of the folder: a sentence, and the path of the value that it is about."""
    for shop in form.promises:
        if shop not in shops:
            yield f"shop {shop!r} is not in shops.yaml; {hint(shop, shops)}", ("promises", shop)
    for node in form.timezones:
        if node not in nodes:
            yield f"node {node!r} is not in nodes.csv; {hint(node, nodes)}", ("timezones", node)
    if len(encode_rates(table_of(form))) > LARGEST:
        yield f"the table is larger than the {LARGEST:,} bytes that one record carries; name regions by country where prices are equal", ()


def weights_of(forms: Iterable[WeightForm]) -> tuple[tuple[int, Weights], ...]:
    """Grams by SKU, part by part; a SKU is always of the same one."""
    return in_parts([(form.sku, form.grams) for form in forms], PARTS)
