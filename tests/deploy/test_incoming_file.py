"""incoming.csv: what is on order is announced once, changed by its rows, and called off with them."""

from contextlib import suppress

import pytest
from confluent_kafka import KafkaException

from deploy.business import Imported
from streams.commands import AnnounceSupply, Command, ReceiveStock, decode_command, encode_command
from streams.rules.decide import decide
from tables.pool import Pool, evolve_all
from tests.deploy.halyard import Folder
from tests.deploy.importing import Broker, publish

FEBRUARY = 1_803_686_399_000  # 2027-02-26, its end in UTC
NINE_IN_NEWARK = 1_804_860_000_000
WHEN = "give a day such as 2027-03-31 (its end, UTC), or a time with its zone such as 2027-03-31T14:00+02:00"
HEAD = "node,reference,sku,units,expected\n"
POTS = "reno-dc,PO-2207,POT-CLAY,48,2027-02-26\n"
TEA = "reno-dc,PO-2207,SENCHA-100,240,2027-02-26\n"


FEED = ("raw", 0, 1, 0)
SHIPPED = AnnounceSupply(
    pool="us", cause=FEED, document="ASN-1", supply="PO-2207", node="reno-dc", at=1_500, expected_at=FEBRUARY, lines=(("POT-CLAY", 40),)
)


def announced(broker: Broker) -> list[AnnounceSupply]:
    return [command for command in broker.heard() if isinstance(command, AnnounceSupply)]


def still_to_come(broker: Broker, *elsewhere: Command) -> dict[tuple[str, str], int]:
    """Units by reference and SKU, once the pool has decided all that it heard; `elsewhere`: before what was heard last."""
    heard = broker.heard()
    pool = Pool("us")
    for offset, command in enumerate([*heard[:-1], *elsewhere, heard[-1]]):
        evolve_all(pool, decide(pool, decode_command(encode_command(command)), offset))
    lines = [(supply.reference, sku, line.open) for supply in pool.supplies.values() for sku, line in supply.lines.items()]
    return {(reference, sku): units for reference, sku, units in lines if units}


ALL = {("PO-2207", "POT-CLAY"): 48, ("PO-2207", "SENCHA-100"): 240, ("PO-2209", "CUP-CLAY"): 300}


def test_what_is_on_order_is_announced_by_node_reference_and_day(folder: Folder) -> None:
    broker = Broker()

    outcome = publish(folder, broker)

    pots, cups = announced(broker)
    assert (pots.node, pots.supply, pots.at, pots.expected_at) == ("reno-dc", "PO-2207", 1_000, FEBRUARY)
    assert pots.lines == (("POT-CLAY", 48), ("SENCHA-100", 240))
    assert (cups.supply, cups.lines, cups.expected_at) == ("PO-2209", (("CUP-CLAY", 300),), NINE_IN_NEWARK)
    assert still_to_come(broker) == ALL
    assert isinstance(outcome, Imported)
    assert outcome.published["incoming"] == 2


def test_imported_twice_it_changes_nothing(folder: Folder) -> None:
    broker = Broker()
    publish(folder, broker)
    broker.commands.clear()

    again = publish(folder, broker, now=2_000)

    assert isinstance(again, Imported)
    assert (broker.commands, again.published, again.unchanged["incoming"]) == ([], {}, 2)


def test_only_the_row_that_changed_is_announced_again(folder: Folder) -> None:
    broker = Broker()
    publish(folder, broker)
    broker.commands.clear()

    publish(folder.spoil("incoming.csv", "POT-CLAY,48", "POT-CLAY,36"), broker, now=2_000)

    [pots] = announced(broker)
    assert (pots.at, pots.lines) == (2_000, (("POT-CLAY", 36),))


def test_a_row_that_is_taken_out_is_called_off(folder: Folder) -> None:
    broker = Broker()
    publish(folder, broker)

    outcome = publish(folder.spoil("incoming.csv", POTS, ""), broker, now=2_000)
    assert still_to_come(broker) == {place: units for place, units in ALL.items() if place[1] != "POT-CLAY"}
    assert isinstance(outcome, Imported)
    assert outcome.published == {"incoming": 1}
    publish(folder.spoil("incoming.csv", TEA, ""), broker, now=3_000)
    assert still_to_come(broker) == {("PO-2209", "CUP-CLAY"): 300}
    publish(folder.write("incoming.csv", HEAD), broker, now=4_000)
    assert still_to_come(broker) == {}
    publish(folder.write("incoming.csv", HEAD + TEA), broker, now=5_000)
    assert still_to_come(broker) == {("PO-2207", "SENCHA-100"): 240}


