"""Polling loses nothing: a cursor is stored only after the records of its page are acknowledged."""

import asyncio
import itertools
import json
import threading
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor

import msgspec
import pytest
from confluent_kafka import KafkaError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from connectors.contract import Channel, Fetch, Fetched, ShopRef
from connectors.poll import CURSORS_TOPIC, LONGEST_PAUSE, PolledShop, Poller, decode_cursor, pause, run_poller, turn
from streams.topics import CURSORS
from tests.connectors.border import NOON, TEA, FakeProducer, Paper


class Platform:
    """A shop's API: `orders` in two pages of three at most; what it was asked for is in `asked`."""

    def __init__(self, orders: int) -> None:
        self.orders = orders
        self.asked: list[str] = []
        self.down = False

    def fetch(self, shop: ShopRef) -> Fetch:
        def get(path: str, query: Mapping[str, str]) -> Fetched:
            self.asked.append(query["after"])
            first = int(query["after"] or 0)
            last = min(first + 3, self.orders)
            items = [["order", f"10{n:02}", f"delivery-{n}", f'{{"id": {n}}}'] for n in range(first, last)]
            return Fetched(503 if self.down else 200, {}, json.dumps([items, str(last), last < self.orders]).encode())

        return get


class Fax(Paper):
    name = "fax"
    polls = False


@pytest.fixture
def broker() -> FakeProducer:
    return FakeProducer()


@pytest.fixture
def poller(broker: FakeProducer) -> Iterator[Poller]:
    with ThreadPoolExecutor(2) as threads:
        made = Poller(
            publisher=broker.publisher(),
            channels=dict[str, Channel](paper=Paper()),
            shops=lambda: [PolledShop(ref=TEA, seconds=60)],
            fetch=Platform(5).fetch,
            threads=threads,
            now=lambda: NOON,
            random=lambda: 0.0,
            max_body=1_000,
        )
        yield made
        made.publisher.close()


def delivered(broker: FakeProducer) -> list[str]:
    return [sent.raw().delivery_id for sent in broker.log if sent.topic == "raw"]


def stored(broker: FakeProducer) -> dict[str, str]:
    """What a new process finds in the compacted topic of cursors."""
    return {sent.key: decode_cursor(sent.value).cursor for sent in broker.log if sent.topic == CURSORS_TOPIC}


def take(poller: Poller, cursors: dict[str, str]) -> tuple[str, bool]:
    return asyncio.run(turn(poller, TEA, cursors))


def test_it_writes_the_topic_of_the_catalogue() -> None:
    assert CURSORS.name == CURSORS_TOPIC


def test_pages_follow_each_other_until_there_is_no_more(broker: FakeProducer, poller: Poller) -> None:
    cursors: dict[str, str] = {}
    assert take(poller, cursors) == ("taken", True)
    assert take(poller, cursors) == ("taken", False)
    assert delivered(broker) == [f"delivery-{n}" for n in range(5)]
    assert stored(broker) == cursors == {"tea": "5"}


def test_a_record_says_whose_it_is_and_carries_the_bytes(broker: FakeProducer, poller: Poller) -> None:
    take(poller, {})
    raw = broker.log[0].raw()
    assert (raw.key, raw.channel, raw.kind, raw.received_at, raw.body) == ("lin/tea/1000", "paper", "order", NOON, b'{"id": 0}')


def test_the_cursor_is_written_after_the_records_of_its_page(broker: FakeProducer, poller: Poller) -> None:
    take(poller, {})
    assert [sent.topic for sent in broker.log] == ["raw", "raw", "raw", "cursors"]


def test_a_page_whose_records_are_not_acknowledged_moves_no_cursor(broker: FakeProducer, poller: Poller) -> None:
    broker.answer = lambda sent: KafkaError(KafkaError._MSG_TIMED_OUT) if sent.key == "lin/tea/1001" else None
    cursors: dict[str, str] = {}
    assert take(poller, cursors) == ("unavailable", False)
    assert stored(broker) == cursors == {}


def test_a_crash_between_records_and_cursor_polls_the_page_again_and_loses_nothing(broker: FakeProducer, poller: Poller) -> None:
    broker.answer = lambda sent: KafkaError(KafkaError._MSG_TIMED_OUT) if sent.topic == "cursors" else None
    assert take(poller, {})[0] == "unavailable"
    broker.answer = lambda _: None
    after_restart = stored(broker)
    while take(poller, after_restart)[1]:
        pass
    again = [f"delivery-{n}" for n in range(3)]
    assert delivered(broker) == again + again + ["delivery-3", "delivery-4"], "the same deliveries under the same ids"


