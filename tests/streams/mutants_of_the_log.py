"""Mutants of the pipeline: records dropped, doubled, swapped, forged, or told to the wrong one."""

from msgspec.structs import replace

from streams.commands import PlaceOrder
from tables import events as e
from tests.story import key
from tests.streams.logs import Logs
from tests.streams.mutants import breaks


# ---------------------------------------------------------------------------------------------- raw -> commands
@breaks("raw outcome")
def a_raw_record_has_no_outcome(logs: Logs) -> None:
    at = logs.find(e.OrderPlaced, 3)
    _cause(logs, at, ("raw", 0, at - 1, 1))


@breaks("raw outcome")
def a_raw_record_is_answered_by_a_command_and_a_dead_letter(logs: Logs) -> None:
    logs.ignore(logs.find(e.OrderPlaced, 3))


@breaks("raw outcome")
def a_raw_record_is_ignored_and_rejected(logs: Logs) -> None:
    logs.raw += 2
    logs.ignore(logs.raw - 2, verdict="ignored")
    logs.ignore(logs.raw - 2, verdict="rejected")
    logs.ignore(logs.raw - 1)


@breaks("raw outcome")
def one_of_three_commands_of_a_raw_record_is_dropped(logs: Logs) -> None:
    at = logs.find(e.OrderPlaced, 3)
    _cause(logs, at, ("raw", 0, at - 1, 2))
    logs.ignore(at)


@breaks("readable")
def a_dead_letter_cannot_be_read(logs: Logs) -> None:
    logs.raw += 1
    logs.ignore(logs.raw - 1)
    logs.letters[-1] = replace(logs.letters[-1], offset="last")


def _cause(logs: Logs, at: int, cause: tuple[str, int, int, int]) -> None:
    logs.commands[at] = replace(logs.commands[at], cause=cause)
    logs.change(at, cause=cause)


# ---------------------------------------------------------------------------------------------- commands -> decisions
@breaks("one decision")
def a_decision_is_dropped(logs: Logs) -> None:
    del logs.decisions[logs.find(e.Duplicate)]


@breaks("one decision")
def a_decision_is_doubled(logs: Logs) -> None:
    at = logs.find(e.Duplicate)
    logs.decisions.insert(at, logs.decisions[at])


@breaks("one decision")
def two_decisions_are_swapped(logs: Logs) -> None:
    at = logs.find(e.OrderPlaced, 3)
    logs.decisions[at : at + 2] = reversed(logs.decisions[at : at + 2])


@breaks("raw outcome")
def a_raw_record_is_not_in_the_log(logs: Logs) -> None:
    logs.raw -= 1


@breaks("one decision")
def a_command_is_not_in_the_log(logs: Logs) -> None:
    del logs.commands[-1]


@breaks("cause")
def a_decision_is_about_another_command(logs: Logs) -> None:
    at = logs.find(e.OrderPlaced, 3)
    logs.change(at, cause=("raw", 0, at - 1, 0))


@breaks("cause")
def a_decision_is_of_another_pool(logs: Logs) -> None:
    logs.change(-1, pool="south", seq=1)


@breaks("cause")
def a_repeated_command_takes_effect_again(logs: Logs) -> None:
    at = logs.find(e.Shipped)
    again = replace(logs.decisions[at], src_offset=len(logs.commands), seq=len(logs.decisions) + 1)
    logs.commands.append(logs.commands[at])
    logs.decisions.append(again)


@breaks("cause")
def a_decision_says_nothing(logs: Logs) -> None:
    logs.rewrite(logs.find(e.Duplicate), lambda events: ())


@breaks("sequence")
def a_decision_is_not_counted(logs: Logs) -> None:
    logs.change(-1, seq=len(logs.decisions) + 1)


@breaks("sequence")
def an_older_policy_decides(logs: Logs) -> None:
    logs.change(-1, policy_version=logs.decisions[-1].policy_version - 1)


@breaks("chain")
def a_decision_is_changed_afterwards(logs: Logs) -> None:
    _freeze(logs)
    logs.change(logs.find(e.Duplicate), command_id="someone else's")


@breaks("chain")
def two_histories_are_mixed(logs: Logs) -> None:
    _freeze(logs)
    logs.change(-1, prev="feedfacefeedface")


@breaks("readable")
def a_stranger_writes_into_decisions(logs: Logs) -> None:
    logs.change(-1, seq="the last one")


def _freeze(logs: Logs) -> None:
    """From here on the chain is as it was written."""
    logs.decisions = [replace(decision, prev=_prev(record)) for decision, record in logs.linked()]
    logs.chained = False


def _prev(record: bytes) -> str:
    return record.split(b'"prev":"')[1][:16].decode()


# ---------------------------------------------------------------------------------------------- decisions -> fulfilments
@breaks("fulfilments")
def a_fulfilment_is_missing(logs: Logs) -> None:
    del logs.told[2]


@breaks("fulfilments")
def a_cancel_is_not_told(logs: Logs) -> None:
    del logs.told[next(i for i, told in enumerate(logs.told) if told.type == "FulfilmentCancelled" and told.final)]


