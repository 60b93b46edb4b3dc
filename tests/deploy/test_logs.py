"""The log stays readable while a broker is away."""

import logging

from deploy.logs import QUIET_S, Sparing


def line(text: str) -> logging.LogRecord:
    return logging.LogRecord("kafka", logging.ERROR, "", 0, text, None, None)


def test_what_every_client_repeats_is_said_once_in_a_while() -> None:
    now = 0.0
    sparing = Sparing(lambda: now)

    first = sparing.filter(line("FAIL [rdkafka#producer-1] Connect to 127.0.0.1:29092 failed (after 0ms)"))
    again = sparing.filter(line("FAIL [rdkafka#producer-2] Connect to 127.0.0.1:29092 failed (after 3ms)"))
    other = sparing.filter(line("FAIL [rdkafka#producer-1] Authentication failed"))
    now = QUIET_S
    later = sparing.filter(line("FAIL [rdkafka#producer-1] Connect to 127.0.0.1:29092 failed (after 0ms)"))

    assert (first, again, other, later) == (True, False, True, True)


def test_warnings_about_a_chosen_configuration_are_left_out() -> None:
    assert not Sparing().filter(line("CONFWARN [rdkafka#producer-2] enable.gapless.guarantee is experimental"))
