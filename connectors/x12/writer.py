"""An interchange -> its bytes, one segment a line, with the counts and control numbers that belong in it. The same interchange is
the same bytes for ever."""

from collections.abc import Iterator

from connectors.x12.envelope import Group, Interchange, Transaction
from connectors.x12.segments import WIDTHS, Segment, Separators

_ALIGNED_LEFT = (2, 4, 6, 8)


class Unwritable(Exception):
    """X12 has no room for a value, or no way to write one of its characters; the text says which element and never the value."""


def write(interchange: Interchange) -> bytes:
    """UTF-8. Raises Unwritable."""
    separators = interchange.separators
    lines = [_line(segment, separators) for segment in _segments(interchange)]
    return "".join(f"{line}{separators.segment}\n" for line in (_head(interchange), *lines)).encode()


def _head(interchange: Interchange) -> str:
    """ISA at its 106 characters, the last of them being the segment's end."""
    whole = interchange
    parties = (whole.sender_qualifier, whole.sender, whole.receiver_qualifier, whole.receiver)
    told = ("00", "", "00", "", *parties, whole.date, whole.time, "U", whole.version, f"{whole.control:09d}", "0", whole.usage)
    padded = []
    for number, (value, width) in enumerate(zip(told, WIDTHS, strict=False), 1):
        if len(value) > width or (len(value) < width and number not in _ALIGNED_LEFT):
            raise Unwritable(f"ISA{number:02d} has {width} characters")
        padded.append(value.ljust(width))
    return _line(("ISA", *padded), whole.separators) + whole.separators.element + whole.separators.component


def _segments(interchange: Interchange) -> Iterator[Segment]:
    for group in interchange.groups:
        yield from _group(group)
    yield ("IEA", str(len(interchange.groups)), f"{interchange.control:09d}")


def _group(group: Group) -> Iterator[Segment]:
    yield ("GS", group.kind, group.sender, group.receiver, group.date, group.time, str(group.control), "X", group.version)
    for transaction in group.transactions:
        yield from _transaction(transaction)
    yield ("GE", str(len(group.transactions)), str(group.control))


def _transaction(transaction: Transaction) -> Iterator[Segment]:
    yield ("ST", transaction.code, transaction.control)
    yield from transaction.segments
    yield ("SE", str(len(transaction.segments) + 2), transaction.control)


def _line(segment: Segment, separators: Separators) -> str:
    """Empty elements at the end are left out, as X12 wants it."""
    last = max((number for number, value in enumerate(segment) if value), default=0)
    for number, value in enumerate(segment):
        if not value.isprintable() or separators.element in value or separators.segment in value:
            raise Unwritable(f"{segment[0]}{number:02d} has a character that X12 uses itself")
    return separators.element.join(segment[: last + 1])
