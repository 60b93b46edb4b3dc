"""`yipan policy`: how pools choose, and a new way of choosing for one."""

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from deploy.commands.output import Json, console, to_json
from deploy.settings import load_settings

if TYPE_CHECKING:
    from deploy.policies import InForce
    from tables.policy import Rule

app = typer.Typer(help="Show the allocation policy of each pool, or set a new one.")


@app.callback(invoke_without_command=True)
def show(context: typer.Context, json: Json = False) -> None:
    """Show the allocation policy of each pool, or set a new one."""
    if context.invoked_subcommand:
        return
    from deploy.lookup import read_reference
    from deploy.policies import in_force

    found = in_force(read_reference(load_settings()))
    if json:
        to_json(found)
    elif found:
        console().print(table(found))
    else:
        console().print("No pool has a policy yet: import a business first (`yipan import DIR`).", markup=False)


@app.command("set")
def set_policy(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="A policy in YAML, as in an import folder.")],
    pool: Annotated[str, typer.Option(help="The pool that shall choose by it.")],
    json: Json = False,
) -> None:
    """Check a policy file and send it to a pool. It holds from its offset on: what was decided before stays."""
    from deploy import clients
    from deploy.business.command import as_json
    from deploy.business.command import show as show_problems
    from deploy.lookup import read_reference
    from deploy.policies import change_policy

    settings = load_settings()
    now = time.time_ns() // 1_000_000
    outcome = change_policy(file, pool, read_reference(settings), clients.producer(settings), now)
    if isinstance(outcome, list):
        typer.echo(as_json(outcome)) if json else show_problems(outcome, console())
        raise typer.Exit(1)
    if json:
        to_json(outcome)
    else:
        console().print(table((outcome,)))


def table(found: "tuple[InForce, ...]") -> Table:
    table = Table("pool", "for", "nodes", "criteria, first decides", "more fulfilments", "when short", "policy", "version")
    for at in found:
        rules = {"all": at.policy.rule} | {f"segment {name}": rule for name, rule in at.policy.segments.items()}
        for name, rule in rules.items():
            splits = f"at most {rule.max_splits}"
            table.add_row(at.pool, name, nodes(rule), " › ".join(rule.criteria), splits, rule.shortage, at.policy.name, str(at.version))
    return table


def nodes(rule: "Rule") -> str:
    said = [", ".join(rule.kinds), ", ".join(rule.nodes), "not " + ", ".join(rule.exclude) if rule.exclude else ""]
    return "; ".join(part for part in said if part) or "all"
