"""What the log says of shipments is told in units of the order's lines, under ids that every replay has again."""

from typing import Any

from connectors.writeback.outward import Cancel, Refund, Shipment
from deploy.channel_facts import FactReader
from streams.decisions import GENESIS, Decision, encode_decision
from tables.events import (
    AnyEvent,
    FoundShipped,
    OrderCancelled,
    OrderLine,
    OrderPlaced,
    OrderReduced,
    OrderRejected,
    RefundDue,
    RefundLine,
    Row,
    Shipped,
    StockMoved,
)
from tables.policy import Policy, Rule
from tests.story import line, one_shop

KEY = "lin/tea/1001"


def decided(offset: int, *events: AnyEvent, source: str = "raw") -> bytes:
    cause = (source, 0, offset, 0)
    plain: dict[str, Any] = {"pool": "east", "seq": offset + 1, "command_id": "", "decider": 1, "policy_version": 1, "prev": GENESIS}
    return encode_decision(Decision(src_offset=offset, cause=cause, events=events, **plain))


def placed(*lines: OrderLine) -> OrderPlaced:
    about: dict[str, Any] = {"channel": "shopify", "segment": "b2c", "number": "#1001", "digest": "d", "currency": "EUR", "region": ""}
    times: dict[str, Any] = dict.fromkeys(("updated_at", "placed_at", "received_at"), 1)
    return OrderPlaced(order=KEY, shop="tea", revision=1, priority=0, lines=lines, **about, **times)


def shipped(*rows: Row, fulfilment: str = "F1") -> Shipped:
    return Shipped(order=KEY, fulfilment=fulfilment, node="hub", rows=rows, shipped_at=7, carrier="gull", tracking="GL-1")


def told(*records: bytes) -> list[tuple[str, tuple[tuple[str, int], ...]]]:
    reader = FactReader()
    facts = [fact for record in records for _, fact in reader.read(record)]
    return [(fact.id, fact.lines) for fact in facts if isinstance(fact, Shipment)]


def test_a_shipment_is_told_with_its_carrier_and_tracking_number() -> None:
    [(shop, fact)] = FactReader().read(decided(4, shipped(Row("10", "OOLONG", 2), Row("11", "CUP", 1))))

    assert shop == "tea"
    assert fact == Shipment(id="F1@4", order="1001", lines=(("10", 2), ("11", 1)), shipped_at=7, carrier="gull", tracking="GL-1")


def test_two_documents_of_one_fulfilment_are_two_shipments() -> None:
    assert told(decided(4, shipped(Row("10", "OOLONG", 1))), decided(6, shipped(Row("10", "OOLONG", 1)))) == [
        ("F1@4", (("10", 1),)),
        ("F1@6", (("10", 1),)),
    ]


def test_units_that_a_count_had_missed_are_told_when_they_are_found_shipped() -> None:
    found = FoundShipped(order=KEY, fulfilment="F1", node="hub", rows=(Row("10", "OOLONG", 2),), shipped_at=7)

    assert told(decided(4, StockMoved(document="S-1", kind="shipment", at=7, moves=()), found)) == [("F1@4", (("10", 2),))]


def test_a_case_has_shipped_when_all_its_pieces_have() -> None:
    case = placed(OrderLine("10", "SENCHA-CASE", 2, 900, (("SENCHA", 24),)))

    assert told(decided(0, case), decided(1, shipped(Row("10", "SENCHA", 30))), decided(2, shipped(Row("10", "SENCHA", 18)))) == [
        ("F1@1", (("10", 1),)),
        ("F1@2", (("10", 1),)),
    ]


def test_a_bundle_has_shipped_with_its_last_part() -> None:
    box = placed(OrderLine("10", "BOX", 1, 900, (("POT", 1), ("CUP", 2))))

    assert told(decided(0, box), decided(1, shipped(Row("10", "CUP", 2))), decided(2, shipped(Row("10", "POT", 1), fulfilment="F2"))) == [
        ("F2@2", (("10", 1),))
    ]


def test_an_amended_bundle_keeps_what_has_left_of_it() -> None:
    one, two = (placed(OrderLine("10", "BOX", units, 900, (("POT", 1), ("CUP", 2)))) for units in (3, 2))
    both = (Row("10", "CUP", 2), Row("10", "POT", 1))

    records = (decided(0, one), decided(1, shipped(*both)), decided(2, two), decided(3, shipped(*both)))
    assert told(*records) == [("F1@1", (("10", 1),)), ("F1@3", (("10", 1),))]


def test_a_channel_is_not_told_of_its_own_cancel() -> None:
    cancelled = OrderCancelled(order=KEY, updated_at=1, digest="d", reason="customer")

    assert list(FactReader().read(decided(3, cancelled))) == []
    assert [fact for _, fact in FactReader().read(decided(3, cancelled, source="operator"))] == [
        Cancel(id=f"{KEY}@3", order="1001", reason="customer")
    ]


def test_a_channel_is_told_of_an_order_that_the_policy_refuses() -> None:
    assert [fact for _, fact in FactReader().read(decided(3, OrderRejected(order=KEY, reason="short")))] == [
        Cancel(id=f"{KEY}@3", order="1001", reason="short")
    ]


def due(name: str, *lines: RefundLine, order: str = KEY) -> RefundDue:
    return RefundDue(order=order, refund=name, cause="returned", lines=lines, currency="EUR", document="S-1")


def test_money_that_is_due_is_told_in_one_sum_under_its_own_name() -> None:
    refund = due("R1", RefundLine("10", 2, 1_500), RefundLine("", 0, 490))

    assert list(FactReader().read(decided(3, refund))) == [
        ("tea", Refund(id="R1", order="1001", amount=1_990, currency="EUR", cause="returned"))
    ]


def test_a_channel_is_not_told_of_a_refund_of_its_own() -> None:
    assert list(FactReader().read(decided(3, OrderReduced(order=KEY, reduction="7", lines=(("10", 1),))))) == []


def test_of_an_order_every_refund_that_is_due_is_told_once_and_all_come_to_what_its_status_says() -> None:
    story = one_shop({"hub": {"TEA": 5}})
    story.policy(Policy(rule=Rule(refund_cancelled=True)))
    story.place("1001", line("TEA", 3), charges=490, paid=(("TEA", 3_000),))
    story.refund("1001", 700)
    story.refund("1001", 9_999_999)
    story.cancel("1001")
    reader = FactReader()
    again = [*story.records, *story.records[-2:]]
    facts = [fact for record in again for _, fact in reader.read(record) if isinstance(fact, Refund)]

    assert [fact.cause for fact in facts] == ["goodwill", "cancelled"]
    assert len({fact.id for fact in facts}) == 2
    assert sum(fact.amount for fact in facts) == 3_490


def test_a_decision_that_comes_again_late_is_dropped() -> None:
    one = decided(4, shipped(Row("10", "OOLONG", 1)))

    assert len(told(one, one)) == 1
