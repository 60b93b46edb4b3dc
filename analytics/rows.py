"""One record of `decisions` or `dead-letters` -> rows of the fact tables. Pure, and the same for ever: a batch that is sent again
must be the same to the byte, because it is known by its token alone."""

from collections.abc import Sequence

from analytics.facts import At, Span
from analytics.gist import Gist, gist
from analytics.outcome import outcome
from analytics.rows_orders import moment, order_rows
from analytics.rows_stock import stock_rows
from streams.deadletter import DeadLetter
from streams.decisions import Decision
from tables import events as e


def decision_rows(at: At, decision: Decision, record_hash: int) -> list[Span]:
    """`record_hash`: `streams.decisions.link` of the record as a number, for comparing with the log."""
    gists = [gist(event) for event in decision.events]
    spans = order_rows(at, decision, gists)
    spans += stock_rows(at, decision, gists)
    source, source_part, source_off, _ = decision.cause
    front = (*at, decision.pool, decision.seq, decision.src_offset, decision.command_id, source, source_part, source_off)
    spans.append(("decisions", (*front, decision.decider, decision.policy_version, *_about(at, decision, gists), record_hash), ()))
    return spans


def _about(at: At, decision: Decision, gists: Sequence[Gist]) -> tuple[object, ...]:
    """kind, outcome, order, shop, channel, segment, revision, lines, units, received at, latency, code, sentence."""
    kind, word, code, sentence = outcome(decision)
    for event, told in zip(decision.events, gists, strict=True):
        if isinstance(event, e.OrderPlaced):
            front = (kind, word, event.order, event.shop, event.channel, event.segment, event.revision, len(event.lines), told.units)
            received = moment(event.received_at)
            # two machines' clocks: a receipt after its decision is shown as no time at all
            return (*front, received, max(0, at.time - received), code, sentence)
    order = next((named for event in decision.events if (named := _named(event))), "")
    return (kind, word, order, "", "", "", 0, 0, 0, None, None, code, sentence)


def _named(event: e.AnyEvent) -> str:
    """The order (or document) an event speaks of; a repeated refund is named `order#refund`."""
    match event:
        case e.Duplicate(of=of) | e.Stale(of=of):
            return of.partition("#")[0]
        case _:
            return getattr(event, "order", "")


def unreadable_row(at: At, record_hash: int, sentence: str) -> Span:
    """A decision that this version cannot read is counted and shown, and stops nothing."""
    blank = ("nothing", "unreadable", "", "", "", "", 0, 0, 0, None, None, "unreadable", sentence)
    return "decisions", (*at, "", 0, -1, "", "", 0, -1, 0, 0, *blank, record_hash), ()


def dead_letter_row(at: At, letter: DeadLetter, record_hash: int) -> Span:
    front = (*at, letter.verdict, letter.stage, letter.code, letter.sentence, letter.topic, letter.partition, letter.offset)
    return "dead_letters", (*front, letter.shop, letter.key, len(letter.original) * 3 // 4, record_hash), ()


def unreadable_letter_row(at: At, record_hash: int, sentence: str) -> Span:
    front = (*at, "rejected", "sink", "unreadable", sentence, at.topic, at.partition, at.offset)
    return "dead_letters", (*front, "", "", 0, record_hash), ()
