"""What a folder may say of write-back: shops that are told, and what their platforms call things."""

import pytest

from deploy.business.difference import difference, told
from streams.reference import ListingRecord, Reference, ShopRecord
from tests.deploy.halyard import Folder

SHOPIFY = "  channel: shopify\n"
TOLD = SHOPIFY + "  tell: [levels, shipments]\n  url: https://halyard.example?location=9\n"
HEAD = "shop,listing,sku,units"


@pytest.fixture
def telling(folder: Folder) -> Folder:
    folder.spoil("shops.yaml", SHOPIFY, TOLD)
    text = (folder.path / "listings.csv").read_text()
    rows = [line + "," if line.startswith("halyard") else line for line in text.splitlines()]
    return folder.write("listings.csv", "\n".join(rows).replace(HEAD, f"{HEAD},item").replace("SENCHA-100,1,", "SENCHA-100,1,71", 1))


def test_a_shop_says_what_it_wants_to_hear_and_what_its_items_are_called(telling: Folder) -> None:
    [us] = telling.business().pools
    new = difference(telling.business(), Reference(), {}, 1, 4)

    assert us.items == {"halyard-web": {"STARTER-BOX": "71"}}
    assert [record.tell for record in new.records if isinstance(record, ShopRecord) and record.tell] == [("levels", "shipments")]
    assert [record.item for record in new.records if isinstance(record, ListingRecord) and record.item] == ["71"]


def test_an_item_that_gets_another_name_is_published_anew(telling: Folder) -> None:
    known = Reference()
    for record in difference(telling.business(), known, {}, 1, 4).records:
        known.apply(record)
    telling.spoil("listings.csv", "SENCHA-100,1,71", "SENCHA-100,1,72")
    new = difference(telling.business(), known, told(known, None), 2, 4)

    assert [(record.listing, record.item) for record in new.records if isinstance(record, ListingRecord)] == [("STARTER-BOX", "72")]


@pytest.mark.parametrize(
    ("file", "old", "new", "said"),
    [
        ("shops.yaml", "[levels, shipments]", "[levels, prices]", "a list of levels, shipments, cancels"),
        ("shops.yaml", "  url: https://halyard.example?location=9\n", "", "needs a url"),
        ("shops.yaml", "?location=9", "", "names no location"),
        ("shops.yaml", "channel: shopify\n  tell", "channel: canonical\n  tell", "cannot be told"),
        ("shops.yaml", "channel: shopify\n  tell", "channel: amazon\n  tell", "the url needs the option sellerId"),
        ("listings.csv", "SENCHA-100,1,71", "SENCHA-100,1,MUG", "give an inventory item id"),
        ("listings.csv", "POT-CLAY,1,", "POT-CLAY,1,72", "one listing is one item"),
        ("listings.csv", "halyard-outlet,Sencha", "halyard-web,OTHER,SENCHA-100,1,71\nhalyard-outlet,Sencha", "is that of listing"),
    ],
)
def test_what_a_platform_could_not_be_told_is_a_problem_with_its_line(telling: Folder, file: str, old: str, new: str, said: str) -> None:
    telling.spoil(file, old, new)

    assert any(said in problem.sentence and problem.line for problem in telling.problems())
