"""What a demo comes to: what the checker found in the topics, beside what the retailer knows it sent."""

from collections.abc import Iterator

import msgspec
from rich.console import Console
from rich.table import Table

from deploy.demo.delivery import Delivered
from deploy.demo.standing import Standing
from deploy.retailer.history import Expected
from streams.checks.report import Report


class Summary(msgspec.Struct, frozen=True, kw_only=True):
    """`lost`, `oversold`, `invariants`, the times and all counts of the pipeline are the checker's. `surprises`: where they differ from
    what was sent. `states`: how many orders end where; `explained`: why there (`final`, or what they are held or wait for);
    `unexplained`: the others. `warehouses`: fulfilments (`job`) and cancels (`ask`) that they took, words that they `told`."""

    orders_sent: int
    raw_records: int
    duplicates: int
    stale: int
    orders_decided: int
    allocated: int
    backordered: int
    cancelled: int
    held: int
    fulfilments: int
    states: dict[str, int]
    explained: dict[str, int]
    unexplained: int
    warehouses: dict[str, int]
    dead_letters: int
    dead_letters_by_reason: dict[str, dict[str, int]]
    refused_at_the_gateway: dict[str, int]
    lost: int
    oversold: int
    invariants: str
    p50_ms: int | None
    p99_ms: int | None
    orders_per_s: int
    delivery_s: float
    total_s: float
    surprises: tuple[str, ...]

    @property
    def right(self) -> bool:
        return not (self.lost or self.oversold or self.surprises) and self.invariants == "ok"


def summarize(
    report: Report,
    expected: Expected,
    delivered: Delivered,
    ends: Standing,
    warehouses: dict[str, int],
    delivery_s: float,
    total_s: float,
) -> Summary:
    return Summary(
        orders_sent=len(expected.orders),
        raw_records=report.raw_records,
        duplicates=report.duplicates,
        stale=report.stale,
        orders_decided=report.orders_decided,
        allocated=report.allocated,
        backordered=report.backordered,
        cancelled=report.cancelled,
        held=report.held,
        fulfilments=report.fulfilments,
        states=ends.states,
        explained=ends.explained,
        unexplained=len(ends.unexplained),
        warehouses=warehouses,
        dead_letters=sum(sum(codes.values()) for codes in report.dead_letters.values()),
        dead_letters_by_reason=report.dead_letters,
        refused_at_the_gateway={str(status): count for status, count in sorted(delivered.answers.items()) if status != 200},
        lost=report.lost,
        oversold=report.oversold,
        invariants=report.invariants,
        p50_ms=report.p50_ms,
        p99_ms=report.p99_ms,
        orders_per_s=round(len(expected.orders) / delivery_s),
        delivery_s=round(delivery_s, 1),
        total_s=round(total_s, 1),
        surprises=tuple(surprises(report, expected, delivered, ends)),
    )


def surprises(report: Report, expected: Expected, delivered: Delivered, ends: Standing) -> Iterator[str]:
    """Where what came out is not what must come of what was sent."""
    if report.orders_decided != len(expected.orders):
        yield f"{len(expected.orders)} orders were sent, {report.orders_decided} decided"
    if report.cancelled != len(expected.cancelled):
        yield f"{len(expected.cancelled)} orders were cancelled by their buyers, {report.cancelled} are"
    letters = report.dead_letters.get("rejected", {})
    # what Qimen cannot say is for a person to tell: that a part of an order is not wanted any more
    rejected = sum(letters.values()) - letters.get("part_of_an_order", 0)
    if rejected != expected.damaged:
        yield f"{expected.damaged} damaged records were taken in, {rejected} are dead letters"
    if ends.unexplained:
        yield f"{len(ends.unexplained)} orders are left where nothing explains it, such as {ends.unexplained[0]}"
    for (due, got), count in sorted(delivered.surprises.items()):
        yield f"the gateway answered {got} where {due} was due, {count} times"


def show(summary: Summary, console: Console) -> None:
    table = Table("Demo", "count", title_justify="left")
    table.columns[1].justify = "right"
    for name in ("orders_sent", "raw_records", "duplicates", "stale", "orders_decided", "allocated", "backordered", "cancelled", "held"):
        table.add_row(name.replace("_", " "), f"{getattr(summary, name):,}")
    table.add_row("fulfilments", f"{summary.fulfilments:,}")
    table.add_row("dead letters", f"{summary.dead_letters:,}")
    table.add_row("refused at the gateway", f"{sum(summary.refused_at_the_gateway.values()):,}")
    table.add_row("orders per second", f"{summary.orders_per_s:,}")
    table.add_row("raw record to fulfilment, p50 / p99", f"{_ms(summary.p50_ms)} / {_ms(summary.p99_ms)}")
    for word, count in summary.states.items():
        table.add_row(f"in the end {word.replace('_', ' ')}", f"{count:,}")
    for why, count in summary.explained.items():
        if why != "final":
            table.add_row(f"  {why}", f"{count:,}")
    console.print(table)
    for surprise in summary.surprises:
        console.print(f"Not as it should be: {surprise}.", style="red", markup=False)
    style = "bold green" if summary.right else "bold red"
    console.print(f"lost {summary.lost} · oversold {summary.oversold} · invariants {summary.invariants}", style=style, markup=False)


def _ms(value: int | None) -> str:
    return "-" if value is None else f"{value:,} ms"
