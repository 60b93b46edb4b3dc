"""The decider alone, asked anything in any order: a state machine that holds it to its promises after every single command."""

from typing import Any

import msgspec
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule

from streams import commands as c
from streams.decisions import Decision
from streams.ledger import Ledger
from streams.read import MemoryLog
from streams.replay import replay
from streams.rules.decide import decide
from tables.events import Duplicate, OrderLine, Stale
from tables.pool import Pool
from tables.snapshot import dump
from tests.story import POOL, Story, line
from tests.streams.histories import VERBS, opened, order_lines, orders, perform, skus, units
from tests.streams.logs import Logs
from tests.streams.onlooker import Onlooker

Told = tuple[Any, ...]


class WatchedStory(Story):
    """A story whose every decision is made twice, folded by somebody else, and looked at from outside."""

    def __init__(self) -> None:
        super().__init__()
        self.folded = Ledger(0)
        self.onlooker = Onlooker()

    def send(self, value: bytes, key: bytes = POOL.encode()) -> Decision:
        offset, before = len(self.commands), self.ledger.dump()
        foreseen = decide(self.ledger.pools.get(POOL, Pool(POOL)), c.decode_command(value), offset)
        assert self.ledger.dump() == before, "deciding leaves the state alone"
        decision = super().send(value, key)
        repeated = isinstance(decision.events[0], Duplicate)
        assert repeated or decision.events == foreseen, "the same state and command are decided alike"
        assert b"decider_failed" not in self.records[-1]
        self.folded.fold(offset, self.records[-1])
        assert self.folded.dump() == self.ledger.dump(), "what is folded is what was lived"
        self.onlooker.follow(self.pool, decision)
        return decision

    def standing(self) -> bytes:
        """The state, but for the number of decisions that led to it."""
        return dump(0, "", {}, {POOL: msgspec.structs.replace(self.pool, seq=0)})


