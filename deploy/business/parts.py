"""What a sheet says of SKUs, in parts that are told by themselves: what changes of one is told, and no record grows with the sheet."""

from collections.abc import Iterable
from zlib import crc32

OfSkus = tuple[tuple[str, int], ...]


def in_parts(values: Iterable[tuple[str, int]], most: int) -> tuple[tuple[int, OfSkus], ...]:
    """By the number of the part, below `most`; a SKU is always of the same one."""
    parts: dict[int, list[tuple[str, int]]] = {}
    for sku, value in values:
        parts.setdefault(crc32(sku.encode()) % most, []).append((sku, value))
    return tuple((part, tuple(sorted(parts[part]))) for part in sorted(parts))
