"""The architecture, and what keeps it. Read the tables; the tests below them only compare the source with them."""

import ast
import os.path

import pytest

import tables
from tests.source import PACKAGES, ROOT, Module, modules, within

# Which packages know which: facts know nothing, the outside world knows nothing of the inside, and only `deploy` knows all.
MAY_IMPORT: dict[str, tuple[str, ...]] = {
    "tables": (),
    "connectors": (),
    "streams": ("tables", "connectors.contract", "connectors.registry"),
    "analytics": ("tables.events", "streams.decisions", "streams.topics", "streams.deadletter"),
    "deploy": ("tables", "connectors", "streams", "analytics"),
}

# Inside `streams` each floor stands on those below it: records, choice, one partition's decisions, what reads and writes, the stages,
# their hosts, the process.
STREAMS: tuple[tuple[str, ...], ...] = (
    ("topics", "commands", "decisions", "deadletter", "reference"),
    ("rules",),
    ("compiled", "quick", "ledger"),
    ("fatal", "metrics", "read", "follow", "produce", "intake", "snapshots"),
    ("agents",),
    ("spans", "transport", "app", "fenced"),
    ("worker",),
)
# … and beside them stand those that only read what the others left.
BESIDE = (
    "check",
    "checks",
    "replay",
    "explain",
    "finding",
    "critical_path",
    "attribution",
    "parcels",
    "purchases",
    "letters",
    "redelivery",
    "simulation",
    "simulate",
)

# Where each client library lives. Whoever else needs one is handed it.
HOMES: dict[str, tuple[str, ...]] = {
    "faust": ("streams.app", "streams.transport"),
    "mode": ("streams.app", "streams.transport"),
    "aiokafka": ("streams.app", "streams.transport", "streams.spans"),
    "confluent_kafka": (
        "connectors.publish",
        "connectors.poll",
        "streams.fenced",
        "streams.follow",
        "streams.produce",
        "streams.read",
        "streams.worker",
        "streams.check",
        "streams.simulation",
        "analytics.sink",
        "analytics.peek",
        "deploy",
    ),
    "fsspec": ("streams.snapshots",),
    "greenlet": ("streams.simulation",),
    "clickhouse_connect": ("analytics", "deploy.clients"),
    "chdb": ("analytics", "deploy.clients"),
    "os.environ": ("deploy.settings",),
    "os.getenv": ("deploy.settings",),
}

# Pure: the same input gives the same output for ever, so that a log replays to the byte. No clock, no chance, no environment.
PURE = (
    "tables",
    *(f"streams.{name}" for name in STREAMS[0]),
    "streams.rules",
    "streams.ledger",
    "connectors.contract",
    "connectors.channels",
    *("connectors.tracking", "connectors.labels", "connectors.easypost_labels", "connectors.easypost_refunds", "connectors.label_note"),
    *("connectors.partner", "connectors.partner_webhook", "connectors.partner_qimen", "connectors.forms", "connectors.routes"),
    *("connectors.lanes", "connectors.patience", "connectors.x12", "connectors.qimen", "connectors.qimen_form", "connectors.xml_tree"),
    *(f"deploy.warehouse.{name}" for name in ("habits", "words", "plan", "books", "hearing", "saying", "qimen_words")),
)
IMPURE = (
    *("time.time", "time.time_ns", "time.monotonic", "time.monotonic_ns", "time.perf_counter", "time.perf_counter_ns", "time.sleep"),
    *("datetime.now", "datetime.utcnow", "datetime.today", "date.today"),
    *("random", "secrets", "uuid.uuid1", "uuid.uuid4", "os.urandom"),
)
# Differ from one process to the next.
UNSTABLE_CALLS = ("hash", "id")

LONGEST_FILE = 300
# Lists, not code: everything that can happen, everything that can be asked, everything that crosses the border. One place to
# read each is the point of them.
CATALOGUES = ("tables/events.py", "streams/commands.py", "connectors/contract.py")


def imported(module: Module) -> list[tuple[str, str]]:
    """(module, where) of what is imported from our own packages."""
    return [(name, where(module, line)) for name, line in module.imports() if within(name, PACKAGES)]


def where(module: Module, line: int) -> str:
    return f"{module.path.relative_to(ROOT)}:{line}"


@pytest.mark.parametrize("package", PACKAGES)
def test_a_package_knows_only_those_below_it(package: str) -> None:
    allowed = (package, *MAY_IMPORT[package])

    broken = [
        f"{at} imports {name}"
        for module in modules()
        if module.package == package
        for name, at in imported(module)
        if not within(name, allowed)
    ]

    assert broken == []


def floor(name: str) -> int:
    """The floor of `streams.<name>…`; those beside stand above all."""
    top = name.split(".")[1] if "." in name else ""
    for height, names in enumerate(STREAMS):
        if top in names:
            return height
    return len(STREAMS) if top in BESIDE else -1


def test_every_module_of_streams_has_its_place() -> None:
    assert [
        module.name for module in modules() if module.package == "streams" and module.name != "streams" and floor(module.name) < 0
    ] == []


def test_inside_streams_nothing_leans_on_what_stands_above() -> None:
    inside = [module for module in modules() if module.package == "streams"]

    broken = [
        f"{at} imports {name}"
        for module in inside
        for name, at in imported(module)
        if within(name, ("streams",)) and floor(name) > floor(module.name)
    ]

    assert broken == []


@pytest.mark.parametrize("library", HOMES)
def test_a_client_library_stays_at_home(library: str) -> None:
    strangers = [module for module in modules() if not within(module.name, HOMES[library])]

    broken = [
        where(module, line) for module in strangers for name, line in (*module.imports(), *module.names()) if within(name, (library,))
    ]

    assert broken == []


def test_what_is_pure_has_no_clock_and_no_chance() -> None:
    pure = [module for module in modules() if within(module.name, PURE)]

    broken = [
        f"{where(module, line)} uses {name}"
        for module in pure
        for name, line in (*module.imports(), *module.names())
        if within(name, IMPURE) or name.endswith(tuple(f".{source}" for source in IMPURE))
    ]
    broken += [f"{where(module, line)} calls {name}" for module in pure for name, line in module.calls() if name in UNSTABLE_CALLS]

    assert broken == []


def test_stock_is_counted_without_fractions() -> None:
    exact = [module for module in modules() if within(module.name, ("tables",))]

    broken = [where(module, line) for module in exact for node in ast.walk(module.tree) if (line := fraction(node))]

    assert broken == []


def fraction(node: ast.AST) -> int:
    """The line of a float or of a division that makes one; 0 for anything else."""
    match node:
        case ast.Constant(value=float(), lineno=line) | ast.BinOp(op=ast.Div(), lineno=line) | ast.AugAssign(op=ast.Div(), lineno=line):
            return line
        case ast.Name(id="float", lineno=line):
            return line
        case _:
            return 0


def test_no_file_is_longer_than_a_reader_can_hold() -> None:
    files = [module.path for module in modules()] + sorted((ROOT / "tests").rglob("*.py"))

    lengths = {str(path.relative_to(ROOT)): len(path.read_text().splitlines()) for path in files}

    assert {name: lines for name, lines in lengths.items() if lines > LONGEST_FILE and name not in CATALOGUES} == {}


def test_tables_is_our_own_package() -> None:
    """Another distribution (PyTables) installs a package of this name."""
    assert os.path.samefile(tables.__path__[0], ROOT / "tables")
