"""Order files: what a dealer's table becomes, and what the dealer is told about the rows that cannot be taken."""

import csv
import io
import zipfile
from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace
from openpyxl import Workbook

from connectors.channels.file import CHANNEL, FileReport, RowProblem, read_orders
from connectors.contract import OrderDraft, Refusal, ShopRef, Webhook
from connectors.order_columns import COLUMNS
from connectors.times import to_millis
from tests.connectors.cases import DOCS, raw_record

DEALER = ShopRef(tenant="acme", shop="dealer", channel="file", pool="north", currency="EUR", timezone="Europe/Berlin")
HEADER = ["order", "ordered_at", "sku", "quantity"]
ROW = ["PO/1", "2026-03-01 14:30", "KETTLE-RED", "3"]


def table(*rows: list[Any], delimiter: str = ",") -> bytes:
    text = io.StringIO()
    csv.writer(text, delimiter=delimiter).writerows(rows)
    return text.getvalue().encode()


def workbook(*rows: list[Any]) -> bytes:
    book, data = Workbook(), io.BytesIO()
    assert book.active is not None
    for row in rows:
        book.active.append(row)
    book.save(data)
    return data.getvalue()


def read(*rows: list[Any], shop: ShopRef = DEALER) -> FileReport:
    return read_orders(table(*rows), "orders.csv", shop)


def drafts(report: FileReport) -> list[OrderDraft]:
    found: list[OrderDraft] = []
    for order, body in report.orders:
        parsed = CHANNEL.parse(raw_record("file", body, external_id=order), DEALER)
        assert isinstance(parsed, tuple), parsed
        found += [draft for draft in parsed if isinstance(draft, OrderDraft)]
    return found


def problems(report: FileReport) -> list[tuple[int, str]]:
    return [(problem.row, problem.column) for problem in report.refused]


# ---------------------------------------------------------------------------------------------- what is taken
def test_rows_of_one_order_are_its_lines_wherever_they_stand() -> None:
    report = read(HEADER, ROW, ["PO/2", "2026-03-01", "LAMP", "1"], ["PO/1", "2026-03-01 14:30", "KETTLE-RED", "4"])

    assert report.refused == ()
    first, second = drafts(report)
    assert [(line.line, line.listings, line.quantity) for line in first.lines] == [("1", ("KETTLE-RED",), 3), ("2", ("KETTLE-RED",), 4)]
    assert (second.order, len(second.lines)) == ("PO/2", 1)


def test_a_local_time_is_that_of_the_shop_in_summer_and_winter() -> None:
    (winter,) = drafts(read(HEADER, ROW))
    (summer,) = drafts(read(HEADER, ["PO/1", "2026-07-01 14:30", "LAMP", "1"]))

    assert winter.placed_at == to_millis(datetime(2026, 3, 1, 13, 30, tzinfo=UTC))
    assert summer.placed_at == to_millis(datetime(2026, 7, 1, 12, 30, tzinfo=UTC))


@pytest.mark.parametrize(
    "text",
    ["2026-03-01 14:30", "2026/3/1 14:30:00", "01.03.2026 14:30", "2026年3月1日 14:30", "2026-03-01T13:30:00Z", "2026-03-01T21:30+08:00"],
)
def test_a_time_may_be_written_in_several_ways(text: str) -> None:
    (draft,) = drafts(read(HEADER, ["PO/1", text, "LAMP", "1"]))

    assert draft.placed_at == to_millis(datetime(2026, 3, 1, 13, 30, tzinfo=UTC))


@pytest.mark.parametrize(
    "header",
    [
        ["PO Number", "Order Date", "Item", "Qty"],
        ["Bestellnummer", "DATUM", "Artikel", "Menge"],
        ["订单号", "下单时间", "商品编码", "数量"],
    ],
)
def test_headers_may_be_in_other_words_and_languages(header: list[str]) -> None:
    assert len(read(header, ROW).orders) == 1


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_csv_is_read_as_programs_write_it(delimiter: str, encoding: str) -> None:
    data = table(HEADER, ["PO/1", "2026-03-01", "灯塔🏮", "2"], delimiter=delimiter).decode().encode(encoding)

    (draft,) = drafts(read_orders(data, "orders.csv", DEALER))
    assert draft.lines[0].listings == ("灯塔🏮",)


