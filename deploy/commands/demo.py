"""`yipan demo`: a year of a real retailer's orders, and the proof that each was decided once."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from deploy.commands.output import console
from deploy.settings import Settings, load_settings

if TYPE_CHECKING:
    from deploy.local import Addresses

# the year's first basket is in every demo
FIRST_ORDER = "juniper/juniper-market/000-0003119-8570044"


def demo(
    orders: Annotated[int, typer.Option(min=1, help="How many of the year's 155,848 baskets, spread evenly over it.")] = 10_000,
    exit: Annotated[bool, typer.Option("--exit", help="Stop when the summary is printed; without it the pages stay up.")] = False,
    json: Annotated[Path | None, typer.Option("--json", dir_okay=False, help="Write the summary to this file.")] = None,
) -> None:
    """Send a real retailer's orders through the whole pipeline on this machine, and check every promise after.

    Webhooks and polled pages in the platforms' own forms, with re-deliveries, late and overtaking revisions, cancels and broken payloads.
    Ends with code 1 when something is lost, oversold, or not as it should be.
    """
    from deploy.demo.run import Interrupted, run_demo

    if json and not json.absolute().parent.is_dir():
        raise typer.BadParameter(f"there is no folder {json.absolute().parent}", param_hint="--json")
    try:
        summary = run_demo(load_settings(), orders, json, console(), None if exit else stay)
    except Interrupted:
        raise typer.Exit(130) from None
    raise typer.Exit(int(not summary.right))


def stay(addresses: "Addresses", settings: Settings) -> None:
    out = console()
    ask = f"YIPAN_HOME={settings.home} YIPAN_KAFKA_PORT={settings.kafka_port} yipan explain {FIRST_ORDER}"
    out.print(f"One order's story, from another terminal: {ask}", markup=False, highlight=False, soft_wrap=True)
    out.print(f"The pages are at {addresses.pages}. Ctrl-C stops all of it.", style="bold")
