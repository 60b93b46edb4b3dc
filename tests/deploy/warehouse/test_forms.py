"""Simulated warehouses speak as their partners do: what they are told is what we send, and what they say our channels read."""

from collections import Counter
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from hypothesis import given, settings
from msgspec.structs import replace

from connectors.contract import (
    Channel,
    Draft,
    Fulfilment,
    InspectionDraft,
    Millis,
    MoveDraft,
    ProgressDraft,
    RawRecord,
    Received,
    RejectionDraft,
    ReturnDraft,
    ShipmentDraft,
    ShopRef,
    TrackingDraft,
    Webhook,
)
from connectors.forms import FORMS
from connectors.partner import Delivery, Partner
from connectors.partner_qimen import account_of
from connectors.registry import channels
from deploy.warehouse.habits import Habits
from deploy.warehouse.hearing import Request, Unheard, qimen, webhook
from deploy.warehouse.plan import plan
from deploy.warehouse.saying import Said, to_easypost, to_feed, to_qimen
from deploy.warehouse.words import Ask, Job, Left, Seen, Word, units
from tests.deploy.warehouse.jobs import LINES, NOON, QIMEN, WEBHOOK, habits, job, jobs

SECRET = b"lapsang"
TOLD = Fulfilment(
    type="FulfilmentOrdered",
    id="F1",
    tenant="acme",
    shop="web",
    order="1001",
    pool="us",
    node="reno",
    lines=LINES,
    partition=2,
    src_offset=7,
    ordinal=1,
)


def sent(told: Fulfilment, partner: Partner, at: int = NOON) -> Request:
    request = FORMS[partner.form].request(Delivery(fulfilment=told, recipient=None, at=Millis(at), decided_at=Millis(NOON)), partner)
    headers = {name.lower(): value for name, value in request.headers.items()}
    return Request(headers, dict(parse_qsl(urlsplit(request.url).query)), request.body)


def read(said: Said, channel: Channel) -> tuple[Draft, ...]:
    url = urlsplit(said.path)
    headers = {name.lower(): value for name, value in said.headers.items()}
    received = channel.receive(Webhook(headers, said.body, dict(parse_qsl(url.query))), SECRET)
    assert isinstance(received, Received), received
    assert url.path == f"/hooks/{channel.name}/feed"
    raw = RawRecord(
        tenant="acme",
        shop="feed",
        channel=channel.name,
        kind=received.kind,
        external_id=received.external_id,
        delivery_id=received.delivery_id,
        received_at=Millis(NOON),
        body=said.body,
    )
    drafts = channel.parse(raw, ShopRef(tenant="acme", shop="feed", channel=channel.name, pool="us"))
    assert isinstance(drafts, tuple), drafts
    return drafts


def feed(word: Word, one: Job) -> Said | None:
    return to_feed(word, one, "feed", SECRET)


def in_qimen(word: Word, one: Job) -> Said | None:
    return to_qimen(word, one, "feed", SECRET, account_of(QIMEN.options))


# ---------------------------------------------------------------------------------------------- hearing
def test_a_signed_webhook_is_a_job_and_a_cancel_says_whether_it_asks() -> None:
    assert webhook(sent(TOLD, WEBHOOK), WEBHOOK, NOON) == replace(job(), event="2-7-1")
    for final in (True, False):
        cancel = replace(TOLD, type="FulfilmentCancelled", final=final, lines=LINES[:1])
        assert webhook(sent(cancel, WEBHOOK), WEBHOOK, NOON) == Ask(event="2-7-1", id="F1", lines=LINES[:1], at=NOON, final=final)


