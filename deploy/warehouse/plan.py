"""What a warehouse does with a fulfilment order, all of it: each word and when it is said. Pure.

A cancel decides by its time alone, never by what was sent: words up to the moment it came are the same with and without it. So what was
said already, or is on its way, stays true whatever comes after.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from connectors.contract import Disposition, FulfilmentLine, TrackingStatus
from deploy.warehouse.habits import DAY, HOUR, Habits
from deploy.warehouse.words import Ask, Back, Inspected, Job, Left, Lines, Progress, Seen, TooLate, Unshipped, Word, less

CARRIERS = ("gull", "heron", "tern")
# Of the time between order and shipment, after how many per cent it is …
ACCEPTED, PICKING, PICKED, PACKED = 5, 40, 70, 90
ANSWERS_WITHIN = HOUR // 2
# how often the carrier is heard before the warehouse says that the parcel left
CARRIER_FIRST = 0.3
SCANS: tuple[tuple[TrackingStatus, int], ...] = (("in_transit", 2 * HOUR), ("out_for_delivery", 0), ("delivered", 4 * HOUR))
WHOLE_BACK = 0.5
FATES: tuple[tuple[Disposition, float], ...] = (("resell", 0.75), ("refurbish", 0.85), ("return_to_vendor", 0.9), ("scrap", 1.0))
SAYS_SO = 0.5  # that it is too late for a cancel

Answers = tuple[Unshipped | TooLate, ...]


class Course(NamedTuple):
    """When a fulfilment's work is how far, and what is to be shipped of it in the end, as the cancels that came in time leave it.
    `over`: when nothing was left to do by a cancel, 0 for never. `answers`: to those that were questions."""

    accepted: int
    picking: int
    picked: int
    packed: int
    shipped: int
    lines: Lines
    over: int = 0
    answers: Answers = ()


def plan(job: Job, asks: Sequence[Ask], habits: Habits) -> list[Word]:
    """In order of time. `asks` in the order in which they came."""
    takes = habits.takes(job.id, "work", habits.latency, habits.spread)
    accepted, picking, picked, packed, shipped = (
        # no two at once, however fast the clock runs
        habits.later(job.at, takes * share // 100) + rank
        for rank, share in enumerate((ACCEPTED, PICKING, PICKED, PACKED, 100))
    )
    course = Course(accepted, picking, picked, packed, shipped, job.lines)
    for ask in asks:
        course = _cancelled(job, course, ask, habits)
    words = [word for word in _work(job, course, habits) if (not course.over or word.at <= course.over) and _is_told(word, habits)]
    return sorted([*words, *course.answers], key=lambda word: word.at)


def _cancelled(job: Job, course: Course, ask: Ask, habits: Habits) -> Course:
    """A question is too late once all is picked, and a settled cancel once the parcel left; of what was refused nothing is to cancel."""
    until = course.accepted if _refuses(job, habits) else course.shipped if ask.final else course.picked
    left = less(course.lines, ask.lines)
    if left == course.lines:
        return course
    if ask.at >= until or (not ask.final and habits.chance(ask.event, "late cancel") < habits.late_cancel):
        return course._replace(answers=(*course.answers, *_too_late(job, course, ask, habits)))
    answers = course.answers if ask.final else _answered(job, course.answers, ask, until, habits)
    return course._replace(lines=left, over=0 if left else ask.at, answers=answers)


def _answered(job: Job, answers: Answers, ask: Ask, until: int, habits: Habits) -> Answers:
    """Questions that come before the answer was given get that one: it is for all that was asked."""
    last = answers[-1] if answers else None
    if isinstance(last, Unshipped) and ask.at < last.at:
        return *answers[:-1], Unshipped(last.name, last.at, last.reason, (*last.lines, *ask.lines))
    at = max(ask.at + 1, min(habits.later(ask.at, ANSWERS_WITHIN), until - 1))
    return *answers, Unshipped(f"{job.id}-cancel-{len(answers) + 1}", at, "cancelled", ask.lines)


def _too_late(job: Job, course: Course, ask: Ask, habits: Habits) -> Iterator[TooLate]:
    """Some say so; of others the shipment does, and of what has left it did."""
    open = ask.at < course.shipped and not _refuses(job, habits)
    if not ask.final and open and habits.chance(ask.event, "says so") < SAYS_SO:
        yield TooLate(
            f"{job.id}-late-{len(course.answers) + 1}", max(ask.at + 1, min(habits.later(ask.at, ANSWERS_WITHIN), course.shipped))
        )


def _is_told(word: Word, habits: Habits) -> bool:
    on_its_way = isinstance(word, Progress) or (isinstance(word, Seen) and word.status != "delivered")
    return not on_its_way or habits.chance(word.name, "tell") < habits.tell


def _refuses(job: Job, habits: Habits) -> bool:
    return habits.chance(job.id, "refuse") < habits.refuse


def _work(job: Job, course: Course, habits: Habits) -> Iterator[Word]:
    if _refuses(job, habits):
        yield Unshipped(f"{job.id}-refused", course.accepted, "no_capacity", course.lines)
        return
    yield Progress(f"{job.id}-accepted", course.accepted, "accepted")
    yield Progress(f"{job.id}-picking", course.picking, "picking")
    yield Progress(f"{job.id}-picked", course.picked, "picked")
    missing = _missing(job, course.lines, habits)
    there = less(course.lines, missing)
    if there:
        yield Progress(f"{job.id}-packed", course.packed, "packed")
        yield from _ship(job, course, there, bool(missing), habits)
    if missing:
        yield Unshipped(f"{job.id}-short", course.shipped + 2, "short", missing)


def _missing(job: Job, lines: Lines, habits: Habits) -> Lines:
    """What the picker does not find."""
    if not lines or habits.chance(job.id, "short") >= habits.short:
        return ()
    last = lines[-1]
    return (FulfilmentLine(last.line, last.sku, 1 + int(habits.chance(job.id, "how short") * last.quantity)),)


def _ship(job: Job, course: Course, lines: Lines, short: bool, habits: Habits) -> Iterator[Word]:
    """Where units are missing all else leaves at once, in one parcel: what is told after it says what does not leave."""
    first, second = (lines, ()) if short or habits.chance(job.id, "parcels") >= habits.parcels else _halves(lines)
    delivered = 0
    for number, part in enumerate((first, second) if second else (first,), 1):
        left = course.shipped + 1 if number == 1 else habits.later(course.shipped, habits.latency // 2) + 1
        yield from (parcel := list(_parcel(job, number, part, left, short or (number == 1 and bool(second)), habits)))
        delivered = max(delivered, parcel[-1].at)
    if habits.chance(job.id, "returns") < habits.returns:
        yield from _come_back(job, lines, delivered, habits)


def _halves(lines: Lines) -> tuple[Lines, Lines]:
    """Of one line its units are divided, of several the lines; one unit stays whole."""
    if len(lines) > 1:
        return lines[: len(lines) // 2], lines[len(lines) // 2 :]
    [line] = lines
    half = line.quantity // 2
    return (FulfilmentLine(line.line, line.sku, line.quantity - half),), (FulfilmentLine(line.line, line.sku, half),) if half else ()


def _parcel(job: Job, number: int, lines: Lines, left: int, more: bool, habits: Habits) -> Iterator[Word]:
    """The last word is that it is delivered."""
    name = f"{job.id}-{number}"
    carrier = CARRIERS[int(habits.chance(name, "carrier") * len(CARRIERS))]
    tracking = f"{carrier[:2].upper()}{name}"
    yield Seen(f"{name}-label", left - 1, carrier, tracking, "label")
    told = habits.later(left, 3 * HOUR) if habits.chance(name, "carrier first") < CARRIER_FIRST and not more else left
    yield Left(f"{name}-left", told, lines, carrier, tracking, more)
    at = left
    for status, takes in SCANS:
        at = habits.later(at, takes or habits.takes(name, "transit", habits.transit, habits.transit_spread))
        yield Seen(f"{name}-{status}", at, carrier, tracking, status)


def _come_back(job: Job, lines: Lines, delivered: int, habits: Habits) -> Iterator[Word]:
    back = habits.later(delivered, habits.takes(job.id, "back", 6 * DAY, 4 * DAY))
    whole = habits.chance(job.id, "all of it") < WHOLE_BACK
    lines = lines if whole else (FulfilmentLine(lines[0].line, lines[0].sku, 1),)
    found = habits.chance(job.id, "inspection")
    fate = next(fate for fate, up_to in FATES if found < up_to)
    yield Back(f"{job.id}-back", back, lines, fate)
    yield Inspected(f"{job.id}-inspected", habits.later(back, DAY), lines, fate, f"{job.id}-back")
