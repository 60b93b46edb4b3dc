"""Any history of commands, in any order: sound after each of them, replayable to the byte, and balanced when all is given back."""

from collections import Counter
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from streams.commands import decode_command
from streams.ledger import Ledger
from streams.rules.decide import decide
from tables.events import Refused
from tables.policy import DAY_MS, Policy, Rule
from tests.story import POOL, Story, line

SKUS = ("TEA", "CUP", "POT")
NODES = ("east", "west", "shop")
SHOPS = {"web": "b2c", "app": "b2c", "dealers": "b2b"}
BUNDLE = (("TEA", 2), ("CUP", 1))

units = st.integers(1, 4)
sku = st.sampled_from(SKUS)
node = st.sampled_from(NODES)
order = st.tuples(st.sampled_from(sorted(SHOPS)), st.integers(1, 5).map(str))
order_line = st.one_of(
    st.builds(line, sku, units, st.sampled_from(["a", "b"])),
    st.builds(lambda n: line("SET", n, "set", BUNDLE), units),
    st.just(line("NEW", 1, "new", ())),
)
bucket = st.sampled_from(["on_hand", "damaged", "quality", "hold"])
step = st.one_of(
    st.tuples(st.just("place"), order, st.integers(1, 4), st.lists(order_line, min_size=1, max_size=3, unique_by=lambda found: found.line)),
    st.tuples(st.just("cancel"), order, st.integers(1, 4)),
    st.tuples(st.just("reduce"), order, st.sampled_from(["r1", "r2"]), st.sampled_from(["a", "set"]), units),
    st.tuples(st.just("receive"), node, sku, units),
    st.tuples(st.just("count"), node, sku, st.integers(0, 6), st.integers(0, 4)),
    st.tuples(st.just("move"), node, node, bucket, bucket, sku, units),
    st.tuples(st.just("ship"), st.integers(0, 9), st.booleans(), st.integers(1, 5)),
    st.tuples(st.just("refuse"), st.integers(0, 9), st.sampled_from(["short", "cancelled", "no_capacity"])),
    st.tuples(st.just("release"), order),
    st.tuples(st.just("listing"), st.sampled_from(sorted(SHOPS)), st.booleans()),
    st.tuples(st.just("node"), node, st.booleans(), st.booleans()),
    st.tuples(st.just("segment"), st.sampled_from(["b2c", "b2b"]), st.integers(0, 3), st.booleans(), st.booleans()),
    st.tuples(st.just("quota"), st.sampled_from(sorted(SHOPS)), sku, st.integers(0, 3)),
    st.tuples(st.just("policy"), st.sampled_from(["backorder", "partial", "reject"]), st.integers(0, 2), st.integers(1, 3)),
    st.tuples(st.just("tick"), st.one_of(st.integers(1, 20), st.integers(1, 6).map(lambda months: months * 35 * DAY_MS))),
)
histories = st.lists(step, max_size=40)


def begun() -> Story:
    story = Story()
    story.segment("b2c", ratio=6_000, rank=0, may_borrow=True)
    story.segment("b2b", ratio=3_000, rank=1, protected=True)
    for priority, name in enumerate(NODES):
        story.node(name, priority=priority)
    for name, segment in SHOPS.items():
        story.shop(name, segment)
    for name in NODES:
        story.receive(name, TEA=5, CUP=5, POT=2)
    return story


def perform(story: Story, what: tuple[Any, ...]) -> None:
    match what:
        case ("place", (shop, name), at, lines):
            story.place(name, *lines, at=at, shop=shop)
        case ("cancel", (shop, name), at):
            story.cancel(name, at=at, shop=shop)
        case ("reduce", (shop, name), reduction, reduced, quantity):
            story.reduce(name, reduction, (reduced, quantity), shop=shop)
        case ("receive", where, what_sku, quantity):
            story.receive(where, **{what_sku: quantity})
        case ("count", where, what_sku, quantity, at):
            story.count(where, at=at, **{what_sku: quantity})
        case ("move", where, to, from_bucket, to_bucket, what_sku, quantity):
            story.move(where, from_bucket, to_bucket, to, **{what_sku: quantity})
        case ("ship", n, partly, at):
            if (name := nth_fulfilment(story, n)) is not None:
                rows = story.pool.orders[story.pool.index[name]].open_fulfilments[name].rows
                story.ship(name, *([(rows[0].sku, 1)] if partly else []), at=at)
        case ("refuse", n, reason):
            if (name := nth_fulfilment(story, n)) is not None:
                story.refuse(name, reason)
        case ("release", (shop, name)):
            story.release(name)
        case ("listing", shop, goods):
            story.listing(shop, "NEW", *([("POT", 1)] if goods else []))
        case ("node", where, sellable, confirm):
            story.node(where, sellable=sellable, cancel="confirm" if confirm else "immediate")
        case ("segment", name, quota, protected, borrows):
            story.segment(name, ratio=4_000, quota=quota, protected=protected, may_borrow=borrows)
        case ("quota", shop, what_sku, quantity):
            story.shop(shop, SHOPS[shop], quotas=((what_sku, quantity),))
        case ("policy", shortage, splits, fills):
            story.policy(Policy(rule=Rule(shortage=shortage, max_splits=splits), fills_per_decision=fills))
        case ("tick", at):
            story.tick(at)


def nth_fulfilment(story: Story, n: int) -> str | None:
    names = list(story.pool.index)
    return names[n % len(names)] if names else None


def played(history: list[tuple[Any, ...]]) -> Story:
    story = begun()
    for what in history:
        perform(story, what)
    return story


fast = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True)


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
    story = played([what for what in history if what[0] not in ("ship", "refuse")])  # these name a fulfilment, and so an offset
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
