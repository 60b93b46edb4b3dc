"""A few faults on a real broker with real processes, and what a run of many is made of."""

import json
import subprocess
import sys
from pathlib import Path
from typing import get_args

import pytest

from deploy.settings import environment
from streams.ledger import Ledger
from streams.read import MemoryLog
from streams.replay import replay
from streams.rules.decide import DECIDER
from tables.events import Reserved
from tests.chain import ROOT
from tests.conftest import free_port, make_settings
from tests.crash.faults import NEEDED, SESSION_S, SHARES, Kind, draw
from tests.crash.proof import loops
from tests.crash.versions import OTHER, know_both
from tests.story import Story, line, of_type, one_shop
from tests.streams.logs import Logs

PATIENCE_S = 540


def test_what_is_killed_and_paused_loses_nothing_and_sells_nothing_twice(tmp_path: Path) -> None:
    ports = {name: free_port() for name in ("kafka_port", "gateway_port", "pages_port", "metrics_port")}
    ended = subprocess.run(
        [sys.executable, "-m", "tests.crash", "--kills", "7", "--orders", "300", "--workers", "2", "--seed", "158"],
        cwd=ROOT,
        env=environment(make_settings(home=tmp_path, **ports)),
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )

    assert ended.returncode == 0, ended.stdout + ended.stderr[-3_000:]
    found = json.loads(ended.stdout)
    assert (found["faults"], found["violations"], found["lost"], found["oversold"]) == (7, 0, 0, 0)
    assert (found["orders"], found["clickhouse"], found["replay"]) == (300, "equal", "identical")
    assert sum(found["states"].values()) == sum(found["explained"].values()) == 300
    assert found["answered"] > found["fulfilments"] > 300


@pytest.mark.parametrize("seed", range(3))
def test_a_hundred_faults_have_every_kind_among_them(seed: int) -> None:
    plan = draw(seed, 100)

    assert len(plan) == 100
    assert {fault.kind for fault in plan} == {*get_args(Kind)} == {*SHARES} == {*NEEDED}
    assert plan == draw(seed, 100) != draw(seed + 1, 100)
    assert all(fault.seconds > SESSION_S for fault in plan if fault.kind == "worker_paused")


def test_ending_again_and_again_without_a_broker_is_a_crash_loop() -> None:
    assert loops({"poll": 2, "worker-1": 3}, {"worker-1": 1}, broker_ends=1) == []
    assert loops({"poll": 3}, {}, broker_ends=1) == ["poll ended 3 times of its own, with 0 pauses and 1 times without a broker"]


def test_the_other_version_ships_the_same_order_from_another_node() -> None:
    """Otherwise a run of two versions would prove nothing."""
    know_both()
    shipped_from = {}
    for version in (DECIDER, OTHER):
        story = one_shop({"hamburg": {"ASSAM": 5}, "porto": {"ASSAM": 50}})
        story.ledger.decider = version
        decision = story.place("1001", line("ASSAM", 1))
        shipped_from[version] = [reserved.node for reserved in of_type(decision, Reserved)]

    assert shipped_from == {DECIDER: ["hamburg"], OTHER: ["porto"]}


def test_what_two_versions_decided_in_turn_is_decided_again_alike_in_one_process() -> None:
    """As in a rolling deploy each has folded the log anew; whoever replays it has both at once, and nothing may pass between them."""
    know_both()
    story = one_shop({"hamburg": {"ASSAM": 5}, "porto": {"ASSAM": 50}})
    for number in range(6):
        story.ledger = refolded(story)
        story.ledger.decider = DECIDER if number % 2 else OTHER
        story.place(str(number), line("ASSAM", 1))

    again = replay(MemoryLog(Logs(story).topics()), progress=lambda *_: None)

    assert again.violations == ()
    assert again.decisions == len(story.records)


def refolded(story: Story) -> Ledger:
    ledger = Ledger(0)
    for offset, record in enumerate(story.records):
        ledger.fold(offset, record)
    return ledger
