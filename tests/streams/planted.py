"""Bugs that such pipelines really have, put into the production code one at a time: the simulator must find every one of them."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import pytest
from confluent_kafka import TopicPartition

from streams.agents import fulfil, rebuild
from streams.agents.desk import Desk
from streams.agents.view import View
from streams.commands import AnyCommand
from streams.fenced import FencedLedger
from streams.ledger import Ledger, Message
from streams.produce import Outgoing, Transactions
from streams.read import Log
from streams.rules.decide import decide
from streams.simulation.loop import current
from streams.simulation.pipeline import Pipeline
from streams.topics import COMMANDS
from tables.events import AnyEvent
from tables.pool import Pool

Plant = Callable[[pytest.MonkeyPatch], None]


class Bug(NamedTuple):
    """`within`: it is found in so many schedules of that theme of faults ("": of all of them), from the seed `since` on."""

    plant: Plant
    within: int
    theme: str
    since: int


def found_within(schedules: int, theme: str = "", since: int = 0) -> Callable[[Plant], Bug]:
    """What such a function does to the production code becomes a Bug."""
    return lambda plant: Bug(plant, schedules, theme, since)


@found_within(30, "late records")
def a_batch_is_acknowledged_before_what_follows_from_it_is_durable(patch: pytest.MonkeyPatch) -> None:
    def at_once(futures: Sequence[asyncio.Future[None]], then: Callable[[], None]) -> None:
        then()

    patch.setattr("streams.intake._when_all", at_once)


@found_within(30, "transactions")
def offsets_are_committed_when_decided_and_not_when_written(patch: pytest.MonkeyPatch) -> None:
    def commit(ledger: FencedLedger) -> None:
        places = [TopicPartition(COMMANDS.name, p, owned.desk.next) for p, owned in ledger._owned.items() if owned.desk.ready]
        if places:
            ledger._consumer.commit(offsets=places, asynchronous=True)

    patch.setattr(FencedLedger, "_commit", commit)


@found_within(5, "late transactions", since=32)
def nobody_is_shut_out_of_the_log_of_decisions(patch: pytest.MonkeyPatch) -> None:
    with_names_of(patch, lambda process, name: f"{name}-{process}" if name.startswith("allocate") else name)


def with_names_of(patch: pytest.MonkeyPatch, named: Callable[[int, str], str]) -> None:
    """A transactional id of one's own fences nobody."""
    make = Pipeline._transactions
    patch.setattr(Pipeline, "_transactions", lambda self, process, name: make(self, process, named(process.born, name)))


@found_within(5, since=9)
def the_state_of_a_partition_is_kept_when_it_is_revoked(patch: pytest.MonkeyPatch) -> None:
    kept: dict[tuple[int, int], Ledger] = {}
    rebuild_desk = Desk.rebuild

    def from_what_was_kept(desk: Desk) -> int | None:
        place = (id(current()), desk.partition)
        if place not in kept:
            folded = rebuild_desk(desk)
            if desk._ledger is not None:
                kept[place] = desk._ledger
            return folded
        desk._ledger, desk.durable = kept[place], kept[place].last
        return 0

    patch.setattr(Desk, "rebuild", from_what_was_kept)


@found_within(30)
def deciding_begins_before_the_log_is_read_to_its_end(patch: pytest.MonkeyPatch) -> None:
    catch_up = rebuild.catch_up

    def too_short(source: Log, partition: int, begun: rebuild.Rebuilt, *rest: Any) -> rebuild.Rebuilt | None:
        class Short:
            def low(self, topic: str) -> Mapping[int, int]:
                return source.low(topic)

            def ends(self, topic: str) -> Mapping[int, int]:
                return {at: max(begun.position, end - 5) for at, end in source.ends(topic).items()}

            def read(self, *asked: Any) -> Any:
                return source.read(*asked)

        short: Any = Short()
        return catch_up(short, partition, begun, *rest)

    patch.setattr(rebuild, "catch_up", too_short)


@found_within(30)
def a_command_that_comes_twice_takes_effect_twice(patch: pytest.MonkeyPatch) -> None:
    def unchecked(ledger: Ledger, pool: Pool, command: AnyCommand, offset: int) -> tuple[AnyEvent, ...]:
        return decide(pool, command, offset)

    patch.setattr(Ledger, "_events", unchecked)


@found_within(30, "reading")
def commands_that_were_not_fetched_are_passed_over(patch: pytest.MonkeyPatch) -> None:
    def gullible(ledger: Ledger, batch: Sequence[Message]) -> list[tuple[bytes, bytes]]:
        return [ledger._decide(*message) for message in batch if message[0] > ledger.last]

    patch.setattr(Ledger, "decide", gullible)


@found_within(5, since=8)
def fulfilments_go_on_after_the_last_one(patch: pytest.MonkeyPatch) -> None:
    def last_of_all(log: Log, partition: int) -> fulfil.Told:
        """As if decisions were fulfilled in another order."""
        marks = whole(log, partition).marks
        last = max(marks, default=(-1, -1))
        return fulfil.Told(marks, (last[0] + 3, last[1]))

    whole = fulfil.already_told
    patch.setattr(fulfil, "already_told", last_of_all)


@found_within(30)
def half_a_transaction_is_left_standing(patch: pytest.MonkeyPatch) -> None:
    def in_two(transactions: Transactions, records: Sequence[Outgoing]) -> None:
        half = len(records) // 2
        for part in (records[half:], records[:half]):
            if part:
                write(transactions, part)

    write = Transactions.write
    patch.setattr(Transactions, "write", in_two)


@found_within(30)
def a_snapshot_is_saved_before_all_of_it_is_announced(patch: pytest.MonkeyPatch) -> None:
    async def forgetful(view: View) -> None:
        if view._ledger is not None and (snapshot := view._snapshot(view._ledger)):
            view._snapshots.save(view.partition, snapshot)
            view._due.take()
        await publish_all(view)

    publish_all = View._publish_all
    patch.setattr(View, "_publish_all", forgetful)
