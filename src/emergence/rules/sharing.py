"""How partners share what some lack and others have to spare; `aid` shares cash, `overflow` orders."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from emergence.kernels.aid import find_helpers, hand_over
from emergence.rules.base import State

PASSES = 2


@dataclass(frozen=True)
class Passed:
    """What passes on the ties of one layer.

    Attributes
    ----------
    taker, giver : int64[k]
        Rows.
    at : int64[k]
        Half-edges of the takers.
    amount : float64[k]
        EUR.
    """

    taker: np.ndarray
    giver: np.ndarray
    at: np.ndarray
    amount: np.ndarray


def share_out(
    state: State, need: np.ndarray, spare: np.ndarray, trust: float, alike: np.ndarray | None = None
) -> tuple[np.ndarray, np.ndarray, dict[int, Passed]]:
    """Share among partners who trust; nobody gets more than it needs or gives more than it can spare.

    Each in need asks its partners in proportion to what they can spare; who is asked for more than that serves all
    alike; then the same once more with what is left.

    Parameters
    ----------
    need, spare : float64[firms]
        0 or more, EUR; nobody may have both.
    trust : float
        A partner helps whom it trusts more than this.
    alike : int[firms], optional
        Only partners of the same code help; everyone if left out.

    Returns
    -------
    given, taken : float64[firms]
    passed : dict of int to Passed
        By acting layer.
    """
    code = np.zeros(need.size, np.int16) if alike is None else alike
    all_ties = [state.ties(layer) for layer in state.acting]
    found = [find_helpers(t.ptr, t.nbr, t.good_in, t.bad_in, trust, code, need, spare) for t in all_ties]
    taker, giver, at = (np.concatenate(part) for part in zip(*found, strict=True))
    amount, given, taken = np.zeros(taker.size), np.zeros(need.size), np.zeros(need.size)
    for _ in range(PASSES):
        lack, left = np.maximum(need - taken, 0.0), np.maximum(spare - given, 0.0)
        hand_over(taker, giver, lack, left, amount, given, taken)
    cuts = np.cumsum([part[0].size for part in found])[:-1]
    parts = zip(*(np.split(column, cuts) for column in (taker, giver, at, amount)), strict=True)
    return given, taken, {layer: Passed(*part) for layer, part in zip(state.acting, parts, strict=True)}
