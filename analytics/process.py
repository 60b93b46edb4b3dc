"""The analytics process: sink, forecasts and pages in one, because chDB takes one process a path."""

import contextlib
import gc
import logging
import signal
import threading
from collections.abc import Callable, Iterator
from typing import Any

import uvicorn

from analytics import metrics
from analytics.cuts import Limits
from analytics.forecast.plan import Forecasting
from analytics.forecast.schedule import Schedule
from analytics.migrate import migrate
from analytics.peek import Peek
from analytics.reader import Reader
from analytics.sink import run_sink
from analytics.store import Store, Unfit
from analytics.web.pages import create_pages

log = logging.getLogger(__name__)

PATIENCE = 20.0
DEFAULT = Forecasting()


class Analytics:
    """One of these a process. `consumers`: read committed, the group `analytics.sink.GROUP`, telling of partition ends;
    `open_client`: clients of one ClickHouse. After `start()` the sink and the forecasts run in threads of their own."""

    def __init__(
        self,
        consumers: Callable[[], Any],
        open_client: Callable[[], Any],
        forecasting: Forecasting | None,
        limits: Limits | None = None,
    ) -> None:
        self._consumers, self._open_client, self._limits = consumers, open_client, limits
        self.stop = threading.Event()
        self.failure: BaseException | None = None
        self.reader = Reader(open_client)
        self.peek = Peek(consumers)
        self._on_failure: Callable[[], None] = self.stop.set
        self._schedule = Schedule(forecasting, open_client, self.stop) if forecasting else None
        self._threads: list[threading.Thread] = []

    def start(self, on_failure: Callable[[], None]) -> None:
        """`on_failure` is called, from a thread, when one of them ends though nobody asked it to."""
        self._on_failure = on_failure
        client = _opened(self._open_client)
        for name in migrate(client):
            log.info("schema: applied %s", name)
        # an order leaves a hundred objects, all of them alive until their cut is made: looking for cycles in them finds none
        gc.collect()
        gc.freeze()
        gc.set_threshold(100_000, 50, 1_000)
        # a client a thread: they are not safe to share
        self._spawn("sink", lambda: run_sink(self._consumers, Store(client, self.stop), self.stop, self._limits))
        if self._schedule:
            self._spawn("forecast", self._schedule.run)

    def health(self) -> dict[str, Any]:
        running = {thread.name: thread.is_alive() for thread in self._threads}
        lag = metrics.lags()
        return {"ok": bool(running) and all(running.values()), "threads": running, "sink_lag": sum(lag.values()), "by_partition": lag}

    def finish(self) -> None:
        """Ask the threads to end and wait for them. Raises what ended one of them."""
        self.stop.set()
        for thread in self._threads:
            thread.join(PATIENCE)
        self.peek.close()
        if self.failure:
            raise self.failure

    def _spawn(self, name: str, work: Callable[[], None]) -> None:
        thread = threading.Thread(target=self._guard, args=(name, work), name=name, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _guard(self, name: str, work: Callable[[], None]) -> None:
        try:
            work()
        except BaseException as wrong:
            # pages over a sink that is gone would show an ever older world, and look well
            log.critical("the %s ends: %s", name, wrong)
            self.failure = wrong
            self._on_failure()


def run_analytics(
    consumers: Callable[[], Any],
    open_client: Callable[[], Any],
    *,
    port: int,
    host: str = "127.0.0.1",
    forecasting: Forecasting | None = DEFAULT,
    limits: Limits | None = None,
    on_ready: Callable[[], None] = lambda: None,
) -> None:
    """Until SIGTERM or SIGINT, which uvicorn takes when this runs on the main thread. `on_ready` is called once pages are served and
    the sink has started. Raises Unfit, or what else ended a part of it."""
    analytics = Analytics(consumers, open_client, forecasting, limits)
    app = create_pages(analytics.reader, analytics.peek, analytics.health)
    server = _Server(
        uvicorn.Config(
            app, host=host, port=port, log_level="warning", access_log=False, ws="none", lifespan="off", timeout_graceful_shutdown=3
        )
    )
    server.on_ready = on_ready

    def fail() -> None:
        server.should_exit = True

    analytics.start(fail)
    try:
        server.run()
    finally:
        analytics.finish()


def _opened(open_client: Callable[[], Any]) -> Any:
    try:
        return open_client()
    except Exception as wrong:
        raise Unfit(
            f"ClickHouse cannot be opened ({str(wrong)[:200].strip()}). Embedded, it takes one process: is another `yipan up` or"
            " `yipan sink` running on this folder? A server of your own: is YIPAN_CLICKHOUSE right, and is it up?"
        ) from wrong


class _Server(uvicorn.Server):
    on_ready: Callable[[], None]

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """uvicorn raises a signal again once it has shut down, which would end the process before the sink has left its group."""
        before = {sign: signal.signal(sign, self.handle_exit) for sign in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield
        finally:
            for sign, handler in before.items():
                signal.signal(sign, handler)

    async def startup(self, sockets: Any = None) -> None:
        await super().startup(sockets)
        if self.started:
            self.on_ready()
