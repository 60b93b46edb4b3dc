"""What a warehouse says, in the words of Qimen (docs/qimen.md). Pure."""

from connectors.qimen import beijing
from connectors.xml_tree import Tree
from deploy.warehouse.words import Back, Inspected, Job, Left, Progress, Seen, TooLate, Unshipped, Word, units

STAGES = {"accepted": "ACCEPT", "picking": "PRINT", "picked": "PICK", "packed": "PACKAGE"}
REASONS = {"cancelled": "CANCELED"}


def call(word: Word, job: Job) -> tuple[str, Tree] | None:
    """(method, what is inside its `request`). None where the norm has no message: it follows a parcel to the door only."""
    match word:
        case Progress():
            return "orderprocess.report", _process(word, job, {"processStatus": STAGES[word.stage]})
        case Seen(status="delivered"):
            return "orderprocess.report", _process(word, job, {"processStatus": "SIGN", "expressCode": word.tracking})
        case Left():
            return "deliveryorder.confirm", _left(word, job)
        case Unshipped(reason="short"):
            # the last of several confirmations: what it says is planned and not there leaves no more
            missing = [{"itemCode": sku, "planQty": units, "actualQty": 0} for sku, units in units(word.lines).items()]
            order = _order(word, job, "PARTDELIVERED") | {"confirmType": 0}
            return "deliveryorder.confirm", {"deliveryOrder": order, "orderLines": {"orderLine": missing}}
        case Unshipped():
            return "deliveryorder.confirm", {"deliveryOrder": _order(word, job, REASONS.get(word.reason, "REJECT"))}
        case TooLate():
            return "deliveryorder.confirm", {"deliveryOrder": _order(word, job, "CANCELEDFAIL")}
        case Back():
            return "returnorder.confirm", _back(word, job)
        case Seen() | Inspected():
            return None


def _process(word: Progress | Seen, job: Job, process: Tree) -> Tree:
    order = {"orderCode": job.id, "orderType": "JYCK", "warehouseCode": job.node}
    return {"order": order, "process": process | {"operateTime": beijing(word.at)}}


def _order(word: Left | Unshipped | TooLate, job: Job, status: str) -> Tree:
    return {
        "deliveryOrderCode": job.id,
        "warehouseCode": job.node,
        "orderType": "JYCK",
        "status": status,
        "outBizCode": word.name,
        "orderConfirmTime": beijing(word.at),
    }


def _left(word: Left, job: Job) -> Tree:
    order = _order(word, job, "PARTDELIVERED" if word.more else "DELIVERED") | {"confirmType": int(word.more)}
    items = [{"itemCode": sku, "quantity": quantity} for sku, quantity in units(word.lines).items()]
    package = {"logisticsCode": word.carrier, "expressCode": word.tracking, "items": {"item": items}}
    return {"deliveryOrder": order, "packages": {"package": [package]}}


def _back(word: Back, job: Job) -> Tree:
    """Goods and what the inspection found in one."""
    order = {
        "returnOrderCode": word.name,
        "warehouseCode": job.node,
        "outBizCode": word.name,
        "orderConfirmTime": beijing(word.at),
        "shopNick": job.shop,
    }
    lines = [
        {
            "sourceOrderCode": job.order,
            "subSourceOrderCode": line.line,
            "itemCode": line.sku,
            "planQty": line.quantity,
            "actualQty": line.quantity,
            "inventoryType": "ZP" if word.fate == "resell" else "CC",
        }
        for line in word.lines
    ]
    return {"returnOrder": order, "orderLines": {"orderLine": lines}}
