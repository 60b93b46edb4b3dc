"""Brings a ClickHouse server or chDB to the schema of this version: plain numbered SQL files, each applied once and remembered."""

import hashlib
import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from analytics.store import Unfit

SCHEMA = Path(__file__).parent / "schema"

_BOOK = """CREATE TABLE IF NOT EXISTS schema_migrations
(number UInt32, name String, hash String, applied_at DateTime64(3, 'UTC') DEFAULT now64(3))
ENGINE = MergeTree ORDER BY number"""


class Migration(NamedTuple):
    number: int
    name: str
    text: str

    @property
    def hash(self) -> str:
        return hashlib.sha256(self.text.encode()).hexdigest()


class SchemaError(Unfit):
    """The schema files and what was applied do not fit together; the message says what to do."""


def read_migrations(folder: Path = SCHEMA) -> list[Migration]:
    """`0001_name.sql` upwards. Raises SchemaError over a gap or a file named otherwise."""
    found = []
    for path in sorted(folder.glob("*.sql")):
        if not (match := re.fullmatch(r"(\d{4})_(\w+)\.sql", path.name)):
            raise SchemaError(f"{path.name} is not named like 0001_what.sql")
        found.append(Migration(int(match[1]), match[2], path.read_text(encoding="utf-8")))
    for expected, migration in enumerate(found, 1):
        if migration.number != expected:
            raise SchemaError(
                f"schema file {expected:04d} is missing: {migration.number:04d}_{migration.name}.sql follows after a gap or twice"
            )
    return found


def statements(text: str) -> list[str]:
    """The statements of a file, without `--` comments. Split here, because servers take one statement a request."""
    bare = re.sub(r"--[^\n]*", "", text)
    return [statement.strip() for statement in bare.split(";") if statement.strip()]


def pending(files: Sequence[Migration], applied: Iterable[tuple[int, str, str]]) -> list[Migration]:
    """The files still to apply, given (number, name, hash) of the applied ones. Raises SchemaError over an edited or vanished file."""
    known = {migration.number: migration for migration in files}
    done = set()
    for number, name, digest in applied:
        migration = known.get(number)
        if migration is None:
            raise SchemaError(f"the database has schema {number:04d}_{name}, which this version does not know: run a newer version on it")
        if migration.hash != digest:
            raise SchemaError(f"{number:04d}_{name}.sql was changed after it was applied: restore it, and put the change into a new file")
        done.add(number)
    return [migration for migration in files if migration.number not in done]


def migrate(client: Any, folder: Path = SCHEMA) -> list[str]:
    """Apply what is missing; returns the names applied. A file cut off by a crash is applied again from its start, which is why
    its statements say IF NOT EXISTS."""
    client.command(_BOOK)
    applied = client.query("SELECT number, name, hash FROM schema_migrations ORDER BY number").result_rows
    todo = pending(read_migrations(folder), applied)
    for migration in todo:
        for statement in statements(migration.text):
            client.command(statement)
        # remembered last, so that a crash before this line only means doing it again
        client.insert("schema_migrations", [(migration.number, migration.name, migration.hash)], column_names=["number", "name", "hash"])
    return [f"{migration.number:04d}_{migration.name}" for migration in todo]
