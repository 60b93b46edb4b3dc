"""What is said to a partner, when it is said again, and how far deliveries have come: the pure part."""

import hashlib
import hmac
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.lanes import WINDOW, Commit, Lane, Progress, resume
from connectors.partner import Accepted, Again, Delivery, Partner, Refused, Reply
from connectors.partner_webhook import FORM
from connectors.patience import FAILURES_IN_A_ROW, LONGEST_PAUSE, REFUSALS_IN_A_ROW, Breaker, ceiling, given_up, pause
from connectors.routes import UNKNOWN, Routes
from tests.connectors.partners import NOON, SEALED, WEI, fulfilment

RENO = Partner(name="reno", url="https://reno.example/hook", secret=b"lapsang")


# ---------------------------------------------------------------------------------------------- the signed webhook
def test_the_signature_covers_the_time_and_the_bytes() -> None:
    request = FORM.request(Delivery(fulfilment=fulfilment(7), recipient=None, at=NOON), RENO)

    signed = hmac.new(b"lapsang", b"1760000000." + request.body, hashlib.sha256).hexdigest()
    assert request.headers["X-Yipan-Timestamp"] == "1760000000"
    assert request.headers["X-Yipan-Signature"] == signed
    assert request.headers["Idempotency-Key"] == "0-7-0"


def test_a_later_attempt_has_the_same_body_and_the_same_key() -> None:
    first, second = (FORM.request(Delivery(fulfilment=fulfilment(7), recipient=WEI, at=at), RENO) for at in (NOON, NOON + 60_000))  # type: ignore[arg-type]

    assert first.body == second.body
    assert first.headers["Idempotency-Key"] == second.headers["Idempotency-Key"]
    assert first.headers["X-Yipan-Signature"] != second.headers["X-Yipan-Signature"]


def test_a_partner_that_may_know_the_recipient_gets_it_open_and_no_other_even_sealed() -> None:
    told = fulfilment(7, recipient=SEALED)

    opened = json.loads(FORM.request(Delivery(fulfilment=told, recipient=WEI, at=NOON), RENO).body)
    closed = FORM.request(Delivery(fulfilment=told, recipient=None, at=NOON), RENO).body

    assert opened["recipient"] == {"name": "Wei Chen", "street": ["1 Harbor Road"], "city": "Newark"}
    assert (opened["id"], opened["type"], opened["lines"][0]["sku"]) == ("F7", "FulfilmentOrdered", "CUP")
    assert b"recipient" not in closed


@pytest.mark.parametrize("status", [408, 425, 429, 500, 502, 503, 504])
def test_what_may_pass_is_tried_again(status: int) -> None:
    assert isinstance(FORM.answer(Reply(status, {}, b"")), Again)


@pytest.mark.parametrize("status", [301, 307, 400, 401, 403, 404, 409, 410, 413, 422])
def test_any_other_answer_is_final(status: int) -> None:
    verdict = FORM.answer(Reply(status, {}, b""))
    assert isinstance(verdict, Refused)
    assert verdict.code == f"http_{status}"


@pytest.mark.parametrize(
    ("said", "seconds"), [("120", 120), ("999999", 3600), ("Fri, 01 Jan 2027", 0), ("", 0), ("-4", 0), ("٣", 0), ("9" * 5000, 0)]
)
def test_a_partner_may_ask_to_be_left_alone_for_a_while(said: str, seconds: float) -> None:
    assert FORM.answer(Reply(429, {"retry-after": said}, b"")) == Again("answered 429", seconds)
    assert FORM.answer(Reply(204, {}, b"")) == Accepted()


def test_neither_secret_nor_recipient_shows_in_a_repr() -> None:
    assert "lapsang" not in repr(RENO)
    assert "Wei" not in repr(Delivery(fulfilment=fulfilment(7), recipient=WEI, at=NOON))


# ---------------------------------------------------------------------------------------------- patience
@given(st.integers(1, 10_000), st.floats(0, 1), st.floats(0, 3600))
def test_a_pause_is_never_longer_than_the_cap_nor_shorter_than_was_asked_for(attempt: int, chance: float, after: float) -> None:
    assert after <= pause(attempt, chance, after) <= max(LONGEST_PAUSE, after)


@given(st.integers(1, 100))
def test_jitter_takes_anything_up_to_a_ceiling_that_doubles(attempt: int) -> None:
    assert pause(attempt, 0.0) == 0.0
    assert pause(attempt, 1.0) == ceiling(attempt)
    assert ceiling(attempt + 1) == min(2 * ceiling(attempt), LONGEST_PAUSE)


def test_a_record_is_given_up_by_attempts_or_by_age() -> None:
    assert not given_up(11, 100, most=12, longest=1000)
    assert given_up(12, 0, most=12, longest=1000)
    assert given_up(0, 1000, most=12, longest=1000)


