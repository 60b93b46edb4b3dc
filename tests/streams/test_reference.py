"""The reference is what the last record of each key says; a record without a value takes it away."""

from typing import Any

import pytest

from connectors.contract import ShopRef
from streams.reference import (
    AnyReference,
    ImportRecord,
    ListingRecord,
    NodeRecord,
    PoolRecord,
    Reference,
    ShopRecord,
    decode_reference,
    encode_reference,
    record_id,
)

RECORDS: tuple[AnyReference, ...] = (
    PoolRecord(pool="east", partition=1, partitions=4),
    ShopRecord(ref=ShopRef(tenant="lin", shop="tea", channel="canonical", pool="east"), non_goods=("POST",)),
    NodeRecord(node="shanghai", pool="east"),
    ListingRecord(shop="tea", listing="box/of 2 茶", parts=(("OOLONG", 2),)),
    ImportRecord(pool="east", what="stock/shanghai/OOLONG", value="12", version=3),
)
each = pytest.mark.parametrize("record", RECORDS, ids=record_id)


def tables(reference: Reference) -> list[dict[Any, Any]]:
    return [reference.pools, reference.shops, reference.nodes, reference.listings, reference.imports]


@each
def test_a_record_reads_as_it_was_written(record: AnyReference) -> None:
    assert decode_reference(encode_reference(record)) == record


@each
def test_a_record_is_found_until_it_is_taken_away(record: AnyReference) -> None:
    reference, empty = Reference(), tables(Reference())
    for other in RECORDS:
        if other is not record:
            reference.apply(other)
    without = [dict(table) for table in tables(reference)]
    reference.apply(record)
    assert tables(reference) != without
    reference.forget(record_id(record))
    assert tables(reference) == without != empty


def test_the_last_record_of_a_key_counts() -> None:
    reference = Reference()
    for pool in ("east", "west"):
        reference.apply(NodeRecord(node="shanghai", pool=pool))
    assert reference.nodes["shanghai"].pool == "west"


def test_a_shop_is_told_of_its_own_listings_as_they_are_now() -> None:
    reference = Reference()
    for shop, units in (("tea", 1), ("tea", 2), ("coffee", 3)):
        reference.apply(ListingRecord(shop=shop, listing="box/of 2 茶", parts=(("OOLONG", units),)))
    assert reference.parts == {"tea": {"box/of 2 茶": (("OOLONG", 2),)}, "coffee": {"box/of 2 茶": (("OOLONG", 3),)}}
    reference.forget("listing/tea/box/of 2 茶")
    reference.forget("listing/tea/box/of 2 茶")
    assert reference.parts == {"tea": {}, "coffee": {"box/of 2 茶": (("OOLONG", 3),)}}


@pytest.mark.parametrize("key", ["", "tea", "weather/tea", "shop/", "listing/tea", "listing/tea/unknown", "node/x/y"])
def test_taking_away_what_is_not_there_changes_nothing(key: str) -> None:
    reference = Reference()
    for record in RECORDS:
        reference.apply(record)
    before = [dict(table) for table in tables(reference)]
    reference.forget(key)
    assert tables(reference) == before
