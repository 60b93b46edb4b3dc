"""Suppliers of a schedule: from some time on a node bills its pool for what it ships, soon, late, twice or wrongly."""

import json
from collections.abc import Iterator
from random import Random
from typing import Any

from connectors.contract import Fulfilment, RawRecord
from streams import commands as c
from streams.simulation.agreed import FREIGHT
from streams.simulation.business import TEAS, Import, raw, when
from tables.events import BillVerdict

VERDICTS: tuple[BillVerdict, ...] = ("approved", "rejected")


def billed(told: Fulfilment, choice: Random) -> Iterator[RawRecord]:
    """The supplier takes the purchase on, and bills it once or more, whether it has shipped it or not: as agreed, or not at all so."""
    if choice.random() < 0.5:
        yield _document(told, {"type": "progress", "document": f"ack-{told.id}", "stage": "accepted", "at": when(1)})
    for n in range(choice.choice((0, 1, 1, 2))):
        lines = [{"sku": line.sku, "quantity": line.quantity, "price": line.cost or 250} for line in told.lines]
        document = {"type": "bill", "document": f"bill-{n}-{told.id}", "currency": "USD", "billed_at": when(2), "freight": FREIGHT}
        bill = document | {"lines": lines}
        yield _document(told, bill)
        if choice.random() < 0.4:
            yield _document(told, bill | choice.choice((_dearer(lines), _more(lines), {"currency": "EUR"}, {"freight": 2 * FREIGHT}, {})))


def _dearer(lines: list[dict[str, Any]]) -> dict[str, Any]:
    return {"lines": [line | {"price": line["price"] + 40} for line in lines], "document": f"dear-{lines[0]['sku']}"}


def _more(lines: list[dict[str, Any]]) -> dict[str, Any]:
    return {"lines": [*lines, {"sku": TEAS[-1], "quantity": 1, "price": 90}], "document": f"more-{lines[0]['sku']}"}


def _document(told: Fulfilment, document: dict[str, Any]) -> RawRecord:
    return raw(f"wms-{told.pool}", document["type"], told.id, json.dumps(document | {"fulfilment": told.id}).encode())


def settled(told: Fulfilment, choice: Random, at: float, number: int) -> Import:
    """A person answers for a bill, which may not have come, or not be disputed. `number`: rises from one to the next."""
    command = c.SettleBill(
        pool=told.pool,
        cause=("operator", told.partition, number, 0),
        document=f"wms-{told.pool}/bill-0-{told.id}",
        fulfilment=told.id,
        verdict=choice.choice(VERDICTS),
        by="mei",
    )
    return Import(at=at, partition=told.partition, commands=(command,), reference=())
