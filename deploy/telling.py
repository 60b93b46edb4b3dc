"""How an order, its story and dead letters read on a terminal."""

from collections.abc import Iterable

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from connectors.contract import Fulfilment
from deploy.amounts import amount, when
from deploy.purchases import purchase_line
from streams.explain import Chapter, Line, Story, Told
from streams.letters import Count, Letter
from tables import events as e
from tables.carriers import Offer


# ---------------------------------------------------------------------------------------------- an order
def headline(story: Story) -> RenderableType:
    status = story.status
    name = Text(story.order, style="bold") + (Text(f"  ({story.number})") if story.number else Text())
    if status is None:
        return name + Text("  refused: nothing of it was taken", style="red")
    said = Text(f"  {status.status}, revision {status.revision}", style="bold cyan")
    holds = Text(f"  held for {', '.join(status.holds)}", style="yellow") if status.holds else Text()
    return name + said + holds


def order_lines(lines: Iterable[Line]) -> RenderableType:
    lines = tuple(lines)
    table = Table("line", "listing", "SKU", "ordered", "reserved", "backordered", "shipped", "delivered", "returned")
    for column in table.columns[3:]:
        column.justify = "right"
    if any(line.expected_at for line in lines):
        table.add_column("expected (UTC)")
    for line in lines:
        units = (line.ordered, line.reserved, line.backordered, line.shipped, line.delivered, line.returned)
        expected = (when(line.expected_at),) if line.expected_at else ()
        table.add_row(Text(line.line), Text(line.listing), Text(line.sku), *(str(n or "") for n in units), *expected)
    return table


def asked_of_node(said: Fulfilment) -> str:
    match said.type:
        case "FulfilmentOrdered":
            return "ship"
        case "FulfilmentCancelled":
            return "do not ship" if said.final else "please cancel"
        case "ReturnExpected":
            return "expect back"
        case "SupplyExpected":
            return "expect"


def _fulfilments(told: Iterable[Told]) -> RenderableType:
    table = Table("told at (UTC)", "what", "fulfilment", "node", "units", "carried by", title="Told to the nodes", title_justify="left")
    for one in told:
        said = one.told
        what = asked_of_node(said)
        units = ", ".join(f"{line.quantity} × {line.sku}" for line in said.lines)
        by = f"{said.carrier} {said.service}".strip()
        table.add_row(when(one.at), f"{what} ({said.reason})" if said.reason else what, said.id, Text(said.node), Text(units), Text(by))
    return table if table.row_count else Text("No node was told anything.", style="dim")


# ---------------------------------------------------------------------------------------------- its story
def whole(story: Story) -> RenderableType:
    now = (Text("\nHow it stands", style="bold"), order_lines(story.lines), _fulfilments(story.told))
    return Group(headline(story), *(_chapter(chapter) for chapter in story.chapters), *now)


def _chapter(chapter: Chapter) -> RenderableType:
    title = Text(f"\n{when(chapter.at)}  {chapter.asked or 'an unreadable command'}", style="bold")
    where = f"  decisions[{chapter.partition}]@{chapter.offset}, pool {chapter.pool} #{chapter.seq}, policy {chapter.policy_version}"
    came = chapter.arrival
    parts: list[RenderableType] = [title + Text(where, style="dim")]
    if came:
        via = f"came as {came.kind} of {came.channel} at {when(came.received_at)}, delivery {came.delivery_id}"
        parts.append(Text(f"  {via}, raw[{came.partition}]@{came.offset}", style="dim"))
    parts += [Padding(_event(event), (0, 0, 0, 2)) for event in chapter.events]
    return Group(*parts)


def _event(event: e.AnyEvent) -> RenderableType:
    return considered(event) if isinstance(event, e.Considered) else event_line(event)