def test_a_workbook_is_read_with_its_numbers_and_dates() -> None:
    header = [*HEADER, "price"]
    data = workbook(header, [1001, datetime(2026, 3, 1, 14, 30), "LAMP", 2, 6.66], [1001, date(2026, 3, 1), 4711, 3.0, 2.22 * 3])  # noqa: DTZ001

    (draft,) = drafts(read_orders(data, "orders.xlsx", DEALER))
    assert (draft.order, draft.placed_at) == ("1001", to_millis(datetime(2026, 3, 1, 13, 30, tzinfo=UTC)))
    assert [(line.listings[0], line.quantity, line.price) for line in draft.lines] == [("LAMP", 2, 666), ("4711", 3, 666)]


@pytest.mark.parametrize(("price", "minor"), [("12.5", 1250), ("12,50", 1250), ("1234.50", 123450), ("0", 0), ("", 0)])
def test_prices_may_have_a_comma_or_a_point(price: str, minor: int) -> None:
    (draft,) = drafts(read([*HEADER, "price"], [*ROW, price]))

    assert draft.lines[0].price == minor


def test_the_recipient_and_what_holds_for_the_order_come_from_the_first_row_that_says_them() -> None:
    header = [*HEADER, "company", "city", "country", "region", "reference"]
    (draft,) = drafts(read(header, [*ROW, "海港茶行", "", "CN", "CN-SD", ""], [*ROW, "someone else", "青岛市", "", "", "77"]))

    assert draft.recipient is not None
    assert (draft.recipient.company, draft.recipient.city, draft.region, draft.number) == ("海港茶行", "青岛市", "CN-SD", "77")


def test_the_same_file_again_gives_the_same_orders() -> None:
    assert read(HEADER, ROW) == read(HEADER, ROW)


def test_a_later_file_amends_an_order_by_its_later_time() -> None:
    (first,) = drafts(read(HEADER, ROW))
    (second,) = drafts(read([*HEADER, "updated_at"], [*ROW, "2026-03-02 08:00"]))

    assert second.updated_at > first.updated_at == second.placed_at


def test_an_order_of_2000_rows_is_taken_and_of_2001_is_not() -> None:
    assert len(drafts(read(HEADER, *[ROW] * 2_000))[0].lines) == 2_000

    report = read(HEADER, *[ROW] * 2_001)
    assert report.orders == ()
    assert len({problem.row for problem in report.refused}) == 2_001


# ---------------------------------------------------------------------------------------------- what is refused, and what is said
def test_an_order_with_one_bad_row_is_refused_whole_and_the_others_are_taken() -> None:
    report = read(HEADER, ROW, ["PO/2", "2026-03-01", "LAMP", "1"], ["PO/1", "2026-03-01", "MUG", "many"])

    assert [order for order, _ in report.orders] == ["PO/2"]
    assert report.refused == (
        RowProblem(2, "", "The row is right, but its order is refused for row 4."),
        RowProblem(4, "quantity", "A quantity is a whole number from 1 to 1000000, without separators."),
    )


@pytest.mark.parametrize(
    ("column", "cell"),
    [
        ("quantity", "0"),
        ("quantity", "-1"),
        ("quantity", "1,000"),
        ("quantity", "1.5"),
        ("quantity", "1000001"),
        ("quantity", ""),
        ("price", "1,234"),
        ("price", "12 €"),
        ("price", "12.505"),
        ("price", "-1"),
        ("price", "NaN"),
        ("price", "9" * 12),
        ("currency", "doubloons"),
        ("ordered_at", "03/04/2026"),
        ("ordered_at", "soon"),
        ("ordered_at", "01.01.1900"),
        ("sku", ""),
        ("sku", "#N/A"),
        ("sku", "x" * 201),
        ("order", " "),
        ("priority", "high"),
    ],
)
def test_a_cell_that_cannot_be_used_is_named_and_not_repeated(column: str, cell: str) -> None:
    row = dict(zip(HEADER, ROW, strict=True)) | {column: cell}
    report = read(list(row), list(row.values()))

    assert report.orders == ()
    assert problems(report) == [(2, column)]
    assert len(cell) < 4 or cell not in report.refused[0].sentence


def test_all_that_is_wrong_with_a_row_is_told_at_once() -> None:
    assert problems(read([*HEADER, "price"], ["", "soon", "LAMP", "x", "y"])) == [
        (2, "order"),
        (2, "ordered_at"),
        (2, "price"),
        (2, "quantity"),
    ]


