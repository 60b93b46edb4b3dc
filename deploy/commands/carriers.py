"""`yipan labels`: which carrier takes each parcel, and its label."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from deploy.commands.output import Json, say, to_json

if TYPE_CHECKING:
    from deploy.business.sheets import Problem
    from deploy.labelling import Chosen

Table = Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="The table of services, zones and prices: carriers.yaml.")]
Parcels = Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="parcels.csv: reference,from,to,grams and more.")]
Key = Annotated[Path | None, typer.Option(exists=True, dir_okay=False, help="Buy them of EasyPost, with the API key in this file.")]
Sender = Annotated[Path | None, typer.Option(exists=True, dir_okay=False, help="The sender's address (YAML), which EasyPost asks for.")]


def labels(table: Table, parcels: Parcels, easypost: Key = None, sender: Sender = None, json: Json = False) -> None:
    """Choose the cheapest service that keeps each parcel's promise, and print the labels to buy as CSV, or the labels bought.

    Parcels that no service takes are named on standard error, with the reasons. With --json: every choice with all its candidates.
    """
    from deploy.business.sheets import Problem
    from deploy.labelling import choose_labels

    if easypost and not sender:
        raise typer.BadParameter("a label needs a sender: name the file of its address", param_hint="--sender")
    outcome = choose_labels(table, parcels, sender)
    problems = [one for one in outcome if isinstance(one, Problem)]
    chosen = [one for one in outcome if not isinstance(one, Problem)]
    _complain(problems, chosen)
    if json:
        to_json({"problems": problems, "choices": [{"reference": one.reference, "choice": one.shown()} for one in chosen]})
    refused = False if problems or json else _print(chosen, easypost)
    raise typer.Exit(int(bool(problems) or refused or any(one.label is None for one in chosen)))


def _complain(problems: "Sequence[Problem]", chosen: "Sequence[Chosen]") -> None:
    for problem in problems:
        say(f"{problem.file}:{problem.line}: {problem.sentence}")
    for one in chosen:
        if one.label is None:
            reasons = ", ".join(f"{offer.service} {offer.excluded}" for offer in one.choice.offers)
            say(f"{one.reference} is taken by no service: {reasons}")


def _print(chosen: "Sequence[Chosen]", easypost: Path | None) -> bool:
    """Whether any was refused."""
    import httpx

    from connectors.labels import Label, bought_row, labels_file
    from deploy.buying import buy_labels

    requests = [one.label for one in chosen if one.label]
    if easypost is None:
        typer.echo(labels_file(requests), nl=False)
        return False
    refused = False
    with httpx.Client() as client:
        for answer in buy_labels(requests, client, easypost):
            if isinstance(answer, Label):
                typer.echo(bought_row(answer), nl=False)
            else:
                refused = True
                say(f"{answer.reference} got no label: {answer.code}{', ask again later' if answer.passing else ''}")
    return refused
