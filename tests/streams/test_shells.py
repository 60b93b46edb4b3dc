"""The stages around their rules: what is sent where, what is repeated, and when a stage stops."""

import asyncio
from collections.abc import Sequence
from typing import Any

import msgspec
import pytest

from connectors.channels.canonical import CHANNEL, Canonical
from connectors.contract import Fulfilment, Parsed, RawRecord, ShopRef
from streams.agents import fulfil as stage
from streams.agents.fulfil import Fulfil, decode_fulfilment
from streams.agents.normalize import Normalize
from streams.commands import decode_command
from streams.deadletter import DeadLetter, decode_dead_letter
from streams.decisions import decode_decision
from streams.intake import Batch, Intake, Stopped
from streams.read import Record
from streams.reference import PoolRecord, Reference, ShopRecord
from streams.rules.fulfil import fulfil
from streams.rules.outcome import outcome
from streams.topics import COMMANDS, DEAD_LETTERS, FULFILMENTS
from tests.chain import order, raw
from tests.story import Story, line
from tests.streams.shells import Sent, decided, log, run, sell, tea_shop


# ---------------------------------------------------------------------------------------------- normalize
def reference(*, pools: bool = True) -> Reference:
    found = Reference()
    found.apply(ShopRecord(ref=ShopRef(tenant="acme", shop="shop-0", channel="canonical", pool="north"), unknown_listing="as_sku"))
    if pools:
        found.apply(PoolRecord(pool="north", partition=3, partitions=4))
    return found


def normalizer(sent: Sent, limit: int = 2, known: Reference | None = None) -> Normalize:
    return Normalize(known or reference(), {"canonical": CHANNEL}, lambda person: "sealed", sent, limit)


def record(offset: int, came: RawRecord, headers: Sequence[tuple[str, bytes]] | None = None) -> Record:
    return Record(1, offset, 1_000, came.key.encode(), came.headers() if headers is None else headers, came.body)


BROKEN = raw(2, b'{"order": ')
ORDER = order(1, [("ASSAM", 2)])


def letters(sent: Sent) -> list[DeadLetter]:
    return [decode_dead_letter(found.value) for found in sent.records if found.topic == DEAD_LETTERS.name]


def test_a_raw_order_becomes_a_command_in_the_partition_of_its_pool() -> None:
    sent = Sent()
    run(normalizer(sent).take(1, [record(17, ORDER)]))
    [command] = sent.records
    assert (command.topic, command.partition, command.key) == (COMMANDS.name, 3, b"north")
    assert decode_command(command.value).cause == ("raw", 1, 17, 0)


def test_what_cannot_be_read_is_kept_to_the_byte_with_its_coordinates() -> None:
    sent = Sent()
    run(normalizer(sent).take(1, [record(18, BROKEN)]))
    [letter] = letters(sent)
    assert (letter.verdict, letter.stage, letter.topic, letter.partition, letter.offset) == ("rejected", "normalize", "raw", 1, 18)
    assert (letter.body(), letter.original_headers()) == (BROKEN.body, BROKEN.headers())


def test_a_record_that_no_connector_wrote_is_dead_lettered() -> None:
    sent = Sent()
    run(normalizer(sent).take(1, [record(5, ORDER, headers=[("shop", b"\xff\x00")])]))
    assert [letter.code for letter in letters(sent)] == ["malformed_record"]


def test_an_order_of_a_pool_without_a_partition_waits_as_a_dead_letter() -> None:
    sent = Sent()
    run(normalizer(sent, known=reference(pools=False)).take(1, [record(5, ORDER)]))
    assert [letter.code for letter in letters(sent)] == ["unknown_pool"]


