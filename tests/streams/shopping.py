"""A busy day of pool `north`, with everything in it that can happen to an order: the log that the checker's tests damage."""

import msgspec

from tables.calendar import Waves
from tables.carriers import Band, RateTable, Service, Zone
from tables.flow import Flow, HoldRule, ShopFlow
from tables.policy import Policy, Presale, Rule, Tolerance
from tests.carriage import set_carriers
from tests.story import Story, key, line
from tests.streams.drop_shipping import bill, prices, settle_bill

TEAS = ("ASSAM", "SENCHA", "OOLONG")
DAY_MS = 86_400_000
HOUR_MS = 3_600_000
HOLDS = {"payment": HoldRule(expires_minutes=60), "fraud": HoldRule(ignore=True)}
FLOW = Flow(rule=ShopFlow(holds=HOLDS, floors={"CASE-OOLONG": {"EUR": 9_000}}))
MERGING = Flow(rule=FLOW.rule, shops={"slow": ShopFlow(holds=HOLDS, merge_minutes=30)})
SIX_HOURS = Waves(tuple(range(0, 7 * 24 * 60, 6 * 60)), "UTC")
IN_WAVES = Flow(rule=FLOW.rule, waves={"hamburg": SIX_HOURS}, clocks={"UTC": ((0, 0),)})

GROUND = Zone(name="home", to=("DE",), days=2, bands=(Band(250, 390), Band(2_000, 590)))
AIR = Zone(name="all", to=("*",), days=1, bands=(Band(2_000, 1_490),))
RATES = RateTable(
    version=4,
    currency="EUR",
    services=(
        Service(name="gull-ground", carrier="gull", zones=(GROUND,)),
        Service(name="heron-air", carrier="heron", methods=("Express",), zones=(AIR,)),
    ),
    promise_days=3,
)


def busy_day(orders: int = 60) -> Story:
    """Segments b2c, b2b (protected) and club (may borrow), shop `vip` with units of its own, one node that must confirm a cancel."""
    story = Story()
    story.segment("b2c", ratio=6_000, rank=1)
    story.segment("b2b", ratio=2_000, protected=True, rank=2)
    story.segment("club", ratio=1_000, may_borrow=True, rank=3)
    story.node("hamburg", region="DE-HH", arrivals=True)
    story.node("porto", region="PT-13", cancel="confirm", priority=1)
    story.shop("web", segment="b2c")
    story.shop("dealer", segment="b2b")
    story.shop("members", segment="club")
    story.policy(Policy(rule=Rule(max_splits=1), flow=FLOW))
    for node in ("hamburg", "porto"):
        story.receive(node, ASSAM=100, SENCHA=60, OOLONG=40)
    story.shop("vip", segment="b2c", quotas=(("OOLONG", 10),))
    for number in range(orders):
        _order(story, number)
    _afterwards(story)
    return story


def _order(story: Story, number: int) -> None:
    shop = ("web", "web", "dealer", "members", "vip")[number % 5]
    tea, other = TEAS[number % 3], TEAS[(number + 1) % 3]
    region = "DE-HH" if number % 4 else "PT-13"
    story.place(str(number), line(tea, 1 + number % 4), line(other, 1), shop=shop, region=region, at=10)


def _afterwards(story: Story) -> None:
    story.place("0", line("ASSAM", 1), line("SENCHA", 1), region="PT-13", at=10)  # seen before? no: other lines, the next revision
    story.place("5", line("OOLONG", 1), line("ASSAM", 4), region="DE-HH", at=11)
    story.place("6", line("SENCHA", 1), region="DE-HH", at=5)  # older than what is known
    story.reduce("1", "refund-1", ("SENCHA", 1))
    story.cancel("10", at=20)
    story.cancel("16", at=20)
    story.cancel("999", at=20)  # its order never comes
    story.place("held", line("ASSAM", 2), holds=("payment",), at=12)
    story.release("held", "payment")
    story.place("riddle", line("GIFT-BOX", 1, parts=()), at=12)
    story.listing("web", "GIFT-BOX", ("ASSAM", 2), ("SENCHA", 1))
    story.place("big", line("OOLONG", 90), at=13)  # waits
    story.place("25", line("SENCHA", 1), region="DE-HH", sealed="k1.Lin", at=14)
    story.place("25", line("SENCHA", 1), region="DE-HH", sealed="k1.Wei", at=15)  # it moves house
    story.ship(story.fulfilment("1"))
    story.ship(story.fulfilment("11"), ("OOLONG", 2), tracking="GL-0")
    story.refuse(story.fulfilment("15"))
    story.receive("hamburg", OOLONG=200)  # 90 of them are waited for
    story.count("hamburg", ASSAM=60)
    story.move("hamburg", "on_hand", "damaged", SENCHA=1)
    story.request("11", ("OOLONG", "", 2), rma="RMA-1")
    story.take_back("11", ("OOLONG", "OOLONG", 1), node="hamburg", rma="RMA-1")
    story.inspect("11", "RMA-1", ("OOLONG", "resell", 1), node="hamburg")
    story.end_return("11", "RMA-1", "closed")
    story.keep("cart", 2_000, SENCHA=2, ASSAM=1)
    story.keep("basket", 2_000, SENCHA=3)
    story.place("basket", line("SENCHA", 2), at=14, reservation=key("basket"))
    story.ship(story.fulfilment("6"), tracking="GL-1")
    story.reissue("6", "GL-1")
    story.place("unpaid", line("ASSAM", 1), holds=("payment", "fraud"), at=14)
    story.place("odd", line("ASSAM", 1), at=14)
    story.hold("odd")
    story.place("cheap", line("CASE-OOLONG", 1, parts=(("OOLONG", 2),)), at=14)
    story.tick(DAY_MS)
    story.tick(DAY_MS + HOUR_MS)
    _later(story)
    _money(story)
    _bought(story)
    _found_and_lost(story)
    _gifts(story)
    _carried(story)
    _untaken(story)
    _announced(story)
    _sold_ahead(story)
    _in_waves(story)


