"""What happened, as its sender writes it: the shop in the canonical form, sellers and carriers as documents of the warehouse feed."""

from base64 import b64encode
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

from connectors.contract import Ignored, RawRecord, Rejected
from streams.commands import Cause
from streams.deadletter import DeadLetter
from tests.histories.record import Did, History

OF_THE_ORDER = frozenset({"placed", "approved", "amended", "cancelled", "refunded"})
OF_GOODS = frozenset({"scan", "back"})
# The shop writes its own local time, sellers and carriers that of theirs: one moment, three ways to write it.
SAO_PAULO, MANAUS = timezone(timedelta(hours=-3)), timezone(timedelta(hours=-4))


def written(at: int, zone: timezone = UTC) -> str:
    return datetime.fromtimestamp(at / 1000, UTC).astimezone(zone).isoformat()


def of_the_order(history: History, did: Did) -> dict[str, Any]:
    """An order that waits for its payment says so in `word`; every later version of it has all of its lines."""
    updated = {"order": history.order, "updated_at": written(did.at, SAO_PAULO)}
    match did.what:
        case "cancelled":
            return {"type": "cancel", **updated, "reason": did.word or "customer"}
        case "refunded":
            lines = [{"line": line, "quantity": units} for line, units in did.lines]
            return {"type": "reduction", "order": history.order, "id": did.word, "lines": lines}
        case _:
            units = ordered(history, did)
            bought = [
                {"line": item.line, "sku": item.sku, "quantity": units[item.line], "price": max(0, item.price)}
                for item in history.items
                if units[item.line]
            ]
            bought_at = next(first.at for first in history.did if first.what == "placed")
            placed = {"placed_at": written(bought_at, SAO_PAULO), "currency": "BRL", "lines": bought}
            return {"type": "order", **updated, **placed, "holds": [did.word] if did.word else []}


def ordered(history: History, did: Did) -> dict[str, int]:
    """Units of each line, as this version of the order has them."""
    units = {item.line: item.quantity for item in history.items}
    for amended in history.did[: history.did.index(did) + 1]:
        units |= dict(amended.lines) if amended.what == "amended" else {}
    return units


def of_a_fulfilment(history: History, did: Did, fulfilment: str) -> dict[str, Any]:
    about = {"document": _document(history, did), "fulfilment": fulfilment}
    at = written(did.at, MANAUS)
    match did.what:
        case "progress":
            return {"type": "progress", **about, "stage": did.word, "at": at}
        case "left":
            lines = [{"sku": sku, "quantity": units} for sku, units in did.lines]
            parcel = {"carrier": "correios", "tracking": did.tracking} if did.tracking else {}
            return {"type": "shipment", **about, "shipped_at": at, "lines": lines, **parcel}
        case _:
            return {"type": "rejection", **about, "reason": did.word}


def of_goods(history: History, did: Did) -> list[dict[str, Any]]:
    """A carrier's scan of a parcel; or goods that came back, a document for each seller who gets some."""
    if did.what == "scan":
        about = {"carrier": "correios", "tracking": did.tracking, "status": did.word, "at": written(did.at)}
        return [{"type": "tracking", "document": _document(history, did), **about}]
    named = dict(did.lines)
    found = []
    for seller in [did.seller] if did.seller else dict.fromkeys(item.seller for item in history.items):
        sold = [item for item in history.items if item.seller == seller and (not named or item.line in named)]
        lines = [{"line": item.line, "sku": item.sku, "quantity": named.get(item.line, item.quantity)} for item in sold]
        about = {"shop": "market", "order": history.order, "node": seller, "returned_at": written(did.at)}
        if not lines:
            continue
        found.append({"type": "return", "document": f"{_document(history, did)}/{seller}", **about, "lines": lines})
    return found


def _document(history: History, did: Did) -> str:
    """The same for the same event told again."""
    return f"{history.order}/{did.what}/{did.seller}/{did.tracking}/{did.word}/{did.at}"


def letter(cause: Cause, raw: RawRecord, outcome: Ignored | Rejected) -> DeadLetter:
    """As the stage `normalize` writes it."""
    return DeadLetter(
        verdict="rejected" if isinstance(outcome, Rejected) else "ignored",
        stage="normalize",
        code=outcome.code,
        sentence=outcome.sentence,
        topic="raw",
        partition=cause[1],
        offset=cause[2],
        shop=raw.shop,
        key=raw.key,
        headers=(),
        original=b64encode(raw.body).decode(),
    )
