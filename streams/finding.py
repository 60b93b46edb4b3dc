"""Looks for the records of topics that speak of one order: by their bytes, so that only what speaks of it is decoded."""

from collections.abc import Iterator, Sequence

import msgspec

from streams.commands import AnyCommand, PlaceOrder, decode_command
from streams.read import Log, Record
from streams.topics import COMMANDS, DECISIONS

# Between the key of an order and the number of one that replaces goods of it: nobody outside asks for such an order.
CHILD = "~x"


def search(log: Log, topic: str, needles: Sequence[bytes]) -> Iterator[Record]:
    for batch in log.read(topic, log.low(topic), log.ends(topic)):
        for record in batch:
            if any(needle in record.value for needle in needles):
                yield record


def in_json(text: str) -> bytes:
    """A text as JSON has it between its quotes."""
    return msgspec.json.encode(text)[1:-1]


def mentions(key: str) -> tuple[bytes, ...]:
    """How a decision names an order: whole, or with one of its refunds."""
    return (b'"%s"' % in_json(key), b'"%s#' % in_json(key))


def keys(log: Log, wanted: str) -> set[str]:
    """Keys of the orders that may be meant. A whole key is believed where anything speaks of it."""
    parent, child, number = wanted.rpartition(CHILD)
    if child and number.isdigit():
        linked = {f"{key}{CHILD}{number}" for key in keys(log, parent)}
        if there := {key for key in linked if next(search(log, DECISIONS.name, mentions(key)), None)}:
            return there
    if wanted.count("/") >= 2:
        return {wanted} if next(search(log, COMMANDS.name, mentions(wanted)), None) else set()
    numbers = (wanted, f"#{wanted}")
    needles = (b'/%s"' % in_json(wanted), *(b'"number":"%s"' % in_json(number) for number in numbers))
    found: set[str] = set()
    for record in search(log, COMMANDS.name, needles):
        command = command_of(record)
        key = getattr(command, "order", "")
        if key and (key.split("/", 2)[2:] == [wanted] or (isinstance(command, PlaceOrder) and command.number in numbers)):
            found.add(key)
    return found


def command_of(record: Record) -> AnyCommand | None:
    try:
        command: AnyCommand = decode_command(record.value)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    return command
