"""Qimen: a Chinese WMS tells of deliveries and stock in XML, its method in the URL (docs/qimen.md). URL and body are signed together."""

from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

from connectors.contract import (
    Answered,
    Draft,
    Fetch,
    Ignored,
    Millis,
    Parsed,
    Polled,
    ProgressDraft,
    RawRecord,
    Received,
    Refusal,
    RejectionDraft,
    ShipmentDraft,
    ShopRef,
    Stage,
    StockLine,
    TooLateDraft,
    TrackingDraft,
    TrackingStatus,
    Webhook,
)
from connectors.payload import Unusable, usable
from connectors.qimen import PREFIX, signed
from connectors.qimen_answers import answer_xml
from connectors.qimen_form import DeliveryConfirm, EntryConfirm, InventoryReport, LackReport, ProcessReport, ReturnConfirm, StockChange
from connectors.qimen_stock import changed, counted, document, received, returned
from connectors.signing import fingerprint
from connectors.xml_tree import Tree, read_xml

# by method, where its message names what it is about: what is about one order, or one node, stays in the order it came in
SUBJECTS: dict[str, tuple[str, ...]] = {
    "deliveryorder.confirm": ("deliveryOrder", "deliveryOrderCode"),
    "orderprocess.report": ("order", "orderCode"),
    "itemlack.report": ("deliveryOrderCode",),
    "orderexception.report": ("deliveryOrderCode",),
    "entryorder.confirm": ("entryOrder", "warehouseCode"),
    "returnorder.confirm": ("returnOrder", "warehouseCode"),
    "inventory.report": ("warehouseCode",),
    "stockchange.report": ("items", "item", "warehouseCode"),
}
DELIVERIES = ("", "JYCK", "HHCK", "BFCK", "QTCK")
NOT_SHIPPING = {"CANCELED": "cancelled", "CLOSED": "closed", "REJECT": "rejected"}
STAGES: dict[str, Stage] = {
    "ACCEPT": "accepted",
    "PRINT": "picking",
    "PICK": "picked",
    "CHECK": "picked",
    "PACKAGE": "packed",
    "WEIGH": "packed",
    "READY": "packed",
}
PARCELS: dict[str, TrackingStatus] = {"SIGN": "delivered", "REFUSE": "returning", "TMSCANCELED": "returning"}


class Qimen:
    name = "qimen"
    polls = False

    def receive(self, hook: Webhook, secret: bytes) -> Received | Refusal:
        if not signed(hook.query, hook.body, secret):
            return Refusal("bad_signature", "`sign` must be the MD5, in capitals, of secret, sorted query, body and secret.")
        method = hook.query.get("method", "").removeprefix(PREFIX)
        if method not in SUBJECTS:
            return Refusal("malformed", f"`method` is one of {', '.join(SUBJECTS)}.")
        try:
            subject = _subject(read_xml(hook.body, "request"), SUBJECTS[method])
        except Unusable as reason:
            return Refusal("malformed", reason.rejected.sentence)
        if not subject:
            return Refusal("malformed", f"{'.'.join(SUBJECTS[method])} must be named.")
        return Received(method, subject, fingerprint(method.encode(), hook.body))

    def parse(self, raw: RawRecord, shop: ShopRef) -> Parsed:
        read = _READ.get(raw.kind)
        if read is None:
            return Ignored("other_kind", "This method tells nothing that is booked here.")
        return usable(lambda: read(read_xml(raw.body, "request"), raw))

    def poll(self, fetch: Fetch, shop: ShopRef, cursor: str, now: Millis) -> Polled:
        """The warehouse calls; there is nothing to ask it for."""
        return Polled(items=(), cursor=cursor, more=False)

    def answer(self, status: int, code: str, sentence: str) -> Answered:
        """The norm's callers look into the body only when they are answered 200; other statuses are left to what they may send again."""
        told = answer_xml("0", "") if code == "taken" else answer_xml(code, sentence)
        return Answered(status if status >= 500 else 200, "application/xml; charset=utf-8", told)


def _subject(told: Tree, path: tuple[str, ...]) -> str:
    found: Any = told
    for name in path:
        found = found[0] if isinstance(found, list) else found
        found = found.get(name) if isinstance(found, dict) else None
    return found if isinstance(found, str) else ""


# ---------------------------------------------------------------------------------------------- deliveries
def _confirmed(told: DeliveryConfirm, raw: RawRecord) -> Parsed:
    order = told.delivery_order
    name = document(order.out_biz_code, order.delivery_order_code, order.confirm_type)
    at = Millis(order.order_confirm_time or order.operate_time or raw.received_at)
    if order.status in ("", "DELIVERED", "PARTDELIVERED"):
        return _shipped(told, name, at)
    return _stands(order.status, name, order.delivery_order_code, at) or Ignored(
        "nothing_shipped", "The order's status changed, and nothing was shipped by it."
    )


