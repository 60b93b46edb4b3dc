"""`yipan warehouse`: simulated warehouses for demo, tests and soak."""

import re
from pathlib import Path
from typing import Annotated

import typer

from deploy.commands.processes import begin

UNITS_MS = {"s": 1_000, "m": 60_000, "h": 3_600_000, "d": 86_400_000}


def duration(text: str) -> int:
    """`90s`, `15m`, `4h`, `2d` -> milliseconds."""
    if not re.fullmatch(r"[0-9]{1,6}(\.[0-9]{1,3})?[smhd]", text):
        raise typer.BadParameter(f"{text} is no duration such as 90s, 15m, 4h or 2d")
    return int(float(text[:-1]) * UNITS_MS[text[-1]])


def outage(text: str) -> tuple[float, float]:
    """`60:5` -> every 60 seconds for 5 seconds."""
    every, _, lasts = text.partition(":")
    if not re.fullmatch(r"[0-9]{1,6}(\.[0-9]+)?:[0-9]{1,6}(\.[0-9]+)?", text) or not 0 < float(lasts) < float(every):
        raise typer.BadParameter(f"{text} is not EVERY:FOR in seconds, such as 60:5")
    return float(every), float(lasts)


Partners = Annotated[list[str] | None, typer.Argument(help="Partners to play; without: all of partners.yaml that are at this machine.")]
File = Annotated[Path | None, typer.Option("--partners", dir_okay=False, help="Another file than the one imported last.")]
Gateway = Annotated[str, typer.Option(help="Where the gateway is; without: the local one.")]
Feed = Annotated[str, typer.Option(help="The feed (a shop of channel warehouse or qimen) that a partner answers through.")]
Parcels = Annotated[str, typer.Option(help="A feed of channel easypost that tells of parcels; without: the feed of the warehouse.")]
JournalFile = Annotated[
    Path | None, typer.Option("--journal", dir_okay=False, help="What is kept; without: warehouse.jsonl in the home folder.")
]
Latency = Annotated[str, typer.Option(help="From order to shipment, on average.")]
Spread = Annotated[str, typer.Option(help="… give or take so much.")]
Transit = Annotated[str, typer.Option(help="From shipment to the door, give or take half of it.")]
Speed = Annotated[float, typer.Option(min=0.001, help="How many seconds of work pass in one: 14400 makes a day of six seconds.")]
Seed = Annotated[int, typer.Option(help="Draws what happens to which fulfilment.")]


def warehouse(
    partner: Partners = None,
    partners: File = None,
    gateway: Gateway = "",
    feed: Feed = "{partner}",
    parcels: Parcels = "",
    journal: JournalFile = None,
    latency: Latency = "4h",
    spread: Spread = "2h",
    transit: Transit = "2d",
    speed: Speed = 1.0,
    refuse: Annotated[float, typer.Option(min=0, max=1, help="Share of fulfilments that are rejected.")] = 0.0,
    short: Annotated[float, typer.Option(min=0, max=1, help="Share of fulfilments of which a unit is not found.")] = 0.0,
    split: Annotated[float, typer.Option(min=0, max=1, help="Share of fulfilments that leave in two parcels.")] = 0.1,
    returns: Annotated[float, typer.Option(min=0, max=1, help="Share of delivered fulfilments that come back.")] = 0.06,
    duplicate: Annotated[float, typer.Option(min=0, max=1, help="Share of messages that are sent twice.")] = 0.0,
    late_cancel: Annotated[float, typer.Option(min=0, max=1, help="Share of cancels answered too late though there was time.")] = 0.0,
    tell: Annotated[float, typer.Option(min=0, max=1, help="Share of progress, and of scans before the delivery, that is told.")] = 1.0,
    outage_: Annotated[str, typer.Option("--outage", help="EVERY:FOR in seconds: 503 or a closed connection, in turn.")] = "",
    seed: Seed = 1,
) -> None:
    """Play the warehouses of partners.yaml, over real HTTP: docs/simulator.md.

    They take what `yipan deliver` sends in the form webhook or qimen, keep it before they answer, and tell the gateway what a real
    one would: accepted, picking, picked, packed, shipped, on its way, delivered, returned, inspected; cancelled or too late; rejected
    or short. The same seed draws the same fate for a fulfilment. A killed one goes on where its journal ends.
    """
    from deploy.warehouse.habits import Habits
    from deploy.warehouse.running import Asked, run_warehouse

    settings = begin()
    every, lasts = outage(outage_) if outage_ else (0.0, 0.0)
    transit_ms = duration(transit)
    habits = Habits(
        seed=seed,
        speed=speed,
        latency=duration(latency),
        spread=duration(spread),
        transit=transit_ms,
        transit_spread=transit_ms // 2,
        refuse=refuse,
        short=short,
        parcels=split,
        returns=returns,
        duplicate=duplicate,
        late_cancel=late_cancel,
        tell=tell,
        outage_every=every,
        outage_for=lasts,
    )
    asked = Asked(
        partners=partners or settings.partners_file,
        names=tuple(partner or ()),
        gateway=(gateway or f"http://127.0.0.1:{settings.gateway_port}").rstrip("/"),
        feed=feed,
        parcels=parcels,
        journal=journal or settings.home / "warehouse.jsonl",
    )
    run_warehouse(settings, asked, habits)
