"""What partners brought, by kind of value."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from emergence.errors import Refusal
from emergence.schema import LAYERS, VALUES

if TYPE_CHECKING:
    import pandas as pd


def value_by_kind(source: Any, by: str = "firm") -> pd.DataFrame:
    """Return what partners and groups bring each firm by kind of value, as the rule `accounts` keeps it.

    Parameters
    ----------
    source : World, or a model, simulation or result that has one
        Of a run with ``rules.accounts.enabled=true``.
    by : str
        ``"firm"``: a row a firm, all its partners and groups together, those of the past included as far as they
        count still. ``"tie"``: a row a side of each tie.

    Returns
    -------
    pandas.DataFrame
        Columns firm (uid, int64), by tie also partner (uid, int64) and layer, then, as float64:
        revenue: net gain of joint projects, EUR/month, smoothed over about ten months;
        cost: what routines taken over from the partner save, EUR/month;
        knowledge: skills learnt, points/month, smoothed;
        risk: help in need less losses by partners' failure, EUR/month, smoothed;
        reputation: change of reputation by the partner's trust, points/month, smoothed.
        Any of them may be below 0 but knowledge.

    Raises
    ------
    Refusal
        If no accounts were kept, or `by` is neither.

    Notes
    -----
    Formulas stand in docs/odd.md, 7.13.7. Kinds of resources that partners bring: Das and Teng
    2000; what embedded ties bring: Uzzi 1997.
    """
    import pandas as pd

    from emergence.measures.graph import world_of

    world = world_of(source)
    if world is None or "accounts" not in world.firms.spec:
        raise Refusal("no accounts were kept: value_by_kind needs a world run with rules.accounts.enabled=true")
    if by not in ("firm", "tie"):
        raise Refusal(f"by={by!r}: 'firm' or 'tie' is needed")
    uid = world.firms.uid
    if by == "firm":
        columns: dict[str, Any] = {"firm": uid}
        accounts = world.firms.accounts
    else:
        layers = list(zip(LAYERS, world.ties, strict=True))
        columns = {
            "firm": np.concatenate([uid[ties.owner()] for _, ties in layers]),
            "partner": np.concatenate([uid[ties.nbr] for _, ties in layers]),
            "layer": np.concatenate([np.full(ties.count, layer, dtype=object) for layer, ties in layers]),
        }
        accounts = np.concatenate([ties.accounts for _, ties in layers])
    columns |= {kind: accounts[:, k].astype(float) for k, kind in enumerate(VALUES)}
    return pd.DataFrame(columns)
