"""Which node is whose: a table made once from the partners and the nodes there are."""

import hashlib
from collections.abc import Iterable, Mapping

from connectors.partner import Partner


class Routes:
    """`kinds`: node -> its kind. A node that a partner names is that partner's; any other goes by its kind."""

    def __init__(self, partners: Iterable[Partner], kinds: Mapping[str, str]) -> None:
        whole = tuple(partners)
        by_kind = {kind: partner.name for partner in whole for kind in partner.kinds}
        named = {node: partner.name for partner in whole for node in partner.nodes}
        self._table = {node: by_kind[kind] for node, kind in kinds.items() if kind in by_kind} | named

    def partner(self, node: str) -> str | None:
        return self._table.get(node)

    @property
    def digest(self) -> str:
        """The same for the same table: whose offsets mean what."""
        told = "\n".join(f"{node}\t{partner}" for node, partner in sorted(self._table.items()))
        return hashlib.sha256(told.encode()).hexdigest()[:16]
