"""What the pages show equals what the log says, recomputed from the ledger's own state."""

from collections import Counter
from typing import Any

import pytest

from analytics.catalogue import BadParameter, parse_query, read_catalogue
from analytics.outcome import outcome
from streams.decisions import Decision, decode_decision
from streams.rules.announce import status
from tables import events as e
from tests.analytics.conftest import Trade
from tests.analytics.teahouse import POOL


def decisions(trade: Trade) -> list[Decision]:
    return [decode_decision(record.value) for record in trade.house.log]


def ask(trade: Trade, name: str, **given: str) -> list[dict[str, Any]]:
    return trade.reader.ask(name, given).dicts()


def an_order(trade: Trade) -> str:
    return next(event.order for decision in decisions(trade) for event in decision.events if isinstance(event, e.Shipped))


# ---------------------------------------------------------------------------------------------- against the ledger
def test_every_order_stands_as_in_the_ledger(trade: Trade) -> None:
    pool = trade.house.ledger.pools[POOL]
    told = {key: status(pool, key, 0) for key in pool.orders}
    sql = "SELECT order_id, status, revision, ordered, reserved, waiting, shipped, delivered, returned, holds FROM orders"
    found = {row[0]: (*row[1:9], tuple(row[9])) for row in trade.open_client().query(sql).result_rows}
    assert found == {
        key: (o.status, o.revision, o.ordered, o.reserved, o.backordered, o.shipped, o.delivered, o.returned, o.holds)
        for key, o in told.items()
    }
    assert {"shipped", "delivered", "returned"} <= {o.status for o in told.values()}


def test_every_shelf_holds_what_it_holds_in_the_ledger(trade: Trade) -> None:
    sql = "SELECT node, place, sku, sum(stock.units) FROM stock WHERE node != '' GROUP BY node, place, sku HAVING sum(stock.units) != 0"
    shelves = {(node, place, sku): units for node, place, sku, units in trade.open_client().query(sql).result_rows}
    expected: dict[tuple[str, str, str], int] = {}
    for node, stock in trade.house.ledger.pools[POOL].stock.items():
        for place, cells in (("on_hand", stock.on_hand), ("reserved", stock.reserved), *stock.other.items()):
            expected |= {(node, place, sku): units for sku, units in cells.items() if units}
    assert shelves == expected


def test_totals_are_those_of_the_log(trade: Trade) -> None:
    [totals] = ask(trade, "totals")
    placed = [
        event for decision in decisions(trade) for event in decision.events if isinstance(event, e.OrderPlaced) and event.revision == 1
    ]
    assert totals["orders"] == len(placed)
    assert totals["units"] == sum(line.quantity for event in placed for line in event.lines if line.parts)
    assert totals["wanted_units"] == totals["units"]
    assert totals["decisions"] == len(trade.house.log)


def test_orders_by_outcome_are_those_of_the_log(trade: Trade) -> None:
    found: Counter[str] = Counter()
    for row in ask(trade, "orders_by_outcome", **{"from": "0", "to": "4000000000000", "step": "60"}):
        found[row["outcome"]] += row["orders"]
    told = [outcome(decision) for decision in decisions(trade)]
    assert found == Counter(one.word for one in told if one.kind == "order" or one.word in ("duplicate", "stale", "refused"))


def test_waiting_units_are_those_of_open_orders(trade: Trade) -> None:
    expected: Counter[str] = Counter()
    for order in trade.house.ledger.pools[POOL].orders.values():
        for row in order.waiting:
            expected[row.sku] += row.quantity
    assert {row["sku"]: row["units_waiting"] for row in ask(trade, "backorders_by_sku")} == expected


def test_the_audit_finds_no_difference(trade: Trade) -> None:
    assert {row["difference"] for row in ask(trade, "audit")} == {0}


def test_kept_and_had_are_shares(trade: Trade) -> None:
    rows = ask(trade, "fill_rate_by_node")
    assert {row["node"] for row in rows} == {"Hangzhou", "Shanghai", "Nanjing", "Suzhou", "Fuzhou", "Yixing"}
    assert all(0 < row["fill_rate"] <= 1 and 0 < row["kept_rate"] <= 1 for row in rows)


