"""Sends originals of dead letters in again."""

import asyncio
from collections.abc import Sequence

from connectors.publish import Publisher, Unavailable
from deploy import clients
from deploy.faults import Fault
from deploy.settings import Settings
from streams.letters import Entry
from streams.topics import RAW

AT_ONCE = 500
PATIENCE_S = 30.0


def send_again(settings: Settings, entries: Sequence[Entry]) -> None:
    """Returns once all are acknowledged. Raises Fault, saying how many were, when the broker does not take them."""
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
