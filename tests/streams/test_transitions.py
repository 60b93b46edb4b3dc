"""The table of states and steps is what is decided: every state that can be reached, and every step from it, legal or not."""

from collections import defaultdict

from streams.rules.transitions import OBSERVATIONS, STATES, TABLE, Step, endings
from tables.events import AnyEvent, Duplicate, Refused, Stale
from tables.units import UnitState
from tests.streams.stepping import begin, everything

Table = dict[tuple[Step, UnitState], list[str]]


def test_the_table_says_what_is_decided() -> None:
    """Each ending of the table happens, and no other. One state is never reached: nothing leaves a unit `accepted` that is not promised,
    waited for, held or off."""
    happened: defaultdict[tuple[Step, UnitState], set[str]] = defaultdict(set)
    walks = (begin(), begin("porto"), begin("hamburg", "porto"), begin(shortage="reject"))
    for before, step, after, events in everything(*walks):
        happened[step, before].add(_ending(before, after, events[0]))
        if isinstance(events[0], Duplicate | Stale | Refused):
            assert (len(events), after) == (1, before), "what is refused moves nothing"
    decided: Table = {place: sorted(found) for place, found in happened.items()}
    told: Table = {(step, state): sorted(endings(step, state)) for step in TABLE for state in STATES if endings(step, state)}

    assert decided == told
    assert {state for _, state in decided} == {*STATES} - {"accepted"}


def _ending(before: UnitState, after: UnitState, first: AnyEvent) -> str:
    match first:
        case Duplicate():
            return "duplicate"
        case Stale():
            return "stale"
        case Refused(code=code):
            return f"!{code}"
        case _:
            return "=" if after == before else after


def test_what_is_observed_moves_nothing_back() -> None:
    """Late, twice or out of order: a unit goes on, or stays."""
    backwards = [
        (step, state, ending)
        for step in OBSERVATIONS
        for state in STATES
        for ending in endings(step, state)
        if ending in STATES and STATES.index(ending) <= STATES.index(state)
    ]

    assert backwards == []
