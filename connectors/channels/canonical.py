"""Canonical: our own JSON order form (docs/canonical.md), for shops that integrate directly. Signed with X-Yipan-Signature."""

import msgspec

from connectors.contract import Fetch, Ignored, Millis, Parsed, Polled, RawRecord, Received, Refusal, ShopRef, Webhook
from connectors.order_form import parse_form
from connectors.payload import UNDECODABLE
from connectors.signing import fingerprint, hex_signed

_ORDERS = frozenset({"order", "cancel", "reduction", "return", "return_end", "reissue"})
_RESERVATIONS = frozenset({"reservation", "release"})
_KINDS = _ORDERS | _RESERVATIONS


class _Glance(msgspec.Struct):
    type: str
    order: str = ""
    reservation: str = ""


_glance = msgspec.json.Decoder(_Glance).decode


class Canonical:
    name = "canonical"
    polls = False

    def receive(self, hook: Webhook, secret: bytes) -> Received | Refusal:
        """The delivery id is X-Yipan-Delivery where the sender names its deliveries, else a hash of the body."""
        if not hex_signed(hook.body, secret, hook.headers.get("x-yipan-signature", "")):
            return Refusal("bad_signature", "X-Yipan-Signature must be the hex HMAC-SHA256 of the body with this shop's secret.")
        try:
            seen = _glance(hook.body)
        except UNDECODABLE:
            return Refusal("malformed", "The body is not a JSON object with `type` and `order` (or `reservation`).")
        name = seen.reservation if seen.type in _RESERVATIONS else seen.order
        if not name or seen.type not in _KINDS:
            return Refusal(
                "malformed",
                "`type` is order, cancel, reduction, return, return_end or reissue, with `order`; or reservation or release, with its own.",
            )
        return Received(seen.type, name, hook.headers.get("x-yipan-delivery") or fingerprint(hook.body))

    def parse(self, raw: RawRecord, shop: ShopRef) -> Parsed:
        if raw.kind not in _KINDS:
            return Ignored("other_kind", "Only orders, cancels, reductions, returns and reservations have the canonical form.")
        return parse_form(raw.body)

    def poll(self, fetch: Fetch, shop: ShopRef, cursor: str, now: Millis) -> Polled:
        """The shop sends; there is nothing to ask it for."""
        return Polled(items=(), cursor=cursor, more=False)


CHANNEL = Canonical()
