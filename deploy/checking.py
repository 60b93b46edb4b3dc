"""`yipan check` on a broker: what the stages have committed, waiting for them, and progress."""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Literal, Protocol, TypeVar

import msgspec
from confluent_kafka import ConsumerGroupTopicPartitions, TopicCollection
from confluent_kafka.admin import AdminClient

from deploy import clients
from deploy.faults import Fault
from deploy.lookup import asking, topic_log
from deploy.settings import Settings
from streams.check import Again as LookAgain
from streams.check import Commits, check_with
from streams.checks.crew import Alone, Crew, Failed, Several, Told
from streams.checks.meter import Meter, Progress
from streams.checks.part import Part
from streams.checks.report import Report, verdict
from streams.read import Log
from streams.replay import Again, from_every_snapshot, from_the_start, replay_with
from streams.snapshots import Origin, Snapshots
from streams.topics import COMMANDS, DECISIONS, RAW

# Which consumer group reads each topic (see streams.worker: its name begins every group).
GROUPS = {RAW.name: "yipan-stages", COMMANDS.name: "yipan-allocate", DECISIONS.name: "yipan-stages"}
ANSWER_S = 15.0
LOOK_AGAIN_S = 0.5
MANY = 100_000  # decisions: from here on other processes are worth their start

T = TypeVar("T", covariant=True)
Beginning = Literal["start", "snapshots"]


class Share(Protocol[T]):
    """Makes the object of process `number` out of `of`, which tells how many records it has read."""

    def __call__(self, of: int, number: int, told: Told) -> T: ...


def run_check(settings: Settings, wait_s: float | None, progress: Progress) -> Report:
    """Check the broker's topics. `wait_s`: let the stages come through for so long; what is left then counts as lost. Raises Fault
    when the broker does not answer."""
    with asking(settings) as log:
        committed = commits(clients.admin(settings))
        meter, again = Meter("check", progress), None if wait_s is None else patience(wait_s)
        with crew(log, partial(_part, settings), meter) as parts:
            return check_with(parts, meter, log, committed=committed, again=again)


def run_replay(settings: Settings, report: Report, progress: Progress, beginning: Beginning) -> Report:
    """The report, with what deciding all commands again has shown: from the start of each partition, and where it says so from each
    snapshot as well. Raises Fault."""
    with asking(settings) as log:
        meter = Meter("decide again", progress)
        make = partial(_again, settings, log_of(clients.admin(settings)) if beginning == "snapshots" else None)
        with crew(log, make, meter) as several:
            again = replay_with(several, meter, log)
    violations = (*report.violations, *again.violations)
    digests = {str(partition): digest for partition, digest in again.digests.items()}
    return msgspec.structs.replace(
        report,
        replayed=again.decisions,
        replays=again.beginnings,
        digests=digests,
        violations=violations,
        invariants=verdict(violations),
    )


# ---------------------------------------------------------------------------------------------- processes
@contextmanager
def crew(log: Log, make: "Share[T]", meter: Meter) -> Iterator[Crew[T]]:
    """One process a core for a long log; a short one is read before they had started."""
    ends = log.ends(DECISIONS.name)
    count = min(os.cpu_count() or 1, len(ends)) if sum(ends.values()) >= MANY else 1
    if count > 1:
        try:
            with Several(partial(make, count), meter, count) as several:
                yield several
        except Failed as failure:
            raise Fault(f"The check did not come to its end: {failure}") from failure
    else:
        yield Alone(partial(make, 1), meter)


def _part(settings: Settings, of: int, number: int, told: Told) -> Part:
    return Part(topic_log(settings), told, number, of)


def _again(settings: Settings, origin: Origin | None, of: int, number: int, told: Told) -> Again:
    if origin is None:
        return Again(topic_log(settings), told, from_the_start, number, of)
    snapshots = Snapshots(clients.snapshot_files(settings), origin)
    return Again(topic_log(settings), told, partial(from_every_snapshot, snapshots), number, of)


def log_of(admin: AdminClient) -> Origin:
    """Which log `decisions` is. Raises KafkaException."""
    described = admin.describe_topics(TopicCollection([DECISIONS.name]))[DECISIONS.name].result(ANSWER_S)
    return Origin(admin.list_topics(timeout=ANSWER_S).cluster_id or "", str(described.topic_id))


def patience(seconds: float) -> LookAgain:
    """Waits a little, until the time is up."""
    end = time.monotonic() + seconds

    def again() -> bool:
        if time.monotonic() > end:
            return False
        time.sleep(LOOK_AGAIN_S)
        return True

    return again


def commits(admin: AdminClient) -> Commits:
    """What each stage has committed of the topic it reads; partitions it never committed are left out."""
    committed: dict[str, dict[int, int]] = {topic: {} for topic in GROUPS}
    # asked for a group that does not exist, a broker that never had one answers only after it has made a topic for groups
    there = {group.group_id for group in admin.list_consumer_groups(request_timeout=ANSWER_S).result(2 * ANSWER_S).valid}
    for group in dict.fromkeys(GROUPS.values()):
        if group in there:
            [future] = admin.list_consumer_group_offsets([ConsumerGroupTopicPartitions(group)], request_timeout=ANSWER_S).values()
            for place in future.result(2 * ANSWER_S).topic_partitions or ():
                if GROUPS.get(place.topic) == group and place.offset >= 0:
                    committed[place.topic][place.partition] = place.offset
    return committed
