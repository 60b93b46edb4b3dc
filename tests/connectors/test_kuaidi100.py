"""Kuaidi100: its form and signature, and the tracks that it pushes."""

import hashlib
import json
from typing import Any
from urllib.parse import parse_qs, quote, urlencode

import msgspec
import pytest

from connectors.channels.kuaidi100 import CHANNEL, MOST_SCANS
from connectors.contract import Parsed, Received, Refusal, Rejected, ShopRef, TrackingDraft, Webhook
from tests.connectors.border import FakeProducer, door, post
from tests.connectors.cases import FIXTURES, SHOP, raw_record

SALT = "灯塔".encode()
SIGNED = (FIXTURES / "kuaidi100" / "signed.form").read_bytes()
PUSH: dict[str, Any] = json.loads(parse_qs(SIGNED.decode())["param"][0])


def form(push: Any, salt: bytes = SALT) -> bytes:
    param = push if isinstance(push, str) else json.dumps(push, ensure_ascii=False)
    sign = hashlib.md5(param.encode() + salt, usedforsecurity=False).hexdigest().upper()
    return urlencode({"param": param, "sign": sign}).encode()


def received(body: bytes, salt: bytes = SALT) -> Received | Refusal:
    return CHANNEL.receive(Webhook({}, body), salt)


def parsed(body: bytes) -> Parsed:
    return CHANNEL.parse(raw_record("kuaidi100", body, "track"), SHOP)


def of_track(**fields: Any) -> dict[str, Any]:
    return PUSH | {"lastResult": PUSH["lastResult"] | fields}


def scan(ftime: Any, **fields: Any) -> dict[str, Any]:
    return {"ftime": ftime, "context": "", **fields}


def drafted(push: Any) -> list[TrackingDraft]:
    found = parsed(form(push))
    assert isinstance(found, tuple)
    return [draft for draft in found if isinstance(draft, TrackingDraft)]


def test_a_push_is_named_by_its_parcel() -> None:
    named = received(SIGNED)

    assert isinstance(named, Received)
    assert (named.kind, named.external_id) == ("track", "KD2001")


def test_the_same_push_under_another_order_of_its_fields_is_the_same_delivery() -> None:
    assert received(form(parse_qs(SIGNED.decode())["param"][0])) == received(SIGNED)


@pytest.mark.parametrize("salt", [b"", b"lighthouse", "灯".encode()])
def test_a_push_that_another_salt_signed_is_refused(salt: bytes) -> None:
    refusal = received(form(PUSH, salt))

    assert isinstance(refusal, Refusal)
    assert refusal.code == "bad_signature"


def test_without_a_salt_anybody_could_sign_so_nothing_is_taken() -> None:
    assert isinstance(received(form(PUSH, b""), b""), Refusal)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{}",
        b"\xff\xfe",
        b"param=%7B%7D",
        b"sign=" + b"A" * 32,
        SIGNED + b"&param=%7B%7D",
        SIGNED + b"&sign=" + b"A" * 32,
        SIGNED + b"&a=1" * 30,
        SIGNED.replace(b"sign=", "sign=é".encode()),
        form("[]"),
        form("{}"),
        form("{" * 100_000),
        form({"lastResult": {"nu": 7}}),
    ],
    ids=lambda body: body[:12].decode(errors="replace") + str(len(body)),
)
def test_what_is_no_push_is_malformed(body: bytes) -> None:
    refusal = received(body)

    assert isinstance(refusal, Refusal)
    assert refusal.code == "malformed"


def test_a_form_whose_client_escapes_nothing_is_read_too() -> None:
    param = json.dumps(PUSH, ensure_ascii=False, separators=(",", ":"))
    sign = hashlib.md5(param.encode() + SALT, usedforsecurity=False).hexdigest()
    body = f"param={param.replace(' ', quote(' '))}&sign={sign}".encode()

    assert isinstance(received(body), Received)
    assert isinstance(parsed(body), tuple)


def test_what_is_in_kafka_is_answered_as_kuaidi100_expects_and_nothing_else_is() -> None:
    taken, refused = CHANNEL.answer(200, "taken", "Taken."), CHANNEL.answer(401, "bad_signature", "No.")

    assert (taken.status, json.loads(taken.body)) == (200, {"result": True, "returnCode": "200", "message": "成功"})
    assert (refused.status, json.loads(refused.body)) == (401, {"result": False, "returnCode": "401", "message": "No."})


def test_a_push_is_in_kafka_when_it_is_answered_as_taken(broker: FakeProducer) -> None:
    feed = ShopRef(tenant="lin", shop="feed", channel="kuaidi100", pool="east")
    made = msgspec.structs.replace(
        door(broker, {"feed": feed}), channels={"kuaidi100": CHANNEL}, secret={"feed": SALT}.get, max_body=10_000
    )

    answers = [post(made, "/hooks/kuaidi100/feed", body, {}).json()["result"] for body in (SIGNED, form(PUSH, b"storm"))]

    made.publisher.close()
    assert answers == [True, False]
    assert [sent.raw().external_id for sent in broker.log] == ["KD2001"]


def test_times_without_a_zone_are_beijings() -> None:
    assert drafted(of_track(data=[scan("1970-01-01 08:00:01", status="在途")]))[0].at == 1_000


def test_where_no_scan_has_a_status_the_newest_has_the_parcels() -> None:
    bare = of_track(state="3", data=[scan("2026-03-04 18:20:00"), scan("2026-03-03 18:20:00")])

    assert [draft.status for draft in drafted(bare)] == ["delivered"]


def test_a_finer_state_says_more_than_its_name() -> None:
    assert [draft.status for draft in drafted(of_track(data=[scan("2026-03-02 17:30:00", status="揽收", statusCode="101")]))] == ["label"]


def test_scans_of_one_second_stay_in_the_order_they_happened_in() -> None:
    same = [scan("2026-03-04 09:00:00", status=status) for status in ("签收", "派件")]

    assert [draft.status for draft in drafted(of_track(data=same))] == ["out_for_delivery", "delivered"]


def test_a_push_of_all_again_says_nothing_new() -> None:
    assert drafted(PUSH | {"status": "updateall"}) == drafted(PUSH)


def test_a_corrected_carrier_tells_the_same_documents() -> None:
    corrected = of_track(com="xinge") | {"autoCheck": "1", "comOld": "haiou", "comNew": "xinge"}

    assert [draft.document for draft in drafted(corrected)] == [draft.document for draft in drafted(PUSH)]
    assert {draft.carrier for draft in drafted(corrected)} == {"xinge"}


def test_a_watch_that_was_ended_still_tells_what_was_seen() -> None:
    assert drafted(PUSH | {"status": "abort", "message": "60天无变化"}) == drafted(PUSH)


@pytest.mark.parametrize(
    ("push", "code"),
    [
        (of_track(data=[scan("2026-03-02")]), "bad_time"),
        (of_track(data=[scan(None)]), "bad_time"),
        (of_track(nu=""), "bad_id"),
        (of_track(data=[scan("2026-03-02 09:00:00")] * (MOST_SCANS + 1)), "too_many_lines"),
        (PUSH | {"lastResult": None}, "malformed"),
        (PUSH | {"status": "\0"}, "null_byte"),
        ("[]", "not_an_object"),
        ("{", "not_json"),
    ],
)
def test_a_track_that_cannot_be_read_is_rejected_with_a_reason(push: Any, code: str) -> None:
    rejected = parsed(form(push))

    assert isinstance(rejected, Rejected)
    assert rejected.code == code
