"""`yipan stock`: what a warehouse says lies with it, beside the books."""

from typing import TYPE_CHECKING, Annotated

import typer

from deploy.commands.output import Json, console, say, to_json
from deploy.settings import load_settings

if TYPE_CHECKING:
    from connectors.contract import Millis
    from connectors.partner import Partner
    from deploy.stocktaking import Compared
    from streams.reference import PoolRecord, Reference

Node = Annotated[str, typer.Argument(help="A node whose partner speaks Qimen.")]


def stock(
    node: Node,
    count: Annotated[bool, typer.Option("--count", help="Take the answer as a count: the books follow it.")] = False,
    json: Json = False,
) -> None:
    """Ask a warehouse what lies with it (Qimen, stock.query), and show where the books say otherwise. Ends with 1 where they do."""
    import time

    from deploy import clients
    from deploy.lookup import read_reference
    from deploy.stocktaking import take

    settings = load_settings()
    reference = read_reference(settings)
    pool, partner = whose(node, reference)
    asked_at = _millis(time.time())
    found = compared(node, pool, partner)
    differ = [line for line in found if line.difference]
    if count and differ:
        take(pool, node, differ, clients.producer(settings), asked_at)
    if json:
        to_json(found)
    else:
        _show(node, found, differ, count)
    if differ and not count:
        raise typer.Exit(1)


def _millis(seconds: float) -> "Millis":
    from connectors.contract import Millis

    return Millis(int(seconds * 1_000))


def whose(node: str, reference: "Reference") -> "tuple[PoolRecord, Partner]":
    """Raises Fault for a node that is not known, or nobody's."""
    from connectors.routes import Routes
    from deploy.business.partners import read_partners
    from deploy.faults import Fault

    known = reference.nodes.get(node)
    if known is None:
        raise Fault(f"No node is called {node!r}: {', '.join(sorted(reference.nodes)) or 'import a business first'}.")
    settings = load_settings()
    partners = read_partners(settings.partners_file) if settings.partners_file.exists() else ()
    name = Routes(partners, {name: record.kind for name, record in reference.nodes.items()}).partner(node)
    found = next((partner for partner in partners if partner.name == name), None)
    if found is None:
        raise Fault(f"{node} is no partner's: name it in partners.yaml, and import that.")
    return reference.pools[known.pool], found


def compared(node: str, pool: "PoolRecord", partner: "Partner") -> "tuple[Compared, ...]":
    import asyncio
    import time

    import httpx

    from deploy.lookup import asking
    from deploy.post import Post
    from deploy.stocktaking import ask, books, compare

    say(f"Reading the decisions of pool {pool.pool} ...")
    with asking(load_settings()) as log:
        booked = books(log, pool, node)
    say(f"Asking {partner.name} for {len(booked)} SKUs ...")

    async def asked() -> dict[str, int]:
        post = Post(httpx.create_ssl_context())
        try:
            return await ask(partner, node, booked, post.send, lambda: _millis(time.time()))
        finally:
            await post.close()

    return compare(booked, asyncio.run(asked()))


def _show(node: str, found: "tuple[Compared, ...]", differ: "list[Compared]", count: bool) -> None:
    from rich.table import Table
    from rich.text import Text

    if not differ:
        console().print(f"{node} has what the books say, of {len(found)} SKUs.", markup=False)
        return
    table = Table("SKU", "books", "warehouse", "difference")
    for column in table.columns[1:]:
        column.justify = "right"
    for line in differ:
        table.add_row(Text(line.sku), str(line.books), str(line.warehouse), f"{line.difference:+}")
    console().print(table)
    after = "counted: the books follow the warehouse." if count else "`--count` lets the books follow the warehouse."
    console().print(f"{len(differ)} of {len(found)} SKUs differ; {after}", markup=False)
