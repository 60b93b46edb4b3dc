"""An asyncio event loop of virtual time that hosts many processes, of which each may be killed or frozen between any two steps.

Within a process callbacks run in the order asyncio promises; which process runs next, and how long everything takes, is chance.
"""

import asyncio
import heapq
from collections import deque
from collections.abc import Callable, Coroutine
from contextvars import Context, ContextVar, copy_context
from random import Random
from typing import Any

from greenlet import getcurrent, greenlet

PROCESS: ContextVar["Process"] = ContextVar("process")


class Death(BaseException):
    """Unwinds the process that just ended; nothing of it runs any more."""


class Process:
    """`steps` counts its callbacks. `born` says how many were started before it."""

    def __init__(self, name: str, born: int) -> None:
        self.name = name
        self.born = born
        self.alive = True
        self.frozen = False
        self.stopping = False
        self._on_stop: list[Callable[[], None]] = []
        self.frozen_at = 0.0
        self.steps = 0
        self.ready: deque[asyncio.Handle] = deque()
        self.context = copy_context()
        self.context.run(PROCESS.set, self)
        self.tasks: list[asyncio.Task[Any]] = []

    def __repr__(self) -> str:
        return self.name

    def when_stopped(self, told: Callable[[], None]) -> None:
        self._on_stop.append(told)
        if self.stopping:
            told()

    def stop(self) -> None:
        """Ask it to leave in order."""
        self.stopping = True
        for told in self._on_stop:
            told()


class Loop(asyncio.AbstractEventLoop):
    """`before_step` is told of each step before it is taken, and may end or freeze its process; `thread` says how long the work of a
    thread takes."""

    def __init__(self, random: Random, before_step: Callable[[Process], None], thread: Callable[[], float]) -> None:
        self.processes: list[Process] = []
        self._random = random
        self._before_step = before_step
        self._thread = thread
        self._now = 0.0
        self._timers: list[tuple[float, int, asyncio.Handle, Process]] = []
        self._count = 0
        self._strands: list[Strand] = []

    def start(self, name: str) -> Process:
        process = Process(name, len(self.processes))
        self.processes.append(process)
        return process

    def run(self, process: Process, work: Coroutine[Any, Any, None]) -> "asyncio.Task[None]":
        return self.create_task(work, context=process.context)

    # ------------------------------------------------------------------------------------------ running
    def run_until(self, when: float, done: Callable[[], bool] = lambda: False) -> None:
        """Until nothing is left to do before `when`, or `done`, which is asked each time that the clock moves."""
        before = asyncio._get_running_loop()
        asyncio._set_running_loop(self)
        try:
            while not done() and self._next(when):
                while found := [process for process in self.processes if process.ready and process.alive and not process.frozen]:
                    self._step(found[0] if len(found) == 1 else self._random.choice(found))
        finally:
            asyncio._set_running_loop(before)

    def _next(self, when: float) -> bool:
        """Move the clock to the next timer; False when there is none before `when`."""
        if not self._timers or self._timers[0][0] > when:
            self._now = when
            return False
        self._now = max(self._now, self._timers[0][0])
        while self._timers and self._timers[0][0] <= self._now:
            _, _, handle, process = heapq.heappop(self._timers)
            process.ready.append(handle)
        return True

    def _step(self, process: Process) -> None:
        handle = process.ready.popleft()
        if handle.cancelled():
            return
        process.steps += 1
        self._before_step(process)
        if not process.alive:
            return
        if process.frozen:
            process.ready.appendleft(handle)
            return
        handle._run()

    def close(self) -> None:
        """What was never finished is closed here, and not whenever the collector finds it."""
        for process in self.processes:
            process.alive = False
        for strand in self._strands:
            strand.abandon()
        for task in [task for process in self.processes for task in process.tasks if not task.done()]:
            task._log_destroy_pending = False  # type: ignore[attr-defined]
            coroutine: Any = task.get_coro()
            try:
                coroutine.close()
            except BaseException:
                continue

    # ------------------------------------------------------------------------------------------ what asyncio asks of a loop
    def time(self) -> float:
        return self._now

    def call_soon(self, callback: Callable[..., Any], *args: Any, context: Context | None = None) -> asyncio.Handle:  # type: ignore[override]
        context = context or copy_context()
        handle = asyncio.Handle(callback, args, self, context)
        process = context.get(PROCESS)
        assert process is not None
        process.ready.append(handle)
        return handle

    call_soon_threadsafe = call_soon  # type: ignore[assignment]

    def call_later(self, delay: float, callback: Callable[..., Any], *args: Any, context: Context | None = None) -> asyncio.TimerHandle:  # type: ignore[override]
        return self.call_at(self._now + delay, callback, *args, context=context)

    def call_at(self, when: float, callback: Callable[..., Any], *args: Any, context: Context | None = None) -> asyncio.TimerHandle:  # type: ignore[override]
        context = context or copy_context()
        handle = asyncio.TimerHandle(when, callback, args, self, context)
        process = context.get(PROCESS)
        assert process is not None
        self._count += 1
        heapq.heappush(self._timers, (when, self._count, handle, process))
        return handle

    def create_future(self) -> "asyncio.Future[Any]":
        return asyncio.Future(loop=self)

    def create_task(self, coro: Any, *, name: str | None = None, context: Context | None = None) -> "asyncio.Task[Any]":
        task: asyncio.Task[Any] = asyncio.Task(coro, loop=self, name=name, context=context)
        (context or copy_context())[PROCESS].tasks.append(task)
        return task

    def run_in_executor(self, executor: Any, func: Callable[..., Any], *args: Any) -> "asyncio.Future[Any]":  # type: ignore[override]
        """On a strand; that its work is done is known of a while later."""
        done = self.create_future()
        self.strand(lambda: self._work(done, func, args), self._thread())
        return done

    def _work(self, done: "asyncio.Future[Any]", func: Callable[..., Any], args: tuple[Any, ...]) -> None:
        try:
            result = func(*args)
        except Death:
            raise
        except BaseException as error:
            self.call_later(self._thread(), _fail, done, error)
        else:
            self.call_later(self._thread(), _succeed, done, result)

    def strand(self, work: Callable[[], None], begin_in: float) -> "Strand":
        """A thread of the process that asks."""
        strand = Strand(self, current(), work, begin_in)
        self._strands.append(strand)
        return strand

    def get_debug(self) -> bool:
        return False

    def is_running(self) -> bool:
        return True

    def is_closed(self) -> bool:
        return False

    def _timer_handle_cancelled(self, handle: asyncio.TimerHandle) -> None:
        """It is passed over when its time comes."""

    def call_exception_handler(self, context: dict[str, Any]) -> None:
        error = context.get("exception")
        # what nobody waits for any more is told of whenever the collector finds it
        if error is not None and not isinstance(error, Death) and "never retrieved" not in context.get("message", ""):
            raise error


