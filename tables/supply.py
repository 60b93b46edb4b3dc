"""Supply that is announced and has not come yet: what of which SKU, where, and when it is expected."""

import msgspec


class Line(msgspec.Struct, array_like=True):
    """Units of one SKU: `announced` in all, `received` of them so far, as of `at`, when that was said."""

    expected_at: int = 0
    announced: int = 0
    received: int = 0
    at: int = -1

    @property
    def open(self) -> int:
        """Units that are still to come: none where more came than was announced."""
        return max(0, self.announced - self.received)


class Supply(msgspec.Struct, array_like=True):
    """`lines` by SKU. `closed_at`: no more comes of what was announced before then; -1: nobody said so. `heard_at`: state time of the
    last word of it."""

    node: str
    reference: str
    lines: dict[str, Line] = {}
    closed_at: int = -1
    heard_at: int = 0

    def is_over(self) -> bool:
        return not any(line.open for line in self.lines.values())


def key_of(node: str, reference: str) -> str:
    """One order of goods may be announced to several nodes, under the same reference."""
    return f"{node}#{reference}"
