"""What simulated warehouses do: as properties of every fulfilment, fate and cancel."""

from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.contract import FulfilmentLine
from deploy.warehouse.books import Books, Told
from deploy.warehouse.habits import DAY, HOUR, Habits
from deploy.warehouse.plan import plan
from deploy.warehouse.words import Ask, Back, Inspected, Job, Left, Lines, Progress, Seen, TooLate, Unshipped, Word, less, units
from tests.deploy.warehouse.jobs import LINES, NOON, ask, habits, job, jobs

SURE = Habits(parcels=0.0, returns=0.0)


@st.composite
def cancels(draw: st.DrawFn, lines: Lines, most: int = 3) -> list[Ask]:
    """In order of time, each of some of the units."""
    times = sorted(draw(st.lists(st.integers(1, 10 * DAY), max_size=most)))
    parts = st.lists(st.sampled_from(lines), min_size=1, unique=True).map(tuple)
    return [Ask(event=f"c{number}", id="F", lines=draw(parts), at=NOON + at, final=draw(st.booleans())) for number, at in enumerate(times)]


def said(words: list[Word], kind: type[Word]) -> list[Word]:
    return [word for word in words if isinstance(word, kind)]


def shipped(words: list[Word]) -> Counter[str]:
    return sum((Counter(units(word.lines)) for word in words if isinstance(word, Left)), Counter())


# ---------------------------------------------------------------------------------------------- always
@given(st.data(), jobs, habits)
@settings(max_examples=150, deadline=None, derandomize=True)
def test_a_cancel_changes_nothing_that_was_said_before_it_came(data: st.DataObject, one: Job, habits: Habits) -> None:
    asks = data.draw(cancels(one.lines))

    for number, new in enumerate(asks):
        before, after = plan(one, asks[:number], habits), plan(one, asks[: number + 1], habits)
        assert [word for word in before if word.at <= new.at] == [word for word in after if word.at <= new.at]


@given(st.data(), jobs, habits)
@settings(max_examples=150, deadline=None, derandomize=True)
def test_no_unit_leaves_twice_and_all_that_does_not_leave_is_told(data: st.DataObject, one: Job, habits: Habits) -> None:
    asks = data.draw(cancels(one.lines))
    words, ordered = plan(one, asks, habits), Counter(units(one.lines))

    off = sum((Counter(units(word.lines)) for word in words if isinstance(word, Unshipped) and word.reason != "cancelled"), Counter())
    cancelled = sum((Counter(units(cancel.lines)) for cancel in asks), Counter())
    assert shipped(words) + off <= ordered
    assert ordered - shipped(words) - off <= cancelled
    assert [word.name for word in words] == list(dict.fromkeys(word.name for word in words))
    assert [word.at for word in words] == sorted(word.at for word in words)
    assert words == plan(one, asks, habits)


@given(jobs, habits)
@settings(max_examples=150, deadline=None, derandomize=True)
def test_each_parcel_is_followed_to_the_door_and_only_what_arrived_comes_back(one: Job, habits: Habits) -> None:
    words = plan(one, (), habits)

    for left in said(words, Left):
        assert isinstance(left, Left)
        track = [word for word in words if isinstance(word, Seen) and word.tracking == left.tracking]
        assert [seen.status for seen in track] == ["label", "in_transit", "out_for_delivery", "delivered"]
    back = sum((Counter(units(word.lines)) for word in words if isinstance(word, Back)), Counter())
    assert back <= shipped(words)
    assert [word.name for word in said(words, Inspected)] == [word.name.replace("back", "inspected") for word in said(words, Back)]
    if back:
        arrived = max(word.at for word in words if isinstance(word, Seen))
        assert min(word.at for word in said(words, Back)) > arrived


@given(st.data(), jobs, habits)
@settings(max_examples=100, deadline=None, derandomize=True)
def test_after_a_kill_at_any_word_the_rest_is_said(data: st.DataObject, one: Job, habits: Habits) -> None:
    asks = data.draw(cancels(one.lines))
    everything = plan(one, asks, habits)
    killed_after = data.draw(st.integers(0, len(everything)))

    books = Books(habits)
    books.fold(one)
    for cancel in asks:
        books.fold(Ask(event=cancel.event, id=one.id, lines=cancel.lines, at=cancel.at, final=cancel.final))
    for word in everything[:killed_after]:
        books.fold(Told(one.id, word.name))
    rest = []
    while following := books.next(one.id):
        rest.append(following)
        books.fold(Told(one.id, following.name))

    assert rest == everything[killed_after:]
    assert books.open == set()