def test_an_order_is_found_by_number_by_id_and_by_fulfilment(trade: Trade) -> None:
    order = an_order(trade)
    fulfilment = ask(trade, "order_fulfilments", order=order)[0]["fulfilment"]
    number = order.rpartition("/")[2]
    for text in (order, number, f"#{number}", fulfilment):
        assert [row["order_id"] for row in ask(trade, "order_search", text=text)] == [order], text


def test_the_story_of_an_order_holds_all_its_decisions(trade: Trade) -> None:
    order = an_order(trade)
    expected = [d.seq for d in decisions(trade) if any(getattr(event, "order", "") == order for event in d.events)]
    assert [row["seq"] for row in ask(trade, "order_decisions", order=order)] == expected


def test_a_sku_that_is_gone_is_at_risk_and_told_how_much_to_order(trade: Trade) -> None:
    [jasmine] = [row for row in ask(trade, "stock_risk") if row["sku"] == "JASMINE-PEARL"]
    assert jasmine["chance_out"] > 0.9
    assert jasmine["reorder_units"] >= jasmine["lead_demand"] - jasmine["on_hand"]


# ---------------------------------------------------------------------------------------------- the catalogue itself
SAMPLES = {
    **{"from": "0", "to": "4000000000000", "step": "3600", "text": "x", "order": "x"},
    **{"topic": "decisions", "partition": "0", "start": "0", "end": "9000000"},
}


def given(trade: Trade, name: str) -> dict[str, str]:
    query = trade.reader.catalogue[name]
    samples = SAMPLES | {"text": an_order(trade), "order": an_order(trade) if name != "order_letters" else "leaf/leaf-web/1"}
    return {parameter: samples[parameter] for parameter in query.parameters if parameter not in query.defaults}


@pytest.mark.parametrize("name", sorted(read_catalogue()))
def test_every_query_answers(trade: Trade, name: str) -> None:
    answer = trade.reader.ask(name, given(trade, name))
    assert answer.rows


@pytest.mark.parametrize("name", sorted(read_catalogue()))
def test_every_query_answers_on_an_empty_database(untouched: Any, name: str) -> None:
    query = read_catalogue()[name]
    bound = query.bind({parameter: SAMPLES[parameter] for parameter in query.parameters if parameter not in query.defaults})
    untouched.query(query.sql, parameters=bound)


@pytest.mark.parametrize("text", ["'; DROP TABLE decisions; --", "茶 🍵", "a\tb\nc\\d", "%{x}'\""])
def test_a_parameter_is_never_taken_for_sql(trade: Trade, text: str) -> None:
    assert ask(trade, "order_search", text=text) == []
    assert ask(trade, "totals")[0]["decisions"] == len(trade.house.log)


@pytest.mark.parametrize(
    ("name", "bad", "says"),
    [
        ("latest_orders", {"limit": "many"}, "whole number"),
        ("latest_orders", {"limit": "0"}, "whole number"),
        ("latest_orders", {"sort": "asc"}, "knows no parameter 'sort'"),
        ("orders_by_outcome", {"from": "yesterday", "to": "1", "step": "1"}, "milliseconds"),
        ("taken_over", {"topic": "x", "partition": "-1", "start": "0", "end": "1"}, "from zero"),
        ("order_head", {}, "needs the parameter 'order'"),
        ("order_head", {"order": "x" * 401}, "at most 400"),
        ("order_head", {"order": "a\0b"}, "a text"),
    ],
)
def test_a_bad_parameter_is_answered_with_what_is_expected(name: str, bad: dict[str, str], says: str) -> None:
    with pytest.raises(BadParameter, match=says):
        read_catalogue()[name].bind(bad)


def test_a_query_can_write_nothing(trade: Trade) -> None:
    writing = parse_query("sly", "-- title: sly\nINSERT INTO shortages (quantity) VALUES (1)")
    with pytest.raises(Exception, match="readonly"):
        trade.reader._run(writing, {})


def test_no_query_names_a_column_after_a_plain_one_it_sums() -> None:
    """`sum(units) AS units, sum(units * price)` is refused by ClickHouse, but only once somebody adds the second."""
    for name, query in read_catalogue().items():
        assert query.title, name
        assert "SELECT *" not in query.sql.replace("SELECT * FROM dead_letters ORDER BY", ""), name
