"""Polling WooCommerce so that no order falls between two polls.

A window of modification time ends now and begins OVERLAP before the last one ended: clocks may differ that much, and transactions
commit that late. It is read in order of ids from its last page to its first: an order that is modified meanwhile leaves the window (the
next one has it), and those behind it move towards pages that are still to be read. What the overlap shows again is left out by the
delivery ids that the cursor remembers; forgetting one costs a repetition, which changes nothing.
"""

from collections.abc import Mapping
from urllib.parse import quote

import msgspec
from msgspec.structs import replace

from connectors.contract import Fetch, Fetched, Millis, Polled
from connectors.payload import UNDECODABLE
from connectors.signing import fingerprint
from connectors.times import gmt, iso

PATH = "/wp-json/wc/v3/orders"
PAGE = 100
OVERLAP = 10 * 60_000
FIRST_LOOK_BACK = 30 * 86_400_000
MOST_PAGES = 100_000
MOST_REMEMBERED = 1_000

_TO_THE_SECOND = len("2026-03-01T09:00:00")

Item = tuple[str, str, str, bytes]


class Glance(msgspec.Struct):
    """As much of an order as naming it takes."""

    id: int | str | None = None
    date_modified_gmt: str | None = None
    refunds: list[msgspec.Raw] | None = None


class Cursor(msgspec.Struct, frozen=True):
    """`since` to `until`: the window being read, `until` 0 between two windows. `page`: the one to read next, 0 when none is counted
    yet. `seen`: what the last window showed of its end, `again`: what this one did."""

    since: int
    until: int = 0
    page: int = 0
    seen: tuple[str, ...] = ()
    again: tuple[str, ...] = ()


glance = msgspec.json.Decoder(Glance).decode
_orders = msgspec.json.Decoder(list[msgspec.Raw]).decode
_fields = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode
_read_cursor = msgspec.json.Decoder(Cursor).decode


def delivery_id(kind: str, seen: Glance, body: bytes) -> str:
    return fingerprint(kind.encode(), str(seen.id).encode(), (seen.date_modified_gmt or "").encode(), body)


def poll_orders(fetch: Fetch, cursor: str, now: Millis) -> Polled:
    """One page. Raises ConnectionError when the shop does not answer as it should."""
    place = _read_cursor(cursor) if cursor else Cursor(since=max(0, now - FIRST_LOOK_BACK))
    if not place.until:
        place = replace(place, until=now)
    answer = fetch(PATH, _query(place))
    items = [_item(bytes(order), fetch) for order in _page(answer)]
    known = {*place.seen, *place.again}
    after = _after(place, _pages(answer), items)
    new = tuple([item for item in items if _mark(item) not in known])
    return Polled(items=new, cursor=msgspec.json.encode(after).decode(), more=after.until != 0)


def _query(place: Cursor) -> Mapping[str, str]:
    return {
        "modified_after": iso(place.since)[:_TO_THE_SECOND],
        "modified_before": iso(place.until)[:_TO_THE_SECOND],
        "dates_are_gmt": "true",
        "orderby": "id",
        "order": "asc",
        "per_page": str(PAGE),
        "page": str(place.page or 1),
    }


def _after(place: Cursor, pages: int, items: list[Item]) -> Cursor:
    """The first request of a window counts its pages; the way then goes down from the last to page 1, which is read a second time."""
    again = (*place.again, *(_mark(item) for item in items if _comes_again(item, place.until)))[-MOST_REMEMBERED:]
    if not place.page and pages > 1:
        return replace(place, page=pages, again=again)
    if place.page > 1:
        return replace(place, page=place.page - 1, again=again)
    return Cursor(since=max(0, place.until - OVERLAP), seen=tuple(dict.fromkeys(again)))


def _mark(item: Item) -> str:
    return item[2][:12]


def _comes_again(item: Item, until: int) -> bool:
    try:
        return gmt(glance(item[3]).date_modified_gmt or "") >= until - OVERLAP
    except (*UNDECODABLE, ValueError, OverflowError):
        return False


def _page(answer: Fetched) -> list[msgspec.Raw]:
    if answer.status != 200:
        raise ConnectionError(f"the shop answered {answer.status}")
    try:
        return _orders(answer.body)
    except UNDECODABLE:
        raise ConnectionError("the shop did not answer with a list of orders") from None


def _pages(answer: Fetched) -> int:
    total = answer.headers.get("x-wp-totalpages", "1")
    if not total.isascii() or not total.isdigit():
        return 1
    if len(total) > len(str(MOST_PAGES)) or int(total) > MOST_PAGES:
        raise ConnectionError(f"the shop says that it has more than {MOST_PAGES} pages")
    return int(total)


def _item(body: bytes, fetch: Fetch) -> Item:
    """An order that cannot be named is still passed on: it becomes a dead letter that a person sees."""
    try:
        seen = glance(body)
    except UNDECODABLE:
        seen = Glance()
    if seen.refunds and seen.id is not None:
        body = _with_refunds(body, fetch, seen.id)
    return "order", str(seen.id or "unreadable"), delivery_id("order", seen, body), body


def _with_refunds(body: bytes, fetch: Fetch, order: int | str) -> bytes:
    """The order with its refunds in full: the list tells their totals only, and what must not ship are their lines. One that is
    damaged stays as it is: it becomes a dead letter."""
    refunds = _page(fetch(f"{PATH}/{quote(str(order), safe='')}/refunds", {"per_page": str(PAGE)}))
    try:
        return msgspec.json.encode({**_fields(body), "refunds": refunds})
    except UNDECODABLE:
        return body
