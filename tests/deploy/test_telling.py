"""What `yipan explain` says, as a person reads it."""

from rich.console import Console

from deploy.telling import considered
from tables.events import Candidate, Considered


def test_stock_is_told_as_units_though_it_is_scored_downwards() -> None:
    event = Considered(order="1", criteria=("most_stock", "priority"), candidates=(Candidate("hall", 2, (-20, 9), "chosen"),))
    console = Console(width=100)

    with console.capture() as said:
        console.print(considered(event))

    row = next(line for line in said.get().splitlines() if "hall" in line)
    assert [cell.strip() for cell in row.strip("│ ").split("│")] == ["hall", "2", "20", "9", "chosen"]
