"""Bills of suppliers, as a person sees and answers them."""

import pytest
from rich.console import Console

from deploy.faults import Fault
from deploy.life import lived
from deploy.purchases import bills_table
from deploy.settling import find, settle
from streams.commands import SettleBill
from streams.explain import Story as Life
from streams.explain import explain
from streams.purchases import bills
from streams.read import MemoryLog
from tests.deploy.importing import Broker
from tests.story import key
from tests.streams.drop_shipping import bill as told
from tests.streams.drop_shipping import shipped, with_supplier
from tests.streams.logs import Logs

NOW = 1_790_000_000_000


def written(found: object) -> str:
    console = Console(width=220)
    with console.capture() as capture:
        console.print(found)
    return capture.get()


def log_of_two_bills() -> MemoryLog:
    """One too dear, and one that is right; then a cup comes back."""
    story = with_supplier()
    name = shipped(story)
    told(story, "maker/INV-1", name, ("CUP", 3, 900))
    told(story, "maker/INV-2", name, ("CUP", 3, 700), freight=490)
    story.take_back("1", ("CUP", "CUP", 1), node="attic")
    return MemoryLog(Logs(story).topics())


def test_a_disputed_bill_is_listed_with_its_reasons() -> None:
    found = bills(log_of_two_bills())

    assert [(bill.document, bill.verdict, bill.payable) for bill in found] == [
        ("maker/INV-1", "disputed", 0),
        ("maker/INV-2", "approved", 2_590),
    ]
    text = written(bills_table(found))
    assert "CUP costs 7.00 EUR, billed at 9.00 EUR" in text
    assert "25.90 EUR" in text


@pytest.mark.parametrize("document", ["maker/INV-1", "INV-1"])
def test_a_person_approves_a_disputed_bill(document: str) -> None:
    broker, found = Broker(), bills(log_of_two_bills())
    bill = find(found, document)
    settle(bill, "approved", "hanne", broker, NOW)  # type: ignore[arg-type]

    [heard] = broker.heard()
    assert heard == SettleBill(
        pool="north", cause=("operator", 0, NOW, 0), document="maker/INV-1", fulfilment=bill.fulfilment, verdict="approved", by="hanne"
    )


def test_what_is_not_disputed_is_not_answered() -> None:
    broker, found = Broker(), bills(log_of_two_bills())
    with pytest.raises(Fault, match="is approved, and not disputed"):
        settle(find(found, "INV-2"), "rejected", "hanne", broker, NOW)  # type: ignore[arg-type]
    with pytest.raises(Fault, match="No bill"):
        find(found, "INV-3")
    with pytest.raises(Fault, match="Several bills"):
        find((*found, *found), "INV-1")
    assert broker.heard() == []


def test_an_orders_life_shows_what_was_bought_for_it() -> None:
    found = explain(log_of_two_bills(), key("1"))

    assert isinstance(found, Life)
    [purchase] = found.purchases
    assert (purchase.node, purchase.state, purchase.ordered, purchase.shipped) == ("kiln", "disputed", 3, 3)
    assert (purchase.agreed, purchase.approved, purchase.credit) == (2_590, 2_590, 700)
    text = written(lived(found, (), ()))
    for words in ("bought of kiln", "3 × CUP at 7.00 EUR", "kiln bills 27.00 EUR (maker/INV-1): disputed", "is to credit what came back"):
        assert words in text
