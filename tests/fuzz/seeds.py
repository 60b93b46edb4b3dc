"""What the search begins with: the channels' fixtures and the platforms' own samples, with our people written into them."""

import json
import re
from typing import Any, NamedTuple

from tests.connectors.cases import SAMPLES, cases
from tests.fuzz.planted import PERSON, PERSONAL

LARGEST = 32 << 10
_OF_A_PERSON = (
    ("mail", "email"),
    ("phone", "phone"),
    ("company", "company"),
    ("city", "city"),
    ("(zip|post)", "postcode"),
    ("(address|street|line)", "street"),
    ("name", "name"),
)


class Payload(NamedTuple):
    kind: str
    external_id: str
    body: bytes


def payloads(channel: str) -> list[Payload]:
    """Those of the platform where they lie beside the project, after our fixtures."""
    found = [Payload(case.raw.kind, case.raw.external_id, case.raw.body) for case in cases(channel)]
    for path in sorted((SAMPLES / channel).glob("*.json")):
        if path.stat().st_size <= LARGEST:
            found.append(Payload("refund" if "refund" in path.name else "order", "1", path.read_bytes()))
    return [payload._replace(body=planted(payload.body)) if payload.body.startswith(b"{") else payload for payload in found]


def planted(body: bytes) -> bytes:
    return json.dumps(_planted(json.loads(body), "", personal=False), ensure_ascii=False).encode()


def _planted(value: Any, key: str, *, personal: bool) -> Any:
    personal = personal or key.lower() in PERSONAL
    match value:
        case dict():
            return {name: _planted(inner, name, personal=personal) for name, inner in value.items()}
        case list():
            return [_planted(inner, key, personal=personal) for inner in value]
        case str() if personal and value:
            return next((PERSON[what] for like, what in _OF_A_PERSON if re.search(like, key.lower())), value)
    return value


def head(headers: dict[str, str], body: bytes) -> bytes:
    """An input of header lines, an empty line, and a body."""
    return "".join(f"{name}: {value}\n" for name, value in headers.items()).encode() + b"\n" + body


def headers_and_body(data: bytes) -> tuple[dict[str, str], bytes]:
    """Of such an input, however damaged; as a server hands headers on: lower case, one byte a character."""
    lines, _, body = data.partition(b"\n\n")
    pairs = [line.decode("latin-1").partition(":") for line in lines.split(b"\n")]
    return {name.strip().lower(): value.strip() for name, _, value in pairs}, body
