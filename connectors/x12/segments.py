"""The syntax of X12: bytes -> interchanges as lists of segments. ISA tells the separators, as X12.5 has it.

What real files do is taken: a byte order mark, indented segments, lines that are wrapped anywhere (inside ISA, too), no-break spaces for
padding, a file that ends without its last line end. All else raises `Unusable`; no sentence repeats what the file says.
"""

import re
from collections.abc import Iterator

import msgspec

from connectors.payload import Unusable

# the elements of ISA in characters, as padded
WIDTHS = (2, 10, 2, 10, 2, 15, 2, 15, 6, 4, 1, 5, 9, 1, 1, 1)
LONGEST_HEAD = 300
_LINE_ENDS = re.compile(r"[\r\n]")
# a line end behind ISA16 ends segments, unless the mark that does stands on the next line because lines are wrapped
_END_OF_HEAD = re.compile(r"[\r\n]*(?P<component>.)(?:[\r\n]+(?P<wrapped>[^\w\s])|(?P<segment>.))", re.DOTALL)
# a Ctrl-Z ends files of old systems
_BLANK = " \t\r\n\x0b\x0c\x1a\u00a0\ufeff"

Segment = tuple[str, ...]  # the segment's id, then its elements


class Separators(msgspec.Struct, frozen=True):
    element: str = "*"
    component: str = ">"
    segment: str = "~"


def at(segment: Segment, place: int) -> str:
    """Element `place` (from 1) without its padding, "" where the segment ends before it."""
    return segment[place].strip(_BLANK) if place < len(segment) else ""


def interchanges(body: bytes) -> Iterator[tuple[Separators, list[Segment]]]:
    """Each interchange from its ISA to its IEA; nothing is checked but that both are there."""
    text = _text(body)
    place = _skip_blank(text, 0)
    if place == len(text):
        raise Unusable("not_x12", "The file is empty: have it sent again.")
    while place < len(text):
        separators, head, place = _head(text, place)
        segments = [head]
        while segments[-1][0] != "IEA":
            segment, place = _next(text, place, separators)
            segments.append(segment)
        yield separators, segments
        place = _skip_blank(text, place)


def head(body: bytes) -> Segment:
    """The first ISA. Raises Unusable."""
    text = _text(body)
    return _head(text, _skip_blank(text, 0))[1]


def _text(body: bytes) -> str:
    if b"\0" in body:
        raise Unusable("null_byte", "The file contains a null byte: find out what damaged it and have it sent again.")
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError:
        return body.decode("latin-1")


def _skip_blank(text: str, place: int) -> int:
    while place < len(text) and text[place] in _BLANK:
        place += 1
    return place


def _head(text: str, place: int) -> tuple[Separators, Segment, int]:
    """The separators, ISA itself, and where the next segment begins."""
    window = text[place : place + LONGEST_HEAD]
    if not window.startswith("ISA"):
        raise Unusable("not_x12", "The file is no X12: it does not begin with ISA, or goes on after IEA with something else.")
    element = window[3:4]
    parts = window.split(element, 16) if element else []
    end = _END_OF_HEAD.match(parts[16]) if len(parts) == 17 else None
    if end is None:
        raise Unusable("truncated", "The file ends inside its first segment: have it sent again.")
    separators = Separators(element, end["component"], end["wrapped"] or end["segment"])
    marks = (separators.element, separators.component, separators.segment)
    if len(set(marks)) < 3 or any(mark.isalnum() or mark == " " for mark in marks):
        raise Unusable("bad_separators", "ISA does not tell three different separators: it must have 16 elements of their fixed widths.")
    isa = ("ISA", *(_LINE_ENDS.sub("", part) for part in parts[1:16]), separators.component)
    if any(len(at(isa, number)) > width for number, width in enumerate(WIDTHS, 1)):
        raise Unusable("bad_head", "An element of ISA is longer than X12 has it: ask the sender to pad ISA to 106 characters.")
    return separators, isa, place + len(element.join(parts[:16])) + 1 + end.end()


def _next(text: str, place: int, separators: Separators) -> tuple[Segment, int]:
    """The next segment that is not empty. Only where line ends end segments may the last one be missing."""
    while True:
        end = text.find(separators.segment, place)
        cut = end < 0
        written = text[place:] if cut else text[place:end]
        segment = _LINE_ENDS.sub("", written).strip(_BLANK)
        if cut and (not segment or separators.segment not in "\r\n"):
            raise Unusable("truncated", "The file ends before its IEA segment: have it sent again.")
        place = len(text) if cut else end + 1
        if segment:
            parts = segment.split(separators.element)
            return (parts[0].strip(_BLANK), *parts[1:]), place
