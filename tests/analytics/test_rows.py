"""What one decision leaves in the tables."""

from collections.abc import Callable
from datetime import date
from itertools import count
from typing import Any

import pytest
from msgspec.json import decode

from analytics.cuts import Cut, Received
from analytics.facts import SUMS, At
from analytics.feeds import Feed
from analytics.migrate import migrate
from analytics.ordinary import decode_ordinary, ordinary_rows
from analytics.outcome import outcome
from analytics.rows import decision_rows
from analytics.store import INSERT_SETTINGS
from streams.decisions import Decision, encode_decision
from tables import events as e
from tests.analytics.conftest import open_database
from tests.analytics.teahouse import DAY_MS, FIRST_DAY, Teahouse

AT = At("decisions", 0, 41, FIRST_DAY + 50)
Rows = Callable[[Decision, str], list[dict[str, Any]]]


@pytest.fixture
def house() -> Teahouse:
    house = Teahouse()
    house.open()
    house.receive("Hangzhou", (("PUER-CAKE", 10), ("LONGJING-100", 10)), FIRST_DAY)
    return house


@pytest.fixture(scope="module")
def rows(engine: Any, chdb_dsn: str) -> Rows:
    """Takes a decision over, at an offset of its own, and reads what a table or view has of it."""
    engine.command("CREATE DATABASE rows")
    client, offsets = open_database(chdb_dsn, "rows"), count(41)
    migrate(client)

    def taken_over(decision: Decision, name: str) -> list[dict[str, Any]]:
        offset = next(offsets)
        cut = Cut("decisions", 0, offset, offset + 1)
        for table, made in Feed("decisions").tables(cut, [Received(offset, AT.time, encode_decision(decision))]).items():
            client.insert_arrow(table, made, settings=INSERT_SETTINGS | {"insert_deduplication_token": cut.token})
        found = client.query(f"SELECT * FROM {name} WHERE k_off = {offset}")
        return list(found.named_results())

    return taken_over


def decision(*events: e.AnyEvent) -> Decision:
    return Decision(
        pool="cn-east", seq=1, src_offset=0, command_id="", cause=("raw", 0, 0, 0), decider=1, policy_version=1, prev="", events=events
    )


def test_every_row_says_where_in_the_log_it_comes_from(house: Teahouse) -> None:
    placed = house.order("1001", "leaf-web", (("PUER-CAKE", 2),), FIRST_DAY)
    assert {row[:4] for _, row in decision_rows(AT, placed, 7).rows} == {AT}


def test_demand_is_counted_at_the_node_that_took_it_on(house: Teahouse, rows: Rows) -> None:
    placed = house.order("1001", "leaf-web", (("PUER-CAKE", 2), ("LONGJING-100", 1)), FIRST_DAY + 3 * DAY_MS)
    found = {(row["sku"], row["node"], row["channel"]): row["units"] for row in rows(placed, "demand")}
    assert found == {("PUER-CAKE", "Hangzhou", "shopify"): 2, ("LONGJING-100", "Hangzhou", "shopify"): 1}
    assert {row["day"] for row in rows(placed, "demand")} == {date(2026, 1, 4)}


def test_what_cannot_be_promised_is_demand_all_the_same(house: Teahouse, rows: Rows) -> None:
    placed = house.order("1002", "leaf-web", (("PUER-CAKE", 500),), FIRST_DAY)
    assert [(row["node"], row["units"]) for row in rows(placed, "demand")] == [("", 500)]
    assert rows(placed, "backorders")[0]["units"] == [500]


def test_a_later_revision_is_no_new_demand(house: Teahouse, rows: Rows) -> None:
    house.order("1003", "leaf-web", (("PUER-CAKE", 1),), FIRST_DAY)
    again = house.order("1003", "leaf-web", (("PUER-CAKE", 2),), FIRST_DAY, updated_at=FIRST_DAY + 9, digest="second")
    assert rows(again, "demand") == []
    assert [(row["revision"], row["units"]) for row in rows(again, "order_lines")] == [(2, 2)]


def test_cancelled_units_stand_apart_from_demand(house: Teahouse, rows: Rows) -> None:
    house.order("1004", "leaf-web", (("PUER-CAKE", 3),), FIRST_DAY)
    cancelled = house.cancel("1004", "leaf-web", FIRST_DAY + 2 * DAY_MS)
    found = [(row["units"], row["cancelled"], row["node"], row["day"]) for row in rows(cancelled, "demand")]
    assert found == [(0, 3, "Hangzhou", date(2026, 1, 3))]


def test_a_promise_is_a_move_from_the_shelf(house: Teahouse, rows: Rows) -> None:
    placed = house.order("1005", "leaf-web", (("PUER-CAKE", 2),), FIRST_DAY)
    [move] = rows(placed, "moves")
    assert (move["from_place"], move["to_place"], move["from_node"], move["quantity"]) == ("on_hand", "reserved", "Hangzhou", 2)


