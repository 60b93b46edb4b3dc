"""Which node is whose: a table made once from the partners and the nodes there are."""

import hashlib
from collections.abc import Iterable, Mapping

from connectors.partner import Partner

# the lane of nodes that are not known yet: what is theirs waits for the next table
UNKNOWN = "?"


class Routes:
    """`kinds`: node -> its kind. A node that a partner names is that partner's; any other goes by its kind."""

    def __init__(self, partners: Iterable[Partner], kinds: Mapping[str, str]) -> None:
        whole = tuple(partners)
        by_kind = {kind: partner.name for partner in whole for kind in partner.kinds}
        # a node may be told to ship before it is heard of here: only where kinds do not matter is that one nobody's
        self._unknown = UNKNOWN if by_kind else None
        self._table: dict[str, str | None] = {node: by_kind.get(kind) for node, kind in kinds.items()} if by_kind else {}
        self._table |= {node: partner.name for partner in whole for node in partner.nodes}

    def partner(self, node: str) -> str | None:
        """None: nobody's. UNKNOWN: that cannot be said yet."""
        return self._table.get(node, self._unknown)

    @property
    def digest(self) -> str:
        """The same for the same table: whose offsets mean what."""
        told = "\n".join(f"{node}\t{partner or ''}" for node, partner in sorted(self._table.items()))
        return hashlib.sha256(told.encode()).hexdigest()[:16]
