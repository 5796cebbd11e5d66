"""Culture: sectors have norms, and firms grow like their partners and like their sector.

What cultural distance costs is in `work` and `formation`; entrants inherit their parents' culture.
"""

from __future__ import annotations

import numpy as np

from emergence.kernels.culture import update_culture
from emergence.kernels.random import fill_units
from emergence.luck import key, normals, stream
from emergence.rules.base import Rule, State, names
from emergence.schema import CULTURE

NORM = stream("culture.norm")


def sector_norms(seed: int, sectors: int, spread: float) -> np.ndarray:
    """Return the norm of each sector, float64[sectors, dimensions] in [0, 1]; the same for good."""
    drawn = normals(fill_units(key(seed, NORM), np.arange(sectors), 2 * CULTURE))
    return np.clip(0.5 + spread * drawn, 0.0, 1.0)


def update_cultures(state: State) -> None:
    """Move the culture of every firm a little towards its partners' and its sector's."""
    firms, settings = state.firms, state.rules.culture
    norm = state.constant(
        sector_norms, state.world.seed, state.world.landscape.shape[0], state.settings.founders.norm_spread
    )
    # Both together never go further than all the way.
    conformity = min(settings.conformity, 1.0 - settings.acculturation)
    state.each(
        update_culture, settings.acculturation, conformity, firms.sector, norm, *state.learning("nbr", "w"),
        firms.culture.copy(), firms.culture,
    )  # fmt: skip


RULE = Rule(
    name="culture",
    phase="adaptation",
    about="firms grow like their partners, and like their sector",
    source="DeGroot 1974 (acculturation); DiMaggio and Powell 1983 (norms of a field)",
    moves=("culture_spread", "down"),
    reads=("firms.sector", *names("ties", ["nbr", "w"])),
    writes=("firms.culture",),
    update=update_cultures,
)
