"""`yipan simulate`: the pipeline in memory under faults drawn from a seed."""

import os
from typing import Annotated

import typer

from deploy.commands.check import progress
from deploy.commands.output import Json, say, to_json

Seed = Annotated[int, typer.Option("--seed", min=0, help="The first seed; it decides everything.")]
Schedules = Annotated[int, typer.Option(min=1, help="How many seeds to play, one after the other.")]
Show = Annotated[bool, typer.Option("--story", help="Tell the story of the first seed, whether it goes well or not.")]


def simulate(seed: Seed = 0, schedules: Schedules = 1, story: Show = False, json: Json = False) -> None:
    """Run all stages in memory under crashes, zombies, rebalances and lost answers, and check every promise.

    Ends with one line of JSON (with --json nothing else is printed), and with code 1 when a promise is broken: then the first seed that
    broke one is told as a story, made as small as it gets.
    """
    from deploy.simulating import companions, many
    from streams import simulate as simulation
    from streams.simulation.schedule import play, schedule

    with progress() as tell:
        summary = many(range(seed, seed + schedules), os.cpu_count() or 1, lambda done: tell("schedules", done, schedules))
    if summary.failed and not json:
        plan, played = simulation.shrink(schedule(summary.failed[0]), companions())
        say(simulation.story(plan, played))
        say(f"Run it again: yipan simulate --seed {summary.failed[0]}")
    elif story and not json:
        plan = schedule(seed)
        with simulation.quiet():
            say(simulation.story(plan, play(plan, companions())))
    to_json(summary)
    raise typer.Exit(int(bool(summary.violations)))
