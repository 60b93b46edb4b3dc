"""Mutants of waves: nodes are told before their wave, apart from it, or not with it."""

from msgspec.structs import replace

from tables import events as e
from tests.streams.logs import Logs
from tests.streams.mutants import breaks
from tests.streams.mutants_of_the_rules import without

TOLD = (e.FulfilmentReleased, e.CarrierChosen)


def _wave(logs: Logs) -> int:
    """The last decision that tells a node of what has waited."""
    return max(i for i, decision in enumerate(logs.decisions) if any(isinstance(event, e.FulfilmentReleased) for event in decision.events))


@breaks("fulfilments")
def a_node_is_told_before_its_wave(logs: Logs) -> None:
    """By the tick before: all as it would have been an hour later."""
    wave = _wave(logs)
    told = [event for event in logs.decisions[wave].events if isinstance(event, TOLD)]
    logs.rewrite(wave, lambda events: without(events, *TOLD))
    logs.rewrite(wave - 1, lambda events: [*events, *told])


@breaks("fulfilments")
def a_wave_leaves_without_what_is_due(logs: Logs) -> None:
    """One tick later would be in time for nothing that was promised by the wave."""
    wave = _wave(logs)
    told = [event for event in logs.decisions[wave].events if isinstance(event, TOLD)]
    logs.rewrite(wave, lambda events: without(events, *TOLD))
    logs.rewrite(wave + 1, lambda events: [*events, *told])


@breaks("fulfilments")
def a_node_with_waves_is_told_at_once(logs: Logs) -> None:
    wave = _wave(logs)
    last = next(event for event in logs.decisions[wave].events if isinstance(event, e.FulfilmentReleased) and not event.group)
    chosen = next(event for event in logs.decisions[wave].events if isinstance(event, e.CarrierChosen) and _is(event, last))
    reserved = next(i for i, decision in enumerate(logs.decisions) if any(_is(event, last) for event in decision.events))
    logs.rewrite(wave, lambda events: [event for event in events if not _is(event, last)])
    logs.rewrite(reserved, lambda events: [*(replace(x, later=False) if isinstance(x, e.Reserved) else x for x in events), chosen])


def _is(event: e.AnyEvent, told: e.FulfilmentReleased) -> bool:
    """Of its fulfilment."""
    return getattr(event, "fulfilment", "") == told.fulfilment
