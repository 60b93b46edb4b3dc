"""What one row or entry of an import folder may say. Field descriptions are what a person is told when a value is wrong."""

from decimal import ROUND_FLOOR, Decimal, InvalidOperation
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from connectors.money import EXPONENTS
from connectors.writeback.outward import Tell
from tables.flow import Ending
from tables.policy import Criterion, GiftReturns, GiftShort, RefundOn, Shortage

BASIS_POINTS = 10_000


def basis_points(given: Any) -> int:
    """`0.6`, `60%` and `60` all mean 60 %: a bare number up to 1 is a fraction, above it per cent. -> basis points, rounded down."""
    text = str(given).strip()
    try:
        number = Decimal(text.removesuffix("%").strip())
    except InvalidOperation:
        raise ValueError("not a number") from None
    if not number.is_finite():
        raise ValueError("not a number")
    per_cent = number if text.endswith("%") or number > 1 else number * 100
    if not 0 <= per_cent <= 100:
        raise ValueError("not between 0 and 100 %")
    return int((per_cent * 100).to_integral_value(ROUND_FLOOR))


def whole(given: Any) -> Any:
    """Of `19.00` nobody knows whether it is 19 minor units or 1,900."""
    if isinstance(given, str) and "." in given:
        raise ValueError("not a whole number")
    return given


def listed(given: Any) -> Any:
    """One word where a list is due is a list of one."""
    return [given] if isinstance(given, str) else given


def _known_currency(code: str) -> str:
    if code not in EXPONENTS:
        raise ValueError("no such currency")
    return code


def _known_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError("no such time zone") from None
    return name


Name = Annotated[str, Field(pattern=r"^\w[\w.+-]{0,63}$", description="up to 64 letters, digits and . _ + -, no spaces or slashes")]
Sku = Annotated[str, Field(pattern=r"^[^\x00-\x1f\x7f]{1,128}$", description="1 to 128 printable characters")]
Reason = Annotated[str, Field(pattern=r"^[\w.:+-]{1,64}$", description="up to 64 letters, digits and . : _ + -, no spaces")]
Region = Annotated[
    str, Field(pattern=r"^[A-Z]{2}(-[A-Z0-9]{1,3})?$", description="an ISO 3166-2 code such as US-CA, or a country code such as US")
]
Latitude = Annotated[float, Field(ge=-90, le=90, allow_inf_nan=False, description="degrees between -90 and 90, with a decimal point")]
Longitude = Annotated[float, Field(ge=-180, le=180, allow_inf_nan=False, description="degrees between -180 and 180, with a decimal point")]
Units = Annotated[int, Field(ge=0, le=1_000_000_000, description="a whole number of units, 0 or more, without thousands separators")]
Some = Annotated[int, Field(ge=1, le=1_000_000, description="a whole number of units, 1 or more")]
Currency = Annotated[str, AfterValidator(_known_currency), Field(description="an ISO 4217 code such as USD")]
Price = Annotated[int, BeforeValidator(whole), Field(ge=0, le=1_000_000_000, description="a whole number of minor units, such as cents")]
Day = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
DAYS: tuple[Day, ...] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
Clocktime = Annotated[str, Field(pattern=r"^([01]\d|2[0-3]):[0-5]\d$", description="a time such as 11:00, in quotes")]
Zone = Annotated[str, AfterValidator(_known_zone), Field(description="an IANA name such as America/Chicago")]
Rank = Annotated[int, Field(ge=-1_000_000, le=1_000_000, description="a whole number; 0 comes before 1")]
Kind = Annotated[Literal["warehouse", "store", "dealer", "supplier"], Field(description="warehouse, store, dealer or supplier")]
Kilometres = Annotated[int, Field(ge=0, le=21_000, description="a whole number of km")]
Kinds = Annotated[tuple[Kind, ...], BeforeValidator(listed), Field(description="a list of warehouse, store, dealer, supplier")]
Names = Annotated[tuple[Name, ...], BeforeValidator(listed), Field(description="a list of node names")]
Criteria = Annotated[
    tuple[Criterion, ...], BeforeValidator(listed), Field(min_length=1, description="a list of distance, priority, most_stock, same_city")
]


class Form(BaseModel):
    """Unknown fields are refused; an empty cell is as good as none."""

    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True)

    @model_validator(mode="before")
    @classmethod
    def _blank_is_absent(cls, given: Any) -> Any:
        return {key: value for key, value in given.items() if value not in ("", None)} if isinstance(given, dict) else given


