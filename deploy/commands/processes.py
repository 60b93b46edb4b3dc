"""The processes of an installation, one command each: what `yipan up` starts, and what a cluster runs."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from deploy.logs import set_up_logging
from deploy.settings import Settings, load_settings


class Stage(StrEnum):
    """As `streams.worker` names them; said again, so that `--help` need not import it."""

    normalize = "normalize"
    allocate = "allocate"
    fulfil = "fulfil"
    announce = "announce"


Stages = Annotated[list[Stage] | None, typer.Option("--stage", help="Run only this stage; may be given several times. Without: all.")]


def worker(stages: Stages = None) -> None:
    """Run the stages of the pipeline: normalize, allocate, fulfil and announce."""
    from deploy.worker import run

    settings = begin()
    if stages:
        run(settings, [stage.value for stage in stages])
    else:
        run(settings)


def gateway() -> None:
    """Take webhooks and order files over HTTP; each is answered once Kafka has acknowledged it."""
    from deploy.edge import run_gateway

    run_gateway(begin())


def poll() -> None:
    """Poll the shops whose platforms are asked for their orders, from where polling stands."""
    from deploy.edge import run_poll

    run_poll(begin())


def writeback() -> None:
    """Tell the shops' platforms of stock levels, shipments and cancels, as shops.yaml says (`tell`). One process an installation.

    Every shop has a lane of its own: one whose platform is down, or slow, delays no other. Metrics: yipan_writeback_….
    """
    from deploy.writeback import run

    run(begin())


PartnersFile = Annotated[Path | None, typer.Option("--partners", dir_okay=False, help="Another file than the one imported last.")]


def deliver(partners: PartnersFile = None) -> None:
    """Deliver every fulfilment to the system of its node, as partners.yaml says (docs/partners.md).

    Several processes share the partitions. A partner that is down holds up its own records only. What it finally refuses is a dead
    letter. Changes of the file take effect within a second. Metrics: yipan_deliveries, yipan_partner_down, yipan_partner_behind.
    """
    from deploy.delivering import run_deliver

    settings = begin()
    run_deliver(settings, partners or settings.partners_file)


def sink() -> None:
    """Run analytics: decisions into ClickHouse, demand forecasts, and the pages over them. One process an installation."""
    from deploy.analytics import run

    run(begin())


def begin() -> Settings:
    """Settings, and a log on standard error."""
    set_up_logging()
    return load_settings()
