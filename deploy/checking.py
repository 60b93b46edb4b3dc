"""`yipan check` on a broker: what the stages have committed, waiting for them, and progress."""

import time

import msgspec
from confluent_kafka import ConsumerGroupTopicPartitions
from confluent_kafka.admin import AdminClient

from deploy import clients
from deploy.lookup import asking
from deploy.settings import Settings
from streams.check import Again, Commits, Progress, check
from streams.checks.report import Report, verdict
from streams.replay import replay
from streams.topics import COMMANDS, DECISIONS, RAW

# Which consumer group reads each topic (see streams.worker: its name begins every group).
GROUPS = {RAW.name: "yipan-stages", COMMANDS.name: "yipan-allocate", DECISIONS.name: "yipan-stages"}
ANSWER_S = 15.0
LOOK_AGAIN_S = 0.5


def run_check(settings: Settings, wait_s: float | None, progress: Progress) -> Report:
    """Check the broker's topics. `wait_s`: let the stages come through for so long; what is left then counts as lost. Raises Fault
    when the broker does not answer."""
    with asking(settings) as log:
        committed = commits(clients.admin(settings))
        return check(log, committed=committed, again=None if wait_s is None else patience(wait_s), progress=progress)


def run_replay(settings: Settings, report: Report, progress: Progress) -> Report:
    """The report, with what deciding all commands again has shown."""
    with asking(settings) as log:
        again = replay(log, progress=progress)
    violations = (*report.violations, *again.violations)
    return msgspec.structs.replace(report, replayed=again.decisions, violations=violations, invariants=verdict(violations))


def patience(seconds: float) -> Again:
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
