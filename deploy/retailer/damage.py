"""Deliveries that no order can come of: broken on the way, wrong in a field, forged, or for nobody."""

from collections.abc import Callable
from typing import Any

from deploy.retailer.deliveries import Hook, encode, form, signed
from deploy.retailer.orders import Order
from deploy.retailer.shops import Shop

STRANGER = 900_000_000_000  # added to an order's number, so that its spoilt twin is another order
Spoil = Callable[[dict[str, Any], str], None]


def damaged(shop: Shop, order: Order, way: int) -> Hook:
    """One of them, made of an order whose number nobody has seen. `way`: any number; one after the other they go round all ways."""
    # a cancel is heard whatever else is wrong with it
    twin = order._replace(number=order.number + STRANGER, cancelled=False)
    way %= len(_FIELDS) + 4
    if way < len(_FIELDS):
        payload = form(shop, twin)
        _FIELDS[way](payload, shop.channel)
        return signed(shop, "orders/create", encode(payload))
    body = encode(form(shop, twin))
    match way - len(_FIELDS):
        case 0:
            return signed(shop, "orders/create", body[: len(body) * 2 // 3], status=400)
        case 1:
            return signed(shop, "orders/create", body, status=401, secret=b"a guess")
        case 2:
            return signed(shop._replace(name="juniper-wbe"), "orders/create", body, status=404)
        case _:
            return signed(shop, "orders/create", body.replace(b'"US"', b'"\\u0000"', 1))


def _lines(payload: dict[str, Any]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = payload.get("line_items") or payload["lines"]
    return found


def _time_of(channel: str) -> str:
    return "date_modified_gmt" if channel == "woocommerce" else "updated_at"


def _words_for_numbers(payload: dict[str, Any], _channel: str) -> None:
    _lines(payload)[0]["quantity"] = "two"


def _less_than_nothing(payload: dict[str, Any], _channel: str) -> None:
    _lines(payload)[0]["quantity"] = -3


def _more_than_all(payload: dict[str, Any], _channel: str) -> None:
    _lines(payload)[-1]["quantity"] = 10**15


def _no_such_money(payload: dict[str, Any], _channel: str) -> None:
    payload["currency"] = "DOGE"


def _no_such_time(payload: dict[str, Any], channel: str) -> None:
    payload[_time_of(channel)] = "yesterday"


def _no_lines_at_all(payload: dict[str, Any], _channel: str) -> None:
    payload.pop("line_items", None)
    payload.pop("lines", None)


def _a_line_twice(payload: dict[str, Any], _channel: str) -> None:
    _lines(payload).append(_lines(payload)[0])


_FIELDS: tuple[Spoil, ...] = (
    _words_for_numbers,
    _less_than_nothing,
    _more_than_all,
    _no_such_money,
    _no_such_time,
    _no_lines_at_all,
    _a_line_twice,
)
