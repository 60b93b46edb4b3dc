"""The little of a policy that an invariant depends on."""

import msgspec


class Rule(msgspec.Struct, frozen=True):
    shortage: str = "backorder"
    patience_days: int = 0
    gifts: str = "wait"
    gift_returns: str = "expected"
    presale: dict[str, int] | None = None


class Policy(msgspec.Struct, frozen=True):
    """The little of a policy that an invariant depends on."""

    rule: Rule = Rule()
    segments: dict[str, Rule] = {}


decode_policy = msgspec.json.Decoder(Policy).decode
