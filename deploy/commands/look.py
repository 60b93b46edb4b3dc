"""`yipan topics` and `yipan settings`: what there is and what is set."""

from rich.table import Table

from deploy.commands.output import Json, console, to_json
from deploy.settings import load_settings, shown


def topics(json: Json = False) -> None:
    """List the topics: key, type, writer and retention, with partitions, records and bytes as the broker has them."""
    from deploy import clients
    from deploy.inventory import inventory

    settings = load_settings()
    found = inventory(clients.admin(settings), None if settings.kafka else settings.home / "kafka" / "data")
    if json:
        to_json(found)
        return
    table = Table(
        "topic", "key", "value", "written by", "kept", "partitions", "records", "MB", title=settings.bootstrap, title_justify="left"
    )
    for column in table.columns[5:]:
        column.justify = "right"
    for row in found:
        there = "absent" if row.partitions is None else str(row.partitions)
        size = "" if row.bytes is None else f"{row.bytes / 1e6:,.1f}"
        table.add_row(row.topic, row.key, row.value, row.owner, row.kept, there, f"{row.records:,}", size)
    console().print(table)
    console().print("Records are counted by positions: markers of transactions and what was compacted away are among them.", style="dim")


def settings(json: Json = False) -> None:
    """List all settings: the variable, its value here, and what it is for. Secrets are masked."""
    values = load_settings()
    if json:
        to_json([row._asdict() for row in shown(values)])
        return
    table = Table("variable", "value", "for")
    for row in shown(values):
        table.add_row(row.variable, row.value, row.purpose, style=None if row.default else "bold")
    console().print(table)
    console().print("Set them in the environment or in a file .env here. Bold: not the default.", style="dim")
