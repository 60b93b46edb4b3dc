"""The command line `yipan`. Commands live in deploy/commands; here they get their names."""

import logging
import sys

import typer

from deploy.commands import bills, business, carriers, check, demo, inspect, look, policy, processes, simulate, stack, stock, warehouse
from deploy.commands.output import say
from deploy.faults import Fault

app = typer.Typer(
    name="yipan",
    help="Yipan: one pool of stock. Takes the orders of every channel, promises each one stock, tells the warehouses what to ship.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    context_settings={"help_option_names": ["-h", "--help"]},
)
RUN, LOOK, CHANGE, PROCESS = "Run", "Look", "Change", "Processes (what `yipan up` starts)"

app.command("up", rich_help_panel=RUN)(stack.up)
app.command("demo", rich_help_panel=RUN)(demo.demo)
app.command("import", rich_help_panel=CHANGE)(business.import_)
app.add_typer(policy.app, name="policy", rich_help_panel=CHANGE)
app.command("hold", rich_help_panel=CHANGE)(inspect.hold)
app.command("release", rich_help_panel=CHANGE)(inspect.release)
app.command("refund", rich_help_panel=CHANGE)(inspect.refund)
app.command("reissue", rich_help_panel=CHANGE)(inspect.reissue)
app.add_typer(bills.app, name="bills", rich_help_panel=CHANGE)
app.command("check", rich_help_panel=LOOK)(check.check)
app.command("simulate", rich_help_panel=LOOK)(simulate.simulate)
app.command("order", rich_help_panel=LOOK)(inspect.order)
app.command("explain", rich_help_panel=LOOK)(inspect.explain)
app.add_typer(inspect.dead_letters, name="dead-letters", rich_help_panel=LOOK)
app.command("labels", rich_help_panel=LOOK)(carriers.labels)
app.command("stock", rich_help_panel=LOOK)(stock.stock)
app.command("topics", rich_help_panel=LOOK)(look.topics)
app.command("settings", rich_help_panel=LOOK)(look.settings)
app.command("worker", rich_help_panel=PROCESS)(processes.worker)
app.command("gateway", rich_help_panel=PROCESS)(processes.gateway)
app.command("poll", rich_help_panel=PROCESS)(processes.poll)
app.command("writeback", rich_help_panel=PROCESS)(processes.writeback)
app.command("deliver", rich_help_panel=PROCESS)(processes.deliver)
app.command("sink", rich_help_panel=PROCESS)(processes.sink)
app.command("warehouse", rich_help_panel=RUN)(warehouse.warehouse)


def main() -> None:
    """An expected fault is a sentence on standard error and exit code 1."""
    # what librdkafka logs of a broker that is away, a command says in one sentence; processes set up logging of their own
    logging.getLogger("kafka").addHandler(logging.NullHandler())
    try:
        app()
    except Exception as error:
        if not is_expected(error):
            raise
        say(str(error))
        sys.exit(1)


def is_expected(error: Exception) -> bool:
    """Whether its text is a sentence for the person at the terminal; any other exception is a bug, and wants its traceback."""
    from connectors.registry import HalfWritten
    from deploy.sealing import KeyMissing

    return isinstance(error, Fault | HalfWritten | KeyMissing)


if __name__ == "__main__":
    main()
