"""What an order needs, and what there is for it."""

import msgspec

from streams.rules.gifts import Given
from tables.events import OrderLine, Origin, Row


class Demand(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What an order still needs, in rows that have no origins yet. `lines` say the components of a bundle, which is promised whole or
    not at all. `refused_by`: nodes that would not ship it before. `sealed`, `shipping`: where the fulfilment has to carry
    them. `gifts`: lines that go with others."""

    order: str
    shop: str
    segment: str
    region: str
    needs: tuple[Row, ...]
    lines: tuple[OrderLine, ...]
    placed_at: int = 0
    refused_by: tuple[str, ...] = ()
    sealed: str = ""
    shipping: str = ""
    gifts: tuple[Given, ...] = ()
    city: str = ""


class Supply(msgspec.Struct, gc=False):
    """What there is for a demand: SKUs in the order of need, units wanted and promisable of each, eligible nodes best first with
    what they have. `pots`: by SKU, the origins its units are drawn from; a SKU that comes from the order's own segment alone has
    none here. `whole`: the last of the nodes, where looking ended because it has all of it."""

    skus: list[str]
    wanted: list[int]
    promisable: list[int]
    pots: dict[str, list[Origin]]
    nodes: list[str]
    shelves: list[list[int]]
    whole: list[int]
