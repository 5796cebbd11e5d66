"""Checks of docs/odd.md, 7.13.3: hiding, leaks, rivalry, races."""

from __future__ import annotations

from functools import cache
from types import SimpleNamespace

import numpy as np

from emergence.kernels import groups as of
from emergence.kernels.random import fill_units
from emergence.kernels.rivalry import overlap, weigh_bits
from emergence.rules import leakage, races, rivalry, secrecy, support
from emergence.schema import DEVELOPMENT
from odd.checks import Sides, check, drawn, events, grown, ready, rng, values
from odd.grouped import grouped


@cache
def rivals(rule, stream, **changes):
    """Half-edges between peers of one sector in a world with groups, in a month of a rule of secrecy."""
    sim = grouped(rule, **changes)
    sim.world.firms.sector[:] = 0
    side, f, state = Sides(sim), sim.world.firms, sim._state
    governance, member_of = state.governance(), state.membership().of
    group = np.array([of.common_group(member_of, i, j) for i, j in zip(side.i, side.j, strict=True)])
    protection = np.where(group >= 0, governance[group, of.PROTECTION], 0.0)
    draw = drawn(state.luck(stream), f.uid[side.j], f.uid[side.i])
    return sim, side, protection, draw, f.propensities[side.j, 0]


@check("hides", "rules.secrecy")
def _():
    sim, side, protection, draw, opened = rivals(secrecy.RULE, secrecy.HIDE)
    x = side.gap("skills")
    secrecy.update_secrecy(sim._state)
    given = {"open": opened, "x": x, "t": side.t_in, "protection": protection}
    return events(draw, sim._state.hidden[DEVELOPMENT], **given)


@check("leaks", "rules.leakage")
def _():
    """Of the partners of each firm that of the lowest draw among those whose know-how leaks is the source."""
    from emergence.kernels.secrecy import leaking

    sim, side, protection, draw, opened = rivals(leakage.RULE, leakage.LEAK)
    state, f, ties = sim._state, sim.world.firms, side.ties
    closed = 1 - f.propensities[:, 0]
    rows = []
    for h, (i, j) in enumerate(zip(side.i, side.j, strict=True)):
        ptr, nbr = np.array([0, 1]), np.array([j], np.int32)
        wide = np.zeros(f.count + 1, np.int64)
        wide[i + 1 :] = 1
        source, _ = leaking(i, np.int64(-1), 1.0, state.luck(leakage.LEAK), f.uid, closed, f.sector, wide, nbr,
                            state.membership().of, state.governance(), 0.5)  # fmt: skip
        rows.append(source == j)
        assert ptr.size and ties.nbr[h] == j
    return events(draw, rows, open=opened, protection=protection, rate=0.5)


@cache
def crowd():
    """Firms of one sector: practices, sizes, and the share of bits in which each agrees with each."""
    f = grown().world.firms
    at = np.flatnonzero(f.sector == 0)
    practice, size = f.practice[at], f.size[at]
    bits = (practice[:, None] >> np.arange(48, dtype=np.uint64)) & np.uint64(1)
    niche, mass = np.empty((1, 48)), np.empty(1)
    weigh_bits(practice, np.zeros(at.size, np.int16), size, niche, mass)
    own = [overlap(p, p, s, niche[0], mass[0]) for p, s in zip(practice, size, strict=True)]
    agree = (bits[:, None, :] == bits[None, :, :]).mean(axis=2)
    return SimpleNamespace(practice=practice, size=size, niche=niche, mass=mass, own=np.array(own), agree=agree)


@check("overlap")
def _():
    c = crowd()
    others = c.size[None, :] * (1 - np.eye(c.size.size))
    return values(c.own, agree=c.agree, sizes=others)


@check("crowded", "rules.rivalry")
def _():
    sim = ready(grown(), rivalry.RULE)
    rivalry.update_rivalry(sim._state)
    at = sim.world.firms.sector == 0
    return values(sim._state.pull[at], overlap=crowd().own)


@check("judged", "rules.rivalry")
def _():
    """Which of two candidates a firm likes better, by value and by how much less it overlaps with the others."""
    from emergence.kernels.innovation import room

    c, z = crowd(), rng(87).normal(0, 0.5, crowd().size.size)
    flip = c.practice ^ np.uint64(0xFFFFF)
    gained = [room(f, p, s, c.niche[0], c.mass[0]) for f, p, s in zip(flip, c.practice, c.size, strict=True)]
    then = [overlap(f, p, s, c.niche[0], c.mass[0]) for f, p, s in zip(flip, c.practice, c.size, strict=True)]
    return values(z + 3.0 * np.array(gained), 1e-9, z=z, overlap_now=c.own, overlap_then=np.array(then))


@check("race_effort", "rules.races")
def _():
    sim = ready(grown(), races.RULE, races__enabled=True)
    return values(races.effort(sim._state).max())


@check("premium_after", "rules.races")
def _():
    sim = ready(grown(), races.RULE, races__enabled=True, races__step=0.0)
    f, state = sim.world.firms, sim._state
    before = f.premium[:] = rng(88).random(f.count)
    before = before.copy()
    state.gained = np.where(rng(89).random(f.count) < 0.5, 1.0, 0.0)
    f.z[:] = 3.0 + state.gained
    done = state.gained > 0
    when = fill_units(state.luck(races.FINISH), f.uid, 1)[:, 0]
    rank = np.array([np.sum(done & (f.sector == s) & (when < w)) for s, w in zip(f.sector, when, strict=True)])
    races.update_races(state)
    return values(f.premium, before=before, finished=done, rank=np.where(done, rank, 0))


@cache
def supported():
    """A month in which the pot is shared: what each applicant's cash changed by, and its size."""
    sim = ready(grown(), support.RULE, support__enabled=True, support__every=1)
    f = sim.world.firms
    cash = f.cash.copy()
    support.update_support(sim._state)
    return f.cash - cash, f.size


@check("application", "rules.support")
def _():
    change, size = supported()
    return values(-change[change < 0], 1e-6, size=size[change < 0])


@check("pot_share", "rules.support")
def _():
    change, size = supported()
    won = change > 0
    return values((change + 0.005 * size)[won], 1e-6, whole=size.sum(), winners=won.sum())
