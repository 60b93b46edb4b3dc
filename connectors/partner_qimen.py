"""The form `qimen`: a warehouse that speaks Cainiao's norm is asked to deliver, or to cancel, and told what comes (docs/qimen.md)."""

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

import msgspec
from msgspec.structs import replace

from connectors.contract import Millis, Person
from connectors.partner import WHOLE, Accepted, Again, Delivery, Partner, Refused, Reply, Request, Undeliverable, Verdict
from connectors.payload import Unusable
from connectors.qimen import Account, Call, delivery_order, entry_cancel, entry_order, order_cancel, query, return_order
from connectors.qimen_answers import read_answer
from connectors.shipping_codes import code_of

PASSING = (408, 425, 429)
SENDER = "sender_"
# a code, and nobody's name
_CODE = re.compile(r"[A-Za-z0-9_.:-]{1,64}")


class Qimen:
    name = "qimen"

    def request(self, delivery: Delivery, partner: Partner) -> Request:
        """The body is the same in every attempt; the time in the URL is not. Raises Undeliverable."""
        return posted(_call(delivery, account_of(partner.options), partner.options), partner, delivery.at)

    def answer(self, reply: Reply) -> Verdict:
        """What counts is the body; without one of the norm, the status does."""
        if reply.status in PASSING or reply.status >= 500:
            return Again(f"answered {reply.status}")
        if not 200 <= reply.status < 300:
            return Refused(f"http_{reply.status}", f"The warehouse's system answered {reply.status}: look there for what it did not take.")
        try:
            told = read_answer(reply.body)
        except Unusable:
            return Again("answered something that is not Qimen's")
        if told.taken:
            return Accepted()
        code = told.code if _CODE.fullmatch(told.code) else "…"
        if told.passing:
            return Again(f"answered {code}")
        return Refused("qimen_failure", f"The warehouse answered failure, code {code}: look there for its reason.")


def posted(call: Call, partner: Partner, at: Millis) -> Request:
    """Raises Undeliverable."""
    asked = urlencode(query(call, account_of(partner.options), at, partner.secret))
    joint = "&" if "?" in partner.url else "?"
    return Request(f"{partner.url}{joint}{asked}", {"Content-Type": "application/xml; charset=utf-8"}, call.body)


def _call(delivery: Delivery, account: Account, options: Mapping[str, str]) -> Call:
    told, decided_at = delivery.fulfilment, delivery.decided_at or delivery.at
    if told.type == "FulfilmentOrdered":
        account = replace(account, carrier=code_of(told.shipping, options) or account.carrier)
        waybill = delivery.label.tracking if delivery.label else ""
        return delivery_order(told, delivery.recipient, account, decided_at, waybill)
    if told.type == "ReturnExpected":
        return return_order(told, account)
    if told.type == "SupplyExpected":
        return entry_order(told, account, decided_at) if told.lines else entry_cancel(told, account)
    if told.reason not in WHOLE:
        raise Undeliverable("part_of_an_order", "Qimen cancels whole orders, and this may be a part of one: have the warehouse change it.")
    return order_cancel(told, account)


def account_of(options: Mapping[str, str]) -> Account:
    """`app_key`, `customer`, `owner`, and what else an Account has; the sender's name, phone, … as `sender_name`, `sender_phone`, …
    Raises Undeliverable where one of the first three is missing."""
    sender: dict[str, Any] = {name.removeprefix(SENDER): value for name, value in options.items() if name.startswith(SENDER)}
    if "street" in sender:
        sender["street"] = (sender["street"],)
    known = {name: value for name, value in options.items() if name in Account.__struct_fields__}
    try:
        return msgspec.convert({**known, "sender": msgspec.convert(sender, Person) if sender else None}, Account)
    except msgspec.ValidationError:
        raise Undeliverable("no_account", "Set options.app_key, options.customer and options.owner of the partner.") from None


FORM = Qimen()