def test_rows_of_one_order_do_not_share_a_line_number_or_differ_in_currency() -> None:
    report = read([*HEADER, "line", "currency"], [*ROW, "7", "EUR"], [*ROW, "7", "USD"])

    assert problems(report) == [(2, ""), (3, "currency"), (3, "line")]


def test_a_shop_without_a_currency_needs_one_in_every_row() -> None:
    assert problems(read(HEADER, ROW, shop=replace(DEALER, currency=""))) == [(2, "currency")]
    assert read([*HEADER, "currency"], [*ROW, "JPY"], shop=replace(DEALER, currency="")).refused == ()


@pytest.mark.parametrize(
    ("data", "row", "word"),
    [
        (b"", 0, "no row below its header"),
        (table(HEADER), 0, "no row below its header"),
        (table(["order", "sku"], ["1", "2"]), 1, "no column for ordered_at, quantity"),
        (table(["order", "order id", *HEADER[1:]], ["1", *ROW]), 1, "Two columns say “order”"),
        ("order,ordered_at,sku,quantity\nPO,2026-03-01,Glühlampe,1".encode("cp1252"), 0, "not UTF-8"),
        (table(HEADER, ["PO\0", *ROW[1:]]), 0, "null bytes"),
        (table(HEADER, ROW) + b'"never closed', 3, "quotes do not match"),
        (b"PK\x03\x04 not a workbook", 0, "damaged"),
        (b"\xd0\xcf\x11\xe0 an old workbook", 0, "save it as .xlsx"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_with_what_to_do(data: bytes, row: int, word: str) -> None:
    report = read_orders(data, "orders.csv", DEALER)

    assert report.orders == ()
    assert [problem.row for problem in report.refused] == [row]
    assert word in report.refused[0].sentence


def test_a_workbook_that_unpacks_to_a_mountain_is_not_opened(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("connectors.workbooks.MOST_UNPACKED", 10_000)
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as parts:
        parts.writestr("xl/workbook.xml", b"0" * 1_000_000)

    (problem,) = read_orders(data.getvalue(), "orders.xlsx", DEALER).refused
    assert "far larger inside" in problem.sentence


def test_a_file_of_too_many_rows_is_to_be_split(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("connectors.sheets.MOST_ROWS", 3)

    (problem,) = read(HEADER, *[ROW] * 3).refused
    assert "split it" in problem.sentence


@pytest.mark.parametrize("zone", ["Atlantis", "", "../etc", "\0"])
def test_a_time_zone_that_nobody_knows_is_said(zone: str) -> None:
    (problem,) = read(HEADER, ROW, shop=replace(DEALER, timezone=zone)).refused

    assert "time zone" in problem.sentence


def test_a_file_comes_to_its_own_address() -> None:
    refusal = CHANNEL.receive(Webhook({}, b""), b"secret")

    assert isinstance(refusal, Refusal)
    assert refusal.code == "no_webhooks"


CELLS = st.sampled_from([*ROW, "", "0", "NaN", "1e9", "12,5", "9999-12-31 23:59", "灯塔", '"', "\x0b", "#REF!"]) | st.text(max_size=5)


@settings(max_examples=200, deadline=None, derandomize=True)
@given(rows=st.lists(st.lists(CELLS, min_size=1, max_size=6), max_size=5))
def test_every_row_is_taken_or_told_of(rows: list[list[str]]) -> None:
    data = table([*HEADER, "price", "line"], *rows)
    if b"\0" in data:
        return
    report = read_orders(data, "orders.csv", DEALER)

    taken = sum(len(draft.lines) for draft in drafts(report))
    told = {problem.row for problem in report.refused if problem.row}
    full = [row for row in csv.reader(io.StringIO(data.decode())) if any(cell.strip() for cell in row)]
    assert taken + len(told) == len(full) - 1 or report.refused[0].row == 0


@settings(max_examples=200, deadline=None, derandomize=True)
@given(data=st.binary(max_size=80) | st.binary(max_size=80).map(lambda tail: b"PK\x03\x04" + tail))
def test_bytes_that_mean_nothing_are_refused(data: bytes) -> None:
    assert read_orders(data, "orders.xlsx", DEALER).orders == ()


def test_the_columns_are_those_of_the_documentation() -> None:
    text = (DOCS / "order-files.md").read_text()

    assert [name for name in COLUMNS if f"`{name}`" not in text] == []
