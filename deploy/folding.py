"""Folds one partition in a process of its own, and leaves a snapshot: `python -m deploy.folding PARTITION CLUSTER TOPIC`.

For workers, see streams.agents.aside. Started, never forked; it ends with who started it.
"""

import gc
import logging
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from functools import partial

from deploy import clients
from deploy.logs import set_up_logging
from deploy.process import tethered
from deploy.settings import Settings, environment, load_settings
from streams.agents.rebuild import READ_OPTIONS, LogDamaged, leave_snapshot
from streams.read import KafkaLog
from streams.snapshots import Origin, Snapshots

log = logging.getLogger(__name__)

PROGRAM = (sys.executable, "-m", "deploy.folding")
DAMAGED = 4
LOOK_S = 0.1


def fold_aside(settings: Settings, origin: Origin, partition: int, wanted: Callable[[], bool]) -> None:
    """Until the process has ended, or is no longer wanted. Raises LogDamaged as it was raised there; whatever else keeps it from leaving
    a snapshot is a warning. Call it from a thread that stays: see deploy.process.spawn."""
    command = tethered([*PROGRAM, str(partition), *origin], signal.SIGKILL)
    try:
        child = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, env=environment(settings), text=True)
    except OSError as failure:
        log.warning("no process can be started to fold partition %d: %s", partition, failure)
        return
    with child:
        said = _words(child, wanted)
    if child.returncode == DAMAGED:
        raise LogDamaged(said)
    if child.returncode and wanted():
        log.warning("the process that folds partition %d ended with code %d", partition, child.returncode)


def _words(child: subprocess.Popen[str], wanted: Callable[[], bool]) -> str:
    while wanted():
        try:
            return child.communicate(timeout=LOOK_S)[0]
        except subprocess.TimeoutExpired:
            continue
    child.kill()
    return child.communicate()[0]


def main(partition: str, *origin: str) -> int:
    # Ctrl-C is for the worker, which then ends this
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    set_up_logging()
    # what is folded has no cycles, and looking for some in all of it takes long
    gc.disable()
    settings, parent = load_settings(), os.getppid()
    source = KafkaLog(partial(clients.consumer, settings, "yipan-read", **READ_OPTIONS))
    snapshots = Snapshots(clients.snapshot_files(settings), Origin(*origin))
    try:
        leave_snapshot(source, snapshots, int(partition), lambda: os.getppid() == parent)
    except LogDamaged as damage:
        sys.stdout.write(str(damage))
        return DAMAGED
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
