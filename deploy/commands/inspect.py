"""`yipan order`, `explain` and `dead-letters`: what the topics say of an order, and of records that went no further."""

from typing import TYPE_CHECKING, Annotated, Literal

import typer
from msgspec import structs

from deploy.commands.output import Json, console, say, to_json
from deploy.settings import load_settings

if TYPE_CHECKING:
    from streams.explain import Story
    from streams.letters import Choice, Letter

Key = Annotated[str, typer.Argument(help="tenant/shop/order, or just the order's id or number where only one order has it.")]


def order(key: Key, json: Json = False) -> None:
    """Show an order's whole life: how it stands, where its time went, what was decided, told and heard of it when, its parcels."""
    import time

    from deploy.life import lived
    from streams.attribution import attribute, total
    from streams.parcels import boxes

    story = story_of(key)
    told = story.events()
    spans, parcels = attribute(told, time.time_ns() // 1_000_000), boxes(told)
    if json:
        to_json(structs.asdict(story) | {"time": total(spans), "spans": spans, "parcels": parcels})
    else:
        console().print(lived(story, spans, parcels))


def explain(key: Key, json: Json = False) -> None:
    """Tell an order's whole story from the log: what came in, each decision with its candidates, what the nodes were told."""
    from deploy.telling import whole

    story = story_of(key)
    if json:
        to_json(story)
    else:
        console().print(whole(story))


def release(
    key: Key,
    reason: Annotated[list[str] | None, typer.Option(help="Only this reason; may be given several times. Without: all.")] = None,
    json: Json = False,
) -> None:
    """Let a held order go on, though its channel has not said so. A channel's later word on the same reason holds it no more."""
    import getpass
    import time

    from deploy import clients
    from deploy.releasing import release as send_release

    story = story_of(key)
    now = time.time_ns() // 1_000_000
    let_go = send_release(story, tuple(reason or ()), getpass.getuser(), clients.producer(load_settings()), now)
    if json:
        to_json({"order": story.order, "released": let_go})
    else:
        console().print(f"{story.order} is released from {', '.join(let_go)}.", markup=False)


def hold(
    key: Key,
    reason: Annotated[str, typer.Option(help="Why, for whoever asks later. It stays in the log: name no customer.")],
    json: Json = False,
) -> None:
    """Keep an order back, whatever its channel says. Nodes that were told to ship it are called off. `yipan release` lets it go again."""
    import getpass
    import time

    from deploy import clients
    from deploy.holding import hold as send_hold

    story = story_of(key)
    send_hold(story, reason, getpass.getuser(), clients.producer(load_settings()), time.time_ns() // 1_000_000)
    if json:
        to_json({"order": story.order, "held": reason})
    else:
        console().print(f"{story.order} is kept back.", markup=False)


def refund(
    key: Key,
    amount: Annotated[str, typer.Argument(help="In the order's currency, like 12.50.")],
    reason: Annotated[str, typer.Option(help="Why, in a few words.")],
    json: Json = False,
) -> None:
    """Give money of an order back, without goods: no more than is left of what was paid for it."""
    import getpass
    import time

    from deploy import clients
    from deploy.refunding import refund as send_refund

    story = story_of(key)
    now = time.time_ns() // 1_000_000
    units, currency = send_refund(story, amount, reason, getpass.getuser(), clients.producer(load_settings()), now)
    if json:
        to_json({"order": story.order, "amount": units, "currency": currency})
    else:
        console().print(
            f"{amount} {currency} of {story.order} are asked to be given back; `yipan explain` tells what was decided.", markup=False
        )


def reissue(
    key: Key,
    tracking: Annotated[str, typer.Option(help="The parcel's number; may be left out where the order left in one only.")] = "",
    json: Json = False,
) -> None:
    """Send what left in a parcel once more, at no charge: as an order of its own, linked to this one. Each unit once, and none that came
    back."""
    import getpass
    import time

    from deploy import clients
    from deploy.reissuing import reissue as send_reissue

    story = story_of(key)
    parcel = send_reissue(story, tracking, getpass.getuser(), clients.producer(load_settings()), time.time_ns() // 1_000_000)
    if json:
        to_json({"order": story.order, "tracking": parcel})
    else:
        told = f"What left in {parcel} is asked to be sent once more; `yipan explain {story.order}` tells what was decided."
        console().print(told, markup=False)


def story_of(key: str) -> "Story":
    """Raises Fault when there is no such order, or more than one."""
    from deploy.faults import Fault
    from deploy.lookup import asking
    from streams.explain import Unclear
    from streams.explain import explain as tell

    with asking(load_settings()) as log:
        found = tell(log, key)
    if isinstance(found, Unclear):
        if not found.orders:
            raise Fault(f"No order {key!r} is in the log. Was it rejected on its way in? See `yipan dead-letters list`.")
        raise Fault(f"Several orders are called {key!r}; say which: {', '.join(found.orders)}")
    return found


# ---------------------------------------------------------------------------------------------- dead letters
Code = Annotated[str, typer.Option(help="Only letters with this reason code.")]
Shop = Annotated[str, typer.Option(help="Only letters of this shop.")]
Place = Annotated[str, typer.Argument(help="PARTITION:OFFSET, as `list` shows it.")]
Class = Annotated[Literal["rejected", "ignored", "all"], typer.Option("--class", help="Which class of letters.")]

dead_letters = typer.Typer(help="Records that went no further: why, and how to send them in again.", no_args_is_help=True)


@dead_letters.command("list")
def list_letters(
    code: Code = "",
    shop: Shop = "",
    verdict: Class = "all",
    limit: Annotated[int, typer.Option(min=0, help="How many to list one by one, newest of each partition first.")] = 20,
    json: Json = False,
) -> None:
    """Count dead letters by reason, and list the latest."""
    from deploy.telling import counted, listed
    from streams.letters import counts

    found = chosen(choice(code, shop, verdict))
    latest = sorted(found, key=lambda one: one.at, reverse=True)[:limit]
    summary = counts(found)
    if json:
        to_json({"counts": summary, "letters": [as_row(one) for one in latest]})
        return
    if not summary:
        console().print("There are none.")
        return
    console().print(counted(summary))
    console().print(listed(latest))


@dead_letters.command()
def show(
    place: Place,
    body: Annotated[bool, typer.Option("--body", help="Print the original body too. It may hold personal data.")] = False,
    json: Json = False,
) -> None:
    """Show one dead letter: the reason, a sentence on what to do, where the original was, its headers."""
    from deploy.telling import shown

    one = letter_at(place)
    headers = [(name, value.decode(errors="replace")) for name, value in one.letter.original_headers()]
    text = one.letter.body().decode(errors="replace")
    if json:
        to_json({**as_row(one), "headers": dict(headers), **({"body": text} if body else {})})
        return
    console().print(shown(one, headers))
    if body:
        typer.echo(text)


@dead_letters.command()
def replay(
    place: Annotated[str, typer.Argument(help="PARTITION:OFFSET of one letter; without, all that the options choose.")] = "",
    code: Code = "",
    shop: Shop = "",
    verdict: Class = "rejected",
    yes: Annotated[bool, typer.Option("--yes", help="Do it. Without, only say what would be done.")] = False,
    json: Json = False,
) -> None:
    """Send originals in again, byte for byte, once their cause is gone: a shop imported, a parser repaired, a partner that takes them. What
    was taken before is known, and changes nothing. Of fulfilments, only those go to their partner again that are still to be shipped."""
    from deploy.lookup import asking
    from deploy.replaying import planned, send_again

    found = [letter_at(place)] if place else chosen(choice(code, shop, verdict))
    with asking(load_settings()) as log:
        plan = planned(log, found)
    records = len(plan.raw) + len(plan.fulfilments)
    if yes:
        send_again(load_settings(), plan)
    if json:
        to_json({"sent" if yes else "would_send": records, "kept_back": plan.kept_back})
        return
    said = "1 record" if records == 1 else f"{records} records"
    console().print(f"{said} {'sent again, and acknowledged' if yes else 'would be sent again: say --yes to do it'}.")
    for reason, count in plan.kept_back.items():
        say(f"{count} kept back: {reason}")


def choice(code: str, shop: str, verdict: Literal["rejected", "ignored", "all"]) -> "Choice":
    from streams.letters import Choice

    return Choice(code=code, shop=shop, verdict=None if verdict == "all" else verdict)


def chosen(choice: "Choice") -> "list[Letter]":
    from deploy.lookup import asking
    from streams.letters import letters

    with asking(load_settings()) as log:
        return list(letters(log, choice))


def letter_at(place: str) -> "Letter":
    """Raises Fault when there is none."""
    from deploy.faults import Fault
    from streams.letters import Choice

    partition, colon, offset = place.partition(":")
    if not (colon and partition.isdecimal() and offset.isdecimal()):
        raise Fault(f"{place!r} is no place of a dead letter: PARTITION:OFFSET, for example 0:17, as `yipan dead-letters list` shows it.")
    found = chosen(Choice(place=(int(partition), int(offset))))
    if not found:
        raise Fault(f"There is no dead letter at {place}.")
    return found[0]


def as_row(one: "Letter") -> dict[str, object]:
    letter = one.letter
    about = {"place": f"{one.partition}:{one.offset}", "at": one.at, "class": letter.verdict, "stage": letter.stage, "code": letter.code}
    return about | {
        "sentence": letter.sentence,
        "shop": letter.shop,
        "original": f"{letter.topic}[{letter.partition}]@{letter.offset}",
        "key": letter.key,
    }
