"""The fixed job as Faust's own documentation would write it: an agent, two Tables, models.

`python faust_alloc.py BROKERS INPUT OUTPUT FOLDER`
"""

import sys

import faust
from faust.types import StreamT

STOCK = 1_000
BROKERS, INPUT, OUTPUT, FOLDER = sys.argv[1:]

app = faust.App(
    OUTPUT,
    broker=f"kafka://{BROKERS}",
    store="memory://",
    topic_partitions=4,
    topic_replication_factor=1,
    datadir=FOLDER,
    consumer_auto_offset_reset="earliest",
    producer_linger=0.01,
    producer_max_batch_size=256 << 10,
    web_enabled=False,
)


class Line(faust.Record):
    sku: str
    qty: int
    price: float


class Order(faust.Record):
    tenant: str
    channel: str
    order_id: str
    pool: str
    lines: list[Line]


class Decided(faust.Record):
    sku: str
    qty: int
    reserved: bool


class Decision(faust.Record):
    order_id: str
    pool: str
    status: str
    lines: list[Decided]


orders = app.topic(INPUT, key_type=str, value_type=Order, key_serializer="raw")
decisions = app.topic(OUTPUT, key_type=str, value_type=Decision, key_serializer="raw")
stock = app.Table("stock", default=lambda: STOCK, partitions=4)
seen = app.Table("seen", default=bool, partitions=4)


@app.agent(orders)
async def allocate(stream: StreamT[Order]) -> None:
    async for order in stream:
        key = f"{order.tenant}|{order.channel}|{order.order_id}"
        if key in seen or not order.lines or any(line.qty <= 0 for line in order.lines):
            continue
        seen[key] = True
        lines, status = [], "reserved"
        for line in order.lines:
            cell = f"{order.pool}|{line.sku}"
            left = stock[cell]
            reserved = left >= line.qty
            if reserved:
                stock[cell] = left - line.qty
            else:
                status = "backordered"
            lines.append(Decided(line.sku, line.qty, reserved))
        await decisions.send(key=order.pool, value=Decision(order.order_id, order.pool, status, lines))


if __name__ == "__main__":
    sys.argv = [sys.argv[0], "worker", "-l", "warn", "--without-web"]
    app.main()
