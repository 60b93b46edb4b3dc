"""A person lets a held order go on: ReleaseHold, sent to the partition of its pool."""

from confluent_kafka import Producer

from deploy.business.publish import send
from deploy.faults import Fault
from streams.commands import ReleaseHold, encode_command
from streams.explain import Story
from streams.rules.place import UNKNOWN_LISTING
from streams.topics import COMMANDS


def release(story: Story, reasons: tuple[str, ...], by: str, producer: Producer, now: int) -> tuple[str, ...]:
    """Send the release, and return the reasons it takes away. No `reasons`: all that a person may release. Raises Fault when there is
    nothing to release, or the broker is away."""
    held = story.status.holds if story.status else ()
    ours = tuple(reason for reason in held if reason != UNKNOWN_LISTING)
    if not held:
        raise Fault(f"{story.order} is not held.")
    if strangers := [reason for reason in reasons if reason not in held]:
        raise Fault(f"{story.order} is not held for {', '.join(strangers)}, but for {', '.join(held)}.")
    if UNKNOWN_LISTING in reasons or not ours:
        raise Fault(f"{story.order} waits for a code that nobody has listed: import it in listings.csv, and the order goes on by itself.")
    let_go = reasons or ours
    latest = story.chapters[-1]
    command = ReleaseHold(pool=latest.pool, cause=("operator", latest.partition, now, 0), order=story.order, reasons=let_go, by=by)
    send(producer, COMMANDS.name, [(latest.partition, latest.pool, encode_command(command))])
    return let_go
