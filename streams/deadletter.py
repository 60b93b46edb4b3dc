"""A record that went no further: class, original bytes and coordinates, a reason code and a sentence for a person."""

from base64 import b64decode, b64encode
from typing import Literal

import msgspec

Verdict = Literal["ignored", "rejected"]


class DeadLetter(msgspec.Struct, frozen=True, kw_only=True):
    """One record of topic `dead-letters`, keyed like the original. `ignored`: understood and of no interest; `rejected`: a person
    should look. `headers` and `original` are base64: the bytes may be anything."""

    verdict: Verdict
    stage: str
    code: str
    sentence: str
    topic: str
    partition: int
    offset: int
    shop: str
    key: str
    headers: tuple[tuple[str, str], ...]
    original: str

    def body(self) -> bytes:
        return b64decode(self.original)

    def original_headers(self) -> list[tuple[str, bytes]]:
        return [(name, b64decode(value)) for name, value in self.headers]


def pack(headers: "list[tuple[str, bytes]]", body: bytes) -> tuple[tuple[tuple[str, str], ...], str]:
    """Headers and body as a dead letter keeps them."""
    return tuple((name, b64encode(value or b"").decode()) for name, value in headers), b64encode(body).decode()


encode_dead_letter = msgspec.json.Encoder().encode
decode_dead_letter = msgspec.json.Decoder(DeadLetter).decode
