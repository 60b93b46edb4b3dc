"""Money as integer minor units: how many of them a unit of each ISO 4217 currency has, and exact conversion from decimals."""

from decimal import ROUND_HALF_UP, Decimal

MOST_MINOR_UNITS = 1_000_000_000_000

_NONE = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF"
_TWO = """AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF CNY COP CRC CUP CVE
CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF IDR ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK
LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD
RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD UYU UZS VED VES WST XCD XCG
YER ZAR ZMW ZWG"""
_THREE = "BHD IQD JOD KWD LYD OMR TND"
EXPONENTS = {code: digits for digits, codes in ((0, _NONE), (2, _TWO), (3, _THREE)) for code in codes.split()}


def minor_units(amount: Decimal, currency: str) -> int:
    """Exact. Raises ValueError when the amount has parts of a minor unit, is not finite or beyond 10^12 minor units; KeyError
    for a currency that ISO 4217 does not list."""
    scaled = _scaled(amount, currency)
    if scaled != scaled.to_integral_value():
        raise ValueError(f"{currency} has {EXPONENTS[currency]} decimals")
    return int(scaled)


def rounded_minor_units(amount: Decimal, currency: str) -> int:
    """The same for amounts that were divided (a line's total by its quantity): half a unit is rounded away from zero."""
    return int(_scaled(amount, currency).to_integral_value(ROUND_HALF_UP))


def written(units: int, currency: str) -> str:
    """As platforms write amounts: 1250 of EUR is 12.50. Raises KeyError for a currency that ISO 4217 does not list."""
    return f"{Decimal(units).scaleb(-EXPONENTS[currency]):f}"


def _scaled(amount: Decimal, currency: str) -> Decimal:
    exponent = EXPONENTS[currency]
    # `adjusted` first: scaling 1E+999999 would work for a very long time
    if not amount.is_finite() or (amount and amount.adjusted() > 12):
        raise ValueError("the amount is beyond all reason")
    scaled = amount.scaleb(exponent)
    if abs(scaled) > MOST_MINOR_UNITS:
        raise ValueError("the amount is beyond all reason")
    return scaled
