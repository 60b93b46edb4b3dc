"""The read side tells what changed, once and in order, and starts again from what it saved."""

import asyncio
from pathlib import Path

import msgspec
import pytest

from connectors.contract import Availability, OrderStatus
from streams.agents.announce import Announce
from streams.agents.news import News
from streams.agents.rebuild import leave_snapshot
from streams.agents.view import View
from streams.decisions import decode_decision
from streams.produce import Outgoing
from streams.read import MemoryLog
from streams.snapshots import Origin, Snapshot, Snapshots, StoredFiles
from streams.topics import AVAILABILITY, DECISIONS, ORDER_STATUS
from tests.story import POOL, Story, key
from tests.streams.shells import Written, decided, log, run, sell, tea_shop

HERE = Origin("cluster", "decisions-1")


def statuses(written: list[Outgoing]) -> list[OrderStatus]:
    return [msgspec.json.decode(found.value, type=OrderStatus) for found in written if found.topic == ORDER_STATUS.name]


def levels(written: list[Outgoing]) -> list[tuple[str, int]]:
    told = [msgspec.json.decode(found.value, type=Availability) for found in written if found.topic == AVAILABILITY.name]
    return [(level.sku, level.units) for level in told]


class Growing(MemoryLog):
    """The log of a story, to which more may come."""

    def __init__(self, story: Story) -> None:
        self.topics = {DECISIONS.name: {0: decided(story)}}
        super().__init__(self.topics)


class Reading:
    """One partition being announced out of a story's log."""

    def __init__(self, story: Story, folder: Path, snapshot_after: int = 1_000) -> None:
        self.written = Written()
        self.snapshots = Snapshots(StoredFiles(folder), HERE)
        self.source = Growing(story)
        self.view = View(0, self.written, self.source, self.snapshots, pause_s=0, snapshot_after=snapshot_after)
        self.task = asyncio.create_task(self.view.run())

    async def told(self, transactions: int) -> list[Outgoing]:
        """All that was published, once there were so many transactions."""
        async with asyncio.timeout(10):
            while len(self.written.transactions) < transactions:
                await asyncio.sleep(0.001)
        return self.written.records

    async def end(self) -> None:
        self.view.close()
        self.task.cancel()
        await asyncio.gather(self.task, return_exceptions=True)


def test_what_the_log_holds_is_told_at_the_start(tmp_path: Path) -> None:
    async def story() -> None:
        reading = Reading(sell(tea_shop(), "1", "2", units=3), tmp_path)
        told = await reading.told(1)
        assert [(status.order, status.status, status.reserved) for status in statuses(told)] == [("1", "reserved", 3), ("2", "reserved", 3)]
        assert dict(levels(told)) == {"ASSAM": 94, "SENCHA": 100}
        await reading.end()

    run(story())


def test_levels_are_told_together_and_the_last_one_is_right(tmp_path: Path) -> None:
    async def story() -> None:
        shop = tea_shop()
        reading = Reading(shop, tmp_path)
        before = len(await reading.told(1))
        sell(shop, *map(str, range(40)))
        reading.view.take(decided(shop, first=4))
        told = (await reading.told(2))[before:]
        assert levels(told) == [("ASSAM", 60)]
        assert len(statuses(told)) == 40
        assert {status.position for status in statuses(told)} == {43}
        await reading.end()

    run(story())


def test_a_batch_that_was_missed_is_read_from_the_log(tmp_path: Path) -> None:
    async def story() -> None:
        shop = tea_shop()
        reading = Reading(shop, tmp_path)
        before = len(await reading.told(1))
        sell(shop, "1", "2", "3")
        reading.view._source = log(shop)
        reading.view.take(decided(shop, first=6))  # 4 and 5 never came
        assert dict(levels((await reading.told(2))[before:])) == {"ASSAM": 97}
        await reading.end()

    run(story())


def test_a_snapshot_is_saved_only_after_what_it_holds_was_told(tmp_path: Path) -> None:
    async def story() -> None:
        shop = sell(tea_shop(), "1")
        reading = Reading(shop, tmp_path, snapshot_after=1)
        reading.written.lost = True
        await asyncio.gather(reading.task, return_exceptions=True)
        assert reading.snapshots.load(0) is None
        again = Reading(shop, tmp_path, snapshot_after=1)
        await again.told(1)
        async with asyncio.timeout(10):
            while (saved := again.snapshots.load(0)) is None:
                await asyncio.sleep(0.001)
        assert saved.position == 5
        await again.end()

    run(story())


