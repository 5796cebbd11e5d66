"""Where firms are drawn: places that move little from month to month."""

from __future__ import annotations

from typing import Any

import numpy as np

from emergence.kernels.springs import relax
from emergence.world import World

STRONGEST = 3  # ties of each firm that hold the picture together
KEPT = 0.15  # how much stronger another tie must be to take the place of one of these
CALM = 2e-4  # mean move a round below which nothing is seen to move
HEAT = 0.006
MOST_REGIONS, APART = 16, 1.1  # regions that get a place of their own, and how far from the middle


def merged_ties(world: World) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Return pairs of rows tied in any layer (a < b), the greatest strength, and the layers as bits."""
    n = world.size
    codes, strengths, bits = [], [], []
    for layer, ties in enumerate(world.ties):
        if ties.count:
            a, b, at = ties.pairs()
            codes.append(a.astype(np.int64) * n + b)
            strengths.append(ties.w[at])
            bits.append(np.full(a.size, 1 << layer, np.uint8))
    if not codes:
        none = np.zeros(0, np.int64)
        return none, none, np.zeros(0, np.float32), np.zeros(0, np.uint8)
    code = np.concatenate(codes)
    pairs, place = np.unique(code, return_inverse=True)
    w = np.zeros(pairs.size, np.float32)
    mask = np.zeros(pairs.size, np.uint8)
    np.maximum.at(w, place, np.concatenate(strengths))
    np.bitwise_or.at(mask, place, np.concatenate(bits))
    return pairs // n, pairs % n, w, mask


def backbone(a: np.ndarray, b: np.ndarray, score: np.ndarray) -> np.ndarray:
    """Return which ties are among the strongest of one of their sides, bool[ties]."""
    owner = np.concatenate([a, b])
    both = np.concatenate([score, score])
    order = np.lexsort((-both, owner))
    rank = np.arange(owner.size) - np.searchsorted(owner[order], owner[order])
    chosen = np.zeros(a.size, bool)
    chosen[order[rank < STRONGEST] % max(a.size, 1)] = True
    return chosen


def homes(world: World) -> np.ndarray:
    """Return where firms are drawn to, float32[firms, 2]: a place for each region, the middle without any.

    So regions keep their places while the room watches. Of a file without regions nothing is made up.
    """
    regions = int(world.firms.region.max(initial=0)) + 1
    if not 1 < regions <= MOST_REGIONS or (world.labels and "region" not in world.words):
        return np.zeros((world.size, 2), np.float32)
    angle = 2.0 * np.pi * (world.firms.region + 0.25) / regions
    return (APART * np.column_stack([np.cos(angle), np.sin(angle)])).astype(np.float32)


class Places:
    """The places of the firms of one world on the page, by uid."""

    def __init__(self) -> None:
        self.uid = np.zeros(0, np.int64)
        self.at = np.zeros((0, 2), np.float32)
        self.speed = np.zeros((0, 2), np.float32)
        self.springs: tuple[np.ndarray, np.ndarray, np.ndarray] = (
            np.zeros(0, np.int32), np.zeros(0, np.int32), np.zeros(0, np.float32),
        )  # fmt: skip
        self.home = self.bulk = np.zeros((0, 2), np.float32)
        self.k, self.moving = 0.1, 1.0

    def copy(self) -> Places:
        """Return the same places, to go on from by themselves."""
        twin = Places()
        twin.uid, twin.at, twin.speed = self.uid.copy(), self.at.copy(), self.speed.copy()
        twin.springs, twin.k, twin.moving = self.springs, self.k, self.moving
        twin.home, twin.bulk = self.home, self.bulk
        return twin

    def follow(self, world: World, a: np.ndarray, b: np.ndarray, w: np.ndarray, strong: np.ndarray) -> None:
        """Take over who is there now; newcomers appear beside a partner, or else at the edge by their region."""
        firms = world.firms
        first = not self.uid.size
        at = np.zeros((firms.count, 2), np.float32)
        speed = np.zeros_like(at)
        order = np.argsort(self.uid)
        place = np.searchsorted(self.uid, firms.uid, sorter=order)
        place[place == self.uid.size] = 0
        row = order[place] if not first else place
        known = self.uid[row] == firms.uid if not first else np.zeros(firms.count, bool)
        at[known], speed[known] = self.at[row[known]], self.speed[row[known]]
        for i in np.flatnonzero(~known).tolist():
            at[i] = self._beside(i, firms, a, b, at, known)
        self.uid, self.at, self.speed = firms.uid.copy(), at, speed
        self.home = homes(world)
        self.bulk = np.clip(np.sqrt(firms.size / max(float(np.median(firms.size)), 1e-9)), 0.6, 2.2).astype(np.float32)
        self.k = 1.25 / np.sqrt(max(firms.count, 4))
        pull = (0.25 + w[strong]).astype(np.float32)
        self.springs = a[strong].astype(np.int32), b[strong].astype(np.int32), pull
        if first:
            rounds = 260 if firms.count <= 600 else 90
            self._relax(rounds, 0.05)
            self._relax(rounds // 2, 0.015)
        self.moving = 1.0

    def _beside(
        self, i: int, firms: Any, a: np.ndarray, b: np.ndarray, at: np.ndarray, known: np.ndarray
    ) -> np.ndarray:
        """Return the place of a newcomer."""
        uid = int(firms.uid[i])
        turn = 2.399963 * (uid % 9973)
        small = np.array([np.cos(turn), np.sin(turn)], np.float32)
        partners = np.concatenate([b[a == i], a[b == i]])
        partners = partners[known[partners]]
        if partners.size:
            return at[partners[0]] + 0.04 * small
        near = np.flatnonzero(known & (firms.region == firms.region[i]))
        if near.size:
            middle = at[near].mean(axis=0)
            return middle + 0.3 * small
        angle = 6.2832 * float(firms.region[i]) / 5.0
        return 0.6 * np.array([np.cos(angle), np.sin(angle)], np.float32) + 0.35 * small

    def _relax(self, rounds: int, heat: float) -> float:
        return float(relax(self.at, self.speed, self.home, self.bulk, *self.springs, rounds, heat, self.k))

    def settle(self) -> bool:
        """Move a little; tell whether anything is seen to move."""
        if self.moving > CALM:
            self.moving = self._relax(1, HEAT)
        return self.moving > CALM
