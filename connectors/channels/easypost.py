"""EasyPost: signed events of trackers. Each tells the whole track of a parcel, and comes again until it is answered well."""

import unicodedata

import msgspec
from pydantic import Field

from connectors.contract import Fetch, Ignored, Millis, Parsed, Polled, RawRecord, Received, Refusal, ShopRef, Webhook
from connectors.payload import UNDECODABLE, Name, Payload, Text, Zoned, read_object, usable
from connectors.signing import hex_signed
from connectors.tracking import Scan, drafts, easypost

MOST_SCANS = 500
_SCHEME = "hmac-sha256-hex="


# ---------------------------------------------------------------------------------------------- the payload
class _Detail(Payload):
    status: Text
    status_detail: Text = ""
    datetime: Zoned


class _Tracker(Payload):
    id: Name
    tracking_code: Name
    carrier: Text = ""
    tracking_details: tuple[_Detail, ...] = Field((), max_length=MOST_SCANS)


class _Event(Payload):
    result: _Tracker


class _Named(msgspec.Struct):
    id: str = ""


class _Glance(msgspec.Struct):
    id: str
    description: str
    result: _Named | None = None


_glance = msgspec.json.Decoder(_Glance).decode


# ---------------------------------------------------------------------------------------------- the channel
class EasyPost:
    name = "easypost"
    polls = False

    def receive(self, hook: Webhook, secret: bytes) -> Received | Refusal:
        """The signature is over the bytes: read and written again, a weight of 614.40 would be another body."""
        signature = hook.headers.get("x-hmac-signature", "")
        if not signature.startswith(_SCHEME) or not hex_signed(hook.body, _normal(secret), signature.removeprefix(_SCHEME)):
            return Refusal("bad_signature", "X-Hmac-Signature does not fit the body and this webhook's secret.")
        try:
            seen = _glance(hook.body)
        except UNDECODABLE:
            return Refusal("malformed", "The body is not an event of EasyPost with id and description.")
        about = seen.result.id if seen.result else ""
        kind = "tracker" if seen.description.startswith("tracker.") else seen.description
        return Received(kind, about or seen.id, seen.id)

    def parse(self, raw: RawRecord, shop: ShopRef) -> Parsed:
        if raw.kind != "tracker":
            return Ignored("other_event", "Events of this kind do not speak of where a parcel is.")
        return usable(lambda: _track(_Event.model_validate(read_object(raw.body)).result))

    def poll(self, fetch: Fetch, shop: ShopRef, cursor: str, now: Millis) -> Polled:
        """EasyPost sends; there is nothing to ask it for."""
        return Polled(items=(), cursor=cursor, more=False)


def _normal(secret: bytes) -> bytes:
    """EasyPost signs with the compatibility decomposition of the secret's characters."""
    return unicodedata.normalize("NFKD", secret.decode("utf-8", "surrogateescape")).encode("utf-8", "surrogateescape")


def _track(tracker: _Tracker) -> Parsed:
    words = [(detail, easypost(detail.status, detail.status_detail)) for detail in tracker.tracking_details]
    scans = [Scan(Millis(detail.datetime), status) for detail, status in words if status]
    return drafts(tracker.id, tracker.carrier, tracker.tracking_code, scans)


CHANNEL = EasyPost()
