"""The note that a refund of ours carries at a platform: by it we know it again, before we make it and when the platform tells us of it."""

import re

_OURS = re.compile(r"Yipan (R[0-9a-f]{20})\b")


def note(refund: str, cause: str) -> str:
    """`refund`: the name of its RefundDue."""
    return f"Yipan {refund}: {cause}"


def noted(said: str) -> str:
    """The name of the refund that a note speaks of; "": it is none of ours."""
    found = _OURS.match(said)
    return found[1] if found else ""