def test_storage_that_takes_no_snapshot_does_not_stop_the_telling(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    async def story() -> None:
        shop = sell(tea_shop(), "1")
        (tmp_path / "full").write_bytes(b"a file where a folder is wanted")
        reading = Reading(shop, tmp_path / "full", snapshot_after=1)
        await reading.told(1)
        async with asyncio.timeout(10):
            while "could not be saved" not in caplog.text:
                await asyncio.sleep(0.001)
        assert not reading.task.done()
        await reading.end()

    run(story())


def test_what_was_missed_is_read_from_the_log_once(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    async def story() -> None:
        shop = sell(tea_shop(), "1")
        reading = Reading(shop, tmp_path)
        await reading.told(1)
        view, later = reading.view, decided(sell(shop, "2", "3", "4"), first=6)
        reading.source.topics[DECISIONS.name][0] = decided(shop)
        for record in later:
            view.take([record])
        told = await reading.told(2)
        assert [status.order for status in statuses(told)] == ["1", "2", "3", "4"]
        await reading.end()

    with caplog.at_level("INFO"):
        run(story())
    assert caplog.text.count("is read again from offset 5") == 1


def test_what_comes_while_it_is_catching_up_is_gone_on_with(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    async def story() -> None:
        shop = sell(tea_shop(), "1")
        reading = Reading(shop, tmp_path)
        for record in decided(sell(shop, "2", "3"), first=3):
            reading.view.take([record])
        told = await reading.told(1)
        assert [status.order for status in statuses(told)] == ["1", "2", "3"]
        assert len(reading.source.topics[DECISIONS.name][0]) == 5, "the log as it was read ended before"
        await reading.end()

    with caplog.at_level("INFO"):
        run(story())
    assert "is read again" not in caplog.text


def test_who_starts_from_a_snapshot_tells_what_came_after_it(tmp_path: Path) -> None:
    async def story() -> None:
        shop = tea_shop()
        Snapshots(StoredFiles(tmp_path), HERE).save(0, Snapshot(len(shop.records), shop.ledger.chain, shop.ledger.dump()))
        sell(shop, "1")
        reading = Reading(shop, tmp_path)
        told = await reading.told(1)
        assert (len(statuses(told)), levels(told)) == (1, [("ASSAM", 99)])
        await reading.end()

    run(story())


# ---------------------------------------------------------------------------------------------- what another process folded
def fold_aside(story: Story, folder: Path) -> Snapshots:
    """As another process would; it tells nobody anything."""
    snapshots = Snapshots(StoredFiles(folder), HERE)
    leave_snapshot(log(story), snapshots, 0, lambda: True)
    return snapshots


def test_what_another_process_folded_is_told_all_the_same(tmp_path: Path) -> None:
    async def story() -> None:
        shop = sell(tea_shop(), "1", "2")
        fold_aside(shop, tmp_path)
        reading = Reading(sell(shop, "3"), tmp_path)
        told = await reading.told(1)
        assert sorted(status.order for status in statuses(told)) == ["1", "2", "3"]
        assert dict(levels(told)) == {"ASSAM": 97, "SENCHA": 100}
        await reading.end()

    run(story())


def test_of_what_another_process_folded_only_that_is_told_which_was_not_told_before(tmp_path: Path) -> None:
    async def story() -> None:
        shop = sell(tea_shop(), "1")
        Snapshots(StoredFiles(tmp_path), HERE).save(0, Snapshot(len(shop.records), shop.ledger.chain, shop.ledger.dump()))
        fold_aside(sell(shop, "2"), tmp_path)
        reading = Reading(shop, tmp_path)
        told = await reading.told(1)
        assert [status.order for status in statuses(told)] == ["2"]
        assert levels(told) == [("ASSAM", 98)]
        await reading.end()

    run(story())


def test_what_is_due_stays_due_through_any_number_of_processes_that_fold(tmp_path: Path) -> None:
    async def story() -> None:
        shop = sell(tea_shop(), "1")
        fold_aside(shop, tmp_path)
        fold_aside(sell(shop, "2", tea="SENCHA"), tmp_path)
        reading = Reading(shop, tmp_path)
        reading.written.lost = True
        await asyncio.gather(reading.task, return_exceptions=True)
        again = Reading(shop, tmp_path)
        told = await again.told(1)
        assert sorted(status.order for status in statuses(told)) == ["1", "2"]
        assert dict(levels(told)) == {"ASSAM": 99, "SENCHA": 99}
        await again.end()

    run(story())


def test_once_all_is_told_a_snapshot_says_so(tmp_path: Path) -> None:
    async def story() -> None:
        shop = sell(tea_shop(), "1")
        snapshots = fold_aside(shop, tmp_path)
        reading = Reading(shop, tmp_path)
        async with asyncio.timeout(10):
            while (found := snapshots.load(0)) is None or found.due:
                await asyncio.sleep(0.001)
        assert len(statuses(reading.written.records)) == 1
        await reading.end()

    run(story())


def test_an_order_that_is_forgotten_by_now_is_not_due() -> None:
    shop, news = sell(tea_shop(), "1", "2"), News()
    for record in shop.records:
        news.note(shop.ledger, decode_decision(record))
    shop.pool.orders.forget(key("1"))
    again = News()
    again.add(news.pack(shop.ledger))
    assert again.take()[POOL].orders == {key("2"): 0}


def test_partitions_that_are_left_are_forgotten(tmp_path: Path) -> None:
    async def story() -> None:
        writers: list[Written] = []

        def writer(partition: int) -> Written:
            writers.append(Written())
            return writers[-1]

        shop = sell(tea_shop(), "1")
        stage = Announce(log(shop), Snapshots(StoredFiles(tmp_path), HERE), writer, pause_s=0)
        await stage.assign([0])
        await stage.drop()
        await stage.take(0, decided(shop))
        await stage.assign([0])
        async with asyncio.timeout(10):
            while not writers[-1].transactions:
                await asyncio.sleep(0.001)
        assert len(writers) == 2
        await stage.drop()

    run(story())
