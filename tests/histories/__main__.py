"""`make histories`: plays every recorded order that is there, to its end, and compares that with what its owner says.

Ends with one line of JSON for each data set, and with code 1 when an order ended otherwise or a promise is broken. The data lies in
`../shared/data`, or in the folder that is named; what is not there is passed over.
"""

import argparse
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec

from tests.histories import invented, marketplace, retail
from tests.histories.play import Market, play
from tests.histories.record import History

DATA = Path(__file__).parents[3] / "shared" / "data"
AT_ONCE = 5_000  # orders that are played side by side; each such group has a market of its own
YEARS = 1_500  # days, for credit notes that come years after


def main() -> int:
    parser = argparse.ArgumentParser(prog="make histories ARGS=…", description=__doc__)
    parser.add_argument("data", nargs="?", type=Path, default=DATA, help="the folder with the data sets")
    parser.add_argument("--invented", type=int, default=5_000, help="orders invented in the marketplace's form")
    parser.add_argument("--seed", type=int, default=1, help="invents them")
    asked = parser.parse_args()
    wrong = 0
    for name, found in sources(asked.data, asked.invented, asked.seed):
        wrong += tell(name, found)
    return int(wrong > 0)


def sources(data: Path, orders: int, seed: int) -> Iterator[tuple[str, Sequence[History]]]:
    yield "invented", marketplace.histories(*invented.marketplace(orders, seed))
    if (data / "olist" / marketplace.ORDERS).exists():
        yield "marketplace", marketplace.read(data / "olist")
    if (data / retail.FILE).exists():
        yield "retail", retail.read(data)


def tell(name: str, histories: Sequence[History]) -> int:
    """Plays them and says how they ended. Returns how much of it is wrong."""
    began, wrong, violations, messages = time.monotonic(), list[str](), 0, 0
    ordered = sorted(histories, key=lambda history: history.did[0].at)
    for group in (ordered[start : start + AT_ONCE] for start in range(0, len(ordered), AT_ONCE)):
        _, played = play(group, Market(remember_days=YEARS))
        wrong += played.wrong
        messages += played.messages
        violations += len(played.report.violations) + played.report.lost + played.report.oversold
    line = {"histories": name, "orders": len(histories), "messages": messages, "ended_otherwise": len(wrong), "violations": violations}
    sys.stdout.write(msgspec.json.encode({**line, "seconds": round(time.monotonic() - began), "first": wrong[:5]}).decode() + "\n")
    sys.stdout.flush()
    return len(wrong) + violations


if __name__ == "__main__":
    sys.exit(main())
