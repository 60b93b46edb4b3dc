"""What comes to a warehouse over HTTP -> what it is asked, in the webhook's form and in Qimen's: signatures first. Pure."""

import hmac
from collections.abc import Mapping
from typing import Any, NamedTuple

import msgspec

from connectors.contract import FulfilmentLine, FulfilmentType
from connectors.partner import Partner
from connectors.partner_webhook import signature
from connectors.payload import Unusable
from connectors.qimen import PREFIX, signed
from connectors.signing import fingerprint
from connectors.xml_tree import Tree, read_xml
from deploy.warehouse.words import Ask, Job, Lines, Notice

OLDEST_S = 300


class Request(NamedTuple):
    """Header names in lower case."""

    headers: Mapping[str, str]
    query: Mapping[str, str]
    body: bytes


class Unheard(Exception):
    """What is not taken: the status to answer (Qimen's answer says the code in its body), and why."""

    def __init__(self, status: int, code: str) -> None:
        super().__init__(code)
        self.status, self.code = status, code


class _Told(msgspec.Struct):
    """A fulfilment as docs/fulfilments.md shows it, as far as it matters here."""

    type: FulfilmentType
    id: str
    node: str
    shop: str
    order: str
    lines: Lines
    final: bool = True


_told = msgspec.json.Decoder(_Told).decode


def webhook(request: Request, partner: Partner, at: int) -> Job | Ask | Notice:
    """Raises Unheard."""
    stamp, event = request.headers.get("x-yipan-timestamp", ""), request.headers.get("idempotency-key", "")
    given = request.headers.get("x-yipan-signature", "")
    if not hmac.compare_digest(signature(partner.secret, stamp, request.body).encode(), given.encode("utf-8", "replace")):
        raise Unheard(401, "bad_signature")
    if not (stamp.isascii() and stamp.isdigit()) or abs(at // 1000 - int(stamp)) > OLDEST_S:
        raise Unheard(401, "too_old")
    try:
        told = _told(request.body)
    except msgspec.DecodeError:
        raise Unheard(400, "malformed") from None
    if not event:
        raise Unheard(400, "no_idempotency_key")
    if told.type in ("ReturnExpected", "SupplyExpected"):
        return Notice(event, told.id, at)
    if told.type == "FulfilmentCancelled":
        return Ask(event=event, id=told.id, lines=told.lines, at=at, final=told.final)
    return Job(event=event, id=told.id, partner=partner.name, node=told.node, shop=told.shop, order=told.order, lines=told.lines, at=at)


def qimen(request: Request, partner: Partner, at: int, known: Mapping[str, Job]) -> Job | Ask | Notice:
    """`known`: jobs by id, because a cancel names no lines: it is of the whole order. Raises Unheard."""
    if not signed(request.query, request.body, partner.secret):
        raise Unheard(200, "bad_signature")
    method = request.query.get("method", "").removeprefix(PREFIX)
    try:
        told = read_xml(request.body, "request")
        match method:
            case "deliveryorder.create":
                return _created(told, partner, at)
            case "returnorder.create":
                return _noticed(str(told["returnOrder"]["returnOrderCode"]), request.body, at)
            case "entryorder.create":
                return _noticed(str(told["entryOrder"]["entryOrderCode"]), request.body, at)
            case "order.cancel" if told.get("orderType") == "CGRK":
                return _noticed(str(told["orderCode"]), request.body, at)
            case "order.cancel":
                code = str(told["orderCode"])
                # asked for, whatever the node: the norm's cancels want an answer
                lines = known[code].lines if code in known else ()
                return Ask(event=f"cancel/{code}", id=code, lines=lines, at=at, final=False)
            case _:
                raise Unheard(200, "unknown_method")
    except (Unusable, KeyError, ValueError, TypeError, AttributeError):
        raise Unheard(200, "malformed") from None


def _created(told: Tree, partner: Partner, at: int) -> Job:
    order, lines = told["deliveryOrder"], _listed(told["orderLines"]["orderLine"])
    code = order["deliveryOrderCode"]
    return Job(
        event=f"create/{code}",
        id=code,
        partner=partner.name,
        node=order["warehouseCode"],
        shop=order["shopNick"],
        order=lines[0]["sourceOrderCode"],
        lines=tuple([FulfilmentLine(line["subSourceOrderCode"], line["itemCode"], int(line["planQty"])) for line in lines]),
        at=at,
    )


def _noticed(code: str, body: bytes, at: int) -> Notice:
    """The norm has no name for a message: what is said again of one code may say something else."""
    return Notice(f"notice/{code}/{fingerprint(body)}", code, at)


def _listed(value: Any) -> list[Tree]:
    return value if isinstance(value, list) else [value]
