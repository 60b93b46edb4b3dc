"""The form `webhook`: a fulfilment as JSON, signed with the time of the attempt, and answered by a plain HTTP status."""

import hmac

import msgspec

from connectors.partner import Accepted, Again, Delivery, Partner, Refused, Reply, Request, Verdict

# RFC 9110 and 6585: the client may try the same again
PASSING = (408, 425, 429)
LONGEST_WISH = 3_600.0

_encode = msgspec.json.Encoder().encode


class SignedWebhook:
    name = "webhook"

    def request(self, delivery: Delivery, partner: Partner) -> Request:
        body, at = body_of(delivery), str(delivery.at // 1000)
        headers = {
            "Content-Type": "application/json",
            "Idempotency-Key": delivery.id,
            "X-Yipan-Timestamp": at,
            "X-Yipan-Signature": signature(partner.secret, at, body),
        }
        return Request(partner.url, headers, body)

    def answer(self, reply: Reply) -> Verdict:
        """2xx: taken. 408, 425, 429 and 5xx: again. Any other is final, redirects too: a secret is not carried to another address."""
        status = reply.status
        if 200 <= status < 300:
            return Accepted()
        if status in PASSING or status >= 500:
            return Again(f"answered {status}", wish(reply.headers.get("retry-after", "")))
        return Refused(f"http_{status}", f"The partner's system answered {status}: look there for what it did not take.")


def body_of(delivery: Delivery) -> bytes:
    """The fulfilment as docs/fulfilments.md shows it. `recipient` (an object) and `label` only where there is one."""
    told = msgspec.to_builtins(delivery.fulfilment)
    told.pop("recipient", None)
    if delivery.recipient is not None:
        told["recipient"] = delivery.recipient
    if delivery.label is not None:
        told["label"] = delivery.label
    return _encode(told)


def signature(secret: bytes, timestamp: str, body: bytes) -> str:
    """hex(HMAC-SHA256(secret, timestamp + "." + body)): who kept an old request cannot make it look new."""
    return hmac.digest(secret, timestamp.encode() + b"." + body, "sha256").hex()


def wish(retry_after: str) -> float:
    """Seconds of a Retry-After header, an hour at most; its other form, a date, counts as no wish."""
    if not (retry_after.isascii() and retry_after.isdigit()) or len(retry_after) > 9:
        return 0.0
    return min(float(retry_after), LONGEST_WISH)


FORM = SignedWebhook()