def event_line(event: e.AnyEvent) -> Text:
    match event:
        case e.OrderPlaced(of=of, lines=lines) if of:
            return Text(f"placed at no charge in the stead of goods of {of}, {len(lines)} lines")
        case e.OrderPlaced(revision=revision, segment=segment, lines=lines, region=region, gifts=gifts):
            given = f" ({len(gifts)} of them gifts)" if gifts else ""
            return Text(f"taken as revision {revision}, {len(lines)} lines{given}, segment {segment}, to {region or 'an unknown region'}")
        case e.Reserved(fulfilment=name, node=node, rows=rows, later=later):
            return Text(f"{node} ships {_units(rows)} ({name}{', told later' if later else ''})", style="green")
        case e.FulfilmentReleased(fulfilment=name, node=node, rows=rows, group=group):
            return Text(f"{node} is told to ship {_units(rows)} ({name}{f', in parcel {group}' if group else ''})", style="green")
        case e.CarrierChosen():
            return _carried(event)
        case e.CarrierMissing(node=node, rows=rows):
            return _nobody(event, f"{_units(rows)} from {node}", _others(event.offers, "", ""))
        case e.Unreserved(fulfilment=name, node=node, rows=rows, to=to, reason=reason):
            return Text(f"{node} no longer ships {_units(rows)} ({name}, {reason}): to {to}", style="yellow")
        case e.CancelRequested(fulfilment=name, node=node, rows=rows, reason=reason):
            return Text(f"{node} is asked not to ship {_units(rows)} ({name}, {reason})", style="yellow")
        case e.CancelRefused(fulfilment=name, node=node, rows=rows):
            return Text(f"{node} says it is too late: it ships {_units(rows)} ({name})", style="red")
        case e.AmendmentTooLate(fulfilment=name, node=node, what=what):
            return Text(f"too late to change the {' and the '.join(what)} of {name}: {node} has begun", style="red")
        case e.Shipped(fulfilment=name, node=node, rows=rows, carrier=carrier, tracking=tracking):
            return Text(f"{node} shipped {_units(rows)} ({name}) {carrier} {tracking}".rstrip(), style="green")
        case e.FoundShipped(fulfilment=name, node=node, rows=rows, carrier=carrier, tracking=tracking):
            return Text(f"{node} had shipped {_units(rows)} ({name}) before it counted {carrier} {tracking}".rstrip(), style="green")
        case e.Progressed(fulfilment=name, node=node, stage=stage):
            return Text(f"{node} has {name} {stage}")
        case e.Tracked(tracking=tracking, carrier=carrier, fulfilment=name) if name:
            return Text(f"{name} is to leave as {tracking} {carrier}".rstrip())
        case e.Tracked(tracking=tracking, carrier=carrier, status=status):
            return Text(f"{carrier or 'the carrier'} says of {tracking}: {status.replace('_', ' ')}")
        case e.Delivered(tracking=tracking, rows=()):
            return Text(f"delivered earlier than was told ({tracking})", style="green")
        case e.Delivered(tracking=tracking, rows=rows):
            return Text(f"{_units(rows)} delivered ({tracking})", style="green")
        case e.Returned(document=document, node=node, rows=rows):
            return Text(f"{_units(rows)} came back to {node} ({document}), for inspection", style="yellow")
        case e.ReturnRequested(rma=rma, rows=rows, reason=reason, tracking=tracking):
            said = _units(rows) if rows else f"parcel {tracking}"
            return Text(f"return {rma} ({reason or 'no reason given'}): {said} to come back", style="yellow")
        case e.ArrivalExpected(name=name, node=node, rows=rows):
            return Text(f"{node} is told that {_units(rows)} come back to it as {name}")
        case e.ReturnTracked(rma=rma, tracking=tracking, carrier=carrier, status=status):
            return Text(f"{carrier or 'the carrier'} says of {tracking}, return {rma}: {status.replace('_', ' ')}")
        case e.ReturnEnded(rma=rma, end=end, by=by):
            return Text(f"return {rma} {end}" + (f" by {by}" if by else "") + ": no more of it is waited for", style="yellow")
        case e.Inspected(document=document, rma=rma, node=node, lines=lines):
            found = ", ".join(f"{units} × {sku} {disposition.replace('_', ' ')}" for sku, disposition, units in lines)
            return Text(f"{node} has inspected return {rma} ({document}): {found}", style="green")
        case e.ReservationReleased(reservation=name, node=node, rows=rows, reason=reason):
            return Text(f"{_units(rows)} at {node} were reserved ({name}) until now ({reason})")
        case e.RefundDue(refund=name, cause=cause, reason=reason, by=by):
            money = amount(sum(line.amount for line in event.lines), event.currency)
            return Text(f"{money} to be given back ({name}, {cause}) {reason} {'by ' + by if by else ''}".rstrip(), style="yellow")
        case e.Reissued(child=child, reason=reason, rows=rows, tracking=tracking, rma=rma, by=by):
            gone = f"{_units(rows)} of parcel {tracking}" if rows else f"goods in exchange for return {rma}"
            return Text(f"{gone} go out as {child} ({reason.replace('_', ' ')}{f' by {by}' if by else ''})", style="yellow")
        case e.ParcelFound(tracking=tracking, rows=rows):
            return Text(f"parcel {tracking} is found: what went out in its stead ({_units(rows)}) is not called back", style="yellow")
        case e.PurchaseOrdered() | e.BilledBack() | e.BillSettled() | e.CreditExpected():
            return purchase_line(event)
        case e.Backordered(rows=rows):
            return Text(f"waits for {_units(rows)}" if rows else "waits for nothing more", style="yellow")
        case e.DatePromised(dates=dates):
            return Text("; ".join(map(_dated, dates)), style="yellow")
        case e.OrderHeld(reasons=reasons, by=by, why=why):
            return Text(f"held for {', '.join(reasons)}" + (f" by {by}: {why}" if by else ""), style="yellow")
        case e.HoldReleased(reasons=reasons, by=by):
            return Text(f"released from {', '.join(reasons)} by {by or 'nobody named'}")
        case e.OrderReduced(reduction=name, lines=lines) if name.startswith("gifts@"):
            given_up = ", ".join(f"{units} of line {line}" for line, units in lines)
            return Text(f"gifts that are not there are given up: {given_up}", style="yellow")
        case e.OrderReduced(reduction=name, lines=lines):
            return Text(f"reduced ({name}): " + ", ".join(f"{units} of line {line}" for line, units in lines))
        case e.OrderCancelled(reason=reason, by=by):
            return Text(f"cancelled {f'by the {by} ' if by else ''}({reason or 'no reason given'})", style="red")
        case e.OrderRejected(reason=reason):
            return Text(f"rejected ({reason or 'no reason given'})", style="red")
        case e.Shortage(node=node, sku=sku, quantity=quantity):
            return Text(f"{node} lacks {quantity} × {sku} that were promised", style="red")
        case e.FulfilmentRejected(fulfilment=name, node=node, reason=reason):
            return Text(f"{node} refuses {name} ({reason})", style="red")
        case e.OrderResolved():
            return Text("its listings are known now")
        case e.Duplicate(of=of):
            return Text(f"seen before ({of}): nothing happens", style="dim")
        case e.Stale(of=of):
            return Text(f"older than what is known of {of}: nothing happens", style="dim")
        case e.Refused(code=code, sentence=sentence):
            return Text(f"refused ({code}): {sentence}", style="red")
        case _:
            return Text(type(event).__name__)


