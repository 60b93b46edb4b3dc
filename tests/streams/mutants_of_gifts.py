"""Mutants of gifts: they go without their parents, or these without them, and stay where their parents do not."""

from msgspec.structs import replace

from tables import events as e
from tests.story import key
from tests.streams.logs import Logs
from tests.streams.mutants import breaks
from tests.streams.mutants_of_the_rules import decision_about, without


def _only(logs: Logs, line: str) -> None:
    """Of a pot and its gift only this line is promised."""
    at, _ = decision_about(logs, key("given"), e.Reserved)
    logs.rewrite(
        at,
        lambda events: [
            replace(x, rows=tuple(row for row in x.rows if row.line == line)) if isinstance(x, e.Reserved) else x for x in events
        ],
    )


@breaks("gifts")
def a_gift_goes_without_its_parent(logs: Logs) -> None:
    _only(logs, "gift")


@breaks("gifts")
def a_parent_goes_before_the_gift_that_it_waits_for(logs: Logs) -> None:
    _only(logs, "POT")


@breaks("gifts")
def a_gift_is_given_up_though_the_policy_waits_for_it(logs: Logs) -> None:
    at, decision = decision_about(logs, key("given"), e.Reserved)
    dropped = e.OrderReduced(order=key("given"), reduction=f"gifts@{decision.src_offset}", lines=(("gift", 1),))
    logs.rewrite(at, lambda events: [*events, dropped])


@breaks("gifts")
def a_parent_is_asked_back_without_its_gift(logs: Logs) -> None:
    at, _ = decision_about(logs, key("given"), e.ReturnRequested)
    logs.rewrite(at, lambda events: [replace(x, rows=x.rows[:1]) if isinstance(x, e.ReturnRequested) else x for x in events])


@breaks("reserved lines")
def a_gift_stays_promised_when_its_parent_is_taken_off(logs: Logs) -> None:
    at, _ = decision_about(logs, key("taken-off"), e.Unreserved)
    logs.rewrite(
        at,
        lambda events: [
            replace(x, rows=tuple(row for row in x.rows if row.line != "gift")) if isinstance(x, e.Unreserved) else x for x in events
        ],
    )


@breaks("accounted")
def a_gift_that_is_not_there_is_forgotten(logs: Logs) -> None:
    at, _ = decision_about(logs, key("dropped"), e.OrderReduced)
    logs.rewrite(at, lambda events: without(events, e.OrderReduced))
