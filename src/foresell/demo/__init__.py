"""The demo shop: generated customers, products and orders that look real."""

from foresell.demo.shop import Shop
from foresell.demo.write import ShopFiles, write_shop

__all__ = ["Shop", "ShopFiles", "write_shop"]
