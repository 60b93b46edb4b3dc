"""Qimen's messages about stock -> drafts. Good units (ZP) are what we promise; units that are damaged (CC, JS, XS) lie apart; those on
their way (ZT) are no stock yet."""

from collections.abc import Iterable, Iterator

from connectors.contract import (
    ChangeDraft,
    CountDraft,
    Draft,
    Ignored,
    InspectedLine,
    InspectionDraft,
    Millis,
    MoveDraft,
    Parsed,
    RawRecord,
    ReceiptDraft,
    ReturnDraft,
    ReturnLine,
    StockLine,
)
from connectors.payload import Unusable
from connectors.qimen_form import Change, EntryConfirm, InventoryReport, Line, ReturnConfirm, StockChange

# confirmed by deliveryorder.confirm, entryorder.confirm or returnorder.confirm: booked there, and not a second time here
CONFIRMED = frozenset(
    ["JYCK", "HHCK", "BFCK", "QTCK", "SCRK", "LYRK", "CCRK", "CGRK", "DBRK", "QTRK", "B2BRK", "XTRK", "THRK", "HHRK", "JQRK"]
)  # fmt: skip
TO_COME = ("in_transit",)


def document(out_biz_code: str, code: str, confirm_type: str) -> str:
    """The name under which a confirmation is known again: `outBizCode`, which only the one and only confirmation of an order may do
    without. Raises Unusable."""
    if not out_biz_code and confirm_type == "1":
        raise Unusable("missing_field", "outBizCode: one of several confirmations needs it, or it could not be told from its repetition.")
    return out_biz_code or code


def received(told: EntryConfirm, raw: RawRecord) -> Parsed:
    order = told.entry_order
    if order.status not in ("", "PARTFULFILLED", "FULFILLED"):
        return Ignored("nothing_received", "An entry order's status changed, and nothing was received by it.")
    good = [StockLine(sku=line.item_code, quantity=line.actual_qty) for line in told.order_lines if _good(line) and line.actual_qty]
    if not good:
        return Ignored("nothing_good", "No good units were received.")
    name = document(order.out_biz_code, order.entry_order_code, order.confirm_type)
    at = Millis(order.operate_time or raw.received_at)
    return (ReceiptDraft(document=name, node=order.warehouse_code, received_at=at, lines=tuple(good)),)


def counted(told: InventoryReport) -> Parsed:
    """Each page is a count of its own, of the SKUs on it."""
    good = [StockLine(sku=item.item_code, quantity=item.total_qty) for item in told.items if item.inventory_type in ("", "on_hand")]
    if not good:
        return Ignored("nothing_good", "No good units were counted.")
    name = f"{told.out_biz_code}/{told.current_page}" if told.current_page else told.out_biz_code
    return (CountDraft(document=name, node=told.warehouse_code, counted_at=Millis(told.check_time), lines=tuple(good)),)


# ---------------------------------------------------------------------------------------------- returns
def returned(told: ReturnConfirm, raw: RawRecord) -> Parsed:
    """The goods come back, and what the warehouse says of them is what its inspection found."""
    order, came = told.return_order, [line for line in told.order_lines if line.actual_qty and line.inventory_type not in TO_COME]
    if not came:
        return Ignored("nothing_returned", "No units came back.")
    shop, number = _sold_by(told)
    name, at = order.out_biz_code or order.return_order_code, Millis(order.order_confirm_time or raw.received_at)
    lines = [ReturnLine(sku=line.item_code, quantity=line.actual_qty, line=line.sub_source_order_code) for line in came]
    back = ReturnDraft(document=name, shop=shop, order=number, node=order.warehouse_code, returned_at=at, lines=tuple(lines))
    return back, *_inspected(back, came)


def _sold_by(told: ReturnConfirm) -> tuple[str, str]:
    """(shop, order): as our own code of the return says it (`shop/order/number`), or as the confirmation does."""
    shop, slash, rest = told.return_order.return_order_code.partition("/")
    order, again, _ = rest.rpartition("/")
    if slash and again and shop and order:
        return shop, order
    orders = {line.source_order_code for line in told.order_lines} - {""}
    if not told.return_order.shop_nick or len(orders) != 1:
        raise Unusable(
            "unknown_order", "The return names no order of ours: have shopNick and one sourceOrderCode told, or book it by hand."
        )
    return told.return_order.shop_nick, orders.pop()


def _inspected(back: ReturnDraft, came: Iterable[Line]) -> Iterator[InspectionDraft]:
    """What says nothing of its state is not inspected yet."""
    lines = [
        InspectedLine(sku=line.item_code, quantity=line.actual_qty, disposition="resell" if line.inventory_type == "on_hand" else "damaged")
        for line in came
        if line.inventory_type
    ]
    if lines:
        yield InspectionDraft(
            document=f"{back.document}/inspected",
            shop=back.shop,
            order=back.order,
            node=back.node,
            inspected_at=back.returned_at,
            lines=tuple(lines),
            returned=back.document,
        )


# ---------------------------------------------------------------------------------------------- changes
def changed(told: StockChange, raw: RawRecord) -> Parsed:
    """Changes of one order at one warehouse belong together: fewer good units and more damaged ones are a move. What is left of them was
    found or lost."""
    groups: dict[tuple[str, str], list[Change]] = {}
    for item in told.items:
        if item.order_type not in CONFIRMED and item.inventory_type not in TO_COME:
            groups.setdefault((item.warehouse_code, item.order_code), []).append(item)
    drafts = [draft for (node, _), group in groups.items() for draft in _changes(node, group, raw.received_at)]
    return tuple(drafts) or Ignored("confirmed_elsewhere", "These changes are told by the confirmation of their order, too.")


def _changes(node: str, group: list[Change], now: Millis) -> Iterator[Draft]:
    name, at = min(item.out_biz_code for item in group), Millis(max(item.change_time for item in group) or now)
    units: dict[str, dict[str, int]] = {}
    for item in group:
        of_sku = units.setdefault(item.item_code, {"on_hand": 0, "damaged": 0})
        of_sku[item.inventory_type or "on_hand"] += item.quantity
    for source, target in (("on_hand", "damaged"), ("damaged", "on_hand")):
        moved = {sku: some for sku, of_sku in units.items() if (some := min(-of_sku[source], of_sku[target])) > 0}
        for sku, some in moved.items():
            units[sku][source] += some
            units[sku][target] -= some
        if moved:
            yield _move(f"{name}/{source}-{target}", node, (source, target), at, _stock(moved))
    reason = min((item.order_type for item in group if item.order_type), default="changed")
    for bucket in ("on_hand", "damaged"):
        if left := {sku: of_sku[bucket] for sku, of_sku in units.items() if of_sku[bucket]}:
            lines = tuple(_stock(left))
            yield ChangeDraft(document=f"{name}/{bucket}", node=node, changed_at=at, reason=reason, lines=lines, bucket=bucket)


def _stock(units: dict[str, int]) -> list[StockLine]:
    return [StockLine(sku=sku, quantity=some) for sku, some in units.items()]


def _move(name: str, node: str, way: tuple[str, str], at: Millis, lines: Iterable[StockLine]) -> MoveDraft:
    return MoveDraft(document=name, node=node, to_node=node, from_bucket=way[0], to_bucket=way[1], moved_at=at, lines=tuple(lines))


def _good(line: Line) -> bool:
    return line.inventory_type in ("", "on_hand")
