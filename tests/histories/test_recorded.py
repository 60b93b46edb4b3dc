"""Recorded and invented orders pass through, and end as their owners' books say: a sample; `make histories` plays them all."""

import pytest

from tests.histories import invented, marketplace, retail
from tests.histories.__main__ import DATA, YEARS
from tests.histories.play import Market, Played, play

# Of the wholesaler's customers: two who took back 80,995 and 74,215 units within minutes, and some of the others.
HASTY, OTHERS = (16_446, 12_346), (12_415, 12_477, 12_748, 13_089, 14_156, 14_911, 15_098, 17_450)


def assert_as_recorded(played: Played) -> None:
    assert played.wrong == ()
    assert played.report.violations == ()
    assert (played.report.lost, played.report.oversold, played.report.pending) == (0, 0, {})
    assert played.refused == {}


@pytest.mark.parametrize("seed", range(3))
def test_orders_of_a_marketplace_end_as_they_are_recorded(seed: int) -> None:
    """Carriers before the approval, arrivals before the departure, cancels after the hand-over, sellers side by side, missing times."""
    market, played = play(marketplace.histories(*invented.marketplace(150, seed)))

    assert_as_recorded(played)
    assert not market.aside, "whatever a seller told was told of a fulfilment that he had been given"


@pytest.mark.skipif(not (DATA / "olist" / marketplace.ORDERS).exists(), reason="no Olist data (../shared/data/olist beside the project)")
def test_a_sample_of_a_real_marketplace_ends_as_it_is_recorded() -> None:
    assert_as_recorded(play(marketplace.read(DATA / "olist")[::300])[1])


@pytest.mark.skipif(not (DATA / retail.FILE).exists(), reason="no Online Retail II data (../shared/data beside the project)")
@pytest.mark.parametrize("customers", [HASTY, OTHERS[:4]])
def test_a_sample_of_a_wholesalers_years_ends_as_it_is_recorded(customers: tuple[int, ...]) -> None:
    histories = retail.read(DATA, customers)

    assert {did.what for history in histories for did in history.did} >= {"placed", "refunded"}
    assert_as_recorded(play(histories, Market(remember_days=YEARS))[1])
