"""prices.csv: what nodes that bill us for what they ship want for one of each SKU (docs/dropshipping.md)."""

from collections.abc import Iterable, Mapping

from deploy.business.forms import Currency, Form, Name, NodeForm, Price, Sku
from deploy.business.parts import OfSkus, in_parts
from deploy.business.sheets import hint

PARTS = 16  # of a node's price list: each is told by itself

Prices = OfSkus


class PriceForm(Form):
    """A row: minor units of the currency in which the node bills."""

    node: Name
    sku: Sku
    price: Price
    currency: Currency


def price_problem(form: PriceForm, nodes: Mapping[str, NodeForm]) -> str:
    """What does not fit nodes.csv, as a sentence; "": all of it fits."""
    node = nodes.get(form.node)
    if node is None:
        return f"node {form.node!r} is not in nodes.csv; {hint(form.node, nodes)}"
    if not node.bills_in:
        return f"node {form.node!r} does not bill us; give its currency as bills_in in nodes.csv, or leave this row out"
    if form.currency != node.bills_in:
        return f"node {form.node!r} bills in {node.bills_in}, and not in {form.currency}; agree on one of them"
    return ""


def prices_of(forms: Iterable[PriceForm]) -> dict[str, tuple[tuple[int, Prices], ...]]:
    """By node, part by part; a SKU is always of the same one."""
    found: dict[str, list[tuple[str, int]]] = {}
    for form in forms:
        found.setdefault(form.node, []).append((form.sku, form.price))
    return {node: in_parts(prices, PARTS) for node, prices in found.items()}
