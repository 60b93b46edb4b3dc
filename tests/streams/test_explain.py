"""An order's story, told from the log alone."""

import pytest
from msgspec.structs import replace

from streams.explain import Story as Told
from streams.explain import Unclear, explain
from streams.read import MemoryLog, Record
from tables import events as e
from tests.story import Story, key, line, one_shop
from tests.streams.logs import Logs, Topics
from tests.streams.shopping import busy_day


@pytest.fixture(scope="module")
def topics() -> Topics:
    return Logs(busy_day()).topics()


def tell(topics: Topics, wanted: str) -> Told:
    found = explain(MemoryLog(topics), wanted)
    assert isinstance(found, Told)
    return found


def kinds(story: Told) -> list[list[str]]:
    return [[type(event).__name__ for event in chapter.events] for chapter in story.chapters]


def test_an_order_is_told_from_its_first_decision_to_its_last(topics: Topics) -> None:
    story = tell(topics, key("10"))

    assert kinds(story) == [["OrderPlaced", "Considered", "Reserved"], ["OrderCancelled", "Unreserved"]]
    assert [chapter.asked for chapter in story.chapters] == ["PlaceOrder", "CancelOrder"]
    assert story.status is not None
    assert story.status.status == "cancelled"
    assert [told.told.type for told in story.told] == ["FulfilmentOrdered", "FulfilmentCancelled"]


def test_what_was_seen_and_chosen_is_told(topics: Topics) -> None:
    [considered] = [event for event in tell(topics, key("big")).chapters[0].events if isinstance(event, e.Considered)]

    assert {candidate.node for candidate in considered.candidates} == {"hamburg", "porto"}
    assert [sku for sku, _ in considered.short] == ["OOLONG"]


@pytest.mark.parametrize("wanted", ["big", "#big", "acme/web/big"])
def test_an_order_is_found_by_its_key_its_id_and_its_number(wanted: str, topics: Topics) -> None:
    assert tell(topics, wanted).order == "acme/web/big"


def test_a_decision_on_stock_is_part_of_the_story_of_who_waited_for_it(topics: Topics) -> None:
    story = tell(topics, "big")

    assert kinds(story) == [["OrderPlaced", "Considered", "Backordered"], ["Considered", "Reserved", "Backordered"]]
    assert story.chapters[1].asked == "ReceiveStock"
    [row] = story.lines
    assert (row.sku, row.ordered, row.reserved, row.backordered) == ("OOLONG", 90, 90, 0)


def test_a_refund_and_a_shipment_are_seen_in_the_lines(topics: Topics) -> None:
    story = tell(topics, "1")

    assert [event for events in kinds(story) for event in events].count("OrderReduced") == 1
    assert {line.sku: (line.ordered, line.shipped) for line in story.lines}["SENCHA"] == (1, 1)


def test_goods_that_came_back_are_part_of_the_story() -> None:
    story = one_shop({"hamburg": {"ASSAM": 5}})
    story.place("1", line("ASSAM", 2))
    story.ship(story.fulfilment("1"))
    story.take_back("1", ("", "ASSAM", 1), node="hamburg")
    story.take_back("1", ("", "ASSAM", 2), node="hamburg")

    told = tell(Logs(story).topics(), "1")

    assert kinds(told)[2:] == [["Returned"], ["Refused"]]
    assert [(row.sku, row.shipped, row.returned) for row in told.lines] == [("ASSAM", 2, 1)]


def test_a_repetition_of_an_order_is_told_as_such() -> None:
    story = one_shop({"hamburg": {"ASSAM": 5}})
    for _ in range(2):
        story.place("1", line("ASSAM"))
    story.place("10", line("ASSAM"))

    assert kinds(tell(Logs(story).topics(), "1")) == [["OrderPlaced", "Considered", "Reserved"], ["Duplicate"]]


def test_an_order_that_was_only_refused_has_a_story_too() -> None:
    story = one_shop({"hamburg": {"ASSAM": 5}})
    story.place("1", line("ASSAM"), shop="closed")

    told = tell(Logs(story).topics(), "acme/closed/1")

    assert told.status is None
    assert kinds(told) == [["Refused"]]


def test_two_orders_of_one_name_are_not_mixed_up() -> None:
    story = Story()
    for shop in ("web", "dealer"):
        story.shop(shop)
        story.place("1", line("ASSAM"), shop=shop)

    assert explain(MemoryLog(Logs(story).topics()), "1") == Unclear("1", ("acme/dealer/1", "acme/web/1"))
    assert tell(Logs(story).topics(), "acme/dealer/1").order == "acme/dealer/1"


@pytest.mark.parametrize("wanted", ["nobody's", "acme/web/nobody's", '"', ""])
def test_an_order_that_is_not_there_is_not_found(wanted: str, topics: Topics) -> None:
    assert explain(MemoryLog(topics), wanted) == Unclear(wanted, ())


def test_the_raw_record_behind_a_decision_is_named(topics: Topics) -> None:
    headers = {"tenant": "acme", "shop": "web", "channel": "canonical", "kind": "order", "external_id": "10", "delivery_id": "d-1"}
    raw = [replace(record, headers=_bytes(headers | {"received_at": str(record.offset)})) for record in topics["raw"][0]]

    [first, _] = tell(topics | {"raw": {0: raw}}, key("10")).chapters

    assert first.arrival is not None
    assert (first.arrival.offset, first.arrival.delivery_id, first.arrival.received_at) == (first.src_offset, "d-1", first.src_offset)


def _bytes(headers: dict[str, str]) -> list[tuple[str, bytes]]:
    return [(name, value.encode()) for name, value in headers.items()]


def test_the_recipient_is_not_told() -> None:
    story = one_shop({"hamburg": {"ASSAM": 5}})
    story.place("1", line("ASSAM"), sealed="a sealed person", digest="1")

    assert "sealed person" not in repr(tell(Logs(story).topics(), "1"))


def test_records_that_cannot_be_read_are_passed_over(topics: Topics) -> None:
    junk = Record(0, len(topics["fulfilments"][0]), 0, b"", (), b'"order":"10" gibberish')

    assert len(tell(topics | {"fulfilments": {0: [*topics["fulfilments"][0], junk]}}, key("10")).told) == 2
