"""What the checker remembers of orders lies in a file; what it needs to find it there stays small."""

from hypothesis import given, settings
from hypothesis import strategies as st

from streams.checks.store import IN_MEMORY, Store
from streams.checks.table import ABSENT, Table

keys = st.text(max_size=8)


@settings(max_examples=80, deadline=None, derandomize=True, database=None)
@given(st.lists(st.tuples(keys, st.binary(max_size=40))), keys)
def test_a_store_gives_back_what_was_put_last(puts: list[tuple[str, bytes]], other: str) -> None:
    store, expected = Store(), dict[str, bytes]()
    for key, value in puts:
        store.put(key, value)
        expected[key] = value

    for key in [*expected, other]:
        assert store.get(key) == expected.get(key)
        assert store.has(key) == (key in expected)


def test_what_was_written_out_and_what_was_not_yet_is_found_alike() -> None:
    store, big = Store(), bytes(IN_MEMORY // 3)
    for number in range(10):
        store.put(str(number), bytes([number]) + big)
    store.put("3", b"changed")

    assert store.get("3") == b"changed"
    assert all(store.get(str(number)) == bytes([number]) + big for number in (0, 1, 2, 4, 9))


def test_a_table_grows_with_what_it_holds() -> None:
    table = Table()
    for number in range(50_000):
        assert table.put(f"order-{number}", number) == ABSENT

    assert all(table.get(f"order-{number}") == number for number in range(50_000))
    assert table.get("order-50000") == ABSENT
    assert table.put("order-7", 9) == 7
