"""Checks of docs/odd.md, 7.9: demand, accounts, growth, credit."""

from __future__ import annotations

from functools import cache

import numpy as np

from emergence import luck
from emergence.kernels.market import MarketParams, update_accounts
from emergence.rules import credit, market, trade
from emergence.schema import DEVELOPMENT, STRATEGIC
from odd.checks import check, drawn, events, grown, ready, rng, scatter, values

N = 600
SHIELD = 0.35
DEFAULT = MarketParams(1.0, 0.42, 0.5, 0.015, 0.02, 0.05, 0.15, 0.085, 0.035, 0.2, 1.0, 0.8, 10_000.0)


@check("sector_demand", "rules.market")
def _():
    rows = []
    for step, growth in ((8, 0.015), (60, 0.05), (720, 1.0), (300, -0.9)):
        sim = ready(grown(), market.RULE, market__growth=growth)
        f, sim.world.step = sim.world.firms, step
        sim.world.demand["reference"] = rng(step).normal(0, 20, 6)
        total = np.bincount(f.sector, trade.offered_demand(sim._state), 6)
        mean_z = np.bincount(f.sector, f.z, 6) / np.bincount(f.sector, minlength=6)
        d = sim.world.demand
        rows.append((total, d["base"], np.full(6, step + 1.0), mean_z, d["reference"], d["level"], np.full(6, growth)))
    total, *given = np.concatenate(rows, axis=1)
    names = ("base", "t", "mean_z", "start_z", "level", "growth")
    # What is offered is size plus a difference, so where a sector has next to no demand rounding shows.
    return values(total, 2e-9, **dict(zip(names, given, strict=True)))


@cache
def shared():
    """Demand by attraction; the first firm of each sector is the measure: z = 0, skill .4, reputation .5."""
    sim = scatter(ready(grown(), market.RULE, market__attraction_reputation=0.7))
    f = sim.world.firms
    f.z[:] = rng(40).normal(0, 3, f.count)
    first = np.array([np.flatnonzero(f.sector == s)[0] for s in range(6)])
    f.z[first], f.skills[first], f.reputation[first] = 0.0, 0.4, 0.5
    sim._state.pull = rng(41).uniform(0.5, 2, f.count)
    return sim, first, trade.offered_demand(sim._state)


@check("attraction", "rules.market")
def _():
    sim, first, own = shared()
    f, pull = sim.world.firms, sim._state.pull
    unit = (f.size * pull / own)[first][f.sector]
    skill = f.skills.astype(float).mean(axis=1)
    given = {"size": f.size, "z": f.z, "skill": skill, "reputation": f.reputation, "pull": pull}
    return values(own * unit, **given, attraction_reputation=0.7)


@check("offered", "rules.market")
def _():
    sim, _first, own = shared()
    sim._state.rules.market.competition = 0.6
    found = trade.offered_demand(sim._state)
    sim._state.rules.market.competition = 1.0
    return values(found, size=sim.world.firms.size, own=own, competition=0.6)


@check("capacity")
def _():
    sim = scatter(ready(grown(), market.RULE))
    f = sim.world.firms
    f.health[:] = rng(42).random(f.count)
    return values(trade.capacity(sim._state), size=f.size, slack=f.slack, health=f.health)


@cache
def accounts(params=DEFAULT, sold=None, turbulence=None):
    """A month of made-up firms by the market's kernel, with extremes: their columns before and after."""
    r = rng(43)
    f = {"size": np.exp(r.uniform(0, 30, N)), "z": r.normal(0, 3, N), "digital": r.random(N), "slack": r.random(N)}
    f |= {"fee": 0.3 * r.random(N), "saved": 0.3 * r.random(N), "before": r.normal(0, 1, N)}
    f |= {"offered": f["size"] * r.uniform(-0.2, 3, N), "joint": f["size"] * r.normal(0, 0.5, N)}
    f |= {
        "due": f["size"] * r.exponential(0.5, N),
        "sold": f["size"] * r.random(N) if sold is None else np.full(N, sold),
    }
    if sold is not None:
        f["joint"][:] = f["due"][:] = 0.0
    key, uid, after = (
        luck.key(9, 9),
        np.arange(N),
        {name: np.zeros(N) for name in ("cash", "revenue", "profit", "fill")},
    )
    after |= {"size": f["size"].copy(), "performance": f["before"].copy()}
    update_accounts(
        0, N, key, uid, f["offered"], f["sold"], f["fee"], f["saved"], f["z"], f["digital"], f["slack"], f["joint"],
        f["due"], np.zeros(0) if turbulence is None else np.full(N, turbulence), params, after["size"], after["cash"], after["revenue"], after["profit"], after["performance"],
        after["fill"],
    )  # fmt: skip
    return f, after, drawn(key, uid)