def test_units_written_off_leave_for_no_node(house: Teahouse, rows: Rows) -> None:
    placed = house.order("1006", "leaf-web", (("PUER-CAKE", 2),), FIRST_DAY)
    reserved = next(event for event in placed.events if isinstance(event, e.Reserved))
    refused = house.refuse(reserved.fulfilment)
    lost = next(row for row in rows(refused, "moves") if row["to_place"] == "adjustment")
    assert (lost["to_node"], lost["from_node"], lost["cause"]) == ("", "Hangzhou", "short")
    assert [(row["node"], row["quantity"]) for row in rows(refused, "shortages")] == [("Hangzhou", 2)]


def test_candidates_say_what_they_had_of_what_was_wanted(house: Teahouse, rows: Rows) -> None:
    placed = house.order("1007", "leaf-web", (("PUER-CAKE", 12),), FIRST_DAY)
    hangzhou = next(row for row in rows(placed, "candidates") if row["node"] == "Hangzhou")
    assert (hangzhou["covers"], hangzhou["wanted"]) == (10, 12)


def test_no_sealed_person_reaches_a_table(house: Teahouse) -> None:
    placed = house.order("1008", "leaf-web", (("PUER-CAKE", 1),), FIRST_DAY, sealed="k1.secret-bytes")
    assert "secret-bytes" not in repr(decision_rows(AT, placed, 7))
    handed_on = decision(e.Reserved(order="leaf/leaf-web/1", fulfilment="F1", node="Suzhou", rows=(), sealed="k1.secret-bytes"))
    assert "secret-bytes" not in repr(decision_rows(AT, handed_on, 7))


def test_the_time_to_allocate_runs_from_receipt_to_record(house: Teahouse, rows: Rows) -> None:
    placed = house.order("1009", "leaf-web", (("PUER-CAKE", 1),), FIRST_DAY, received_at=AT.time - 17)
    assert rows(placed, "decisions")[0]["latency_ms"] == 17


def test_a_clock_that_runs_ahead_gives_no_negative_time(house: Teahouse, rows: Rows) -> None:
    placed = house.order("1010", "leaf-web", (("PUER-CAKE", 1),), FIRST_DAY, received_at=AT.time + 5_000)
    assert rows(placed, "decisions")[0]["latency_ms"] == 0


def test_outcomes_are_named(house: Teahouse) -> None:
    def word(found: Decision) -> tuple[str, str]:
        return outcome(found).kind, outcome(found).word

    assert word(house.order("1", "leaf-web", (("PUER-CAKE", 1),), FIRST_DAY)) == ("order", "allocated")
    assert word(house.order("1", "leaf-web", (("PUER-CAKE", 1),), FIRST_DAY)) == ("nothing", "duplicate")
    assert word(house.order("2", "leaf-web", (("PUER-CAKE", 99),), FIRST_DAY)) == ("order", "backordered")
    assert word(house.order("3", "leaf-web", (("mystery-tin", 1),), FIRST_DAY)) == ("order", "held")
    assert word(house.order("4", "no-such-shop", (), FIRST_DAY, channel="file")) == ("nothing", "refused")
    assert word(house.cancel("1", "leaf-web", FIRST_DAY + 1)) == ("cancel", "done")
    assert word(house.receive("Suzhou", (("PUER-CAKE", 200),), FIRST_DAY)) == ("stock", "done")


def test_times_no_table_can_hold_are_bounded(house: Teahouse, rows: Rows) -> None:
    placed = house.order("1011", "leaf-web", (("PUER-CAKE", 1),), 253_402_300_799_999, updated_at=5)
    assert rows(placed, "demand")[0]["day"] == date(2199, 12, 31)


def test_what_comes_back_moves_from_the_customer_into_quality(house: Teahouse, rows: Rows) -> None:
    placed = house.order("1007", "leaf-web", (("PUER-CAKE", 2),), FIRST_DAY)
    [reserved] = [event for event in placed.events if isinstance(event, e.Reserved)]
    house.ship(reserved.fulfilment, FIRST_DAY + DAY_MS)

    back = house.take_back("1007", "leaf-web", "PUER-CAKE", FIRST_DAY + 3 * DAY_MS)

    [move] = rows(back, "moves")
    names = ("cause", "document", "quantity", "from_node", "from_place", "to_node", "to_place")
    assert [move[name] for name in names] == ["returned", "RMA-1007", 1, "", "customer", "Hangzhou", "quality"]
    [event] = rows(back, "order_events")
    assert (event["type"], event["node"], event["units"]) == ("Returned", "Hangzhou", 1)
    assert outcome(back)[:2] == ("return", "done")


