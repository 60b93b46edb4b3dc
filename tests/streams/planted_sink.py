"""Bugs of the sink."""

from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from analytics import store as stores
from analytics.cuts import Buffer, Cut, Received
from analytics.facts import SUMS
from analytics.sink import Sink
from analytics.store import Store
from tests.streams.planted import found_within


@found_within(5, "clickhouse", since=21)
def the_end_of_a_cut_is_committed_before_it_is_inserted(patch: pytest.MonkeyPatch) -> None:
    def write(sink: Sink, cut: Cut, records: Sequence[Received]) -> None:
        tables = sink._feeds[cut.topic].tables(cut, records)
        sink._commit(cut, cut.end, "")
        sink._store.insert(cut, tables)

    patch.setattr(Sink, "_write", write)


@found_within(5, "clickhouse", since=9)
def a_cut_is_not_written_down(patch: pytest.MonkeyPatch) -> None:
    def write(sink: Sink, cut: Cut, records: Sequence[Received]) -> None:
        sink._store.insert(cut, sink._feeds[cut.topic].tables(cut, records))
        sink._commit(cut, cut.end, "")

    patch.setattr(Sink, "_write", write)


@found_within(30, "clickhouse")
def a_cut_is_written_down_after_it_was_inserted(patch: pytest.MonkeyPatch) -> None:
    def write(sink: Sink, cut: Cut, records: Sequence[Received]) -> None:
        sink._store.insert(cut, sink._feeds[cut.topic].tables(cut, records))
        sink._commit(cut, cut.start, cut.note)
        sink._commit(cut, cut.end, "")

    patch.setattr(Sink, "_write", write)


@found_within(5, "clickhouse", since=9)
def a_pending_cut_is_cut_anew(patch: pytest.MonkeyPatch) -> None:
    patch.setattr("analytics.sink.pending_end", lambda note: None)


@found_within(30, "clickhouse")
def a_pending_cut_ends_with_what_has_come(patch: pytest.MonkeyPatch) -> None:
    def again(buffer: Buffer, end: int) -> tuple[Cut, list[Received]]:
        buffer._pending = None
        return buffer._take(buffer.next, list(buffer._records))

    patch.setattr(Buffer, "_cut_again", again)


@found_within(5, "clickhouse", since=31)
def an_insert_that_failed_is_passed_over(patch: pytest.MonkeyPatch) -> None:
    def insert(store: Store, cut: Cut, tables: Mapping[str, Any]) -> None:
        for name, table in tables.items():
            try:
                store._client.insert_arrow(name, table, settings=store._settings | {"insert_deduplication_token": cut.token})
            except Exception:
                continue

    patch.setattr(Store, "insert", insert)


@found_within(30, "clickhouse")
def each_try_has_a_token_of_its_own(patch: pytest.MonkeyPatch) -> None:
    tries = 0

    def token(cut: Cut) -> str:
        nonlocal tries
        tries += 1
        return f"{cut.topic}:{cut.partition}:{cut.start}:{cut.end}:{tries}"

    patch.setattr(Cut, "token", property(token))


@found_within(30, "clickhouse")
def all_partitions_have_the_same_tokens(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Cut, "token", property(lambda cut: f"{cut.topic}:{cut.start}:{cut.end}"))


@found_within(30, "clickhouse")
def a_batch_adds_to_the_sums_whenever_it_comes(patch: pytest.MonkeyPatch) -> None:
    taken: dict[Cut, int] = {}

    def insert(store: Store, cut: Cut, tables: Mapping[str, Any]) -> None:
        taken[cut] = taken.get(cut, 0) + 1
        for name, table in tables.items():
            token = f"{cut.token}:{taken[cut]}" if name in SUMS else cut.token
            store._client.insert_arrow(name, table, settings=store._settings | {"insert_deduplication_token": token})

    patch.setattr(Store, "insert", insert)


@found_within(30, "clickhouse")
def inserts_are_left_to_the_servers_default(patch: pytest.MonkeyPatch) -> None:
    settings = {"deduplicate_insert": "enable"}
    patch.setattr(stores, "INSERT_SETTINGS", settings)


@found_within(30, "clickhouse")
def a_refused_note_is_no_reason_to_stop(patch: pytest.MonkeyPatch) -> None:
    def commit(sink: Sink, cut: Cut, offset: int, note: str) -> None:
        try:
            whole(sink, cut, offset, note)
        except Exception:
            return

    whole = Sink._commit
    patch.setattr(Sink, "_commit", commit)
