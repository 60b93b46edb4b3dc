"""A hall that sells lamps before they come."""

from streams.decisions import decode_decision
from streams.rules.announce import levels, offered, touched
from tables.policy import DAY_MS, Policy, Presale, Rule
from tests.story import Story, one_shop

SET = (("LAMP", 1), ("CUP", 2))
TODAY = 100 * DAY_MS
NEXT_WEEK, NEXT_YEAR = TODAY + 7 * DAY_MS, TODAY + 365 * DAY_MS


def presale(days: int = 30, percent: int = 100, **about: object) -> Policy:
    return Policy(rule=Rule(shortage="reject", presale=Presale(days=days, percent=percent)), fills_per_decision=1, **about)  # type: ignore[arg-type]


def sold_out(policy: Policy | None = None, **stock: int) -> Story:
    """A hall with no lamps."""
    story = one_shop({"hall": {"LAMP": 0, "CUP": 9} | stock})
    story.policy(policy or presale())
    story.tick(TODAY)
    return story


def ahead(story: Story, shop: str = "web", sku: str = "LAMP") -> tuple[int, int]:
    """What the shop is told of it: units that it may sell ahead, and for when."""
    [level] = offered(story.pool, shop, [sku], 1)
    return level.coming, level.coming_at


def stands(story: Story, order: str) -> str:
    found = story.order(order)
    return "rejected" if found.rejected else "waits" if found.waiting else "reserved"


def told_last(story: Story) -> dict[str, int]:
    """By SKU, what the last decision has shops told of what they may sell ahead."""
    decision = decode_decision(story.records[-1])
    return {level.sku: level.coming for level in levels(story.pool, touched(story.pool, decision).cells, 1) if level.shop == "web"}
