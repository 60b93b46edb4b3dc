"""The schema is brought up to date once, in order, and never behind anyone's back."""

from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from analytics.facts import FACTS, SUMS
from analytics.migrate import SchemaError, migrate, read_migrations, statements


def write(folder: Path, **files: str) -> Path:
    for name, text in files.items():
        (folder / f"{name.removeprefix('f')}.sql").write_text(text)
    return folder


def test_each_file_is_applied_once_and_in_order(empty_client: Any, tmp_path: Path) -> None:
    write(
        tmp_path,
        f0001_tea="CREATE TABLE tea (a Int64) ENGINE = Memory",
        f0002_leaf="INSERT INTO tea VALUES (1); INSERT INTO tea VALUES (2);",
    )
    assert migrate(empty_client, tmp_path) == ["0001_tea", "0002_leaf"]
    assert migrate(empty_client, tmp_path) == []
    assert empty_client.query("SELECT sum(a) FROM tea").result_rows == [(3,)]


def test_a_new_file_alone_is_applied_later(empty_client: Any, tmp_path: Path) -> None:
    migrate(empty_client, write(tmp_path, f0001_tea="CREATE TABLE tea (a Int64) ENGINE = Memory"))
    assert migrate(empty_client, write(tmp_path, f0002_leaf="INSERT INTO tea VALUES (5)")) == ["0002_leaf"]


def test_a_gap_between_files_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SchemaError, match="0002 is missing"):
        read_migrations(write(tmp_path, f0001_tea="SELECT 1", f0003_leaf="SELECT 1"))


def test_our_own_files_follow_each_other() -> None:
    assert len(read_migrations()) >= 13


def test_a_file_named_otherwise_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SchemaError, match="not named like"):
        read_migrations(write(tmp_path, fnotes="SELECT 1"))


def test_an_edit_of_an_applied_file_is_refused(empty_client: Any, tmp_path: Path) -> None:
    migrate(empty_client, write(tmp_path, f0001_tea="CREATE TABLE tea (a Int64) ENGINE = Memory"))
    with pytest.raises(SchemaError, match="was changed after"):
        migrate(empty_client, write(tmp_path, f0001_tea="CREATE TABLE tea (b Int64) ENGINE = Memory"))


def test_a_database_of_a_newer_version_is_refused(empty_client: Any, tmp_path: Path) -> None:
    migrate(empty_client, write(tmp_path, f0001_tea="SELECT 1", f0002_leaf="SELECT 1"))
    (tmp_path / "0002_leaf.sql").unlink()
    with pytest.raises(SchemaError, match="newer version"):
        migrate(empty_client, tmp_path)


def test_statements_end_at_semicolons_and_lose_their_comments() -> None:
    assert statements("-- one; not two\nSELECT 1 -- tail\n;\n\nSELECT 2;\n") == ["SELECT 1", "SELECT 2"]


def test_what_the_log_of_decisions_says_again_is_dropped_and_the_rest_is_kept(empty_client: Any, tmp_path: Path) -> None:
    """Dead letters are deleted from Kafka in time; decisions never are."""
    for migration in read_migrations()[:8]:
        (tmp_path / f"{migration.number:04d}_{migration.name}.sql").write_text(migration.text, encoding="utf-8")
    migrate(empty_client, tmp_path)
    empty_client.command("INSERT INTO decisions (k_topic, k_off, order_id) VALUES ('decisions', 7, 'leaf/leaf-web/1')")
    empty_client.command("INSERT INTO moves (k_topic, k_off, sku, quantity) VALUES ('decisions', 7, 'PUER-CAKE', 3)")
    empty_client.command("INSERT INTO dead_letters (k_topic, k_off, code) VALUES ('dead-letters', 1, 'bad_json')")
    assert migrate(empty_client) == [f"{migration.number:04d}_{migration.name}" for migration in read_migrations()[8:]]
    for name, rows in (("decisions", 0), ("moves", 0), ("stock", 0), ("dead_letters", 1)):
        assert empty_client.query(f"SELECT count() FROM {name}").result_rows == [(rows,)], name


def test_facts_have_exactly_the_columns_of_their_tables(client: Any) -> None:
    for name, fact in {**FACTS, **SUMS}.items():
        kinds = {column: kind for column, kind, *_ in client.query(f"DESCRIBE TABLE {name}").result_rows}
        assert sorted(kinds) == sorted(fact.names), name
        for field in fact:
            kind = kinds[field.name]
            assert pa.types.is_dictionary(field.type) == kind.startswith("LowCardinality"), (name, field.name)
            assert kind.startswith("Nullable") or "String" in kind or not pa.types.is_string(field.type), (name, field.name)


def test_every_table_that_is_inserted_into_remembers_the_tokens_of_its_batches(client: Any) -> None:
    for name in (*FACTS, *SUMS):
        ddl = client.command(f"SHOW CREATE TABLE {name}")
        assert "non_replicated_deduplication_window = 10000" in ddl, name
