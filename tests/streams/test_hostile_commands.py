"""Commands and decisions that nobody of ours wrote: none of them is poison. Each was found by `make fuzz`."""

import json
from typing import Any

import msgspec
import pytest

from streams.commands import AnyCommand, CountStock, PlaceOrder, ReceiveStock, SetPolicy, Tick, encode_command
from streams.decisions import decode_decision
from streams.ledger import Broken, Ledger
from tables.events import OrderLine, Refused
from tests.story import POOL, Story, of_type, one_shop

HUGE = 10**30
RECEIPT = ReceiveStock(pool=POOL, cause=("raw", 0, 90, 0), document="R-1", node="hall", at=1, lines=(("TEA", 1),))

ORDER = PlaceOrder(
    pool=POOL,
    cause=("raw", 0, 90, 0),
    order="acme/web/1",
    shop="web",
    channel="canonical",
    number="1",
    updated_at=1,
    digest="d",
    placed_at=1,
    received_at=1,
    currency="EUR",
    lines=(OrderLine("1", "BUNDLE", 1, 1, (("TEA", 1),)),),
)


def refused(story: Story, value: bytes) -> bool:
    """Whether it is refused, with nothing changed but the count of decisions; and whether life goes on."""
    before = story.pool.stock["hall"].on_hand.copy()
    decision = story.send(value)
    assert story.pool.stock["hall"].on_hand == before
    story.receive("hall", TEA=1)
    assert of_type(decode_decision(story.records[-1]), Refused) == []
    return bool(of_type(decision, Refused))


def changed(command: AnyCommand, **fields: Any) -> bytes:
    """As JSON with these fields, whatever numbers they hold."""
    return json.dumps(json.loads(encode_command(command)) | fields).encode()


@pytest.mark.parametrize(
    "fields",
    [
        {"lines": [["TEA", 0]]},
        {"lines": [["TEA", -1]]},
        {"lines": [["TEA", 2**63]]},
        {"lines": [["TEA", HUGE]]},
        {"lines": [["TEA", 1.5]]},
        {"at": HUGE},
        {"at": -1},
        {"cause": ["raw", 0, HUGE, 0]},
        {"cause": ["raw", 0, 90, -1]},
        {"cause": ["raw", HUGE, 90, 0]},
        {"cause": ["raw", 0, 90]},
        {"cause": ["", 0, 90, 0]},
        {"document": "\ud83d"},
    ],
)
def test_a_receipt_with_numbers_beyond_all_reason_is_refused(fields: dict[str, Any]) -> None:
    assert refused(one_shop({"hall": {"TEA": 9}}), changed(RECEIPT, **fields))


def test_a_command_that_is_nested_without_end_is_refused() -> None:
    value = encode_command(RECEIPT)[:-1] + b',"note":' + b"[" * 200_000 + b"]" * 200_000 + b"}"

    assert refused(one_shop({"hall": {"TEA": 9}}), value)


@pytest.mark.parametrize("value", [b"", b"null", b"{}", b"\xff\xfe", b'{"type":"Tick"}', b"[" * 100_000, b'{"type":"\xff"}', b"\0"])
def test_bytes_that_are_no_command_are_refused(value: bytes) -> None:
    assert refused(one_shop({"hall": {"TEA": 9}}), value)


@pytest.mark.parametrize("order", ["", "1001", "acme/web"])
def test_an_order_whose_key_does_not_name_its_shop_is_refused(order: str) -> None:
    """Whoever tells its node of it takes the key apart."""
    assert refused(one_shop({"hall": {"TEA": 9}}), changed(ORDER, order=order))


def test_an_order_of_more_units_than_a_number_holds_is_refused() -> None:
    """Bundles multiply: each number alone is modest."""
    story = one_shop({"hall": {"TEA": 9}})
    for quantity, units in ((HUGE, 1), (1, HUGE), (2**62, 2**62), (-1, 1), (1, -1)):
        assert refused(story, changed(ORDER, lines=[["1", "BUNDLE", quantity, 1, [["TEA", units]]]]))


@pytest.mark.parametrize(
    "policy",
    [b"[" * 200_000 + b"]" * 200_000, b'{"remember_days":%d}' % HUGE, b'{"rule":{"max_splits":%d}}' % HUGE, b"null", b'{"rule":7}'],
)
def test_a_policy_that_is_none_is_refused(policy: bytes) -> None:
    story = one_shop({"hall": {"TEA": 9}})
    command = SetPolicy(pool=POOL, cause=("operator", 0, 90, 0), version=99, policy=msgspec.Raw(policy))

    assert refused(story, encode_command(command))


def test_a_clock_from_beyond_the_calendar_is_refused() -> None:
    assert refused(one_shop({"hall": {"TEA": 9}}), changed(Tick(pool=POOL, cause=("tick", 0, 1, 0), at=1), at=2**62))


def test_a_count_of_zero_is_a_count() -> None:
    story = one_shop({"hall": {"TEA": 9}})
    story.ask(CountStock(pool=POOL, cause=story.cause(), document="C", node="hall", counted_at=0, lines=(("TEA", 0),)))

    assert story.pool.stock["hall"].on_hand.get("TEA", 0) == 0


# ---------------------------------------------------------------------------------------------- decisions
@pytest.mark.parametrize("record", [b"", b"{}", b"\xff\xfe", b'{"pool":"\xff"}', b"[" * 100_000, b'{"pool":' + b"[" * 2_000])
def test_bytes_that_are_no_decision_are_named_by_their_offset(record: bytes) -> None:
    with pytest.raises(Broken, match="offset 7"):
        Ledger(0).fold(7, record)
