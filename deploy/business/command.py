"""`yipan import`: reads a folder, publishes the difference, and says what came of it as a table or as JSON."""

from collections.abc import Iterable
from pathlib import Path
from time import time_ns

import msgspec
from rich.console import Console
from rich.table import Table

from connectors.contract import Millis
from deploy import clients
from deploy.business.book import Business
from deploy.business.difference import KINDS
from deploy.business.load import load_business
from deploy.business.partners import keep_partners
from deploy.business.publish import Imported, publish_business
from deploy.business.sheets import Problem
from deploy.business.written_back import keep_told, told_shops
from deploy.lookup import read_reference
from deploy.provision import ensure_topics
from deploy.settings import Settings


def import_folder(folder: Path, settings: Settings) -> Imported | list[Problem]:
    """Check `folder` and publish what is new in it. Raises Fault when the broker is away or does not fit."""
    business = load_business(folder)
    if isinstance(business, list):
        return business
    ensure_topics(clients.admin(settings), settings)
    reference = read_reference(settings)
    now = Millis(time_ns() // 1_000_000)
    outcome = publish_business(
        business, reference, clients.producer(settings), partitions=settings.partitions, now=now, secrets_dir=settings.secrets_dir
    )
    return _kept(outcome, business, told_shops(business, reference), settings) if isinstance(outcome, Imported) else outcome


def _kept(imported: Imported, business: Business, told: tuple[str, ...], settings: Settings) -> Imported:
    """What the processes that tell partners and platforms find on this machine."""
    if business.partners:
        keep_partners(business.partners, settings.partners_file)
    keep_told(told, settings.told_file)
    return msgspec.structs.replace(imported, partners=len(business.partners), told_shops=len(told))


def show(outcome: Imported | list[Problem], console: Console) -> None:
    """For a person."""
    match outcome:
        case Imported():
            console.print(_imported(outcome))
            if outcome.partners:
                console.print(f"Fulfilments are delivered to {outcome.partners} partners, by `yipan up` or `yipan deliver`.")
            if outcome.told_shops:
                console.print(f"The platforms of {outcome.told_shops} shops are told, by `yipan up` or `yipan writeback`.")
            for note in outcome.notes:
                console.print(f"Note: {note}", style="yellow", markup=False)
        case problems:
            console.print(_problems(problems))
            console.print(f"Nothing was published: {len(problems)} to put right.", style="bold red")


def as_json(outcome: Imported | list[Problem]) -> bytes:
    """For a program: what was imported, or `{"problems": […]}`."""
    return msgspec.json.encode(outcome if isinstance(outcome, Imported) else {"problems": outcome})


def _imported(outcome: Imported) -> Table:
    title = f"Imported as version {outcome.version}" if outcome.published else "Nothing new: all of it was imported before"
    table = Table("what", "published", "unchanged", title=title, title_justify="left")
    for column in table.columns[1:]:
        column.justify = "right"
    for kind in KINDS:
        table.add_row(kind, f"{outcome.published.get(kind, 0):,}", f"{outcome.unchanged.get(kind, 0):,}")
    return table


def _problems(problems: Iterable[Problem]) -> Table:
    table = Table("file", "line", "what to put right", title_justify="left")
    for problem in problems:
        table.add_row(problem.file, str(problem.line or ""), problem.sentence.replace("[", "\\["))
    return table
