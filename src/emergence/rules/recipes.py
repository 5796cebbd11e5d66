"""Recipes: which sectors' goods a sector needs, and so who can supply whom."""

from __future__ import annotations

import numpy as np

from emergence.kernels.supply import BUYS, SLOTS, SUPPLIES


def make_recipe(sectors: int, inputs: int) -> np.ndarray:
    """Return which input of a sector each other sector makes, int8[sectors, sectors]; -1 for none.

    A sector needs the goods of the `inputs` sectors that follow it on a ring, or its own where it is alone.
    """
    recipe = np.full((sectors, sectors), -1, np.int8)
    for slot in range(min(inputs, max(sectors - 1, 1), SLOTS)):
        recipe[np.arange(sectors), (np.arange(sectors) + slot + 1) % sectors] = slot
    return recipe


def recipe_of_ties(sectors: int, buyer: np.ndarray, supplier: np.ndarray) -> np.ndarray:
    """Return the recipe that given ties imply (sectors of their two sides, int[k]), int8[sectors, sectors].

    The sectors from which a sector buys most often are inputs of their own; from the fourth on they are one.
    """
    recipe = np.full((sectors, sectors), -1, np.int8)
    pairs, count = np.unique(buyer * sectors + supplier, return_counts=True)
    of, by = pairs // sectors, pairs % sectors
    order = np.lexsort((by, -count, of))
    of, by = of[order], by[order]
    place = np.arange(of.size) - np.searchsorted(of, of, "left")
    recipe[of, by] = np.minimum(place, SLOTS - 1)
    return recipe


def can_trade(recipe: np.ndarray, one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Return whether firms of two sectors (int[...]) have something to buy of each other, bool[...]."""
    return (recipe[one, other] >= 0) | (recipe[other, one] >= 0)


def roles(recipe: np.ndarray, one: np.ndarray, other: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the roles of the two sides of a tie between firms of two sectors (int[k]), uint8[k] each.

    Where each makes what the other needs, or neither does, both buy and supply (0).
    """
    buys, sells = recipe[one, other] >= 0, recipe[other, one] >= 0
    first = np.where(buys & ~sells, BUYS, np.where(sells & ~buys, SUPPLIES, 0)).astype(np.uint8)
    return first, np.where(first > 0, 3 - first, 0).astype(np.uint8)
