"""A person gives money of an order back: RefundOrder, sent to the partition of its pool."""

from decimal import Decimal

from confluent_kafka import Producer

from connectors.money import minor_units
from deploy.business.publish import send
from deploy.faults import Fault
from streams.commands import RefundOrder, encode_command
from streams.explain import Story
from streams.topics import COMMANDS
from tables.events import OrderPlaced


def refund(story: Story, amount: str, reason: str, by: str, producer: Producer, now: int) -> tuple[int, str]:
    """Send the refund; the minor units and their currency. Raises Fault when that is no amount, or the broker is away. Whether so much is
    left is the decision's to say."""
    currency = currency_of(story)
    try:
        units = minor_units(Decimal(amount), currency)
    except (ArithmeticError, ValueError, KeyError):
        raise Fault(f"{amount!r} is no amount of {currency}: write it like 12.50.") from None
    if units <= 0:
        raise Fault("The amount must be more than nothing.")
    latest = story.chapters[-1]
    cause = ("operator", latest.partition, now, 0)
    command = RefundOrder(pool=latest.pool, cause=cause, order=story.order, amount=units, reason=reason, by=by)
    send(producer, COMMANDS.name, [(latest.partition, latest.pool, encode_command(command))])
    return units, currency


def currency_of(story: Story) -> str:
    placed = [event for chapter in story.chapters for event in chapter.events if isinstance(event, OrderPlaced)]
    if not placed:
        raise Fault(f"{story.order} was never placed: nothing was paid for it.")
    return placed[-1].currency
