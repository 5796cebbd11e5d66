"""Checks of docs/odd.md, 7.9 and 7.10: exit and entry; adoption and incidents."""

from __future__ import annotations

from functools import cache

import numpy as np

from emergence import luck
from emergence.kernels.adoption import AdoptionParams, make_adoptions
from emergence.kernels.incidents import IncidentParams, update_incidents
from emergence.kernels.market import mark_exits
from emergence.kernels.random import fill_units
from emergence.rules import entry, incidents
from emergence.schema import CULTURE, DEVELOPMENT, PURPOSE, SKILLS, STRATEGIC
from odd.checks import check, drawn, events, grown, ready, rng, scatter, values

SHIELD = 0.35


def closing(rate, selection, performance, n=400_000):
    age, gone, uid = rng(46).integers(0, 40, n), np.zeros(n, np.uint8), np.arange(n)
    f = np.full(n, performance) if np.isscalar(performance) else performance
    key = luck.key(11, 11)
    mark_exits(0, n, key, 500, uid, 500 - 12 * age, f, rate, selection, gone)
    return age, f, gone, (fill_units(key, uid, 1)[:, 0])


@check("yearly_hazard")
def _():
    """The yearly chance behind the monthly one: who is not closed in a month with p is not in a year with (1-p)^12."""
    age, _f, gone, u = closing(1.0, 0.0, 0.085)
    return events(1 - (1 - u) ** 12, gone, age=age)


@check("closes", "rules.exit")
def _():
    """Once the unprofitable with a low rate, once the profitable with a high one, so that both ends are felt."""
    both = []
    for rate, low, high in ((0.3, -0.4, 0.3), (10.0, 0.0, 0.6)):
        age, f, gone, u = closing(rate, 3.0, rng(47).uniform(low, high, 400_000))
        both.append((u, gone, age, f, np.full(u.size, rate)))
    u, gone, age, f, rate = np.concatenate(both, axis=1)
    return events(u, gone, age=age, performance=f, rate=rate)


@check("opportunities_in", "rules.entry")
def _():
    sim, rows = ready(grown(), entry.RULE, entry__opportunities=0.37), []
    founders = sim.world.demand["founders"]
    for step in range(120):
        sim.world.step = step
        _uid, sector = entry.opportunities(sim._state)
        rows.append((np.bincount(sector, minlength=6), np.full(6, step + 1.0), founders))
    found, t, founders = np.concatenate(rows, axis=1)
    return values(found, t=t, founders=founders, opportunities=0.37)


@cache
def entered():
    """Months in which many opportunities come: their luck, the fill of their sector, and whether they were taken."""
    rows, traits = [], []
    for later in range(4):
        sim = ready(grown(), entry.RULE, entry__opportunities=10.0)
        sim.world.step += later
        f = sim.world.firms
        f.fill[:] = rng(later).uniform(0.7, 1.4, 6)[f.sector]
        uid, sector = entry.opportunities(sim._state)
        fill = np.array([f.fill[f.sector == s][0] for s in range(6)])[sector]
        draw = fill_units(sim._state.luck(entry.OPPORTUNITY), uid, 2)[:, 0]
        units = fill_units(sim._state.luck(entry.TRAITS), uid, 2 + 2 * entry.NORMALS)
        traits.append((entry.make_entrants(sim._state, uid, sector.astype(np.int16)), luck.normals(units[:, 2:]), {
            name: f.column(name)[entry.parents(f, sector, units[:, 0])].astype(float) for name in ("culture", "x")
        }))  # fmt: skip
        sim.apply(entry.RULE)
        rows.append((draw, np.isin(uid, sim.world.firms.uid), fill))
    return np.concatenate(rows, axis=1), traits


@check("entrant_uid")
def _():
    sim = ready(grown(), entry.RULE, entry__opportunities=10.0)
    sim.world.step = 40
    uid, sector = entry.opportunities(sim._state)
    number = np.concatenate([np.arange(k) for k in np.bincount(sector, minlength=6)])
    # Exactly: what lies half below it is below it, and what lies half above is not.
    beside = rng(52).choice([-0.5, 0.5], uid.size)
    return events(uid + beside, beside < 0, month=41.0, sector=sector, number=number)


@check("opportunity_taken", "rules.entry")
def _():
    (draw, taken, fill), _traits = entered()
    return events(draw, taken, fill=fill)


@check("entrant_size", "rules.entry")
def _():
    made, n, _parent = entered()[1][0]
    return values(made["size"], n=n[:, 0], median=7000.0)


