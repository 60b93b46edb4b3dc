"""The checker on sound logs: what repeats, runs behind or has been deleted by age is no violation, and nothing is miscounted."""

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from streams.check import check
from streams.checks.report import quantile
from streams.commands import encode_command
from streams.read import MemoryLog, Record
from tables import events as e
from tables.policy import DAY_MS, Policy
from tests.source import PACKAGES, modules, within
from tests.story import Story, one_shop
from tests.streams.logs import Logs, broken
from tests.streams.shopping import busy_day


@pytest.fixture(scope="module")
def day() -> Story:
    return busy_day()


def test_a_sound_day_is_ok_and_counted(day: Story) -> None:
    logs = Logs(day)
    logs.raw += 3
    logs.ignore(logs.raw - 3)
    logs.ignore(logs.raw - 2, code="truncated", verdict="rejected")
    logs.ignore(logs.raw - 1, code="truncated", verdict="rejected")

    report = logs.check()

    assert report.invariants == "ok"
    assert (report.lost, report.oversold, report.pending) == (0, 0, {})
    assert report.raw_records == logs.raw
    assert report.commands == report.decisions == len(logs.decisions)
    assert (report.orders_decided, report.cancelled, report.held, report.duplicates) == (101, 7, 3, 1)
    assert report.fulfilments == len(logs.told)
    assert report.dead_letters == {"ignored": {"ping": 1}, "rejected": {"truncated": 2}}
    assert (report.p50_ms, report.p99_ms) == (40, 40)


def test_a_raw_record_normalized_again_after_a_crash_is_no_violation() -> None:
    story = one_shop({"hamburg": {"ASSAM": 5}})
    for command in [value for _, _, value in story.commands]:
        story.send(command)
    logs = Logs(story)
    logs.raw = len(logs.commands) // 2

    report = logs.check()

    assert report.invariants == "ok"
    assert report.duplicates == len(logs.commands) // 2


def test_a_fulfilment_sent_again_after_a_crash_is_no_violation(day: Story) -> None:
    logs = Logs(day)
    told = len(logs.told)
    logs.told += logs.told[:10]

    report = logs.check()

    assert report.invariants == "ok"
    assert (report.fulfilments, report.fulfilments_repeated) == (told, 10)


def test_a_dead_letter_written_again_is_counted_once(day: Story) -> None:
    logs = Logs(day)
    logs.raw += 1
    logs.ignore(logs.raw - 1)
    logs.ignore(logs.raw - 1)

    assert logs.check().dead_letters == {"ignored": {"ping": 1}}
    assert logs.check().invariants == "ok"


def test_what_is_no_longer_kept_of_raw_is_not_missed(day: Story) -> None:
    topics = Logs(day).topics()
    topics["raw"][0] = topics["raw"][0][40:]

    report = check(MemoryLog(topics))

    assert report.invariants == "ok"
    assert report.raw_records == len(topics["commands"][0]) - 40


@pytest.mark.parametrize("kept", [30, 0])
def test_what_is_no_longer_kept_of_fulfilments_is_not_missed(kept: int, day: Story) -> None:
    topics = Logs(day).topics()
    end = len(topics["fulfilments"][0])
    topics["fulfilments"][0] = topics["fulfilments"][0][end - kept :]

    log = MemoryLog(topics, low={"fulfilments": {0: end - kept}})

    assert check(log, again=lambda: False).invariants == "ok"


