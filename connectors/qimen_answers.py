"""How Qimen's callers are answered: what we say to a warehouse that calls us, and what one says whom we call."""

from xml.sax.saxutils import escape

import msgspec

from connectors.contract import StockLine
from connectors.payload import MOST_STOCK, Unusable
from connectors.xml_tree import Tree, read_xml

# the platform's own troubles, which pass: https://open.taobao.com, codes of errors; 7 is its limit of calls
PASSING = ("isp.", "accesscontrol.limited-by")


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """A warehouse's answer. `number`: its own of the order. `message` may quote a person, so it is for no log. `passing`: not taken, and
    worth asking again."""

    taken: bool
    code: str
    message: str = ""
    number: str = ""
    passing: bool = False


def answer_xml(code: str, sentence: str) -> bytes:
    """How we answer who calls us. Code 0: it is taken."""
    flag = "success" if code == "0" else "failure"
    return f"<response><flag>{flag}</flag><code>{escape(code)}</code><message>{escape(sentence)}</message></response>".encode()


def read_answer(body: bytes) -> Told:
    """What a warehouse, or the platform between, answered. Raises Unusable when it is no answer of the norm."""
    try:
        told = read_xml(body, "response")
    except Unusable as reason:
        if reason.rejected.code != "other_root":
            raise
        return _of_platform(read_xml(body, "error_response"))
    flag, code = _text(told, "flag").lower(), _text(told, "code")
    if flag not in ("success", "failure"):
        raise Unusable("no_flag", "The answer says neither success nor failure.")
    taken = flag == "success"
    number = next((found for name in ("deliveryOrderId", "entryOrderId", "returnOrderId") if (found := _text(told, name))), "")
    return Told(taken=taken, code=code, message=_text(told, "message"), number=number, passing=not taken and _passes(code))


def stock(body: bytes) -> tuple[StockLine, ...]:
    """Good units by SKU out of the answer to `stock_query`, those that the warehouse has locked for orders too; those of one SKU (its
    lots) are summed. Raises Unusable."""
    told = read_xml(body, "response")
    if _text(told, "flag").lower() != "success":
        raise Unusable("no_stock", "The warehouse did not answer the question.")
    items = told.get("items") or {}
    found = items.get("item", []) if isinstance(items, dict) else []
    units: dict[str, int] = {}
    for item in found if isinstance(found, list) else [found]:
        sku = _text(item, "itemCode") if isinstance(item, dict) else ""
        if not sku:
            raise Unusable("malformed", "An item of the answer has no itemCode.")
        if _text(item, "inventoryType") in ("", "ZP"):
            units[sku] = units.get(sku, 0) + _number(_text(item, "quantity")) + _number(_text(item, "lockQuantity") or "0")
    return tuple([StockLine(sku=sku, quantity=quantity) for sku, quantity in units.items()])


def total_lines(body: bytes) -> int:
    """How many items there are on all pages. Raises Unusable."""
    return _number(_text(read_xml(body, "response"), "totalLines") or "0")


def _number(text: str) -> int:
    if not (text.isascii() and text.isdecimal()) or len(text) > 10 or int(text) > MOST_STOCK:
        raise Unusable("malformed", "An item of the answer has no quantity of reasonable size.")
    return int(text)


def _of_platform(told: Tree) -> Told:
    """The platform's own form, when the call did not reach the warehouse."""
    code = _text(told, "sub_code") or _text(told, "code")
    return Told(taken=False, code=code, message=_text(told, "sub_msg") or _text(told, "msg"), passing=_passes(code))


def _passes(code: str) -> bool:
    return code == "7" or code.startswith(PASSING)


def _text(tree: Tree, name: str) -> str:
    found = tree.get(name, "")
    return found if isinstance(found, str) else ""
