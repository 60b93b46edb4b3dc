"""What an import folder may say, and how a wrong one is answered: every wrong row, with its line and what to do."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deploy.business import Problem
from deploy.business.forms import basis_points
from deploy.business.policy import kilometres
from tables.policy import Rule
from tests.deploy.halyard import EXAMPLE, Folder


def test_the_example_is_a_business(folder: Folder) -> None:
    [us] = folder.business().pools

    assert us.pool == "us"
    assert [(segment.segment, segment.ratio, segment.rank) for segment in us.segments] == [("b2c", 6000, 0), ("b2b", 3000, 1)]
    assert us.listings["halyard-web"]["STARTER-BOX"] == (("SENCHA-100", 1), ("POT-CLAY", 1), ("CUP-CLAY", 2))
    assert us.stock["austin-shop"] == {"SENCHA-100": 30, "POT-CLAY": 12}
    assert "halyard-wms" in {record.ref.shop for record in us.shops}
    assert "halyard-wms" not in {shop.shop for shop in us.sellers}


def test_the_whole_example_has_carriers_weights_and_prices_too() -> None:
    [us] = Folder(EXAMPLE).business().pools

    assert us.carriers is not None
    assert [service.name for service in us.carriers.services] == ["gull-ground", "heron-air"]
    assert {sku for _, part in us.weights for sku, _ in part} == set(us.stock["reno-dc"])
    assert [node.node for node in us.nodes if node.bills_in] == list(us.prices)


def test_every_wrong_row_is_reported_with_its_line(folder: Folder) -> None:
    folder.spoil("nodes.csv", "us,warehouse,US-NV", "us,wharehouse,US-NV")
    folder.spoil("nodes.csv", "US-TX,Austin,30.27", "Texas,Austin,300.27")
    folder.spoil("stock.csv", "reno-dc,POT-CLAY,60", "reno-dc,POT-CLAY,-60")
    folder.spoil("shops.yaml", "timezone: America/Chicago", "timezone: America/Chigaco")

    assert [(problem.file, problem.line, problem.sentence.split()[0]) for problem in folder.problems()] == [
        ("nodes.csv", 4, "kind"),
        ("nodes.csv", 6, "lat"),
        ("nodes.csv", 6, "region"),
        ("shops.yaml", 21, "timezone"),
        ("stock.csv", 5, "on_hand"),
    ]


def test_a_wrong_row_hides_nothing_that_stands_elsewhere(folder: Folder) -> None:
    folder.spoil("nodes.csv", "us,warehouse,US-NV", "us,wharehouse,US-NV")
    folder.spoil("shops.yaml", "channel: shopify", "channel: shopfy")
    folder.spoil("listings.csv", "halyard-outlet,Two cups", "halyard-outlot,Two cups")

    assert [(problem.file, problem.line) for problem in folder.problems()] == [("listings.csv", 8), ("nodes.csv", 4), ("shops.yaml", 5)]


def test_names_of_a_file_with_wrong_rows_are_not_called_unknown(folder: Folder) -> None:
    folder.spoil("nodes.csv", "us,warehouse,US-NV", "us,wharehouse,US-NV")
    folder.spoil("segments.yaml", "protected: true", "protected: perhaps")

    assert [problem.file for problem in folder.problems()] == ["nodes.csv", "segments.yaml"]


def test_a_sentence_says_what_is_there_and_what_to_give(folder: Folder) -> None:
    folder.spoil("stock.csv", "reno-dc,POT-CLAY,60", "reno-dc,POT-CLAY,sixty")

    assert folder.problem().sentence == ("on_hand is 'sixty'; give a whole number of units, 0 or more, without thousands separators")


@pytest.mark.parametrize(
    ("file", "old", "new", "line", "said"),
    [
        ("shops.yaml", "pool: us", "pool: eu", 7, "pool 'eu' has no node"),
        ("shops.yaml", "segment: b2c", "segment: b2x", 8, "did you mean 'b2c'?"),
        ("shops.yaml", "channel: shopify", "channel: shopfy", 5, "did you mean 'shopify'?"),
        ("shops.yaml", "  segment: b2b\n", "", 27, "needs a segment"),
        ("shops.yaml", "shop: halyard-outlet", "shop: halyard-web", 15, "said twice"),
        ("shops.yaml", "currency: USD", "currency: USX", 9, "ISO 4217"),
        ("shops.yaml", "buffer: 2", "bufer: 2", 25, "did you mean 'buffer'?"),
        ("shops.yaml", "SENCHA-100: 40", "SENCHA-100: forty", 35, "quotas.SENCHA-100 is 'forty'"),
        ("shops.yaml", "secrets/halyard-web", "secrets/nowhere", 12, "there is no file"),
        ("segments.yaml", "ratio: 30%", "ratio: 41%", 11, "101 %"),
        ("segments.yaml", "ratio: 30%", "ratio: 130%", 11, "give the part of each receipt"),
        ("segments.yaml", "ratio: 30%", "ratio: 30%\n  quota: 5", 9, "leave one of them out"),
        ("segments.yaml", "pool: us", "pool: uss", 3, "did you mean 'us'?"),
        ("listings.csv", "halyard-desk,SENCHA", "halyard-disk,SENCHA", 11, "did you mean 'halyard-desk'?"),
        ("listings.csv", "OOLONG-CASE,OOLONG-100,24", "SENCHA-CASE,SENCHA-100,24", 10, "first in line 9"),
        ("listings.csv", "CUP-CLAY,2", "CUP-CLAY,0", 5, "1 or more"),
        ("stock.csv", "newark-dc,CUP", "newwark-dc,CUP", 9, "did you mean 'newark-dc'?"),
        ("stock.csv", "newark-dc,CUP-CLAY,240", "newark-dc,CUP-CLAY,240,pcs", 9, "4 cells where the header has 3"),
        ("stock.csv", "newark-dc,SENCHA-100,320", "reno-dc,SENCHA-100,320", 7, "first in line 3"),
        ("nodes.csv", "chicago-dealer", "reno-dc", 7, "a node belongs to one pool"),
        ("nodes.csv", "30.27,-97.74", "30.27,", 6, "give both, or neither"),
        ("policy.yaml", "max_splits: 2", "max_split: 2", 7, "did you mean 'max_splits'?"),
        ("policy.yaml", "kinds: [warehouse, dealer]", "kindes: [warehouse]", 11, "did you mean 'kinds'?"),
        ("policy.yaml", "shortage: partial", "shortage: some", 14, "backorder, partial or reject"),
        ("policy.yaml", "austin-shop: 50", "austin: 50", 21, "did you mean 'austin-shop'?"),
        ("policy.yaml", "b2b:", "b2d:", 10, "did you mean 'b2"),
        ("policy.yaml", "[36.8, -119.4]", "[36.8]", 17, "the [lat, lon] of its centre"),
    ],
)
def test_what_does_not_fit_is_named_where_it_stands(folder: Folder, file: str, old: str, new: str, line: int, said: str) -> None:
    problems = folder.spoil(file, old, new).problems()

    assert [problem.line for problem in problems if problem.file == file and said in problem.sentence] == [line], problems


@pytest.mark.parametrize("channel", ["warehouse", "x12", "qimen", "easypost", "kuaidi100"])
def test_a_feed_sells_nothing_and_needs_no_segment(folder: Folder, channel: str) -> None:
    feed = "- shop: gull-feed\n  channel: CHANNEL\n  tenant: halyard\n  pool: us\n  secret_file: secrets/halyard-web\n"
    shops = (folder.path / "shops.yaml").read_text()

    business = folder.write("shops.yaml", shops.rstrip("\n") + "\n" + feed.replace("CHANNEL", channel)).business()

    assert "gull-feed" in business.secrets


@pytest.mark.parametrize(
    ("file", "content", "line", "said"),
    [
        ("stock.csv", "", 0, "empty"),
        ("stock.csv", "\ufeff\n", 0, "empty"),
        ("stock.csv", "# nothing but this\n", 0, "no rows"),
        ("stock.csv", "node;sku;on_hand\nreno-dc;SENCHA-100;4\n", 1, "semicolons"),
        ("stock.csv", "node\tsku\ton_hand\n", 1, "tabs"),
        ("stock.csv", "node,sku,on_hnad\n", 1, "unknown column 'on_hnad'"),
        ("stock.csv", "node,sku\n", 1, "'on_hand' is missing"),
        ("stock.csv", "node,sku,on_hand,node\n", 1, "named twice"),
        ("stock.csv", "node,sku,on_hand\nreno-dc,SENCHA-100,4\nreno-dc,B\xfc,4\n".encode("latin-1"), 3, "not UTF-8"),
        ("stock.csv", "node,sku,on_hand\n".encode("utf-16"), 0, "UTF-16"),
        ("stock.csv", 'node,sku,on_hand\nreno-dc,"SENCHA,4\n', 2, "a quote that is not closed"),
        ("stock.csv", "node,sku,on_hand\nreno-dc,SEN\0CHA,4\n", 2, "sku is"),
        ("shops.yaml", "- shop: [halyard-web\n- x", 2, "not YAML"),
        ("shops.yaml", "halyard-web", 1, "must be a list"),
        ("shops.yaml", "- &a {shop: x}\n- *a\n", 2, "aliases"),
        ("shops.yaml", "- shop: a\n  shop: b\n", 2, "said twice"),
        ("segments.yaml", "- b2c\n", 1, "a mapping"),
        ("policy.yaml", "- shortage: partial\n", 1, "a mapping"),
        ("policy.yaml", "filters: [warehouse]\n", 1, "kinds, nodes, exclude"),
    ],
)
def test_a_file_that_cannot_be_read_says_why(folder: Folder, file: str, content: str | bytes, line: int, said: str) -> None:
    problem = folder.write(file, content).problems()[0]

    assert (problem.file, problem.line) == (file, line)
    assert said in problem.sentence


@pytest.mark.parametrize("file", ["nodes.csv", "shops.yaml", "segments.yaml", "listings.csv", "stock.csv", "policy.yaml"])
def test_all_six_files_must_be_there(folder: Folder, file: str) -> None:
    (folder.path / file).unlink()

    assert folder.problem() == Problem(file, 0, f"the file is missing; put a {file} into the folder")


def test_a_file_as_excel_on_windows_saves_it_is_the_same_file(folder: Folder) -> None:
    before = folder.business().pools
    text = (folder.path / "stock.csv").read_text()

    folder.write("stock.csv", b"\xef\xbb\xbf" + text.replace("\n", "\r\n").encode())

    assert folder.business().pools == before


def test_lines_are_counted_as_an_editor_counts_them(folder: Folder) -> None:
    folder.write("stock.csv", 'node,sku,on_hand\n\n# a comment\nreno-dc,"TWO\u2028LINES",1\nreno-dc,SENCHA-100,many\n')

    assert folder.problem().line == 5


def test_text_stays_text_whatever_yaml_thinks_of_it(folder: Folder) -> None:
    folder.spoil("nodes.csv", "US-NV", "NO").spoil("shops.yaml", "SENCHA-100: 40", "007: 40").spoil(
        "shops.yaml", "[GIFT-WRAP]", "[0123, yes]"
    )

    [us] = folder.business().pools

    assert us.nodes[0].region == "NO"
    assert {shop.shop: shop.quotas for shop in us.sellers}["halyard-trade"] == (("007", 40),)
    assert us.shops[0].non_goods == ("0123", "yes")


@pytest.mark.parametrize(
    ("said", "meant"), [("0.6", 6000), ("60%", 6000), ("60", 6000), ("1", 10_000), ("1%", 100), ("33.3333", 3333), (" 5 % ", 500), ("0", 0)]
)
def test_a_ratio_may_be_said_in_three_ways(said: str, meant: int) -> None:
    assert basis_points(said) == meant


@given(st.text(max_size=12))
def test_a_ratio_is_a_part_of_a_whole_or_refused(said: str) -> None:
    with suppress(ValueError):
        assert 0 <= basis_points(said) <= 10_000


def test_a_policy_says_for_a_segment_only_what_differs(folder: Folder) -> None:
    folder.spoil("policy.yaml", "    criteria: [priority, most_stock]\n", "")

    policy = folder.business().pools[0].policy

    assert policy.for_segment("b2c") == Rule(kinds=("warehouse", "store"), max_splits=2)
    assert policy.for_segment("b2b") == Rule(kinds=("warehouse", "dealer"), max_splits=0, shortage="partial")


def test_distances_come_from_coordinates_unless_they_are_given(folder: Folder) -> None:
    policy = folder.business().pools[0].policy

    assert 280 < policy.distance("US-CA", "reno-dc", "US-NV") < 330  # Fresno to Reno
    assert policy.distance("US-TX", "austin-shop", "US-TX") == 50
    assert policy.distance("US-NV", "reno-dc", "US-NV") == 0


def test_a_great_circle_is_as_long_as_the_atlas_says() -> None:
    new_york, london = (40.71, -74.01), (51.51, -0.13)

    assert abs(kilometres(new_york, london) - 5_570) < 10
    assert kilometres((0, 0), (0, 180)) == 20_015


def test_a_quota_above_the_stock_is_noted_and_taken(folder: Folder) -> None:
    folder.spoil("shops.yaml", "SENCHA-100: 40", "SENCHA-100: 4000")

    assert folder.business().notes == ("pool us: the shops' quotas of SENCHA-100 come to 4000 units, stock.csv has 846 on sellable nodes",)