class Decider(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.story = opened(WatchedStory())

    # ------------------------------------------------------------------------------------------ orders
    @rule(told=VERBS["place"])
    def place(self, told: Told) -> None:
        perform(self.story, told)

    @rule(order=orders, what=skus, quantity=units)
    def place_one_line(self, order: tuple[str, str], what: str, quantity: int) -> None:
        shop, name = order
        self.story.place(name, line(what, quantity, "a"), shop=shop, placed_at=int(name))

    @precondition(lambda self: self.story.pool.orders)
    @rule(n=st.integers(0, 9), lines=order_lines)
    def amend(self, n: int, lines: list[OrderLine]) -> None:
        shop, name, now = self.known(n)
        self.story.place(name, *lines, at=now, shop=shop, placed_at=int(name))

    @precondition(lambda self: self.story.pool.orders)
    @rule(n=st.integers(0, 9))
    def call_off(self, n: int) -> None:
        shop, name, now = self.known(n)
        self.story.cancel(name, at=now, shop=shop)

    def known(self, n: int) -> tuple[str, str, int]:
        """Shop and name of the nth order, and a time after all that was said of it."""
        keys = list(self.story.pool.orders)
        _, shop, name = keys[n % len(keys)].split("/")
        return shop, name, self.story.order(name, shop).updated_at + 1

    @rule(told=VERBS["move_house"])
    def move_house(self, told: Told) -> None:
        perform(self.story, told)

    @rule(told=VERBS["cancel"])
    def cancel(self, told: Told) -> None:
        perform(self.story, told)

    @rule(told=VERBS["reduce"])
    def reduce(self, told: Told) -> None:
        perform(self.story, told)

    @rule(told=VERBS["release"] | VERBS["listing"])
    def end_a_hold(self, told: Told) -> None:
        perform(self.story, told)

    # ------------------------------------------------------------------------------------------ stock and fulfilments
    @rule(told=VERBS["receive"])
    def receive(self, told: Told) -> None:
        perform(self.story, told)

    @rule(told=VERBS["count"])
    def count(self, told: Told) -> None:
        perform(self.story, told)

    @rule(told=VERBS["move"])
    def move(self, told: Told) -> None:
        perform(self.story, told)

    @precondition(lambda self: self.story.pool.index)
    @rule(told=VERBS["ship"])
    def confirm(self, told: Told) -> None:
        perform(self.story, told)

    @precondition(lambda self: self.story.pool.index)
    @rule()
    def confirm_all(self) -> None:
        for fulfilment in list(self.story.pool.index):
            self.story.ship(fulfilment)

    @precondition(lambda self: self.story.pool.missing)
    @rule(n=st.integers(0, 9), at=st.integers(1, 3))
    def confirm_what_a_count_missed(self, n: int, at: int) -> None:
        missing = list(self.story.pool.missing)
        self.story.ship(missing[n % len(missing)], at=at)

    @precondition(lambda self: self.story.pool.index)
    @rule(told=VERBS["refuse"] | VERBS["too_late"])
    def reject(self, told: Told) -> None:
        perform(self.story, told)

    @precondition(lambda self: self.story.onlooker.shipped)
    @rule(told=VERBS["take_back"])
    def take_back(self, told: Told) -> None:
        perform(self.story, told)

    # ------------------------------------------------------------------------------------------ rules and time
    @rule(told=VERBS["policy"] | VERBS["segment"] | VERBS["quota"] | VERBS["node"])
    def change_the_rules(self, told: Told) -> None:
        perform(self.story, told)

    @rule(told=VERBS["tick"])
    def tick(self, told: Told) -> None:
        perform(self.story, told)

    # ------------------------------------------------------------------------------------------ repetition
    @rule(n=st.integers(0, 99))
    def deliver_a_command_again(self, n: int) -> None:
        """The pipeline is at-least-once: the very same record, at another offset."""
        before, (_, key, value) = self.story.standing(), self.story.commands[n % len(self.story.commands)]
        assert isinstance(self.story.send(value, key).events[0], Duplicate)
        assert self.story.standing() == before

    @rule(n=st.integers(0, 99))
    def tell_again_what_is_remembered(self, n: int) -> None:
        """The outside is at-least-once as well: the same order or document in a new record."""
        known = [command for command in map(c.decode_command, self.told()) if is_remembered(self.story.pool, command)]
        if known:
            before, command = self.story.standing(), known[n % len(known)]
            decision = self.story.ask(msgspec.structs.replace(command, cause=self.story.cause()))
            assert [type(event) for event in decision.events] in ([Duplicate], [Stale])
            assert self.story.standing() == before

    def told(self) -> list[bytes]:
        return [value for _, _, value in self.story.commands]

    # ------------------------------------------------------------------------------------------ in the end
    def teardown(self) -> None:
        """The log decides again to the byte, and the checker, which knows nothing of the rules, finds every prefix sound."""
        assert [record for _, record in Ledger(0).decide(self.story.commands)] == self.story.records
        logs = Logs(self.story)
        report = logs.check()
        assert report.violations == ()
        assert (report.lost, report.oversold, report.pending) == (0, 0, {})
        assert replay(MemoryLog(logs.topics()), progress=lambda *_: None).violations == ()


def is_remembered(pool: Pool, command: c.AnyCommand) -> bool:
    """Whether the pool has taken this order revision, refund or document, and knows it still."""
    match command:
        case c.PlaceOrder() | c.CancelOrder():
            order = pool.orders.get(command.order)
            if order is None or not order.digests:
                return False
            return command.updated_at < order.updated_at or (command.updated_at == order.updated_at and command.digest in order.digests)
        case c.ReduceOrder():
            order = pool.orders.get(command.order)
            return order is not None and command.reduction in (order.reductions or {})
        case _:
            return getattr(command, "document", None) in pool.documents


TestDecider = Decider.TestCase
TestDecider.settings = settings(
    max_examples=200, stateful_step_count=50, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck)
)