def _found_and_lost(story: Story) -> None:
    story.receive("hamburg", JASMINE=3)
    story.change("hamburg", at=1, JASMINE=-1, MATCHA=1)
    story.place("j1", line("JASMINE", 2), region="DE-HH", at=32)
    story.change("hamburg", at=2, JASMINE=-1)  # which was promised
    story.count("hamburg", at=9, MATCHA=4)
    story.change("hamburg", at=8, MATCHA=3)  # the count has found them


def _gifts(story: Story) -> None:
    """A cup comes with each pot."""
    story.receive("hamburg", POT=100)
    for name in ("given", "taken-off", "dropped"):
        if name == "dropped":
            story.policy(Policy(rule=Rule(max_splits=1, gifts="drop")))
        goods = (line("POT", 2), line("CUP" if name != "dropped" else "SAUCER", 2, "gift", price=0))
        story.place(name, *goods, at=40, gifts=(("gift", "POT"),))
    story.ship(story.fulfilment("given"))
    story.request("given", ("POT", "", 2), rma="RMA-2")
    story.reduce("taken-off", "refund-2", ("POT", 1))


def _carried(story: Story) -> None:
    """From here on carriers are chosen, by a table without a service to Portugal that is slow enough to be cheap."""
    story.policy(Policy(rule=Rule(max_splits=1), flow=MERGING))
    set_carriers(story, RATES, ASSAM=100, SENCHA=120, CUP=300)
    story.receive("hamburg", ASSAM=100, SENCHA=100)
    for name, tea, region, shipping in (("c1", "ASSAM", "DE-HH", ""), ("c2", "SENCHA", "DE-HH", "Express"), ("c3", "ASSAM", "PT-13", "")):
        story.place(name, line(tea, 2), region=region, shipping=shipping, at=40, sealed="k1.Mei")
    story.place("c1", line("ASSAM", 2), region="DE-HH", shipping="Express", at=41, sealed="k1.Mei")
    story.track("GL-C2", "label", fulfilment=story.fulfilment("c2"))
    story.place("c4", line("OOLONG", 1), region="DE-HH", at=40)  # nobody has weighed it
    for name in ("c5", "c6"):
        story.place(name, line("ASSAM", 2), shop="slow", region="DE-HH", sealed="k1.mei", at=42)
    story.tick(DAY_MS + 3 * HOUR_MS)
    story.tick(DAY_MS + 4 * HOUR_MS)


def _untaken(story: Story) -> None:
    """What no carrier takes is held from here on, until one takes it or somebody lets it go."""
    story.policy(Policy(rule=Rule(max_splits=1), flow=MERGING, no_carrier="hold"))
    for name in ("n1", "n2", "n3", "n4"):
        story.place(name, line("ASSAM", 25), region="DE-HH", at=43)  # 2,500 g
    story.hold("n4")
    story.release("n2", "no_carrier")
    heavier = msgspec.structs.replace(AIR, bands=(Band(3_000, 2_490),))
    set_carriers(story, msgspec.structs.replace(RATES, version=5, services=(Service(name="heron-air", carrier="heron", zones=(heavier,)),)))
    story.tick(DAY_MS + 4 * HOUR_MS + 1)
    story.place("n5", line("ASSAM", 40), region="DE-HH", at=44)  # still too heavy
    story.policy(Policy(rule=Rule(max_splits=1), flow=MERGING))
    story.tick(DAY_MS + 4 * HOUR_MS + 2)


