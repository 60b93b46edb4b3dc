"""`yipan labels`: which carrier takes each parcel."""

from pathlib import Path
from typing import Annotated

import typer

from deploy.commands.output import Json, say, to_json

Table = Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="The table of services, zones and prices: carriers.yaml.")]
Parcels = Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="parcels.csv: reference,from,to,grams and more.")]


def labels(table: Table, parcels: Parcels, json: Json = False) -> None:
    """Choose the cheapest service that keeps each parcel's promise, and print the labels to buy as CSV.

    Parcels that no service takes are named on standard error, with the reasons. With --json: every choice with all its candidates.
    """
    from connectors.labels import labels_file
    from deploy.business.sheets import Problem
    from deploy.labelling import choose_labels

    outcome = choose_labels(table, parcels)
    problems = [one for one in outcome if isinstance(one, Problem)]
    chosen = [one for one in outcome if not isinstance(one, Problem)]
    if json:
        to_json({"problems": problems, "choices": [{"reference": one.reference, "choice": one.choice} for one in chosen]})
    elif not problems:
        typer.echo(labels_file([one.label for one in chosen if one.label]), nl=False)
    for problem in problems:
        say(f"{problem.file}:{problem.line}: {problem.sentence}")
    for one in chosen:
        if one.label is None:
            reasons = ", ".join(f"{candidate.service} {candidate.excluded}" for candidate in one.choice.candidates)
            say(f"{one.reference} is taken by no service: {reasons}")
    raise typer.Exit(int(bool(problems) or any(one.label is None for one in chosen)))
