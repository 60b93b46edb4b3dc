"""A real Apache Kafka out of Maven Central: resolved once a machine, then found in the cache folder."""

import fcntl
import shutil
from pathlib import Path

from deploy.faults import Fault

KAFKA = "4.4.0"
# slf4j-simple because Kafka's own artifact names no logger: without one the broker would fail in silence
ENDPOINT = f"org.apache.kafka:kafka_2.13:{KAFKA}+org.slf4j:slf4j-simple:1.7.36"
ATTEMPTS = 3


def kafka_jars(cache: Path) -> list[Path]:
    """The class path of the broker, downloaded (about 40 MB) when `cache` does not hold it yet. Processes that want it at the
    same time wait for the first. Raises Fault when Maven Central cannot be reached."""
    ready = cache / f"kafka-{KAFKA}"
    if not ready.is_dir():
        cache.mkdir(parents=True, exist_ok=True)
        with (cache / "lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not ready.is_dir():
                _download(cache / "partial", ready)
    return sorted(ready.glob("*.jar"))


def _download(partial: Path, ready: Path) -> None:
    fault: Exception | None = None
    for _ in range(ATTEMPTS):
        _drop_newest(partial)
        try:
            jars = _resolve(partial)
        except Exception as error:  # jgo has no errors of its own: a line that breaks off shows as anything
            fault = error
            continue
        collected = partial / "jars"
        shutil.rmtree(collected, ignore_errors=True)
        collected.mkdir()
        for jar in jars:
            shutil.copy(jar, collected)
        collected.rename(ready)
        shutil.rmtree(partial)
        return
    raise Fault(
        f"Apache Kafka {KAFKA} could not be fetched from Maven Central ({fault}). Check the network and start again; "
        "or set YIPAN_KAFKA=host:9092 to use a broker of your own."
    )


def _resolve(partial: Path) -> list[Path]:
    from jgo.env import EnvironmentBuilder, LinkStrategy
    from jgo.maven import MavenContext

    # folders of its own: jgo writes into the user's Maven cache without locks, and another of its kind may be at it
    context = MavenContext(repo_cache=partial / "maven", timeout=60)
    builder = EnvironmentBuilder(context=context, cache_dir=partial / "env", link_strategy=LinkStrategy.COPY)
    jars: list[Path] = builder.from_endpoint(ENDPOINT).all_jars
    return jars


def _drop_newest(partial: Path) -> None:
    """An attempt that broke off leaves the file it was writing, torn, and would take it for whole the next time."""
    shutil.rmtree(partial / "env", ignore_errors=True)
    files = [path for path in partial.rglob("*") if path.is_file()]
    if files:
        max(files, key=lambda path: path.stat().st_mtime_ns).unlink()
