"""Which shops' platforms are told of anything, as an import leaves it here: `yipan up` starts write-back where there are some."""

from pathlib import Path

import msgspec

from deploy.business.book import Business
from streams.reference import Reference, ShopRecord


def told_shops(business: Business, reference: Reference) -> tuple[str, ...]:
    """Those of the folder, and those that other folders named before."""
    shops: dict[str, ShopRecord] = dict(reference.shops)
    shops |= {shop.ref.shop: shop for book in business.pools for shop in book.shops}
    return tuple(sorted(name for name, shop in shops.items() if shop.active and shop.tell))


def keep_told(shops: tuple[str, ...], file: Path) -> None:
    """No file: nobody is told of anything."""
    if not shops:
        file.unlink(missing_ok=True)
        return
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(msgspec.json.encode(shops))
