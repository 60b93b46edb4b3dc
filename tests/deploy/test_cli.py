"""The command line helps with every command, speaks JSON to programs, and says expected faults in one sentence."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer.main
from typer.testing import CliRunner

from deploy import cli
from deploy.settings import Settings

ROOT = Path(__file__).parent.parent.parent


def paths(command: object, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """The path of a command and of all below it, e.g. ("policy", "set")."""
    yield path
    for name, below in getattr(command, "commands", {}).items():
        yield from paths(below, (*path, name))


COMMANDS = list(paths(typer.main.get_command(cli.app)))


@pytest.mark.parametrize("path", COMMANDS, ids=" ".join)
def test_every_command_helps(path: tuple[str, ...]) -> None:
    answer = CliRunner().invoke(cli.app, [*path, "--help"])

    assert answer.exit_code == 0
    assert "Usage" in answer.output


def test_all_the_commands_are_there() -> None:
    running, looking = {"up", "demo", "worker", "gateway", "poll", "sink"}, {"topics", "order", "explain", "check", "settings"}

    assert running | looking | {"import", "policy", "dead-letters"} <= {path[0] for path in COMMANDS if path}


def test_settings_as_json_name_each_variable() -> None:
    answer = CliRunner().invoke(cli.app, ["settings", "--json"])

    assert {row["variable"] for row in json.loads(answer.output)} >= {"YIPAN_HOME", "YIPAN_KAFKA", "YIPAN_CLICKHOUSE"}


def test_topics_as_json_are_the_catalogue_as_the_broker_has_it(kafka: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("YIPAN_KAFKA", kafka.kafka)

    answer = CliRunner().invoke(cli.app, ["topics", "--json"], catch_exceptions=False)

    rows = {row["topic"]: row for row in json.loads(answer.output)}
    assert rows["decisions"]["partitions"] == kafka.partitions
    assert rows["decisions"]["kept"] == "for ever"


def run(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "deploy.cli", *arguments]
    return subprocess.run(command, cwd=ROOT, env=os.environ | variables, capture_output=True, text=True, timeout=60, check=False)


def test_an_expected_fault_is_one_sentence_and_an_exit_code() -> None:
    done = run("topics", YIPAN_KAFKA="127.0.0.1:1")

    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr.count("\n") == 1
    assert "yipan up" in done.stderr


def test_help_needs_none_of_the_heavy_libraries() -> None:
    code = "import sys, deploy.cli; print([name for name in ('faust', 'confluent_kafka', 'chdb', 'pyarrow') if name in sys.modules])"

    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=60, check=True)

    assert done.stdout.strip() == "[]"