class NodeForm(Form):
    node: Name
    pool: Name
    kind: Kind = "warehouse"
    region: Region = ""
    city: str = Field("", max_length=128, description="at most 128 characters")
    lat: Latitude | None = Field(None, description="degrees between -90 and 90, with a decimal point")
    lon: Longitude | None = Field(None, description="degrees between -180 and 180, with a decimal point")
    priority: Rank = 0
    cancel: Literal["immediate", "confirm"] = Field("immediate", description="immediate, or confirm where the node must answer a cancel")
    sellable: bool = Field(True, description="true or false")
    accept_minutes: int = Field(0, ge=0, le=100_000, description="minutes within which the node accepts a fulfilment, or 0 to not be asked")
    bills_in: Annotated[str, AfterValidator(_known_currency)] = Field("", description="an ISO 4217 code such as USD")
    freight: Price = 0
    arrivals: bool = Field(False, description="true or false: whether the node is told of returns and supply to come")

    @model_validator(mode="after")
    def _both_or_none(self) -> "NodeForm":
        if (self.lat is None) != (self.lon is None):
            raise ValueError("lat and lon go together: give both, or neither")
        return self

    @model_validator(mode="after")
    def _freight_has_a_currency(self) -> "NodeForm":
        if self.freight and not self.bills_in:
            raise ValueError("freight is agreed with a node that bills us: give its currency as bills_in too")
        return self


class ShopForm(Form):
    shop: Name
    channel: Name
    tenant: Name = "default"
    pool: Name
    segment: Name = ""
    currency: Annotated[str, AfterValidator(_known_currency)] = Field("", description="an ISO 4217 code such as USD")
    timezone: Annotated[str, AfterValidator(_known_zone)] = Field("UTC", description="an IANA name such as America/Chicago")
    unknown_listing: Literal["hold", "as_sku"] = Field("hold", description="hold, or as_sku to take an unknown listing's code as our SKU")
    secret_file: str = Field("", max_length=1_000, description="a file that holds the shop's secret")
    url: str = Field("", pattern=r"^https?://\S+$", description="the platform's address, https://…, for a shop that is polled")
    poll_seconds: int = Field(60, ge=1, le=86_400, description="seconds between two polls, 1 to 86400")
    share: int = Field(100, ge=0, le=100, description="per cent of what its segment has left, 0 to 100")
    buffer: Units = 0
    quotas: dict[Sku, Units] = Field({}, description="a mapping of SKU to a whole number of units")
    non_goods: Annotated[tuple[Sku, ...], BeforeValidator(listed)] = Field((), description="a list of listing codes that are not goods")
    active: bool = Field(True, description="true or false")
    tell: Annotated[tuple[Tell, ...], BeforeValidator(listed)] = Field((), description="a list of levels, shipments, cancels, refunds")


class SegmentForm(Form):
    pool: Name
    segment: Name
    ratio: Annotated[int, BeforeValidator(basis_points)] = Field(0, description="the part of each receipt: 0.6, 60% or 60 all mean 60 %")
    quota: Units = 0
    protected: bool = Field(False, description="true or false")
    may_borrow: bool = Field(False, description="true or false")
    priority: Rank = 0

    @model_validator(mode="after")
    def _one_of_both(self) -> "SegmentForm":
        if self.ratio and self.quota:
            raise ValueError("a segment has a ratio or a quota: leave one of them out")
        return self


class ListingForm(Form):
    shop: Name
    listing: Sku
    sku: Sku
    units: Some = 1
    item: Sku = ""


class StockForm(Form):
    node: Name
    sku: Sku
    on_hand: Units


class FilterForm(Form):
    kinds: Kinds = ()
    nodes: Names = ()
    exclude: Names = ()


class PresaleForm(Form):
    days: int = Field(ge=0, le=3_650, description="0 to 3650: of what is expected within so many days")
    percent: int = Field(100, ge=0, le=100, description="a whole number, 0 to 100")


