"""What a partner calls the shipping methods that buyers chose: an option `shipping_express` of its says the code for `Express`."""

import re
from collections.abc import Mapping

PREFIX = "shipping_"


def option_of(method: str) -> str:
    """Shops write methods for people to read: capitals, spaces and signs do not count."""
    return PREFIX + "_".join(re.findall(r"\w+", method.casefold()))


def code_of(method: str, options: Mapping[str, str]) -> str:
    """Empty where the partner has no code for it."""
    return options.get(option_of(method), "") if method else ""
