"""The processes of an installation, one command each: what `yipan up` starts, and what a cluster runs."""

from enum import StrEnum
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


def sink() -> None:
    """Run analytics: decisions into ClickHouse, demand forecasts, and the pages over them. One process an installation."""
    from deploy.analytics import run

    run(begin())


def begin() -> Settings:
    """Settings, and a log on standard error."""
    set_up_logging()
    return load_settings()
