"""A document of the warehouse feed, said in the words of another: Qimen, X12, EasyPost, Kuaidi100. What one of them has no words for it
does not say (None)."""

import json
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from connectors.qimen import beijing
from connectors.xml_tree import Tree, write_xml
from tests.connectors.packages import interchange, transaction
from tests.histories.window import Message

Document = dict[str, Any]
STAGES = {"accepted": "ACCEPT", "picking": "PRINT", "picked": "PICK", "packed": "PACKAGE"}
SIGNED = {"delivered": "SIGN", "returning": "REFUSE"}
REFUSALS = {"no_capacity": "REJECT", "cancelled": "CANCELED", "damaged": "CLOSED"}
EASYPOST = {
    "label": "pre_transit",
    "in_transit": "in_transit",
    "out_for_delivery": "out_for_delivery",
    "failed_attempt": "failure",
    "delivered": "delivered",
    "returning": "return_to_sender",
}
KUAIDI100 = {
    "label": "101",
    "in_transit": "0",
    "out_for_delivery": "5",
    "failed_attempt": "2",
    "delivered": "3",
    "returning": "6",
    "returned": "4",
}
FORMS = ("warehouse", "qimen", "x12", "easypost", "kuaidi100")


def said(form: str, told: Document, number: int, chain: str) -> Message | None:
    match form:
        case "qimen":
            call = _qimen(told)
            return Message(form, call[0], write_xml("request", call[1]), chain) if call else None
        case "x12":
            papers = _x12(told)
            return (
                Message(form, "interchange", interchange(papers[0], transaction(*papers[1]), control=number + 1), chain) if papers else None
            )
        case "easypost" if told["type"] == "tracking" and told["status"] in EASYPOST:
            return Message(form, "tracker", _easypost(told), chain)
        case "kuaidi100" if told["type"] == "tracking" and told["status"] in KUAIDI100:
            return Message(form, "track", _kuaidi100(told), chain)
    return None


# ---------------------------------------------------------------------------------------------- Qimen
def _qimen(told: Document) -> tuple[str, Tree] | None:
    match told["type"]:
        case "progress":
            return "orderprocess.report", _process(told["fulfilment"], {"processStatus": STAGES[told["stage"]]}, told["at"])
        case "tracking" if told["status"] in SIGNED:
            process = {"processStatus": SIGNED[told["status"]], "expressCode": told["tracking"]}
            return "orderprocess.report", _process("", process, told["at"])
        case "shipment":
            return "deliveryorder.confirm", _delivered(told)
        case "rejection" if "lines" in told:
            items = [{"itemCode": line["sku"], "planQty": 9, "lackQty": line["quantity"]} for line in told["lines"]]
            about = {"deliveryOrderCode": told["fulfilment"], "outBizCode": told["document"], "createTime": _beijing(told["rejected_at"])}
            return "itemlack.report", about | {"items": {"item": items}}
        case "rejection":
            return "deliveryorder.confirm", {"deliveryOrder": _order(told, REFUSALS[told["reason"]])}
        case "receipt":
            order = {"entryOrderCode": "PO", "warehouseCode": told["node"], "outBizCode": told["document"], "confirmType": 1}
            return "entryorder.confirm", {
                "entryOrder": order | {"operateTime": _beijing(told["received_at"])},
                "orderLines": {"orderLine": [{"itemCode": line["sku"], "actualQty": line["quantity"]} for line in told["lines"]]},
            }
        case "count":
            about = {"warehouseCode": told["node"], "outBizCode": told["document"], "checkTime": _beijing(told["counted_at"])}
            items = [{"itemCode": line["sku"], "totalQty": line["quantity"]} for line in told["lines"]]
            return "inventory.report", about | {"items": {"item": items}}
        case "move" if "to_node" not in told:
            changes = [_change(told, line, *change) for line in told["lines"] for change in ((-1, "ZP"), (1, "CC"))]
            return "stockchange.report", {"items": {"item": changes}}
        case "change":
            changes = [_change(told, line, 1, "ZP") for line in told["lines"]]
            return "stockchange.report", {"items": {"item": changes}}
        case "return":
            return "returnorder.confirm", _back(told)
    return None


