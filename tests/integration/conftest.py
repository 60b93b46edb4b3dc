"""One small demo, run once for all tests that look at what it leaves behind."""

import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import pytest

from deploy.settings import Settings, environment
from tests.conftest import free_port, make_settings
from tests.integration.prying import pry

ROOT = Path(__file__).parent.parent.parent
ORDERS = 200
PATIENCE_S = 600
LOOK_S = 1.0
ENOUGH = 40  # answers to look at
METRICS = 15  # more ports than it has processes


class Demo(NamedTuple):
    """`settings`: those of its home. `pages`: every page of metrics that it showed; `answers`: what the gateway said to requests
    that it did not take."""

    settings: Settings
    code: int
    said: str
    summary: dict[str, Any]
    pages: list[str]
    answers: list[str]


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Demo:
    place = tmp_path_factory.mktemp("demo")
    ports = {name: free_port() for name in ("kafka_port", "gateway_port", "pages_port", "metrics_port")}
    settings = make_settings(home=place / "home", **ports)
    command = [sys.executable, "-m", "deploy.cli", "demo", "--orders", str(ORDERS), "--exit", "--json", str(place / "out.json")]
    pages: list[str] = []
    answers: list[str] = []
    with (place / "said").open("wb") as said:
        running = subprocess.Popen(command, cwd=ROOT, env=environment(settings), stdout=said, stderr=subprocess.STDOUT)
        deadline = time.monotonic() + PATIENCE_S
        while running.poll() is None and time.monotonic() < deadline:
            pages += _pages(settings)
            answers += pry(settings.gateway_port) if len(answers) < ENOUGH else []
            time.sleep(LOOK_S)
    if running.poll() is None:
        running.terminate()
        running.wait(PATIENCE_S)
    summary = json.loads((place / "out.json").read_text()) if (place / "out.json").exists() else {}
    home = settings.model_copy(update={"home": settings.home / "demo"})
    return Demo(home, running.returncode, (place / "said").read_text(), summary, pages, answers)


def _pages(settings: Settings) -> list[str]:
    found = []
    for port in range(settings.metrics_port, settings.metrics_port + METRICS):
        try:
            found.append(httpx.get(f"http://127.0.0.1:{port}/metrics", timeout=2).text)
        except httpx.TransportError:
            continue
    return found
