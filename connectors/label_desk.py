"""Asks for the label of what a partner is told to ship, tells the log what was bought, and hands it on to the courier.

A label is known by its parcel for ever: the fulfilment, or the group of those that leave together. Whatever dies on the way, whoever
begins anew asks under the same name, and finds what was bought.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from weakref import WeakValueDictionary

import msgspec

from connectors.contract import Fulfilment, Millis, Person, RawRecord, ShopRef
from connectors.courier import UNSEALABLE
from connectors.label_note import label_note
from connectors.labels import Label, LabelRefused, LabelRequest, Seller
from connectors.partner import WHOLE, Again, Partner, Refused
from connectors.persistent import Persistent

log = logging.getLogger(__name__)

_NO_FEED = Refused(
    "no_label_feed", "No shop of channel warehouse is active in its pool, through which the log hears of labels: import one."
)


class Surroundings(msgspec.Struct, frozen=True, kw_only=True):
    """`feed`: through which a pool hears of labels, None where it has none. `publish` raises ConnectionError while the record is not
    acknowledged. `open` as a courier's, and `random`."""

    open: Callable[[str], Person]
    feed: Callable[[str], ShopRef | None]
    publish: Callable[[RawRecord], Awaitable[None]]
    random: Callable[[], float]


class LabelDesk:
    """One partner's. Who sells labels being away keeps nobody waiting but what needs one."""

    def __init__(self, partner: Partner, seller: Seller, around: Surroundings) -> None:
        assert partner.labels is not None  # a partner without has no desk
        self._terms = partner.labels
        self._seller = seller
        self._around = around
        self._persistent = Persistent(f"{partner.name}/labels", partner, around.random)
        self._asking: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def label(self, fulfilment: Fulfilment, decided_at: Millis) -> Label | Refused | None:
        """None: nobody was chosen to carry it, the shop sent no recipient, or somebody buys it by hand."""
        if fulfilment.type != "FulfilmentOrdered" or not (fulfilment.carrier and fulfilment.recipient):
            return None
        feed = self._around.feed(fulfilment.pool)
        if feed is None:
            return _NO_FEED
        return await self._persistent.ask(lambda: self._obtain(fulfilment, feed, decided_at))

    async def give_back(self, fulfilment: Fulfilment) -> None:
        """The label of what will not leave at all. A parcel of several fulfilments keeps its own. What fails is in the log for a person;
        the cancel itself has been delivered."""
        if fulfilment.type != "FulfilmentCancelled" or not fulfilment.final or fulfilment.reason not in WHOLE:
            return
        ended = await self._persistent.ask(lambda: self._returned(fulfilment.id))
        if isinstance(ended, Refused):
            log.error("ALARM: the label of %s is not given back, %s: ask EasyPost, or its carrier", fulfilment.id, ended.code)

    async def _returned(self, reference: str) -> Again | Refused | None:
        try:
            said = await self._seller.give_back(reference)
        except ConnectionError as away:
            return Again(f"of labels: {away}")
        return _refused(said) if said else None

    async def _obtain(self, fulfilment: Fulfilment, feed: ShopRef, decided_at: Millis) -> Label | Again | Refused | None:
        try:
            request = self._request(fulfilment, self._around.open(fulfilment.recipient))
        except ConnectionError as away:
            return Again(str(away))
        except ValueError:
            return UNSEALABLE
        try:
            # the fulfilments of one parcel are told one after the other, and it has one label
            async with self._asking.setdefault(request.reference, asyncio.Lock()):
                said = await self._seller.buy(request)
            if isinstance(said, Label):
                await self._around.publish(label_note(feed, fulfilment, said, decided_at))
        except ConnectionError as away:
            return Again(f"of labels: {away}")
        return _refused(said) if isinstance(said, LabelRefused) else said

    def _request(self, fulfilment: Fulfilment, recipient: Person) -> LabelRequest:
        return LabelRequest(
            reference=fulfilment.group or fulfilment.id,
            carrier=fulfilment.carrier,
            service=fulfilment.service,
            grams=fulfilment.grams,
            sender=self._terms.sender,
            sender_region=self._terms.sender_region,
            recipient=recipient,
            recipient_region=fulfilment.region,
        )


def _refused(said: LabelRefused) -> Again | Refused:
    if said.passing:
        return Again(f"no label ({said.code})")
    sentence = (
        f"There is no label for it ({said.code}): put carriers.yaml, the sender or the account right; or buy it by hand and tell the node."
    )
    return Refused(f"label_{said.code}", sentence)
