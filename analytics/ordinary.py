"""What nearly every decision leaves: an order placed, and promised whole by one node. It is what `rows.decision_rows` says of it, said
without looking at each event and line again and again, which would be half of the sink's work."""

from collections.abc import Sequence

import msgspec

from analytics.facts import At
from analytics.rows_orders import DAY_MS, Left, moment
from analytics.sums import Way
from tables import events as e

Lines = tuple[list[str], list[str], list[str], list[int], list[int], list[int]]

_encode = msgspec.json.Encoder().encode
_replace = msgspec.structs.replace
_NO_EVENTS = ((),) * 6
_NO_ROWS = ((),) * 3


class Promise(msgspec.Struct, frozen=True, gc=False, tag="Reserved"):
    """A `Reserved` whose rows need only be compared: they are the lines once more."""

    order: str
    fulfilment: str
    node: str
    rows: msgspec.Raw
    sealed: str = ""
    later: bool = False


class Ordinary(msgspec.Struct, frozen=True, gc=False):
    """A `Decision` of these three events."""

    pool: str
    seq: int
    src_offset: int
    command_id: str
    cause: tuple[str, int, int, int]
    decider: int
    policy_version: int
    prev: str
    events: tuple[e.OrderPlaced, e.Considered, Promise]


_decode = msgspec.json.Decoder(Ordinary).decode


def decode_ordinary(value: bytes) -> Ordinary | None:
    """None where it is another story, or cannot be read."""
    try:
        return _decode(value)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None


def ordinary_rows(at: At, decision: Ordinary, record_hash: int) -> Left | None:
    """None where it is not that ordinary. `record_hash`: as in `rows.decision_rows`."""
    placed, considered, promise = decision.events
    lines = _lines(placed, promise)
    if lines is None or considered.short or promise.sealed or promise.later or not placed.order == considered.order == promise.order:
        return None
    _, _, skus, _, counts, _ = lines
    units, node, day = sum(counts), promise.node, moment(placed.placed_at) // DAY_MS
    source, source_part, source_off, _ = decision.cause
    payloads = (_encode(_replace(placed, sealed="", lines=())), _encode(considered))
    row = (
        *at, 0, decision.pool, decision.seq, decision.src_offset, decision.command_id, source, source_part, source_off,
        decision.decider, decision.policy_version, "order", "allocated", "", "", record_hash,
        placed.order, placed.shop, placed.channel, placed.segment, placed.number, placed.region, placed.currency, placed.revision,
        len(placed.lines), units, moment(placed.placed_at), moment(placed.received_at), node, promise.fulfilment, *lines,
        *_NO_EVENTS, payloads, *_NO_ROWS, *_candidates(considered.candidates, units),
    )  # fmt: skip
    if placed.revision == 1:
        way: Way = ("promised", decision.pool, node, day, placed.channel)
    else:
        way = ("moved", decision.pool, node, "on_hand", node, "reserved")
    return Left([("decided", row)], [(way, skus, counts)])


def _lines(placed: e.OrderPlaced, promise: Promise) -> Lines | None:
    """The columns of the lines, if each is one SKU, and all of them are reserved out of the free units of the order's own segment."""
    names, listings, skus, quantities, counts, prices = columns = [], [], [], [], [], []  # type: Lines
    rows = []
    # one loop, where comprehensions would be eight
    for line in placed.lines:
        if len(line.parts) != 1:
            return None
        ((sku, per_unit),) = line.parts
        name, quantity = line.line, line.quantity
        count = quantity * per_unit
        rows.append((name, sku, count, ()))
        names.append(name)
        listings.append(line.listing)
        skus.append(sku)
        quantities.append(quantity)
        counts.append(count)
        prices.append(line.price)
    return columns if promise.node and _encode(rows) == bytes(promise.rows) else None


def _candidates(candidates: Sequence[e.Candidate], wanted: int) -> tuple[Sequence[object], ...]:
    if len(candidates) == 1:
        (one,) = candidates
        return (2,), (one.node,), (one.covers,), (one.scores,), (one.verdict,), (wanted,)
    many = len(candidates)
    return (
        (2,) * many,
        [one.node for one in candidates],
        [one.covers for one in candidates],
        [one.scores for one in candidates],
        [one.verdict for one in candidates],
        (wanted,) * many,
    )
