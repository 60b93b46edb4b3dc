"""Builds the Faust app that hosts the stages which hold no truth. Nothing here decides anything: batches go in, acknowledgements out."""

import asyncio
import logging
import ssl
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import faust
import msgspec
from mode import Service

from streams.fatal import die
from streams.intake import Batch, Intake
from streams.topics import Topic
from streams.transport import SCHEME, BatchSchema, register, release

# Libraries that say at INFO what only their authors want to know.
CHATTY = ("faust", "mode", "aiokafka", "streams.transport", "streams.app")


class Login(msgspec.Struct, frozen=True, kw_only=True):
    """How to talk to a broker that asks for more than an address. `protocol`: PLAINTEXT, SSL, SASL_PLAINTEXT or SASL_SSL."""

    protocol: str = "PLAINTEXT"
    mechanism: str = ""
    username: str = ""
    password: str = ""
    ca_file: str = ""

    def __repr__(self) -> str:
        return f"Login({self.protocol}, {self.mechanism or 'no mechanism'})"


class Hosting(msgspec.Struct, frozen=True, kw_only=True):
    """`name`: the consumer group. `session_s`: after so long without a sign of life the partitions go to another worker."""

    name: str
    brokers: tuple[str, ...]
    partitions: int
    folder: Path
    login: Login = Login()
    session_s: float = 6.0


class Hosted(NamedTuple):
    """A stage, through its intake, and the topic it reads."""

    topic: Topic
    intake: Intake


def create_app(hosting: Hosting, stages: Sequence[Hosted], assigned: Callable[[], None]) -> faust.App:
    """The app with one agent a stage; `assigned` is told after each assignment of partitions."""
    register()
    app = faust.App(
        hosting.name,
        broker=[f"{SCHEME}://{broker}" for broker in hosting.brokers],
        broker_credentials=credentials(hosting.login),
        broker_session_timeout=hosting.session_s,
        broker_heartbeat_interval=hosting.session_s / 4,
        broker_request_timeout=30,
        broker_rebalance_timeout=20,
        broker_commit_interval=0.5,
        broker_max_poll_records=2_000,
        consumer_max_fetch_size=4 << 20,
        consumer_auto_offset_reset="earliest",
        stream_wait_empty=True,
        # counted in events, and an event is a batch
        stream_buffer_maxsize=16,
        # topics are made by the installation; these would make others
        topic_allow_declare=False,
        topic_disable_leader=True,
        topic_partitions=hosting.partitions,
        store="memory://",
        # no tables, no changelogs: 0 selects the assignor that lets every worker run stages of its own choice
        table_standby_replicas=0,
        datadir=str(hosting.folder),
        # several workers share a machine, and metrics are served elsewhere
        web_enabled=False,
        worker_redirect_stdouts=False,
    )
    for stage in stages:
        _host(app, stage, hosting.partitions)
    _follow_assignment(app, stages, assigned)
    return app


def _host(app: faust.App, stage: Hosted, partitions: int) -> None:
    intake = stage.intake
    name = intake.stage.name

    async def feed(stream: Any) -> None:
        try:
            async for event in stream.noack().events():
                await intake.put(_batch(app, event))
        except asyncio.CancelledError:
            raise
        except BaseException as error:
            # an exception that leaves an agent skips its event
            die(f"agent {name} failed", error)

    async def run() -> None:
        await intake.run()

    # Faust tells agents and tasks apart by their qualified names only
    feed.__name__ = feed.__qualname__ = f"feed_{name}"
    run.__name__ = run.__qualname__ = f"run_{name}"
    app.agent(app.topic(stage.topic.name, schema=BatchSchema(), partitions=partitions), name=name)(feed)
    app.task(run)


def _batch(app: faust.App, event: Any) -> Batch:
    return Batch(event.message.partition, event.value, event.ack, lambda: release(app.consumer, event.message))


def _follow_assignment(app: faust.App, stages: Sequence[Hosted], told: Callable[[], None]) -> None:
    async def on_assigned(_: Any, *args: Any, **kwargs: Any) -> None:
        assigned = args[0]
        for stage in stages:
            await stage.intake.stage.assign(sorted(found.partition for found in assigned if found.topic == stage.topic.name))
        told()

    async def on_revoked(_: Any, *args: Any, **kwargs: Any) -> None:
        for stage in stages:
            await stage.intake.stage.drop()

    handlers: Any = on_assigned, on_revoked
    app.on_partitions_assigned.connect(handlers[0])
    app.on_partitions_revoked.connect(handlers[1])
    # or a thread that still folds would hold up the end of the process
    app.on_before_shutdown.connect(handlers[1])


def credentials(login: Login) -> Any:
    """What Faust makes of a login; None for a broker that asks for nothing."""
    encrypted = login.protocol.endswith("SSL")
    context = ssl.create_default_context(cafile=login.ca_file or None) if encrypted else None
    if login.protocol.startswith("SASL"):
        return faust.SASLCredentials(
            username=login.username, password=login.password, mechanism=login.mechanism or "PLAIN", ssl_context=context
        )
    return faust.SSLCredentials(context) if context else None


class OnThread(Service):
    """A blocking loop as a service of the worker: `run` returns after `stop` was called."""

    def __init__(self, name: str, run: Callable[[], None], stop: Callable[[], None], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._thread = threading.Thread(target=run, name=name, daemon=True)
        self._stop = stop

    async def on_start(self) -> None:
        self._thread.start()

    async def on_stop(self) -> None:
        self._stop()
        await asyncio.to_thread(self._thread.join)


def run_app(app: faust.App, *services: Service) -> None:
    """Until SIGTERM or Ctrl-C; leaves the group in order."""
    for name in CHATTY:
        logging.getLogger(name).setLevel(logging.WARNING)
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    worker = faust.Worker(app, *services, loop=loop, override_logging=False, quiet=True)
    worker.spinner = None
    try:
        worker.execute_from_commandline()
    except SystemExit as done:
        if done.code:
            raise
