"""Which line an order's gift comes with, and what is no gift."""

import msgspec
import pytest

from connectors.channels.canonical import CHANNEL
from connectors.contract import LineDraft, OrderDraft
from tests.connectors.cases import SHOP, raw_record
from tests.streams.drafts import code, line, order, outcome, placed


def given_with(parent: str, name: str = "2", price: int = 0) -> LineDraft:
    return msgspec.structs.replace(line(name, "OOLONG", price=price), gift_of=parent)


def test_a_gift_is_told_with_its_parent() -> None:
    assert placed(order(line("1", "OOLONG"), given_with("1"))).gifts == (("2", "1"),)


def test_what_comes_with_postage_comes_by_itself() -> None:
    command = placed(order(line("1", "OOLONG"), line("post", "POST"), given_with("post")))

    assert ([found.line for found in command.lines], command.gifts) == (["1", "2"], ())


@pytest.mark.parametrize(
    "lines", [(given_with("9"),), (given_with("2"),), (given_with("3"), given_with("1", "3")), (given_with("1", price=1),)]
)
def test_a_gift_of_nothing_of_a_gift_or_at_a_price_is_rejected(lines: tuple[LineDraft, ...]) -> None:
    assert code(outcome(order(line("1", "OOLONG"), *lines))) == "bad_gift"


def test_the_canonical_form_says_it() -> None:
    goods = [{"line": "1", "sku": "TEA", "quantity": 2, "price": 900}, {"line": "2", "sku": "CUP", "quantity": 1, "gift_of": "1"}]
    form = {"type": "order", "order": "1", "updated_at": "2026-03-01T09:00:00Z", "currency": "EUR", "lines": goods}

    parsed = CHANNEL.parse(raw_record("canonical", form), SHOP)

    assert isinstance(parsed, tuple)
    [draft] = parsed
    assert isinstance(draft, OrderDraft)
    assert [found.gift_of for found in draft.lines] == ["", "1"]
