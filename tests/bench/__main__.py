"""`make bench`: how fast this machine is, every stage alone and the whole chain, its broker included. Prints JSON and writes
`docs/benchmarks.md`; everything that the chain made is checked, and a violation is the exit code 1.

A full run takes about a quarter of an hour of a machine that does nothing else.
"""

import json
import shlex
import sys
import time
import traceback
from pathlib import Path
from typing import Any

from tests.bench import bench_chain, bench_growth, bench_latency, bench_replay, bench_skew, bench_stages
from tests.bench.goals import judge
from tests.bench.machine import machine, quiet_logs
from tests.bench.report import render
from tests.bench.section import Checks, Section, Size, arguments, progress, size, sound
from tests.chain import ROOT

SECTIONS: dict[str, Section] = {
    "stages": bench_stages.run,
    "replay": bench_replay.run,
    "skew": bench_skew.run,
    "chain": bench_chain.run,
    "latency": bench_latency.run,
    "growth": bench_growth.run,
}
REPORT = ROOT / "docs" / "benchmarks.md"


def main() -> int:
    parser = arguments(__doc__, "make bench ARGS=…")
    parser.add_argument("--only", type=sections, default=[*SECTIONS], help=f"some of {', '.join(SECTIONS)}, with commas between them")
    parser.add_argument("--report", type=Path, default=REPORT, help="where the page is written; with --only, nowhere unless it is given")
    asked = parser.parse_args()
    quiet_logs()
    chosen, checks, began = asked.only, Checks(), time.monotonic()
    found: dict[str, Any] = {"command": command(sys.argv[1:]), "machine": machine()}
    failed = [name for name in chosen if not measured(name, size(asked), checks, found)]
    found |= {"checks": checks, "failed": failed, "seconds": round(time.monotonic() - began)}
    found["goals"] = [goal._asdict() for goal in judge(found)]
    if len(chosen) == len(SECTIONS) or asked.report != REPORT:
        asked.report.write_text(render(found))
    sys.stdout.write(json.dumps(found, indent=2, ensure_ascii=False) + "\n")
    return 0 if sound(checks) and not failed else 1


def measured(name: str, much: Size, checks: Checks, found: dict[str, Any]) -> bool:
    """Whether the section came to its end; what it found is put into `found`. The others are worth their time all the same."""
    progress(f"== {name}")
    try:
        found[name] = SECTIONS[name](much, checks)
    except Exception:
        traceback.print_exc()
        return False
    return True


def command(words: list[str]) -> str:
    return f'make bench ARGS="{shlex.join(words)}"' if words else "make bench"


def sections(names: str) -> list[str]:
    """Raises ValueError for one that there is not."""
    if strangers := set(names.split(",")) - SECTIONS.keys():
        raise ValueError(strangers)
    return names.split(",")


if __name__ == "__main__":
    sys.exit(main())
