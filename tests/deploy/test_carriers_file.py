"""carriers.yaml and items.csv beside the other files of a business: checked, and told to the pools as what changed."""

import pytest

from deploy.business import Imported
from streams.commands import SetCarriers, SetWeights
from tables.carriers import Band, decode_rates
from tests.deploy.halyard import Folder
from tests.deploy.importing import Broker, publish

TABLE = """\
version: 3
currency: USD
promise_days: 5
promises: {halyard-trade: 9}
timezone: America/Chicago
timezones: {reno-dc: America/Los_Angeles}
services:
  - name: gull-ground
    carrier: USPS
    cut_off: "15:00"
    methods: Standard
    zones:
      - {name: near, from: US-NV, to: [US-CA, US-NV], days: 2, bands: [{grams: 500, price: 420}, {grams: 2000, price: 690}]}
"""
ITEMS = "sku,grams\nPOT-CLAY,820\nCUP-CLAY,160\n"


@pytest.fixture
def carried(folder: Folder) -> Folder:
    return folder.write("carriers.yaml", TABLE).write("items.csv", ITEMS)


def test_a_pool_hears_of_the_table_and_of_what_its_goods_weigh(carried: Folder) -> None:
    broker = Broker()
    publish(carried, broker)

    [table] = [decode_rates(command.table) for command in broker.heard() if isinstance(command, SetCarriers)]
    assert (table.version, table.currency, table.promise_days, table.promises) == (3, "USD", 5, {"halyard-trade": 9})
    [service] = table.services
    assert (service.cut_off, service.methods, service.zones[0].bands) == (900, ("Standard",), (Band(500, 420), Band(2_000, 690)))
    assert (service.zones[0].origin, service.zones[0].to) == (("US-NV",), ("US-CA", "US-NV"))
    assert table.local("reno-dc", 1_782_000_000_000)[1] == (table.local("newark-dc", 1_782_000_000_000)[1] - 120) % 1_440
    weights = [pair for command in broker.heard() if isinstance(command, SetWeights) for pair in command.weights]
    assert sorted(weights) == [("CUP-CLAY", 160), ("POT-CLAY", 820)]


def test_a_folder_without_them_says_nothing_of_carriers(folder: Folder) -> None:
    broker = Broker()
    publish(folder, broker)

    assert not [command for command in broker.heard() if isinstance(command, SetCarriers | SetWeights)]


def test_what_changed_is_told_again_and_nothing_else(carried: Folder) -> None:
    broker = Broker()
    publish(carried, broker)
    broker.commands.clear()
    again = publish(carried, broker, now=2_000)
    assert isinstance(again, Imported)
    assert (again.published, again.unchanged["weights"], again.unchanged["carriers"]) == ({}, 2, 1)
    carried.spoil("items.csv", "CUP-CLAY,160", "CUP-CLAY,150").spoil("carriers.yaml", "version: 3", "version: 4")

    publish(carried, broker, now=3_000)

    [weights, table] = broker.heard()
    assert isinstance(weights, SetWeights)
    assert (weights.version, weights.weights) == (3_000, (("CUP-CLAY", 150),))
    assert isinstance(table, SetCarriers)


def test_another_table_has_another_version(carried: Folder) -> None:
    broker = Broker()
    publish(carried, broker)
    carried.spoil("carriers.yaml", "price: 420", "price: 450")

    problems = publish(carried, broker, now=2_000)

    assert isinstance(problems, list)
    assert "raise its version" in problems[0].sentence


@pytest.mark.parametrize(
    ("old", "new", "line", "sentence"),
    [
        ("halyard-trade: 9", "halyard-trad: 9", 4, "shop 'halyard-trad' is not in shops.yaml; did you mean 'halyard-trade'?"),
        ("reno-dc: America", "reno: America", 6, "node 'reno' is not in nodes.csv; did you mean 'reno-dc'?"),
        ("price: 690", "price: 6.9", 13, "services.0.zones.0.bands.1.price is '6.9'; give a whole number of minor units, such as cents"),
        ("days: 2", "days: soon", 13, "services.0.zones.0.days is 'soon'; give a whole number of days, 0 to 365"),
        ("USD", "XXX", 2, "currency is 'XXX'; give an ISO 4217 code such as USD"),
        ("carrier: USPS", "carier: USPS", 9, "'carier' is not known here; did you mean 'carrier'?"),
    ],
)
def test_a_table_that_is_wrong_is_told_of_by_its_line(carried: Folder, old: str, new: str, line: int, sentence: str) -> None:
    problems = carried.spoil("carriers.yaml", old, new).problems()

    assert ("carriers.yaml", line, sentence) in [(problem.file, problem.line, problem.sentence) for problem in problems]


def test_a_sku_is_weighed_once(carried: Folder) -> None:
    problem = carried.write("items.csv", ITEMS + "CUP-CLAY,170\n").problem()

    assert (problem.line, problem.sentence) == (4, "CUP-CLAY is weighed twice; leave one of the rows (first in line 3)")
