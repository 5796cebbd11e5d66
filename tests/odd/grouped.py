"""A world with two groups, which the checks of groups share."""

from __future__ import annotations

from emergence.schema import MANDATES
from odd.checks import grown, ready, scatter

N = 300
# One group with everything, in which all members decide together, and one whose members do not.
GROUPS = [
    {"share": 0.7, "fee": 0.02, "monitoring": 0.02, "transparency": 0.8, "sanctions": 0.6, "mending": 0.4,
     "protection": 0.5, "events": 0.3, "coordination": 0.4, "orchestration": ["open_innovation", "hub_and_spoke"],
     "follow": 0.7, "deciding": deciding, "adaptive": True, **dict.fromkeys(MANDATES, True)}
    for deciding in ("central", "participatory")
]  # fmt: skip


def grouped(rule=None, **changes):
    """Return a branch of a world with two groups, scattered."""
    return scatter(ready(grown(groups=GROUPS), rule, **changes))
