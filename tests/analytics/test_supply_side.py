"""What suppliers ship and bill, what nodes find and lose, and which promised dates were kept: ClickHouse says what the log says."""

import random
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from analytics.cuts import Limits
from analytics.sink import Sink
from analytics.store import Store
from streams.decisions import decode_decision
from streams.purchases import bills, purchases_of
from streams.read import MemoryLog, Record
from tables import events as e
from tables.calendar import Waves
from tables.flow import Flow
from tables.policy import DAY_MS, Policy, Rule
from tests.analytics.broker import Broker, FakeConsumer
from tests.analytics.teahouse import LogRecord
from tests.story import Story, line
from tests.streams.drop_shipping import bill, settle_bill, with_supplier

BEGIN = 1_767_225_600_000  # 2026-01-01
SECOND = 1_000
WARES = ("CUP", "POT", "KETTLE")


def taken_over(client: Any, story: Story, times: list[int]) -> Callable[[str], list[dict[str, Any]]]:
    """Asks ClickHouse, which has the story's log."""
    log = [LogRecord(offset, times[offset], record) for offset, record in enumerate(story.records)]
    sink = Sink(FakeConsumer(Broker({("decisions", 0): log})), Store(client, threading.Event()), Limits(records=5_000, seconds=0.0))  # type: ignore[arg-type]
    sink.start()
    while sink.step(0):
        pass
    return lambda sql: list(client.query(sql).named_results())


def seconds(story: Story) -> list[int]:
    return [BEGIN + SECOND * offset for offset in range(len(story.records))]


# ---------------------------------------------------------------------------------------------- purchases and bills
def bought(seed: int) -> Story:
    """Twenty orders at a supplier that sometimes ships a part, refuses, loses, is told with a wave, and bills whatever it likes."""
    chance = random.Random(seed)
    story = with_supplier()
    flow = Flow(waves={"kiln": Waves((0, 1), "UTC")}, clocks={"UTC": ((0, 0),)})
    for number in range(1, 21):
        if number == 11:
            story.policy(Policy(flow=flow))
        wares = [line(ware, chance.randint(1, 4)) for ware in chance.sample(WARES, chance.randint(1, 3))]
        story.place(str(number), *wares, at=number)
    for step in range(160):
        act(story, chance, step)
    return story


def act(story: Story, chance: random.Random, step: int) -> None:
    number = str(chance.randint(1, 20))
    order = story.order(number)
    opened = sorted(order.open_fulfilments)
    owed = sorted(story.pool.purchases)
    match chance.randrange(9):
        case 0 | 1 if opened:
            row = chance.choice(order.open_fulfilments[opened[0]].rows)
            story.ship(opened[0], (row.sku, chance.randint(1, row.quantity)), at=step)
        case 2 if opened:
            story.refuse(opened[0], chance.choice(("short", "no_capacity")))
        case 3 | 4 if owed:
            purchase = chance.choice(owed)
            lines = [
                (ware, chance.randint(1, 3), chance.choice((700, 1_900, 2_500))) for ware in chance.sample(WARES, chance.randint(1, 2))
            ]
            bill(story, f"INV-{step}", purchase, *lines, freight=chance.choice((0, 490)), currency=chance.choice(("EUR", "EUR", "USD")))
        case 5:
            for found in bills(logged(story)):
                if found.verdict == "disputed" and chance.random() < 0.3:
                    settle_bill(story, found.document, found.fulfilment, chance.choice(("approved", "rejected")))
        case 6 if order.shipped:
            row = chance.choice(order.shipped)
            story.take_back(number, ("", row.sku, 1), node=chance.choice(("kiln", "attic")), at=step)
        case 7:
            story.count("kiln", at=chance.randrange(200), **{ware: chance.randint(0, 40) for ware in WARES})  # type: ignore[arg-type]
        case _:
            story.tick(step * 60_000)


def logged(story: Story) -> MemoryLog:
    return MemoryLog({"decisions": {0: [Record(0, offset, 0, b"north", (), record) for offset, record in enumerate(story.records)]}})


@pytest.mark.parametrize("seed", range(2))
def test_purchases_and_bills_stand_as_in_the_ledger(client: Any, seed: int) -> None:
    story = bought(seed)
    ask = taken_over(client, story, seconds(story))

    expected = {
        row.fulfilment: (row.node, row.currency, row.ordered, row.shipped, row.agreed, row.approved, row.credit, len(row.bills))
        for order in story.pool.orders.values()
        for row in purchases_of(order)
    }
    rows = ask("SELECT * EXCEPT (lines, since, left) FROM purchases")
    names = ("node", "currency", "ordered", "shipped", "agreed", "approved", "credit", "bills")
    assert {row["fulfilment"]: tuple(row[name] for name in names) for row in rows} == expected
    states = {name: purchase for order in story.pool.orders.values() for name, purchase in (order.purchases or {}).items()}
    assert {row["fulfilment"]: (row["off"], row["open"]) for row in rows} == {name: (at.off, at.open) for name, at in states.items()}

    told = bills(logged(story))
    assert {"approved", "disputed", "rejected"} == {one.verdict for one in told}
    said = ("fulfilment", "document", "total", "verdict", "payable")
    assert Counter(tuple(row[name] for name in said) for row in ask("SELECT * FROM bills")) == (
        Counter((one.fulfilment, one.document, one.total, one.verdict, one.payable) for one in told)
    )
    found = [(row["document"], row["reason"], row["sku"], row["expected"], row["found"]) for row in ask("SELECT * FROM bill_differences")]
    assert Counter(found) == Counter((one.document, of.reason, of.sku, of.expected, of.found) for one in told for of in one.differences)


