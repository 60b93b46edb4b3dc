"""What the analytics process answers over HTTP."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from analytics.catalogue import parse_query
from analytics.reader import CLIENTS, Reader
from analytics.web.pages import HERE, PAGES, create_pages
from tests.analytics.conftest import Trade
from tests.analytics.served import StillPeek, pages, served


@pytest.fixture(scope="module")
def web(trade: Trade) -> Iterator[httpx.Client]:
    with served(pages(trade.reader, {0: 10_025, 1: 4})) as address, httpx.Client(base_url=address) as client:
        yield client


def test_a_named_query_is_answered_with_columns_and_rows(web: httpx.Client) -> None:
    answer = web.get("/api/q/orders_by_channel").json()
    assert answer["columns"] == ["channel", "orders", "units"]
    assert {row[0] for row in answer["rows"]} == {"shopify", "woocommerce", "amazon", "file"}


def test_others_can_compare_what_was_taken_over(web: httpx.Client, trade: Trade) -> None:
    """The hash is a text, because JavaScript cannot hold 64 bits."""
    answer = web.get("/api/q/effective").json()
    [row] = [dict(zip(answer["columns"], row, strict=True)) for row in answer["rows"] if row[0] == "decisions"]
    assert (row["partition"], row["records"], row["last_offset"]) == (0, len(trade.house.log), trade.house.log[-1].offset)
    assert isinstance(row["hash"], str)


@pytest.mark.parametrize(
    ("path", "status", "says"),
    [
        ("/api/q/drop_all", 404, "no query 'drop_all'"),
        ("/api/q/order_head", 400, "needs the parameter 'order'"),
        ("/api/q/latest_orders?limit=-1", 400, "whole number"),
        ("/api/q/latest_orders?limit=1&sql=x", 400, "no parameter 'sql'"),
    ],
)
def test_a_question_nobody_can_answer_gets_a_sentence(web: httpx.Client, path: str, status: int, says: str) -> None:
    answer = web.get(path)
    assert answer.status_code == status
    assert says in answer.text


def test_queries_are_only_asked_never_told(web: httpx.Client) -> None:
    assert web.post("/api/q/totals", json={}).status_code == 405


def test_the_lag_is_what_raw_holds_beyond_the_last_decision_or_dead_letter(web: httpx.Client) -> None:
    assert web.get("/api/lag").json() == [{"partition": 0, "end": 10_025, "waiting": 2}, {"partition": 1, "end": 4, "waiting": 4}]


def test_a_raw_record_is_shown_without_its_body(web: httpx.Client) -> None:
    view = web.get("/api/raw/0/4").json()
    assert view["found"]
    assert set(view) == {"partition", "offset", "found", "time", "bytes", "headers"}


@pytest.mark.parametrize("name", ["", *PAGES])
def test_every_page_comes_whole_from_here(web: httpx.Client, name: str) -> None:
    page = web.get(f"/{name}")
    assert page.status_code == 200
    assert "http://" not in page.text
    assert "https://" not in page.text
    assert page.headers["content-security-policy"].startswith("default-src 'self'")


def test_every_page_has_its_script_and_its_text() -> None:
    assert {path.stem for path in (HERE / "pages").glob("*.html")} == set(PAGES)
    assert set(PAGES) < {path.stem for path in (HERE / "static").glob("*.js")}


def test_metrics_are_prometheus_text(web: httpx.Client) -> None:
    assert "yipan_sink_records_total" in web.get("/metrics").text


def test_an_ill_process_says_so(trade: Trade) -> None:
    ill = create_pages(trade.reader, StillPeek({}), lambda: {"ok": False})
    with served(ill) as address:
        assert httpx.get(f"{address}/health").status_code == 503


def test_a_clickhouse_that_does_not_answer_is_a_sentence_not_a_trace() -> None:
    def refuse() -> Any:
        raise ConnectionError("connection refused by 10.0.0.7")

    with served(create_pages(Reader(refuse), StillPeek({}), dict)) as address:
        answer = httpx.get(f"{address}/api/q/totals")
    assert answer.status_code == 503
    assert answer.text == "ClickHouse does not answer this query now; try again in a moment"


def test_a_client_is_given_back_also_by_a_query_that_fails(trade: Trade) -> None:
    """There are few of them."""
    wrong = parse_query("wrong", "-- title: wrong\nSELECT nothing FROM nowhere")
    for _ in range(2 * CLIENTS):
        with pytest.raises(Exception, match="nowhere"):
            trade.reader._run(wrong, {})
    assert trade.reader.ask("totals").rows
