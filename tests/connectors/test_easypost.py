"""EasyPost: its signature, and what its events are of."""

import hmac
import json
import unicodedata
from typing import Any

import pytest
import yaml

from connectors.channels.easypost import CHANNEL, MOST_SCANS
from connectors.contract import Ignored, Received, Refusal, Rejected, Webhook
from tests.connectors.cases import FIXTURES, SAMPLES, SHOP, raw_record

SECRET = "phäre-ﬁve"  # a ligature, which NFKD takes apart
DELIVERED = (FIXTURES / "easypost" / "delivered.json").read_bytes()
samples = pytest.mark.skipif(not SAMPLES.is_dir(), reason="the platforms' samples are not there (../shared/data beside the project)")


def signature(body: bytes, secret: str = SECRET) -> str:
    return "hmac-sha256-hex=" + hmac.digest(unicodedata.normalize("NFKD", secret).encode(), body, "sha256").hex()


def received(body: bytes, signed: str, secret: bytes = SECRET.encode()) -> Received | Refusal:
    return CHANNEL.receive(Webhook({"x-hmac-signature": signed}, body), secret)


def changed(**fields: Any) -> bytes:
    event = json.loads(DELIVERED)
    event["result"] |= fields
    return json.dumps(event).encode()


def detail(at: Any, status: Any = "in_transit") -> dict[str, Any]:
    return {"status": status, "status_detail": None, "datetime": at}


def test_an_event_is_named_by_its_tracker_and_delivered_under_its_own_id() -> None:
    assert received(DELIVERED, signature(DELIVERED)) == Received("tracker", "trk_GL1001", "evt_1")


def test_the_signature_is_over_the_bytes_as_they_came() -> None:
    written_again = json.dumps(json.loads(DELIVERED.replace(b"614.4", b"614.40"))).encode()

    assert isinstance(received(DELIVERED.replace(b"614.4", b"614.40"), signature(written_again)), Refusal)


@pytest.mark.parametrize(
    "wrong", ["", "hmac-sha256-hex=", signature(DELIVERED, "phare-five"), signature(DELIVERED)[16:], "hmac-sha256-hex=é"]
)
def test_an_event_with_another_signature_is_refused(wrong: str) -> None:
    refusal = received(DELIVERED, wrong)

    assert isinstance(refusal, Refusal)
    assert refusal.code == "bad_signature"


def test_a_secret_that_is_no_text_signs_all_the_same() -> None:
    signed = "hmac-sha256-hex=" + hmac.digest(b"\xff\xfe", DELIVERED, "sha256").hex()

    assert isinstance(received(DELIVERED, signed, b"\xff\xfe"), Received)


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b'{"id": 7, "description": "tracker.updated"}', b"[" * 100_000])
def test_a_signed_body_that_is_no_event_is_malformed(body: bytes) -> None:
    refusal = received(body, signature(body))

    assert isinstance(refusal, Refusal)
    assert refusal.code == "malformed"


def test_an_event_of_something_else_is_taken_and_ignored() -> None:
    body = (FIXTURES / "easypost" / "batch.json").read_bytes()
    named = received(body, signature(body))

    assert named == Received("batch.updated", "batch_1", "evt_7")
    assert isinstance(CHANNEL.parse(raw_record("easypost", body, "batch.updated"), SHOP), Ignored)


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"tracking_details": [detail("2026-03-02T15:00:00")]}, "naive_time"),
        ({"tracking_details": [detail(None)]}, "bad_time"),
        ({"tracking_details": [detail("2026-03-02T15:00:00Z", ["in_transit"])]}, "malformed"),
        ({"tracking_details": [detail("2026-03-02T15:00:00Z")] * (MOST_SCANS + 1)}, "too_many_lines"),
        ({"tracking_code": ""}, "bad_id"),
        ({"id": "x" * 201}, "bad_id"),
        ({"carrier": "Gu\0ll"}, "null_byte"),
    ],
)
def test_a_track_that_cannot_be_read_is_rejected_with_a_reason(fields: dict[str, Any], code: str) -> None:
    rejected = CHANNEL.parse(raw_record("easypost", changed(**fields), "tracker"), SHOP)

    assert isinstance(rejected, Rejected)
    assert rejected.code == code


# ---------------------------------------------------------------------------------------------- EasyPost's own
@samples
def test_easyposts_published_signature_is_right() -> None:
    [known] = [vector for vector in json.loads((SAMPLES / "signature_vectors.json").read_text()) if vector["platform"] == "easypost"]
    event = json.loads((SAMPLES / "tracking" / "easypost.event-body.json").read_text())
    body = json.dumps(event, separators=(",", ":"), ensure_ascii=False).encode()

    assert isinstance(received(body, known["expected"], known["secret"].encode()), Received)


@samples
def test_easyposts_published_event_is_a_parcel_on_its_way() -> None:
    body = (SAMPLES / "tracking" / "easypost.event-body.json").read_bytes()
    parsed = CHANNEL.parse(raw_record("easypost", body, "tracker"), SHOP)

    assert isinstance(parsed, tuple)
    assert [getattr(draft, "status", "") for draft in parsed] == ["label", "in_transit"]


@samples
@pytest.mark.parametrize("recording", ["test_tracker_create", "test_tracker_retrieve_batch"])
def test_recorded_trackers_are_read(recording: str) -> None:
    for interaction in yaml.safe_load((SAMPLES / "tracking" / f"easypost.{recording}.yaml").read_text())["interactions"]:
        answer = json.loads(interaction["response"]["body"]["string"])
        for tracker in answer.get("trackers", [answer]):
            parsed = CHANNEL.parse(raw_record("easypost", {"result": tracker}, "tracker"), SHOP)
            assert isinstance(parsed, tuple)
            assert {getattr(draft, "status", "") for draft in parsed} == {"label"}
