"""Finds the channels: one file each in `connectors/channels/`, with an instance called CHANNEL."""

from collections.abc import Mapping
from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from types import MappingProxyType, ModuleType

import connectors.channels
from connectors.contract import Channel


class HalfWritten(Exception):
    """A file in the folder of channels that is not a whole channel; the text says what to do."""


@cache
def channels() -> Mapping[str, Channel]:
    """All channels by name, in order of their names. Raises HalfWritten."""
    return MappingProxyType(find(connectors.channels))


def find(package: ModuleType) -> dict[str, Channel]:
    """The channels of a package; files whose names begin with `_` are no channels."""
    found: dict[str, Channel] = {}
    for name in sorted(module.name for module in iter_modules(package.__path__) if not module.name.startswith("_")):
        module = import_module(f"{package.__name__}.{name}")
        channel = _whole(module, name)
        if channel.name in found:
            raise HalfWritten(f"Two files in {package.__name__} call their channel {channel.name!r}: rename the one in {name}.py.")
        found[channel.name] = channel
    return found


def _whole(module: ModuleType, file: str) -> Channel:
    channel: Channel | None = getattr(module, "CHANNEL", None)
    if channel is None or isinstance(channel, type):
        raise HalfWritten(f"{file}.py has no CHANNEL: give it an instance of its channel under that name.")
    if not isinstance(getattr(channel, "name", None), str) or not channel.name or "/" in channel.name:
        raise HalfWritten(f"The channel of {file}.py has no usable name: set `name` to what its webhooks are addressed to.")
    if not isinstance(getattr(channel, "polls", None), bool):
        raise HalfWritten(f"The channel of {file}.py does not say whether it polls: set `polls` to True or False.")
    for verb in ("receive", "parse", "poll"):
        if not callable(getattr(channel, verb, None)):
            raise HalfWritten(f"The channel of {file}.py cannot {verb}: write that method (connectors/contract.py says what it does).")
    return channel
