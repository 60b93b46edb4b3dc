"""Qimen, the norm by which Chinese order systems and warehouses speak: how both sides sign, and what we ask of a
warehouse.

Field and method names as in the Taobao open platform's documentation of `taobao.qimen.*`. Pure: times are handed in.
"""

import hashlib
import hmac
from collections.abc import Iterable, Mapping

import msgspec

from connectors.contract import Fulfilment, FulfilmentLine, Millis, Person
from connectors.times import iso
from connectors.xml_tree import Tree, write_xml

PREFIX = "taobao.qimen."
BEIJING = 8 * 3_600_000
LONGEST_CODE = 50
PAGE = 100


class Account(msgspec.Struct, frozen=True, kw_only=True):
    """How we are known at a warehouse. `carrier` and `platform` are codes of the norm; `carrier` is who carries
    what a fulfilment names no carrier for."""

    app_key: str
    customer: str
    owner: str
    carrier: str = "OTHER"
    platform: str = "OTHER"
    sender: Person | None = None


class Call(msgspec.Struct, frozen=True):
    """What is asked: the method and the body that is posted. Its repr shows no body: it names people."""

    method: str
    body: bytes

    def __repr__(self) -> str:
        return f"Call({self.method!r}, {len(self.body)} bytes)"


# ---------------------------------------------------------------------------------------------- signing
def signature(query: Mapping[str, str], body: bytes, secret: bytes) -> str:
    """UPPER(MD5(secret + name and value of the query, sorted by name, `sign` left out + body + secret))."""
    told = "".join([name + query[name] for name in sorted(query) if name != "sign"])
    # the norm's choice of digest; no more than that somebody knows the secret hangs on it
    return hashlib.md5(secret + told.encode("utf-8", "replace") + body + secret, usedforsecurity=False).hexdigest().upper()


def signed(query: Mapping[str, str], body: bytes, secret: bytes) -> bool:
    """Whether `sign` of the query is right. Constant time; an empty secret signs nothing."""
    given = query.get("sign", "").encode("utf-8", "replace")
    return hmac.compare_digest(signature(query, body, secret).encode(), given) and bool(secret)


def query(call: Call, account: Account, at: Millis, secret: bytes) -> dict[str, str]:
    """The query of the URL that the call is posted to."""
    plain = {
        "method": call.method,
        "timestamp": beijing(at),
        "format": "xml",
        "app_key": account.app_key,
        "v": "2.0",
        "sign_method": "md5",
        "customerId": account.customer,
    }
    return plain | {"sign": signature(plain, call.body, secret)}


def beijing(at: int) -> str:
    """2026-03-01 17:00:00"""
    return iso(at + BEIJING)[:19].replace("T", " ")


# ---------------------------------------------------------------------------------------------- asking
def delivery_order(told: Fulfilment, recipient: Person | None, account: Account, at: Millis, waybill: str = "") -> Call:
    """Ship these lines, under a waybill where there is one. The fulfilment's id is the order's code: a warehouse that was asked twice knows
    it again."""
    when = beijing(at)
    order = {
        "deliveryOrderCode": told.id,
        "orderType": "JYCK",
        "warehouseCode": told.node,
        "sourcePlatformCode": account.platform,
        "createTime": when,
        "placeOrderTime": when,
        "operateTime": when,
        "shopNick": told.shop,
        "logisticsCode": told.carrier or account.carrier,
        **({"expressCode": waybill} if waybill else {}),
        "senderInfo": _contact(account.sender),
        "receiverInfo": _contact(recipient),
        **({"remark": told.shipping} if told.shipping else {}),
    }
    return _call("deliveryorder.create", {"deliveryOrder": order, "orderLines": {"orderLine": _lines(told, told.lines, account)}})


def order_cancel(told: Fulfilment, account: Account) -> Call:
    """Do not ship it. The norm knows no cancel of a part: whoever asks for one cancels the whole order."""
    return _call(
        "order.cancel",
        {
            "warehouseCode": told.node,
            "ownerCode": account.owner,
            "orderCode": told.id,
            "orderType": "JYCK",
            "cancelReason": told.reason,
        },
    )


def entry_order(told: Fulfilment, account: Account, at: Millis) -> Call:
    """Goods are on their way to a node. The code is the supply's reference, under which the warehouse confirms what came."""
    order = {
        "entryOrderCode": _code(told.id),
        "ownerCode": account.owner,
        "warehouseCode": told.node,
        "orderType": "CGRK",
        "orderCreateTime": beijing(at),
        **({"expectStartTime": beijing(told.expected_at)} if told.expected_at else {}),
    }
    items = [
        {"orderLineNo": number, "ownerCode": account.owner, "itemCode": line.sku, "planQty": line.quantity, "inventoryType": "ZP"}
        for number, line in enumerate(told.lines, 1)
    ]
    return _call("entryorder.create", {"entryOrder": order, "orderLines": {"orderLine": items}})


def entry_cancel(told: Fulfilment, account: Account) -> Call:
    """Goods that were announced do not come."""
    about = {"warehouseCode": told.node, "ownerCode": account.owner, "orderCode": _code(told.id), "orderType": "CGRK"}
    return _call("order.cancel", about)


def return_order(told: Fulfilment, account: Account) -> Call:
    """Lines of an order come back. The code says whose and which return, so that its confirmation finds it."""
    order = {
        "returnOrderCode": _code(f"{told.shop}/{told.order}/{told.id}"),
        "warehouseCode": told.node,
        "orderType": "THRK",
        "logisticsCode": account.carrier,
        **({"expressCode": told.tracking} if told.tracking else {}),
        "shopNick": told.shop,
        "senderInfo": _contact(None),
    }
    return _call("returnorder.create", {"returnOrder": order, "orderLines": {"orderLine": _lines(told, told.lines, account)}})


def stock_query(node: str, sku: str, account: Account, page: int = 1) -> Call:
    """What lies at a node of one SKU, in pages from 1; `stock` reads the answer."""
    asked = {"warehouseCode": node, "ownerCode": account.owner, "itemCode": sku, "inventoryType": "ZP", "page": page, "pageSize": PAGE}
    return _call("stock.query", asked)


def _call(method: str, tree: Tree) -> Call:
    return Call(method, write_xml("request", tree))


def _code(code: str) -> str:
    if len(code) > LONGEST_CODE:
        raise ValueError(f"the norm's codes have at most {LONGEST_CODE} characters")
    return code


def _lines(told: Fulfilment, lines: Iterable[FulfilmentLine], account: Account) -> list[Tree]:
    return [
        {
            "orderLineNo": number,
            "sourceOrderCode": told.order,
            "subSourceOrderCode": line.line,
            "ownerCode": account.owner,
            "itemCode": line.sku,
            "inventoryType": "ZP",
            "planQty": line.quantity,
        }
        for number, line in enumerate(lines, 1)
    ]


def _contact(person: Person | None) -> Tree:
    if person is None:
        return {}
    return {
        "company": person.company,
        "name": person.name,
        "zipCode": person.postcode,
        "mobile": person.phone,
        "email": person.email,
        "countryCode": person.country,
        "city": person.city,
        "detailAddress": " ".join(person.street),
    }
