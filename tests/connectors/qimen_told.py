"""Messages of a warehouse in Qimen's form, and what becomes of them."""

from typing import Any

from connectors.channels.qimen import CHANNEL
from connectors.contract import Draft, Ignored, Parsed, Rejected, Webhook
from connectors.qimen import Account, Call, query
from connectors.xml_tree import Tree, write_xml
from tests.connectors.cases import FIXTURES, NOON, SHOP, raw_record

SECRET = b"nine-gates"
ACCOUNT = Account(app_key="21000001", customer="c-lantern", owner="LANTERN")


def fixture(name: str) -> bytes:
    return (FIXTURES / "qimen" / f"{name}.xml").read_bytes()


def parsed(method: str, told: Tree | bytes) -> Parsed:
    body = told if isinstance(told, bytes) else write_xml("request", told)
    return CHANNEL.parse(raw_record("qimen", body, method), SHOP)


def drafts(method: str, told: Tree | bytes) -> tuple[Draft, ...]:
    found = parsed(method, told)
    assert isinstance(found, tuple), found
    return found


def code(method: str, told: Tree | bytes) -> str:
    found = parsed(method, told)
    assert isinstance(found, Ignored | Rejected), found
    assert found.sentence.endswith(".")
    return found.code


def hook(method: str, body: bytes, changes: dict[str, str] | None = None) -> Webhook:
    signed = query(Call(method, body), ACCOUNT, NOON, SECRET)
    return Webhook({}, body, signed | (changes or {}))


def confirm(status: str = "DELIVERED", final: str = "0", packages: Any = (), lines: Any = (), **order: str) -> Tree:
    named = {"deliveryOrderCode": "F1", "warehouseCode": "SHANGHAI", "status": status, "outBizCode": "OZ-1", "confirmType": final}
    return {"deliveryOrder": named | order, "packages": {"package": packages}, "orderLines": {"orderLine": lines}}


def package(code: str, *items: tuple[str, int]) -> Tree:
    held = {"item": [{"itemCode": sku, "quantity": units} for sku, units in items]}
    return {"logisticsCode": "SF", "expressCode": code, "items": held}


def line(sku: str, planned: int, actual: int, **more: str) -> Tree:
    return {"itemCode": sku, "planQty": planned, "actualQty": actual} | more
