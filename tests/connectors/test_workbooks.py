"""Workbooks that are bombs: small as files, without end inside. Each is refused before anybody works on it."""

import time

import pytest

from connectors.channels.file import read_orders
from connectors.workbooks import Overgrown, pass_gate
from tests.connectors.cases import SHOP
from tests.connectors.packed import BOOK, SHEET, STRINGS, book, sheet, strings, workbook, zipped

CSV = "order,ordered at,sku,quantity\nPO-1,2026-03-01,KETTLE-RED,3\n"
LAUGHS = (("b", "a"), ("c", "b"), ("d", "c"), ("e", "d"), ("f", "e"), ("g", "f"), ("h", "g"))
BILLION_LAUGHS = "".join(f'<!ENTITY {name} "{f"&{inner};" * 10}">' for name, inner in LAUGHS)
DOCTYPE = f'<!DOCTYPE sst [<!ENTITY a "ha">{BILLION_LAUGHS}]>'
ATTRIBUTES = " ".join(f'a{number}="1"' for number in range(1_000))
SECONDS = 5.0  # of the processor, for any file

BOMBS = {
    "a cell in the last place of the sheet": {SHEET: sheet('<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>')},
    "a row far beyond any sheet": {SHEET: sheet('<row r="99999999999999999999"><c><v>1</v></c></row>')},
    "rows as wide as can be": {SHEET: sheet("".join(f'<row r="{n}"><c r="XFD{n}"><v>1</v></c></row>' for n in range(1, 200)))},
    "empty cells": {SHEET: sheet(f"<row>{'<c/>' * 700_000}</row>")},
    "empty rows": {SHEET: sheet("<row/>" * 700_000)},
    "texts that nobody uses": {STRINGS: strings("<si><t>a</t></si>" * 400_000)},
    "entities that stand for each other": {STRINGS: strings("<si><t>&h;</t></si>", DOCTYPE)},
    "an entity that stands for a file": {
        STRINGS: strings("<si><t>&x;</t></si>", '<!DOCTYPE sst [<!ENTITY x SYSTEM "file:///etc/passwd">]>')
    },
    "nesting without end": {SHEET: sheet("<row>" * 200_000)},
    "a tag of a thousand attributes": {SHEET: sheet(f"<row {ATTRIBUTES}/>")},
    "thousands of sheets": {BOOK: book("".join(f'<sheet name="s{n}" sheetId="{n}" r:id="r1"/>' for n in range(1, 25_000)))},
}


@pytest.mark.parametrize("parts", BOMBS.values(), ids=BOMBS.keys())
def test_a_bomb_is_refused_with_a_sentence_and_soon(parts: dict[str, str]) -> None:
    data, began = workbook(CSV, parts), time.process_time()
    (problem,) = read_orders(data, "orders.xlsx", SHOP).refused

    assert time.process_time() - began < SECONDS
    assert "read at once" in problem.sentence or "entities of its own" in problem.sentence


def test_a_mountain_of_zeros_is_not_unpacked() -> None:
    with pytest.raises(Overgrown, match="far larger inside"):
        pass_gate(zipped([("xl/media/image1.png", b"\0" * (65 << 20))]))


def test_an_archive_of_thousands_of_parts_is_not_opened() -> None:
    with pytest.raises(Overgrown, match="far larger inside"):
        pass_gate(zipped([(f"part{number}", b"") for number in range(1_001)]))


def test_a_workbook_in_a_workbook_is_a_part_like_others() -> None:
    inner = zipped([("xl/worksheets/sheet1.xml", b"0" * 1_000_000)])
    report = read_orders(zipped([("inner.xlsx", inner)]), "orders.xlsx", SHOP)

    assert ["damaged" in problem.sentence for problem in report.refused] == [True]


def test_what_a_sheet_says_of_its_own_size_is_not_believed() -> None:
    rows = workbook(CSV)
    lying = workbook(CSV, {SHEET: sheet(_rows(), '<dimension ref="A1:XFD1048576"/>')})

    assert read_orders(lying, "orders.xlsx", SHOP) == read_orders(rows, "orders.xlsx", SHOP)


def _rows() -> str:
    return (
        '<row r="1"><c r="A1" t="s"><v>0</v></c><c r="B1" t="s"><v>1</v></c><c r="C1" t="s"><v>2</v></c><c r="D1" t="s"><v>3</v></c></row>'
        '<row r="2"><c r="A2" t="s"><v>4</v></c><c r="B2" t="s"><v>5</v></c><c r="C2" t="s"><v>6</v></c><c r="D2"><v>3</v></c></row>'
    )


@pytest.mark.parametrize("kind", ["s", "str", "inlineStr", "b", "e", "n", "d", "x"])
@pytest.mark.parametrize("value", ["", "1", "-1", "99999999999", "NaN", "1e400", "2026-02-30", "=1+1", "#REF!"])
def test_a_cell_of_any_kind_with_any_value_ends_in_an_order_or_a_sentence(kind: str, value: str) -> None:
    cell = f'<c r="D2" t="{kind}"><f>1+1</f><v>{value}</v></c>'
    report = read_orders(workbook(CSV, {SHEET: sheet(_rows().replace('<c r="D2"><v>3</v></c>', cell))}), "orders.xlsx", SHOP)

    assert bool(report.orders) != bool(report.refused)
    assert all(problem.sentence.endswith(".") for problem in report.refused)
