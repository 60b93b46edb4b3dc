"""A log of decisions in words, for whoever reads the story of a broken promise."""

from collections.abc import Iterator

import msgspec

from streams.decisions import Decision, decode_decision
from streams.read import MemoryLog
from streams.topics import DECISIONS

NAMED = ("order", "node", "sku", "document", "of", "units", "quantity", "reason", "reasons")
MOST = 200


def decided(log: MemoryLog) -> list[str]:
    """A line for each decision that is about an order or a document."""
    return [line for partition in log.ends(DECISIONS.name) for line in _of(log, partition)][:MOST]


def _of(log: MemoryLog, partition: int) -> Iterator[str]:
    for batch in log.read(DECISIONS.name, {partition: 0}, {partition: log.ends(DECISIONS.name)[partition]}):
        for record in batch:
            try:
                decision = decode_decision(record.value)
            except msgspec.MsgspecError:
                yield f"decisions[{partition}]@{record.offset}: cannot be read"
                continue
            if decision.cause[0] != "import":
                yield f"decisions[{partition}]@{record.offset}: {_said(decision)}"


def _said(decision: Decision) -> str:
    source, partition, rising, _ = decision.cause
    events = ", ".join(_event(event) for event in decision.events)
    return f"command {decision.src_offset} of {decision.pool}, from {source}[{partition}]@{rising} → {events or 'nothing'}"


def _event(event: msgspec.Struct) -> str:
    about = [str(value) for name in NAMED if (value := getattr(event, name, ""))]
    return f"{type(event).__name__}({' '.join(about)})"
