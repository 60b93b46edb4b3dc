"""A supplier that ships for us: what is told of it, and what it tells."""

from typing import Any

from streams import commands as c
from streams.decisions import Decision
from tables.events import BilledBack, BillLine, BillVerdict, OrderLine
from tables.policy import Policy, Tolerance
from tables.purchases import Purchase
from tests.story import POOL, Story, line, of_type, one_shop


def prices(story: Story, node: str, part: int = 0, **costs: int) -> Decision:
    listed = tuple(costs.items())
    return story.ask(c.SetPrices(pool=POOL, cause=story.cause(), version=story.version(), node=node, part=part, prices=listed))


def bill(story: Story, document: str, fulfilment: str, *lines: tuple[str, int, int], currency: str = "EUR", freight: int = 0) -> Decision:
    """Lines of (SKU, units, price of one)."""
    told: dict[str, Any] = {"document": document, "fulfilment": fulfilment, "currency": currency, "freight": freight, "billed_at": 9}
    return story.ask(c.BillPurchase(pool=POOL, cause=story.cause(), lines=tuple(BillLine(*of) for of in lines), **told))


def settle_bill(story: Story, document: str, fulfilment: str, verdict: BillVerdict = "approved") -> Decision:
    told: dict[str, Any] = {"document": document, "fulfilment": fulfilment, "verdict": verdict}
    return story.ask(c.SettleBill(pool=POOL, cause=story.cause(), by="mei", **told))


def purchase(story: Story, order: str) -> Purchase:
    """The latest of an order."""
    return list((story.order(order).purchases or {}).values())[-1]


def with_supplier(tolerance: Tolerance | None = None, **about: Any) -> Story:
    """`kiln` ships cups of 700 cents and teapots of 1,900 for us; what it wants for kettles is not agreed. `attic` is our own."""
    story = one_shop({"kiln": {}, "attic": {}})
    story.node("kiln", kind="supplier", bills_in="EUR", freight=490, **about)
    story.node("attic", priority=1)
    prices(story, "kiln", CUP=700, POT=1_900)
    story.count("kiln", CUP=50, POT=50, KETTLE=50)
    if tolerance:
        story.policy(Policy(bill_tolerance=tolerance))
    return story


def ordered(story: Story, *lines: OrderLine, order: str = "1") -> str:
    story.place(order, *(lines or (line("CUP", 3),)))
    return story.fulfilment(order)


def shipped(story: Story) -> str:
    name = ordered(story)
    story.ship(name)
    return name


def differences(story: Story, fulfilment: str, *lines: tuple[str, int, int], **about: Any) -> list[tuple[str, str, int, int]]:
    """Of the next bill; none where it is approved."""
    [found] = of_type(bill(story, f"INV-{len(story.commands)}", fulfilment, *lines, **about), BilledBack)
    return [(of.reason, of.sku, of.expected, of.found) for of in found.differences]