class RuleForm(Form):
    """For one segment; what it leaves out is as for all."""

    filters: FilterForm | None = Field(None, description="a mapping of kinds, nodes, exclude")
    criteria: Criteria | None = Field(None, description="a list of distance, priority, most_stock, same_city")
    max_splits: int | None = Field(
        None, ge=0, le=100, description="0 or more: further fulfilments an order may be divided into; 9 when left out"
    )
    shortage: Shortage | None = Field(None, description="backorder, partial or reject")
    patience_days: int | None = Field(None, ge=0, le=3_650, description="0 (for ever) to 3650")
    refund_cancelled: bool | None = Field(None, description="true or false: whether we give back what is cancelled of a paid order")
    refund_on: RefundOn | None = Field(None, description="never, received or inspected: when we give back what came back")
    gifts: GiftShort | None = Field(None, description="wait, ship_later or drop: what happens to a gift that is not there")
    gift_returns: GiftReturns | None = Field(None, description="expected or kept: whether a gift comes back with its parent")
    presale: PresaleForm | None = Field(None, description="a mapping of days, percent: how much of what is announced is sold ahead")


class HoldForm(Form):
    ignore: bool = Field(False, description="true where this reason holds nothing, or false")
    expires_minutes: int = Field(0, ge=0, le=5_256_000, description="minutes after which the hold ends by itself, or 0 for never")
    then: Ending = Field("cancel", description="what happens when it expires: cancel or release")


class ShopFlowForm(Form):
    holds: dict[Reason, HoldForm] = Field({}, description="a mapping of reason to ignore, expires_minutes, then")
    merge_minutes: int | None = Field(None, ge=0, le=1_440, description="minutes to wait for more of the same recipient, 0 to 1440")
    floors: dict[Sku, dict[Currency, Price]] = Field({}, description="a mapping of listing or SKU to a mapping of currency to minor units")


class WavesForm(Form):
    days: Annotated[tuple[Day, ...], BeforeValidator(listed)] = Field(DAYS, min_length=1, description="a list of mon, tue, … sun")
    at: Annotated[tuple[Clocktime, ...], BeforeValidator(listed)] = Field(min_length=1, description='a list of times such as "11:00"')
    timezone: Zone = "UTC"


class FlowForm(ShopFlowForm):
    """For all; `pools`, `tenants` and `shops` say what differs for them, in this order."""

    waves: dict[Name, WavesForm] = Field({}, description="a mapping of node to days, at, timezone")
    pools: dict[Name, ShopFlowForm] = Field({}, description="a mapping of pool to what differs for it")
    tenants: dict[Name, ShopFlowForm] = Field({}, description="a mapping of tenant to what differs for it")
    shops: dict[Name, ShopFlowForm] = Field({}, description="a mapping of shop to what differs for it")


class ToleranceForm(Form):
    ratio: Annotated[int, BeforeValidator(basis_points)] = Field(0, description="a part of what was agreed: 0.02, 2% or 2 all mean 2 %")
    minor_units: int = Field(0, ge=0, le=1_000_000, description="a whole number of minor units, such as cents")


class PolicyForm(RuleForm):
    name: str = Field("default", max_length=64, description="at most 64 characters")
    segments: dict[Name, RuleForm] = Field({}, description="a mapping of segment to what differs for it")
    distances: dict[Region, dict[Name, Kilometres]] = Field({}, description="a mapping of region to a mapping of node to km, 0 to 21000")
    regions: dict[Region, tuple[Latitude, Longitude]] = Field({}, description="a mapping of region to the [lat, lon] of its centre")
    fills_per_decision: int = Field(50, ge=1, le=500, description="1 to 500")
    remember_days: int = Field(60, ge=7, le=3_650, description="7 to 3650")
    remember_parcels_days: int = Field(365, ge=7, le=3_650, description="7 to 3650")
    flow: FlowForm | None = Field(None, description="a mapping of holds, floors, merge_minutes, waves, pools, tenants, shops")
    lost: Literal["reissue", "hold", "nothing"] = Field("nothing", description="reissue, hold or nothing")
    returned_to_sender: Literal["restock", "reissue", "nothing"] = Field("nothing", description="restock, reissue or nothing")
    return_days: int = Field(30, ge=1, le=3_650, description="1 to 3650")
    no_carrier: Literal["ship", "hold"] = Field("ship", description="ship or hold: what becomes of an order that no carrier takes")
    aging_hours: int = Field(0, ge=0, le=87_600, description="0 to 87600")
    bill_tolerance: ToleranceForm = Field(ToleranceForm(), description="a mapping of ratio, minor_units")
