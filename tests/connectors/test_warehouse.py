"""Warehouse feed: documents about stock and fulfilments, as docs/warehouse.md promises them."""

import hashlib
import hmac
import json
import re
from typing import Any

import pytest

from connectors.channels.warehouse import CHANNEL
from connectors.contract import Received, Refusal, Rejected, ShipmentDraft, Webhook
from tests.connectors.cases import DOCS, FIXTURES, SHOP, raw_record

SECRET = b"forklift"
COUNT = json.loads((FIXTURES / "warehouse" / "count.json").read_text())
MOVE = json.loads((FIXTURES / "warehouse" / "move.json").read_text())
INSPECTION = json.loads((FIXTURES / "warehouse" / "inspection.json").read_text())
TRACKING = json.loads((FIXTURES / "warehouse" / "tracking.json").read_text())
SUPPLY = json.loads((FIXTURES / "warehouse" / "supply.json").read_text())
BILL = json.loads((FIXTURES / "warehouse" / "bill.json").read_text())
SHIPMENT = json.loads((FIXTURES / "warehouse" / "shipment.json").read_text())


def received(document: dict[str, Any]) -> Received | Refusal:
    body = json.dumps(document).encode()
    return CHANNEL.receive(Webhook({"x-yipan-signature": hmac.new(SECRET, body, hashlib.sha256).hexdigest()}, body), SECRET)


def rejection(document: dict[str, Any]) -> Rejected:
    rejected = CHANNEL.parse(raw_record("warehouse", document, document["type"]), SHOP)
    assert isinstance(rejected, Rejected)
    return rejected


def test_documents_of_one_node_of_one_fulfilment_and_of_one_parcel_stay_together() -> None:
    named = [received(document) for document in (COUNT, MOVE, SHIPMENT, TRACKING)]

    assert [(name.kind, name.external_id) for name in named if isinstance(name, Received)] == [
        ("count", "HAMBURG"),
        ("move", "HAMBURG"),
        ("shipment", "f0f0f0"),
        ("tracking", "GL-7731"),
    ]


@pytest.mark.parametrize(
    "document", [COUNT | {"type": "wish"}, COUNT | {"document": ""}, COUNT | {"node": ""}, {"type": "count"}, COUNT | {"node": 7}]
)
def test_a_signed_document_without_a_name_is_malformed(document: dict[str, Any]) -> None:
    refusal = received(document)

    assert isinstance(refusal, Refusal)
    assert refusal.code == "malformed"


@pytest.mark.parametrize(
    ("document", "code"),
    [
        (COUNT | {"counted_at": "2026-03-01T06:00:00"}, "naive_time"),
        (COUNT | {"counted_at": None}, "bad_time"),
        (COUNT | {"lines": []}, "no_lines"),
        (COUNT | {"lines": [{"sku": "A", "quantity": -1}]}, "bad_quantity"),
        (COUNT | {"lines": [{"sku": "A", "quantity": 1_000_000_001}]}, "bad_quantity"),
        (COUNT | {"lines": [{"sku": "A", "quantity": False}]}, "bad_quantity"),
        (MOVE | {"lines": [{"sku": "A", "quantity": 0}]}, "bad_quantity"),
        (MOVE | {"from_bucket": "reserved"}, "malformed"),
        (MOVE | {"to_bucket": "on_hand"}, "moves_nowhere"),
        (MOVE | {"node": None}, "bad_id"),
        (SUPPLY | {"supply": ""}, "bad_id"),
        (SUPPLY | {"expected_at": "2026-03-01 07:00:00"}, "naive_time"),
        (SUPPLY | {"lines": [{"sku": "A", "quantity": -1}]}, "bad_quantity"),
        (SHIPMENT | {"fulfilment": ""}, "bad_id"),
        (SHIPMENT | {"tracking": "\0"}, "null_byte"),
        (SHIPMENT | {"parcels": [{"tracking": "", "lines": [{"sku": "A", "quantity": 1}]}]}, "bad_id"),
        (SHIPMENT | {"parcels": [{"tracking": "GL-2", "lines": []}]}, "no_lines"),
        (SHIPMENT | {"tracking": "GL-1", "parcels": [{"tracking": "GL-2", "lines": [{"sku": "A", "quantity": 1}]}]}, "told_twice"),
        (TRACKING | {"status": "vanished"}, "malformed"),
        (INSPECTION | {"lines": [INSPECTION["lines"][0] | {"disposition": "eaten"}]}, "malformed"),
        (INSPECTION | {"lines": []}, "no_lines"),
        (TRACKING | {"tracking": ""}, "bad_id"),
        (BILL | {"lines": []}, "no_lines"),
        (BILL | {"lines": [BILL["lines"][0] | {"price": -1}]}, "bad_price"),
        (BILL | {"freight": 4.9}, "bad_price"),
        (BILL | {"currency": "XXX"}, "unknown_currency"),
        (TRACKING | {"at": "2026-03-04 18:00:00"}, "naive_time"),
        ({"type": "progress", "document": "P", "fulfilment": "f", "stage": "lost", "at": "2026-03-01T08:00:00Z"}, "malformed"),
        ({"type": "rejection", "document": "X", "fulfilment": "f"}, "missing_field"),
    ],
)
def test_what_cannot_be_used_is_rejected_with_a_reason(document: dict[str, Any], code: str) -> None:
    assert rejection(document).code == code


def test_a_count_of_a_whole_warehouse_is_taken() -> None:
    lines = [{"sku": f"SKU-{ordinal}", "quantity": ordinal} for ordinal in range(20_000)]

    assert isinstance(CHANNEL.parse(raw_record("warehouse", COUNT | {"lines": lines}, "count"), SHOP), tuple)


def test_every_example_of_the_documentation_is_what_it_says_it_is() -> None:
    examples = [json.loads(example) for example in re.findall(r"```json\n(.*?)```", (DOCS / "warehouse.md").read_text(), re.DOTALL)]

    assert [example["type"] for example in examples] == [
        "count",
        "receipt",
        "move",
        "change",
        "supply",
        "shipment",
        "shipment",
        "rejection",
        "rejection",
        "too_late",
        "progress",
        "tracking",
        "return",
        "inspection",
        "bill",
    ]
    for example in examples:
        assert isinstance(received(example), Received)
        assert isinstance(CHANNEL.parse(raw_record("warehouse", example, example["type"]), SHOP), tuple)


def test_several_parcels_of_one_shipment_are_a_shipment_each() -> None:
    parcels = [{"tracking": f"GL-{n}", "lines": [{"sku": "KETTLE", "quantity": n}]} for n in (1, 2)]
    told = {"type": "shipment", "document": "S-1", "fulfilment": "f0f0f0", "shipped_at": "2026-03-02T15:00:00Z", "carrier": "gull"}

    drafts = CHANNEL.parse(raw_record("warehouse", told | {"parcels": parcels}, "shipment"), SHOP)

    assert isinstance(drafts, tuple)
    found = [
        (draft.document, draft.carrier, draft.tracking, draft.lines[0].quantity) for draft in drafts if isinstance(draft, ShipmentDraft)
    ]
    assert found == [("S-1", "gull", "GL-1", 1), ("S-1/2", "gull", "GL-2", 2)]
