"""X12: what warehouses and suppliers tell by EDI (docs/x12.md): 945, 846, 944, 856, 855, 810 and 997. Signed like canonical.

An interchange is taken whole or not at all: one transaction that cannot be used rejects it, with the place of it in the sentence.
"""

import re
from collections.abc import Callable, Iterator
from functools import partial

from connectors.contract import Draft, Fetch, Ignored, Millis, Parsed, Polled, RawRecord, Received, Refusal, Rejected, ShopRef, Webhook
from connectors.payload import Unusable, usable
from connectors.signing import fingerprint, hex_signed
from connectors.x12.acknowledgement import CODES, acknowledgement
from connectors.x12.envelope import Group, Interchange, Transaction, read
from connectors.x12.fields import name
from connectors.x12.invoice import read_810
from connectors.x12.order_answer import read_855
from connectors.x12.paper import Paper
from connectors.x12.segments import at, head
from connectors.x12.ship_notice import read_856
from connectors.x12.shipping_advice import read_945
from connectors.x12.stock import read_846, read_944

KIND = "interchange"
READERS: dict[str, Callable[[Paper], Parsed]] = {
    "945": read_945,
    "846": read_846,
    "944": read_944,
    "856": read_856,
    "855": read_855,
    "810": read_810,
}
# 004010 to 007060: before, dates had six digits
_VERSION = re.compile(r"00[4-7]0[1-6]0")

_EMPTY = Ignored("empty", "The interchange holds no transaction.")
_TEST = Ignored("test", "The interchange is marked as a test (ISA15 is T): nothing of it is booked.")
_TAKEN = Ignored("acknowledged", "The partner took what was sent.")
_OTHER = Ignored("other_transaction", "No 945, 846, 944, 856, 855, 810 or 997: nothing is done about it.")


class X12:
    name = "x12"
    polls = False

    def receive(self, hook: Webhook, secret: bytes) -> Received | Refusal:
        """Named is the sender (ISA06), so that all it sends stays in its order."""
        if not hex_signed(hook.body, secret, hook.headers.get("x-yipan-signature", "")):
            return Refusal("bad_signature", "X-Yipan-Signature must be the hex HMAC-SHA256 of the body with this feed's secret.")
        try:
            sender = name(at(head(hook.body), 6), "ISA06")
        except Unusable as reason:
            return Refusal("malformed", reason.rejected.sentence)
        return Received(KIND, sender, hook.headers.get("x-yipan-delivery") or fingerprint(hook.body))

    def parse(self, raw: RawRecord, shop: ShopRef) -> Parsed:
        if raw.kind != KIND:
            return Ignored("other_kind", "An X12 feed tells of interchanges only.")
        return usable(lambda: _parse(read(raw.body), shop))

    def poll(self, fetch: Fetch, shop: ShopRef, cursor: str, now: Millis) -> Polled:
        """The partner sends; there is nothing to ask it for."""
        return Polled(items=(), cursor=cursor, more=False)


def _parse(interchanges: tuple[Interchange, ...], shop: ShopRef) -> Parsed:
    drafts: list[Draft] = []
    ignored, refused = _EMPTY, None
    for number, outcome in enumerate(_outcomes(interchanges, shop), 1):
        match outcome:
            case Rejected(code="refused_by_partner"):
                refused = refused or outcome
            case Rejected():
                return _placed(outcome, number)
            case Ignored():
                ignored = outcome
            case _:
                drafts += outcome
    if refused and drafts:
        return Rejected("mixed", "An acknowledgement that refuses stands beside documents to be booked: have them sent apart.")
    return refused or tuple(drafts) or ignored


def _placed(rejected: Rejected, number: int) -> Rejected:
    return Rejected(rejected.code, f"Transaction {number} of the file: {rejected.sentence}")


def _outcomes(interchanges: tuple[Interchange, ...], shop: ShopRef) -> Iterator[Parsed]:
    for interchange in interchanges:
        if interchange.usage == "T":
            yield _TEST
            continue
        for group in interchange.groups:
            for transaction in group.transactions:
                yield usable(partial(_outcome, interchange, group, transaction, shop))


def _outcome(interchange: Interchange, group: Group, transaction: Transaction, shop: ShopRef) -> Parsed:
    if transaction.code in CODES:
        return _acknowledged(transaction)
    reader = READERS.get(transaction.code)
    if reader is None:
        return _OTHER
    if not _VERSION.fullmatch(group.version[:6]):
        return Rejected("unknown_version", "GS08 names a version that is not read: have it written as 004010 (to 007060).")
    return reader(_paper(interchange, group, transaction, shop))


def _acknowledged(transaction: Transaction) -> Ignored | Rejected:
    told = acknowledgement(transaction)
    if told.taken:
        return _TAKEN
    return Rejected("refused_by_partner", f"The partner refused what was sent under group control number {told.control}: ask it why.")


def _paper(interchange: Interchange, group: Group, transaction: Transaction, shop: ShopRef) -> Paper:
    """Whoever sends an interchange again sends it under the same numbers, so these are its name."""
    numbers = (name(interchange.sender, "ISA06"), interchange.control, group.control, name(transaction.control, "ST02"))
    return Paper(
        document="/".join(map(str, numbers)),
        sender=numbers[0],
        segments=transaction.segments,
        written_on=group.date,
        written_at=group.time,
        local=shop.timezone,
        currency=shop.currency,
    )


CHANNEL = X12()
