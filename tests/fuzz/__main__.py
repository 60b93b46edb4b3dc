"""`make fuzz`: hostile input for every way in, guided by coverage and drawn by hypothesis, until the time or the inputs are used up.

The last line is JSON. The exit code is 1 when an input broke a promise; each such input is saved, with the command that runs it again.
"""

import argparse
import hashlib
import json
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from tests.fuzz.child import Budget, Told
from tests.fuzz.explore import Found
from tests.fuzz.guard import guarded
from tests.fuzz.run import run
from tests.fuzz.target import Violation
from tests.fuzz.targets import every_target

FOLDER = Path(".yipan/fuzz")
console = Console(stderr=True)


def main(arguments: Sequence[str] | None = None) -> int:
    asked = _parser().parse_args(arguments)
    if asked.again:
        return _again(asked.again)
    names = [name for name in every_target() if not asked.only or any(part in name for part in asked.only.split(","))]
    if not names:
        console.print(f"No target is called like {asked.only!r}. There are: {', '.join(every_target())}.", markup=False)
        return 2
    each = asked.seconds * asked.processes / len(names)
    budget = Budget(asked.seed, -(-asked.inputs // len(names))) if asked.inputs else Budget(asked.seed, seconds=each)
    return _search(names, budget, asked.processes)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="make fuzz ARGS=…", description=__doc__)
    parser.add_argument("--seconds", type=float, default=300.0, help="how long, over all targets (default 300)")
    parser.add_argument("--inputs", type=int, default=0, help="how many inputs instead; the same seed then runs the same inputs")
    parser.add_argument("--seed", type=int, default=1, help="what all choices follow from (default 1)")
    parser.add_argument("--only", default="", help="targets whose names have one of these, separated by commas, in them")
    parser.add_argument("--processes", type=int, default=2, help="processes that search (default 2)")
    parser.add_argument("--again", type=Path, help="run one saved input again")
    return parser


def _search(names: Sequence[str], budget: Budget, processes: int) -> int:
    FOLDER.mkdir(parents=True, exist_ok=True)
    inputs: dict[str, int] = dict.fromkeys(names, 0)
    violations: list[Found] = []
    started = time.monotonic()
    columns = (TextColumn("{task.description:>20}"), BarColumn(), TextColumn("{task.fields[inputs]:>9,} inputs"), TimeElapsedColumn())
    with Progress(*columns, console=console) as bars:
        over = bars.add_task("", total=len(names), inputs=0)

        def hear(said: Told | Found) -> None:
            if isinstance(said, Found):
                violations.append(said)
                bars.console.print(_report(said), markup=False, highlight=False, soft_wrap=True)
                return
            inputs[said.target] = max(said.inputs, inputs[said.target])
            bars.update(over, description=said.target, inputs=sum(inputs.values()))
            bars.advance(over, said.over)

        run(every_target, names, budget, processes, FOLDER, hear)
    summary = {"inputs": sum(inputs.values()), "violations": len(violations), "by_target": inputs}
    sys.stdout.write(json.dumps(summary | {"seed": budget.seed, "seconds": round(time.monotonic() - started, 1)}) + "\n")
    return 1 if violations else 0


def _report(found: Found) -> str:
    file = FOLDER / f"{found.target}.{hashlib.sha256(found.data).hexdigest()[:12]}"
    file.write_bytes(found.data)
    return f'{found.target}: {found.sentence}\n  again: make fuzz ARGS="--again {file}"'


def _again(file: Path) -> int:
    target = every_target()[file.name.partition(".")[0]]
    try:
        console.print(f"{target.name}: {guarded(target, file.read_bytes())}", markup=False)
    except Violation as broken:
        console.print_exception()
        console.print(f"{target.name}: {broken}", markup=False)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
