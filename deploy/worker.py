"""A worker process: the stages of the pipeline, with their clients, keys and channels."""

from collections.abc import Sequence
from functools import partial

from connectors.registry import channels
from deploy import clients
from deploy.faults import Fault
from deploy.folding import fold_aside
from deploy.ready import READY, serve_metrics
from deploy.sealing import Sealer
from deploy.settings import Settings
from streams.app import Login
from streams.worker import STAGES, Clients, Outside, StageName, WorkerConfig, WrongPartitions, run_worker


def run(settings: Settings, stages: Sequence[StageName] = STAGES) -> None:
    """Until SIGTERM or Ctrl-C. Raises Fault when the broker's topics do not fit the settings."""
    serve_metrics(settings.metrics_port, "worker")
    outside = Outside(channels(), Sealer(settings.keys_dir).seal)
    try:
        run_worker(worker_config(settings), worker_clients(settings), outside, lambda: READY.labels("worker").set(1), stages)
    except WrongPartitions as wrong:
        raise Fault(f"{wrong}: set YIPAN_PARTITIONS to the number the topics were made with.") from wrong


def worker_clients(settings: Settings) -> Clients:
    return Clients(
        consumer=partial(clients.consumer, settings),
        producer=partial(clients.producer, settings),
        admin=partial(clients.admin, settings),
        snapshots=partial(clients.snapshot_files, settings),
        fold_aside=partial(fold_aside, settings),
    )


def worker_config(settings: Settings) -> WorkerConfig:
    return WorkerConfig(
        brokers=tuple(settings.bootstrap.split(",")),
        partitions=settings.partitions,
        folder=settings.home / "worker",
        login=login(settings),
        transaction_records=settings.transaction_records,
        transaction_wait_ms=settings.transaction_wait_ms,
        dead_letter_limit=settings.dead_letter_limit,
    )


def login(settings: Settings) -> Login:
    return Login(
        protocol=settings.kafka_security_protocol,
        mechanism=settings.kafka_sasl_mechanism,
        username=settings.kafka_sasl_username,
        password=settings.kafka_sasl_password.get_secret_value(),
        ca_file=settings.kafka_ssl_ca,
    )
