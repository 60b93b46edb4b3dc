"""One input under limits of time and memory; whatever it breaks is a violation."""

import resource
import signal
import time
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import NoReturn

from tests.fuzz.coverage import Coverage
from tests.fuzz.target import Target, Violation

SECONDS = 2.0
MEMORY = 256 << 20  # bytes more than before the input, at its highest
_KB = 1_024


class TooSlow(BaseException):
    """No Exception: what is fuzzed answers those."""


def _ring(_: int, frame: FrameType | None) -> NoReturn:
    raise TooSlow(f"in {frame.f_code.co_filename}:{frame.f_lineno}" if frame else "")


def guarded(target: Target, data: bytes) -> str:
    """How the input ended. Raises Violation for every exception that escapes, and for what takes too long or too much memory. Runs in
    the main thread, the only one that can be interrupted."""
    return within(target, data, lambda call: call(), SECONDS)


def traced(target: Target, data: bytes, coverage: Coverage) -> str:
    """The same, and `coverage` says afterwards what was new in it."""
    began = time.process_time()
    # tracing makes our own code some ten times slower
    outcome = within(target, data, coverage.of, 10 * SECONDS)
    if time.process_time() - began > SECONDS:
        guarded(target, data)
    coverage.mark(outcome)
    return outcome


def within(target: Target, data: bytes, run: Callable[[Callable[[], str]], str], seconds: float) -> str:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    began = time.process_time()
    signal.signal(signal.SIGALRM, _ring)
    signal.setitimer(signal.ITIMER_REAL, 4 * seconds)
    try:
        outcome = run(lambda: target.take(data))
    except Violation:
        raise
    except TooSlow as late:
        raise Violation(f"not through after {4 * seconds:g} s, {late}") from late
    except BaseException as escaped:
        if isinstance(escaped, KeyboardInterrupt):
            raise
        raise Violation(f"{type(escaped).__name__} escapes: {str(escaped)[:300]}") from escaped
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
    _check(time.process_time() - began, seconds, peak)
    return outcome


def _check(took: float, seconds: float, peak: int) -> None:
    """Processor time: another process at work must not look like a slow input."""
    if took > seconds:
        raise Violation(f"it takes {took:.1f} s")
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - peak) * _KB
    if grown > MEMORY:
        raise Violation(f"it takes {grown >> 20} MB")
    if grown > MEMORY // 8:
        # the mark of the highest is put back, or a second one of this size would not show
        Path("/proc/self/clear_refs").write_text("5")
