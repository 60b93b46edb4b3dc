"""The floor for one Python process: consume, decide with our decider, produce. Nothing fences it, so two of these, or one that was
paused, would decide the same order twice.

`python -m tests.bench.peers.bare BROKERS INPUT OUTPUT LEDGERS`: a folder with a ledger for each partition, dumped.
"""

import gc
import signal
import sys
from collections import defaultdict
from pathlib import Path
from threading import Event

from confluent_kafka import Consumer, KafkaException, TopicPartition

from deploy import clients
from deploy.settings import Settings
from streams.ledger import Ledger, Message
from tests.bench.peers.job import PARTITIONS

FETCH = 2_000
FILL_S = 0.003


def main() -> None:
    brokers, topic, output, folder = sys.argv[1:]
    settings, stopped = Settings(_env_file=None, kafka=brokers), Event()
    signal.signal(signal.SIGTERM, lambda *_: stopped.set())
    consumer = clients.consumer(settings, output)
    ledgers = [load(Path(folder), partition) for partition in range(PARTITIONS)]
    consumer.assign([TopicPartition(topic, ledger.partition, ledger.last + 1) for ledger in ledgers])
    producer = clients.producer(settings)
    # as the worker does
    gc.collect()
    gc.freeze()
    gc.set_threshold(100_000, 50, 1_000)
    while not stopped.is_set():
        for partition, batch in batches(consumer).items():
            for key, record in ledgers[partition].decide(batch):
                producer.produce(output, record, key, partition)
            producer.poll(0)
    producer.flush()
    consumer.close()


def load(folder: Path, partition: int) -> Ledger:
    ledger = Ledger.load(partition, (folder / str(partition)).read_bytes())
    assert ledger is not None
    return ledger


def batches(consumer: Consumer) -> dict[int, list[Message]]:
    found: defaultdict[int, list[Message]] = defaultdict(list)
    for message in consumer.consume(FETCH, FILL_S):
        if error := message.error():
            raise KafkaException(error)
        found[message.partition() or 0].append((message.offset() or 0, message.key() or b"", message.value() or b""))
    return found


if __name__ == "__main__":
    main()