def test_what_is_kept_for_a_checkout_moves_from_the_shelf_and_back(rows: Rows) -> None:
    kept = (e.Row("", "PUER-CAKE", 2),)
    made = decision(e.ReservationMade(reservation="t/s/cart", shop="s", segment="b2c", node="Hangzhou", rows=kept, expires_at=9))
    back = decision(e.ReservationReleased(reservation="t/s/cart", node="Hangzhou", rows=kept, to="on_hand", reason="released"))
    lost = decision(e.ReservationReleased(reservation="t/s/cart", node="Hangzhou", rows=kept, to="adjustment", reason="shortage"))

    names = ("cause", "document", "quantity", "from_node", "from_place", "to_node", "to_place")
    moves = [[move[name] for name in names] for told in (made, back, lost) for move in rows(told, "moves")]
    assert moves == [
        ["reservation", "t/s/cart", 2, "Hangzhou", "on_hand", "Hangzhou", "reserved"],
        ["reservation", "t/s/cart", 2, "Hangzhou", "reserved", "Hangzhou", "on_hand"],
        ["reservation", "t/s/cart", 2, "Hangzhou", "reserved", "", "adjustment"],
    ]
    assert outcome(made)[:2] == outcome(back)[:2] == ("reservation", "done")


def placed(*lines: e.OrderLine) -> e.OrderPlaced:
    return e.OrderPlaced(
        order="6", shop="s", channel="c", segment="b2c", number="", revision=1, updated_at=1, digest="", placed_at=1, received_at=1,
        currency="CNY", region="", priority=0, lines=lines,
    )  # fmt: skip


def reserved(node: str, *rows: e.Row) -> e.Reserved:
    return e.Reserved(order="6", fulfilment=f"F-{node}", node=node, rows=rows)


def test_a_sku_in_a_bundle_and_in_a_line_of_its_own_is_one_demand(rows: Rows) -> None:
    bundle = e.OrderLine("1", "TEA-SET", 2, 100, (("PUER-CAKE", 1), ("KEEMUN-100", 3)))
    single = e.OrderLine("2", "PUER", 1, 60, (("PUER-CAKE", 1),))
    unknown = e.OrderLine("3", "mystery-tin", 4, 5)

    made = decision(placed(bundle, single, unknown))

    assert {(row["sku"], row["node"]): row["units"] for row in rows(made, "demand")} == {("PUER-CAKE", ""): 3, ("KEEMUN-100", ""): 6}
    lines = [(row["line"], row["sku"], row["quantity"], row["units"], row["price"]) for row in rows(made, "order_lines")]
    assert lines == [("1", "PUER-CAKE", 2, 2, 100), ("1", "KEEMUN-100", 2, 6, 100), ("2", "PUER-CAKE", 1, 1, 60), ("3", "", 4, 0, 5)]


def test_demand_of_a_split_order_lies_where_it_was_taken_on(rows: Rows) -> None:
    made = decision(
        placed(e.OrderLine("1", "PUER", 5, 60, (("PUER-CAKE", 1),)), e.OrderLine("2", "PUER", 2, 60, (("PUER-CAKE", 1),))),
        reserved("Suzhou", e.Row("1", "PUER-CAKE", 3), e.Row("2", "PUER-CAKE", 1)),
        reserved("Fuzhou", e.Row("1", "PUER-CAKE", 2)),
    )
    assert {row["node"]: row["units"] for row in rows(made, "demand")} == {"Suzhou": 4, "Fuzhou": 2, "": 1}


def test_moves_of_a_document_keep_their_places_in_it(rows: Rows) -> None:
    there = e.Move("PUER-CAKE", 1, "Suzhou", "on_hand", "Fuzhou", "in_transit")
    back = e.Move("KEEMUN-100", 2, "Fuzhou", "on_hand", "Suzhou", "in_transit")
    made = decision(e.StockMoved(document="D", kind="move", at=1, moves=(there, there, back, there)))
    found = sorted((row["position"], row["sku"], row["from_node"]) for row in rows(made, "moves"))
    assert found == [(0, "PUER-CAKE", "Suzhou"), (1, "PUER-CAKE", "Suzhou"), (2, "KEEMUN-100", "Fuzhou"), (3, "PUER-CAKE", "Suzhou")]


def test_what_lines_share_stands_in_each_of_them(rows: Rows) -> None:
    found = rows(decision(placed(e.OrderLine("1", "PUER", 5, 60), e.OrderLine("2", "TIN", 2, 6))), "order_lines")
    assert [(row["order_id"], row["channel"], row["listing"]) for row in found] == [("6", "c", "PUER"), ("6", "c", "TIN")]


