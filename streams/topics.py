"""The catalogue of topics: name, key, type of the value, owner, partitions and retention."""

from typing import Literal

import msgspec

DAY_MS = 86_400_000
FOREVER = -1


class Topic(msgspec.Struct, frozen=True, kw_only=True):
    """`retention_ms` FOREVER: never deleted by age. `owner` is the only stage that writes it. `fixed` partitions: 1, else the
    number of partitions of the installation."""

    name: str
    key: str
    value: str
    owner: str
    cleanup: Literal["delete", "compact"] = "delete"
    retention_ms: int = FOREVER
    fixed: bool = False
    max_bytes: int = 8 << 20

    def config(self) -> dict[str, str]:
        """Topic settings. LogAppendTime everywhere, or records of old business time would be deleted at once (design rule 5)."""
        return {
            "cleanup.policy": self.cleanup,
            "retention.ms": str(self.retention_ms),
            "message.timestamp.type": "LogAppendTime",
            "max.message.bytes": str(self.max_bytes),
        }


RAW = Topic(name="raw", key="tenant/shop/external id", value="the payload as received", owner="connectors", retention_ms=14 * DAY_MS)
REFERENCE = Topic(name="reference", key="record id", value="shops, listings, nodes, routes", owner="import", cleanup="compact", fixed=True)
CURSORS = Topic(name="cursors", key="shop", value="where polling stands", owner="poll", cleanup="compact", fixed=True)
COMMANDS = Topic(name="commands", key="pool", value="streams.commands.AnyCommand", owner="normalize, ticker, import, operator")
DECISIONS = Topic(name="decisions", key="pool", value="streams.decisions.Decision", owner="allocate")
FULFILMENTS = Topic(name="fulfilments", key="order", value="connectors.contract.Fulfilment", owner="fulfil", retention_ms=90 * DAY_MS)
ORDER_STATUS = Topic(name="order-status", key="order", value="connectors.contract.OrderStatus", owner="announce", cleanup="compact")
AVAILABILITY = Topic(name="availability", key="shop/SKU", value="connectors.contract.Availability", owner="announce", cleanup="compact")
DEAD_LETTERS = Topic(
    name="dead-letters", key="the original key", value="streams.deadletter.DeadLetter", owner="every stage", retention_ms=90 * DAY_MS
)

CATALOGUE = (RAW, REFERENCE, CURSORS, COMMANDS, DECISIONS, FULFILMENTS, ORDER_STATUS, AVAILABILITY, DEAD_LETTERS)