# ---------------------------------------------------------------------------------------------- what was found and lost
def test_what_nodes_found_and_lost_is_counted_by_their_reasons(client: Any) -> None:
    story = with_supplier()
    story.receive("attic", CUP=50, POT=50)
    story.place("1", line("CUP", 60))
    story.count("attic", at=100, POT=40)
    story.change("attic", at=200, reason="water", CUP=-3, POT=-2)
    story.change("attic", at=50, reason="water", POT=-10)  # the count has seen them missing
    story.change("attic", at=210, reason="found", CUP=1)
    story.move("attic", "on_hand", "damaged", POT=4)
    story.change("attic", at=220, reason="thrown away", bucket="damaged", POT=-4)
    ask = taken_over(client, story, seconds(story))

    rows = ask("SELECT node, reason, bucket, sku, units, counted FROM stock_changes ORDER BY k_off, position")

    assert [tuple(row.values()) for row in rows] == [
        ("attic", "water", "on_hand", "CUP", -3, 0),
        ("attic", "water", "on_hand", "POT", -2, 0),
        ("attic", "water", "on_hand", "POT", -10, 1),
        ("attic", "found", "on_hand", "CUP", 1, 0),
        ("attic", "thrown away", "damaged", "POT", -4, 0),
    ]


# ---------------------------------------------------------------------------------------------- promised dates
def promised(seed: int) -> tuple[Story, list[int]]:
    """A month in which supplies are announced, dated anew, come early, late or never, and those who wait lose their patience."""
    chance = random.Random(seed)
    story = with_supplier()
    times: list[int] = []
    story.policy(Policy(rule=Rule(shortage="partial"), aging_hours=24))

    def at(now: int) -> None:
        times.extend([now] * (len(story.records) - len(times)))

    at(BEGIN)
    for day in range(40):
        now = BEGIN + day * DAY_MS + chance.randrange(DAY_MS // 2)
        for hour in range(3):
            story.tick(now + hour * 3_600_000)
            at(now + hour * 3_600_000)
            happen(story, chance, now + hour * 3_600_000, f"{day}-{hour}")
            at(now + hour * 3_600_000)
    return story, times


def happen(story: Story, chance: random.Random, now: int, name: str) -> None:
    supply, tea = f"PO-{chance.randrange(6)}", chance.choice(("MATCHA", "SENCHA"))
    match chance.randrange(6):
        case 0 | 1:
            story.place(name, line(tea, chance.randint(1, 3)), line("MATCHA", 1, "b"), at=now)
        case 2 | 3:
            expected = now + chance.randint(0, 9) * DAY_MS
            story.announce(supply, "attic", at=now, expected_at=expected, **{tea: chance.choice((0, 4, 9))})  # type: ignore[arg-type]
        case 4:
            story.arrives(supply, "attic", at=now, **{tea: chance.randint(1, 6)})  # type: ignore[arg-type]
        case _:
            waiting = [known for known, order in story.pool.orders.items() if order.waiting]
            if waiting:
                story.cancel(chance.choice(waiting).rpartition("/")[2], at=now)


def expected_promises(story: Story, times: list[int]) -> Iterator[tuple[Any, ...]]:
    """Order, SKU, first and last date, how many, when it ended (0: not), how."""
    open_: dict[tuple[str, str], list[int]] = {}
    for at, record in zip(times, story.records, strict=True):
        events = decode_decision(record).events
        for event in events:
            match event:
                case e.DatePromised(order=order, dates=dates):
                    for dated in dates:
                        if dated.quantity:
                            open_.setdefault((order, dated.sku), []).append(dated.at)
                case e.Backordered(order=order, rows=rows):
                    got = {row.sku for other in events if isinstance(other, e.Reserved) and other.order == order for row in other.rows}
                    for known, sku in [known for known in open_ if known[0] == order and known[1] not in {row.sku for row in rows}]:
                        promised_for = open_.pop((known, sku))
                        how = "off" if sku not in got else "late" if at // DAY_MS > promised_for[0] // DAY_MS else "kept"
                        yield known, sku, promised_for[0], promised_for[-1], len(promised_for), at, how
    for (order, sku), found in open_.items():
        yield order, sku, found[0], found[-1], len(found), 0, "open"


@pytest.mark.parametrize("seed", range(2))
def test_promised_dates_are_kept_or_missed_as_the_log_says(client: Any, seed: int) -> None:
    story, times = promised(seed)
    rows = taken_over(client, story, times)(
        "SELECT order_id, sku, toUnixTimestamp64Milli(first_date) AS a, toUnixTimestamp64Milli(last_date) AS b, dates, "
        "ifNull(toUnixTimestamp64Milli(ended_at), 0) AS c, outcome FROM promised_dates"
    )

    expected = Counter(expected_promises(story, times))
    assert {"kept", "late", "off"} <= {told[-1] for told in expected}
    assert Counter(tuple(row.values()) for row in rows) == expected
