"""Any history of commands, in any order: sound after each of them, replayable to the byte, and balanced when all is given back."""

from collections import Counter
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from streams.commands import decode_command
from streams.ledger import Ledger
from streams.rules.decide import decide
from tables.events import Refused
from tests.story import POOL
from tests.streams.histories import NODES, begun, fast, histories, perform, played


@fast
@given(histories)
def test_the_decider_has_no_faults_of_its_own(history: list[tuple[Any, ...]]) -> None:
    """The story checks after each command that nothing is below zero and that free, on hand and reserved agree."""
    story = played(history)

    assert [record for record in story.records if b"decider_failed" in record] == []


@fast
@given(histories)
def test_a_log_replays_to_the_byte(history: list[tuple[Any, ...]]) -> None:
    story = played(history)

    assert [record for _, record in Ledger(0).decide(story.commands)] == story.records


@fast
@given(histories, st.integers(0, 60))
def test_state_folded_from_decisions_or_a_snapshot_decides_alike(history: list[tuple[Any, ...]], cut: int) -> None:
    story = played(history)
    cut = min(cut, len(story.records))

    folded = Ledger(0)
    for offset, record in enumerate(story.records[:cut]):
        folded.fold(offset, record)
    loaded = Ledger.load(0, folded.dump())

    assert loaded is not None
    assert [record for _, record in loaded.decide(story.commands[cut:])] == story.records[cut:]
    assert loaded.dump() == story.ledger.dump()


@fast
@given(histories)
def test_deciding_leaves_the_state_alone(history: list[tuple[Any, ...]]) -> None:
    story = begun()
    for what in history:
        before = story.ledger.dump()
        twin = Ledger.load(0, before)
        assert twin is not None
        perform(story, what)
        if len(story.commands) > twin.last + 1:
            decide(twin.pools[POOL], decode_command(story.commands[-1][2]), len(story.commands) - 1)
            assert twin.dump() == before


@fast
@given(histories)
def test_units_are_conserved_and_cancelling_all_gives_all_back(history: list[tuple[Any, ...]]) -> None:
    story = played(history)
    for name in NODES:
        story.node(name, sellable=True, cancel="immediate")
    for key in list(story.pool.orders):
        _, shop, name = key.split("/")
        story.cancel(name, at=99, shop=shop)
    for fulfilment in list(story.pool.index):
        story.refuse(fulfilment, "cancelled")
    for reservation in list(story.pool.reservations):
        _, shop, name = reservation.split("/")
        story.let_go(name, shop=shop)

    assert not story.pool.index
    assert not any(shelf.reserved for shelf in story.pool.stock.values())
    assert not story.pool.queues
    free: Counter[str] = Counter()
    for cells in story.pool.free.values():
        free.update(cells)
    assert free == sum((Counter(shelf.on_hand) for shelf in story.pool.stock.values()), Counter())


@fast
@given(histories)
def test_repeating_every_command_changes_nothing(history: list[tuple[Any, ...]]) -> None:
    """The pipeline is at-least-once everywhere: a command that comes twice, at another offset, is decided Duplicate."""
    # these name a fulfilment, and so an offset
    story = played([what for what in history if what[0] not in ("ship", "refuse", "refuse_part")])
    again = Ledger(0)
    doubled = [message for _, key, value in story.commands for message in ((key, value), (key, value))]

    records = again.decide([(offset, key, value) for offset, (key, value) in enumerate(doubled)])

    assert len(records) == 2 * len(story.records)
    assert all(b'"type":"Duplicate"' in record for _, record in records[1::2])
    assert {k: stripped(p) for k, p in again.pools.items()} == {k: stripped(p) for k, p in story.ledger.pools.items()}


def stripped(pool: Any) -> Any:
    """What of a pool does not depend on offsets: fulfilments are named by theirs."""
    stock = {node: (shelf.on_hand, shelf.reserved, shelf.other) for node, shelf in pool.stock.items()}
    waiting = {name: order.waiting for name, order in pool.orders.items()}
    return (stock, pool.free, waiting)


def test_a_broken_rule_refuses_the_command_instead_of_stopping_the_partition() -> None:
    story = begun()
    story.pool.queues["TEA"] = [(0, 0, "acme/web/nobody")]  # a state that no history leads to

    decision = story.receive("east", TEA=1)

    assert isinstance(decision.events[0], Refused)
    assert decision.events[0].code == "decider_failed"
