"""Mutants of drop-shipping: not bought, bought twice or at another price, paid for nothing, credited for nothing."""

from msgspec.structs import replace

from tables import events as e
from tests.streams.logs import Logs
from tests.streams.mutants import breaks
from tests.streams.mutants_of_the_rules import without


def _changed(logs: Logs, kind: type[e.AnyEvent], nth: int = 0, **fields: object) -> None:
    """The nth such event says something else."""
    logs.rewrite(logs.find(kind, nth), lambda events: [replace(event, **fields) if isinstance(event, kind) else event for event in events])


def _bill(logs: Logs, nth: int) -> e.BilledBack:
    return next(event for event in logs.decisions[logs.find(e.BilledBack, nth)].events if isinstance(event, e.BilledBack))


# ---------------------------------------------------------------------------------------------- bought
@breaks("purchases")
def a_supplier_ships_what_is_not_bought_of_it(logs: Logs) -> None:
    logs.rewrite(logs.find(e.PurchaseOrdered), lambda events: without(events, e.PurchaseOrdered))


@breaks("purchases")
def a_fulfilment_is_bought_twice(logs: Logs) -> None:
    logs.rewrite(logs.find(e.PurchaseOrdered), lambda events: [*events, *(x for x in events if isinstance(x, e.PurchaseOrdered))])


@breaks("purchases")
def more_is_bought_than_is_to_be_shipped(logs: Logs) -> None:
    _changed(logs, e.PurchaseOrdered, lines=(e.PurchaseLine("BOWL", "BOWL", 4, 700),))


@breaks("purchases")
def it_is_bought_at_a_price_that_nobody_agreed_to(logs: Logs) -> None:
    _changed(logs, e.PurchaseOrdered, lines=(e.PurchaseLine("BOWL", "BOWL", 3, 900),))


# ---------------------------------------------------------------------------------------------- paid
@breaks("purchases")
def a_bill_of_what_has_not_left_is_approved(logs: Logs) -> None:
    _changed(logs, e.BilledBack, 1, differences=())


@breaks("purchases")
def a_bill_of_what_was_billed_before_is_approved(logs: Logs) -> None:
    _changed(logs, e.BilledBack, 2, differences=())


@breaks("purchases")
def a_dearer_bill_than_the_tolerance_allows_is_approved(logs: Logs) -> None:
    bill = _bill(logs, 0)
    _changed(logs, e.BilledBack, lines=(e.BillLine("BOWL", 3, 708),), total=bill.total + 9)


@breaks("purchases")
def more_freight_than_was_agreed_is_approved(logs: Logs) -> None:
    bill = _bill(logs, 0)
    _changed(logs, e.BilledBack, freight=bill.freight + 5, total=bill.total + 5)


@breaks("purchases")
def a_bill_in_another_currency_is_approved(logs: Logs) -> None:
    _changed(logs, e.BilledBack, currency="USD")


@breaks("purchases")
def a_bill_comes_to_more_than_its_lines(logs: Logs) -> None:
    _changed(logs, e.BilledBack, total=_bill(logs, 0).total + 1)


@breaks("purchases")
def a_bill_that_matches_is_disputed(logs: Logs) -> None:
    _changed(logs, e.BilledBack, differences=(e.Difference("price", "BOWL", 700, 705),))


@breaks("purchases")
def a_bill_counts_twice(logs: Logs) -> None:
    logs.rewrite(logs.find(e.BilledBack), lambda events: [*events, *events])


@breaks("purchases")
def a_bill_that_matches_by_now_stays_disputed(logs: Logs) -> None:
    logs.rewrite(logs.find(e.BillSettled), lambda events: without(events, e.BillSettled))


@breaks("purchases")
def a_disputed_bill_is_approved_by_nobody(logs: Logs) -> None:
    _changed(logs, e.BillSettled, 1, verdict="approved", payable=_bill(logs, 2).total, by="")


@breaks("purchases")
def more_is_paid_than_was_billed(logs: Logs) -> None:
    _changed(logs, e.BillSettled, payable=1_000_000)


# ---------------------------------------------------------------------------------------------- credited
@breaks("purchases")
def more_is_to_be_credited_than_came_back(logs: Logs) -> None:
    _changed(logs, e.CreditExpected, lines=(e.PurchaseLine("BOWL", "BOWL", 2, 700),))


@breaks("purchases")
def more_is_to_be_credited_than_it_cost(logs: Logs) -> None:
    _changed(logs, e.CreditExpected, lines=(e.PurchaseLine("BOWL", "BOWL", 1, 705),))
