"""What may never be said: the people and the secret in the inputs, and the search for them in what is said about an input."""

import contextlib
import json
from collections.abc import Iterator
from typing import Any

from tests.fuzz.target import must

SECRET = b"whsec-moonlit-teapot-31337"
PERSON = {
    "name": "Zerlina Quaxworthy",
    "company": "Quaxworthy Umbrellas",
    "phone": "+44 7700 900777",
    "email": "zerlina@quaxworthy.example",
    "street": "77 Gumdrop Terrace",
    "city": "Wobblington",
    "postcode": "QX7 7ZZ",
}
# the keys under which the channels' payloads speak of people, lower case
PERSONAL = frozenset(
    {"shipping_address", "billing_address", "shipping", "billing", "customer", "recipient", "email", "phone", "note", "contact_email"}
    | {"shippingaddress", "buyerinfo", "buyer", "deliveryaddress", "defaultshipfromlocationaddress"}
)


def discreet(said: str, data: bytes) -> None:
    """Raises Violation when what is said about an input repeats its people or the secret. What stands where a payload names a thing
    (an order's number, a node) may be said."""
    must(SECRET.decode() not in said, "it tells the secret")
    told = [text for text in PERSON.values() if text in said]
    must(not told or any(text in thing for text in told for thing in _things(data)), f"it repeats {told}: {said[:300]!r}")


def _things(data: bytes) -> Iterator[str]:
    """Every text of a JSON input, or of its lines after the first, but those under a person's fields."""
    head, ends, _ = data.partition(b"\n\n")
    if ends:
        # the headers of a record say whose it is and of what
        yield head.decode(errors="replace")
    for part in (data, data.partition(b"\n")[2], data.rpartition(b"\n\n")[2], data.rpartition(b"\r\n\r\n")[2]):
        with contextlib.suppress(ValueError, RecursionError):
            yield from _texts(json.loads(part))


def _texts(value: Any) -> Iterator[str]:
    match value:
        case str():
            yield value
        case list():
            for inner in value:
                yield from _texts(inner)
        case dict():
            for key, inner in value.items():
                yield str(key)
                if key.lower() not in PERSONAL:
                    yield from _texts(inner)
