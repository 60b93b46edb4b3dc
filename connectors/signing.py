"""Signatures of webhooks. An empty secret verifies nothing: everybody could sign with it."""

import base64
import hashlib
import hmac


def base64_signed(body: bytes, secret: bytes, signature: str) -> bool:
    """base64(HMAC-SHA256(secret, body)), as Shopify and WooCommerce send it. Constant time."""
    return _same(base64.b64encode(_digest(body, secret)), secret, signature)


def hex_signed(body: bytes, secret: bytes, signature: str) -> bool:
    """hex(HMAC-SHA256(secret, body)), as our own forms are signed. Constant time."""
    return _same(_digest(body, secret).hex().encode(), secret, signature)


def fingerprint(*parts: bytes) -> str:
    """32 hex digits that name these bytes: a delivery id where the platform gives none worth having."""
    return hashlib.sha256(b"\0".join(parts)).hexdigest()[:32]


def _digest(body: bytes, secret: bytes) -> bytes:
    return hmac.digest(secret, body, "sha256")


def _same(expected: bytes, secret: bytes, signature: str) -> bool:
    # bytes, because compare_digest raises on a header that is not ASCII
    return hmac.compare_digest(expected, signature.encode("utf-8", "replace")) and bool(secret)
