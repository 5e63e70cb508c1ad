"""The demo room: a believable shop that does not exist."""

from foresell.demo.shop import Shop
from foresell.demo.write import ShopFiles, write_shop

__all__ = ["Shop", "ShopFiles", "write_shop"]