def test_a_row_of_what_has_come_may_be_taken_out(folder: Folder) -> None:
    broker = Broker()
    publish(folder, broker)
    lines = (("POT-CLAY", 48), ("SENCHA-100", 40))
    came = ReceiveStock(pool="us", cause=FEED, document="GR-1", node="reno-dc", at=1_500, lines=lines, supply="PO-2207")

    publish(folder.spoil("incoming.csv", POTS, ""), broker, now=2_000)

    assert still_to_come(broker, came) == {("PO-2207", "SENCHA-100"): 200, ("PO-2209", "CUP-CLAY"): 300}


def test_what_a_feed_has_said_since_is_not_called_off_with_the_row(folder: Folder) -> None:
    """The buyer's list drops an order once the supplier has told of its shipping."""
    broker = Broker()
    publish(folder, broker)

    publish(folder.spoil("incoming.csv", POTS + TEA, ""), broker, now=2_000)

    assert still_to_come(broker, SHIPPED) == {("PO-2207", "POT-CLAY"): 40, ("PO-2209", "CUP-CLAY"): 300}


def test_no_units_overrule_what_a_feed_has_said(folder: Folder) -> None:
    broker = Broker()
    publish(folder, broker)

    publish(folder.spoil("incoming.csv", "POT-CLAY,48", "POT-CLAY,0"), broker, now=2_000)

    assert ("PO-2207", "POT-CLAY") not in still_to_come(broker, SHIPPED)


def test_a_folder_without_the_file_says_nothing_of_what_is_on_order(folder: Folder) -> None:
    broker = Broker()
    publish(folder, broker)
    broker.commands.clear()
    (folder.path / "incoming.csv").unlink()

    publish(folder, broker, now=2_000)

    assert broker.commands == []


def test_what_is_on_order_for_nodes_of_another_folder_stays(folder: Folder) -> None:
    broker = Broker()
    publish(folder, broker)
    broker.commands.clear()
    (folder.path / "stock.csv").write_text("node,sku,on_hand\nreno-dc,POT-CLAY,60\n")
    folder.spoil("nodes.csv", "newark-dc,us,warehouse,US-NJ,Newark,40.74,-74.17,0,immediate,,\n", "")

    publish(folder.write("incoming.csv", HEAD + POTS + TEA), broker, now=2_000)

    assert announced(broker) == []


@pytest.mark.parametrize("taken", range(3, 33, 3))
def test_a_cut_off_import_leaves_nothing_announced_that_the_next_folder_does_not_say(folder: Folder, taken: int) -> None:
    broker = Broker()
    publish(folder.write("incoming.csv", HEAD + TEA), broker)
    broker.restart(dies_after=taken)
    with suppress(KafkaException):
        publish(folder.write("incoming.csv", HEAD + POTS + TEA.replace("240", "24") + "reno-dc,PO/9,CUP,7,2027-02-26\n"), broker, now=2_000)
    broker.restart()

    publish(folder.write("incoming.csv", HEAD + TEA), broker, now=3_000)

    assert still_to_come(broker) == {("PO-2207", "SENCHA-100"): 240}
    broker.commands.clear()
    publish(folder, broker, now=4_000)
    assert broker.commands == []


@pytest.mark.parametrize(
    ("old", "new", "line", "sentence"),
    [
        ("reno-dc,PO-2207,POT", "reno-cd,PO-2207,POT", 3, "node 'reno-cd' is not in nodes.csv; did you mean 'reno-dc'?"),
        ("POT-CLAY,48", "POT-CLAY,-4", 3, "units is '-4'; give a whole number of units, 0 or more, without thousands separators"),
        ("SENCHA-100", "POT-CLAY", 4, "reno-dc / PO-2207 / POT-CLAY is on order twice; add the units up in one row (first in line 3)"),
        ("48,2027-02-26", "48,26.02.2027", 3, f"expected is '26.02.2027'; {WHEN}"),
        ("48,2027-02-26", "48,2027-02-26T09:00", 3, f"expected is '2027-02-26T09:00'; {WHEN}"),
        ("48,2027-02-26", "48,2027-02-30", 3, f"expected is '2027-02-30'; {WHEN}"),
        ("48,2027-02-26", "48,", 3, f"expected is missing; {WHEN}"),
        ("reno-dc,PO-2207,POT", "reno-dc,,POT", 3, "reference is missing; give 1 to 128 printable characters"),
    ],
)
def test_a_row_that_is_wrong_is_told_of_by_its_line(folder: Folder, old: str, new: str, line: int, sentence: str) -> None:
    problem = folder.spoil("incoming.csv", old, new).problem()

    assert (problem.file, problem.line, problem.sentence) == ("incoming.csv", line, sentence)
