"""What warehouses tell in Qimen's form, field by field. Times without a zone are Beijing's; what is empty counts as left out."""

from collections.abc import Callable
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, ConfigDict, Field, WrapValidator
from pydantic.alias_generators import to_camel
from pydantic_core import PydanticCustomError

from connectors.payload import Changed, China, Counted, Name, Payload, Reference, Text

MOST_LINES = 20_000
BUCKETS = {"": "", "ZP": "on_hand", "CC": "damaged", "JS": "damaged", "XS": "damaged", "ZT": "in_transit"}


def _bucket(value: object) -> str:
    if not isinstance(value, str) or value not in BUCKETS:
        raise PydanticCustomError("malformed", "An inventoryType is one of ZP, CC, JS, XS, ZT")
    return BUCKETS[value]


def _listed(name: str) -> Callable[[object], object]:
    """`<items><item>…</item><item>…</item></items>` is a list, of one or of none too."""

    def listed(value: object) -> object:
        inner = value.get(name, ()) if isinstance(value, dict) else value or ()
        return [inner] if isinstance(inner, dict) else inner

    return listed


def _if_told(value: Any, check: Callable[[Any], int]) -> int:
    return 0 if value == "" else check(value)


Bucket = Annotated[str, BeforeValidator(_bucket)]  # "" where it is not said
Moment = Annotated[China, WrapValidator(_if_told)]  # 0 where it is not said
Units = Annotated[Counted, WrapValidator(_if_told)]
Status = Annotated[Text, Field(max_length=20)]
Final = Literal["", "0", "1"]  # 1: more will be confirmed


class Form(Payload):
    model_config = ConfigDict(alias_generator=to_camel)


class Line(Form):
    item_code: Name
    inventory_type: Bucket = ""
    plan_qty: Units = 0
    actual_qty: Counted
    source_order_code: Reference = ""
    sub_source_order_code: Reference = ""


Lines = Annotated[tuple[Line, ...], BeforeValidator(_listed("orderLine")), Field(max_length=MOST_LINES)]


# ---------------------------------------------------------------------------------------------- of deliveries
class Packed(Form):
    item_code: Name
    quantity: Counted


class Package(Form):
    logistics_code: Text = ""
    express_code: Text = ""
    package_code: Text = ""
    items: Annotated[tuple[Packed, ...], BeforeValidator(_listed("item")), Field(max_length=MOST_LINES)] = ()


class DeliveryOrder(Form):
    delivery_order_code: Name
    status: Status = ""
    out_biz_code: Reference = ""
    confirm_type: Final = ""
    order_confirm_time: Moment = 0
    operate_time: Moment = 0


class DeliveryConfirm(Form):
    delivery_order: DeliveryOrder
    packages: Annotated[tuple[Package, ...], BeforeValidator(_listed("package")), Field(max_length=MOST_LINES)] = ()
    order_lines: Lines = ()


class Lacking(Form):
    item_code: Name
    lack_qty: Counted


class LackReport(Form):
    delivery_order_code: Name
    out_biz_code: Name
    create_time: Moment = 0
    items: Annotated[tuple[Lacking, ...], BeforeValidator(_listed("item")), Field(min_length=1, max_length=MOST_LINES)]


class _Order(Form):
    order_code: Name
    order_type: Text = ""


class _Process(Form):
    process_status: Status
    express_code: Text = ""
    operate_time: Moment = 0


class ProcessReport(Form):
    order: _Order
    process: _Process


# ---------------------------------------------------------------------------------------------- of stock
class _EntryOrder(Form):
    entry_order_code: Name
    warehouse_code: Name
    status: Status = ""
    out_biz_code: Reference = ""
    confirm_type: Final = ""
    operate_time: Moment = 0


class EntryConfirm(Form):
    entry_order: _EntryOrder
    order_lines: Lines = ()


class _ReturnOrder(Form):
    return_order_code: Name
    warehouse_code: Name
    out_biz_code: Reference = ""
    order_confirm_time: Moment = 0
    shop_nick: Text = ""


class ReturnConfirm(Form):
    return_order: _ReturnOrder
    order_lines: Lines = ()


class Counting(Form):
    """`total_qty` is what lies there; the norm's `quantity`, the difference to what the warehouse thought, is no concern of ours."""

    item_code: Name
    inventory_type: Bucket = ""
    total_qty: Counted


class InventoryReport(Form):
    warehouse_code: Name
    out_biz_code: Name
    check_time: China
    current_page: Reference = ""
    items: Annotated[tuple[Counting, ...], BeforeValidator(_listed("item")), Field(min_length=1, max_length=MOST_LINES)]


class Change(Form):
    warehouse_code: Name
    order_code: Reference = ""
    order_type: Status = ""
    out_biz_code: Name
    item_code: Name
    inventory_type: Bucket = ""
    quantity: Changed
    change_time: Moment = 0


class StockChange(Form):
    items: Annotated[tuple[Change, ...], BeforeValidator(_listed("item")), Field(min_length=1, max_length=MOST_LINES)]