def test_markers_of_transactions_are_not_missing_decisions(day: Story) -> None:
    topics = Logs(day).topics()
    topics["decisions"][0] = [_at(record, record.offset + record.offset // 7) for record in topics["decisions"][0]]

    assert check(MemoryLog(topics)).invariants == "ok"


def _at(record: Record, offset: int) -> Record:
    return replace(record, offset=offset)


# ---------------------------------------------------------------------------------------------- over, and forgotten
def test_an_order_that_comes_again_after_it_was_forgotten_may_be_held_and_let_go() -> None:
    """It is counted once; a person has said that it is another one."""
    story = one_shop({"hamburg": {"ASSAM": 50}})
    story.policy(Policy(remember_days=30))
    story.tick(DAY_MS)
    story.place("1", _line(2), at=DAY_MS)
    story.ship(story.fulfilment("1"), at=DAY_MS)
    for day in range(2, 40):
        story.tick(day * DAY_MS)
    story.place("1", _line(2), at=40 * DAY_MS, placed_at=DAY_MS)
    story.release("1")
    story.place("1", _line(3), at=41 * DAY_MS, placed_at=DAY_MS)

    report = Logs(story).check()

    assert report.violations == ()
    assert (report.orders_decided, report.fulfilments) == (1, 3)


def test_goods_that_come_back_and_are_inspected_are_no_violation() -> None:
    story = one_shop({"hamburg": {"ASSAM": 5}})
    story.place("1", _line(5))
    story.ship(story.fulfilment("1"))
    story.take_back("1", ("1", "ASSAM", 2), node="hamburg")
    story.take_back("1", ("1", "ASSAM", 3), node="hamburg")
    story.move("hamburg", "quality", "on_hand", ASSAM=4)
    story.place("2", _line(4))

    assert Logs(story).check().violations == ()


# ---------------------------------------------------------------------------------------------- how bad
def test_lost_counts_each_record_once(day: Story) -> None:
    logs = Logs(day)
    del logs.decisions[20:23]

    report = logs.check()

    assert report.lost == 3
    assert "one decision (3x)" in report.invariants


def test_oversold_is_the_deepest_that_each_cell_went(day: Story) -> None:
    """One unit is reserved that is not there: it lacks on the shelf and in the segment, until it comes back."""
    story = one_shop({"hamburg": {"ASSAM": 2}})
    story.place("1", _line(2))
    story.cancel("1")
    logs = Logs(story)
    logs.rewrite(logs.find(e.OrderPlaced), lambda events: [_more(event) for event in events])

    report = logs.check()

    assert report.oversold == 2
    assert {"below zero", "reserved lines"} <= broken(report)


def _line(units: int) -> e.OrderLine:
    return e.OrderLine("1", "ASSAM", units, 100, (("ASSAM", 1),))


def _more(event: e.AnyEvent) -> e.AnyEvent:
    if not isinstance(event, e.Reserved):
        return event
    return replace(event, rows=tuple(replace(row, quantity=row.quantity + 1) for row in event.rows))


def test_the_first_place_of_a_violation_is_told(day: Story) -> None:
    logs = Logs(day)
    at = logs.find(e.StockMoved)
    logs.rewrite(at, lambda events: [replace(event, grants=()) for event in events])

    [violation] = [found for found in logs.check().violations if found.invariant == "conservation"]

    assert violation.first.startswith(f"decisions[0]@{at}: ")


@pytest.mark.parametrize("refused", [True, False])
def test_a_record_that_is_no_command_is_to_be_refused(refused: bool, day: Story) -> None:
    logs = Logs(day)
    logs.change(-1, cause=("", 0, 0, 0))
    if refused:
        logs.rewrite(-1, lambda events: [e.Refused(code="undecodable", sentence="It is not a command.")])
    topics = logs.topics()
    topics["commands"][0][-1] = replace(topics["commands"][0][-1], value=b"gibberish")
    topics["raw"][0].pop()

    assert broken(check(MemoryLog(topics))) == (set() if refused else {"cause"})


def test_what_was_refused_is_named_the_latest_first() -> None:
    story = one_shop({"hamburg": {"ASSAM": 5}})
    for name in ("F1", "F2"):
        story.refuse(name)

    logs = Logs(story)

    report = logs.check()

    assert report.refused == 2
    assert [refusal.code for refusal in report.refusals] == ["not_open", "not_open"]
    assert "'F2'" in report.refusals[0].sentence
    assert report.refusals[0].place == f"decisions[0]@{len(logs.decisions) - 1}"


@pytest.mark.parametrize(("counted", "median", "worst"), [({}, None, None), ({7: 1}, 7, 7), ({1: 98, 5: 1, 900: 1}, 1, 5)])
def test_quantiles_of_counted_values(counted: dict[int, int], median: int | None, worst: int | None) -> None:
    assert (quantile(counted, 50), quantile(counted, 99)) == (median, worst)


# ---------------------------------------------------------------------------------------------- any damage
@settings(max_examples=60, deadline=None, derandomize=True, database=None)
@given(data=st.data())
def test_no_decision_can_be_dropped_doubled_or_moved_unseen(data: st.DataObject) -> None:
    logs = Logs(busy_day(20))
    at = data.draw(st.integers(0, len(logs.decisions) - 2))
    match data.draw(st.sampled_from(("drop", "double", "move"))):
        case "drop":
            del logs.decisions[at]
        case "double":
            logs.decisions.insert(at, logs.decisions[at])
        case _:
            logs.decisions.insert(at, logs.decisions.pop(at + 1))

    assert "one decision" in broken(logs.check())


def test_the_checker_knows_nothing_of_the_rules() -> None:
    """What it finds sound would be worth nothing if the same code had decided it."""
    records = ("streams.topics", "streams.commands", "streams.decisions", "streams.deadletter", "tables.events", "connectors.contract")
    allowed = ("streams.check", "streams.checks", "streams.read", *records)
    checker = [module for module in modules() if within(module.name, ("streams.check", "streams.checks"))]

    ours = {name for module in checker for name, _ in module.imports() if within(name, PACKAGES)}

    assert {name for name in ours if not within(name, allowed)} == set()


def test_the_report_is_json(day: Story) -> None:
    assert msgspec.json.decode(msgspec.json.encode(Logs(day).check()))["invariants"] == "ok"
    assert encode_command(Logs(day).commands[0]).startswith(b'{"type":"SetSegment"')
