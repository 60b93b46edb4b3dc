"""What every channel must keep, whatever platform it speaks to. A new channel is tested by adding fixtures for it, and by nothing else."""

import base64
import hmac
import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from connectors.contract import (
    BillDraft,
    CancelDraft,
    ChangeDraft,
    Channel,
    CountDraft,
    Draft,
    Fetched,
    Ignored,
    InspectionDraft,
    Millis,
    MoveDraft,
    OrderDraft,
    Parsed,
    ProgressDraft,
    RawRecord,
    ReceiptDraft,
    ReductionDraft,
    Refusal,
    ReissueDraft,
    Rejected,
    RejectionDraft,
    ReleaseDraft,
    ReservationDraft,
    ReturnDraft,
    ReturnEndDraft,
    ReturnRequestDraft,
    ShipmentDraft,
    SupplyDraft,
    TooLateDraft,
    TrackingDraft,
    Webhook,
)
from connectors.registry import channels
from tests.connectors.bounds import faults_of
from tests.connectors.cases import NOON, SHOP, Case, builtins, cases, every_case
from tests.connectors.damage import damaged, with_strangers

CHANNELS = list(channels().values())
CASES = every_case()

each_channel = pytest.mark.parametrize("channel", CHANNELS, ids=lambda channel: channel.name)
KINDS = st.sampled_from(["order", "cancel", "refund", "return", "count", ""])
READ = [(channel, case) for channel, case in CASES if isinstance(case.expected, list) and case.raw.kind != "delete"]
PLAIN = [(channel, case) for channel, case in CASES if case.form == "json"]
each_case = pytest.mark.parametrize(("channel", "case"), CASES, ids=[f"{channel.name}-{case.name}" for channel, case in CASES])
search = settings(max_examples=60, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])


# ---------------------------------------------------------------------------------------------- fixtures
@each_channel
def test_a_channel_has_fixtures(channel: Channel) -> None:
    assert any(isinstance(case.expected, list) for case in cases(channel.name))


def test_a_channel_without_fixtures_is_refused(tmp_path: Path) -> None:
    with pytest.raises(LookupError, match="Channel 'telegraph' needs payloads"):
        cases("telegraph", tmp_path)


def test_a_fixture_of_which_nobody_says_what_it_must_become_is_refused(tmp_path: Path) -> None:
    (tmp_path / "telegraph").mkdir()
    (tmp_path / "telegraph" / "stop.json").write_text("{}")

    with pytest.raises(LookupError, match="Channel 'telegraph' needs payloads"):
        cases("telegraph", tmp_path)


# ---------------------------------------------------------------------------------------------- parsing
@each_case
def test_a_payload_becomes_what_it_says(channel: Channel, case: Case) -> None:
    assert builtins(channel.parse(case.raw, SHOP)) == case.expected