@given(st.lists(st.tuples(st.sampled_from(["accepted", "refused", "failed", "dropped"]), st.floats(0, 500))))
def test_an_open_breaker_lets_one_probe_through_at_a_time(history: list[tuple[str, float]]) -> None:
    breaker, now = Breaker(), 0.0
    for answer, later in history:
        now += later
        if breaker.wait(now) > 0:
            continue
        breaker = breaker.sent()
        assert breaker.closed or breaker.wait(now) > 0
        match answer:
            case "accepted":
                breaker = breaker.accepted()
                assert breaker.closed
            case "refused":
                breaker = breaker.refused(now)
            case "failed":
                breaker = breaker.failed(now)
            case "dropped":
                breaker = breaker.dropped()
        assert breaker.wait(now) <= LONGEST_PAUSE


def test_failures_in_a_row_open_the_breaker_and_one_answer_closes_it() -> None:
    breaker = Breaker()
    for _ in range(FAILURES_IN_A_ROW - 1):
        breaker = breaker.failed(10.0)
    assert breaker.accepted().closed
    assert breaker.refused(10.0).closed
    breaker = breaker.failed(10.0)
    assert not breaker.closed
    assert breaker.wait(10.0) == 1.0
    assert breaker.sent().failed(11.0).wait(11.0) == 2.0
    assert breaker.sent().accepted().closed


def test_who_refuses_everything_is_asked_less_and_less() -> None:
    breaker = Breaker()
    for _ in range(REFUSALS_IN_A_ROW):
        assert breaker.closed
        breaker = breaker.refused(0.0)
    assert not breaker.closed
    assert breaker.sent().refused(5.0).wait(5.0) == 2.0


# ---------------------------------------------------------------------------------------------- how far it has come
def test_what_is_committed_never_passes_what_is_not_settled() -> None:
    progress = Progress(0)
    lane = progress.lane("reno")
    for offset in range(3):
        progress.front = offset + 1
        assert lane.offer(offset)
    lane.settle(1)
    assert progress.commit("r").offset == 0
    lane.settle(0)
    assert progress.commit("r").offset == 2
    lane.settle(2)
    assert progress.commit("r") == Commit(3)


def test_a_full_lane_is_parked_where_it_lost_track() -> None:
    lane = Lane()
    assert all(lane.offer(offset) for offset in range(WINDOW))
    assert not lane.offer(WINDOW + 5)
    assert (lane.parked, lane.hungry) == (WINDOW + 5, False)
    for offset in range(WINDOW):
        lane.settle(offset)
    assert lane.hungry
    assert lane.stands_at(10_000) == WINDOW + 5


def test_who_goes_on_from_a_commit_repeats_nothing_to_those_that_kept_up() -> None:
    progress = Progress(0)
    progress.front = 900
    progress.lane("down").offer(40)
    progress.lane("well").offer(41)
    progress.lane("well").settle(41)

    again = resume(progress.commit("r"), "r")

    assert (again.front, {name: lane.parked for name, lane in again.lanes.items()}) == (900, {"down": 40})


@pytest.mark.parametrize(
    "metadata", ["", "{}", "nonsense", '{"front": 3}', '{"front": 900, "routes": "r", "lanes": {"down": 39}}', "\ud800"]
)
def test_metadata_that_does_not_fit_is_not_used(metadata: str) -> None:
    assert resume(Commit(40, metadata), "r").front == 40


def test_after_nodes_went_to_other_partners_all_from_the_prefix_on_is_delivered_again() -> None:
    progress = Progress(0)
    progress.front = 900
    progress.lane("down").offer(40)

    assert resume(progress.commit("r"), "another").front == 40


def test_metadata_too_long_for_the_broker_is_left_out() -> None:
    progress = Progress(0)
    for number in range(200):
        progress.front = number + 1
        progress.lane(f"a-partner-with-a-long-name-{number}").offer(number)

    assert progress.commit("r") == Commit(0, "")


# ---------------------------------------------------------------------------------------------- who has which node
def test_a_node_goes_to_who_names_it_and_else_by_its_kind() -> None:
    tills = Partner(name="tills", url="https://tills.example/", secret=b"s", kinds=("store",), nodes=("reno",))
    routes = Routes([tills], {"reno": "warehouse", "main-street": "store", "newark": "warehouse"})

    assert [routes.partner(node) for node in ("reno", "main-street", "newark")] == ["tills", "tills", None]


def test_a_node_nobody_has_heard_of_may_be_of_any_kind() -> None:
    by_name = Partner(name="a", url="https://a.example/", secret=b"s", nodes=("reno",))
    by_kind = Partner(name="b", url="https://b.example/", secret=b"s", kinds=("store",))

    assert Routes([by_name], {}).partner("new") is None
    assert Routes([by_name, by_kind], {}).partner("new") == UNKNOWN
    assert Routes([by_kind], {}).digest != Routes([by_kind], {"new": "warehouse"}).digest
