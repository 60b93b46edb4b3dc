"""The convergence check finds what it is there to find: bugs planted into the write-back fail it within a few storms."""

from collections.abc import Callable
from typing import Any

import pytest

from connectors.writeback import shopify, woo_refunds, woocommerce
from connectors.writeback.facts import Facts
from connectors.writeback.levels import Levels
from connectors.writeback.refunds import minor
from connectors.writeback.tail import Tail
from tests.connectors.writeback.test_convergence import proven, storm
from tests.connectors.writeback.world import World

Patch = Callable[[pytest.MonkeyPatch], None]


def marks_are_not_read(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(shopify, "_marks", lambda order: {})


def trackings_are_added_blindly(patch: pytest.MonkeyPatch) -> None:
    ship, known = woocommerce._ship, woocommerce._trackings

    def blind(fact: Any, order: dict[str, Any]) -> Any:
        nameless = [at | {"tracking_id": ""} for at in known(order)]
        return ship(fact, order | {"meta_data": [{"key": woocommerce.TRACKING, "value": nameless}]})

    patch.setattr(woocommerce, "_ship", blind)


def refunds_are_made_blindly(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(woo_refunds, "is_refund", lambda fact, told: "amount" in told)


def refunds_know_each_other_by_their_amount(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(woo_refunds, "is_refund", lambda fact, told: minor(told.get("total"), fact.currency) == -fact.amount or "amount" in told)


def positions_run_ahead_of_what_was_told(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Tail, "positions", lambda self: dict(self._read))


def a_failed_level_is_forgotten(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Levels, "failed", Levels.told)


def an_item_is_sent_while_it_is_on_its_way(patch: pytest.MonkeyPatch) -> None:
    """An older level may arrive after the newer one."""
    sent = Levels.sent

    def forgetful(self: Levels, levels: Any) -> None:
        sent(self, levels)
        self._sending.clear()

    patch.setattr(Levels, "sent", forgetful)


def a_failed_fact_is_given_up(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Facts, "failed", lambda self, fact, at: self.told(fact))


@pytest.mark.parametrize(
    "plant",
    [
        marks_are_not_read,
        trackings_are_added_blindly,
        refunds_are_made_blindly,
        refunds_know_each_other_by_their_amount,
        positions_run_ahead_of_what_was_told,
        a_failed_level_is_forgotten,
        an_item_is_sent_while_it_is_on_its_way,
        a_failed_fact_is_given_up,
    ],
)
def test_a_planted_bug_is_found(plant: Patch, monkeypatch: pytest.MonkeyPatch) -> None:
    plant(monkeypatch)

    assert any(fails(seed) for seed in range(150)), plant.__name__


def fails(seed: int) -> bool:
    world = World(seed)
    try:
        storm(world, 60, crashes=0.08)
        proven(world)
    except AssertionError:
        return True
    return False