@settings(max_examples=100, derandomize=True, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(orders=st.integers(0, 12), faults=st.lists(st.integers(0, 20), max_size=6))
def test_whatever_is_not_acknowledged_every_order_arrives(broker: FakeProducer, poller: Poller, orders: int, faults: list[int]) -> None:
    """`faults`: which of the records sent, counted over all restarts, the broker does not acknowledge; each ends the process."""
    broker.log.clear()
    sent = itertools.count()
    broker.answer = lambda _: KafkaError(KafkaError._MSG_TIMED_OUT) if next(sent) in faults else None
    poller = msgspec.structs.replace(poller, fetch=Platform(orders).fetch)
    outcome, more, cursors = "", True, stored(broker)
    while more or outcome != "taken":
        outcome, more = take(poller, cursors)
        cursors = cursors if outcome == "taken" else stored(broker)
    assert set(delivered(broker)) == {f"delivery-{n}" for n in range(orders)}


def test_a_quiet_shop_writes_no_cursor_again_and_again(broker: FakeProducer, poller: Poller) -> None:
    cursors = {"tea": "5"}
    assert take(poller, cursors) == ("taken", False)
    assert broker.log == []


def test_a_platform_that_does_not_answer_is_asked_again_later(broker: FakeProducer, poller: Poller) -> None:
    platform = Platform(5)
    platform.down = True
    assert take(msgspec.structs.replace(poller, fetch=platform.fetch), {}) == ("no_answer", False)


def test_a_channel_that_fails_does_not_stop_the_poller_and_quotes_nobody(
    broker: FakeProducer, poller: Poller, caplog: pytest.LogCaptureFixture
) -> None:
    def fetch(_: ShopRef) -> Fetch:
        return lambda path, query: Fetched(200, {}, b'{"buyer": "Wu Tai"}')

    assert take(msgspec.structs.replace(poller, fetch=fetch), {}) == ("failed", False)
    assert "tea" in caplog.text
    assert "Wu Tai" not in caplog.text


def test_a_channel_that_asks_for_more_from_where_it_is_does_not_spin(broker: FakeProducer, poller: Poller) -> None:
    def fetch(_: ShopRef) -> Fetch:
        return lambda path, query: Fetched(200, {}, b'[[], "5", true]')

    assert take(msgspec.structs.replace(poller, fetch=fetch), {"tea": "5"}) == ("taken", False)


def test_a_thing_too_large_for_a_record_leaves_a_trace(broker: FakeProducer, poller: Poller) -> None:
    take(msgspec.structs.replace(poller, max_body=4), {})
    assert broker.log[0].value == b'{"id'


def test_back_off_doubles_up_to_a_quarter_of_an_hour_and_spreads() -> None:
    assert pause(60, 0, 0.7) == 60
    assert [pause(60, failures, 0.0) for failures in (1, 2, 3, 4, 100)] == [120, 240, 480, LONGEST_PAUSE, LONGEST_PAUSE]
    assert pause(60, 1, 1.0) == 60
    assert pause(3_600, 3, 0.0) == 3_600, "a shop that is polled hourly is not asked more often because it failed"


def test_a_slow_shop_delays_no_other(broker: FakeProducer, poller: Poller) -> None:
    coffee = msgspec.structs.replace(TEA, shop="coffee")
    done: list[str] = []

    async def both() -> None:
        stop, loop, tea_is_slow = asyncio.Event(), asyncio.get_running_loop(), threading.Event()

        def fetch(shop: ShopRef) -> Fetch:
            def get(path: str, query: Mapping[str, str]) -> Fetched:
                done.append(shop.shop)
                if shop.shop == "coffee":
                    tea_is_slow.wait(5)
                    loop.call_soon_threadsafe(stop.set)
                else:
                    tea_is_slow.set()
                    asyncio.run_coroutine_threadsafe(stop.wait(), loop).result(5)
                return Fetched(200, {}, b'[[], "", false]')

            return get

        shops = [PolledShop(ref=TEA, seconds=60), PolledShop(ref=coffee, seconds=60)]
        await run_poller(msgspec.structs.replace(poller, shops=lambda: shops, fetch=fetch), {}, stop)

    asyncio.run(both())
    assert sorted(done) == ["coffee", "tea"]


def test_shops_whose_channel_is_not_polled_are_left_alone(broker: FakeProducer, poller: Poller) -> None:
    fax, unknown = msgspec.structs.replace(TEA, shop="a", channel="fax"), msgspec.structs.replace(TEA, shop="b", channel="telex")
    shops, asked = [PolledShop(ref=ref, seconds=60) for ref in (fax, unknown, TEA)], list[str]()

    async def until_tea_is_asked() -> None:
        stop, loop = asyncio.Event(), asyncio.get_running_loop()

        def fetch(shop: ShopRef) -> Fetch:
            asked.append(shop.shop)
            loop.call_soon_threadsafe(stop.set)
            return Platform(0).fetch(shop)

        channels: dict[str, Channel] = {"paper": Paper(), "fax": Fax()}
        await run_poller(msgspec.structs.replace(poller, shops=lambda: shops, channels=channels, fetch=fetch), {}, stop)

    asyncio.run(until_tea_is_asked())
    assert asked == ["tea"]
