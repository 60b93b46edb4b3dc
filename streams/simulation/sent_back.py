"""Goods that are sent back: asked for by the shop, back at the warehouse, inspected there, in whatever order that is heard of."""

import json
from collections.abc import Iterator
from random import Random
from typing import Any

from connectors.contract import Fulfilment, RawRecord
from streams.simulation.business import TEAS, raw, when

FOUND = ("resell", "resell", "refurbish", "damaged", "return_to_vendor", "scrap")


def sent_back(told: Fulfilment, choice: Random) -> Iterator[RawRecord]:
    """Some of what was shipped, and now and then more than that; with a request before it or without one, which may be withdrawn."""
    rma = f"RMA-{told.id}" if choice.random() < 0.7 else ""
    units = [(line, choice.randint(1, line.quantity + 1)) for line in told.lines[:2]]
    if rma:
        lines = [{"line": line.line, "quantity": quantity} for line, quantity in units]
        replacement = [{"line": "1", "sku": choice.choice(TEAS), "quantity": 1}] if choice.random() < 0.3 else []
        asked = {"type": "return", "id": rma, "requested_at": when(2), "tracking": f"B-{told.id}", "lines": lines}
        yield _by_shop(told, asked | {"replacement": replacement})
    if rma and choice.random() < 0.2:
        yield _by_shop(told, {"type": "return_end", "id": rma, "ended_at": when(3), "end": choice.choice(("refused", "cancelled"))})
    back = [{"sku": line.sku, "line": line.line, "quantity": quantity} for line, quantity in units]
    yield _by_warehouse(told, {"document": f"back-{told.id}", "type": "return", "returned_at": when(2), "lines": back, "rma": rma})
    for n, (line, quantity) in enumerate(units):
        found = [{"sku": line.sku, "quantity": choice.randint(1, quantity), "disposition": choice.choice(FOUND)}]
        named = {"rma": rma} if rma else {"returned": f"back-{told.id}"}
        document = {"document": f"seen-{n}-{told.id}", "type": "inspection", "inspected_at": when(3), "lines": found}
        yield _by_warehouse(told, document | named)


def _by_shop(told: Fulfilment, document: dict[str, Any]) -> RawRecord:
    return raw(told.shop, document["type"], told.order, json.dumps(document | {"order": told.order}).encode())


def _by_warehouse(told: Fulfilment, document: dict[str, Any]) -> RawRecord:
    about = {"shop": told.shop, "order": told.order, "node": told.node}
    return raw(f"wms-{told.pool}", document["type"], told.order, json.dumps(document | about).encode())


def carried(told: Fulfilment, choice: Random) -> Iterator[RawRecord]:
    """What a carrier says of its parcel, now and then before the warehouse does: it arrives, is lost, or both, or comes back."""
    for n, status in enumerate(choice.choice(((), ("delivered",), ("lost",), ("lost", "delivered"), ("returned",)))):
        event = {"type": "tracking", "document": f"t-{n}-{told.id}", "tracking": f"P-{told.id}", "status": status, "at": when(3 + n)}
        yield _by_warehouse(told, event)


def labelled(told: Fulfilment, choice: Random) -> Iterator[RawRecord]:
    """That it is to leave in the parcel that it leaves in, told soon, or when it has left long ago."""
    if choice.random() < 0.6:
        event = {"type": "tracking", "document": f"label-{told.id}", "tracking": f"P-{told.id}", "status": "label", "at": when(1)}
        yield _by_warehouse(told, event | {"fulfilment": told.id})