@breaks("fulfilments")
def a_cancel_that_asks_is_told_as_final(logs: Logs) -> None:
    at = next(i for i, told in enumerate(logs.told) if not told.final)
    logs.told[at] = replace(logs.told[at], final=True)


@breaks("fulfilments")
def a_fulfilment_goes_to_another_node(logs: Logs) -> None:
    logs.told[2] = replace(logs.told[2], node="porto" if logs.told[2].node == "hamburg" else "hamburg")


@breaks("fulfilments")
def a_fulfilment_ships_one_unit_more(logs: Logs) -> None:
    first, *others = logs.told[2].lines
    logs.told[2] = replace(logs.told[2], lines=(replace(first, quantity=first.quantity + 1), *others))


@breaks("fulfilments")
def a_fulfilment_is_of_another_order(logs: Logs) -> None:
    logs.told[2] = replace(logs.told[2], order="another")


@breaks("fulfilments")
def a_fulfilment_has_no_reservation(logs: Logs) -> None:
    logs.told.append(replace(logs.told[2], id="Finvented"))


@breaks("fulfilments")
def a_fulfilment_comes_again_and_differs(logs: Logs) -> None:
    logs.told.append(replace(logs.told[2], recipient="sealed otherwise"))


@breaks("fulfilments")
def a_fulfilment_is_told_as_another_decision_s(logs: Logs) -> None:
    logs.told[2] = replace(logs.told[2], src_offset=logs.told[2].src_offset - 1)


@breaks("fulfilments")
def fulfilments_of_two_decisions_are_swapped(logs: Logs) -> None:
    """Who keeps the highest place takes the earlier one, which comes last, for a repetition."""
    logs.told[2:4] = reversed(logs.told[2:4])


# ---------------------------------------------------------------------------------------------- what is committed
@breaks("commits")
def a_raw_record_is_committed_before_its_outcome_is_there(logs: Logs) -> None:
    logs.committed = {"raw": {0: logs.raw + 1}}
    logs.raw += 1


@breaks("commits")
def a_command_is_committed_before_its_decision_is_there(logs: Logs) -> None:
    logs.committed = {"commands": {0: len(logs.commands)}}
    del logs.decisions[-1]


@breaks("commits")
def a_decision_is_committed_before_its_fulfilments_are_there(logs: Logs) -> None:
    logs.committed = {"decisions": {0: len(logs.decisions)}}
    del logs.told[-1]


# ---------------------------------------------------------------------------------------------- deciding again
@breaks("replay")
def a_decision_is_not_what_its_version_decides(logs: Logs) -> None:
    at = logs.find(e.Considered, 5)
    logs.rewrite(at, lambda events: [replace(x, candidates=x.candidates[::-1]) if isinstance(x, e.Considered) else x for x in events])


@breaks("replay")
def a_version_that_nobody_knows_has_decided(logs: Logs) -> None:
    logs.change(7, decider=99)


@breaks("replay")
def a_command_is_changed_after_it_was_decided(logs: Logs) -> None:
    at = logs.find(e.OrderPlaced, 5)
    command = logs.commands[at]
    assert isinstance(command, PlaceOrder)
    logs.commands[at] = replace(command, region="DE-BY")


# ---------------------------------------------------------------------------------------------- decisions -> what is published
@breaks("versions")
def an_older_status_comes_last(logs: Logs) -> None:
    logs.statuses = [logs.status("1", 9), logs.status("2", 8), logs.status("1", 7)]


@breaks("versions")
def an_older_level_comes_last(logs: Logs) -> None:
    logs.levels = [logs.level("ASSAM", 9), logs.level("ASSAM", 9), logs.level("ASSAM", 8)]


@breaks("versions")
def a_status_has_the_key_of_another_order(logs: Logs) -> None:
    logs.statuses = [(key("2"), logs.status("1", 9)[1])]


@breaks("versions")
def a_status_follows_from_a_decision_that_was_never_made(logs: Logs) -> None:
    logs.statuses = [logs.status("1", len(logs.decisions))]


@breaks("readable")
def a_stranger_writes_into_statuses(logs: Logs) -> None:
    logs.statuses = [(key("1"), b'{"position":9}')]


# ---------------------------------------------------------------------------------------------- the same order twice
@breaks("one order")
def a_revision_takes_effect_twice(logs: Logs) -> None:
    """The rule that knows repeated revisions is gone, and the order comes again by another raw record."""
    first = logs.decisions[logs.find(e.OrderPlaced, 8)].events
    placed = next(event for event in first if isinstance(event, e.OrderPlaced))
    logs.rewrite(logs.find(e.Stale), lambda events: (replace(placed, revision=2),))


@breaks("one order")
def an_older_revision_takes_effect_last(logs: Logs) -> None:
    at = logs.find(e.Stale)
    command = logs.commands[at]
    assert isinstance(command, PlaceOrder)
    placed = next(x for d in logs.decisions for x in d.events if isinstance(x, e.OrderPlaced) and x.order == command.order)
    logs.rewrite(at, lambda events: (replace(placed, updated_at=command.updated_at, digest=command.digest),))


@breaks("one order")
def a_refund_takes_effect_twice(logs: Logs) -> None:
    at = logs.find(e.OrderReduced)
    logs.rewrite(at, lambda events: (events[0], *events))