def test_an_order_changed_by_the_decision_on_another_is_told_of_under_its_own_name(rows: Rows) -> None:
    other = e.Reserved(order="4", fulfilment="F4", node="Suzhou", rows=(e.Row("1", "PUER-CAKE", 1),))
    found = rows(decision(placed(e.OrderLine("1", "PUER", 5, 60)), other), "order_events")
    assert [(row["order_id"], row["type"], row["ordinal"]) for row in found] == [("6", "OrderPlaced", 0), ("4", "Reserved", 1)]


# ---------------------------------------------------------------------------------------------- the short way for ordinary orders
VIEWS = ("order_events", "order_lines", "moves", "fulfilments", "candidates", "backorders", "demand", "decisions")


def is_ordinary(made: Decision) -> bool:
    ordinary = decode_ordinary(encode_decision(made))
    return ordinary is not None and ordinary_rows(AT, ordinary, 7) is not None


def plain(found: list[dict[str, Any]]) -> list[str]:
    """Rows without their place in the log; JSON as what it says."""
    return sorted(
        repr({name: decode(value) if name == "payload" else value for name, value in row.items() if name[:2] != "k_"}) for row in found
    )


def test_an_ordinary_order_is_told_like_any_other(house: Teahouse, rows: Rows, monkeypatch: pytest.MonkeyPatch) -> None:
    made = house.order("20/1", "leaf-web", (("PUER-CAKE", 2), ("LONGJING-100", 1)), FIRST_DAY)
    assert is_ordinary(made)
    short = {name: plain(rows(made, name)) for name in VIEWS}
    monkeypatch.setattr("analytics.feeds.decode_ordinary", lambda value: None)
    assert {name: plain(rows(made, name)) for name in VIEWS} == short


def test_an_ordinary_order_adds_to_the_sums_like_any_other(house: Teahouse, monkeypatch: pytest.MonkeyPatch) -> None:
    made = encode_decision(house.order("21", "leaf-web", (("PUER-CAKE", 2), ("LONGJING-100", 1)), FIRST_DAY))

    def sums() -> dict[str, Any]:
        tables = Feed("decisions").tables(Cut("decisions", 0, 41, 42), [Received(41, AT.time, made)])
        return {name: tables[name].to_pylist() for name in SUMS}

    short = sums()
    monkeypatch.setattr("analytics.feeds.decode_ordinary", lambda value: None)
    assert sums() == short


SHELF, OTHER = e.Row("1", "PUER-CAKE", 5), e.Row("1", "KEEMUN-100", 5)
TEA = e.OrderLine("1", "PUER", 5, 60, (("PUER-CAKE", 1),))


@pytest.mark.parametrize(
    ("lines", "promise"),
    [
        ((TEA,), reserved("Suzhou", e.Row("1", "PUER-CAKE", 4))),
        ((TEA,), reserved("Suzhou", OTHER)),
        ((TEA,), reserved("Suzhou", e.Row("2", "PUER-CAKE", 5))),
        ((TEA,), reserved("Suzhou", e.Row("1", "PUER-CAKE", 5, (("b2b", 5),)))),
        ((TEA,), e.Reserved(order="6", fulfilment="F", node="Suzhou", rows=(SHELF,), sealed="k1.someone")),
        ((TEA,), e.Reserved(order="7", fulfilment="F", node="Suzhou", rows=(SHELF,))),
        ((TEA, e.OrderLine("2", "TIN", 2, 6)), reserved("Suzhou", SHELF)),
        ((e.OrderLine("1", "SET", 1, 60, (("PUER-CAKE", 5), ("KEEMUN-100", 5))),), reserved("Suzhou", SHELF, OTHER)),
    ],
)
def test_what_is_not_quite_ordinary_goes_the_long_way(lines: tuple[e.OrderLine, ...], promise: e.Reserved) -> None:
    seen = e.Considered(order="6", criteria=(), candidates=(e.Candidate("Suzhou", 5, (), "chosen"),))
    assert is_ordinary(decision(placed(TEA), seen, reserved("Suzhou", SHELF)))
    assert not is_ordinary(decision(placed(*lines), seen, promise))


def test_each_line_that_is_given_back_is_a_row(rows: Rows) -> None:
    lines = (e.RefundLine("1", 2, 1_998), e.RefundLine("", 0, 490))
    refund = e.RefundDue(order="leaf/web/9", refund="Rabc", cause="cancelled", lines=lines, currency="CNY")
    found = rows(decision(refund), "refunds")
    assert [(row["line"], row["units"], row["amount"]) for row in found] == [("1", 2, 1_998), ("", 0, 490)]
    about = ("order_id", "refund", "cause", "currency")
    assert {tuple(row[name] for name in about) for row in found} == {("leaf/web/9", "Rabc", "cancelled", "CNY")}
