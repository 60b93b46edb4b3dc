"""Tables that people keep: a CSV file or the first sheet of an Excel workbook as rows of cells, each with its row number."""

import csv
import io
import warnings
from collections.abc import Iterator
from datetime import date, datetime, time

import msgspec

from connectors.workbooks import Overgrown, pass_gate

MOST_ROWS = 100_000
MOST_BLANK = 400_000

Cell = str | int | float | bool | datetime | date | time | None


class Row(msgspec.Struct, frozen=True):
    """`number` is what a person sees beside the row: the line of a CSV file, the row of a sheet."""

    number: int
    cells: tuple[Cell, ...]


class Unreadable(Exception):
    """The file as a whole cannot be read; `row` says where that showed."""

    def __init__(self, sentence: str, row: int = 0) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.row = row


def read_rows(data: bytes, filename: str) -> list[Row]:
    """Rows with anything in them. What the bytes are counts, and the name only where they leave it open. Raises Unreadable."""
    if data.startswith(b"PK"):
        rows = _workbook(data)
    elif data.startswith(b"\xd0\xcf\x11\xe0") or filename.lower().endswith((".xlsx", ".xlsm", ".xls")):
        raise Unreadable("This is not an Excel workbook that can be read: save it as .xlsx (no password) or as CSV.")
    else:
        rows = _csv(_text(data))
    found: list[Row] = []
    for row in rows:
        if any(cell is not None and str(cell).strip() for cell in row.cells):
            found.append(row)
        if len(found) > MOST_ROWS or row.number > MOST_BLANK + MOST_ROWS:
            raise Unreadable(f"The file has more than {MOST_ROWS} rows: split it.", row.number)
    return found


def _text(data: bytes) -> str:
    """UTF-8, or UTF-16 with its mark. Nothing else is guessed: a wrong guess would ship to a wrong street."""
    try:
        text = data.decode("utf-16" if data.startswith((b"\xff\xfe", b"\xfe\xff")) else "utf-8-sig")
    except UnicodeDecodeError:
        raise Unreadable("The file is not UTF-8: save it as “CSV UTF-8”, or as .xlsx.") from None
    if "\0" in text:
        raise Unreadable("The file contains null bytes: it is damaged, or no CSV file.")
    return text


def _csv(text: str) -> Iterator[Row]:
    first = text.lstrip().partition("\n")[0]
    delimiter = max(",;\t|", key=first.count)
    lines = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    begin = 1
    try:
        for cells in lines:
            yield Row(begin, tuple(cells))
            begin = lines.line_num + 1
    except csv.Error:
        raise Unreadable("From this row on quotes do not match or a cell is huge, so nobody can tell where rows end.", begin) from None


def _workbook(data: bytes) -> Iterator[Row]:
    try:
        pass_gate(data)
        yield from _sheet(data)
    except Overgrown as bomb:
        raise Unreadable(str(bomb)) from None
    except (Unreadable, MemoryError):
        raise
    except Exception:
        # openpyxl answers damaged workbooks with whatever it stumbles over: KeyError, TypeError, its own, expat's
        raise Unreadable("The workbook is damaged: open it, save it as .xlsx again, and send that.") from None


def _sheet(data: bytes) -> Iterator[Row]:
    # takes longer to import than all the rest of a worker's connectors, and few workers ever see a workbook
    from openpyxl import load_workbook

    with warnings.catch_warnings():
        # of styles and validations, which nobody needs here
        warnings.simplefilter("ignore")
        book = load_workbook(io.BytesIO(data), read_only=True, data_only=True)
        try:
            sheet = book.worksheets[0]
            # what the sheet says of its own size need not be so
            sheet.reset_dimensions()
            for number, cells in enumerate(sheet.iter_rows(values_only=True), 1):
                yield Row(number, tuple(_cell(cell) for cell in cells))
        finally:
            book.close()


def _cell(cell: object) -> Cell:
    return cell if isinstance(cell, str | int | float | datetime | date | time) else None
