"""The two searches for an input that breaks a promise: one guided by coverage, one by hypothesis. Both follow from a seed alone."""

from collections.abc import Callable, Iterator
from itertools import count
from random import Random

import hypothesis
import msgspec
from hypothesis import HealthCheck, Phase, given
from hypothesis import strategies as st

from tests.fuzz.coverage import OURS, Coverage
from tests.fuzz.guard import guarded, traced
from tests.fuzz.mutate import mutate
from tests.fuzz.target import Target, Violation

# of all inputs, one in so many is hypothesis's
DRAWN = 5
LARGEST_CORPUS = 2_000


class Found(msgspec.Struct, frozen=True):
    target: str
    data: bytes
    sentence: str


def explore(
    target: Target, seed: int, before: Callable[[bytes], None] = lambda data: None, files: tuple[str, ...] = OURS
) -> Iterator[Found | None]:
    """An endless search, an input a step; what it found, or None. An input that took a new way is kept, and is the parent of others:
    the newest ones most often. `before` hears of every input before it runs."""
    random, coverage = Random(f"{seed}/{target.name}"), Coverage(files)
    seeds = list(target.seeds())
    corpus: list[bytes] = []
    known: set[str] = set()
    for number in count():
        data = seeds[number] if number < len(seeds) else mutate(random, _parent(random, corpus or seeds), seeds, target.words)
        before(data)
        try:
            traced(target, data, coverage)
        except Violation as broken:
            # the same again under other bytes is no news
            if str(broken)[:60] not in known:
                known.add(str(broken)[:60])
                yield Found(target.name, data, str(broken))
                continue
        if coverage.new and len(corpus) < LARGEST_CORPUS:
            corpus.append(data)
        yield None


def _parent(random: Random, corpus: list[bytes]) -> bytes:
    newest = len(corpus) * max(random.random(), random.random())
    return corpus[int(newest)]


def draw(target: Target, seed: int, inputs: int, before: Callable[[bytes], None] = lambda data: None) -> Found | None:
    """The first violation among so many inputs that hypothesis draws, made as small as it can."""
    found: list[Found] = []

    @hypothesis.seed(seed)
    @hypothesis.settings(
        max_examples=inputs, database=None, deadline=None, phases=(Phase.generate, Phase.shrink), suppress_health_check=list(HealthCheck)
    )
    @given(drawn(target))
    def holds(data: bytes) -> None:
        before(data)
        try:
            guarded(target, data)
        except Violation as broken:
            found.append(Found(target.name, data, str(broken)))
            raise

    try:
        holds()
    except (Violation, hypothesis.errors.Flaky):
        return found[-1]
    return None


def drawn(target: Target) -> st.SearchStrategy[bytes]:
    """A seed after some mutations, whose choices hypothesis makes and can take back; or bytes out of nothing."""
    seeds = list(target.seeds())
    words = st.lists(st.sampled_from([*target.words, b"\0", b"{", b"\n"]) | st.binary(max_size=8), max_size=20).map(b"".join)
    changed = st.builds(
        lambda data, random: mutate(random, data, seeds, target.words), st.sampled_from(seeds), st.randoms(use_true_random=False)
    )
    return changed | words | st.text(max_size=40).map(str.encode)
