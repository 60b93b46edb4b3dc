"""Bugs of the ledger's host."""

from collections.abc import Callable, Sequence
from typing import Any

import pytest
from confluent_kafka import TopicPartition

from streams.agents.allocate import Owned
from streams.agents.desk import Desk
from streams.fenced import FencedLedger
from streams.ledger import Hole
from streams.produce import Outgoing, Transactions
from tests.streams.planted import found_within


@found_within(5, "taking over", since=239)
def the_log_is_read_before_others_are_shut_out(patch: pytest.MonkeyPatch) -> None:
    def take_over(owned: Owned) -> bool:
        return owned.desk.rebuild() is not None and owned.desk.fence()

    def quiet(desk: Desk) -> bool:
        return desk._ledger is not None and getattr(desk, "_fenced", False)

    def fence(desk: Desk) -> bool:
        done = whole(desk)
        desk._fenced = done  # type: ignore[attr-defined]
        return done

    whole = Desk.fence
    patch.setattr(Desk, "fence", fence)
    patch.setattr(Desk, "ready", property(quiet))
    patch.setattr(Owned, "_take_over", take_over)


@found_within(5, "transactions", since=31)
def what_was_decided_is_called_durable_before_it_is(patch: pytest.MonkeyPatch) -> None:
    def early(desk: Desk, batch: Sequence[Outgoing]) -> None:
        desk.durable += len(batch)
        desk.settled = desk.durable
        desk._transactions.write(batch)

    patch.setattr(Desk, "write", early)


@found_within(5, "markers", since=25)
def what_is_acknowledged_is_taken_for_settled(patch: pytest.MonkeyPatch) -> None:
    def trusting(desk: Desk) -> int:
        desk.settled = desk.durable
        return 0

    patch.setattr(Desk, "settle", trusting)


@found_within(60, "markers")
def what_hangs_of_the_last_owner_is_left_to_the_next_transaction(patch: pytest.MonkeyPatch) -> None:
    def take_over(transactions: Transactions, places: Any, ends: Any, wanted: Callable[[], bool]) -> bool:
        return transactions.fence(wanted)

    patch.setattr(Transactions, "take_over", take_over)


@found_within(30, "transactions")
def what_is_queued_is_written_after_a_partition_was_left(patch: pytest.MonkeyPatch) -> None:
    def close(desk: Desk) -> None:
        desk.closed = True

    def next_transaction(owned: Owned) -> list[Outgoing]:
        desk = owned.desk
        with owned._changed:
            owned._changed.wait_for(lambda: desk.queued > 0 or desk.closed)
            return desk.next_transaction()

    patch.setattr(Desk, "close", close)
    patch.setattr(Owned, "_next_transaction", next_transaction)


@found_within(30, "reading")
def a_hole_in_the_commands_is_taken_as_real(patch: pytest.MonkeyPatch) -> None:
    def decide(ledger: FencedLedger, partition: int, owned: Any, batch: Sequence[tuple[int, bytes, bytes]]) -> None:
        try:
            owned.decide(batch)
        except Hole:
            owned.desk._ledger.last = batch[0][0] - 1
            owned.decide(batch)

    patch.setattr(FencedLedger, "_decide", decide)


@found_within(30, "reading")
def a_hole_is_not_gone_back_to(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(FencedLedger, "_fetch_again", lambda ledger, partition, expected: None)


@found_within(12, "reading", since=236)
def no_tick_is_sent_after_one_was_lost(patch: pytest.MonkeyPatch) -> None:
    def ticked(ledger: FencedLedger, partition: int, error: Any, message: Any) -> None:
        if error is None:
            whole(ledger, partition, error, message)

    whole = FencedLedger._ticked
    patch.setattr(FencedLedger, "_ticked", ticked)


@found_within(30)
def no_ticks_are_sent(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(FencedLedger, "_tick", lambda ledger, partition, owned: None)


@found_within(30)
def a_lost_partition_is_kept(patch: pytest.MonkeyPatch) -> None:
    def revoked(ledger: FencedLedger, consumer: Any, partitions: Sequence[TopicPartition]) -> None:
        return None

    patch.setattr(FencedLedger, "_revoked", revoked)
