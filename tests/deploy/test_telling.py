"""What `yipan explain` says, as a person reads it."""

from rich.console import Console

from deploy.telling import considered, event_line, order_lines
from streams.explain import Line
from tables.events import Candidate, Considered, Dated, DatePromised

NOON = 1_772_366_400_000


def test_stock_is_told_as_units_though_it_is_scored_downwards() -> None:
    event = Considered(order="1", criteria=("most_stock", "priority"), candidates=(Candidate("hall", 2, (-20, 9), "chosen"),))
    console = Console(width=100)

    with console.capture() as said:
        console.print(considered(event))

    row = next(line for line in said.get().splitlines() if "hall" in line)
    assert [cell.strip() for cell in row.strip("│ ").split("│")] == ["hall", "2", "20", "9", "chosen"]


def test_an_order_that_waits_says_until_when() -> None:
    waits = Line(line="1", listing="TEA", sku="TEA", ordered=2, reserved=0, backordered=2, shipped=0, returned=0, delivered=0)
    dated = Line(
        line="2", listing="CUP", sku="CUP", ordered=1, reserved=0, backordered=1, shipped=0, returned=0, delivered=0, expected_at=NOON
    )
    console = Console(width=140)

    with console.capture() as said:
        console.print(order_lines([waits, dated]))
    [cup] = [line for line in said.get().splitlines() if "CUP" in line]
    assert "2026-03-01 12:00:00" in cup

    with console.capture() as said:
        console.print(order_lines([waits]))
    assert "expected" not in said.get()


def test_a_date_is_told_with_what_it_rests_on_and_so_is_that_there_is_none_any_more() -> None:
    told = event_line(DatePromised(order="1", dates=(Dated("TEA", 2, "hall", "PO-1", NOON), Dated("CUP", 0))))

    assert "2 × TEA promised for 2026-03-01 12:00:00" in told.plain
    assert "PO-1" in told.plain
    assert "CUP: no date any more" in told.plain
