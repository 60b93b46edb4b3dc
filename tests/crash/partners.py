"""The other side's word: by the warehouses' journal each fulfilment reached its partner and took effect there once, and none is missing."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from hashlib import sha256

import msgspec

from connectors.contract import Fulfilment
from connectors.partner import event_id
from deploy.business.partners import read_partners
from deploy.delivering import STAGE
from deploy.secrets import ShopSecrets
from deploy.settings import Settings
from deploy.warehouse.books import Books, Entry, Told
from deploy.warehouse.habits import Habits
from deploy.warehouse.telling import Feeds
from deploy.warehouse.words import Ask, Job, Left, Word, units
from streams.deadletter import decode_dead_letter
from streams.decisions import decode_decision
from streams.read import Log
from streams.topics import DEAD_LETTERS, DECISIONS, FULFILMENTS
from tables.events import FoundShipped, Shipped

_entry: msgspec.json.Decoder[Entry] = msgspec.json.Decoder(Entry)
_fulfilment = msgspec.json.Decoder(Fulfilment)
Units = Counter[tuple[str, str]]  # (fulfilment, SKU)
Words = Mapping[str, Mapping[str, Word]]  # fulfilment -> name -> word


class Partners(msgspec.Struct, frozen=True):
    """`told`: words of theirs that were taken. `wrong`: a sentence for each thing that is not as it must be."""

    told: int
    wrong: tuple[str, ...]


def look_at_partners(settings: Settings, log: Log, kept: set[bytes], habits: Habits) -> Partners:
    """`kept`: digests of the bodies that are in `raw`. The warehouses must have nothing to do: within a second all is in their journal."""
    entries = [_entry.decode(line) for line in (settings.home / "warehouse.jsonl").read_bytes().splitlines()]
    due = {event_id(told): told for told in map(_fulfilment.decode, _values(log, FULFILMENTS.name))}
    books = Books(habits)
    for entry in entries:
        books.fold(entry)
    words = {id: {word.name: word for word in books.words(id)} for id in books.jobs}
    wrong = [*_once(entries), *_reached(entries, due, _letters(log)), *_in_raw(settings, entries, books.jobs, words, kept)]
    left, booked = _left(words), _booked(log)
    if left != booked:
        wrong.append(
            f"what left by the journal is not what is booked: {_some(left - booked)} more left, {_some(booked - left)} more booked"
        )
    return Partners(sum(isinstance(entry, Told) for entry in entries), tuple(wrong))


def _once(entries: Iterable[Entry]) -> Iterator[str]:
    """By event, by fulfilment, and by word of a fulfilment."""
    seen: Counter[tuple[str, ...]] = Counter()
    for entry in entries:
        match entry:
            case Job(event=event, id=id):
                seen.update([("event", event), ("fulfilment", id)])
            case Ask(event=event):
                seen["event", event] += 1
            case Told(id=id, name=name):
                seen["word", id, name] += 1
    if twice := [what for what, times in seen.items() if times > 1]:
        yield f"{len(twice)} things took effect twice at a partner, such as {twice[0]}"


def _reached(entries: Iterable[Entry], due: Mapping[str, Fulfilment], letters: set[str]) -> Iterator[str]:
    """Qimen names a message by the order's code, and cannot say that a part of an order is not wanted: that is a dead letter."""
    taken = {entry.event for entry in entries if isinstance(entry, Job | Ask)}
    names = {"FulfilmentOrdered": "create", "FulfilmentCancelled": "cancel"}
    missing = [event for event, told in due.items() if not taken & {event, f"{names[told.type]}/{told.id}"} and event not in letters]
    if missing:
        yield f"{len(missing)} of {len(due)} fulfilments did not reach their partner, such as {missing[0]}"
    known = {*due, *(f"{names[told.type]}/{told.id}" for told in due.values())}
    if strange := taken - known:
        yield f"{len(strange)} things reached a partner and were never decided, such as {min(strange)}"


def _in_raw(settings: Settings, entries: Iterable[Entry], jobs: Mapping[str, Job], words: Words, kept: set[bytes]) -> Iterator[str]:
    """Each word that was taken is there, byte by byte, and nothing else was said."""
    partners = {partner.name: partner for partner in read_partners(settings.partners_file)}
    feeds = Feeds("{partner}", "", ShopSecrets(settings.secrets_dir).signing, partners)
    told = {(entry.id, entry.name) for entry in entries if isinstance(entry, Told)}
    lost = []
    for id, name in sorted(told):
        word = words[id].get(name)
        if word is None:
            lost.append(f"{name}, which its journal does not explain")
        elif (said := feeds.said(word, jobs[id], list)) and sha256(said.body).digest() not in kept:
            lost.append(name)
    due = {(id, name) for id, of_it in words.items() for name in of_it}
    if unsaid := due - told:
        yield f"{len(unsaid)} words of warehouses were never taken, such as {min(unsaid)}"
    if lost:
        yield f"{len(lost)} words of warehouses were taken and are not in raw, such as {lost[0]}"


def _left(words: Words) -> Units:
    """What warehouses handed over."""
    found: Units = Counter()
    for id, of_it in words.items():
        for word in of_it.values():
            if isinstance(word, Left):
                found.update({(id, sku): quantity for sku, quantity in units(word.lines).items()})
    return found


def _booked(log: Log) -> Units:
    found: Units = Counter()
    for value in _values(log, DECISIONS.name):
        for event in decode_decision(value).events:
            if isinstance(event, Shipped | FoundShipped):
                for row in event.rows:
                    found[event.fulfilment, row.sku] += row.quantity
    return found


def _letters(log: Log) -> set[str]:
    """Events that cannot be said in Qimen; any other that is a dead letter is missing."""
    letters = [letter for value in _values(log, DEAD_LETTERS.name) if (letter := decode_dead_letter(value)).stage == STAGE]
    return {event_id(_fulfilment.decode(letter.body())) for letter in letters if letter.code == "part_of_an_order"}


def _values(log: Log, topic: str) -> Iterator[bytes]:
    for batch in log.read(topic, log.low(topic), log.ends(topic)):
        yield from (record.value for record in batch)


def _some(counted: Units) -> str:
    return f"{counted.total()} ({', '.join(f'{fulfilment} {sku}' for fulfilment, sku in [*counted][:3])})"
