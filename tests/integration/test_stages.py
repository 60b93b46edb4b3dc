"""Raw records become fulfilments in real worker processes, whatever happens to these on the way."""

from collections import Counter

import msgspec
import pytest

from connectors.contract import Availability, Fulfilment, OrderStatus
from deploy import clients
from deploy.checking import run_check
from deploy.settings import Settings
from streams.deadletter import decode_dead_letter
from streams.decisions import GENESIS, Decision, decode_decision, encode_decision
from streams.topics import AVAILABILITY, DEAD_LETTERS, DECISIONS, FULFILMENTS, ORDER_STATUS
from tables.events import OrderPlaced, Reserved, Row
from tests.chain import Business, Worker, count, deliver, furnish, order, orders, raw, read, working
from tests.conftest import until

BUSINESS = Business()
PATIENCE_S = 60.0
decode_fulfilment = msgspec.json.Decoder(Fulfilment).decode


@pytest.fixture
def house(fresh_topics: Settings, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """A broker whose pools have stock, and a home folder of our own."""
    settings = fresh_topics.model_copy(update={"home": tmp_path_factory.mktemp("house")})
    furnish(settings, BUSINESS)
    return settings


def placed(settings: Settings) -> Counter[str]:
    """How often each order was placed, over all decisions."""
    decisions = [decode_decision(record.value) for record in read(settings, DECISIONS.name)]
    return Counter(event.order for decision in decisions for event in decision.events if isinstance(event, OrderPlaced))


def fulfilments(settings: Settings) -> list[Fulfilment]:
    return [decode_fulfilment(record.value) for record in read(settings, FULFILMENTS.name)]


def assert_sound(settings: Settings) -> None:
    report = run_check(settings, PATIENCE_S, lambda topic, done, total: None)
    assert (report.invariants, report.lost, report.oversold) == ("ok", 0, 0), report.violations


def test_an_order_becomes_a_fulfilment_a_status_and_a_new_level(house: Settings) -> None:
    deliver(house, [order(1, [("TEA-3", 2)], shop=2), raw(2, b'{"type": "order"', shop=2)])
    with working(house) as worker:
        until(lambda: count(house, FULFILMENTS.name) == 1 and count(house, ORDER_STATUS.name) == 1, PATIENCE_S)
        [told] = read(house, FULFILMENTS.name)
        event = decode_fulfilment(told.value)
        assert (event.order, event.shop, event.pool, [(line.sku, line.quantity) for line in event.lines]) == (
            "1", "shop-2", "pool-2", [("TEA-3", 2)],
        )  # fmt: skip
        headers = dict(told.headers)
        assert (told.partition, told.key, headers["ce_specversion"], headers["ce_type"]) == (
            2, b"acme/shop-2/1", b"1.0", b"yipan.FulfilmentOrdered",
        )  # fmt: skip
        [status] = [msgspec.json.decode(record.value, type=OrderStatus) for record in read(house, ORDER_STATUS.name)]
        assert (status.status, status.reserved) == ("reserved", 2)
        [letter] = [decode_dead_letter(record.value) for record in read(house, DEAD_LETTERS.name)]
        assert (letter.verdict, letter.code, letter.shop, letter.body()) == ("rejected", "not_json", "shop-2", b'{"type": "order"')
        until(lambda: level(house, "shop-2/TEA-3") == BUSINESS.nodes * BUSINESS.stock - 2, PATIENCE_S)
        assert worker.end() == 0
    assert_sound(house)


def level(settings: Settings, key: str) -> int:
    """The last level that compaction would keep."""
    records = [record.value for record in read(settings, AVAILABILITY.name) if record.key == key.encode()]
    told = [msgspec.json.decode(record, type=Availability) for record in records]
    assert [one.version for one in told] == sorted(one.version for one in told)
    return told[-1].units if told else -1


def test_a_worker_that_is_killed_decides_each_order_once(house: Settings) -> None:
    sent = orders(BUSINESS, 2_000)
    deliver(house, sent[:1_000])
    worker = Worker(house).await_ready()
    until(lambda: count(house, DECISIONS.name) > 300, PATIENCE_S)
    worker.kill()
    deliver(house, sent[1_000:])
    with working(house):
        until(lambda: len(placed(house)) == len(sent), PATIENCE_S)
        assert set(placed(house).values()) == {1}
        assert_sound(house)


def test_two_workers_share_the_partitions_and_one_takes_over_from_the_other(house: Settings) -> None:
    with working(house) as first, working(house):
        deliver(house, orders(BUSINESS, 400))
        until(lambda: len(placed(house)) == 400, PATIENCE_S)
        assert first.end() == 0
        deliver(house, orders(BUSINESS, 400, first=400))
        until(lambda: len(placed(house)) == 800, PATIENCE_S)
        assert_sound(house)


def test_an_aborted_decision_gives_no_fulfilment(house: Settings) -> None:
    """Somebody appends decisions and takes them back; whoever reads uncommitted would ship them."""
    stranger = aborting(house)
    with working(house):
        deliver(house, [order(1, [("TEA-1", 1)])])
        until(lambda: count(house, FULFILMENTS.name) == 1, PATIENCE_S)
        assert [event.order for event in fulfilments(house)] == ["1"]
        assert_sound(house)
    assert stranger in [record.value for record in read(house, DECISIONS.name, "read_uncommitted")]


def aborting(settings: Settings) -> bytes:
    """The record of a decision that a transaction wrote and took back."""
    rows = (Row("0", "TEA-1", 1),)
    reserved = Reserved(order="acme/shop-0/phantom", fulfilment="phantom", node="pool-0/1", rows=rows)
    phantom = encode_decision(
        Decision(
            pool="pool-0",
            seq=1,
            src_offset=0,
            command_id="raw/0/0/0",
            cause=("raw", 0, 0, 0),
            decider=1,
            policy_version=0,
            prev=GENESIS,
            events=(reserved,),
        )
    )
    producer = clients.producer(settings, transactional_id="stranger", enable_gapless_guarantee=False)
    producer.init_transactions(30)
    producer.begin_transaction()
    producer.produce(DECISIONS.name, phantom, b"pool-0", 0)
    producer.flush(10)
    producer.abort_transaction(30)
    return phantom
