"""Every channel of the registry: the signatures it takes, what it makes of a payload, and of a platform's answers to its polling."""

import base64
import hashlib
import hmac
import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from urllib.parse import parse_qs, urlencode

import msgspec

from connectors.contract import Channel, Fetched, Ignored, RawRecord, Received, Refusal, Rejected, ShopRef, Webhook
from connectors.qimen import signature
from connectors.registry import channels
from tests.connectors.cases import NOON, SHOP, raw_record
from tests.fuzz.planted import SECRET, discreet
from tests.fuzz.seeds import head, headers_and_body, payloads
from tests.fuzz.target import Target, must

SIGNATURES = ("x-yipan-signature", "x-shopify-hmac-sha256", "x-wc-webhook-signature", "x-hmac-signature")
SIGN = "SIGNED"  # stands where the right signature of the body goes
NEXT = b"\n\f\n"  # between the answers of a platform
WORDS = tuple(
    word.encode()
    for word in (
        *("order", "cancel", "refund", "delete", "reduction", "count", "receipt", "move", "shipment", "rejection", "too_late", "page"),
        *("tracker", "track", "reservation", "release", "return"),
        *(
            '"id":',
            '"quantity":',
            '"price":',
            '"updated_at":',
            '"sku":',
            '"lines":',
            '"line_items":',
            '"refunds":',
            '"return_line_items":',
            '"status": "open"',
            "null",
            "true",
            "[]",
            "{}",
            "<request>",
            "</request>",
            "<item>",
            "</item>",
            "<!DOCTYPE r [<!ENTITY a 'ha'>]>",
            "&a;",
            "<quantity>",
            "<actualQty>",
        ),
        *(
            *SIGNATURES,
            SIGN,
            "x-shopify-topic: orders/create",
            "x-wc-webhook-topic: order.updated",
            "x-wc-webhook-resource: order",
            "9" * 5_000,
        ),
    )
)


def targets() -> Iterator[Target]:
    for channel in channels().values():
        yield Target(name=f"receive-{channel.name}", seeds=_hooks(channel), take=_receive(channel), words=WORDS)
        yield Target(name=f"parse-{channel.name}", seeds=_bodies(channel), take=_parse(channel), words=WORDS)
        if channel.polls:
            yield Target(name=f"poll-{channel.name}", seeds=_pages(channel), take=_poll(channel), words=WORDS)


# ---------------------------------------------------------------------------------------------- webhooks
def _hooks(channel: Channel) -> Callable[[], Sequence[bytes]]:
    signed = dict.fromkeys(SIGNATURES, SIGN) | {"x-shopify-topic": "orders/create", "x-wc-webhook-topic": "order.created"}
    return lambda: (
        [head(signed | {"?method": payload.kind, "?sign": SIGN, "?form": SIGN}, payload.body) for payload in payloads(channel.name)]
        + [head({}, b"{}"), head(signed, b"webhook_id=7")]
    )


def right(body: bytes) -> dict[str, str]:
    """The signature of each way of signing."""
    digest = hmac.digest(SECRET, body, "sha256")
    others = {"x-yipan-signature": digest.hex(), "x-hmac-signature": f"hmac-sha256-hex={digest.hex()}"}
    return {name: others.get(name) or base64.b64encode(digest).decode() for name in SIGNATURES}


def form_signed(body: bytes) -> bytes:
    """A form of `param` with the right `sign`, as Kuaidi100 sends it."""
    fields = parse_qs(body.decode("utf-8", "surrogateescape"), errors="surrogateescape")
    param = fields.get("param", [""])[0].encode("utf-8", "surrogateescape")
    return urlencode({"param": param, "sign": hashlib.md5(param + SECRET, usedforsecurity=False).hexdigest()}).encode()


def signed(headers: Mapping[str, str], body: bytes) -> dict[str, str]:
    """The headers with the right signatures where they are asked for."""
    return {name: right(body).get(name, value) if value == SIGN else value for name, value in headers.items()}


