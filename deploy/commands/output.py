"""How commands talk: tables for people, JSON for programs, one sentence on standard error for what went wrong."""

import sys
from typing import Annotated, Any

import msgspec
import typer
from rich.console import Console

WIDTH = 160
Json = Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")]


def to_json(answer: Any) -> None:
    sys.stdout.write(msgspec.json.encode(answer).decode() + "\n")
    sys.stdout.flush()


def console() -> Console:
    """Standard output; wide enough for our tables where it is no terminal that says its width."""
    found = Console()
    return found if found.is_terminal else Console(width=WIDTH)


def say(sentence: str) -> None:
    """On standard error, so that what a program reads on standard output stays clean."""
    typer.echo(sentence, err=True)
