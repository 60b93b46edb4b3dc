"""What an engine's output topic says of its speed, and /proc of what that took. Times are the broker's: when it appended."""

import os
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

from confluent_kafka import Consumer, KafkaException, TopicPartition

TICK_S = 0.1
QUIET_S = 7.0  # longer than any engine waits before it commits
PATIENCE_S = 90.0  # without any output
CLOCK = os.sysconf("SC_CLK_TCK")


class Sample(NamedTuple):
    """`end`: records and markers in the output so far. CPU in seconds since the process began."""

    end: int
    engine: float
    broker: float


class Result(NamedTuple):
    """CPU in microseconds an order."""

    orders_per_s: float
    cpu_us: float
    broker_cpu_us: float
    peak_mb: int


class Stalled(Exception):
    """No output came for PATIENCE_S, or the engine ended."""


def measured(outputs: int) -> int:
    """The last nine tenths: what comes before is warm-up."""
    return outputs - outputs // 10


def rate(stamps: Sequence[int], outputs: int, records: int) -> float:
    """Records taken a second while the measured part of the job's `outputs` was appended; `stamps` in ms, of all outputs, the job's
    last. `records` of input made them."""
    first, *_, last = sorted(stamps)[-measured(outputs) :]
    return records * measured(outputs) / outputs * 1_000 / max(1, last - first)


def used(samples: Sequence[Sample], outputs: int, records: int) -> tuple[float, float]:
    """CPU microseconds a record, of the engine and of the broker, over about the same part."""
    end = samples[-1].end
    first = next(sample for sample in samples if sample.end >= end - measured(outputs))
    last = next(sample for sample in samples if sample.end == end)
    taken = max(1, last.end - first.end) * records / outputs
    return (last.engine - first.engine) / taken * 1e6, (last.broker - first.broker) / taken * 1e6


def result(stamps: Sequence[int], samples: Sequence[Sample], outputs: int, records: int, peak: int) -> Result:
    engine, broker = used(samples, outputs, records)
    return Result(rate(stamps, outputs, records), engine, broker, peak)


def watch(topic: str, partitions: int, consumer: Consumer, outputs: int, cpu: Callable[[], tuple[float, float]]) -> list[Sample]:
    """Samples until that many outputs have come and nothing follows. `consumer` reads uncommitted, or would see nothing for long."""
    samples = [Sample(_end(topic, partitions, consumer, 0), *cpu())]
    moved = time.monotonic()
    while samples[-1].end - samples[0].end < outputs or time.monotonic() - moved < QUIET_S:
        time.sleep(TICK_S)
        samples.append(Sample(_end(topic, partitions, consumer, samples[-1].end), *cpu()))
        if samples[-1].end != samples[-2].end:
            moved = time.monotonic()
        if time.monotonic() - moved > PATIENCE_S:
            raise Stalled(f"{topic} stands still at {samples[-1].end} records, {outputs} were to come")
    return samples


def _end(topic: str, partitions: int, consumer: Consumer, known: int) -> int:
    places = [TopicPartition(topic, partition) for partition in range(partitions)]
    try:
        return sum(consumer.get_watermark_offsets(place, timeout=15, cached=False)[1] for place in places)
    except KafkaException:
        # a topic that was just made has no leader yet
        return known


def cpu_seconds(pid: int) -> float:
    """Of all its threads. Raises Stalled when it is no more."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except FileNotFoundError:
        raise Stalled("the engine ended") from None
    if fields[0] == "Z":
        raise Stalled("the engine ended")
    return (int(fields[11]) + int(fields[12])) / CLOCK


def peak_mb(pid: int) -> int:
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) >> 10