def _carried(event: e.CarrierChosen) -> Text:
    """Who carries it, and what speaks against each of the others."""
    others = _others(event.offers, event.service, event.currency)
    if not event.service:
        return _nobody(event, event.fulfilment, others)
    price = amount(event.price, event.currency)
    said = f"{event.service} of {event.carrier} carries {event.fulfilment}, {event.grams:,} g, for {price} in {event.days} days"
    return Text(said, style="green") + Text(_by(event.table, others), style="dim")


def _nobody(event: e.CarrierChosen | e.CarrierMissing, what: str, others: str) -> Text:
    if event.unweighed:
        return Text(f"nobody is chosen to carry {what}: nobody knows what {', '.join(event.unweighed)} weigh", style="red")
    whither = event.region or "an unknown region"
    return Text(f"nobody carries {what}, {event.grams:,} g to {whither}{_by(event.table, others)}", style="red")


def _by(table: int, others: str) -> str:
    return f" (rates {table}{': ' if others else ''}{others})"


def _others(offers: Iterable[Offer], service: str, currency: str) -> str:
    """What speaks against each service but this one."""
    return "; ".join(
        f"{offer.service} {offer.excluded.replace('_', ' ') or f'{amount(offer.price, currency)}, {offer.days} days'}"
        for offer in offers
        if offer.service != service
    )


def _dated(dated: e.Dated) -> str:
    if not dated.quantity:
        return f"{dated.sku}: no date any more"
    return f"{dated.quantity} × {dated.sku} promised for {when(dated.at)} (supply {dated.supply} to {dated.node})"


def considered(event: e.Considered) -> RenderableType:
    table = Table("node", "has", *event.criteria, "verdict", title="candidates", title_justify="left", title_style="")
    for candidate in event.candidates:
        scores = [str(_measured(*by)) for by in zip(event.criteria, candidate.scores, strict=False)] or [""] * len(event.criteria)
        style = "green" if candidate.verdict == "chosen" else "dim"
        has = "–" if candidate.verdict == "not_reached" else str(candidate.covers)
        table.add_row(Text(candidate.node), has, *scores, candidate.verdict, style=style)
    parts: list[RenderableType] = [table]
    if event.more:
        parts.append(Text(f"{event.more} more nodes rank behind these", style="dim"))
    if event.short:
        parts.append(Text("short of " + ", ".join(f"{units} × {sku}" for sku, units in event.short), style="red"))
    return Group(*parts)


def _measured(criterion: str, score: int) -> int:
    """Less is better in a score, so units count downwards in it."""
    return -score if criterion == "most_stock" else score


def _units(rows: Iterable[e.Row | e.Waiting]) -> str:
    return ", ".join(f"{row.quantity} × {row.sku}" for row in rows)


# ---------------------------------------------------------------------------------------------- dead letters
def counted(counts: Iterable[Count]) -> RenderableType:
    table = Table("class", "stage", "code", "shop", "letters")
    table.columns[4].justify = "right"
    for count in counts:
        table.add_row(count.verdict, count.stage, count.code, Text(count.shop), f"{count.letters:,}")
    return table


def listed(letters: Iterable[Letter]) -> RenderableType:
    table = Table("place", "written (UTC)", "class", "code", "shop", "sentence")
    for one in letters:
        letter = one.letter
        table.add_row(f"{one.partition}:{one.offset}", when(one.at), letter.verdict, letter.code, Text(letter.shop), Text(letter.sentence))
    return table


def shown(one: Letter, headers: list[tuple[str, str]]) -> RenderableType:
    letter = one.letter
    table = Table(show_header=False, title=f"dead letter {one.partition}:{one.offset}", title_justify="left")
    about = [("written (UTC)", when(one.at)), ("class", letter.verdict), ("stage", letter.stage), ("code", letter.code)]
    about += [("sentence", letter.sentence), ("original", f"{letter.topic}[{letter.partition}]@{letter.offset}"), ("key", letter.key)]
    for name, value in (*about, *((f"header {name}", value) for name, value in headers), ("body", f"{len(letter.body()):,} bytes")):
        table.add_row(name, Text(value))
    return table