@check("heir")
def _():
    made, n, parent = entered()[1][0]
    assert n.shape[1] == 3 + SKILLS + CULTURE + PURPOSE
    return values(made["culture"].astype(float), 1e-7, own=parent["culture"], n=n[:, 3 + SKILLS : 3 + SKILLS + CULTURE])


@check("heir_place")
def _():
    made, n, parent = entered()[1][0]
    return values(made["x"], place=parent["x"], n=n[:, 1])


@cache
def peers():
    """Mean of a column over peers and the peers' ties, for the ties of the grown world."""
    world = grown().world
    return [(world.ties[k].ptr, world.ties[k].nbr) for k in (DEVELOPMENT, STRATEGIC)], world.firms.uid


def adopting(threshold, spontaneous, imitation):
    ties, uid = peers()
    level = np.where(rng(48).random(uid.size) < 0.6, rng(49).random(uid.size), 0.0)
    p, out = AdoptionParams(spontaneous, imitation, threshold, 0.3, 0.8), np.zeros(uid.size, np.uint8)
    key = luck.key(13, 13)
    make_adoptions(0, uid.size, key, uid, level, level.mean(), *ties[0], *ties[1], p, out)
    total, number = (sum(np.array([of[nbr[ptr[i] : ptr[i + 1]]].sum() for i in range(uid.size)]) for ptr, nbr in ties)
                     for of in (level, np.ones(uid.size)))  # fmt: skip
    share = np.divide(total, number, out=np.zeros(uid.size), where=number > 0)
    free = level == 0
    return share[free], level.mean(), out[free], drawn(key, uid[free])


@check("seen_adoption", "rules.adoption")
def _():
    """With neither chance a firm adopts where what it sees reaches the threshold, whatever that is."""
    rows = []
    for threshold in np.linspace(0.15, 0.35, 41):
        share, everyone, out, _u = adopting(threshold, 0.0, 0.0)
        rows.append((np.full(share.size, threshold), out, share))
    threshold, out, share = np.concatenate(rows, axis=1)
    return events(threshold, out, share=share, everyone=everyone, market=0.3, influence=0.8)


@check("adopts", "rules.adoption")
def _():
    share, everyone, out, u = adopting(2.0, 0.1, 1.2)
    return events(u, out, seen=0.8 * (0.7 * share + 0.3 * everyone), spontaneous=0.1, imitation=1.2)


@check("protection", "rules.incidents")
def _():
    sim = ready(grown(), incidents.RULE, incidents__offline=0.4)
    f = sim.world.firms
    f.security[:], f.digital[:] = rng(50).random((2, f.count))
    return values(incidents.protection(sim._state), security=f.security, digital=f.digital, offline=0.4)


@cache
def struck_or_not():
    ties, uid = peers()
    n, rows = uid.size, []
    weights = [grown().world.ties[k].w for k in (DEVELOPMENT, STRATEGIC)]
    for case in range(20):
        state = rng(case).integers(0, 3, n).astype(np.uint8)
        shield, response = np.full(n, SHIELD), rng(60 + case).random(n)
        new, key = np.empty(n, np.uint8), luck.key(case, 14)
        layers = [(*one, w) for one, w in zip(ties, weights, strict=True)]
        p = IncidentParams(0.3, 0.6, 0.3, 0.03)
        update_incidents(0, n, key, uid, state, shield, response, *layers[0], *layers[1], p, new)
        touched = np.zeros((n, 80))
        for i in range(n):
            hit = [w[ptr[i] : ptr[i + 1]][state[nbr[ptr[i] : ptr[i + 1]]] == 1] for ptr, nbr, w in layers]
            touched[i, : sum(map(len, hit))] = np.concatenate(hit)
        rows.append((state, new, response, drawn(key, uid), touched))
    return [np.concatenate(column) for column in zip(*rows, strict=True)]


@check("struck", "rules.incidents")
def _():
    state, new, _response, u, touched = struck_or_not()
    at = state == 0
    return events(u[at], new[at] == 1, protection=SHIELD, w=touched[at], start=0.3, spread=0.6)


@check("recovers", "rules.incidents")
def _():
    state, new, response, u, _touched = struck_or_not()
    at = state == 1
    return events(u[at], new[at] == 2, response=response[at], recovery=0.3)


@check("security_bill", "rules.incidents")
def _():
    sim = scatter(ready(grown(), incidents.RULE, incidents__enabled=True))
    f = sim.world.firms
    f.security[:], f.response[:], f.cash[:] = *rng(51).random((2, f.count)), 0.0
    incidents.pay_for_security(sim._state)
    return values(-f.cash, size=f.size, security=f.security, response=f.response)
