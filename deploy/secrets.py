"""What signs a shop's webhooks and opens its API: one file per shop, named like it, read again when it changes.

One line serves for both. Where they differ (WooCommerce), the first line signs webhooks and the last one opens the API.
"""

from pathlib import Path


class ShopSecrets:
    """Looks a shop's file up. None: the shop has none, or an empty one."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._read: dict[str, tuple[tuple[int, int, int], list[bytes]]] = {}

    def signing(self, shop: str) -> bytes | None:
        lines = self._lines(shop)
        return lines[0] if lines else None

    def opening(self, shop: str) -> bytes | None:
        lines = self._lines(shop)
        return lines[-1] if lines else None

    def _lines(self, shop: str) -> list[bytes]:
        # a shop's name comes from a URL: it must not leave the folder
        if not shop or shop.startswith(".") or "/" in shop or "\0" in shop:
            return []
        path = self._directory / shop
        try:
            stat = path.stat()
            seen = (stat.st_ino, stat.st_mtime_ns, stat.st_size)
            known = self._read.get(shop)
            if known is None or known[0] != seen:
                known = self._read[shop] = (seen, [line.strip() for line in path.read_bytes().splitlines() if line.strip()])
        except OSError:
            self._read.pop(shop, None)
            return []
        return known[1]
