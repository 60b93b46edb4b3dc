"""The gate in front of Excel workbooks: what would unpack, nest or stretch without end is refused before anybody opens it.

A workbook is a zip file of XML. A few kilobytes of either can ask for hours and gigabytes: by compression, by entities that stand
for each other, by one cell in the last column of the last row, by millions of cells with nothing in them.
"""

import io
import zipfile
from typing import Any
from xml.parsers import expat

MOST_UNPACKED = 64 << 20
MOST_PARTS = 1_000
MOST_ELEMENTS = 600_000  # cells, what is in them, and the empty places between them: each takes the reader up to 10 µs
MOST_OTHERS = 20_000  # styles, sheets, merged cells: some cost far more
MOST_ATTRIBUTES = 100
DEEPEST = 100

_CELLS = frozenset({"row", "c", "v", "f", "is", "t", "si", "r"})
_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


class Overgrown(Exception):
    """The text is a sentence for the one who sent it."""


def pass_gate(data: bytes) -> None:
    """Returns when the workbook may be opened, or is none at all. Raises Overgrown, and what zipfile does of damaged archives."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        parts = archive.infolist()
        if len(parts) > MOST_PARTS or sum(part.file_size for part in parts) > MOST_UNPACKED:
            raise Overgrown("The workbook is far larger inside than it looks: it is not opened.")
        gate = _Gate()
        for part in parts:
            gate.read(archive.read(part))


class _Gate:
    """Counts over all parts of a workbook."""

    def __init__(self) -> None:
        self._elements = self._others = self._depth = self._row = self._column = 0

    def read(self, part: bytes) -> None:
        parser = expat.ParserCreate(namespace_separator=" ")
        parser.StartElementHandler, parser.EndElementHandler = self._start, self._end
        parser.StartDoctypeDeclHandler = self._doctype
        self._depth = self._row = self._column = 0
        try:
            # at once: a parser that is fed bit by bit begins a long tag again with each bit
            parser.Parse(part, True)
        except expat.ExpatError:
            # a picture; or what the reader will stumble over at the same place
            return

    def _start(self, name: str, attributes: dict[str, Any]) -> None:
        tag = name.rpartition(" ")[2]
        self._elements += 1
        self._others += tag not in _CELLS
        self._depth += 1
        if tag == "row":
            self._row, before, self._column = _number(attributes.get("r", "")) or self._row + 1, self._row, 0
            self._elements += max(0, self._row - before - 1)
        elif tag == "c":
            self._column, before = _column(attributes.get("r", "")) or self._column + 1, self._column
            self._elements += max(0, self._column - before - 1)
        if self._elements > MOST_ELEMENTS or self._others > MOST_OTHERS or self._depth > DEEPEST or len(attributes) > MOST_ATTRIBUTES:
            raise Overgrown("The workbook has more in it than is read at once, or cells far from the others: split it, or send it as CSV.")

    def _end(self, _: str) -> None:
        self._depth -= 1

    def _doctype(self, *_: Any) -> None:
        raise Overgrown("The workbook declares entities of its own, which no spreadsheet does: it is not opened.")


def _number(text: str) -> int:
    """0 for none."""
    digits = text.strip()
    return int(digits[:18]) if digits.isascii() and digits.isdigit() else 0


def _column(place: str) -> int:
    """`C7` is in column 3; 0 for none."""
    column = 0
    for letter in place.upper()[:4]:
        if letter not in _LETTERS:
            break
        column = column * 26 + _LETTERS.index(letter) + 1
    return column
