"""Money, times, regions and signatures, as all channels share them."""

import base64
import hashlib
import hmac
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.money import EXPONENTS, minor_units, rounded_minor_units
from connectors.payload import has_nul
from connectors.regions import region
from connectors.signing import base64_signed, fingerprint, hex_signed
from connectors.times import Naive, china, gmt, iso, to_millis, zoned

steady = settings(derandomize=True, deadline=None)


@pytest.mark.parametrize(
    ("amount", "currency", "minor"),
    [
        ("199.00", "USD", 19900),
        ("1980", "JPY", 1980),
        ("1980.00", "JPY", 1980),
        ("1.250", "KWD", 1250),
        ("-5", "EUR", -500),
        ("0.0000", "CNY", 0),
    ],
)
def test_money_becomes_minor_units_of_its_currency(amount: str, currency: str, minor: int) -> None:
    assert minor_units(Decimal(amount), currency) == minor


@pytest.mark.parametrize(
    ("amount", "currency"), [("0.001", "USD"), ("0.5", "JPY"), ("NaN", "EUR"), ("Infinity", "EUR"), ("1e13", "EUR"), ("1e999999", "EUR")]
)
def test_money_that_is_no_whole_number_of_minor_units_is_refused(amount: str, currency: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        minor_units(Decimal(amount), currency)


def test_a_currency_that_iso_does_not_list_has_no_minor_units() -> None:
    with pytest.raises(KeyError):
        minor_units(Decimal(1), "XXX")


@pytest.mark.parametrize(("amount", "minor"), [("0.005", 1), ("0.0049999", 0), ("-0.005", -1), ("3.3333333333333335", 333)])
def test_divided_money_is_rounded_half_away_from_zero(amount: str, minor: int) -> None:
    assert rounded_minor_units(Decimal(amount), "EUR") == minor


@steady
@given(minor=st.integers(-(10**12), 10**12), currency=st.sampled_from(sorted(EXPONENTS)))
def test_what_is_written_in_decimals_is_read_back_exactly(minor: int, currency: str) -> None:
    written = Decimal(f"{minor}E-{EXPONENTS[currency]}")

    assert minor_units(written, currency) == rounded_minor_units(written, currency) == minor


@steady
@given(moment=st.datetimes(datetime(1970, 1, 2), datetime(2199, 12, 30)), hours=st.integers(-14, 14))  # noqa: DTZ001 (the zone is added)
def test_a_moment_is_the_same_in_every_zone(moment: datetime, hours: int) -> None:
    there = moment.replace(tzinfo=UTC).astimezone(timezone(timedelta(hours=hours)))
    millis = to_millis(there)

    assert zoned(there.isoformat()) == millis == zoned(iso(millis)) == gmt(iso(millis).removesuffix("Z"))


def test_a_time_without_a_zone_is_nobodys() -> None:
    with pytest.raises(Naive):
        zoned("2026-03-01T10:00:00")


@pytest.mark.parametrize("text", ["", "2026-03-01", "now", "1969-12-31T23:59:59Z", "2200-01-01T00:00:00Z", "2026-13-01T00:00:00Z"])
def test_what_is_no_time_of_ours_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        zoned(text)


@pytest.mark.parametrize(
    ("country", "subdivision", "code"),
    [
        ("us", "ca", "US-CA"),
        ("US", "US-CA", "US-CA"),
        ("US", "", "US"),
        ("GB", "England", "GB"),
        ("", "CA", ""),
        ("Germany", "BE", ""),
        ("CU", "CU", "CU-CU"),
    ],
)
def test_regions_are_iso_codes_or_countries(country: str, subdivision: str, code: str) -> None:
    assert region(country, subdivision) == code


@steady
@given(body=st.binary(), secret=st.binary(min_size=1), other=st.binary())
def test_only_the_secret_over_the_very_bytes_signs(body: bytes, secret: bytes, other: bytes) -> None:
    digest = hmac.new(secret, body, hashlib.sha256).digest()

    assert hex_signed(body, secret, digest.hex())
    assert base64_signed(body, secret, base64.b64encode(digest).decode())
    assert hex_signed(other, secret, digest.hex()) == (other == body)


def test_no_secret_signs_nothing() -> None:
    assert not hex_signed(b"", b"", hmac.new(b"", b"", hashlib.sha256).hexdigest())


def test_parts_of_a_fingerprint_do_not_run_into_each_other() -> None:
    assert fingerprint(b"ab", b"c") != fingerprint(b"a", b"bc")


@pytest.mark.parametrize(
    ("body", "there"),
    [(b"\0", True), (rb'"\u0000"', True), (rb'"\\\u0000"', True), (rb'"\\u0000"', False), (rb'"\\\\u0000"', False), (rb'"\u00001"', True)],
)
def test_a_null_byte_is_found_bare_and_escaped(body: bytes, there: bool) -> None:
    assert has_nul(body) is there


@pytest.mark.parametrize("written", ["2026-03-01 17:00:00", "2026-03-01T17:00:00+08:00", "2026-03-01T09:00:00Z"])
def test_a_time_of_a_chinese_platform_is_beijings_where_it_says_no_other(written: str) -> None:
    assert iso(china(written)) == "2026-03-01T09:00:00.000Z"
