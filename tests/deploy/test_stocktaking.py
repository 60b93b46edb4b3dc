"""`yipan stock`: a warehouse's word beside the books, and as a count."""

import asyncio
from urllib.parse import parse_qsl, urlsplit

import pytest
from msgspec.structs import replace

from connectors.contract import Millis
from connectors.partner import Partner, Reply, Request
from connectors.qimen import signed
from connectors.xml_tree import read_xml, write_xml
from deploy.faults import Fault
from deploy.stocktaking import Compared, ask, books, compare, take
from streams.commands import CountStock
from streams.read import MemoryLog
from streams.reference import PoolRecord
from tests.connectors.test_qimen_partner import AT, SECRET, WAREHOUSE
from tests.deploy.importing import Broker
from tests.story import POOL, Story, line, one_shop
from tests.streams.logs import Logs

AT_POOL = PoolRecord(pool=POOL, partition=0, partitions=1)


def teahouse() -> Story:
    """Of 9 cups two are promised; of 5 pots one is damaged."""
    story = one_shop({"SHANGHAI": {"CUP": 9, "POT": 5}})
    story.place("1", line("CUP", 2))
    story.move("SHANGHAI", "on_hand", "damaged", POT=1)
    return story


class Warehouse:
    """Answers stock.query, two lots a page."""

    def __init__(self, **lots: list[int]) -> None:
        self.lots, self.asked = lots, 0

    async def send(self, request: Request, seconds: float) -> Reply:
        query = dict(parse_qsl(urlsplit(request.url).query))
        assert signed(query, request.body, SECRET)
        assert query["method"] == "stock.query"
        self.asked += 1
        told = read_xml(request.body, "request")
        lots, page, size = self.lots.get(told["itemCode"], []), int(told["page"]), int(told["pageSize"])
        items = [{"itemCode": told["itemCode"], "quantity": units, "lockQuantity": 1} for units in lots[size * page - size : size * page]]
        answer = {"flag": "success", "totalLines": len(lots), **({"items": {"item": items}} if items else {})}
        return Reply(200, {}, write_xml("response", answer))


def told_by(warehouse: Warehouse, partner: Partner = WAREHOUSE, *skus: str) -> dict[str, int]:
    return asyncio.run(ask(partner, "SHANGHAI", skus or ("CUP", "POT"), warehouse.send, lambda: AT))


def test_good_units_are_free_promised_and_picked_ones() -> None:
    assert books(MemoryLog(Logs(teahouse()).topics()), AT_POOL, "SHANGHAI") == {"CUP": 9, "POT": 4}


def test_units_that_the_warehouse_has_locked_for_orders_lie_there_too() -> None:
    assert told_by(Warehouse(CUP=[5, 2], POT=[3])) == {"CUP": 9, "POT": 4}


def test_a_sku_of_many_lots_is_asked_for_page_by_page() -> None:
    warehouse = Warehouse(CUP=[0] * 250)

    assert told_by(warehouse, WAREHOUSE, "CUP") == {"CUP": 250}
    assert warehouse.asked == 3


def test_where_the_books_say_otherwise_is_seen() -> None:
    found = compare({"CUP": 9, "POT": 4}, {"CUP": 9, "POT": 6})

    assert [line for line in found if line.difference] == [Compared("POT", 4, 6)]


def test_the_answer_may_be_taken_as_a_count() -> None:
    broker, story = Broker(), teahouse()
    take(AT_POOL, "SHANGHAI", [Compared("POT", 4, 6)], broker, Millis(2))  # type: ignore[arg-type]

    [(partition, command)] = broker.commands
    assert isinstance(command, CountStock)
    assert (partition, command.counted_at, command.lines) == (0, 2, (("POT", 6),))
    story.ask(replace(command, cause=story.cause()))
    assert story.pool.stock["SHANGHAI"].good("POT") == 6


def test_a_partner_of_another_form_cannot_be_asked() -> None:
    with pytest.raises(Fault, match="has no question of stock"):
        told_by(Warehouse(), replace(WAREHOUSE, form="webhook"))


def test_a_warehouse_that_does_not_answer_is_said_so() -> None:
    class Away(Warehouse):
        async def send(self, request: Request, seconds: float) -> Reply:
            raise ConnectionError("away")

    with pytest.raises(Fault, match="does not say how much of CUP"):
        told_by(Away(), WAREHOUSE, "CUP")
