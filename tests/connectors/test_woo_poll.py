"""Polling WooCommerce: whatever happens in the shop between two requests, no order is missed."""

import json
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors import woo_poll
from connectors.channels.woocommerce import CHANNEL
from connectors.contract import Fetched, Millis, OrderDraft, Polled
from connectors.times import gmt, iso
from tests.connectors.cases import NOON, SHOP, raw_record


class Shop:
    """A shop that keeps orders by id with the time they were modified, and answers as the REST API does: bounds are exclusive."""

    def __init__(self) -> None:
        self.orders: dict[int, dict[str, Any]] = {}
        self.refunds: dict[int, list[dict[str, Any]]] = {}
        self.asked: list[tuple[str, Mapping[str, str]]] = []

    def modify(self, order: int, at: int, **changes: Any) -> None:
        version = self.orders.get(order, {}).get("version", 0) + 1
        self.orders[order] = {"id": order, "version": version, "date_modified_gmt": iso(at)[:19], "refunds": [], **changes}

    def fetch(self, path: str, query: Mapping[str, str]) -> Fetched:
        self.asked.append((path, query))
        if path != woo_poll.PATH:
            found = self.refunds[int(path.removeprefix(f"{woo_poll.PATH}/").removesuffix("/refunds"))]
            return Fetched(200, {}, json.dumps(found).encode())
        within = [order for _, order in sorted(self.orders.items()) if _within(order, query)]
        size, page = int(query["per_page"]), int(query["page"])
        pages = -(-len(within) // size)
        return Fetched(200, {"x-wp-totalpages": str(pages)}, json.dumps(within[(page - 1) * size : page * size]).encode())


def _within(order: dict[str, Any], query: Mapping[str, str]) -> bool:
    return gmt(query["modified_after"]) < gmt(order["date_modified_gmt"]) < gmt(query["modified_before"])


def poll(shop: Shop, cursor: str, now: int = NOON) -> Polled:
    return CHANNEL.poll(shop.fetch, SHOP, cursor, Millis(now))


def poll_to_the_end(shop: Shop, cursor: str, now: int) -> tuple[list[tuple[int, int]], str]:
    """(order, version) of all that was delivered, and the cursor after."""
    delivered: list[tuple[int, int]] = []
    while True:
        page = poll(shop, cursor, now)
        delivered += [_version(body) for _, _, _, body in page.items]
        cursor = page.cursor
        if not page.more:
            return delivered, cursor


def _version(body: bytes) -> tuple[int, int]:
    order = json.loads(body)
    return order["id"], order["version"]


def test_a_page_brings_the_orders_as_they_are_under_their_own_names() -> None:
    shop = Shop()
    shop.modify(727, NOON - 60_000, note="灯塔 🏮")

    ((kind, external_id, delivery_id, body),) = poll(shop, "").items

    assert (kind, external_id) == ("order", "727")
    assert body == json.dumps(shop.orders[727]).encode()
    assert delivery_id == poll(shop, "").items[0][2]


def test_a_webhook_and_a_poll_of_the_same_bytes_are_one_delivery() -> None:
    shop = Shop()
    shop.modify(727, NOON - 60_000)
    ((_, _, polled, body),) = poll(shop, "").items

    assert woo_poll.delivery_id("order", woo_poll.glance(body), body) == polled


def test_what_the_overlap_shows_again_is_not_delivered_again_unless_it_changed() -> None:
    shop = Shop()
    shop.modify(1, NOON - 60_000)
    shop.modify(2, NOON - 60_000)
    first, cursor = poll_to_the_end(shop, "", NOON)
    shop.modify(2, NOON + 1_000)

    second, _ = poll_to_the_end(shop, cursor, NOON + 30_000)

    assert (first, second) == ([(1, 1), (2, 1)], [(2, 2)])


def test_times_are_asked_for_in_gmt() -> None:
    shop = Shop()
    poll(shop, "")

    ((_, query),) = shop.asked
    assert query["dates_are_gmt"] == "true"
    assert query["modified_before"] == "2026-03-01T12:00:00"


def test_the_lines_of_refunds_are_asked_for() -> None:
    shop = Shop()
    net = {"id": 71, "quantity": 4, "sku": "NET-10", "price": 20}
    shop.modify(4713, NOON - 60_000, status="processing", currency="EUR", line_items=[net], refunds=[{"id": 9, "total": "-20.00"}])
    shop.refunds[4713] = [{"id": 9, "line_items": [{"quantity": -1, "meta_data": [{"key": "_refunded_item_id", "value": "71"}]}]}]

    ((_, _, _, body),) = poll(shop, "").items
    (draft,) = CHANNEL.parse(raw_record("woocommerce", body), SHOP)  # type: ignore[misc]

    assert isinstance(draft, OrderDraft)
    assert (draft.holds, draft.reductions[0].lines) == ((), (("71", 1),))


def test_an_order_that_cannot_be_named_is_passed_on_so_that_a_person_sees_it() -> None:
    ((kind, external_id, _, body),) = CHANNEL.poll(lambda *_: Fetched(200, {}, b'["nothing"]'), SHOP, "", NOON).items

    assert (kind, external_id, body) == ("order", "unreadable", b'"nothing"')


@pytest.mark.parametrize(
    "answer", [Fetched(401, {}, b"[]"), Fetched(200, {}, b"<html>"), Fetched(200, {}, b'{"code": "no"}'), Fetched(200, {}, b"\xff")]
)
def test_an_answer_that_is_no_page_is_no_answer(answer: Fetched) -> None:
    with pytest.raises(ConnectionError):
        CHANNEL.poll(lambda *_: answer, SHOP, "", NOON)


def test_a_busy_shop_does_not_make_the_cursor_grow_without_end() -> None:
    shop = Shop()
    for order in range(1, 3_000):
        shop.modify(order, NOON - 60_000)

    _, cursor = poll_to_the_end(shop, "", NOON)

    assert len(cursor) < 20_000


def test_an_order_that_changes_while_pages_are_read_moves_no_other_out_of_sight(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(woo_poll, "PAGE", 2)
    shop = Shop()
    for order in range(1, 7):
        shop.modify(order, NOON - 3_600_000)
    seen: set[int] = set()

    page = poll(shop, "")
    while page.more:
        shop.modify(len(seen) + 1, NOON + 1_000)
        page = poll(shop, page.cursor)
        seen |= {_version(body)[0] for _, _, _, body in page.items}

    assert seen >= {number for number, kept in shop.orders.items() if kept["version"] == 1}


Step = st.tuples(st.sampled_from(["poll", "modify", "late"]), st.integers(1, 9), st.integers(0, 400_000))


@settings(max_examples=300, deadline=None, derandomize=True)
@given(steps=st.lists(Step, max_size=40), skew=st.integers(-200_000, 200_000))
def test_no_order_falls_between_two_polls(steps: list[tuple[str, int, int]], skew: int) -> None:
    """The shop's clock is off by `skew`; orders change between the pages of a window; some commits show up to 400 s late."""
    shop, now, cursor = Shop(), int(NOON), ""
    late: list[tuple[int, int, int]] = []
    delivered: dict[int, int] = {}
    for order in range(1, 10):
        shop.modify(order, NOON - 86_400_000)

    def take(page: Polled) -> str:
        delivered.update(
            {order: max(version, delivered.get(order, 0)) for order, version in (_version(body) for _, _, _, body in page.items)}
        )
        return page.cursor

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(woo_poll, "PAGE", 2)
        for step, order, delay in steps:
            now += 20_000
            for due in [due for due in late if due[0] <= now]:
                late.remove(due)
                shop.modify(due[1], due[2])
            match step:
                case "poll":
                    cursor = take(poll(shop, cursor, now))
                case "modify":
                    shop.modify(order, now + skew)
                case "late":
                    late.append((now + delay, order, now + skew))
        now += 400_000
        for _, order, stamped in late:
            shop.modify(order, stamped)
        for _ in range(3):
            more = True
            while more:
                page = poll(shop, cursor, now)
                cursor, more = take(page), page.more
            now += 300_000

    assert delivered == {number: kept["version"] for number, kept in shop.orders.items()}
