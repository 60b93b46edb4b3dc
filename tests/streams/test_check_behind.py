"""What has no result yet is pending; what was passed over, or never comes, is lost."""

import pytest
from msgspec.structs import replace

from streams.check import Commits, check
from streams.read import MemoryLog, Positions
from tests.story import Story
from tests.streams.logs import Logs, broken
from tests.streams.shopping import busy_day


@pytest.fixture(scope="module")
def day() -> Story:
    return busy_day()


def behind(day: Story) -> MemoryLog:
    """Five raw records are not normalized, four commands not decided, and the fulfilments of two decisions not sent."""
    logs = Logs(day)
    for _ in range(4):
        del logs.decisions[-1]
    logs.told = [told for told in logs.told if told.src_offset < len(logs.decisions) - 20]
    logs.raw += 5
    return MemoryLog(logs.topics())


def test_a_stage_that_runs_behind_is_pending(day: Story) -> None:
    report = check(behind(day))

    assert report.invariants == "ok"
    assert report.lost == 0
    assert report.pending["raw"] == 5
    assert report.pending["commands"] == 4
    assert report.pending["fulfilments"] > 0


def test_what_never_comes_through_is_lost_in_the_end(day: Story) -> None:
    looks = iter((True, True, False))
    pending = sum(check(behind(day)).pending.values())

    report = check(behind(day), again=lambda: next(looks))

    assert report.lost == pending
    assert report.pending == {}
    assert broken(report) == {"raw outcome", "one decision", "fulfilments"}


def test_what_comes_through_while_waiting_is_not_lost(day: Story) -> None:
    """The rest comes between two looks, and more orders with it."""
    now = Logs(day)
    later = now.topics()
    for _ in range(4):
        del now.decisions[-1]
    topics = now.topics()
    topics["fulfilments"][0] = topics["fulfilments"][0][:-30]
    topics["commands"][0] = topics["commands"][0][:-2]

    def again() -> bool:
        topics.update(later)
        return True

    report = check(MemoryLog(topics), again=again)

    assert report.invariants == "ok"
    assert report.lost == 0
    assert report.decisions == len(later["decisions"][0])


def test_what_a_commit_passes_over_is_lost_at_once(day: Story) -> None:
    committed: Commits = {"raw": {0: len(day.commands) + 5}, "decisions": {0: len(day.commands)}}

    report = check(behind(day), committed=committed)

    assert report.lost == 5 + check(behind(day)).pending["fulfilments"]
    assert {"raw outcome", "fulfilments", "commits"} <= broken(report)


def test_a_stage_commits_no_further_than_its_results_are_there(day: Story) -> None:
    assert broken(check(behind(day), committed={"commands": {0: len(day.commands) - 4}})) == set()
    assert broken(check(behind(day), committed={"commands": {0: len(day.commands) - 3}})) == {"commits"}


class AtWork(MemoryLog):
    """A pipeline at work: what follows from a decision is there before the check has taken the next end."""

    def ends(self, topic: str) -> Positions:
        found = super().ends(topic)
        if topic == "decisions" and not self.asked:
            self.asked = True
            return {partition: end - 30 for partition, end in found.items()}
        return found

    asked = False


def test_what_is_told_of_decisions_made_during_the_check_is_no_violation(day: Story) -> None:
    logs = Logs(day)
    logs.statuses = [logs.status("1", len(logs.decisions) - 1)]
    topics = logs.topics()
    topics["commands"][0][-1] = replace(topics["commands"][0][-1], value=b"gibberish, which has been refused by now")

    report = check(AtWork(topics))

    assert report.violations == ()
    assert report.decisions == len(logs.decisions) - 30
    assert report.pending["commands"] == 30