def test_a_channel_that_breaks_costs_its_own_record_only() -> None:
    sent = Sent()
    stage = Normalize(reference(), {"canonical": CHANNEL}, lambda person: str(1 // 0), sent, 2)
    run(stage.take(1, [record(5, ORDER)]))
    assert [(letter.code, "ZeroDivisionError" in letter.sentence) for letter in letters(sent)] == [("internal_error", True)]


def test_among_many_each_record_keeps_its_place_whatever_the_others_are() -> None:
    sent, fine, fatal = Sent(), order(3, [("ASSAM", 2)]), order(4, [("ASSAM", 2)])
    stage = Normalize(reference(), {"canonical": Fragile(fatal.external_id)}, lambda person: "", sent, 9)
    run(stage.take(1, [record(n, (fine, BROKEN, fatal)[n % 3]) for n in range(120)]))
    told = [decode_dead_letter(found.value) if found.topic == DEAD_LETTERS.name else decode_command(found.value) for found in sent.records]
    assert [found.offset if isinstance(found, DeadLetter) else found.cause[2] for found in told] == [*range(120)]
    assert [found.code for found in told[:6] if isinstance(found, DeadLetter)] == ["not_json", "internal_error"] * 2


class Fragile(Canonical):
    """Makes of one order what no encoder can write."""

    def __init__(self, order: str) -> None:
        self._order = order

    def parse(self, raw: RawRecord, shop: ShopRef) -> Parsed:
        parsed = super().parse(raw, shop)
        if raw.external_id != self._order or not isinstance(parsed, tuple):
            return parsed
        return tuple(msgspec.structs.replace(draft, number="\ud800") for draft in parsed)


def test_too_many_rejected_in_a_row_stop_the_stage() -> None:
    stage = normalizer(Sent(), limit=2)
    run(stage.take(1, [record(1, BROKEN), record(2, BROKEN)]))
    with pytest.raises(Stopped, match=r"3 records of raw in a row were rejected, the last one \(raw\[1\] offset 3\)"):
        run(stage.take(1, [record(3, BROKEN)]))


def test_a_good_record_ends_a_run_of_rejected_ones() -> None:
    sent = Sent()
    run(normalizer(sent, limit=2).take(1, [record(n, ORDER if n % 3 == 0 else BROKEN) for n in range(1, 12)]))
    assert len(letters(sent)) == 8


# ---------------------------------------------------------------------------------------------- fulfil
def sent_for(story: Story, batches: Sequence[Sequence[Record]], known: Sequence[Fulfilment] = ()) -> list[Fulfilment]:
    sent = Sent()

    async def take() -> None:
        stage = Fulfil(log(story, known), sent)
        for batch in batches:
            await stage.take(0, batch)

    run(take())
    assert {(found.topic, found.partition) for found in sent.records} <= {(FULFILMENTS.name, 0)}
    return [decode_fulfilment(found.value) for found in sent.records]


def due(story: Story) -> list[Fulfilment]:
    return [event for found in story.records for event in fulfil(decode_decision(found), 0)]


def test_each_reservation_is_told_to_its_node() -> None:
    story = sell(tea_shop(), "1", "2")
    assert sent_for(story, [decided(story)]) == due(story)
    assert [event.order for event in due(story)] == ["1", "2"]


def test_a_decision_that_is_read_again_is_told_once() -> None:
    story = sell(tea_shop(), "1", "2")
    assert sent_for(story, [decided(story), decided(story)]) == due(story)


def test_after_a_restart_only_what_was_not_told_is_told() -> None:
    story = sell(tea_shop(), "1", "2", "3")
    assert sent_for(story, [decided(story)], known=due(story)[:2]) == due(story)[2:]


def split_order() -> Story:
    """One order that two nodes serve, so that its decision has two fulfilments."""
    story = tea_shop(stock=5)
    story.node("porto")
    story.receive("porto", ASSAM=5)
    story.place("1", line("ASSAM", 8))
    assert len(due(story)) == 2
    return story


def test_a_crash_between_two_fulfilments_of_one_decision_loses_none() -> None:
    story = split_order()
    assert sent_for(story, [decided(story)], known=due(story)[:1]) == due(story)[1:]


def test_what_is_missing_before_the_last_one_is_told() -> None:
    """A broker refused the second, took the third, and then the process died."""
    story = sell(tea_shop(), "1", "2", "3")
    first, second, third = due(story)
    assert sent_for(story, [decided(story)], known=[first, third]) == [second]


def test_late_duplicates_of_a_paused_worker_change_nothing() -> None:
    story = sell(tea_shop(), "1", "2", "3")
    assert sent_for(story, [decided(story)], known=[*due(story), *due(story)[:2]]) == []


def test_what_is_older_than_the_tail_is_not_told_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stage, "TAIL", 2)
    story = sell(tea_shop(), "1", "2", "3")
    assert sent_for(story, [decided(story)], known=due(story)) == []


def test_cloud_events_are_the_same_in_every_replay() -> None:
    story = sell(tea_shop(), "1")
    one, other = Sent(), Sent()
    for sent in (one, other):
        run(Fulfil(log(story), sent).take(0, decided(story)))
    assert one.records == other.records
    [event], headers = due(story), dict(one.records[0].headers or ())
    assert headers["ce_id"] == f"0-{event.src_offset}-{event.ordinal}".encode()
    assert headers["ce_time"] == b"1970-01-01T00:00:05.004+00:00"  # when the broker appended the decision


def test_outcomes_are_words_of_the_business() -> None:
    story = sell(tea_shop(stock=2), "1", "2", "3")
    story.cancel("1")
    story.tick(5)
    words = [outcome(decode_decision(found)) for found in story.records]
    assert words == ["", "", "", "", "allocated", "allocated", "backordered", "cancelled", ""]


# ---------------------------------------------------------------------------------------------- intake
class Slow:
    """A stage that answers when it is told to, and stops when it is fed a `None` value."""

    name = "slow"

    def __init__(self) -> None:
        self.taken: list[list[int]] = []
        self.open: list[asyncio.Future[None]] = []

    async def take(self, partition: int, records: Sequence[Any]) -> asyncio.Future[None]:
        if any(found.value is None for found in records):
            raise Stopped("enough")
        self.taken.append([found.offset for found in records])
        self.open.append(asyncio.get_running_loop().create_future())
        return self.open[-1]

    async def assign(self, partitions: Sequence[int]) -> None: ...

    async def drop(self) -> None: ...


class Fed(msgspec.Struct):
    offset: int
    value: bytes | None = b""
    timestamp: int = 0
    key: bytes | None = None
    headers: tuple[tuple[str, bytes], ...] = ()


class Feed:
    """An intake that runs, and what became of the batches it was given."""

    def __init__(self, stage: Slow) -> None:
        self.stage = stage
        self.intake = Intake(stage)
        self.done: list[str] = []
        self.task = asyncio.create_task(self.intake.run())

    async def put(self, name: str, *found: Fed) -> None:
        await self.intake.put(Batch(0, found, lambda: self.done.append(name), lambda: self.done.append(f"{name} released")))

    async def settle(self) -> None:
        for _ in range(20):
            await asyncio.sleep(0)


def test_queued_batches_are_taken_as_one_and_acknowledged_when_all_is_durable() -> None:
    async def story() -> None:
        feed = Feed(stage := Slow())
        await feed.put("a", Fed(0), Fed(1))
        await feed.put("b", Fed(2))
        await feed.settle()
        assert (stage.taken, feed.done) == ([[0, 1, 2]], [])
        stage.open[0].set_result(None)
        await feed.settle()
        assert feed.done == ["a", "b"]
        feed.task.cancel()

    run(story())


def test_a_large_batch_is_taken_in_slices_and_acknowledged_once() -> None:
    async def story() -> None:
        feed = Feed(stage := Slow())
        await feed.put("a", *map(Fed, range(600)))
        await feed.settle()
        assert [len(taken) for taken in stage.taken] == [250, 250, 100]
        for future in stage.open[1:]:
            future.set_result(None)
        await feed.settle()
        assert feed.done == []
        stage.open[0].set_result(None)
        await feed.settle()
        assert feed.done == ["a"]
        feed.task.cancel()

    run(story())


def test_a_stopped_stage_lets_go_of_everything_and_acknowledges_nothing() -> None:
    async def story() -> None:
        feed = Feed(stage := Slow())
        await feed.put("bad", Fed(0, None))
        await feed.settle()
        await feed.put("next", Fed(1))
        await feed.settle()
        assert (feed.done, stage.taken) == (["bad released", "next released"], [])
        feed.task.cancel()

    run(story())
