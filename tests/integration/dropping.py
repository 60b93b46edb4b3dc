"""`yipan worker` whose transport loses fetched batches, as a rebalance does at the worst time: for the tests of the hole guard."""

import random
from collections.abc import Mapping
from typing import Any

from deploy.cli import main
from streams.transport import BatchConsumer

LOST = 0.2


def drop_batches(seed: int) -> None:
    """From now on a share of what is fetched is lost. Nothing is lost twice: a hole that a second look does not fill is real."""
    deliver, chance = BatchConsumer._deliver, random.Random(seed)
    lost: set[tuple[Any, int]] = set()

    def arrives(tp: Any, start: int) -> bool:
        if (tp, start) in lost or chance.random() > LOST:
            return True
        lost.add((tp, start))
        return False

    async def lossy(self: BatchConsumer, records: Mapping[Any, Any], generation: int) -> None:
        await deliver(self, {tp: span for tp, span in records.items() if arrives(tp, span.start)}, generation)

    BatchConsumer._deliver = lossy  # type: ignore[method-assign]


if __name__ == "__main__":
    drop_batches(seed=5)
    main()
