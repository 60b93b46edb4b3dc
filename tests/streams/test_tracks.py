"""What aggregators of carriers push of a parcel, all the way into the pool: late, twice or in another order, it ends the same."""

import json
from urllib.parse import parse_qs, urlencode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.contract import TrackingDraft
from connectors.registry import channels
from streams.rules.announce import status
from tests.connectors.cases import FIXTURES, SHOP, raw_record
from tests.story import Story, key, line, one_shop

ENDS = {
    "easypost/delivered.json": ("delivered", "delivered"),
    "easypost/failed-attempt.json": ("failed_attempt", "shipped"),
    "easypost/lost.json": ("lost", "shipped"),
    "easypost/returned.json": ("returned", "shipped"),
    "kuaidi100/signed.form": ("delivered", "delivered"),
    "kuaidi100/again.form": ("returning", "shipped"),
    "kuaidi100/sent-back.form": ("returned", "shipped"),
}


def growing(fixture: str) -> list[tuple[TrackingDraft, ...]]:
    """The pushes that a track made on its way: its first scan, its first two, …"""
    body = (FIXTURES / fixture).read_bytes()
    if fixture.endswith(".json"):
        event = json.loads(body)
        scans = event["result"]["tracking_details"]
        shorter = [event["result"] | {"tracking_details": scans[:length]} for length in range(1, len(scans) + 1)]
        return [drafts("easypost", "tracker", json.dumps({"result": tracker}).encode()) for tracker in shorter]
    push = json.loads(parse_qs(body.decode())["param"][0])
    scans, sign = push["lastResult"]["data"], "A" * 32
    tracks = [push | {"lastResult": push["lastResult"] | {"data": scans[-length:]}} for length in range(1, len(scans) + 1)]
    return [drafts("kuaidi100", "track", urlencode({"param": json.dumps(track), "sign": sign}).encode()) for track in tracks]


def drafts(channel: str, kind: str, body: bytes) -> tuple[TrackingDraft, ...]:
    parsed = channels()[channel].parse(raw_record(channel, body, kind), SHOP)
    return tuple([draft for draft in parsed if isinstance(draft, TrackingDraft)]) if isinstance(parsed, tuple) else ()


def told(pushes: list[tuple[TrackingDraft, ...]], ships_after: int = 0) -> tuple[str, str]:
    """What is known of the parcel in the end, and of the order that was shipped in it after so many pushes."""
    [number] = {draft.tracking for push in pushes for draft in push}
    story = one_shop({"east": {"KETTLE": 9}})
    story.place("1", line("KETTLE", 2))
    for place, push in enumerate([*pushes, ()]):
        if place == ships_after:
            story.ship(story.fulfilment("1"), tracking=number)
        for draft in push:
            story.track(draft.tracking, draft.status, draft.at)
    return outcome(story, number)


def outcome(story: Story, number: str) -> tuple[str, str]:
    parcel = (story.order("1").parcels or {})[number]
    return parcel.status, status(story.pool, key("1"), 0).status


@pytest.mark.parametrize("fixture", ENDS)
def test_a_track_ends_as_its_aggregator_says(fixture: str) -> None:
    assert told(growing(fixture)) == ENDS[fixture]


@settings(derandomize=True, deadline=None, max_examples=60)
@given(fixture=st.sampled_from(sorted(ENDS)), data=st.data())
def test_pushes_that_come_late_twice_or_before_the_shipment_end_the_same(fixture: str, data: st.DataObject) -> None:
    pushes = growing(fixture)
    again = data.draw(st.lists(st.sampled_from(pushes), max_size=3))
    shuffled = data.draw(st.permutations(pushes + again))

    assert told(shuffled, data.draw(st.integers(0, len(shuffled)))) == ENDS[fixture]


@pytest.mark.parametrize("fixture", ENDS)
def test_every_push_says_what_the_last_one_said_under_the_same_documents(fixture: str) -> None:
    *earlier, last = growing(fixture)

    assert {draft.document for push in earlier for draft in push} <= {draft.document for draft in last}