# ---------------------------------------------------------------------------------------------- by name
def test_a_fulfilment_is_accepted_picked_packed_and_leaves() -> None:
    words = plan(job(), (), SURE)

    assert [word.stage for word in words if isinstance(word, Progress)] == ["accepted", "picking", "picked", "packed"]
    [left] = said(words, Left)
    assert isinstance(left, Left)
    assert (left.lines, left.more) == (LINES, False)
    assert NOON + 2 * HOUR <= left.at <= NOON + 9 * HOUR


def test_who_tells_little_still_tells_what_left_and_what_arrived() -> None:
    words = plan(job(), (), Habits(parcels=0.0, returns=0.0, tell=0.0))

    assert [word.status if isinstance(word, Seen) else type(word) for word in words] == [Left, "delivered"]


def test_days_pass_in_seconds_where_the_clock_runs_fast() -> None:
    slow, fast = plan(job(), (), SURE), plan(job(), (), Habits(parcels=0.0, returns=0.0, speed=DAY / 6_000))

    assert [word.name for word in fast] == [word.name for word in slow]
    assert fast[-1].at - NOON < 60_000 < DAY < slow[-1].at - NOON


@pytest.mark.parametrize("final", [True, False])
def test_what_is_cancelled_in_time_does_not_leave_and_a_question_is_answered(final: bool) -> None:
    words = plan(job(), [ask(0.1, final=final)], SURE)

    assert said(words, Left) == []
    assert [word.reason for word in words if isinstance(word, Unshipped)] == ([] if final else ["cancelled"])


def test_a_question_after_picking_is_too_late_and_the_parcel_leaves() -> None:
    words = plan(job(), [ask(100, final=False)], SURE)

    assert shipped(words) == {"CUP": 5, "POT": 1}
    assert said(words, Unshipped) == []


def test_some_say_that_it_is_too_late_and_some_just_ship() -> None:
    late = [plan(job(), [ask(4, final=False, event=f"c{number}")], Habits(late_cancel=1.0)) for number in range(100)]

    told = [bool(said(words, TooLate)) for words in late]
    assert 30 < sum(told) < 70
    assert all(shipped(words) == {"CUP": 5, "POT": 1} for words in late)


def test_some_say_too_late_though_there_was_time() -> None:
    words = plan(job(), [ask(0.1, final=False)], Habits(late_cancel=1.0, parcels=0.0, returns=0.0))

    assert shipped(words) == {"CUP": 5, "POT": 1}


def test_of_a_part_that_is_cancelled_the_rest_leaves() -> None:
    words = plan(job(), [ask(0.1, (FulfilmentLine("3", "CUP", 1), FulfilmentLine("2", "POT", 1)), final=False)], SURE)

    assert shipped(words) == {"CUP": 4}
    assert len(said(words, Unshipped)) == 1


def test_two_questions_before_the_answer_get_one_answer() -> None:
    asks = [ask(0.1, LINES[:1], final=False), ask(0.2, LINES[1:2], final=False, event="c2")]

    [answer] = said(plan(job(), asks, SURE), Unshipped)

    assert isinstance(answer, Unshipped)
    assert less(answer.lines, LINES[:2]) == ()


def test_what_a_warehouse_refuses_it_refuses_whole_and_at_once() -> None:
    words = plan(job(), (), Habits(refuse=1.0))

    assert [(type(word), getattr(word, "reason", "")) for word in words] == [(Unshipped, "no_capacity")]


def test_what_is_not_found_is_told_after_the_rest_has_left() -> None:
    words = plan(job(), (), Habits(short=1.0, parcels=1.0, returns=0.0))

    [left], [short] = said(words, Left), said(words, Unshipped)
    assert isinstance(left, Left)
    assert isinstance(short, Unshipped)
    assert left.more
    assert short.reason == "short"
    assert left.at < short.at
    assert Counter(units(left.lines)) + Counter(units(short.lines)) == {"CUP": 5, "POT": 1}


def test_two_parcels_leave_one_after_the_other() -> None:
    words = plan(job(), (), Habits(parcels=1.0))

    assert [word.more for word in words if isinstance(word, Left)] == [True, False]
    assert shipped(words) == {"CUP": 5, "POT": 1}


def test_a_share_of_fulfilments_comes_back() -> None:
    back = sum(any(isinstance(word, Back) for word in plan(job(f"F{number}"), (), Habits(returns=0.06))) for number in range(2_000))

    assert 90 <= back <= 150


def test_outages_come_every_so_often_and_every_other_one_hangs_up() -> None:
    habits = Habits(outage_every=60.0, outage_for=5.0)

    seen = [habits.outage(second) for second in (0, 30, 60, 64.9, 65, 121, 126, 181)]

    assert seen == ["", "", "unavailable", "unavailable", "", "closed", "", "unavailable"]
    assert Habits().outage(61) == ""
