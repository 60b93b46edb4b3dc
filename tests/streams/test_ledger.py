"""One partition's decisions: anchors against repetition, the chain, holes, and commands that nobody can decide."""

import pytest

from streams.commands import PlaceOrder, ReceiveStock, SetNode, Tick, decode_command, encode_command
from streams.decisions import decode_decision, link
from streams.ledger import Broken, Hole, Ledger
from tables.events import Node, Refused
from tests.story import POOL, Story, key, line, of_type, one_shop, said


def told() -> Story:
    story = one_shop({"hall": {"TEA": 9}})
    for order in "123":
        story.place(order, line("TEA"))
    return story


def folded(records: list[bytes]) -> Ledger:
    ledger = Ledger(0)
    for offset, record in enumerate(records):
        ledger.fold(offset, record)
    return ledger


def test_a_command_that_comes_again_at_another_offset_is_a_duplicate_by_its_cause() -> None:
    story = told()
    repeated = [story.send(value) for _, _, value in story.commands[-2:]]

    assert [said(decision) for decision in repeated] == [["Duplicate"], ["Duplicate"]]


def test_each_decision_carries_the_hash_of_the_one_before() -> None:
    story = told()

    assert [decode_decision(record).prev for record in story.records[1:]] == [link(record) for record in story.records[:-1]]


def test_decisions_are_counted_per_pool_without_a_gap() -> None:
    assert [decode_decision(record).seq for record in told().records] == list(range(1, len(told().records) + 1))


@pytest.mark.parametrize("harm", ["drop", "double", "swap", "change"])
def test_a_log_that_does_not_follow_from_itself_is_not_folded(harm: str) -> None:
    records = told().records
    harmed = {
        "drop": records[:2] + records[3:],
        "double": records[:3] + records[2:],
        "swap": [*records[:2], records[3], records[2], *records[4:]],
        "change": [*records[:2], records[2].replace(b'"seq":3', b'"seq":9'), *records[3:]],
    }[harm]

    with pytest.raises(Broken):
        folded(harmed)


def test_nothing_is_decided_over_a_hole() -> None:
    story = told()
    ledger = Ledger(0)
    ledger.decide(story.commands[:2])

    with pytest.raises(Hole) as hole:
        ledger.decide([story.commands[2], story.commands[4]])

    assert hole.value.expected == 2
    assert ledger.last == 1


def test_what_is_decided_already_is_passed_over() -> None:
    story = told()
    ledger = Ledger(0)
    ledger.decide(story.commands[:3])

    assert [record for _, record in ledger.decide(story.commands)] == story.records[3:]


@pytest.mark.parametrize("value", [b"", b"\x00", b"{", b'{"type":"Sing"}', b'{"type":"Tick","pool":"north"}', b"[1,2]"])
def test_a_record_that_is_no_command_is_refused_and_stops_nothing(value: bytes) -> None:
    story = told()

    decision = story.send(value)

    assert [event.code for event in of_type(decision, Refused)] == ["undecodable"]
    assert decision.pool == POOL
    assert "Reserved" in said(story.place("4", line("TEA")))


def test_a_decision_too_large_for_a_record_is_refused_and_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    story = told()
    monkeypatch.setattr("streams.ledger.MAX_RECORD", 1_000)

    decision = story.place("4", *(line("TEA", 1, f"line {i}") for i in range(100)))

    assert [event.code for event in of_type(decision, Refused)] == ["too_large"]
    assert key("4") not in story.pool.orders


def test_a_refused_order_does_not_count_as_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    story = told()
    with monkeypatch.context() as tight:
        tight.setattr("streams.ledger.MAX_RECORD", 300)
        story.place("4", line("TEA"))

    assert "Reserved" in said(story.place("4", line("TEA")))


def test_a_tick_is_asked_for_only_when_something_is_due() -> None:
    story = told()
    day = 86_400_000
    assert Ledger(0).due(day) == []

    [tick] = story.ledger.due(100 * day)
    story.send(tick)

    assert story.pool.now == 100 * day
    assert story.ledger.due(100 * day + 1_000) == []
    assert len(story.ledger.due(101 * day)) == 1


def test_state_time_never_goes_back() -> None:
    story = told()
    story.tick(50)

    assert said(story.tick(40)) == ["Stale"]
    assert story.pool.now == 50


def test_a_snapshot_of_another_schema_is_passed_over() -> None:
    assert Ledger.load(0, b"junk") is None
    assert Ledger.load(0, told().ledger.dump()[:-3]) is None


def test_commands_survive_the_wire() -> None:
    tick = Tick(pool="north", cause=("tick", 0, 5, 0), at=5)

    assert decode_command(encode_command(tick)) == tick
    assert PlaceOrder.__struct_config__.tag == "PlaceOrder"


def test_a_clock_that_was_set_back_still_makes_ticks_that_count() -> None:
    """Another pool of the partition has ticked a day ahead; the one that is due now must not be taken for a repetition."""
    ledger = Ledger(0)
    ahead = Tick(pool="south", cause=("tick", 0, 90_000_000, 0), at=90_000_000)
    receipt = ReceiveStock(pool="north", cause=("raw", 0, 0, 0), document="r1", node="hamburg", at=1, lines=(("ASSAM", 1),))
    node = SetNode(pool="north", cause=("import", 0, 0, 0), version=1, node=Node(node="hamburg"))
    ledger.decide([(at, b"", encode_command(command)) for at, command in enumerate((node, ahead, receipt))])

    [tick] = ledger.due(86_400_001)
    [(_, record)] = ledger.decide([(3, b"north", tick)])

    assert [type(event).__name__ for event in decode_decision(record).events] == ["Ticked"]
