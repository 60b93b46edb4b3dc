"""All ways in, by name."""

from tests.fuzz.target import Target
from tests.fuzz.targets import business, channels, files, gateway, log, normalizing


def every_target() -> dict[str, Target]:
    return {target.name: target for module in (channels, gateway, files, normalizing, log, business) for target in module.targets()}
