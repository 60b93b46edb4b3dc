"""Mutants of the decider: money given back that is not owed."""

from collections.abc import Callable

from msgspec.structs import replace

from tables import events as e
from tests.streams.logs import Logs
from tests.streams.mutants import breaks


def changed(logs: Logs, nth: int, change: Callable[[e.RefundDue], list[e.AnyEvent]]) -> None:
    """Put something else in the place of the nth decision that gives money back."""
    at = logs.find(e.RefundDue, nth)
    logs.rewrite(at, lambda events: [new for event in events for new in (change(event) if isinstance(event, e.RefundDue) else [event])])


def first_line(event: e.RefundDue, **fields: object) -> e.RefundDue:
    first, *others = event.lines
    return replace(event, lines=(replace(first, **fields), *others))


@breaks("refunds")
def more_is_given_back_than_was_paid(logs: Logs) -> None:
    """After goodwill before it, which leaves a cent less than the mutant gives."""
    changed(logs, 1, lambda event: [first_line(event, amount=event.lines[0].amount + 1)])


@breaks("refunds")
def more_postage_is_given_back_than_was_paid(logs: Logs) -> None:
    changed(logs, 1, lambda event: [replace(event, lines=(*event.lines[:-1], replace(event.lines[-1], amount=491)))])


@breaks("refunds")
def a_refund_is_due_twice(logs: Logs) -> None:
    changed(logs, 0, lambda event: [event, event])


@breaks("refunds")
def money_is_given_back_in_another_currency(logs: Logs) -> None:
    changed(logs, 0, lambda event: [replace(event, currency="USD")])


@breaks("refunds")
def what_was_shipped_of_a_cancelled_order_is_given_back(logs: Logs) -> None:
    changed(logs, 2, lambda event: [first_line(event, units=3)])


@breaks("refunds")
def postage_is_given_back_though_a_part_was_shipped(logs: Logs) -> None:
    changed(logs, 2, lambda event: [replace(event, lines=(*event.lines, e.RefundLine("", 0, 490)))])


@breaks("refunds")
def a_line_that_was_never_ordered_is_given_back(logs: Logs) -> None:
    changed(logs, 3, lambda event: [first_line(event, line="TEAPOT")])


@breaks("refunds")
def more_units_are_given_back_than_were_ordered(logs: Logs) -> None:
    changed(logs, 3, lambda event: [first_line(event, units=4)])
