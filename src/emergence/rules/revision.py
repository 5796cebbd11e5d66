"""Revision: groups that adapt their own rules, fees and sanctions, to what they see."""

from __future__ import annotations

import numpy as np

from emergence.rules.base import Rule, State, names

LEAST_FEE = 0.0005  # months of capacity: where money lacks, a fee of nothing begins here


def update_revision(state: State) -> None:
    """Let adaptive groups raise or lower sanctions by the opportunism seen, and the fee by the need for money."""
    settings = state.rules.revision
    rows = np.flatnonzero(state.world.groups.adaptive)
    if not rows.size or state.step % settings.every:
        return
    belongs, groups, firms = state.membership(), state.groups, state.firms
    group = np.repeat(np.arange(state.world.groups.count), np.diff(belongs.ptr))
    acts, worked, whole = (
        np.bincount(group, column[belongs.rows], groups.fee.size)[rows]
        for column in (firms.betrayals, firms.projects, firms.size)
    )
    seen = np.divide(acts, worked, out=np.zeros(rows.size), where=worked > 0)
    step = np.where(seen > settings.opportunism, settings.sanctions, 0.0)
    step = np.where((seen < 0.5 * settings.opportunism) & (worked > 0), -settings.sanctions, step)
    groups.sanctions[rows] = np.clip(groups.sanctions[rows] + step, 0.0, 1.0)
    short = groups.funded[rows] < 1.0
    abounds = groups.budget[rows] > settings.reserve * groups.fee[rows] * whole
    change = np.where(short, 1.0 + settings.fee, np.where(abounds, 1.0 - settings.fee, 1.0))
    least = np.where(short, LEAST_FEE, 0.0)
    groups.fee[rows] = np.clip(groups.fee[rows] * change, least, 1.0)


RULE = Rule(
    name="revision",
    phase="governance, sensing, steering",
    about="adaptive groups raise sanctions where opportunism is frequent, and the fee where money lacks",
    source="Ostrom 1990 (collective-choice arrangements: those affected can change the rules)",
    moves=("betrayals", "down"),
    reads=names("firms", ["betrayals", "projects", "size"]) + names("groups", ["adaptive", "funded", "budget"]),
    writes=names("groups", ["sanctions", "fee"]),
    update=update_revision,
)
