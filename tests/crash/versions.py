"""A second version of the decider that really decides otherwise, so that two of them can run side by side as in a rolling deploy."""

import copy

import msgspec

import streams.ledger
from streams.commands import AnyCommand
from streams.rules.decide import DECIDER, DECIDERS, decide
from tables.events import AnyEvent
from tables.policy import Policy
from tables.pool import Pool

OTHER = DECIDER + 1


def decide_otherwise(pool: Pool, command: AnyCommand, offset: int) -> tuple[AnyEvent, ...]:
    """As `decide`, but the node with the most stock comes first, whatever the policy says."""
    seen = copy.copy(pool)
    seen.policy = _most_stock_first(pool.policy)
    return decide(seen, command, offset)


def _most_stock_first(policy: Policy) -> Policy:
    rules = {name: msgspec.structs.replace(rule, criteria=("most_stock",)) for name, rule in policy.segments.items()}
    return msgspec.structs.replace(policy, rule=msgspec.structs.replace(policy.rule, criteria=("most_stock",)), segments=rules)


def know_both() -> None:
    """For whoever replays: the version that a decision names."""
    DECIDERS[OTHER] = decide_otherwise


def decide_by(version: int) -> None:
    """This process decides by that version from now on."""
    know_both()
    streams.ledger.DECIDER = version  # type: ignore[attr-defined]
