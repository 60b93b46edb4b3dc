"""The log stays readable while a broker is away."""

import logging

from deploy.logs import MOST_REMEMBERED, QUIET_S, Sparing


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


def test_lines_that_a_stranger_makes_up_fill_no_memory() -> None:
    sparing = Sparing(lambda: 0.0)
    for number in range(3 * MOST_REMEMBERED):
        assert sparing.filter(line(f"POST '/hooks/{chr(0x4E00 + number)}' failed"))

    assert len(sparing._said) <= MOST_REMEMBERED
