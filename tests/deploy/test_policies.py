"""A policy is shown as it holds, and changed for one pool without an import."""

from typing import Any

import pytest

from deploy.business import Problem
from deploy.faults import Fault
from deploy.policies import change_policy, in_force
from streams.commands import SetPolicy
from tables.policy import Presale, decode_policy
from tests.deploy.halyard import Folder
from tests.deploy.importing import Broker, publish

SPLIT_NOTHING = """\
name: one parcel
filters: {nodes: [reno-dc, newark-dc]}
max_splits: 0
shortage: reject
distances:
  US-TX: {newark-dc: 2400}
"""


@pytest.fixture
def broker(folder: Folder) -> Broker:
    broker = Broker()
    publish(folder, broker, now=1_000)
    return broker


def change(broker: Broker, folder: Folder, text: str, pool: str = "us", now: int = 2_000) -> Any:
    file = folder.path.parent / "new.yaml"
    file.write_text(text)
    return change_policy(file, pool, broker.reference, broker, now)  # type: ignore[arg-type]


def test_what_an_import_said_is_in_force(broker: Broker) -> None:
    [found] = in_force(broker.reference)

    assert (found.pool, found.version, found.policy.name) == ("us", 1_000, "nearest first")


def test_a_new_policy_reaches_the_pool_and_is_remembered(broker: Broker, folder: Folder) -> None:
    changed = change(broker, folder, SPLIT_NOTHING)

    told = broker.heard()[-1]
    assert isinstance(told, SetPolicy)
    assert (told.pool, told.version) == ("us", 2_000)
    assert decode_policy(told.policy).rule.shortage == "reject"
    assert in_force(broker.reference) == (changed,)


def test_for_how_long_priority_may_make_anybody_wait_is_the_policys_to_say(broker: Broker, folder: Folder) -> None:
    assert change(broker, folder, "aging_hours: 48").policy.aging_hours == 48


def test_what_is_sold_before_it_comes_is_the_policys_to_say_for_all_and_for_a_segment(broker: Broker, folder: Folder) -> None:
    told = change(broker, folder, "presale: {days: 30, percent: 80}\nsegments: {b2b: {presale: {days: 0}}}\n").policy

    assert told.for_segment("b2c").presale == Presale(days=30, percent=80)
    assert told.for_segment("b2b").presale == Presale(days=0, percent=100)


def test_its_version_rises_even_when_the_clock_does_not(broker: Broker, folder: Folder) -> None:
    changed = change(broker, folder, SPLIT_NOTHING, now=500)

    assert changed.version == 1_001


def test_distances_that_the_file_does_not_say_stay(broker: Broker, folder: Folder) -> None:
    before = in_force(broker.reference)[0].policy.distances

    changed = change(broker, folder, SPLIT_NOTHING)

    assert changed.policy.distances["US-CA"] == before["US-CA"]
    assert changed.policy.distances["US-TX"] == before["US-TX"] | {"newark-dc": 2_400}


def test_the_next_import_puts_its_own_policy_back(broker: Broker, folder: Folder) -> None:
    change(broker, folder, SPLIT_NOTHING)

    publish(folder, broker, now=3_000)

    [found] = in_force(broker.reference)
    assert (found.version, found.policy.name) == (3_000, "nearest first")


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("shortage: shrug", "give backorder, partial or reject"),
        ("aging_hours: -1", "give 0 to 87600"),
        ("presale: {percent: 80}", "presale.days is missing; give 0 to 3650: of what is expected within so many days"),
        ("segments: {b2b: {presale: {days: 9, percent: 120}}}", "segments.b2b.presale.percent is '120'; give a whole number, 0 to 100"),
        ("filters: {nodes: [atlantis-dc]}", "no node 'atlantis-dc'; it has austin-shop, chicago-dealer, newark-dc, reno-dc"),
        ("segments: {b2b: {filters: {exclude: [atlantis-dc]}}}", "no node 'atlantis-dc'"),
    ],
)
def test_a_wrong_policy_is_refused_with_what_to_do(broker: Broker, folder: Folder, text: str, sentence: str) -> None:
    said = len(broker.commands)

    problems = change(broker, folder, text)

    assert isinstance(problems[0], Problem)
    assert sentence in problems[0].sentence
    assert len(broker.commands) == said


def test_a_pool_that_is_not_there_is_a_sentence(broker: Broker, folder: Folder) -> None:
    with pytest.raises(Fault, match="no pool 'moon'; there are: us"):
        change(broker, folder, SPLIT_NOTHING, pool="moon")


def test_a_cut_off_import_has_to_be_ended_first(folder: Folder) -> None:
    broker = Broker()
    publish(folder, broker)
    folder.spoil("policy.yaml", "nearest first", "cheapest first")
    broker.restart(dies_after=1)
    with pytest.raises(Exception, match="dead"):
        publish(folder, broker, now=1_500)
    broker.restart()

    with pytest.raises(Fault, match="import its folder again"):
        change(broker, folder, SPLIT_NOTHING)
