"""The retailer's history: real baskets in the platforms' own forms, with what goes wrong on the way, the same each time."""

from collections import Counter
from itertools import pairwise
from pathlib import Path

import pytest

from connectors.contract import CancelDraft, Millis, OrderDraft, RawRecord, Received, ReductionDraft, Refusal, Rejected, ShopRef, Webhook
from connectors.registry import channels
from deploy.business import Business, load_business
from deploy.retailer.assortment import Assortment
from deploy.retailer.baskets import Baskets
from deploy.retailer.damage import damaged
from deploy.retailer.deliveries import Delivery, Document, Hook, Shown, encode, form
from deploy.retailer.folder import secret_of, write_folder
from deploy.retailer.history import History
from deploy.retailer.shops import DEPOTS, FEED, POOL, SHOPS, TENANT
from deploy.retailer.stocking import Stocking, stock

NOON = 1_800_000_000_000

ORDERS, SEED = 1_500, 7
STATUS = {"bad_signature": 401, "malformed": 400}
CHANNELS = {shop.name: shop.channel for shop in SHOPS}
DUE = {200: "taken", 400: "malformed", 401: "bad_signature", 404: "unknown_shop"}


@pytest.fixture(scope="module")
def assortment() -> Assortment:
    return Assortment(ORDERS)


@pytest.fixture(scope="module")
def stocking(assortment: Assortment) -> Stocking:
    return stock(assortment.demand, SEED)


@pytest.fixture(scope="module")
def history(assortment: Assortment, stocking: Stocking) -> History:
    return History(assortment, stocking, SEED)


@pytest.fixture(scope="module")
def delivered(history: History) -> list[Delivery]:
    return list(history)


def answered(hook: Hook) -> int:
    """What the gateway answers, by the channel's own word."""
    _, _, channel, shop = hook.path.split("/")
    if CHANNELS.get(shop) != channel:
        return 404
    headers = {name.lower(): value for name, value in hook.headers}
    match channels()[channel].receive(Webhook(headers, hook.body), secret_of(shop)):
        case Refusal(code=code):
            return STATUS[code]
        case Received():
            return 200


def raw(delivery: Hook | Shown) -> RawRecord:
    if isinstance(delivery, Shown):
        body = encode(form(delivery.shop, delivery.order))
        return record(delivery.shop.name, "order", str(delivery.order.number), body)
    shop = delivery.path.split("/")[3]
    headers = {name.lower(): value for name, value in delivery.headers}
    received = channels()[CHANNELS[shop]].receive(Webhook(headers, delivery.body), secret_of(shop))
    assert isinstance(received, Received)
    return record(shop, received.kind, received.external_id, delivery.body)


def record(shop: str, kind: str, external_id: str, body: bytes) -> RawRecord:
    return RawRecord(
        tenant=TENANT,
        shop=shop,
        channel=CHANNELS[shop],
        kind=kind,
        external_id=external_id,
        delivery_id="one",
        received_at=Millis(1_000),
        body=body,
    )


def test_as_many_baskets_as_asked_for_are_spread_over_the_year() -> None:
    baskets = list(Baskets(ORDERS))

    assert len(baskets) == len({basket.basket for basket in baskets}) == ORDERS
    assert all(one.at <= other.at for one, other in pairwise(baskets))
    assert baskets[-1].at - baskets[0].at > 360 * 86_400_000
    assert all(line.quantity > 0 for basket in baskets for line in basket.lines)


def test_the_whole_year_can_be_had() -> None:
    assert len(Baskets(1_000_000)) == 155_848


def test_the_same_size_and_seed_give_the_same_bytes(assortment: Assortment, stocking: Stocking, delivered: list[Delivery]) -> None:
    assert list(History(assortment, stocking, SEED)) == delivered


def test_every_webhook_is_answered_as_it_is_due(delivered: list[Delivery]) -> None:
    hooks = [delivery for delivery in delivered if isinstance(delivery, Hook)]

    assert Counter(answered(hook) for hook in hooks) == Counter(hook.status for hook in hooks)
    assert {hook.status for hook in hooks} == set(DUE)


def test_what_is_whole_is_read_by_its_channel_and_what_is_damaged_is_not(history: History, delivered: list[Delivery]) -> None:
    taken = [it for it in delivered if isinstance(it, Shown) or (isinstance(it, Hook) and it.status == 200)]
    rejected = 0
    for delivery in taken:
        one = raw(delivery)
        shop = ShopRef(tenant=TENANT, shop=one.shop, channel=one.channel, pool=POOL)
        match channels()[one.channel].parse(one, shop):
            case Rejected():
                assert isinstance(delivery, Hook)
                assert not delivery.order
                rejected += 1
            case ((OrderDraft() | CancelDraft() | ReductionDraft()),):
                pass
            case other:
                pytest.fail(f"{one!r} was read as {other}")

    assert rejected == history.expected.damaged > 0


def test_nothing_comes_of_what_is_damaged_even_where_the_order_was_cancelled(assortment: Assortment) -> None:
    orders = ((shop, order) for shop, order in assortment.orders() if shop.door == "hook")
    for way, (shop, order) in zip(range(200), orders, strict=False):
        hook = damaged(shop, order._replace(cancelled=True), way)
        if hook.status == 200:
            about = ShopRef(tenant=TENANT, shop=shop.name, channel=shop.channel, pool=POOL)
            assert isinstance(channels()[shop.channel].parse(raw(hook), about), Rejected)