def _money(story: Story) -> None:
    """We give back ourselves what is cancelled or comes back."""
    story.policy(Policy(rule=Rule(max_splits=1, refund_cancelled=True, refund_on="received")))
    story.receive("hamburg", CUP=100)
    for name in ("m1", "m2", "m3"):
        story.place(name, line("CUP", 3), region="DE-HH", at=30, charges=490, paid=(("CUP", 2_000),))
    story.refund("m1", 500)
    story.cancel("m1", at=31)
    story.ship(story.fulfilment("m2"), ("CUP", 1))
    story.cancel("m2", at=31)
    story.ship(story.fulfilment("m3"))
    story.take_back("m3", ("CUP", "CUP", 1), node="hamburg")
    story.reduce("m3", "refund-m3", ("CUP", 2))


def _later(story: Story) -> None:
    """Orders of one recipient that wait for each other, of which one does not wait."""
    story.shop("slow", segment="b2c")
    story.policy(Policy(rule=Rule(max_splits=1), flow=MERGING))
    for name in ("one", "two", "off"):
        story.place(name, line("ASSAM", 1), shop="slow", sealed="k1.mei", at=15)
    story.tick(DAY_MS + HOUR_MS + 1)
    story.cancel("off", shop="slow", at=20)
    story.tick(DAY_MS + 2 * HOUR_MS)


def _announced(story: Story) -> None:
    """Two wait for what is announced, of which the second has the higher priority, and the first has waited for too long."""
    story.policy(Policy(rule=Rule(max_splits=1), aging_hours=24, flow=FLOW))
    now = story.pool.now
    story.place("d1", line("GREEN", 3), region="DE-HH", at=50)
    story.place("d2", line("GREEN", 3), region="DE-HH", at=51, placed_at=now, priority=5)
    for supply, day in (("PO-1", 9), ("PO-2", 12)):
        story.announce(supply, "hamburg", at=50, expected_at=day * DAY_MS, GREEN=5)
    story.tick(now + 2_000)
    story.tick(now + 4_000)
    story.announce("PO-2", "hamburg", at=51, expected_at=15 * DAY_MS, GREEN=5)
    story.tick(now + 6_000)
    story.tick(now + 8_000)
    story.arrives("PO-1", "hamburg", GREEN=4)
    story.tick(now + 10_000)
    story.tick(now + 12_000)


def _sold_ahead(story: Story) -> None:
    """Of what is announced, all but a fifth is sold before it comes, and what there is with it."""
    story.policy(Policy(rule=Rule(max_splits=1, shortage="reject", presale=Presale(days=9, percent=80)), flow=FLOW))
    story.announce("PO-3", "hamburg", at=60, expected_at=9 * DAY_MS, MINT=10)
    story.receive("hamburg", MINT=1)
    for name, units in (("p1", 3), ("p2", 2), ("p3", 2)):
        story.place(name, line("MINT", units), region="DE-HH", at=60)
    story.tick(story.pool.now + 2_000)
    story.arrives("PO-3", "hamburg", MINT=10)


def _in_waves(story: Story) -> None:
    """Hamburg is told every sixth hour; two of three orders are of one recipient."""
    story.policy(Policy(rule=Rule(max_splits=1), flow=IN_WAVES))
    for name, recipient in (("w1", "k1.mei"), ("w2", "k1.mei"), ("w3", "k1.wei")):
        story.place(name, line("ASSAM", 1), region="DE-HH", sealed=recipient, at=60)
    for at in (DAY_MS + 5 * HOUR_MS, DAY_MS + 5 * HOUR_MS + 1, DAY_MS + 6 * HOUR_MS, DAY_MS + 7 * HOUR_MS):
        story.tick(at)


def _bought(story: Story) -> None:
    """A supplier ships for us, and bills us for it."""
    story.node("kiln", kind="supplier", bills_in="EUR", freight=490)
    prices(story, "kiln", BOWL=700)
    story.policy(Policy(rule=Rule(max_splits=1), bill_tolerance=Tolerance(basis_points=100)))
    story.receive("kiln", BOWL=100)
    for name in ("b1", "b2", "b3"):
        story.place(name, line("BOWL", 3), at=40)
    first, second = story.fulfilment("b1"), story.fulfilment("b2")
    story.ship(first)
    bill(story, "INV-1", first, ("BOWL", 3, 705), freight=490)
    bill(story, "INV-2", second, ("BOWL", 3, 700))  # before its shipment
    story.ship(second)
    bill(story, "INV-3", first, ("BOWL", 3, 705))  # once more
    settle_bill(story, "INV-3", first, "rejected")
    story.take_back("b1", ("BOWL", "BOWL", 1), node="kiln")
    story.refuse(story.fulfilment("b3"))
