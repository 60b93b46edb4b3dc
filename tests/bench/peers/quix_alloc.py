"""The fixed job on Quix Streams, exactly-once: its state is one store a partition, by message key, with a changelog.

`python quix_alloc.py BROKERS INPUT OUTPUT FOLDER`
"""

import sys
from typing import Any

from quixstreams import Application, State  # type: ignore[import-not-found,unused-ignore]

STOCK = 1_000
# as our own clients have it
PRODUCER = {"linger.ms": 20, "batch.size": 1 << 20, "batch.num.messages": 20_000, "compression.type": "lz4"}
CONSUMER = {"fetch.queue.backoff.ms": 5, "queued.min.messages": 20_000}
Json = dict[str, Any]


def valid(order: Json) -> bool:
    lines = order.get("lines") or []
    quantities = [line["qty"] for line in lines]
    return isinstance(order.get("order_id"), str) and bool(lines) and all(isinstance(units, int) and units > 0 for units in quantities)


def allocate(order: Json, state: State) -> Json | None:
    seen = f"seen|{order['tenant']}|{order['channel']}|{order['order_id']}"
    if state.exists(seen):
        return None
    state.set(seen, 1)
    lines, status = [], "reserved"
    for line in order["lines"]:
        cell, wanted = f"stock|{line['sku']}", line["qty"]
        left = state.get(cell, STOCK)
        reserved = left >= wanted
        if reserved:
            state.set(cell, left - wanted)
        else:
            status = "backordered"
        lines.append({"sku": line["sku"], "qty": wanted, "reserved": reserved})
    return {"order_id": order["order_id"], "pool": order["pool"], "status": status, "lines": lines}


def main() -> None:
    brokers, topic, output, folder = sys.argv[1:]
    app = Application(
        broker_address=brokers,
        consumer_group=output,
        auto_offset_reset="earliest",
        processing_guarantee="exactly-once",
        state_dir=folder,
        producer_extra_config=PRODUCER,
        consumer_extra_config=CONSUMER,
    )
    orders = app.topic(topic, key_deserializer="str", value_deserializer="json")
    decisions = app.topic(output, key_serializer="str", value_serializer="json")
    stream = app.dataframe(orders).filter(valid).apply(allocate, stateful=True)
    stream.filter(lambda decision: decision is not None).to_topic(decisions)
    app.run()


if __name__ == "__main__":
    main()
