"""One record of `decisions` or `dead-letters` -> rows of the fact tables. Pure, and the same for ever: a batch that is sent again
must be the same to the byte, because it is known by its token alone."""

from collections.abc import Iterator

from analytics.facts import At, FactRow
from analytics.outcome import Outcome, outcome
from analytics.rows_orders import moment, order_rows
from analytics.rows_stock import stock_rows
from streams.deadletter import DeadLetter
from streams.decisions import Decision
from tables import events as e


def decision_rows(at: At, decision: Decision, record_hash: int) -> Iterator[FactRow]:
    """`record_hash`: `streams.decisions.link` of the record as a number, for comparing with the log."""
    yield from order_rows(at, decision)
    yield from stock_rows(at, decision)
    yield "decisions", _decision_row(at, decision, record_hash)


def _decision_row(at: At, decision: Decision, record_hash: int) -> tuple[object, ...]:
    source, source_part, source_off, _ = decision.cause
    front = (*at, decision.pool, decision.seq, decision.src_offset, decision.command_id, source, source_part, source_off)
    return (*front, decision.decider, decision.policy_version, *_about(at, decision, outcome(decision)), record_hash)


def _about(at: At, decision: Decision, found: Outcome) -> tuple[object, ...]:
    """kind, outcome, order, shop, channel, segment, revision, lines, units, received at, latency, code, sentence."""
    placed = next((event for event in decision.events if isinstance(event, e.OrderPlaced)), None)
    if placed is None:
        order = next((named for event in decision.events if (named := _named(event))), "")
        return (found.kind, found.word, order, "", "", "", 0, 0, 0, None, None, found.code, found.sentence)
    count = sum(line.quantity * sum(per_unit for _, per_unit in line.parts) for line in placed.lines)
    received = moment(placed.received_at)
    front = (found.kind, found.word, placed.order, placed.shop, placed.channel, placed.segment, placed.revision, len(placed.lines), count)
    # two machines' clocks: a receipt after its decision is shown as no time at all
    return (*front, received, max(0, at.time - received), found.code, found.sentence)


def _named(event: e.AnyEvent) -> str:
    """The order (or document) an event speaks of; a repeated refund is named `order#refund`."""
    match event:
        case e.Duplicate(of=of) | e.Stale(of=of):
            return of.partition("#")[0]
        case _:
            return getattr(event, "order", "")


def unreadable_row(at: At, record_hash: int, sentence: str) -> FactRow:
    """A decision that this version cannot read is counted and shown, and stops nothing."""
    blank = ("nothing", "unreadable", "", "", "", "", 0, 0, 0, None, None, "unreadable", sentence)
    return "decisions", (*at, "", 0, -1, "", "", 0, -1, 0, 0, *blank, record_hash)


def dead_letter_row(at: At, letter: DeadLetter, record_hash: int) -> FactRow:
    front = (*at, letter.verdict, letter.stage, letter.code, letter.sentence, letter.topic, letter.partition, letter.offset)
    return "dead_letters", (*front, letter.shop, letter.key, len(letter.original) * 3 // 4, record_hash)


def unreadable_letter_row(at: At, record_hash: int, sentence: str) -> FactRow:
    return "dead_letters", (*at, "rejected", "sink", "unreadable", sentence, at.topic, at.partition, at.offset, "", "", 0, record_hash)
