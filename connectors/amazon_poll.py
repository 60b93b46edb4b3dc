"""Polling Amazon's Selling Partner API for orders with their items: version 2026-01-01, whose pages hold the items, or v0 (a shop whose
url ends in `?orders=v0`), which is asked for the items of each order.

A window of modification time ends two minutes ago, as Amazon asks, and begins OVERLAP before the last one ended. Within it Amazon's
token leads from page to page; a token that has expired begins the window anew. `marketplaceIds` of the shop's url are passed on.
"""

from collections.abc import Iterator
from urllib.parse import parse_qs, quote, urlsplit

import msgspec
from msgspec.structs import replace

from connectors.contract import Fetch, Fetched, Millis, Polled, ShopRef
from connectors.payload import UNDECODABLE
from connectors.signing import fingerprint
from connectors.times import iso

ORDERS = "/orders/2026-01-01/orders"
ORDERS_V0 = "/orders/v0/orders"
PAGE = 100
MOST_ITEM_PAGES = 100
SETTLED = 2 * 60_000
OVERLAP = 60_000
FIRST_LOOK_BACK = 30 * 86_400_000
INCLUDED = "BUYER,RECIPIENT,PROCEEDS,CANCELLATION,FULFILLMENT"

Item = tuple[str, str, str, bytes]


class Cursor(msgspec.Struct, frozen=True):
    """`since` to `until`: the window being read, `until` 0 between two windows; `token`: its next page."""

    since: int
    until: int = 0
    token: str = ""


class _Pagination(msgspec.Struct):
    nextToken: str | None = None


class _Page(msgspec.Struct):
    orders: list[msgspec.Raw]
    pagination: _Pagination | None = None


class _PageV0(msgspec.Struct):
    """Of orders, or of the items of one."""

    Orders: list[msgspec.Raw] = []
    OrderItems: list[msgspec.Raw] = []
    NextToken: str | None = None


class _AnswerV0(msgspec.Struct):
    payload: _PageV0


class _Glance(msgspec.Struct):
    """As much of an order as naming it takes, in the words of either version."""

    orderId: str = ""
    AmazonOrderId: str = ""
    OrderStatus: str = ""

    @property
    def name(self) -> str:
        return self.orderId or self.AmazonOrderId


_read_cursor = msgspec.json.Decoder(Cursor).decode
_read_page = msgspec.json.Decoder(_Page).decode
_read_page_v0 = msgspec.json.Decoder(_AnswerV0).decode
_glance = msgspec.json.Decoder(_Glance).decode


def poll_orders(fetch: Fetch, shop: ShopRef, cursor: str, now: Millis) -> Polled:
    """One page. Raises ConnectionError when Amazon does not answer as it should."""
    place = _read_cursor(cursor) if cursor else Cursor(since=max(0, now - FIRST_LOOK_BACK))
    if not place.until:
        place = replace(place, until=now - SETTLED)
    if place.until <= place.since:
        return Polled(items=(), cursor=cursor, more=False)
    options = parse_qs(urlsplit(shop.url).query)
    places = ",".join(options.get("marketplaceIds", []))
    read = _read_v0 if options.get("orders") == ["v0"] else _read
    try:
        items, token = read(fetch, place, places)
    except _Expired:
        return Polled(items=(), cursor=_write(replace(place, token="")), more=True)
    if token:
        return Polled(items=items, cursor=_write(replace(place, token=token)), more=True)
    return Polled(items=items, cursor=_write(Cursor(since=max(0, place.until - OVERLAP))), more=False)


class _Expired(Exception):
    """Amazon does not know the token any more."""


def _write(place: Cursor) -> str:
    return msgspec.json.encode(place).decode()


def _read(fetch: Fetch, place: Cursor, places: str) -> tuple[tuple[Item, ...], str]:
    query = {
        "lastUpdatedAfter": iso(place.since),
        "lastUpdatedBefore": iso(place.until),
        "includedData": INCLUDED,
        "maxResultsPerPage": str(PAGE),
        "marketplaceIds": places,
        "paginationToken": place.token,
    }
    body = _body(fetch(ORDERS, {name: value for name, value in query.items() if value}), place.token)
    try:
        page = _read_page(body)
    except UNDECODABLE:
        raise ConnectionError("Amazon did not answer with a page of orders") from None
    token = page.pagination.nextToken if page.pagination else None
    return tuple([_item(bytes(order), bytes(order)) for order in page.orders]), token or ""


def _read_v0(fetch: Fetch, place: Cursor, places: str) -> tuple[tuple[Item, ...], str]:
    window = {"LastUpdatedAfter": iso(place.since), "LastUpdatedBefore": iso(place.until), "MaxResultsPerPage": str(PAGE)}
    query = {"MarketplaceIds": places, **({"NextToken": place.token} if place.token else window)}
    page = _page_v0(_body(fetch(ORDERS_V0, query), place.token))
    return tuple([_item(bytes(order), _with_items(bytes(order), fetch)) for order in page.Orders]), page.NextToken or ""


def _with_items(order: bytes, fetch: Fetch) -> bytes:
    """{"order": …, "items": […]}, each as Amazon wrote it. Nobody needs the items of a cancelled order."""
    seen = _seen(order)
    asked = seen.name and seen.OrderStatus != "Canceled"
    items = list(_items_v0(fetch, f"{ORDERS_V0}/{quote(seen.name, safe='')}/orderItems")) if asked else []
    return msgspec.json.encode({"order": msgspec.Raw(order), "items": items})


def _items_v0(fetch: Fetch, path: str) -> Iterator[msgspec.Raw]:
    query: dict[str, str] = {}
    for _ in range(MOST_ITEM_PAGES):
        page = _page_v0(_body(fetch(path, query)))
        yield from page.OrderItems
        if not page.NextToken:
            return
        query = {"NextToken": page.NextToken}
    raise ConnectionError("Amazon has no end of items for one order")


def _page_v0(body: bytes) -> _PageV0:
    try:
        return _read_page_v0(body).payload
    except UNDECODABLE:
        raise ConnectionError("Amazon did not answer with a page") from None


def _body(answer: Fetched, token: str = "") -> bytes:
    if answer.status == 400 and token:
        raise _Expired
    if answer.status != 200:
        raise ConnectionError(f"Amazon answered {answer.status}")
    return answer.body


def _item(order: bytes, body: bytes) -> Item:
    """An order that cannot be named is still passed on: it becomes a dead letter that a person sees."""
    return "order", _seen(order).name or "unreadable", fingerprint(body), body


def _seen(order: bytes) -> _Glance:
    try:
        return _glance(order)
    except UNDECODABLE:
        return _Glance()
