"""Regions as ISO 3166-2 codes, out of the country and subdivision codes that platforms use."""

import re

_SUBDIVISION = re.compile(r"[A-Z0-9]{1,3}")
_COUNTRY = re.compile(r"[A-Z]{2}")


def region(country: str, subdivision: str) -> str:
    """`US`, `CA` -> `US-CA`; the country alone where the subdivision is a name and no code; "" where there is no country.
    Platforms write the country into some codes: `TH-10`, `JP13`, `EGALX`."""
    country, subdivision = country.strip().upper(), subdivision.strip().upper()
    if not _COUNTRY.fullmatch(country):
        return ""
    code = subdivision.removeprefix(f"{country}-")
    if len(code) > 2:
        code = code.removeprefix(country)
    return f"{country}-{code}" if _SUBDIVISION.fullmatch(code) else country
