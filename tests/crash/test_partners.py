"""The proof about partners finds what it is there to find: each damage to a warehouse's journal, or to what came of its words."""

import json
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

import msgspec
import pytest

from connectors.partner import Partner, event_id
from deploy.secrets import ShopSecrets
from deploy.warehouse.books import Entry, Told
from deploy.warehouse.habits import Habits
from deploy.warehouse.plan import plan
from deploy.warehouse.telling import Feeds
from deploy.warehouse.words import Ask, Job, Left, Word, units
from streams.read import MemoryLog
from tests.conftest import make_settings
from tests.crash.partners import look_at_partners
from tests.story import line, one_shop
from tests.streams.logs import Logs

WMS = Partner(name="north-wms", url="http://127.0.0.1:8700/north-wms", secret=b"lapsang", nodes=("hamburg",))
HABITS = Habits(parcels=0.0)
Entries = list[Entry]
Kept = set[bytes]


class Shop:
    """Two orders that left by the book, and what the journal and `raw` say of them."""

    def __init__(self, home: Path) -> None:
        self.settings = make_settings(home=home)
        story = one_shop({"hamburg": {"ASSAM": 9}})
        for number in ("1", "2"):
            story.place(number, line("ASSAM", 2))
            story.ship(story.fulfilment(number))
        logs = Logs(story)
        self.log = MemoryLog(logs.topics())
        self.entries: Entries = [
            Job(
                event=event_id(told), id=told.id, partner=WMS.name, node=told.node, shop=told.shop, order=told.order, lines=told.lines, at=1
            )
            for told in logs.told
        ]
        self.words: dict[str, list[Word]] = {job.id: plan(job, (), HABITS) for job in self.entries if isinstance(job, Job)}
        self.entries += [Told(id, word.name) for id, words in self.words.items() for word in words]
        for folder, secret in ((self.settings.partners_file.parent, "secret"), (self.settings.secrets_dir, WMS.name)):
            folder.mkdir(parents=True)
            (folder / secret).write_bytes(WMS.secret)
        told = [{"partner": WMS.name, "url": WMS.url, "nodes": ["hamburg"], "secret_file": "secret"}]
        self.settings.partners_file.write_text(json.dumps(told))
        self.kept = self._bodies()

    def _bodies(self) -> Kept:
        feeds = Feeds("{partner}", "", ShopSecrets(self.settings.secrets_dir).signing, {WMS.name: WMS})
        jobs = [job for job in self.entries if isinstance(job, Job)]
        said = [feeds.said(word, job, list) for job in jobs for word in self.words[job.id]]
        return {sha256(one.body).digest() for one in said if one}

    def wrong(self) -> list[str]:
        journal = self.settings.home / "warehouse.jsonl"
        journal.write_bytes(b"".join(msgspec.json.encode(entry) + b"\n" for entry in self.entries))
        return list(look_at_partners(self.settings, self.log, self.kept, HABITS).wrong)


def test_what_was_taken_once_and_told_whole_is_right(tmp_path: Path) -> None:
    shop = Shop(tmp_path)

    assert shop.wrong() == []
    left = [word for words in shop.words.values() for word in words if isinstance(word, Left)]
    assert [units(word.lines) for word in left] == [{"ASSAM": 2}] * 2


def taken_twice(shop: Shop) -> None:
    shop.entries.append(shop.entries[0])


def told_twice(shop: Shop) -> None:
    shop.entries.append(shop.entries[-1])


def never_reached(shop: Shop) -> None:
    gone = shop.entries.pop(0)
    shop.entries = [entry for entry in shop.entries if getattr(entry, "id", "") != gone.id]


def never_decided(shop: Shop) -> None:
    shop.entries.append(Ask(event="0-999-0", id="F?", lines=(), at=2))


def never_told(shop: Shop) -> None:
    shop.entries.pop()


def not_in_raw(shop: Shop) -> None:
    shop.kept.pop()


def left_and_not_booked(shop: Shop) -> None:
    first = shop.entries[0]
    assert isinstance(first, Job)
    more = tuple(msgspec.structs.replace(line, quantity=3) for line in first.lines)
    shop.entries[0] = msgspec.structs.replace(first, lines=more)


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (taken_twice, "took effect twice"),
        (told_twice, "took effect twice"),
        (never_reached, "did not reach their partner"),
        (never_decided, "were never decided"),
        (never_told, "were never taken"),
        (not_in_raw, "are not in raw"),
        (left_and_not_booked, "is not what is booked"),
    ],
)
def test_each_damage_is_found(tmp_path: Path, damage: Callable[[Shop], None], said: str) -> None:
    shop = Shop(tmp_path)
    damage(shop)

    assert [sentence for sentence in shop.wrong() if said in sentence]
