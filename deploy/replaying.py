"""Sends originals of dead letters in again: raw records, and fulfilments that a partner did not take."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

from confluent_kafka import KafkaError, Message

from connectors.publish import Publisher, Unavailable
from deploy import clients
from deploy.faults import Fault
from deploy.settings import Settings
from streams.letters import Entry, Letter, replay
from streams.read import Log
from streams.redelivery import Outgoing, redeliver
from streams.topics import FULFILMENTS, RAW

AT_ONCE = 500
PATIENCE_S = 30.0


class Plan(NamedTuple):
    """What goes where once more. `kept_back`: letters that cannot, by reason."""

    raw: tuple[Entry, ...]
    fulfilments: tuple[Outgoing, ...]
    kept_back: dict[str, int]


def planned(log: Log, found: Sequence[Letter]) -> Plan:
    of_nodes = [one for one in found if one.letter.topic == FULFILMENTS.name]
    inwards = replay(one for one in found if one.letter.topic != FULFILMENTS.name)
    outwards = redeliver(log, of_nodes)
    return Plan(inwards.entries, outwards.records, dict(Counter(inwards.kept_back) + Counter(outwards.kept_back)))


def send_again(settings: Settings, plan: Plan) -> None:
    """Returns once all are acknowledged. Raises Fault, saying how many were, when the broker does not take them."""
    _publish(settings, plan.raw)
    _append(settings, plan.fulfilments)


def _publish(settings: Settings, entries: Sequence[Entry]) -> None:
    publisher = Publisher(clients.producer(settings), patience=PATIENCE_S)
    sent = 0
    try:
        for start in range(0, len(entries), AT_ONCE):
            asyncio.run(publisher.send(RAW.name, entries[start : start + AT_ONCE]))
            sent = min(len(entries), start + AT_ONCE)
    except Unavailable as away:
        raise Fault(f"{away} {sent} of {len(entries)} were sent; it does no harm to send them again.") from away
    finally:
        publisher.close()


def _append(settings: Settings, records: Sequence[Outgoing]) -> None:
    """Each to the partition that it was of: that of its pool, whatever its key."""
    producer = clients.producer(settings)
    errors: list[KafkaError] = []

    def delivered(error: KafkaError | None, _: Message) -> None:
        if error:
            errors.append(error)

    for partition, (key, value, headers) in records:
        producer.produce(FULFILMENTS.name, value, key, partition, headers=headers, on_delivery=delivered)
        producer.poll(0)
    if producer.flush(PATIENCE_S) or errors:
        reason = errors[0].str() if errors else "no answer in time"
        raise Fault(f"The broker did not take all of them ({reason}); it does no harm to send them again.")
