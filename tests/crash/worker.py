"""`yipan worker` as a rolling deploy has it, and as bad luck has it: a version of the decider, and a transport that loses fetched batches.

Called as `python -m tests.crash.worker VERSION SEED`; without a seed nothing is lost.
"""

import sys
from functools import partial

import streams.worker
from deploy.cli import main
from streams.agents.announce import Announce
from tests.crash.versions import decide_by
from tests.integration.dropping import drop_batches

# a run is short: snapshots must come often enough to be loaded, deleted and damaged
SNAPSHOT_AFTER = 300

if __name__ == "__main__":
    version, *seeds = map(int, sys.argv[1:])
    sys.argv[1:] = ["worker"]
    decide_by(version)
    streams.worker.Announce = partial(Announce, snapshot_after=SNAPSHOT_AFTER)  # type: ignore[assignment, attr-defined]
    for seed in seeds:
        drop_batches(seed)
    main()
