"""Work shared by several processes: each makes an object of its own once, and does with it what all are asked to do."""

import multiprocessing
import pickle
import signal
from collections.abc import Callable
from multiprocessing.connection import Connection, wait
from types import TracebackType
from typing import Any, Generic, Protocol, TypeVar

T = TypeVar("T", covariant=True)
R = TypeVar("R")
Told = Callable[[int], None]
Make = Callable[[int, Told], T]  # which of them, and whom to tell how many records it has read
STOP_S = 5.0


class Failed(Exception):
    """A process has ended before its time, or what went wrong in it cannot be handed over. The text says what is known."""


class Crew(Protocol[T]):
    def ask(self, do: Callable[..., R], *given: Any) -> list[R]:
        """What each of the objects says to `do(object, *given)`."""
        ...


class Alone(Generic[T]):
    """No other process: one object here."""

    def __init__(self, make: Make[T], told: Told) -> None:
        self._worker = make(0, told)

    def ask(self, do: Callable[..., R], *given: Any) -> list[R]:
        return [do(self._worker, *given)]


class Several(Generic[T]):
    """`make` and all that is asked and answered must be picklable, and `do` a function of a module. What one of them raises is raised
    here."""

    def __init__(self, make: Make[T], told: Told, count: int) -> None:
        self._told = told
        self._pipes: list[Connection] = []
        self._processes = []
        # forking would take over the threads of Kafka's clients half alive
        context = multiprocessing.get_context("spawn")
        for number in range(count):
            ours, theirs = context.Pipe()
            process = context.Process(target=_serve, args=(make, number, theirs), daemon=True)
            process.start()
            theirs.close()
            self._pipes.append(ours)
            self._processes.append(process)

    def __enter__(self) -> "Several[T]":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        for pipe in self._pipes:
            pipe.close()
        for process in self._processes:
            process.join(STOP_S)
            if process.is_alive():
                process.kill()
                process.join()
            process.close()

    def ask(self, do: Callable[..., R], *given: Any) -> list[R]:
        for pipe in self._pipes:
            pipe.send((do, given))
        answers: dict[Connection, R] = {}
        while len(answers) < len(self._pipes):
            waiting = [pipe for pipe in self._pipes if pipe not in answers]
            ready = wait(waiting)
            for pipe in waiting:
                if pipe in ready:
                    self._hear(pipe, answers)
        return [answers[pipe] for pipe in self._pipes]

    def _hear(self, pipe: Connection, answers: dict[Connection, R]) -> None:
        try:
            kind, said = pipe.recv()
        except EOFError:
            raise Failed("a process of the check has ended before its time; was it killed, or out of memory?") from None
        if kind == "failed":
            raise said
        if kind == "told":
            self._told(said)
        else:
            answers[pipe] = said


def _serve(make: Make[T], number: int, pipe: Connection) -> None:
    # Ctrl-C is for the one who asks: with him the pipe ends
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    worker: T | None = None
    while True:
        try:
            do, given = pipe.recv()
        except EOFError:
            return
        try:
            if worker is None:
                worker = make(number, lambda count: pipe.send(("told", count)))
            answer = ("done", do(worker, *given))
        except Exception as wrong:
            answer = ("failed", _portable(wrong))
        pipe.send(answer)


def _portable(wrong: Exception) -> Exception:
    """Those of Kafka's client cannot be pickled."""
    try:
        pickle.dumps(wrong)
    except Exception:
        return Failed(f"{type(wrong).__name__}: {wrong}")
    return wrong
