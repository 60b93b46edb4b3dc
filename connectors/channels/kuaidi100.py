"""Kuaidi100 (快递100): pushes of a subscribed parcel's whole track, as a form of `param` (JSON) and `sign`.

Signed with the salt of the subscription. It may be left empty there, but then anybody could sign: subscribe with one.
"""

import hashlib
import hmac
from urllib.parse import parse_qs

import msgspec
from pydantic import Field

from connectors.contract import Answered, Fetch, Ignored, Millis, Parsed, Polled, RawRecord, Received, Refusal, ShopRef, Webhook
from connectors.payload import UNDECODABLE, China, Name, Payload, Text, Unusable, read_object, usable
from connectors.signing import fingerprint
from connectors.tracking import Scan, drafts, kuaidi100

MOST_SCANS = 500
_DIGEST = 32
_FIELDS = 20


# ---------------------------------------------------------------------------------------------- the payload
class _Scan(Payload):
    """`statusCode` and `status` (its name) are there where the subscription asked for them."""

    ftime: China
    status: Text = ""
    statusCode: Text = ""


class _Track(Payload):
    """Newest first. `state` is of the newest."""

    nu: Name
    com: Text = ""
    state: Text = ""
    data: tuple[_Scan, ...] = Field((), max_length=MOST_SCANS)


class _Push(Payload):
    """`status`: polling, shutdown (signed for), abort (not seen for days), updateall (all again). `destResult`: in the other country."""

    status: Text
    comNew: Text = ""
    lastResult: _Track
    destResult: _Track | None = None


class _Named(msgspec.Struct):
    nu: str


class _Glance(msgspec.Struct):
    lastResult: _Named


_glance = msgspec.json.Decoder(_Glance).decode


# ---------------------------------------------------------------------------------------------- the channel
class Kuaidi100:
    name = "kuaidi100"
    polls = False

    def receive(self, hook: Webhook, secret: bytes) -> Received | Refusal:
        try:
            param, sign = _form(hook.body)
        except Unusable as reason:
            return Refusal("malformed", reason.rejected.sentence)
        if not secret or not hmac.compare_digest(_signature(param, secret), sign):
            return Refusal("bad_signature", "`sign` does not fit `param` and the salt of this feed, which must not be empty.")
        try:
            parcel = _glance(param).lastResult.nu
        except UNDECODABLE:
            return Refusal("malformed", "`param` is not JSON that names its parcel in lastResult.nu.")
        return Received("track", parcel, fingerprint(param))

    def parse(self, raw: RawRecord, shop: ShopRef) -> Parsed:
        if raw.kind != "track":
            return Ignored("other_kind", "Kuaidi100 tells of tracks only.")
        return usable(lambda: _parsed(_Push.model_validate(read_object(_form(raw.body)[0]))))

    def poll(self, fetch: Fetch, shop: ShopRef, cursor: str, now: Millis) -> Polled:
        """Kuaidi100 sends; there is nothing to ask it for."""
        return Polled(items=(), cursor=cursor, more=False)

    def answer(self, status: int, code: str, sentence: str) -> Answered:
        """What does not say `"result": true` is pushed again, three times."""
        said = {"result": code == "taken", "returnCode": str(status), "message": "成功" if code == "taken" else sentence}
        return Answered(status, "application/json", msgspec.json.encode(said))


def _signature(param: bytes, salt: bytes) -> bytes:
    """Their choice of digest: no more than that somebody knows the salt hangs on it."""
    return hashlib.md5(param + salt, usedforsecurity=False).hexdigest().upper().encode()


def _form(body: bytes) -> tuple[bytes, bytes]:
    """`param` and `sign`, decoded. Raises Unusable where they are not there once each, and whole."""
    try:
        fields = parse_qs(body.decode("utf-8", "surrogateescape"), errors="surrogateescape", max_num_fields=_FIELDS)
        [param], [sign] = fields["param"], fields["sign"]
        found = param.encode("utf-8", "surrogateescape"), sign.upper().encode("ascii")
    except (ValueError, LookupError):
        raise Unusable("not_a_form", "The body is not a form with `param` and `sign`, once each.") from None
    if len(found[1]) != _DIGEST:
        raise Unusable("not_a_form", "`sign` is not an MD5 in hexadecimal: the form was cut off.")
    return found


# ---------------------------------------------------------------------------------------------- the track
def _parsed(push: _Push) -> Parsed:
    tracks = [track for track in (push.lastResult, push.destResult) if track and track.data]
    if push.status == "abort" and not tracks:
        return _stopped(push)
    # what follows a correction tells of the carrier that it was corrected to, so `com` is right in either case
    return drafts(push.lastResult.nu, push.lastResult.com, push.lastResult.nu, [scan for track in tracks for scan in _scans(track)])


def _stopped(push: _Push) -> Ignored:
    if push.comNew:
        return Ignored("carrier_corrected", "The parcel is of another carrier than it was subscribed under; they go on with that one.")
    return Ignored("no_scan", "Nobody has seen the parcel for days, and they look no longer: subscribe again if its number is right.")


def _scans(track: _Track) -> list[Scan]:
    """Oldest first. Where no status is told of each, the newest alone has one: that of the parcel."""
    words = [kuaidi100(scan.statusCode) or kuaidi100(scan.status) for scan in track.data]
    if not any(scan.statusCode or scan.status for scan in track.data):
        words[0] = kuaidi100(track.state)
    return [Scan(Millis(scan.ftime), word) for scan, word in zip(reversed(track.data), reversed(words), strict=True) if word]


CHANNEL = Kuaidi100()
