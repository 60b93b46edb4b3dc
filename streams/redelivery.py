"""Which fulfilments that a partner did not take may be told once more: those that the log still wants to ship. Pure over a log."""

import re
from collections import Counter
from collections.abc import Collection, Iterable

import msgspec

from connectors.contract import Fulfilment
from streams.decisions import decode_decision
from streams.letters import Entry, Letter
from streams.read import Log
from streams.topics import DECISIONS, FULFILMENTS
from tables import events as e

Units = Counter[tuple[str, str]]  # by line and SKU
Outgoing = tuple[int, Entry]  # the partition it was of, and the record

_decode = msgspec.json.Decoder(Fulfilment).decode
_names = re.compile(rb'"fulfilment":"([^"]+)"').findall


class Redelivery(msgspec.Struct, frozen=True):
    """`records` go to `fulfilments` once more, byte for byte: under their old ids, which every reader knows. `kept_back`: by reason."""

    records: tuple[Outgoing, ...]
    kept_back: dict[str, int]


def redeliver(log: Log, found: Iterable[Letter]) -> Redelivery:
    """Letters of other topics are not looked at. What was shipped, cancelled, asked back or sourced elsewhere since must not reach the node
    as news; a cancel is of no use to a node that never heard of what it cancels."""
    letters = {(one.letter.partition, one.letter.offset): one for one in found if one.letter.topic == FULFILMENTS.name}
    told = [(letter, event) for letter in letters.values() if (event := _event(letter)) is not None]
    ordered = {event.id for _, event in told if event.type == "FulfilmentOrdered"}
    open_units = still_promised(log, {event.id for _, event in told})
    kept_back = Counter({"not a fulfilment": len(letters) - len(told)})
    records: list[Outgoing] = []
    for letter, event in told:
        if reason := _reason(event, ordered, open_units[event.id]):
            kept_back[reason] += 1
        else:
            headers: list[tuple[str, str | bytes | None]] = [*letter.letter.original_headers()]
            records.append((letter.letter.partition, (letter.letter.key, letter.letter.body(), headers)))
    return Redelivery(tuple(records), dict(+kept_back))


def _event(letter: Letter) -> Fulfilment | None:
    try:
        return _decode(letter.letter.body())
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError, ValueError):
        return None


def _reason(event: Fulfilment, ordered: Collection[str], promised: Units) -> str:
    """Why it must not be sent; "": it may."""
    if event.type == "FulfilmentCancelled":
        return "a cancel of what the node never took" if event.id in ordered else ""
    if event.type in ("ReturnExpected", "SupplyExpected"):
        return ""
    wanted = Counter({(line.line, line.sku): line.quantity for line in event.lines})
    if promised == wanted:
        return ""
    return "changed since: the node must be asked" if +promised else "no longer to be shipped: cancelled, shipped, or sourced elsewhere"


def still_promised(log: Log, fulfilments: Collection[str]) -> dict[str, Units]:
    """Units that these nodes are to ship, and were not asked back. Reads all decisions, and decodes those that name one."""
    found: dict[str, Units] = {name: Counter() for name in fulfilments}
    wanted = {name.encode() for name in fulfilments}
    for batch in log.read(DECISIONS.name, log.low(DECISIONS.name), log.ends(DECISIONS.name)) if wanted else ():
        for record in batch:
            if not wanted.isdisjoint(_names(record.value)):
                for event in decode_decision(record.value).events:
                    _count(found, event)
    return found


def _count(found: dict[str, Units], event: e.AnyEvent) -> None:
    match event:
        case e.Reserved(fulfilment=name, rows=rows) if name in found:
            found[name].update({(row.line, row.sku): row.quantity for row in rows})
        case e.Unreserved(reason="cancel_confirmed"):
            pass  # taken off when they were asked back
        case e.Unreserved(fulfilment=name, rows=rows) | e.Shipped(fulfilment=name, rows=rows) if name in found:
            found[name].subtract({(row.line, row.sku): row.quantity for row in rows})
        case e.CancelRequested(fulfilment=name, rows=rows) if name in found:
            found[name].subtract({(row.line, row.sku): row.quantity for row in rows})
        case _:
            pass
