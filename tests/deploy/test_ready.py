"""A process says by its metrics whether it does its work."""

import socket

import pytest

from deploy.faults import Fault
from deploy.ready import READY, is_ready, serve_metrics
from tests.conftest import free_port


def test_a_process_is_ready_once_it_says_so() -> None:
    port = free_port()

    nobody_there = is_ready(port)
    serve_metrics(port, "teahouse")
    before = is_ready(port)
    READY.labels("teahouse").set(1)

    assert (nobody_there, before, is_ready(port)) == (False, False, True)
    READY.remove("teahouse")


def test_a_taken_port_is_a_sentence_that_says_what_to_do() -> None:
    with socket.create_server(("127.0.0.1", 0)) as other, pytest.raises(Fault, match="set YIPAN_METRICS_PORT"):
        serve_metrics(other.getsockname()[1], "teahouse")
