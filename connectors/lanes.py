"""How far deliveries have come in one partition of `fulfilments`: pure bookkeeping of offsets.

The rule. One reader, the *front*, reads the partition once for all partners and never waits for any of them. Each partner has a *lane*
with room for WINDOW records that are not settled (acknowledged by the partner, or dead letters). A record that finds its lane full is
not kept: the lane is *parked* at its offset, lets all later ones of its own pass by, and reads the topic again from there, for itself,
once half of its room is free. So memory is bounded, nobody waits for somebody else, and every lane sees its records in order.

What is committed is the strict prefix: the lowest offset that any lane has not settled. Since one partner may be days behind, the commit
also says, as metadata, how far the front was and where each lane that is behind it stands; whoever goes on from there repeats nothing to
the others. Metadata that is missing, too long for the broker, or of another routing of nodes to partners is not used: all from the
prefix on is then delivered once more, under the same ids.
"""

import msgspec

WINDOW = 128
LONGEST_METADATA = 4_000  # offset.metadata.max.bytes is 4096 unless the broker says otherwise


class Lane:
    """One partner's records of one partition that are not settled, by offset. `parked`: where its own reading goes on, None while it
    follows the front."""

    def __init__(self, parked: int | None = None) -> None:
        self.parked = parked
        self._open: dict[int, None] = {}

    def offer(self, offset: int) -> bool:
        """Whether the record is taken in; otherwise the lane is parked at it, or before it. Offsets rise."""
        if len(self._open) >= WINDOW:
            self.parked = offset
            return False
        self._open[offset] = None
        return True

    def settle(self, offset: int) -> None:
        del self._open[offset]

    @property
    def unsettled(self) -> int:
        return len(self._open)

    @property
    def hungry(self) -> bool:
        """Whether it should read the topic again."""
        return self.parked is not None and len(self._open) <= WINDOW // 2

    def stands_at(self, front: int) -> int:
        """All of the partner's records below are settled."""
        first = min(self._open, default=front)
        return first if self.parked is None else min(first, self.parked)


class Behind(msgspec.Struct, frozen=True, omit_defaults=True):
    """The metadata of a commit. `lanes`: partner -> where it stands, of those behind the front. `routes`: digest of who is whose."""

    front: int
    routes: str
    lanes: dict[str, int] = {}


class Commit(msgspec.Struct, frozen=True):
    """`offset`: the strict prefix."""

    offset: int
    metadata: str = ""


class Progress:
    """One partition. `front`: the offset that is read next."""

    def __init__(self, front: int, behind: dict[str, int] | None = None) -> None:
        self.front = front
        self.lanes: dict[str, Lane] = {partner: Lane(parked) for partner, parked in (behind or {}).items()}

    def lane(self, partner: str) -> Lane:
        return self.lanes.setdefault(partner, Lane())

    def commit(self, routes: str) -> Commit:
        behind = {partner: at for partner, lane in self.lanes.items() if (at := lane.stands_at(self.front)) < self.front}
        if not behind:
            return Commit(self.front)
        metadata = msgspec.json.encode(Behind(self.front, routes, behind)).decode()
        return Commit(min(behind.values()), metadata if len(metadata.encode()) <= LONGEST_METADATA else "")


def resume(commit: Commit, routes: str) -> Progress:
    """Where deliveries go on."""
    try:
        found = msgspec.json.decode(commit.metadata, type=Behind)
    except (msgspec.MsgspecError, ValueError):
        return Progress(commit.offset)
    if found.routes != routes or found.front < commit.offset or min(found.lanes.values(), default=-1) != commit.offset:
        return Progress(commit.offset)
    return Progress(found.front, found.lanes)
