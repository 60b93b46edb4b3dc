"""The outbound halves, by the name of their channel."""

from collections.abc import Mapping

from connectors.writeback import amazon, shopify, woocommerce
from connectors.writeback.outward import Half

HALVES: Mapping[str, Half] = {half.name: half for half in (amazon.HALF, shopify.HALF, woocommerce.HALF)}
