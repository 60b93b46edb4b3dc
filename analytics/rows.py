"""One record of `decisions` or `dead-letters` -> rows of the fact tables. Pure, and the same for ever: a batch that is sent again
must be the same to the byte, because it is known by its token alone."""

from collections.abc import Sequence

from analytics.facts import At, Row
from analytics.gist import gist
from analytics.outcome import outcome
from analytics.rows_orders import NO_EVENTS, NOT_PLACED, ORDER_EVENTS, Left, Told, demand, event_columns, placed_columns
from analytics.rows_stock import as_moved, changed_rows, implied, moved_rows, moved_sums
from streams.deadletter import DeadLetter
from streams.decisions import Decision
from tables import events as e

NOTHING = Left([], [])


def decision_rows(at: At, decision: Decision, record_hash: int) -> Left:
    """`record_hash`: `streams.decisions.link` of the record as a number, for comparing with the log."""
    source, source_part, source_off, _ = decision.cause
    command = (decision.pool, decision.seq, decision.src_offset, decision.command_id, source, source_part, source_off)
    front = (*command, decision.decider, decision.policy_version, *outcome(decision), record_hash)
    left = Left([], [])
    for rank, (order, told) in enumerate(_by_order(decision.events).items()):
        about = (*placed_columns(told), *event_columns(told)) if told else (*NOT_PLACED, *NO_EVENTS)
        left.rows.append(("decided", (*at, rank, *front, order, *about)))
        left.sums.extend(implied(decision.pool, told))
        left.sums.extend(demand(at, told))
    for ordinal, event in enumerate(decision.events):
        if moved := as_moved(event):
            left.rows.extend(moved_rows((*at, ordinal), decision.pool, moved))
            left.sums.extend(moved_sums(decision.pool, moved))
        elif type(event) is e.StockChanged:
            left.rows.extend(changed_rows((*at, ordinal), decision.pool, event))
    return left


def _by_order(events: Sequence[e.AnyEvent]) -> dict[str, list[Told]]:
    """The events of each order; first of the one that the decision was about, which may have none, or be ''."""
    found: dict[str, list[Told]] = {_own(events): []}
    for ordinal, event in enumerate(events):
        if type(event) in ORDER_EVENTS:
            found.setdefault(event.order, []).append((ordinal, event, gist(event)))  # type: ignore[union-attr,arg-type]
    return found


def _own(events: Sequence[e.AnyEvent]) -> str:
    for event in events:
        if isinstance(event, e.OrderPlaced):
            return event.order
    return next((named for event in events if (named := _named(event))), "")


def _named(event: e.AnyEvent) -> str:
    """The order (or document) an event speaks of; a repeated refund is named `order#refund`."""
    match event:
        case e.Duplicate(of=of) | e.Stale(of=of):
            return of.partition("#")[0]
        case _:
            return getattr(event, "order", "")


def unreadable_row(at: At, record_hash: int, sentence: str) -> Row:
    """A decision that this version cannot read is counted and shown, and stops nothing."""
    front = ("", 0, -1, "", "", 0, -1, 0, 0, "nothing", "unreadable", "unreadable", sentence, record_hash)
    return "decided", (*at, 0, *front, "", *NOT_PLACED, *NO_EVENTS)


def dead_letter_row(at: At, letter: DeadLetter, record_hash: int) -> Row:
    front = (*at, letter.verdict, letter.stage, letter.code, letter.sentence, letter.topic, letter.partition, letter.offset)
    return "dead_letters", (*front, letter.shop, letter.key, len(letter.original) * 3 // 4, record_hash)


def unreadable_letter_row(at: At, record_hash: int, sentence: str) -> Row:
    front = (*at, "rejected", "sink", "unreadable", sentence, at.topic, at.partition, at.offset)
    return "dead_letters", (*front, "", "", 0, record_hash)
