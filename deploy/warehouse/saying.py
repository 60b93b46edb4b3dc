"""What a warehouse says, as a request to the gateway: documents of the warehouse feed, Qimen's messages, EasyPost's events. Pure."""

import hmac
import unicodedata
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple
from urllib.parse import urlencode

import msgspec

from connectors.contract import Millis
from connectors.qimen import Account, Call, query
from connectors.times import iso
from connectors.xml_tree import write_xml
from deploy.warehouse.qimen_words import call
from deploy.warehouse.words import Back, Inspected, Job, Left, Lines, Progress, Seen, TooLate, Unshipped, Word, units

_encode = msgspec.json.Encoder().encode


class Said(NamedTuple):
    """A request to the gateway: path with query, headers, body."""

    path: str
    headers: Mapping[str, str]
    body: bytes


# ---------------------------------------------------------------------------------------------- the warehouse feed
def to_feed(word: Word, job: Job, feed: str, secret: bytes) -> Said:
    """A document as docs/warehouse.md shows it."""
    body = _encode({"document": word.name, **_document(word, job)})
    signature = hmac.digest(secret, body, "sha256").hex()
    return Said(f"/hooks/warehouse/{feed}", {"X-Yipan-Signature": signature, "X-Yipan-Delivery": word.name}, body)


def _document(word: Word, job: Job) -> dict[str, Any]:
    at = iso(word.at)
    match word:
        case Progress(stage=stage):
            return {"type": "progress", "fulfilment": job.id, "stage": stage, "at": at}
        case Left(lines=lines, carrier=carrier, tracking=tracking):
            about = {"carrier": carrier, "tracking": tracking, "lines": _lines(lines)}
            return {"type": "shipment", "fulfilment": job.id, "shipped_at": at, **about}
        case Unshipped(reason=reason):
            return {"type": "rejection", "fulfilment": job.id, "reason": reason}
        case TooLate():
            return {"type": "too_late", "fulfilment": job.id}
        case Seen(carrier=carrier, tracking=tracking, status=status):
            return {"type": "tracking", "tracking": tracking, "carrier": carrier, "status": status, "at": at}
        case Back(lines=lines):
            back = [{"line": line.line, "sku": line.sku, "quantity": line.quantity} for line in lines]
            return {"type": "return", "shop": job.shop, "order": job.order, "node": job.node, "returned_at": at, "lines": back}
        case Inspected(lines=lines, fate=fate, returned=returned):
            seen = [{**line, "disposition": fate} for line in _lines(lines)]
            about = {"shop": job.shop, "order": job.order, "node": job.node, "returned": returned}
            return {"type": "inspection", "inspected_at": at, "lines": seen, **about}


def _lines(lines: Lines) -> list[dict[str, Any]]:
    return [{"sku": sku, "quantity": quantity} for sku, quantity in units(lines).items()]


# ---------------------------------------------------------------------------------------------- Qimen
def to_qimen(word: Word, job: Job, feed: str, secret: bytes, account: Account) -> Said | None:
    """None: Qimen has no message for it, or says it within another."""
    message = call(word, job)
    if message is None:
        return None
    method, tree = message
    asked = Call(method, write_xml("request", tree))
    return Said(
        f"/hooks/qimen/{feed}?{urlencode(query(asked, account, Millis(word.at), secret))}",
        {"Content-Type": "application/xml; charset=utf-8"},
        asked.body,
    )


# ---------------------------------------------------------------------------------------------- EasyPost
STATUSES = {"label": "pre_transit"}  # others are called alike


def to_easypost(word: Seen, words: Iterable[Word], feed: str, secret: bytes) -> Said:
    """An event of a tracker, which tells the whole track up to the word that is said."""
    track = [seen for seen in words if isinstance(seen, Seen) and seen.tracking == word.tracking and seen.at <= word.at]
    details = [{"status": STATUSES.get(seen.status, seen.status), "datetime": iso(seen.at)} for seen in track]
    tracker = {"id": f"trk_{word.tracking}", "tracking_code": word.tracking, "carrier": word.carrier, "tracking_details": details}
    body = _encode({"id": f"evt_{word.name}", "description": "tracker.updated", "result": tracker})
    key = unicodedata.normalize("NFKD", secret.decode("utf-8", "surrogateescape")).encode("utf-8", "surrogateescape")
    return Said(f"/hooks/easypost/{feed}", {"X-Hmac-Signature": f"hmac-sha256-hex={hmac.digest(key, body, 'sha256').hex()}"}, body)
