"""The whole edge of a pool, without a wire: a shop on its platform before it, warehouses and carriers behind it, everybody in words of
their own. What goes out is what partners are sent; what comes in is signed, received, parsed and normalized like any hook."""

import heapq
from collections.abc import Iterator
from itertools import count
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from connectors.contract import Fulfilment, Millis, RawRecord, Received, ShopRef, Webhook
from connectors.forms import FORMS
from connectors.partner import Delivery, Partner
from connectors.partner_qimen import account_of
from connectors.registry import channels
from deploy.warehouse.habits import Habits
from deploy.warehouse.hearing import Request, qimen, webhook
from deploy.warehouse.plan import plan
from deploy.warehouse.saying import Said, to_feed, to_qimen
from deploy.warehouse.words import Ask, Job, Word
from streams.commands import encode_command
from streams.decisions import Decision, decode_decision
from streams.reference import NodeRecord, ShopRecord
from streams.rules.fulfil import fulfil
from streams.rules.normalize import normalize
from tests.connectors.cases import NOON
from tests.histories.spoken import said
from tests.histories.window import FEEDS, Message, feed
from tests.story import POOL
from tests.test_journeys import SECRET, Platform

LANTERN = {"app_key": "21000001", "customer": "c-lantern", "owner": "LANTERN"}


class Edge(Platform):
    """Shop `web` on its platform; a feed of each form, called as the form is."""

    def __init__(self, channel: str, stock: dict[str, dict[str, int]]) -> None:
        super().__init__(channel, stock)
        kiosk = ShopRef(tenant="acme", shop="kiosk", channel="canonical", pool=POOL)
        self.reference.apply(ShopRecord(ref=kiosk, segment="b2c", unknown_listing="as_sku"))
        self.story.shop("kiosk")
        for form in FEEDS:
            self.reference.apply(ShopRecord(ref=ShopRef(tenant="acme", shop=form, channel=form, pool=POOL)))
        for node in stock:
            self.reference.apply(NodeRecord(node=node, pool=POOL))
        self._documents = count(1)

    # ------------------------------------------------------------------------------------------ what is told in
    def document(self, form: str, **told: Any) -> list[str]:
        """The kinds of events that follow from a `message`."""
        return self.heard(self.message(form, **told))

    def message(self, form: str, **told: Any) -> Message:
        """A document of the warehouse feed, under a number of its own, in the words of `form`, or in the feed's where it has none."""
        number = next(self._documents)
        told = {"document": f"D-{number}"} | told
        return said(form, told, number, "") or feed(told)

    def kiosk(self, **told: Any) -> list[str]:
        """What a shop of our own tells, in the canonical form."""
        return self.heard(Message("canonical", told["type"], feed(told).body), "kiosk")

    def heard(self, message: Message, shop: str = "") -> list[str]:
        return [type(event).__name__ for decision in self.hear(message, shop) for event in decision.events]

    def hear(self, message: Message, shop: str = "") -> list[Decision]:
        raw = RawRecord(
            tenant="acme",
            shop=shop or message.channel,
            channel=message.channel,
            kind=message.kind,
            external_id="1",
            delivery_id="d-1",
            received_at=Millis(NOON),
            body=message.body,
        )
        commands = normalize(raw, self.story.cause()[:3], self.reference, channels(), lambda person: "")
        assert isinstance(commands, tuple), (message, commands)
        return [self.story.send(encode_command(command)) for command in commands]

    # ------------------------------------------------------------------------------------------ what is told out
    def told(self, since: int = 0) -> Iterator[Fulfilment]:
        """What fulfilments say of the decisions from the one of this number on."""
        for record in self.story.records[since:]:
            yield from fulfil(decode_decision(record), 0)


class Houses:
    """Simulated warehouses at the edge, one partner for each node, whose form is given; they live on until nothing is left to say."""

    def __init__(self, edge: Edge, forms: dict[str, str], habits: Habits) -> None:
        self.edge, self.habits = edge, habits
        self.partners = {
            node: Partner(name=node, url=f"https://{node}.example", secret=SECRET, form=form, nodes=(node,), options=LANTERN)
            for node, form in forms.items()
        }
        self.jobs: dict[str, Job] = {}
        self.asks: dict[str, list[Ask]] = {}
        self.said: set[str] = set()
        self._read = 0

    def live(self) -> list[Fulfilment]:
        """What they were told meanwhile."""
        told: list[Fulfilment] = []
        at = NOON
        while True:
            news, self._read = [*self.edge.told(self._read)], len(self.edge.story.records)
            for fulfilment in news:
                self._take(fulfilment, at)
            told += news
            if (due := self._next()) is None:
                return told
            word, job = due
            at = Millis(max(at, word.at))
            self.said.add(word.name)
            self._say(word, job)

    def _take(self, told: Fulfilment, at: Millis) -> None:
        partner = self.partners[told.node]
        asked = FORMS[partner.form].request(Delivery(fulfilment=told, recipient=None, at=at, decided_at=at), partner)
        headers = {name.lower(): value for name, value in asked.headers.items()}
        request = Request(headers, dict(parse_qsl(urlsplit(asked.url).query)), asked.body)
        heard = qimen(request, partner, at, self.jobs) if partner.form == "qimen" else webhook(request, partner, at)
        if isinstance(heard, Job):
            self.jobs[heard.id] = heard
        elif isinstance(heard, Ask):
            self.asks.setdefault(heard.id, []).append(heard)

    def _next(self) -> tuple[Word, Job] | None:
        words = [
            (word.at, word.name, word, job)
            for job in self.jobs.values()
            for word in plan(job, self.asks.get(job.id, ()), self.habits)
            if word.name not in self.said
        ]
        return heapq.nsmallest(1, words, key=lambda found: found[:2])[0][2:] if words else None

    def _say(self, word: Word, job: Job) -> None:
        """As often as the habits have it."""
        partner = self.partners[job.node]
        form = "qimen" if partner.form == "qimen" else "warehouse"
        message = (to_qimen(word, job, form, SECRET, account_of(LANTERN)) if form == "qimen" else None) or to_feed(
            word, job, "warehouse", SECRET
        )
        for _ in range(1 + (self.habits.chance(word.name, "duplicate") < self.habits.duplicate)):
            self.edge.hear(received(message))


def received(told: Said) -> Message:
    """A request to the gateway, its signature checked by the channel."""
    url = urlsplit(told.path)
    channel = url.path.split("/")[2]
    headers = {name.lower(): value for name, value in told.headers.items()}
    found = channels()[channel].receive(Webhook(headers, told.body, dict(parse_qsl(url.query))), SECRET)
    assert isinstance(found, Received), found
    return Message(channel, found.kind, told.body)
