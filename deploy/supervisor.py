"""Starts services in order, starts again what dies, stops all in the opposite order."""

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from deploy.faults import Fault

LOOK_S = 0.2
FIRST_WAIT_S = 0.5
LONGEST_WAIT_S = 30.0
STEADY_S = 30.0  # who worked this long starts again without waiting
DEATHS_BEFORE_READY = 4
READY_S = 120.0


class Service(Protocol):
    """`start` may take its time and raise Fault; `exit_code` is None while it runs."""

    name: str

    def start(self) -> None: ...
    def stop(self) -> None: ...
    def exit_code(self) -> int | None: ...
    def ready(self) -> bool: ...
    def last_words(self) -> str: ...


class Later(NamedTuple):
    """A service that starts as soon as it is `wanted`, at once or long after the others."""

    service: Service
    wanted: Callable[[], bool]


@dataclass
class Charge:
    """A service under supervision. `starts_at`: when to start it (again); None while it runs."""

    service: Service
    starts_at: float | None = None
    started_at: float = 0.0
    wait: float = FIRST_WAIT_S
    deaths: int = 0
    was_ready: bool = False


class Supervisor:
    """`say` hears a sentence whenever something dies or comes back; waits double up to `longest_wait_s`.
    Children belong to the supervisor's thread, which lives until the last of them is stopped: the kernel ends them when it goes away."""

    def __init__(
        self, services: Sequence[Service], say: Callable[[str], None], longest_wait_s: float = LONGEST_WAIT_S, later: Sequence[Later] = ()
    ) -> None:
        self._charges = [Charge(service) for service in services]
        self._later = list(later)
        self._say = say
        self._longest_wait_s = longest_wait_s
        self._stopping = threading.Event()
        self._ready = threading.Event()
        self._fault: Exception | None = None
        self._thread = threading.Thread(target=self._run, name="supervisor")

    def start(self, ending: threading.Event) -> None:
        """Returns once all are ready, or as soon as `ending` is set. Raises Fault, with all of them stopped again, when one does
        not come up."""
        self._thread.start()
        while not (self._ready.wait(LOOK_S) or ending.is_set()) and self._thread.is_alive():
            pass
        if self._fault:
            raise self._fault

    def watch(self, ending: threading.Event) -> None:
        """Until `ending` is set. Raises what ended the supervision itself."""
        while not ending.wait(LOOK_S) and self._thread.is_alive():
            pass
        if self._fault:
            raise self._fault

    def stop(self) -> None:
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join()

    def _run(self) -> None:
        try:
            self._bring_up()
            self._ready.set()
            while not self._stopping.wait(LOOK_S):
                self._look()
        except Exception as fault:
            self._fault = fault
        finally:
            for charge in reversed(self._charges):
                charge.service.stop()

    def _bring_up(self) -> None:
        deadline = time.monotonic() + READY_S
        self._call_up()
        for charge in self._charges:
            self._start(charge)
        while not self._stopping.is_set() and not all(charge.was_ready for charge in self._charges):
            self._look()
            for charge in self._charges:
                if charge.deaths >= DEATHS_BEFORE_READY:
                    raise Fault(f"{charge.service.name} does not start: {charge.service.last_words()}")
                if time.monotonic() > deadline and not charge.was_ready:
                    raise Fault(f"{charge.service.name} is not ready after {READY_S:.0f} s: {charge.service.last_words()}")
            self._stopping.wait(LOOK_S)

    def _call_up(self) -> list[Charge]:
        """Those that are wanted by now."""
        fresh = [later for later in self._later if later.wanted()]
        self._later = [later for later in self._later if later not in fresh]
        charges = [Charge(later.service) for later in fresh]
        self._charges += charges
        return charges

    def _look(self) -> None:
        for charge in self._call_up():
            self._say(f"{charge.service.name} has work now: it starts.")
            self._start(charge)
        for charge in self._charges:
            if charge.starts_at is not None:
                if time.monotonic() >= charge.starts_at:
                    self._start(charge)
            elif (code := charge.service.exit_code()) is not None:
                self._bury(charge, code)
            elif not charge.was_ready and charge.service.ready():
                charge.was_ready = True
                if charge.deaths:
                    self._say(f"{charge.service.name} is back.")

    def _start(self, charge: Charge) -> None:
        charge.starts_at, charge.started_at, charge.was_ready = None, time.monotonic(), False
        try:
            charge.service.start()
        except Fault as fault:
            if not self._ready.is_set():
                raise
            self._put_off(charge, str(fault))

    def _bury(self, charge: Charge, code: int) -> None:
        # who was never ready may have spent its time on a log that it must not decide on, and will do so again
        if charge.was_ready and time.monotonic() - charge.started_at > STEADY_S:
            charge.wait, charge.deaths = FIRST_WAIT_S, 0
        charge.service.stop()  # what it started itself may have outlived it
        # who is killed has no time for a word: the last line of its log would mislead
        end = f"was killed by signal {-code}" if code < 0 else f"ended with code {code}: {charge.service.last_words()}"
        self._put_off(charge, end)

    def _put_off(self, charge: Charge, why: str) -> None:
        self._say(f"{charge.service.name} {why}. It starts again in {charge.wait:g} s.")
        charge.starts_at = time.monotonic() + charge.wait
        charge.wait = min(charge.wait * 2, self._longest_wait_s)
        charge.deaths += 1
