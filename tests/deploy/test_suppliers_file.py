"""Nodes that bill us, prices.csv and the tolerance of their bills: checked, and told to the pools as what changed."""

import pytest

from deploy.business import Imported
from streams.commands import SetNode, SetPolicy, SetPrices
from tables.policy import Tolerance, decode_policy
from tests.deploy.halyard import Folder
from tests.deploy.importing import Broker, publish

PRICES = "node,sku,price,currency\nkiln,POT-CLAY,1900,EUR\nkiln,CUP-CLAY,700,EUR\n"


@pytest.fixture
def bought(folder: Folder) -> Folder:
    """The kiln ships for the first pool of the example."""
    head, *rows = [line for line in (folder.path / "nodes.csv").read_text().splitlines() if not line.startswith("#")]
    names = head.split(",")
    pool = rows[0].split(",")[names.index("pool")]
    kiln = {"node": "kiln", "pool": pool, "kind": "supplier", "bills_in": "EUR", "freight": "490"}
    table = [head, *rows, ",".join(kiln.get(name, "") for name in names)]
    folder.write("nodes.csv", "\n".join(table) + "\n").write("prices.csv", PRICES)
    policy = (folder.path / "policy.yaml").read_text()
    return folder.write("policy.yaml", policy + "bill_tolerance: {ratio: 2%, minor_units: 20}\n")


def test_a_pool_hears_who_bills_it_what_is_agreed_and_what_may_pass(bought: Folder) -> None:
    broker = Broker()
    publish(bought, broker)

    [kiln] = [command.node for command in broker.heard() if isinstance(command, SetNode) and command.node.node == "kiln"]
    assert (kiln.bills_in, kiln.freight) == ("EUR", 490)
    prices = [pair for command in broker.heard() if isinstance(command, SetPrices) for pair in command.prices]
    assert sorted(prices) == [("CUP-CLAY", 700), ("POT-CLAY", 1_900)]
    tolerances = {decode_policy(command.policy).bill_tolerance for command in broker.heard() if isinstance(command, SetPolicy)}
    assert tolerances == {Tolerance(basis_points=200, minor_units=20)}


def test_a_folder_without_suppliers_says_nothing_of_prices(folder: Folder) -> None:
    broker = Broker()
    publish(folder, broker)

    assert not [command for command in broker.heard() if isinstance(command, SetPrices)]


def test_a_price_that_changed_is_told_again_and_nothing_else(bought: Folder) -> None:
    broker = Broker()
    publish(bought, broker)
    broker.commands.clear()
    again = publish(bought, broker, now=2_000)
    assert isinstance(again, Imported)
    assert (again.published, again.unchanged["prices"]) == ({}, 2)

    publish(bought.spoil("prices.csv", "700", "720"), broker, now=3_000)

    [prices] = broker.heard()
    assert isinstance(prices, SetPrices)
    assert (prices.version, prices.node, prices.prices) == (3_000, "kiln", (("CUP-CLAY", 720),))


def test_in_another_currency_all_prices_are_told_again(bought: Folder) -> None:
    broker = Broker()
    publish(bought, broker)
    broker.commands.clear()
    for _ in range(2):
        bought.spoil("prices.csv", "EUR", "USD")

    publish(bought.spoil("nodes.csv", "EUR", "USD"), broker, now=2_000)

    node, *prices = broker.heard()
    assert isinstance(node, SetNode)
    assert sorted(pair for command in prices if isinstance(command, SetPrices) for pair in command.prices) == [
        ("CUP-CLAY", 700),
        ("POT-CLAY", 1_900),
    ]


@pytest.mark.parametrize(
    ("old", "new", "line", "sentence"),
    [
        ("kiln,POT", "kilm,POT", 2, "node 'kilm' is not in nodes.csv; did you mean 'kiln'?"),
        ("1900,EUR", "1900,USD", 2, "node 'kiln' bills in EUR, and not in USD; agree on one of them"),
        ("1900,EUR", "19.00,EUR", 2, "price is '19.00'; give a whole number of minor units, such as cents"),
        ("700,EUR", "700,XXX", 3, "currency is 'XXX'; give an ISO 4217 code such as USD"),
        ("CUP-CLAY", "POT-CLAY", 3, "the price of kiln / POT-CLAY is said twice; leave one of the rows (first in line 2)"),
        (
            "kiln,POT",
            "reno-dc,POT",
            2,
            "node 'reno-dc' does not bill us; give its currency as bills_in in nodes.csv, or leave this row out",
        ),
    ],
)
def test_a_price_that_is_wrong_is_told_of_by_its_line(bought: Folder, old: str, new: str, line: int, sentence: str) -> None:
    problem = bought.spoil("prices.csv", old, new).problem()

    assert (problem.file, problem.line, problem.sentence) == ("prices.csv", line, sentence)


def test_freight_without_a_currency_is_told_of(bought: Folder) -> None:
    problems = bought.spoil("nodes.csv", "EUR,490", ",490").problems()

    assert [problem.sentence for problem in problems if problem.file == "nodes.csv"] == [
        "freight is agreed with a node that bills us: give its currency as bills_in too"
    ]


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("ratio: 2%", "ratio: lots", "bill_tolerance.ratio is 'lots'; give a part of what was agreed: 0.02, 2% or 2 all mean 2 %"),
        ("minor_units: 20", "cents: 20", "'cents' is not known here; known: minor_units, ratio"),
    ],
)
def test_a_tolerance_that_is_wrong_is_told_of(bought: Folder, old: str, new: str, sentence: str) -> None:
    problem = bought.spoil("policy.yaml", old, new).problem()

    assert (problem.file, problem.sentence) == ("policy.yaml", sentence)