def _stands(status: str, name: str, fulfilment: str, at: Millis) -> tuple[Draft, ...]:
    """What a status says that is not about goods that left; nothing, where it says nothing to us."""
    if reason := NOT_SHIPPING.get(status):
        return (RejectionDraft(document=f"{name}/{reason}", fulfilment=fulfilment, reason=reason, at=at),)
    if stage := STAGES.get(status):
        return (ProgressDraft(document=f"{name}/{status}", fulfilment=fulfilment, stage=stage, at=at),)
    if status == "CANCELEDFAIL":
        return (TooLateDraft(document=f"{name}/{status}", fulfilment=fulfilment),)
    return ()


def _shipped(told: DeliveryConfirm, name: str, at: Millis) -> Parsed:
    """A shipment for each package; then, by the last confirmation, what was not shipped is short."""
    order = told.delivery_order
    drafts: list[Draft] = [
        ShipmentDraft(
            document=f"{name}/{package}" if package else name,
            fulfilment=order.delivery_order_code,
            shipped_at=at,
            lines=lines,
            carrier=carrier,
            tracking=tracking,
        )
        for package, carrier, tracking, lines in _packages(told)
    ]
    if _is_short(told):
        drafts.append(RejectionDraft(document=f"{name}/short", fulfilment=order.delivery_order_code, reason="short", at=at))
    if not drafts:
        raise Unusable("no_lines", "Neither packages nor lines say what was shipped: have it confirmed with items or actualQty.")
    return tuple(drafts)


def _packages(told: DeliveryConfirm) -> Iterator[tuple[str, str, str, tuple[StockLine, ...]]]:
    """(name, carrier, tracking number, lines) of each package, whose name is the same in whatever order they come. Where none says what
    is in it there is one of all that was shipped, under the first number: that of the whole consignment."""
    packed: dict[str, tuple[str, str, list[StockLine]]] = {}
    for package in told.packages:
        name = "/".join(filter(None, (package.package_code, package.express_code)))
        lines = [StockLine(sku=item.item_code, quantity=item.quantity) for item in package.items if item.quantity]
        if lines:
            packed.setdefault(name, (package.logistics_code, package.express_code, []))[2].extend(lines)
    for name, (carrier, tracking, lines) in packed.items():
        yield name, carrier, tracking, tuple(lines)
    left = tuple([StockLine(sku=line.item_code, quantity=line.actual_qty) for line in told.order_lines if line.actual_qty])
    whole = told.delivery_order.status == "DELIVERED" and told.delivery_order.confirm_type != "1" and not told.order_lines
    if not packed and (left or whole):
        first = next((package for package in told.packages if package.express_code), None)
        yield "", first.logistics_code if first else "", first.express_code if first else "", left


def _is_short(told: DeliveryConfirm) -> bool:
    """Whether the last confirmation leaves units that nobody will ship."""
    order = told.delivery_order
    if order.confirm_type == "1" or (not order.confirm_type and order.status == "PARTDELIVERED"):
        return False
    missing: Counter[str] = Counter()
    for line in told.order_lines:
        missing[line.item_code] += line.plan_qty - line.actual_qty
    return order.status == "PARTDELIVERED" or any(units > 0 for units in missing.values())


def _process(told: ProcessReport, raw: RawRecord) -> Parsed:
    process, code = told.process, told.order.order_code
    at = Millis(process.operate_time or raw.received_at)
    if told.order.order_type in DELIVERIES:
        if drafts := _stands(process.process_status, f"{code}/{process.operate_time}", code, at):
            return drafts
        if process.express_code and (status := PARCELS.get(process.process_status)):
            name = f"{code}/{process.process_status}/{process.operate_time}"
            return (TrackingDraft(document=name, carrier="", tracking=process.express_code, status=status, at=at),)
    return Ignored("progress", "This progress is told by the confirmation of its order, too.")


def _lacking(told: LackReport, raw: RawRecord) -> Parsed:
    """Units that are not there: what is not named still ships."""
    lines = tuple([StockLine(sku=item.item_code, quantity=item.lack_qty) for item in told.items if item.lack_qty])
    if not lines:
        return Ignored("nothing_lacks", "No units are missing.")
    at = Millis(told.create_time or raw.received_at)
    return (RejectionDraft(document=f"{told.out_biz_code}/lack", fulfilment=told.delivery_order_code, reason="short", lines=lines, at=at),)


# ---------------------------------------------------------------------------------------------- by method
_READ: dict[str, Callable[[Tree, RawRecord], Parsed]] = {
    "deliveryorder.confirm": lambda told, raw: _confirmed(DeliveryConfirm.model_validate(told), raw),
    "orderprocess.report": lambda told, raw: _process(ProcessReport.model_validate(told), raw),
    "itemlack.report": lambda told, raw: _lacking(LackReport.model_validate(told), raw),
    "orderexception.report": lambda told, raw: Ignored("exception", "The warehouse has trouble with an order: ask it which."),
    "entryorder.confirm": lambda told, raw: received(EntryConfirm.model_validate(told), raw),
    "returnorder.confirm": lambda told, raw: returned(ReturnConfirm.model_validate(told), raw),
    "inventory.report": lambda told, raw: counted(InventoryReport.model_validate(told)),
    "stockchange.report": lambda told, raw: changed(StockChange.model_validate(told), raw),
}

CHANNEL = Qimen()