class Strand(greenlet):
    """A thread of a process. It gives way only where it pauses, and goes on at a step of its process: so a process may be killed, or
    frozen, or overtaken by others, between any two calls that such a thread makes."""

    def __init__(self, loop: Loop, process: Process, work: Callable[[], None], begin_in: float) -> None:
        super().__init__(work)
        self.gr_context = process.context.copy()
        self.process = process
        self._loop = loop
        self._turn = 0
        self._go_on_in(begin_in)

    def pause(self, seconds: float | None) -> None:
        """Until it is woken, at the latest after so long."""
        if not self.process.alive:
            raise Death
        if seconds is not None:
            self._go_on_in(seconds)
        assert self.parent is not None
        self.parent.switch()

    def wake(self) -> None:
        self._go_on_in(0.0)

    def abandon(self) -> None:
        """Unwind what was never finished."""
        self.parent = getcurrent()
        try:
            self.throw(Death)
        except BaseException:
            return

    def _go_on_in(self, seconds: float) -> None:
        if seconds:
            self._loop.call_later(seconds, self._go_on, self._turn, context=self.process.context)
        else:
            self._loop.call_soon(self._go_on, self._turn, context=self.process.context)

    def _go_on(self, turn: int) -> None:
        # whatever else would have ended the same pause comes too late
        if turn == self._turn and not self.dead:
            self._turn += 1
            self.parent = getcurrent()
            self.switch()


def running() -> Strand:
    """The strand that asks."""
    strand = getcurrent()
    assert isinstance(strand, Strand)
    return strand


def pause(seconds: float) -> None:
    """On a strand: give way. The event loop's own thread goes straight on."""
    if isinstance(getcurrent(), Strand):
        running().pause(seconds)


def _fail(done: "asyncio.Future[Any]", error: BaseException) -> None:
    if not done.done():
        done.set_exception(error)


def _succeed(done: "asyncio.Future[Any]", result: Any) -> None:
    if not done.done():
        done.set_result(result)


def current() -> Process:
    return PROCESS.get()
