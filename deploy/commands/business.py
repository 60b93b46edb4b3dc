"""`yipan import`: a business of your own."""

from pathlib import Path
from typing import Annotated

import typer

from deploy.commands.output import Json, console
from deploy.settings import load_settings

Folder = Annotated[
    Path,
    typer.Argument(
        exists=True,
        file_okay=False,
        help="nodes.csv, shops.yaml, segments.yaml, listings.csv, stock.csv, policy.yaml; perhaps partners.yaml, carriers.yaml, items.csv, "
        "prices.csv, incoming.csv",
    ),
]


def import_(folder: Folder, json: Json = False) -> None:
    """Check a folder that describes a business, and publish what is new in it.

    Every wrong row is reported with its file, its line and what to do; then nothing is published. `examples/halyard-tea` is one to copy.
    """
    from deploy.business.command import as_json, import_folder, show

    outcome = import_folder(folder, load_settings())
    if json:
        typer.echo(as_json(outcome))
    else:
        show(outcome, console())
    raise typer.Exit(int(isinstance(outcome, list)))