@each_case
def test_the_same_payload_is_parsed_the_same_on_any_machine(channel: Channel, case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    here = channel.parse(case.raw, SHOP)
    monkeypatch.setenv("TZ", "Asia/Shanghai")
    time.tzset()

    try:
        assert channel.parse(msgspec.convert(msgspec.to_builtins(case.raw), RawRecord), SHOP) == here
    finally:
        monkeypatch.undo()
        time.tzset()


@each_case
def test_a_retry_carries_the_same_ids(channel: Channel, case: Case) -> None:
    first = channel.parse(case.raw, SHOP)
    retried = channel.parse(msgspec.structs.replace(case.raw, delivery_id="d-2", received_at=Millis(NOON + 3_600_000)), SHOP)

    assert _ids(retried) == _ids(first)


@each_case
def test_what_is_parsed_keeps_thebounds(channel: Channel, case: Case) -> None:
    assert _faults(channel.parse(case.raw, SHOP)) == []


@pytest.mark.parametrize(("channel", "case"), PLAIN, ids=[f"{channel.name}-{case.name}" for channel, case in PLAIN])
def test_fields_that_are_not_invented_yet_change_nothing(channel: Channel, case: Case) -> None:
    body = json.dumps(with_strangers(json.loads(case.raw.body))).encode()

    assert builtins(channel.parse(msgspec.structs.replace(case.raw, body=body), SHOP)) == case.expected


@pytest.mark.parametrize(("channel", "case"), READ, ids=[f"{channel.name}-{case.name}" for channel, case in READ])
def test_a_body_that_is_cut_off_is_rejected(channel: Channel, case: Case) -> None:
    for length in range(0, len(case.raw.body.rstrip()), 37):
        cut = msgspec.structs.replace(case.raw, body=case.raw.body[:length])
        parsed = channel.parse(cut, SHOP)
        assert isinstance(parsed, Rejected)
        assert case.form != "json" or parsed.code == "not_json"


@each_channel
def test_a_kind_that_nobody_knows_is_ignored(channel: Channel) -> None:
    raw = msgspec.structs.replace(cases(channel.name)[0].raw, kind="horoscope")

    assert isinstance(channel.parse(raw, SHOP), Ignored)


@each_channel
@search
@given(data=st.data())
def test_a_damaged_payload_is_rejected_or_still_keeps_thebounds(channel: Channel, data: st.DataObject) -> None:
    case = data.draw(st.sampled_from(cases(channel.name)))
    parsed = channel.parse(msgspec.structs.replace(case.raw, body=data.draw(damaged(case.raw.body, case.form))), SHOP)

    assert _faults(parsed) == []
    assert not isinstance(parsed, Rejected) or _quotes(parsed.sentence, case) == []


@each_channel
@search
@given(body=st.binary(max_size=64) | st.text(max_size=32).map(str.encode), kind=KINDS)
def test_bytes_that_mean_nothing_are_no_order(channel: Channel, body: bytes, kind: str) -> None:
    raw = msgspec.structs.replace(cases(channel.name)[0].raw, body=body, kind=kind)

    assert isinstance(channel.parse(raw, SHOP), Rejected | Ignored)


@each_channel
@pytest.mark.parametrize("nesting", [b"[" * 200_000, b'{"a":' * 50_000], ids=["arrays", "objects"])
def test_endless_nesting_is_rejected(channel: Channel, nesting: bytes) -> None:
    case = next(case for other, case in READ if other is channel)

    assert isinstance(channel.parse(msgspec.structs.replace(case.raw, body=nesting), SHOP), Rejected)


# ---------------------------------------------------------------------------------------------- webhooks and polling
@each_channel
@search
@given(
    headers=st.dictionaries(st.text(max_size=20) | st.sampled_from(["x-yipan-signature", "x-shopify-hmac-sha256"]), st.text(max_size=20)),
    body=st.binary(max_size=64),
)
def test_nothing_is_taken_without_a_signature(channel: Channel, headers: dict[str, str], body: bytes) -> None:
    assert isinstance(channel.receive(Webhook(headers, body), b"keeper-of-the-light"), Refusal)


@each_channel
def test_an_empty_secret_opens_nothing(channel: Channel) -> None:
    """Everybody could sign with it."""
    digest = hmac.digest(b"", b"{}", "sha256")
    signed = {name: base64.b64encode(digest).decode() for name in ("x-shopify-hmac-sha256", "x-wc-webhook-signature")}

    assert isinstance(channel.receive(Webhook({**signed, "x-yipan-signature": digest.hex()}, b"{}"), b""), Refusal)


@each_channel
def test_a_platform_that_does_not_answer_is_a_connection_error_and_others_are_not_asked(channel: Channel) -> None:
    asked: list[str] = []

    def fetch(path: str, query: Any) -> Fetched:
        asked.append(path)
        return Fetched(503, {}, b"<html>later</html>")

    if channel.polls:
        with pytest.raises(ConnectionError):
            channel.poll(fetch, SHOP, "", NOON)
    else:
        assert not channel.poll(fetch, SHOP, "", NOON).items
        assert asked == []


def test_importing_the_channels_touches_no_network() -> None:
    program = """
import socket
def refuse(*_, **__): raise SystemExit("a channel opened a socket")
socket.socket.__init__ = socket.getaddrinfo = socket.create_connection = refuse
from connectors.registry import channels
print(" ".join(channels()))
"""
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=False)

    assert (ran.returncode, ran.stderr) == (0, "")
    assert ran.stdout.split() == [channel.name for channel in CHANNELS]


# ---------------------------------------------------------------------------------------------- what is looked at
def _drafts(parsed: Parsed) -> tuple[Draft, ...]:
    return parsed if isinstance(parsed, tuple) else ()


def _ids(parsed: Parsed) -> list[object]:
    return [_names(draft) for draft in _drafts(parsed)]


def _names(draft: Draft) -> object:
    match draft:
        case OrderDraft():
            return draft.order, [line.line for line in draft.lines], [reduction.id for reduction in draft.reductions]
        case CancelDraft():
            return draft.order
        case ReductionDraft():
            return draft.order, draft.reduction.id
        case ReservationDraft() | ReleaseDraft():
            return draft.reservation
        case CountDraft() | ReceiptDraft() | SupplyDraft() | MoveDraft() | ChangeDraft() | ReturnDraft() | InspectionDraft():
            return draft.document, draft.node
        case ReissueDraft():
            return draft.order, draft.tracking
        case ReturnRequestDraft() | ReturnEndDraft():
            return draft.order, draft.rma
        case ShipmentDraft() | RejectionDraft() | ProgressDraft() | TooLateDraft() | BillDraft():
            return draft.document, draft.fulfilment
        case TrackingDraft():
            return draft.document, draft.tracking


def _faults(parsed: Parsed) -> list[str]:
    """What must not leave a channel. Encoding finds text that is no text."""
    msgspec.json.encode(parsed)
    if isinstance(parsed, tuple):
        return [f"no draft: {parsed}" for _ in () if not parsed] + [fault for draft in parsed for fault in faults_of(draft)]
    return [] if parsed.code and parsed.sentence.endswith(".") else [f"no sentence: {parsed}"]


def _quotes(sentence: str, case: Case) -> list[str]:
    """What a sentence repeats of the recipient."""
    drafts = case.expected if isinstance(case.expected, list) else []
    people = [draft["recipient"] for draft in drafts if draft.get("recipient")]
    texts = [text for person in people for value in person.values() for text in (value if isinstance(value, list) else [value])]
    return [text for text in texts if len(text) > 3 and text in sentence]
