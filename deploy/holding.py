"""A person keeps an order back: HoldOrder, sent to the partition of its pool."""

from confluent_kafka import Producer

from deploy.business.publish import send
from deploy.faults import Fault
from streams.commands import HoldOrder, encode_command
from streams.explain import Story
from streams.topics import COMMANDS
from tables.flow import MANUAL

LONGEST = 500


def hold(story: Story, why: str, by: str, producer: Producer, now: int) -> None:
    """Send the hold. Raises Fault when a person holds it already, nothing is left to hold, or the broker is away."""
    status = story.status
    if status is None or status.status in ("cancelled", "cancel_requested", "rejected", "shipped", "delivered", "returned"):
        raise Fault(f"Nothing is left to keep back of {story.order}: it is {status.status if status else 'refused'}.")
    if MANUAL in status.holds:
        raise Fault(f"{story.order} is kept back already.")
    if not 0 < len(why.strip()) <= LONGEST:
        raise Fault(f"Say why in 1 to {LONGEST} characters.")
    latest = story.chapters[-1]
    command = HoldOrder(pool=latest.pool, cause=("operator", latest.partition, now, 0), order=story.order, by=by, why=why)
    send(producer, COMMANDS.name, [(latest.partition, latest.pool, encode_command(command))])
