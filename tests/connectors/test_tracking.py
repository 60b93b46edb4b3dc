"""The words of aggregators for what a parcel does, and the track they make."""

from typing import get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.contract import Ignored, Millis, TrackingDraft, TrackingStatus
from connectors.tracking import Scan, drafts, easypost, kuaidi100

WORDS: tuple[TrackingStatus, ...] = get_args(TrackingStatus)
steady = settings(derandomize=True, deadline=None)
scans = st.lists(st.builds(Scan, st.integers(0, 20).map(Millis), st.sampled_from(WORDS)), min_size=1, max_size=8)


def track(*told: tuple[int, TrackingStatus]) -> tuple[TrackingDraft, ...]:
    drafted = drafts("P", "gull", "GL-1", [Scan(Millis(at), status) for at, status in told])
    assert isinstance(drafted, tuple)
    return drafted


@pytest.mark.parametrize(
    ("status", "detail", "word"),
    [
        ("pre_transit", "label_created", "label"),
        ("in_transit", "departed_facility", "in_transit"),
        ("in_transit", "", "in_transit"),
        ("in_transit", "delivery_exception", "failed_attempt"),
        ("in_transit", "refused", "failed_attempt"),
        ("out_for_delivery", "out_for_delivery", "out_for_delivery"),
        ("available_for_pickup", "arrived_at_pickup_location", "out_for_delivery"),
        ("delivered", "arrived_at_destination", "delivered"),
        ("delivered", "return", "delivered"),
        ("return_to_sender", "return", "returning"),
        ("failure", "unknown", "failed_attempt"),
        ("failure", "lost", "lost"),
        ("cancelled", "cancelled", None),
        ("error", "lost", None),
        ("unknown", "unknown", None),
        ("teleported", "", None),
    ],
)
def test_what_easypost_says_in_our_words(status: str, detail: str, word: TrackingStatus | None) -> None:
    assert easypost(status, detail) == word


@pytest.mark.parametrize(
    ("states", "word"),
    [
        ("0 1 7 103 1001 在途 揽收 转投", "in_transit"),
        ("101 102", "label"),
        ("5 501 派件", "out_for_delivery"),
        ("3 301 304 签收", "delivered"),
        ("2 14 203 206 疑难", "failed_attempt"),
        ("6 退回", "returning"),
        ("4 退签", "returned"),
        ("9 202 401 -1 30 ٣ 星座", None),
    ],
)
def test_what_kuaidi100_says_in_our_words(states: str, word: TrackingStatus | None) -> None:
    assert {kuaidi100(state) for state in states.split()} == {word}


def test_every_state_of_kuaidi100_from_0_to_7_has_a_word() -> None:
    assert {kuaidi100(str(state)) for state in range(8)} == set(WORDS) - {"label", "lost"}


def test_a_parcel_that_has_turned_is_returned_when_it_is_delivered() -> None:
    told = track((1, "in_transit"), (2, "returning"), (3, "out_for_delivery"), (4, "delivered"))

    assert [draft.status for draft in told] == ["in_transit", "returning", "returned"]


def test_of_scans_in_a_row_that_say_the_same_the_first_is_told() -> None:
    told = track((1, "in_transit"), (2, "in_transit"), (3, "failed_attempt"), (4, "in_transit"), (5, "in_transit"))

    assert [(draft.at, draft.status) for draft in told] == [(1, "in_transit"), (3, "failed_attempt"), (4, "in_transit")]


def test_a_parcel_can_be_lost_on_its_way_home() -> None:
    assert [draft.status for draft in track((1, "returning"), (2, "lost"))] == ["returning", "lost"]


def test_a_track_that_says_nothing_is_ignored_with_a_reason() -> None:
    nothing = drafts("P", "gull", "GL-1", [])

    assert isinstance(nothing, Ignored)
    assert nothing.code == "no_known_status"


@steady
@given(told=scans, data=st.data())
def test_the_order_in_which_a_track_is_told_and_repetitions_change_nothing(told: list[Scan], data: st.DataObject) -> None:
    distinct = list({scan.at: scan for scan in told}.values())
    shuffled = data.draw(st.permutations(distinct + data.draw(st.lists(st.sampled_from(distinct), max_size=5))))

    assert drafts("P", "gull", "GL-1", shuffled) == drafts("P", "gull", "GL-1", distinct)


@steady
@given(told=scans, length=st.integers(1, 8))
def test_a_track_that_grew_says_again_what_it_said_under_the_same_documents(told: list[Scan], length: int) -> None:
    whole = sorted(told, key=lambda scan: scan.at)
    before, after = drafts("P", "gull", "GL-1", whole[:length]), drafts("P", "gull", "GL-1", whole)

    assert isinstance(before, tuple)
    assert isinstance(after, tuple)
    assert after[: len(before)] == before
    assert len({draft.document for draft in after}) == len(after)


def test_a_corrected_carrier_makes_no_event_happen_twice() -> None:
    told = [Scan(Millis(1), "in_transit")]
    one, other = drafts("P", "gull", "GL-1", told), drafts("P", "heron", "GL-1", told)

    assert isinstance(one, tuple)
    assert isinstance(other, tuple)
    assert one[0].document == other[0].document
