"""A person wants what left in a parcel to go out once more: ReissueOrder, sent to the partition of its pool."""

from confluent_kafka import Producer

from deploy.business.publish import send
from deploy.faults import Fault
from streams.commands import ReissueOrder, encode_command
from streams.explain import Story
from streams.topics import COMMANDS
from tables.events import Shipped
from tables.evolve_parcels import number


def reissue(story: Story, tracking: str, by: str, producer: Producer, now: int) -> str:
    """Send what asks for it, and return the parcel's number; "" stands for the only one there is. Raises Fault when no such parcel has
    left, or the broker is away. What of it may go out again is the decision's to say."""
    parcels = list(parcels_of(story))
    if not parcels:
        raise Fault(f"Nothing of {story.order} has left in a parcel whose number is known: there is nothing to send again.")
    if not tracking and len(parcels) > 1:
        raise Fault(f"{story.order} left in several parcels; say with --tracking which: {', '.join(parcels)}")
    parcel = number(tracking) or parcels[0]
    if parcel not in parcels:
        raise Fault(f"{story.order} did not leave in parcel {tracking!r}, but in {', '.join(parcels)}.")
    latest = story.chapters[-1]
    command = ReissueOrder(
        pool=latest.pool, cause=("operator", latest.partition, now, 0), order=story.order, tracking=parcel, at=now, by=by
    )
    send(producer, COMMANDS.name, [(latest.partition, latest.pool, encode_command(command))])
    return parcel


def parcels_of(story: Story) -> dict[str, None]:
    """By their numbers, as they left."""
    shipped = (event for chapter in story.chapters for event in chapter.events if isinstance(event, Shipped))
    return {number(event.tracking): None for event in shipped if event.order == story.order and event.tracking}
