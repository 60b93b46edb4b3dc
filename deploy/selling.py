"""What `yipan deliver` buys labels with: the seller that a partner's entry names, and the feed through which the log hears of it."""

import random
from collections.abc import Callable

from connectors.contract import Person, RawRecord, ShopRef
from connectors.easypost_seller import EasyPost
from connectors.label_desk import LabelDesk, Surroundings
from connectors.label_folder import LabelFolder
from connectors.labels import LabelTerms, Seller
from connectors.partner import Partner
from connectors.publish import Publisher, Unavailable
from deploy.post import Post
from streams.reference import Reference

ANSWER_BYTES = 1 << 20  # a shipment has dozens of rates
SECONDS = 60.0
FEED = "warehouse"


def desk_of(partner: Partner, post: Post, opens: Callable[[str], Person], publisher: Publisher, reference: Reference) -> LabelDesk | None:
    """None: the partner buys its labels itself, or needs none."""
    if partner.labels is None:
        return None

    async def publish(record: RawRecord) -> None:
        try:
            await publisher.publish([record])
        except Unavailable as away:
            raise ConnectionError(str(away)) from None

    around = Surroundings(open=opens, feed=lambda pool: feed_of(reference, pool), publish=publish, random=random.random)
    return LabelDesk(partner, _seller(partner.labels, post), around)


def _seller(terms: LabelTerms, post: Post) -> Seller:
    return EasyPost(terms, post.send, SECONDS) if terms.by == "easypost" else LabelFolder(terms, post.send, SECONDS)


def feed_of(reference: Reference, pool: str) -> ShopRef | None:
    """The first of the pool's active warehouse feeds, by name."""
    feeds = [shop.ref for shop in list(reference.shops.values()) if shop.active and (shop.ref.channel, shop.ref.pool) == (FEED, pool)]
    return min(feeds, key=lambda ref: ref.shop, default=None)
