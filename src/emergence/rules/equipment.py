"""Equipment: what firms have for a rule when it begins, at the start or by a policy."""

from __future__ import annotations

from collections.abc import Container

import numpy as np

from emergence.config import Founders
from emergence.kernels.random import fill_units
from emergence.luck import key, stream
from emergence.schema import TOOLS
from emergence.world import World

EQUIPMENT = stream("build.equipment")


def equip(world: World, founders: Founders, columns: Container[str]) -> None:
    """Give the firms that are there digital tools and the capability to respond, each by its uid.

    Parameters
    ----------
    columns : container of str
        Columns that are new to this world; others are left as they are.
    """
    firms = world.firms
    if "tools" in columns:
        units = fill_units(key(world.seed, EQUIPMENT), firms.uid, 2 + len(TOOLS))
        firms.tools[:] = (units[:, 2:] < founders.tools) @ (1 << np.arange(len(TOOLS)))
    if "response" in columns:
        firms.response[:] = founders.response
