"""How an order's life reads on a terminal: where its time went, what happened when, and its parcels."""

from collections.abc import Iterable, Iterator, Sequence

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from deploy.amounts import when
from deploy.purchases import purchases
from deploy.telling import asked_of_node, event_line, headline, order_lines
from streams.attribution import Part, Span
from streams.explain import Chapter, Story, Told
from streams.parcels import Box
from tables import events as e

WIDTH = 72
COLOURS: dict[Part, str] = {
    "channel": "bright_black",
    "intake": "blue",
    "hold": "magenta",
    "stock": "yellow",
    "release": "white",
    "node": "green",
    "carrier": "cyan",
}


def took(ms: int) -> str:
    """The two largest units of a time, as people say it."""
    seconds = ms // 1000
    parts = [(seconds // 86_400, "d"), (seconds // 3_600 % 24, "h"), (seconds // 60 % 60, "min"), (seconds % 60, "s")]
    first = next((n for n, (amount, _) in enumerate(parts) if amount), None)
    if first is None:
        return f"{ms} ms"
    return " ".join(f"{amount} {unit}" for amount, unit in parts[first : first + 2] if amount)


def lived(story: Story, spans: Sequence[Span], boxes: Sequence[Box]) -> RenderableType:
    return Group(headline(story), attribution(spans), order_lines(story.lines), life(story), parcels(boxes), purchases(story.purchases))


# ---------------------------------------------------------------------------------------------- whose time it was
def attribution(spans: Sequence[Span]) -> RenderableType:
    """A bar, and the same in words. Time before we had the order is said, not drawn: it may be years."""
    if not spans:
        return Text()
    ours = [span for span in spans if span.part != "channel"]
    table = Table("", "whose", "why", "from (UTC)", "time", title=_whole(spans), title_justify="left", show_edge=False)
    table.columns[4].justify = "right"
    for span in spans:
        mark = Text("■", style=COLOURS[span.part])
        table.add_row(mark, Text(whose(span)), Text(span.reason.replace("_", " ")), when(span.since), took(span.until - span.since))
    return Group(_bar(ours), table)


def whose(span: Span) -> str:
    return f"{span.part} {span.who}".rstrip() if span.part in ("node", "carrier", "channel") else span.part


def _whole(spans: Sequence[Span]) -> str:
    return f"Where its {took(spans[-1].until - spans[0].since)} went"


def _bar(spans: Sequence[Span]) -> Text:
    bar, whole = Text(), sum(span.until - span.since for span in spans)
    drawn = passed = 0
    for span in spans:
        passed += span.until - span.since
        # ends are rounded, not lengths: the bar is as long as it is, however many parts it has
        end = WIDTH * passed // whole
        bar.append("█" * (end - drawn), style=COLOURS[span.part])
        drawn = end
    return bar


# ---------------------------------------------------------------------------------------------- what happened when
def life(story: Story) -> RenderableType:
    """What was decided, said and told, in the order of our log; what others saw, they may have seen before."""
    table = Table("when (UTC)", "who", "what", "seen (UTC)", title="Its life", title_justify="left")
    for at, who, what, seen in sorted(_rows(story), key=lambda row: row[0]):
        table.add_row(when(at), Text(who), what, when(seen))
    return table


def _rows(story: Story) -> Iterator[tuple[int, str, Text, int]]:
    for chapter in story.chapters:
        yield from _said(chapter)
    for told in story.told:
        yield told.at, f"to {told.told.node}", _told(told), 0
    for letter in story.stopped:
        yield letter.at, letter.stage, Text(f"{letter.code}: {letter.sentence} (dead letter {letter.partition}:{letter.offset})", "red"), 0


def _said(chapter: Chapter) -> Iterator[tuple[int, str, Text, int]]:
    for event in chapter.events:
        if not isinstance(event, e.Considered):
            yield chapter.at, _who(event), event_line(event), _seen(event)


def _who(event: e.AnyEvent) -> str:
    match event:
        case e.Progressed(node=node) | e.Shipped(node=node) | e.FoundShipped(node=node) | e.CancelRefused(node=node):
            return node
        case e.Returned(node=node) | e.Inspected(node=node) | e.BilledBack(node=node):
            return node
        case e.FulfilmentRejected(node=node, reason=reason) if reason != "timed_out":
            return node
        case e.Tracked() | e.Delivered() | e.ReturnTracked():
            return "carrier"
        case _:
            return "yipan"


def _seen(event: e.AnyEvent) -> int:
    match event:
        case e.Progressed(at=at) | e.Tracked(at=at) | e.ReturnTracked(at=at):
            return at
        case e.ReturnRequested(requested_at=at) | e.Inspected(inspected_at=at) | e.BilledBack(billed_at=at):
            return at
        case e.Shipped(shipped_at=at) | e.FoundShipped(shipped_at=at) | e.Delivered(delivered_at=at) | e.Returned(returned_at=at):
            return at
        case _:
            return 0


def _told(told: Told) -> Text:
    said = told.told
    what = asked_of_node(said)
    units = ", ".join(f"{line.quantity} × {line.sku}" for line in said.lines)
    return Text(f"{what}{f' ({said.reason})' if said.reason else ''} {units} ({said.id})", style="blue")


# ---------------------------------------------------------------------------------------------- parcels
def parcels(boxes: Iterable[Box]) -> RenderableType:
    table = Table(
        "parcel", "carrier", "from", "units", "shipped (UTC)", "carrier says", "delivered (UTC)", title="Parcels", title_justify="left"
    )
    for box in boxes:
        units = ", ".join(f"{row.quantity} × {row.sku}" for row in box.rows)
        word = f"{box.status.replace('_', ' ')} {when(box.status_at)}".rstrip()
        about = (Text(box.tracking or "no number"), Text(box.carrier), Text(box.node), Text(units))
        table.add_row(*about, when(box.shipped_at), word, when(box.delivered_at))
    return table if table.row_count else Text()
