"""What a fetch of aiokafka accounts for: the consumer's positions before and after it, not only the records it returned.

Behind a transactional writer record offsets have gaps (markers, aborted records), so a dropped batch can be told from a gap by
positions only. They must be read around the very call that moves them: fetches of a cancelled task may still be under way.
"""

from typing import Any

from aiokafka.consumer import fetcher  # type: ignore[import-untyped]


class Span(list[Any]):
    """Records, and the positions [start, end) they account for: what of these is not in here is no record to be read."""

    start: int = -1
    end: int = -1


def track_spans() -> None:
    """From now on every fetch of aiokafka 0.14 in this process returns a `Span`. Calling it again changes nothing."""
    original = fetcher.FetchResult.getall
    if getattr(original, "spans", False):
        return

    def getall(self: Any, max_records: int | None = None) -> Span:
        # a seek or rebalance since the fetch makes the records void; asking twice is harmless
        if self._partition_records is None or not self.check_assignment(self._topic_partition):
            return Span()
        state = self._assignment.state_value(self._topic_partition)
        start = state.position
        span = Span(original(self, max_records))
        span.start, span.end = _join(state, start, state.position, bool(span)), state.position
        return span

    getall.spans = True  # type: ignore[attr-defined]
    fetcher.FetchResult.getall = getall


def _join(state: Any, start: int, end: int, has_records: bool) -> int:
    """Fetches that held only markers are never handed out: the next one that follows without a seek accounts for them too."""
    skipped = getattr(state, "skipped", None)
    if skipped is not None and skipped[1] == start:
        start = skipped[0]
    state.skipped = None if has_records else (start, end)
    return start


def accounted_from(state: Any) -> int:
    """The position from which on nothing was handed out, though the consumer may have moved on over markers."""
    skipped = getattr(state, "skipped", None)
    position: int = state.position
    return skipped[0] if skipped is not None and skipped[1] == position else position
