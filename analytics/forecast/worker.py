"""Runs one piece of work in a process of its own, spawned and never forked: a fork of a process that holds chDB hangs."""

import logging
import multiprocessing
import os
import signal
import threading
from collections.abc import Callable
from multiprocessing.connection import Connection
from typing import TypeVar

log = logging.getLogger(__name__)

Given = TypeVar("Given")
Made = TypeVar("Made")
LOOK_EVERY = 0.5
NICENESS = 10


class WorkerFailed(Exception):
    """The worker raised, or died; the message says which."""


def in_worker(work: Callable[..., Made], *given: object, stop: threading.Event) -> Made | None:
    """`work(*given)`, computed elsewhere at low priority; None when `stop` was set first. Raises WorkerFailed."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe(duplex=False)
    process = context.Process(target=_serve, args=(theirs, work, given), name="forecast", daemon=True)
    process.start()
    theirs.close()  # or the death of the worker would never show as the end of the pipe
    try:
        while not ours.poll(LOOK_EVERY):
            if stop.is_set():
                return None
        made, failure = ours.recv()
    except EOFError:
        raise WorkerFailed(f"the forecast worker died (exit code {process.exitcode})") from None
    finally:
        process.terminate()
        process.join()
        ours.close()
    if failure:
        raise WorkerFailed(failure)
    result: Made = made
    return result


def _serve(pipe: Connection, work: Callable[..., Made], given: tuple[object, ...]) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent, which ends us
    os.nice(NICENESS)
    try:
        pipe.send((work(*given), ""))
    except Exception as wrong:
        pipe.send((None, f"{type(wrong).__name__}: {wrong}"))
