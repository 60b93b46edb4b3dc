"""A supplier of the tea retailer."""

from typing import Any

from streams import commands as c
from tables.events import BillLine, Node
from tests.analytics.teahouse import DAY_MS, POOL, Teahouse, fulfilments


def potter(house: Teahouse) -> None:
    """Ships teapots for us, and bills one of them too high; some are broken; more are announced, and waited for."""
    name, now, say = "Yixing", house.now, house.say
    about = Node(node=name, kind="supplier", region="CN-JS", city=name, priority=9, bills_in="CNY", freight=1_200)
    say(c.SetNode(pool=POOL, cause=house.cause(), version=2, node=about))
    say(c.SetPrices(pool=POOL, cause=house.cause(), version=2, node=name, part=0, prices=(("TEAPOT", 8_800),)))
    house.receive(name, (("TEAPOT", 6),), now)
    broken = (("TEAPOT", -1),)
    say(c.ChangeStock(pool=POOL, cause=house.cause(), document="CH-1", node=name, at=now, reason="broken", lines=broken))
    for order, pots, price in (("pot-1", 2, 8_800), ("pot-2", 2, 9_900), ("pot-3", 4, 0)):
        for bought in fulfilments(house.order(order, "leaf-web", (("TEAPOT", pots),), now)):
            house.ship(bought, now)
            told: dict[str, Any] = {"document": f"INV-{order}", "fulfilment": bought, "currency": "CNY", "billed_at": now}
            say(c.BillPurchase(pool=POOL, cause=house.cause(), freight=1_200, lines=(BillLine("TEAPOT", pots, price),), **told))
    coming: dict[str, Any] = {"document": "ASN-9", "supply": "PO-9", "node": name, "at": now, "expected_at": now + DAY_MS}
    say(c.AnnounceSupply(pool=POOL, cause=house.cause(), lines=(("TEAPOT", 9),), **coming))
    for later in (1_000, 3_000):
        say(c.Tick(pool=POOL, cause=house.cause(), at=now + later))
