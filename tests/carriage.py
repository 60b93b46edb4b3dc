"""A pool is told of carriers."""

import msgspec

from streams import commands as c
from streams.decisions import Decision
from tables.carriers import RateTable, encode_rates
from tests.story import POOL, Story


def set_carriers(story: Story, table: RateTable, **grams: int) -> Decision:
    """A table, and what a unit of some SKUs weighs."""
    if grams:
        weights = tuple(grams.items())
        story.ask(c.SetWeights(pool=POOL, cause=story.cause(), version=story.version(), part=0, weights=weights))
    raw = msgspec.Raw(encode_rates(table))
    return story.ask(c.SetCarriers(pool=POOL, cause=story.cause(), version=story.version(), table=raw))
