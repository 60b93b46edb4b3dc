"""An order at warehouses that speak Qimen, from the first message to the last: through the channel, normalize and the pool."""

from itertools import permutations
from typing import Any

import pytest

from connectors.contract import ShopRef
from connectors.registry import channels
from connectors.xml_tree import Tree, write_xml
from streams.commands import encode_command
from streams.reference import NodeRecord, Reference, ShopRecord
from streams.rules.normalize import normalize
from tests.connectors.cases import raw_record
from tests.connectors.qimen_told import confirm, line, package
from tests.story import POOL, Story, one_shop, said
from tests.story import line as wanted

FEED = "lighthouse"
AT_SIX = "2026-03-01 18:00:00"


class Warehouses:
    """`shanghai` comes first, then `ningbo`; an order of three TEA and one CUP lies at `shanghai`."""

    def __init__(self) -> None:
        self.story: Story = one_shop({"shanghai": {"TEA": 10, "CUP": 10}, "ningbo": {"TEA": 10, "CUP": 10}})
        self.story.place("1", wanted("TEA", 3), wanted("CUP", 1))
        self.fulfilment = self.story.fulfilment("1")
        self.reference = Reference()
        ref = ShopRef(tenant="acme", shop=FEED, channel="qimen", pool=POOL)
        self.reference.apply(ShopRecord(ref=ref))
        self.reference.apply(ShopRecord(ref=ShopRef(tenant="acme", shop="web", channel="canonical", pool=POOL)))
        for node in ("shanghai", "ningbo"):
            self.reference.apply(NodeRecord(node=node, pool=POOL))
        self._offset = 0

    def tell(self, method: str, told: Tree) -> list[str]:
        """The names of the events that come of it."""
        self._offset += 1
        raw = raw_record("qimen", write_xml("request", told), method)
        commands = normalize(raw, ("raw", 1, self._offset), self.reference, channels(), lambda person: "")
        assert isinstance(commands, tuple), commands
        return [name for command in commands for name in said(self.story.send(encode_command(command)))]

    def confirm(self, *packages: Tree, status: str = "DELIVERED", final: str = "0", lines: Any = (), number: str = "OZ-1") -> list[str]:
        told = confirm(status, final, list(packages), lines, outBizCode=number, orderConfirmTime=AT_SIX)
        told["deliveryOrder"]["deliveryOrderCode"] = self.fulfilment
        return self.tell("deliveryorder.confirm", told)

    @property
    def shipped(self) -> int:
        return sum(row.quantity for row in self.story.order("1").shipped)


@pytest.fixture
def there() -> Warehouses:
    return Warehouses()


PACKAGES = (package("SF1", ("TEA", 2)), package("SF2", ("TEA", 1), ("CUP", 1)))


def test_an_order_in_two_packages_is_shipped_once_however_often_it_is_confirmed(there: Warehouses) -> None:
    assert "Refused" not in there.confirm(*PACKAGES)
    assert (there.shipped, there.story.at("1")) == (4, {})
    assert there.confirm(*reversed(PACKAGES)) == ["Duplicate", "Duplicate"]


@pytest.mark.parametrize("order", list(permutations(range(2))))
def test_packages_that_are_confirmed_one_by_one_end_the_same_in_any_order(there: Warehouses, order: tuple[int, ...]) -> None:
    for number in order:
        there.confirm(PACKAGES[number], status="PARTDELIVERED", final="1", number=f"OZ-{number}")

    assert (there.shipped, there.story.at("1")) == (4, {})


def test_what_the_first_warehouse_lacks_is_shipped_by_the_next(there: Warehouses) -> None:
    there.confirm(package("SF1", ("TEA", 2)), lines=[line("TEA", 3, 2), line("CUP", 1, 0)])

    assert there.shipped == 2
    assert there.story.at("1") == {"ningbo": {"TEA": 1, "CUP": 1}}


def test_a_warehouse_that_does_not_take_an_order_is_passed_over(there: Warehouses) -> None:
    there.confirm(status="REJECT")

    assert there.story.at("1") == {"ningbo": {"TEA": 3, "CUP": 1}}


@pytest.mark.parametrize("shipped_first", [True, False])
def test_of_a_cancel_and_a_shipment_the_first_told_wins_and_the_books_are_right(shipped_first: bool) -> None:
    there = Warehouses()
    there.story.node("shanghai", cancel="confirm")
    there.story.cancel("1")
    for status in ("DELIVERED", "CANCELED") if shipped_first else ("CANCELED", "DELIVERED"):
        there.confirm(*(PACKAGES if status == "DELIVERED" else ()), status=status, number=f"OZ-{status}")

    assert there.shipped == (4 if shipped_first else 0)
    assert there.story.at("1") == {}
    assert there.story.pool.stock["shanghai"].on_hand["TEA"] == (7 if shipped_first else 10)


def test_what_came_back_is_sold_again_only_where_the_warehouse_found_it_good(there: Warehouses) -> None:
    there.confirm(*PACKAGES)
    order = {"returnOrderCode": "web/1/1", "warehouseCode": "shanghai", "outBizCode": "TZ-1", "orderConfirmTime": "2026-03-09 11:00:00"}
    lines = [line("TEA", 0, 1, inventoryType="ZP"), line("TEA", 0, 1, inventoryType="CC"), line("CUP", 0, 1)]
    there.tell("returnorder.confirm", {"returnOrder": order, "orderLines": {"orderLine": lines}})
    shelf = there.story.pool.stock["shanghai"]

    assert (shelf.on_hand["TEA"], shelf.units("damaged", "TEA"), shelf.units("quality", "CUP")) == (8, 1, 1)


def test_a_parcel_that_was_signed_for_is_delivered_and_the_other_is_still_on_its_way(there: Warehouses) -> None:
    there.confirm(*PACKAGES)
    process = {"processStatus": "SIGN", "expressCode": "SF1", "operateTime": "2026-03-03 10:00:00"}

    assert "Delivered" in there.tell(
        "orderprocess.report", {"order": {"orderCode": there.fulfilment, "orderType": "JYCK"}, "process": process}
    )
    assert sum(row.quantity for row in there.story.order("1").delivered) == 2