def _beijing(zoned: str) -> str:
    return beijing(int(datetime.fromisoformat(zoned).timestamp() * 1000))


def _process(code: str, process: Tree, at: str) -> Tree:
    return {"order": {"orderCode": code or "JY-1", "orderType": "JYCK"}, "process": process | {"operateTime": _beijing(at)}}


def _order(told: Document, status: str) -> Tree:
    return {"deliveryOrderCode": told["fulfilment"], "status": status, "outBizCode": told["document"], "confirmType": 0}


def _delivered(told: Document) -> Tree:
    part = told.get("lines", ())
    order = _order(told, "PARTDELIVERED" if part else "DELIVERED") | {"confirmType": int(bool(part))}
    package = {"expressCode": told["tracking"]}
    if part:
        package["items"] = {"item": [{"itemCode": line["sku"], "quantity": line["quantity"]} for line in part]}
    return {"deliveryOrder": order | {"orderConfirmTime": _beijing(told["shipped_at"])}, "packages": {"package": [package]}}


def _change(told: Document, line: Document, sign: int, kind: str) -> Tree:
    return {
        "warehouseCode": told["node"],
        "orderCode": told["document"],
        "outBizCode": f"{told['document']}/{kind}",
        "itemCode": line["sku"],
        "inventoryType": kind,
        "quantity": sign * line["quantity"],
        "changeTime": _beijing(told.get("moved_at") or told["changed_at"]),
    }


def _back(told: Document) -> Tree:
    order = {"returnOrderCode": told["document"], "warehouseCode": told["node"], "shopNick": told["shop"]}
    lines = [{"itemCode": line["sku"], "actualQty": line["quantity"], "sourceOrderCode": told["order"]} for line in told["lines"]]
    return {"returnOrder": order | {"orderConfirmTime": _beijing(told["returned_at"])}, "orderLines": {"orderLine": lines}}


# ---------------------------------------------------------------------------------------------- X12
def _x12(told: Document) -> tuple[str, tuple[str, ...]] | None:
    """(functional group, code, control number and segments of its transaction). A 945 of all that is open would have to name it."""
    match told["type"]:
        case "shipment" if "lines" in told:
            day, clock = _utc(told["shipped_at"])
            named = [f"W12*CC*{line['quantity']}*{line['quantity']}*0*EA**VN*{line['sku']}" for line in told["lines"]]
            head = (f"W06*F*{told['fulfilment']}*{day}", f"G62*11*{day}*X*{clock}*GM", "LX*1", f"MAN*CP*{told['tracking']}")
            return "SW", ("945", "0001", *head, *named)
        case "receipt":
            named = [f"W07*{line['quantity']}*EA**VN*{line['sku']}" for line in told["lines"]]
            return "RE", ("944", "0001", f"W17*F*{_utc(told['received_at'])[0]}*R", f"N1*WH**92*{told['node']}", *named)
        case "count":
            named = [part for line in told["lines"] for part in (f"LIN**VN*{line['sku']}", f"QTY*17*{line['quantity']}*EA")]
            return "IB", ("846", "0001", "BIA*00*SI*I*{}*{}".format(*_utc(told["counted_at"])), f"N1*WH**92*{told['node']}", *named)
    return None


def _utc(zoned: str) -> tuple[str, str]:
    """CCYYMMDD and HHMM."""
    day, clock = zoned.split("T")
    return day.replace("-", ""), clock[:5].replace(":", "")


# ---------------------------------------------------------------------------------------------- carriers
def _easypost(told: Document) -> bytes:
    track = [{"status": EASYPOST[told["status"]], "datetime": told["at"]}]
    return json.dumps({"result": {"id": "trk_1", "tracking_code": told["tracking"], "tracking_details": track}}).encode()


def _kuaidi100(told: Document) -> bytes:
    scan = {"ftime": _beijing(told["at"]), "statusCode": KUAIDI100[told["status"]]}
    param = {"status": "polling", "lastResult": {"nu": told["tracking"], "data": [scan]}}
    return urlencode({"param": json.dumps(param), "sign": "0" * 32}).encode()