def test_every_channel_sends_its_share(delivered: list[Delivery]) -> None:
    orders = Counter(
        delivery.shop.channel if isinstance(delivery, Shown) else delivery.path.split("/")[2]
        for delivery in delivered
        if isinstance(delivery, Shown | Hook)
    )

    assert set(orders) == {"shopify", "woocommerce", "amazon", "canonical"}
    assert min(orders.values()) > ORDERS // 10


def test_the_world_keeps_no_order(history: History, delivered: list[Delivery]) -> None:
    seen = Counter(delivery.body for delivery in delivered if isinstance(delivery, Hook))
    again = sum(count - 1 for count in seen.values())
    first: dict[int, bool] = {}
    for delivery in delivered:
        if isinstance(delivery, Hook) and delivery.order:
            first.setdefault(delivery.order, b'"cancel' in delivery.body[:20] or b"orders/cancelled" in repr(delivery.headers).encode())

    assert again == history.expected.repeated > ORDERS // 40
    assert any(first.values()), "no cancel came before its order"
    assert ORDERS // 60 < len(history.expected.cancelled) < ORDERS // 20


def test_every_order_is_told_of(history: History, delivered: list[Delivery]) -> None:
    told = {it.order if isinstance(it, Hook) else it.order.number for it in delivered if isinstance(it, Hook | Shown)} - {0}

    assert len(history.expected.orders) == ORDERS
    assert told == {number for _, number in history.expected.orders}


def test_stock_is_tight(assortment: Assortment, stocking: Stocking) -> None:
    wanted = sum(units.total() for units in assortment.demand.values())
    there = sum(sum(cells.values()) for cells in stocking.initial.values())
    coming = sum(units for receipt in stocking.receipts for _, units in receipt.lines)

    assert 0.9 * wanted < there + coming < 1.1 * wanted
    assert there < wanted
    assert coming > 0.02 * wanted
    assert len(stocking.initial) == len(DEPOTS) == 10


def test_a_count_tells_of_what_lay_there_before_the_first_order(stocking: Stocking, delivered: list[Delivery]) -> None:
    """So it need not know what has left since."""
    documents = [delivery for delivery in delivered if isinstance(delivery, Document)]
    for document in documents:
        if document.kind == "count":
            assert all(abs(units - stocking.initial[document.node][sku]) <= 1 for sku, units in document.lines)
            assert document.form(NOON, NOON + 1_234)["counted_at"] == "2027-01-15T08:00:00.000Z"
        else:
            assert document.form(NOON, NOON + 1_234)["received_at"] == "2027-01-15T08:00:01.234Z"

    assert {document.kind for document in documents} == {"count", "receipt"}


def test_petrol_and_coupons_are_sold_but_never_stocked(assortment: Assortment) -> None:
    aside = {number for number, product in assortment.products.items() if not product.goods}
    sold = {line.product for basket in assortment.baskets for line in basket.lines}

    assert aside & sold
    assert not {str(number) for number in aside} & set(assortment.demand)


def test_the_retailer_is_a_business_like_any_other(assortment: Assortment, stocking: Stocking, tmp_path: Path) -> None:
    write_folder(tmp_path, assortment, stocking, {"juniper-corner": "http://127.0.0.1:1/c", "juniper-market": "http://127.0.0.1:1/m"})

    business = load_business(tmp_path)

    assert isinstance(business, Business), business
    [us] = business.pools
    assert {shop.shop for shop in us.sellers} == set(CHANNELS)
    assert FEED in business.secrets
    assert us.stock == stocking.initial
    assert us.listings["juniper-web"] == assortment.bundles
    assert business.partners == ()


def test_each_of_its_depots_is_told_what_to_ship_and_answers_through_a_feed_of_its_own(
    assortment: Assortment, stocking: Stocking, tmp_path: Path
) -> None:
    urls = {"juniper-corner": "http://127.0.0.1:1/c", "juniper-market": "http://127.0.0.1:1/m"}
    write_folder(tmp_path, assortment, stocking, urls, warehouses="http://127.0.0.1:8700")

    business = load_business(tmp_path)

    assert isinstance(business, Business), business
    partners = [form for form, *_ in business.partners]
    assert sorted(node for form in partners for node in form.nodes) == sorted(depot.name for depot in DEPOTS)
    assert {form.partner: form.form for form in partners} == {FEED: "webhook", "reno-3pl": "qimen"}
    assert {form.partner for form in partners} <= business.secrets.keys()


def test_some_codes_are_listed_only_later(assortment: Assortment, stocking: Stocking, tmp_path: Path) -> None:
    urls = {"juniper-corner": "http://127.0.0.1:1/c", "juniper-market": "http://127.0.0.1:1/m"}
    late = assortment.unlisted["juniper-market"]

    write_folder(tmp_path, assortment, stocking, urls)
    before = load_business(tmp_path)
    write_folder(tmp_path, assortment, stocking, urls, late)
    after = load_business(tmp_path)

    assert isinstance(before, Business)
    assert isinstance(after, Business)
    known, all_of_them = before.pools[0].listings["juniper-market"], after.pools[0].listings["juniper-market"]
    assert len(late) == 8
    assert set(all_of_them) - set(known) == set(late)
