"""`yipan check`: is every promise kept."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn
from rich.table import Table

from deploy.commands.output import Json, console, to_json
from deploy.settings import load_settings

if TYPE_CHECKING:
    from streams.checks.report import Report

Wait = Annotated[float | None, typer.Option(min=0, help="Let the stages come through for so many seconds; what is left then is lost.")]
Replay = Annotated[
    bool, typer.Option("--replay", help="Also decide all commands again: each decision must come out the same, to the byte.")
]
Snapshots = Annotated[bool, typer.Option("--from-snapshots", help="Like --replay, and decide again from each stored snapshot as well.")]
Clickhouse = Annotated[bool, typer.Option("--clickhouse", help="Also ask the analytics process whether ClickHouse holds exactly this log.")]


def check(
    wait: Wait = None, replay: Replay = False, from_snapshots: Snapshots = False, clickhouse: Clickhouse = False, json: Json = False
) -> None:
    """Prove from the topics alone that every order was decided once and no unit sold twice.

    Ends with code 1 when something is lost, oversold, or an invariant is broken.
    """
    from deploy.checking import run_check, run_replay

    settings = load_settings()
    with progress() as tell:
        report = run_check(settings, wait, tell)
        if replay or from_snapshots:
            report = run_replay(settings, report, tell, "snapshots" if from_snapshots else "start")
        if clickhouse:
            from deploy.comparing import run_comparison

            report = run_comparison(settings, report)
    if json:
        to_json(report)
    else:
        show(report)
    raise typer.Exit(int(bool(report.lost or report.oversold or report.invariants != "ok")))


@contextmanager
def progress() -> Iterator[Callable[[str, int, int], None]]:
    """A bar over everything that is read, and one over what is decided again; on standard error, gone in the end."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    bars = Progress(*columns, console=Console(stderr=True), transient=True)
    tasks: dict[str, TaskID] = {}

    def tell(what: str, done: int, total: int) -> None:
        if what not in tasks:
            tasks[what] = bars.add_task(what)
        bars.update(tasks[what], completed=done, total=total)

    with bars:
        yield tell


def show(report: "Report") -> None:
    table = Table("checked", "count", title="What the topics say", title_justify="left")
    table.columns[1].justify = "right"
    counts = {
        "raw records": report.raw_records,
        "decisions": report.decisions,
        "orders decided": report.orders_decided,
        "  allocated": report.allocated,
        "  backordered": report.backordered,
        "  cancelled": report.cancelled,
        "  held": report.held,
        "  rejected": report.rejected,
        "fulfilments": report.fulfilments,
        "repetitions dropped": report.duplicates,
        "older revisions dropped": report.stale,
        "commands refused": report.refused,
        "dead letters": sum(sum(codes.values()) for codes in report.dead_letters.values()),
    }
    for what, count in counts.items():
        table.add_row(what, f"{count:,}")
    if report.replayed is not None:
        table.add_row("decided again", f"{report.replayed:,}")
        table.add_row("  from so many beginnings", f"{report.replays:,}")
    for what, count in report.pending.items():
        table.add_row(f"{what} still to come", f"{count:,}")
    out = console()
    out.print(table)
    for refusal in report.refusals:
        out.print(f"refused at {refusal.place}, pool {refusal.pool} ({refusal.code}): {refusal.sentence}", style="yellow", markup=False)
    for violation in report.violations:
        out.print(f"{violation.invariant} ({violation.count}x): {violation.first}", style="red", markup=False)
    style = "bold green" if report.invariants == "ok" and not (report.lost or report.oversold) else "bold red"
    out.print(f"lost {report.lost} · oversold {report.oversold} · invariants {report.invariants}", style=style, markup=False)
