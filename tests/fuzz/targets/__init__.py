"""All ways in, by name."""

from tests.fuzz.target import Target
from tests.fuzz.targets import channels


def every_target() -> dict[str, Target]:
    return {target.name: target for module in (channels,) for target in module.targets()}
