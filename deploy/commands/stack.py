"""`yipan up`: the local stack until Ctrl-C."""

import signal
import threading
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from deploy.commands.output import Json, console, say, to_json
from deploy.settings import load_settings

if TYPE_CHECKING:
    from deploy.local import Addresses


def up(
    workers: Annotated[int, typer.Option(min=1, max=64, help="How many worker processes share the partitions.")] = 1,
    json: Json = False,
) -> None:
    """Start Kafka, workers, gateway, poller and analytics here, deliveries and write-back once a business says whom they shall tell, and
    keep them running until Ctrl-C.

    With YIPAN_KAFKA set, your broker is used and none is started. Data, keys and logs are under .yipan/ (YIPAN_HOME).
    """
    from deploy.local import Stack

    ending = threading.Event()
    for sign in (signal.SIGINT, signal.SIGTERM):
        signal.signal(sign, lambda *_: ending.set())
    stack = Stack(load_settings(), workers, say)
    try:
        with console().status("Starting the stack (the first time Kafka is fetched, about 40 MB) ..."):
            addresses = stack.start(ending)
        if json:
            to_json(addresses._asdict())
        elif not ending.is_set():
            show(addresses)
        stack.watch(ending)
        say("Stopping ...")
    finally:
        stack.stop()


def show(addresses: "Addresses") -> None:
    table = Table("what", "where", title="Yipan is up. Ctrl-C stops it.", title_justify="left")
    table.add_row("pages", addresses.pages)
    table.add_row("webhooks", f"{addresses.gateway}/hooks/{{channel}}/{{shop}}")
    table.add_row("order files", f"{addresses.gateway}/files/{{shop}}")
    table.add_row("Kafka", addresses.kafka)
    for process, page in addresses.metrics.items():
        table.add_row(f"metrics of {process}", page)
    table.add_row("logs", addresses.logs)
    console().print(table)
    console().print("Next, in another terminal: .venv/bin/yipan import examples/halyard-tea", markup=False)
