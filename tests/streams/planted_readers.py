"""Bugs of the stages that read the log of decisions, or write commands."""

import asyncio
from collections.abc import Callable, Sequence
from types import SimpleNamespace
from typing import Any

import pytest

from streams.agents import fulfil
from streams.agents.announce import Announce
from streams.agents.news import News
from streams.agents.normalize import Normalize
from streams.agents.view import View
from streams.intake import Batch, Intake, Record
from streams.produce import Deliveries, Outgoing, Transactions
from streams.snapshots import Snapshot
from tests.streams.planted import found_within, with_names_of


@found_within(30, "late records")
def the_first_acknowledgement_counts_for_the_whole_batch(patch: pytest.MonkeyPatch) -> None:
    def at_the_first(total: int, then: Callable[[], object]) -> Callable[[Any, Any], None]:
        told = False

        def report(error: Any, _: Any) -> None:
            nonlocal told
            if not told:
                told = True
                then()

        return report

    patch.setattr("streams.produce._countdown", at_the_first)


@found_within(30, "records")
def a_lost_acknowledgement_counts_as_one(patch: pytest.MonkeyPatch) -> None:
    countdown = __import__("streams.produce").produce._countdown

    def deaf(total: int, then: Callable[[], object]) -> Callable[[Any, Any], None]:
        report = countdown(total, then)
        return lambda error, sent: report(None, sent)

    patch.setattr("streams.produce._countdown", deaf)


@found_within(40, "markers")
def whoever_announces_shuts_nobody_out(patch: pytest.MonkeyPatch) -> None:
    with_names_of(patch, lambda process, name: f"{name}-{process}" if name.startswith("announce") else name)


@found_within(30)
def what_is_announced_is_marked_done_after_it_was_written(patch: pytest.MonkeyPatch) -> None:
    """What changed meanwhile is forgotten."""

    async def late(view: View) -> None:
        ledger = view._ledger
        if ledger is None:
            return
        snapshot = view._snapshot(ledger)
        await view._tell(ledger, view._due.take())
        view._due.take()
        if snapshot is not None:
            view._snapshots.save(view.partition, snapshot)

    patch.setattr(View, "_publish_all", late)


@found_within(5, "transactions", since=23)
def a_snapshot_is_taken_after_what_it_announces_was_gathered(patch: pytest.MonkeyPatch) -> None:
    async def too_new(view: View) -> None:
        ledger = view._ledger
        if ledger is None:
            return
        await view._tell(ledger, view._due.take())
        if snapshot := view._snapshot(ledger):
            view._snapshots.save(view.partition, snapshot)

    patch.setattr(View, "_publish_all", too_new)


