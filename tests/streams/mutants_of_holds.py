"""Mutants of the flow: holds that do not end, end too early, or keep nothing back."""

import msgspec
from msgspec.structs import replace

from tables import events as e
from tests.story import key
from tests.streams.logs import Logs
from tests.streams.mutants import breaks
from tests.streams.mutants_of_the_rules import decision_about, without


@breaks("holds")
def an_order_is_held_for_what_the_policy_ignores(logs: Logs) -> None:
    at, _ = decision_about(logs, key("unpaid"), e.OrderHeld)
    logs.rewrite(at, lambda events: [replace(x, reasons=("payment", "fraud")) if isinstance(x, e.OrderHeld) else x for x in events])


@breaks("holds")
def an_order_waits_for_its_payment_for_ever(logs: Logs) -> None:
    at, _ = decision_about(logs, key("unpaid"), e.OrderCancelled)
    logs.rewrite(at, lambda events: without(events, e.OrderCancelled))


@breaks("holds")
def the_policy_cancels_before_the_time_is_up(logs: Logs) -> None:
    at, decision = decision_about(logs, key("unpaid"), e.OrderCancelled)
    cancel = next(event for event in decision.events if isinstance(event, e.OrderCancelled))
    logs.rewrite(at, lambda events: without(events, e.OrderCancelled))
    logs.rewrite(at - 1, lambda events: [*events, cancel])


@breaks("holds")
def the_policy_lets_go_whom_it_should_cancel(logs: Logs) -> None:
    at, _ = decision_about(logs, key("unpaid"), e.OrderCancelled)
    released = e.HoldReleased(order=key("unpaid"), reasons=("payment",), by="policy")
    waits = e.Backordered(order=key("unpaid"), rows=(e.Waiting("ASSAM", "ASSAM", 1),))
    logs.rewrite(at, lambda events: [*without(events, e.OrderCancelled), released, waits])


@breaks("reservations")
def what_a_person_keeps_back_stays_promised(logs: Logs) -> None:
    at, _ = decision_about(logs, key("odd"), e.OrderHeld)
    logs.rewrite(at, lambda events: without(events, e.Unreserved, e.CancelRequested))


@breaks("holds")
def an_order_that_is_too_cheap_is_promised(logs: Logs) -> None:
    at, _ = decision_about(logs, key("cheap"), e.OrderHeld)
    reserved = e.Reserved(order=key("cheap"), fulfilment="Fcheap", node="hamburg", rows=(e.Row("CASE-OOLONG", "OOLONG", 2),))
    logs.rewrite(at, lambda events: [*without(events, e.OrderHeld), reserved])


@breaks("fulfilments")
def a_node_is_told_of_a_fulfilment_twice(logs: Logs) -> None:
    at = logs.find(e.FulfilmentReleased)
    logs.rewrite(at, lambda events: [*events, next(x for x in events if isinstance(x, e.FulfilmentReleased))])


@breaks("fulfilments")
def a_node_is_told_of_more_than_is_reserved(logs: Logs) -> None:
    more = (e.Row("ASSAM", "ASSAM", 2),)
    at = logs.find(e.FulfilmentReleased)
    logs.rewrite(at, lambda events: [replace(x, rows=more) if isinstance(x, e.FulfilmentReleased) else x for x in events])


@breaks("fulfilments")
def a_node_is_called_off_that_was_never_told(logs: Logs) -> None:
    at, _ = decision_about(logs, key("off", "slow"), e.Unreserved)
    logs.rewrite(at, lambda events: [replace(x, untold=False) if isinstance(x, e.Unreserved) else x for x in events])


@breaks("fulfilments")
def a_node_is_not_told_for_weeks(logs: Logs) -> None:
    at = logs.find(e.FulfilmentReleased)
    weeks = e.Ticked(at=10**12)
    logs.rewrite(at, lambda events: [weeks])


@breaks("fulfilments")
def a_node_is_told_before_the_fulfilment_is_released(logs: Logs) -> None:
    ordered = next(told for told in logs.told if told.order == "one")
    at, _ = decision_about(logs, key("one", "slow"), e.Reserved)
    early = msgspec.structs.replace(ordered, src_offset=logs.decisions[at].src_offset, ordinal=2)
    logs.told = [early, *(told for told in logs.told if told is not ordered)]
