"""The envelopes: interchange (ISA … IEA) of groups (GS … GE) of transactions (ST … SE), with the counts and control numbers that their
trailers must repeat. Reading raises `Unusable`; writing what was read gives an interchange that reads the same."""

from collections.abc import Iterator

import msgspec

from connectors.payload import Unusable
from connectors.x12.segments import Segment, Separators, at, interchanges

LONGEST_NUMBER = 10


class Transaction(msgspec.Struct, frozen=True):
    """`code`: 945, 846, …; `segments`: between ST and SE."""

    code: str
    control: str
    segments: tuple[Segment, ...]


class Group(msgspec.Struct, frozen=True, kw_only=True):
    """`kind`: OW, SW, IB, …; `date` CCYYMMDD, `time` HHMM[SS]; `version`: 004010, perhaps with the industry's letters behind."""

    kind: str
    sender: str
    receiver: str
    date: str
    time: str
    control: int
    version: str
    transactions: tuple[Transaction, ...]


class Interchange(msgspec.Struct, frozen=True, kw_only=True):
    """`date` YYMMDD, `time` HHMM. `usage`: P for production, T for a test."""

    sender_qualifier: str
    sender: str
    receiver_qualifier: str
    receiver: str
    date: str
    time: str
    version: str
    control: int
    usage: str
    groups: tuple[Group, ...]
    separators: Separators = Separators()


def read(body: bytes) -> tuple[Interchange, ...]:
    """All interchanges of a file, in its order; their counts and control numbers are right."""
    return tuple([_interchange(separators, segments) for separators, segments in interchanges(body)])


def _interchange(separators: Separators, segments: list[Segment]) -> Interchange:
    isa, *inside, iea = segments
    # TA1 answers for an interchange of ours, outside of any group
    walk = iter([segment for segment in inside if segment[0] != "TA1"])
    groups = tuple([_group(segment, walk) for segment in walk])
    control = _number(at(isa, 13), "ISA13")
    _count(at(iea, 1), len(groups), "IEA01", "groups")
    _same(_number(at(iea, 2), "IEA02") == control, "IEA02", "ISA13")
    _distinct([group.control for group in groups], "GS06")
    return Interchange(
        sender_qualifier=at(isa, 5),
        sender=at(isa, 6),
        receiver_qualifier=at(isa, 7),
        receiver=at(isa, 8),
        date=at(isa, 9),
        time=at(isa, 10),
        version=at(isa, 12),
        control=control,
        usage=at(isa, 15),
        groups=groups,
        separators=separators,
    )


def _group(gs: Segment, walk: Iterator[Segment]) -> Group:
    _expect(gs, "GS")
    transactions = []
    for segment in walk:
        if segment[0] == "GE":
            break
        transactions.append(_transaction(segment, walk))
    else:
        raise Unusable("missing_trailer", "A group has no GE segment: have the file sent again, whole.")
    control = _number(at(gs, 6), "GS06")
    _count(at(segment, 1), len(transactions), "GE01", "transactions")
    _same(_number(at(segment, 2), "GE02") == control, "GE02", "GS06")
    _distinct([transaction.control for transaction in transactions], "ST02")
    return Group(
        kind=at(gs, 1),
        sender=at(gs, 2),
        receiver=at(gs, 3),
        date=at(gs, 4),
        time=at(gs, 5),
        control=control,
        version=at(gs, 8),
        transactions=tuple(transactions),
    )


def _transaction(st: Segment, walk: Iterator[Segment]) -> Transaction:
    _expect(st, "ST")
    inside = []
    for segment in walk:
        if segment[0] == "SE":
            break
        if segment[0] in ("ST", "GS", "GE"):
            raise Unusable("missing_trailer", "A transaction has no SE segment: have the file sent again, whole.")
        inside.append(segment)
    else:
        raise Unusable("missing_trailer", "A transaction has no SE segment: have the file sent again, whole.")
    _count(at(segment, 1), len(inside) + 2, "SE01", "segments")
    _same(at(segment, 2) == at(st, 2) != "", "SE02", "ST02")
    return Transaction(at(st, 1), at(st, 2), tuple(inside))


def _expect(segment: Segment, name: str) -> None:
    if segment[0] != name:
        raise Unusable("unexpected_segment", f"Where {name} must stand there is another segment: have the file written anew.")


def _number(text: str, element: str) -> int:
    if not (text.isascii() and text.isdigit()) or len(text) > LONGEST_NUMBER:
        raise Unusable("bad_control_number", f"{element} is not a number: have the file written anew.")
    return int(text)


def _count(told: str, found: int, element: str, what: str) -> None:
    if _number(told, element) != found:
        raise Unusable(
            "wrong_count", f"{element} tells another number than the {found} {what} that there are: parts are missing, or too many."
        )


def _same(same: bool, trailer: str, header: str) -> None:
    if not same:
        raise Unusable("wrong_control_number", f"{trailer} must repeat the control number of {header}: two files may have been mixed up.")


def _distinct(controls: list[int] | list[str], element: str) -> None:
    if len(set(controls)) != len(controls):
        raise Unusable("repeated_control_number", f"Two parts have the same control number in {element}: each must have its own.")