def _receive(channel: Channel) -> Callable[[bytes], str]:
    def take(data: bytes) -> str:
        headers, body = headers_and_body(data)
        query = {name[1:]: value for name, value in headers.items() if name.startswith("?")}
        if query.get("sign") == SIGN:
            query["sign"] = signature(query, body, SECRET)
        if query.get("form") == SIGN and b"param=" in body:
            body = form_signed(body)
        headers = signed(headers, body)
        match channel.receive(Webhook(headers, body, query), SECRET):
            case Received() as received:
                elsewhere = query.get("sign") == signature(query, body, SECRET) or form_signed(body) == body
                must(elsewhere or headers.items() & right(body).items(), "it is taken without the signature of its body")
                must(isinstance(received.external_id, str) and isinstance(received.kind, str), "it has no name")
                return "received"
            case Refusal(code=code, sentence=sentence):
                discreet(sentence, data)
                return code

    return take


# ---------------------------------------------------------------------------------------------- payloads
def _bodies(channel: Channel) -> Callable[[], Sequence[bytes]]:
    return lambda: [f"{payload.kind} {payload.external_id}\n".encode() + payload.body for payload in payloads(channel.name)]


def _parse(channel: Channel) -> Callable[[bytes], str]:
    def take(data: bytes) -> str:
        first, _, body = data.partition(b"\n")
        kind, _, external_id = first.decode("utf-8", "replace").partition(" ")
        raw = raw_record(channel.name, body, kind, external_id)
        parsed = channel.parse(raw, SHOP)
        must(channel.parse(raw, SHOP) == parsed, "it is parsed another way the second time")
        msgspec.json.encode(parsed)
        if isinstance(parsed, Ignored | Rejected):
            must(parsed.code and parsed.sentence.endswith("."), f"{parsed.code!r} says nothing")
            discreet(parsed.sentence, data)
            return parsed.code
        must(parsed, "it is parsed to nothing")
        return " ".join(sorted({type(draft).__name__ for draft in parsed}))

    return take


# ---------------------------------------------------------------------------------------------- polling
def _pages(channel: Channel) -> Callable[[], Sequence[bytes]]:
    def pages() -> list[bytes]:
        bodies = b",".join(payload.body for payload in payloads(channel.name)[:6])
        forms = [
            b"[" + bodies + b"]",
            b'{"orders":[' + bodies + b'],"pagination":{"nextToken":"t"}}',
            b'{"payload":{"Orders":[' + bodies + b"]}}",
        ]
        return [NEXT.join(b"200\nx-wp-totalpages: 2\n\n" + form for form in (one, b"[]")) for one in forms]

    return pages


def _poll(channel: Channel) -> Callable[[bytes], str]:
    def take(data: bytes) -> str:
        answers = itertools.cycle([_answer(part) for part in data.split(NEXT)])
        shops = (SHOP, msgspec.structs.replace(SHOP, url="https://amazon.example/?orders=v0"))
        outcomes = [_polled(channel, shop, answers) for shop in shops]
        return " ".join(outcomes)

    return take


def _polled(channel: Channel, shop: ShopRef, answers: Iterator[Fetched]) -> str:
    asked = itertools.count(1)

    def fetch(path: str, query: Mapping[str, str]) -> Fetched:
        must(next(asked) <= 1_000, "one page asks without end")
        return next(answers)

    try:
        polled = channel.poll(fetch, shop, "", NOON)
        again = channel.poll(fetch, shop, polled.cursor, NOON)
    except ConnectionError:
        return "no answer"
    for kind, name, delivery, body in (*polled.items, *again.items):
        RawRecord(tenant="", shop="", channel="", kind=kind, external_id=name, delivery_id=delivery, received_at=NOON, body=body).headers()
    return "more" if again.more else "polled"


def _answer(part: bytes) -> Fetched:
    status, _, rest = part.partition(b"\n")
    headers, body = headers_and_body(rest)
    return Fetched(int(status) if status.isdigit() and len(status) < 4 else 200, headers, body)
