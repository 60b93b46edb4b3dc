"""Orders whose warehouses speak X12: what is decided goes out as a 940, what a 945 or an 846 says comes back into the pool."""

from connectors.contract import Millis, RawRecord, ShopRef
from connectors.registry import channels
from connectors.x12.outgoing import Ends
from connectors.x12.shipping_order import shipping_order
from streams.decisions import Decision
from streams.reference import NodeRecord, Reference, ShopRecord
from streams.rules.announce import status
from streams.rules.fulfil import fulfil
from streams.rules.normalize import normalize
from tests.connectors.cases import NOON
from tests.connectors.packages import interchange, transaction
from tests.story import POOL, Story, key, line, said

SHIPPED_ALL, SHORT, CANCELLED = "CC", "CP", "CK"


class Gull:
    """A logistics company with warehouses `reno` and `newark`, which reads 940s for itself and answers each with a 945."""

    def __init__(self, cancel: str = "immediate") -> None:
        self.story = Story()
        self.story.segment("b2c", ratio=10_000)
        for node in ("reno", "newark"):
            self.story.node(node, priority=len(node), cancel=cancel)
            self.story.receive(node, LAMP=10, CUP=10)
        self.story.shop("web", segment="b2c")
        self.reference = Reference()
        self.reference.apply(ShopRecord(ref=ShopRef(tenant="acme", shop="gull", channel="x12", pool=POOL), segment=""))
        for node in ("reno", "newark"):
            self.reference.apply(NodeRecord(node=node, pool=POOL))
        self.sent = 0

    def told(self, decision: Decision) -> list[list[list[str]]]:
        """The segments of each 940 that a decision becomes."""
        ends = Ends(sender="YIPAN", receiver="GULLWHSE")
        orders = [shipping_order(event, None, ends, Millis(NOON)).decode() for event in fulfil(decision, partition=0)]
        return [[segment.strip().split("*") for segment in order.split("~")] for order in orders]

    def answer(self, order: list[list[str]], verdict: str, missing: int = 0) -> bytes:
        """A 945 of all that a 940 names, without `missing` units of each line."""
        fulfilment = next(segment[2] for segment in order if segment[0] == "W05")
        lines = [(segment[5], int(segment[1])) for segment in order if segment[0] == "W01"]
        items = [f"W12*{verdict}*{units}*{units - missing}*{missing}*EA**VN*{sku}" for sku, units in lines]
        self.sent += 1
        head = (f"W06*F*{fulfilment}*20260301", "LX*1", "MAN*CP*1Z999AA10123456784")
        return interchange("SW", transaction("945", "0001", *head, *items), control=self.sent)

    def says(self, body: bytes) -> list[Decision]:
        raw = RawRecord(
            tenant="acme",
            shop="gull",
            channel="x12",
            kind="interchange",
            external_id="GULLWHSE",
            delivery_id="d",
            received_at=Millis(NOON),
            body=body,
        )
        commands = normalize(raw, self.story.cause()[:3], self.reference, channels(), lambda person: person.name)
        assert isinstance(commands, tuple), commands
        return [self.story.ask(command) for command in commands]

    def status(self, order: str) -> str:
        return status(self.story.pool, key(order), position=1).status


def test_what_a_940_orders_a_945_ships() -> None:
    gull = Gull()
    [order] = gull.told(gull.story.place("1", line("LAMP", 2), line("CUP", 1)))

    gull.says(gull.answer(order, SHIPPED_ALL))

    assert gull.status("1") == "shipped"
    assert gull.story.pool.stock["reno"].on_hand == {"LAMP": 8, "CUP": 9}


def test_the_same_interchange_twice_ships_once() -> None:
    gull = Gull()
    [order] = gull.told(gull.story.place("1", line("LAMP", 2)))
    answer = gull.answer(order, SHIPPED_ALL)

    gull.says(answer)
    [again] = gull.says(answer)

    assert said(again) == ["Duplicate"]


def test_what_one_warehouse_is_short_of_the_other_is_told_to_ship() -> None:
    gull = Gull()
    [order] = gull.told(gull.story.place("1", line("LAMP", 5)))

    decisions = gull.says(gull.answer(order, SHORT, missing=2))
    [elsewhere] = [order for decision in decisions for order in gull.told(decision)]

    assert ["N1", "WH", "newark", "92", "newark"] in elsewhere
    assert ["W01", "2", "EA", "", "VN", "LAMP"] in elsewhere
    gull.says(gull.answer(elsewhere, SHIPPED_ALL))
    assert gull.status("1") == "shipped"


def test_a_cancel_is_asked_for_and_granted() -> None:
    gull = Gull(cancel="confirm")
    gull.story.place("1", line("LAMP", 5))
    [asked] = gull.told(gull.story.cancel("1"))

    assert asked[3][:2] == ["W05", "F"]
    assert gull.status("1") == "cancel_requested"
    gull.says(gull.answer(asked, CANCELLED, missing=5))

    assert gull.status("1") == "cancelled"
    assert gull.story.pool.stock["reno"].on_hand["LAMP"] == 10


def test_a_cancel_that_comes_too_late_is_answered_by_the_shipment() -> None:
    gull = Gull(cancel="confirm")
    [order] = gull.told(gull.story.place("1", line("LAMP", 5)))
    gull.story.cancel("1")

    gull.says(gull.answer(order, SHIPPED_ALL))

    assert gull.status("1") == "shipped"


def test_a_count_after_a_shipment_has_it_already() -> None:
    gull = Gull()
    [order] = gull.told(gull.story.place("1", line("LAMP", 4)))
    gull.says(gull.answer(order, SHIPPED_ALL))

    count = transaction("846", "0001", "BIA*00*SI*I-1*20260301*2359", "N1*WH**92*reno", "LIN**VN*LAMP", "QTY*17*6*EA")
    gull.says(interchange("IB", count, control=99))

    assert gull.story.pool.stock["reno"].on_hand["LAMP"] == 6
