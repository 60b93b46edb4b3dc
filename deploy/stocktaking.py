"""A warehouse is asked what lies with it (Qimen, stock.query), and its answer laid beside the books; a person may take it as a count."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping

import msgspec
from confluent_kafka import Producer

from connectors.contract import Millis
from connectors.partner import Partner, Reply, Request, Undeliverable
from connectors.partner_qimen import account_of, posted
from connectors.payload import Unusable
from connectors.qimen import PAGE, stock_query
from connectors.qimen_answers import stock, total_lines
from deploy.business.publish import send
from deploy.faults import Fault
from streams.commands import CountStock, encode_command
from streams.ledger import Broken, Ledger
from streams.read import Log
from streams.reference import PoolRecord
from streams.topics import COMMANDS, DECISIONS
from tables.stock import NodeStock

Send = Callable[[Request, float], Awaitable[Reply]]
LINES = 500  # of one count: see design rule 6, no poison by size


class Compared(msgspec.Struct, frozen=True):
    """Good units of a SKU: free, promised and picked. `warehouse` - `books` is missing from the books, or too many in them."""

    sku: str
    books: int
    warehouse: int

    @property
    def difference(self) -> int:
        return self.warehouse - self.books


def books(log: Log, pool: PoolRecord, node: str) -> dict[str, int]:
    """Good units by SKU of all that the node ever had. Reads all decisions of its partition; raises Fault where they are damaged."""
    ledger = Ledger(pool.partition)
    low, end = log.low(DECISIONS.name).get(pool.partition, 0), log.ends(DECISIONS.name).get(pool.partition, 0)
    for batch in log.read(DECISIONS.name, {pool.partition: low}, {pool.partition: end}):
        for record in batch:
            try:
                ledger.follow(record.offset, record.value)
            except Broken as damage:
                raise Fault(f"The books cannot be read: {damage}. `yipan check` says more.") from None
    found = ledger.pools[pool.pool].stock.get(node, NodeStock()) if pool.pool in ledger.pools else NodeStock()
    skus = sorted({*found.on_hand, *found.reserved, *(sku for cells in found.other.values() for sku in cells)})
    return {sku: found.good(sku) for sku in skus}


def compare(booked: Mapping[str, int], told: Mapping[str, int]) -> tuple[Compared, ...]:
    return tuple(Compared(sku, booked.get(sku, 0), told.get(sku, 0)) for sku in sorted({*booked, *told}))


# ---------------------------------------------------------------------------------------------- asking
async def ask(partner: Partner, node: str, skus: Iterable[str], post: Send, now: Callable[[], Millis]) -> dict[str, int]:
    """Good units by SKU, as many questions at once as the partner takes. Raises Fault where it does not answer."""
    if partner.form != "qimen":
        raise Fault(f"{node} is told through {partner.form}, which has no question of stock: have {partner.name} send a count.")
    room = asyncio.Semaphore(partner.concurrency)

    async def one(sku: str) -> tuple[str, int]:
        async with room:
            return sku, await _units(partner, node, sku, post, now)

    return dict(await asyncio.gather(*map(one, skus)))


async def _units(partner: Partner, node: str, sku: str, post: Send, now: Callable[[], Millis]) -> int:
    units, page, pages = 0, 1, 1
    while page <= pages:
        try:
            call = stock_query(node, sku, account_of(partner.options), page)
            reply = await post(posted(call, partner, now()), partner.timeout_seconds)
            units += sum(line.quantity for line in stock(reply.body) if line.sku == sku)
            pages = -(-total_lines(reply.body) // PAGE)
        except Undeliverable as never:
            raise Fault(f"{partner.name} cannot be asked: {never.refused.sentence}") from None
        except (ConnectionError, ValueError, Unusable) as fault:
            raise Fault(
                f"{partner.name} does not say how much of {sku} lies at {node} ({type(fault).__name__}): try again later."
            ) from None
        page += 1
    return units


# ---------------------------------------------------------------------------------------------- as a count
def take(pool: PoolRecord, node: str, found: Iterable[Compared], producer: Producer, at: Millis) -> None:
    """The warehouse's word, as of when it was first asked, counts from here on. Raises Fault when the broker is away."""
    rows = tuple((line.sku, line.warehouse) for line in found)
    commands = [
        CountStock(
            pool=pool.pool,
            cause=("operator", pool.partition, at, number),
            document=f"stock.query/{node}/{at}/{number}",
            node=node,
            counted_at=at,
            lines=rows[start : start + LINES],
        )
        for number, start in enumerate(range(0, len(rows), LINES))
    ]
    send(producer, COMMANDS.name, [(pool.partition, pool.pool, encode_command(command)) for command in commands])
