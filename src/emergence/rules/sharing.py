"""How partners share what some lack and others have to spare; `aid` shares cash, `overflow` orders."""

from __future__ import annotations

import numpy as np

from emergence.kernels.aid import add_asked, add_spare, hand_over
from emergence.rules.base import State

PASSES = 2


def share_out(
    state: State, need: np.ndarray, spare: np.ndarray, trust: float, alike: np.ndarray | None = None
) -> tuple[np.ndarray, np.ndarray, dict[int, np.ndarray]]:
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
    moved : dict of int to float64[half-edges]
        By acting layer, what this side gave less what it took.
    """
    code = np.zeros(need.size, np.int16) if alike is None else alike
    given, taken = np.zeros(need.size), np.zeros(need.size)
    moved = {layer: np.zeros(state.world.ties[layer].count) for layer in state.acting}
    for _ in range(PASSES):
        lack, left = np.maximum(need - taken, 0.0), np.maximum(spare - given, 0.0)
        total, asked, called = np.zeros(need.size), np.zeros(need.size), np.zeros(need.size, np.uint8)
        all_ties = [(layer, state.ties(layer)) for layer in state.acting]
        for _, t in all_ties:
            state.each(
                add_spare, t.ptr, t.nbr, t.good_in, t.bad_in, trust, code, lack, left, total, called, work=t.ptr
            )  # fmt: skip
        for _, t in all_ties:
            state.each(
                add_asked, t.ptr, t.nbr, t.good, t.bad, trust, code, lack, left, total, called, asked, work=t.ptr
            )  # fmt: skip
        for layer, t in all_ties:
            state.each(
                hand_over, t.ptr, t.nbr, t.good, t.bad, t.good_in, t.bad_in, trust, code, lack, left, total, asked,
                moved[layer], given, taken, work=t.ptr,
            )  # fmt: skip
    return given, taken, moved