@check("variable_share", "rules.market")
def _():
    f, after, _u = accounts(DEFAULT._replace(price=0.0, fixed_cost=0.0, saving_z=0.1), 1.0)
    return values(-after["profit"], 1e-9, z=f["z"], digital=f["digital"], saved=f["saved"], saving_z=0.1)


@check("profit", "rules.market")
def _():
    f, after, _u = accounts()
    return values(after["profit"], **{n: v for n, v in f.items() if n not in ("before", "offered")})


@check("performance", "rules.market")
def _():
    f, after, _u = accounts()
    return values(after["performance"], before=f["before"], profit=after["profit"], size=f["size"])


@check("fill")
def _():
    f, after, _u = accounts()
    return values(after["fill"], offered=f["offered"], size=f["size"])


@check("laplace")
def _():
    f, after, u = accounts(DEFAULT._replace(growth_fill=0.0, growth_margin=0.0, noise=0.01, noise_by_size=0.0))
    inside = (f["size"] > 2) & (f["size"] < 9e12)
    return values(np.log(after["size"] / f["size"])[inside] / 0.01, 1e-9, u=u[inside])


@check("size_after", "rules.market")
def _():
    f, after, u = accounts(DEFAULT._replace(noise=0.2, smallest=50.0))
    given = {"size": f["size"], "fill": after["fill"], "profit": after["profit"], "u": u}
    return values(after["size"], **given, noise=0.2, smallest=50.0)


@check("turbulence")
def _():
    sim = ready(grown(), market.RULE, market__turbulence=12)
    stretch = luck.key(sim.world.seed, market.TURBULENCE, (sim._state.step - 1) // 12)
    return values(market.turbulence(sim._state), u=drawn(stretch, sim.world.firms.uid))


@check("turbulent")
def _():
    """Growth beside that without noise, as far as neither is clipped."""
    quiet, stormy = (accounts(DEFAULT._replace(noise=n, noise_by_size=0.0), turbulence=0.7)[1] for n in (0.0, 0.01))
    growth = np.log(stormy["size"] / quiet["size"])
    size = accounts()[0]["size"]
    free = (np.abs(np.log(quiet["size"] / size)) + np.abs(growth) < 0.4) & (size > 10) & (size < 1e12)
    words = [drawn(luck.key(9, 9), np.arange(N), word=word)[free] for word in (0, 1)]
    return values(growth[free] / 0.01, 1e-9, v=0.7, u_1=words[0], u_2=words[1])


@cache
def settled():
    sim = scatter(ready(grown()))
    f, held = sim.world.firms, np.diff(sim.world.ties[DEVELOPMENT].ptr) + np.diff(sim.world.ties[STRATEGIC].ptr)
    size, cash = f.size.copy(), rng(44).normal(0.2, 0.3, f.count) * f.size
    f.cash[:] = cash
    sim.apply(market.RULE)
    return f, held, size, cash


@check("ties_cost", "rules.market")
def _():
    f, held, size, _cash = settled()
    return values(f.costs_due, size=size, ties=held)


@check("taken_out", "rules.market")
def _():
    f, _held, _size, cash = settled()
    earned = cash + f.profit
    return values(earned - f.cash, 1e-6, cash=earned, size=f.size)


@check("claim", "rules.credit")
def _():
    sim = scatter(ready(grown(), credit.RULE, credit__spreading=0.5))
    state, size = sim._state, sim.world.firms.size
    layers = [sim.world.ties[k] for k in state.acting]
    owner, nbr, w = (np.concatenate(parts) for parts in zip(*((t.owner(), t.nbr, t.w) for t in layers), strict=True))
    _, place, times = np.unique(owner * size.size + nbr, return_index=True, return_counts=True)
    owner, nbr, w = (column[place[times == 1]] for column in (owner, nbr, w))  # a second tie would add its claim
    lost = np.array([credit.losses_at(state, np.arange(size.size) == i) for i in range(size.size)])
    held = sum(t.degree() for t in layers)
    return values(
        lost[owner, nbr], w=w.astype(float), size_i=size[owner], size_j=size[nbr], ties=held[nbr] * 1.0, spreading=0.5
    )  # fmt: skip


@check("capital", "rules.credit")
def _():
    sim = scatter(ready(grown(), credit__claims=0.0))
    f = sim.world.firms
    uid, size, cash = f.uid.copy(), f.size.copy(), rng(45).normal(-0.25, 0.05, f.count) * f.size
    f.cash[:] = cash
    sim.apply(credit.RULE)
    return events(np.zeros(uid.size), np.isin(uid, f.uid), cash=cash, size=size)
