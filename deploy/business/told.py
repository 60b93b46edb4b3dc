"""What a folder says of write-back must be sayable: a platform that can be told, where it answers, and names in the platform's form."""

from collections.abc import Iterable, Iterator

from connectors.contract import ShopRef
from connectors.writeback.halves import HALVES
from connectors.writeback.outward import Half, options
from deploy.business.check import Placed, Sheets
from deploy.business.forms import ListingForm, ShopForm
from deploy.business.sheets import Problem

# options of a shop's url without which a platform cannot be told
NEEDED = {"amazon": ("sellerId", "marketplaceIds")}


def told_problems(sheets: Sheets) -> Iterator[Problem]:
    for at in sheets.shops:
        if at.form.tell:
            yield from _shop(at)
    halves = {at.form.shop: (at.form, HALVES[at.form.channel]) for at in sheets.shops if at.form.channel in HALVES}
    yield from _items(sheets.listings, halves)


def _shop(at: Placed[ShopForm]) -> Iterator[Problem]:
    shop = at.form
    if shop.channel not in HALVES:
        yield at.problem(f"channel {shop.channel!r} cannot be told of anything; those that can: {', '.join(sorted(HALVES))}", "tell")
    elif not shop.url:
        yield at.problem("the shop is to be told and needs a url: where the platform's API answers")
    else:
        said = options(_ref(shop))
        for name in NEEDED.get(shop.channel, ()):
            if name not in said:
                yield at.problem(f"the url needs the option {name}: {shop.url.partition('?')[0]}?{name}=…", "url")


def _items(listings: Iterable[Placed[ListingForm]], halves: dict[str, tuple[ShopForm, Half]]) -> Iterator[Problem]:
    named: dict[tuple[str, str], str] = {}
    taken: dict[tuple[str, str], str] = {}
    for at in listings:
        row = at.form
        if not row.item:
            continue
        if row.shop in halves:
            shop, half = halves[row.shop]
            if not half.item.fullmatch(row.item):
                yield at.problem(f"item is {row.item!r}; for a shop of {half.name} give {half.said}")
            elif half.name == "shopify" and "@" not in row.item and "location" not in options(_ref(shop)):
                yield at.problem(f"item {row.item!r} names no location: add @location id, or the option location to the url of {row.shop}")
        if named.setdefault((row.shop, row.listing), row.item) != row.item:
            yield at.problem(f"listing {row.listing!r} is called {named[row.shop, row.listing]!r} in a row before; one listing is one item")
        elif taken.setdefault((row.shop, row.item), row.listing) != row.listing:
            yield at.problem(f"item {row.item!r} is that of listing {taken[row.shop, row.item]!r} already; say it in one of them")


def _ref(shop: ShopForm) -> ShopRef:
    return ShopRef(tenant=shop.tenant, shop=shop.shop, channel=shop.channel, pool=shop.pool, url=shop.url)