def test_a_call_in_qimen_is_a_job_and_its_cancel_asks_for_all_of_it() -> None:
    told = replace(TOLD, node="shanghai")
    taken = qimen(sent(told, QIMEN), QIMEN, NOON, {})

    assert taken == replace(job(partner=QIMEN), event="create/F1")
    assert isinstance(taken, Job)
    cancel = qimen(sent(replace(told, type="FulfilmentCancelled", reason="cancelled"), QIMEN), QIMEN, NOON, {"F1": taken})
    assert cancel == Ask(event="cancel/F1", id="F1", lines=LINES, at=NOON, final=False)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda request: request._replace(body=request.body.replace(b"CUP", b"CAP")),
        lambda request: request._replace(headers={}, query={}),
        lambda request: request._replace(body=b""),
    ],
)
@pytest.mark.parametrize("partner", [WEBHOOK, QIMEN], ids=lambda partner: partner.form)
def test_what_is_not_signed_is_not_heard(partner: Partner, spoil: Callable[[Request], Request]) -> None:
    request = spoil(sent(TOLD, partner))

    with pytest.raises(Unheard, match="bad_signature"):
        qimen(request, partner, NOON, {}) if partner is QIMEN else webhook(request, partner, NOON)


def test_a_request_that_somebody_kept_is_not_heard() -> None:
    with pytest.raises(Unheard, match="too_old"):
        webhook(sent(TOLD, WEBHOOK), WEBHOOK, NOON + 301_000)


# ---------------------------------------------------------------------------------------------- saying
@given(jobs, habits)
@settings(max_examples=60, deadline=None, derandomize=True)
def test_both_forms_say_the_same_of_what_left_what_did_not_and_what_came_back(one: Job, habits: Habits) -> None:
    found = []
    for say, channel in ((feed, channels()["warehouse"]), (in_qimen, channels()["qimen"])):
        drafts = [draft for word in plan(one, (), habits) if (said := say(word, one)) for draft in read(said, channel)]
        found.append(summed(drafts))

    assert found[0] == found[1]


def summed(drafts: list[Draft]) -> dict[str, Any]:
    """What both forms can say, without the words that only one of them has."""
    found: dict[str, Any] = {"shipped": Counter(), "back": Counter(), "found": Counter(), "rejected": [], "stages": [], "at the door": []}
    for draft in drafts:
        match draft:
            case ShipmentDraft(lines=lines, fulfilment=fulfilment, tracking=tracking):
                found["shipped"].update({(fulfilment, tracking, line.sku): line.quantity for line in lines})
            case ReturnDraft(lines=lines, shop=shop, order=order, node=node):
                found["back"].update(Counter((shop, order, node, line.line, line.sku, line.quantity) for line in lines))
            case MoveDraft(lines=lines, to_bucket=bucket):
                for line in lines:
                    found["found"][bucket == "on_hand", line.sku] += line.quantity
            case InspectionDraft(lines=seen, returned=returned):
                assert returned.endswith("-back")
                for unit in seen:
                    found["found"][unit.disposition == "resell", unit.sku] += unit.quantity
            case RejectionDraft(reason=reason):
                # the norm has one word for all refusals
                found["rejected"].append(reason.replace("no_capacity", "rejected"))
            case ProgressDraft(stage=stage):
                found["stages"].append(stage)
            case TrackingDraft(tracking=tracking, status="delivered"):
                found["at the door"].append(tracking)
    return found


@given(jobs, habits)
@settings(max_examples=40, deadline=None, derandomize=True)
def test_an_aggregator_tells_the_track_so_far_under_the_same_names(one: Job, habits: Habits) -> None:
    words = plan(one, (), habits)
    told: dict[str, list[Draft]] = {}
    for word in words:
        if isinstance(word, Seen):
            told.setdefault(word.tracking, []).extend(read(to_easypost(word, words, "feed", SECRET), channels()["easypost"]))

    for tracking, drafts in told.items():
        events = {draft.document: draft.status for draft in drafts if isinstance(draft, TrackingDraft) and draft.tracking == tracking}
        assert list(events.values()) == ["label", "in_transit", "out_for_delivery", "delivered"]


def test_a_message_said_again_is_the_same_document() -> None:
    one = job()
    for word in plan(one, (), Habits(returns=1.0)):
        assert feed(word, one) == feed(word, one)
        assert in_qimen(word, one) == in_qimen(word, one)


def test_units_of_a_sku_in_several_lines_leave_as_one() -> None:
    [left] = [word for word in plan(job(), (), Habits(parcels=0.0)) if isinstance(word, Left)]

    assert units(left.lines) == {"CUP": 5, "POT": 1}
