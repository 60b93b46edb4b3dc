"""What shops may offer after a decision, and how much of a process's time telling it may take."""

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec
from hypothesis import given

from connectors.contract import OrderStatus
from streams.agents.announce import Announce
from streams.agents.telling import told
from streams.decisions import decode_decision
from streams.ledger import Ledger
from streams.produce import Outgoing
from streams.read import MemoryLog
from streams.rules.announce import status, touched, whole
from streams.snapshots import Origin, Snapshots, StoredFiles
from streams.topics import DECISIONS
from tables.policy import Policy, Rule
from tables.tiers import available
from tests.story import Story, key, line, one_shop
from tests.streams.histories import SHOPS, SKUS, fast, histories, played
from tests.streams.shells import Written, decided, run, sell, tea_shop


@fast
@given(histories)
def test_no_shop_offers_more_than_lies_at_the_nodes_that_may_serve_it(history: list[tuple[Any, ...]]) -> None:
    pool = played(history).pool
    for sku in SKUS:
        lies = sum(pool.on_hand(name, sku) for name, node in pool.nodes.items() if node.sellable)
        assert max(available(pool, shop, sku) for shop in SHOPS) <= lies


@fast
@given(histories)
def test_what_is_known_of_a_new_order_without_its_book_is_what_the_book_says(history: list[tuple[Any, ...]]) -> None:
    ledger = Ledger(0)
    for offset, record in enumerate(played(history).records):
        decision = ledger.fold(offset, record)
        pool = ledger.pools[decision.pool]
        for order, units in touched(pool, decision).orders.items():
            assert not units or whole(order, units, 7) == status(pool, order, 7)


def test_only_of_an_order_that_is_reserved_as_a_whole_the_units_are_known() -> None:
    story = one_shop({"hall": {"TEA": 5}})
    story.place("1", line("TEA", 2), line("TEA", 1))
    story.place("2", line("TEA", 3))
    assert [known(story, at) for at in (-2, -1)] == [{key("1"): 3}, {key("2"): 0}]


def known(story: Story, at: int) -> dict[str, int]:
    return touched(story.pool, decode_decision(story.records[at])).orders


def test_an_order_that_changes_while_others_are_told_of_is_told_as_it_stood_before() -> None:
    one, other, at = sell(tea_shop(), "1"), sell(tea_shop(), "1"), [7]
    news = {name: touched(story.pool, decode_decision(story.records[-1])) for name, story in (("one", one), ("other", other))}
    telling = told({"one": one.pool, "other": other.pool}, news, 0, lambda: at[-1])
    next(telling)
    other.cancel("1")
    at.append(8)
    [record] = next(telling)
    found = msgspec.json.decode(record.value, type=OrderStatus)
    assert (found.status, found.position) == ("reserved", 7)


def test_a_node_that_the_policy_leaves_out_counts_for_no_offer() -> None:
    story = one_shop({"hall": {"TEA": 5}, "attic": {"TEA": 3}})
    [shop] = story.pool.shops
    assert available(story.pool, shop, "TEA") == 8
    story.policy(Policy(rule=Rule(exclude=("attic",))))
    assert available(story.pool, shop, "TEA") == 5


class Watched(Written):
    """A writer that takes its time."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__()
        self._loop = loop
        self.writing = 0

    def write(self, records: Sequence[Outgoing]) -> None:
        self.writing = 1
        asyncio.run_coroutine_threadsafe(rounds(50), self._loop).result()
        super().write(records)
        self.writing = 0


async def rounds(number: int) -> None:
    for _ in range(number):
        await asyncio.sleep(0)


def test_of_many_partitions_one_tells_at_a_time(tmp_path: Path) -> None:
    async def story() -> None:
        writers = [Watched(asyncio.get_running_loop()) for _ in range(4)]
        shop, most = sell(tea_shop(), "1"), 0
        whole = MemoryLog({DECISIONS.name: dict.fromkeys(range(4), decided(shop))})
        stage = Announce(whole, Snapshots(StoredFiles(tmp_path), Origin("cluster", "decisions-1")), writers.__getitem__, pause_s=0)
        await stage.assign(range(4))
        async with asyncio.timeout(10):
            while not all(writer.transactions for writer in writers):
                most = max(most, sum(writer.writing for writer in writers))
                await asyncio.sleep(0)
        await stage.drop()
        assert most == 1

    run(story())