@found_within(30)
def what_another_process_folded_is_taken_for_told(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(News, "pack", lambda news, ledger: b"")


@found_within(30)
def what_a_snapshot_says_is_due_is_not_told(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(News, "add", lambda news, packed: None)


@found_within(5, "markers", since=37)
def a_snapshot_says_that_what_hangs_was_told(patch: pytest.MonkeyPatch) -> None:
    def save(view: View, snapshot: Snapshot) -> None:
        view._snapshots.save(view.partition, snapshot)

    patch.setattr(View, "_save", save)


@found_within(5, "markers", since=67)
def what_who_took_over_has_undone_is_taken_for_told(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Transactions, "is_there", lambda transactions, source: True)


@found_within(5, since=34)
def a_reader_that_was_left_goes_on_publishing(patch: pytest.MonkeyPatch) -> None:
    async def careless(stage: Announce) -> None:
        stage._views.clear()

    patch.setattr(Announce, "drop", careless)
    with_names_of(patch, lambda process, name: f"{name}-{process}" if name.startswith("announce") else name)


@found_within(30, since=24)
def what_was_told_is_looked_for_in_another_partition(patch: pytest.MonkeyPatch) -> None:
    def elsewhere(log: Any, partition: int) -> fulfil.Told:
        return whole(log, (partition + 1) % len(log.ends("fulfilments")))

    whole = fulfil.already_told
    patch.setattr(fulfil, "already_told", elsewhere)


@found_within(30, "late records")
def fulfilments_are_sent_and_not_waited_for(patch: pytest.MonkeyPatch) -> None:
    async def forgotten(deliveries: Deliveries, records: Sequence[Outgoing]) -> asyncio.Future[None]:
        sent = await send(deliveries, records)
        if records and records[0].topic == "fulfilments":
            sent = asyncio.get_running_loop().create_future()
            sent.set_result(None)
        return sent

    send = Deliveries.send
    patch.setattr(Deliveries, "send", forgotten)


@found_within(30, "records")
def a_record_is_left_out_when_the_queue_is_full(patch: pytest.MonkeyPatch) -> None:
    def hand_over(deliveries: Deliveries, records: Sequence[Outgoing], report: Callable[[Any, Any], None]) -> int:
        for record in records:
            try:
                deliveries._producer.produce(record.topic, record.value, record.key, record.partition, report, headers=record.headers)
            except BufferError:
                report(None, None)
        return len(records)

    patch.setattr(Deliveries, "_hand_over", hand_over)


@found_within(30, "records")
def the_rest_of_a_batch_is_handed_over_again_when_the_queue_was_full(patch: pytest.MonkeyPatch) -> None:
    """One record too many is handed over, and counted."""

    def hand_over(deliveries: Deliveries, records: Sequence[Outgoing], report: Callable[[Any, Any], None]) -> int:
        handed = whole(deliveries, records, report)
        return handed + 1 if handed < len(records) else handed

    whole = Deliveries._hand_over
    patch.setattr(Deliveries, "_hand_over", hand_over)


@found_within(30)
def commands_are_numbered_by_the_process(patch: pytest.MonkeyPatch) -> None:
    count: dict[int, int] = {}

    def some(stage: Normalize, partition: int, records: Sequence[Record]) -> list[Outgoing]:
        return make(stage, partition, [numbered(stage, record) for record in records])

    def numbered(stage: Normalize, record: Record) -> Any:
        count[id(stage)] = count.get(id(stage), -1) + 1
        told = {name: getattr(record, name) for name in ("timestamp", "key", "value", "headers")}
        return SimpleNamespace(offset=count[id(stage)], **told)

    make = Normalize._some
    patch.setattr(Normalize, "_some", some)


@found_within(5, "late records", since=27)
def dead_letters_are_sent_and_not_waited_for(patch: pytest.MonkeyPatch) -> None:
    async def forgotten(deliveries: Deliveries, records: Sequence[Outgoing]) -> asyncio.Future[None]:
        letters = [record for record in records if record.topic == "dead-letters"]
        await send(deliveries, letters)
        return await send(deliveries, [record for record in records if record.topic != "dead-letters"])

    send = Deliveries.send
    patch.setattr(Deliveries, "send", forgotten)


@found_within(30)
def batches_queued_for_a_lost_partition_count_as_done(patch: pytest.MonkeyPatch) -> None:
    async def put(intake: Intake, batch: Batch) -> None:
        batch.done()
        await whole(intake, batch)

    whole = Intake.put
    patch.setattr(Intake, "put", put)


@found_within(30, "transactions")
def a_transaction_whose_commit_failed_is_written_again(patch: pytest.MonkeyPatch) -> None:
    def twice(transactions: Transactions, records: Sequence[Outgoing]) -> None:
        try:
            write(transactions, records)
        except Exception:
            write(transactions, records)

    write = Transactions.write
    patch.setattr(Transactions, "write", twice)


@found_within(5, "transactions", since=8)
def a_transaction_that_failed_is_passed_over(patch: pytest.MonkeyPatch) -> None:
    def careless(transactions: Transactions, records: Sequence[Outgoing]) -> None:
        try:
            write(transactions, records)
        except Exception:
            return

    write = Transactions.write
    patch.setattr(Transactions, "write", careless)
