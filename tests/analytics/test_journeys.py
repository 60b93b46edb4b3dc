"""Where the time of all orders went, as ClickHouse tells it: the same as told order by order from the log."""

import threading
from collections import Counter
from typing import Any

import pytest
from hypothesis import Phase, given, settings
from msgspec.structs import replace

from analytics.cuts import Limits
from analytics.sink import Sink
from analytics.store import Store
from streams.attribution import attribute
from streams.critical_path import Told
from streams.decisions import decode_decision, encode_decision
from tables import events as e
from tests.analytics.broker import Broker, FakeConsumer
from tests.analytics.conftest import Trade
from tests.analytics.teahouse import DAY_MS, POOL, LogRecord
from tests.lived import HISTORIES, HOUR, History, live

NOW = 8_000 * HOUR
HOW_MANY = 120
ASKED = """
SELECT order_id, part, reason, who, sum(if(until IS NULL, {now:Int64}, toUnixTimestamp64Milli(until)) - toUnixTimestamp64Milli(since)) AS ms
FROM journeys GROUP BY order_id, part, reason, who
"""


class Lives:
    """Histories as one log, each of an order of its own."""

    def __init__(self) -> None:
        self.log: list[LogRecord] = []
        self.told: dict[str, list[Told]] = {}

    def add(self, history: History) -> None:
        story, name = live(history), f"acme/web/h{len(self.told)}"
        self.told[name] = []
        for at, record in zip(story.times, story.records, strict=True):
            decision = decode_decision(record.replace(b'"acme/web/1"', b'"%s"' % name.encode()))
            place = len(self.log)
            self.log.append(LogRecord(place, at, encode_decision(replace(decision, src_offset=place))))
            self.told[name] += [(at, event) for event in decision.events if getattr(event, "order", "") == name]

    def expected(self) -> dict[tuple[str, ...], int]:
        parts: Counter[tuple[str, ...]] = Counter()
        for name, told in self.told.items():
            for span in attribute(told, NOW):
                parts[name, span.part, span.reason, span.who] += span.until - span.since
        return parts


@pytest.fixture
def lives() -> Lives:
    found = Lives()

    @settings(max_examples=HOW_MANY, derandomize=True, database=None, deadline=None, phases=[Phase.generate])
    @given(HISTORIES)
    def tell(history: History) -> None:
        found.add(history)

    tell()
    return found


def test_every_order_spent_its_time_as_its_log_says(client: Any, lives: Lives) -> None:
    broker = Broker({("decisions", 0): lives.log})
    sink = Sink(FakeConsumer(broker), Store(client, threading.Event()), Limits(records=5_000, seconds=0.0))  # type: ignore[arg-type]
    sink.start()
    while sink.step(0):
        pass
    found = {tuple(row[:4]): row[4] for row in client.query(ASKED, parameters={"now": NOW}).result_rows}
    expected = lives.expected()

    assert {part for _, part, _, _ in expected} == {"channel", "intake", "hold", "stock", "release", "node", "carrier"}
    assert ("node", "wave") in {(part, reason) for _, part, reason, _ in expected}
    assert found == expected


# ---------------------------------------------------------------------------------------------- of two months of trade
EVER = {"from": "0", "to": "4000000000000"}


def ask(trade: Trade, name: str, **given: str) -> list[dict[str, Any]]:
    return trade.reader.ask(name, given).dicts()


def test_what_is_delivered_by_day_is_what_the_log_says(trade: Trade) -> None:
    delivered = [event for record in trade.house.log for event in decode_decision(record.value).events if isinstance(event, e.Delivered)]
    days = ask(trade, "deliveries_by_day", **EVER)

    assert sum(day["units"] for day in days) == sum(row.quantity for event in delivered for row in event.rows)
    assert {day["time"] for day in days} == {event.delivered_at // DAY_MS * DAY_MS for event in delivered}


def test_the_parts_of_an_orders_time_are_the_whole_on_average_too(trade: Trade) -> None:
    seconds = "(toUnixTimestamp64Milli(max(ended)) - toUnixTimestamp64Milli(min(since))) / 1000"
    sql = f"SELECT avg(s) FROM (SELECT {seconds} AS s FROM journeys WHERE ended IS NOT NULL GROUP BY order_id)"
    [[whole]] = trade.open_client().query(sql).result_rows

    parts = ask(trade, "time_by_part", step="4000000000", **EVER)

    assert sum(row["seconds"] for row in parts) == pytest.approx(whole)


def test_nodes_and_carriers_take_as_long_as_they_say(trade: Trade) -> None:
    rows = {(row["part"], row["who"]): row for row in ask(trade, "time_by_party", **EVER)}

    assert rows["carrier", "SF"]["p50"] > 20
    assert 5 < rows["node", "Hangzhou"]["p50"] < 7


def test_every_cancel_that_waits_for_an_answer_is_listed(trade: Trade) -> None:
    pool = trade.house.ledger.pools[POOL]
    asked = {(key, found.node) for key in pool.orders for found in pool.orders[key].open_fulfilments.values() if found.asked}
    off = {key for key in pool.orders if pool.orders[key].cancelled}

    assert {(row["order_id"], row["node"]) for row in ask(trade, "unanswered_cancels", limit="10000") if row["order_id"] in off} == {
        found for found in asked if found[0] in off
    }
    assert asked


def test_what_came_back_waits_until_somebody_looks_at_it(trade: Trade) -> None:
    quality = Counter[tuple[str, str]]()
    for node, stock in trade.house.ledger.pools[POOL].stock.items():
        quality.update({(node, sku): units for sku, units in stock.other.get("quality", {}).items()})

    assert {(row["node"], row["sku"]): row["units"] for row in ask(trade, "returns_to_inspect", limit="10000")} == +quality


def test_every_open_order_is_stuck_somewhere(trade: Trade) -> None:
    over = {"delivered", "returned", "cancelled", "rejected"}
    standing = {row["status"]: row["orders"] for row in ask(trade, "orders_by_status")}

    assert sum(row["orders"] for row in ask(trade, "stuck_orders", limit="10000")) == sum(
        n for status, n in standing.items() if status not in over
    )
