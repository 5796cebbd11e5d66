"""Checks of docs/odd.md, 7.13.1: groups and governance."""

from __future__ import annotations

from functools import cache
from types import SimpleNamespace

import numpy as np

from emergence.kernels import groups as of
from emergence.kernels.random import fill_units
from emergence.kernels.search import chance_of_event
from emergence.kernels.steering import most_complementary
from emergence.luck import normals
from emergence.rules import membership, sensing, steering
from odd.checks import Choice, check, events, rng, values
from odd.grouped import grouped

N = 300


@cache
def belonging():
    """Everyone's ties to members of each group, worth, commitment before and after, and who left or joined."""
    sim = grouped(membership.RULE, membership__joining=1.0, membership__leaving=0.6, membership__expulsion=0.0)
    state, f, rows = sim._state, sim.world.firms, []
    for row in range(2):
        member, who = np.zeros(f.count, bool), np.arange(f.count)
        members = state.membership()
        member[members.rows[members.ptr[row] : members.ptr[row + 1]]] = True
        value_of = [sim.world.ties[layer] for layer in state.acting]
        for ties in value_of:
            ties.value[:] = rng(row).normal(0, 400, ties.count)
        known, value = membership.ties_inside(state, who, member)
        ties_all = sum(np.diff(ties.ptr) for ties in value_of)
        centre = f.purpose[member].mean(axis=0)
        apart = np.minimum(1, 1.5 * np.sqrt(((f.purpose - centre) ** 2).mean(axis=1)))
        worth = membership.usefulness(state, row, member, who, known, value)
        before = sim.world.memberships.commitment[members.group == row].copy()
        units = fill_units(state.luck_of_group(membership.JOIN, row), f.uid, 4)
        joined, left = membership.decide(state, row)
        after = sim.world.memberships.commitment[members.group == row]
        firm = members.firm[members.group == row]
        held = np.isin(f.uid, [sim.world.groups.orchestrator[row], sim.world.groups.institute[row]])
        rows.append(SimpleNamespace(
            share=np.where(ties_all > 0, known / np.maximum(ties_all, 1), 0), apart=apart, value=value, size=f.size.copy(),
            together=row, worth=worth, units=units, member=member, joined=np.isin(who, joined), left=np.isin(who, left),
            before=before, after=after.copy(), firm=firm, held=held, fee=np.full(f.count, sim.world.groups.fee[row]),
        ))  # fmt: skip
    return rows


@check("belonging", "rules.membership")
def _():
    rows = belonging()
    given = {
        name: np.concatenate([getattr(r, name) for r in rows]) for name in ("share", "apart", "value", "size", "fee")
    }
    together = np.repeat([r.together for r in rows], [r.worth.size for r in rows])
    return values(np.concatenate([r.worth for r in rows]), 1e-6, **given, together=together)


@check("stays", "rules.membership")
def _():
    """Outsiders join where admission is open to all who think of it."""
    r = belonging()
    out = [~one.member for one in r]
    draw = np.concatenate([one.units[at, 1] for one, at in zip(r, out, strict=True)])
    joined = np.concatenate([one.joined[at] for one, at in zip(r, out, strict=True)])
    return events(draw, joined, worth=np.concatenate([one.worth[at] for one, at in zip(r, out, strict=True)]))


@check("thinks_of_leaving", "rules.membership")
def _():
    """Members who would not stay leave when they think of it."""
    draw, left, committed = [], [], []
    for r in belonging():
        wish = r.units[r.firm, 1] >= 1 / (1 + np.exp(-np.clip(r.worth[r.firm] / 0.25, -50, 50)))
        at = wish & ~r.held[r.firm]
        draw.append(r.units[r.firm, 3][at])
        left.append(r.left[r.firm][at])
        committed.append(r.after[at])
    return events(*map(np.concatenate, (draw, left)), committed=np.concatenate(committed), leaving=0.6)


@check("commitment_after", "rules.membership")
def _():
    r = belonging()
    worth = np.concatenate([np.clip(one.worth[one.firm], -50, 50) for one in r])
    return values(
        np.concatenate([one.after for one in r]), before=np.concatenate([one.before for one in r]), worth=worth
    )


@cache
def paid():
    rows = []
    for case in range(12):
        sim = grouped(membership.RULE)
        g, state, luck = sim.world.groups, sim._state, rng(70 + case)
        for name in ("transparency", "sanctions", "coordination"):
            g.column(name)[:] = luck.random(2)
        members = state.membership()
        whole = np.array(
            [sim.world.firms.size[members.rows[members.ptr[k] : members.ptr[k + 1]]].sum() for k in (0, 1)]
        )
        g.fee[:], g.budget[:] = 0.0, luck.choice([-0.5, 0.3, 3.0], 2) * 0.02 * whole
        state._packed.clear()
        budget = g.budget.copy()
        given = [g.column(n).copy() for n in ("monitoring", "transparency", "sanctions", "coordination")]
        experiments = np.where(g.institute >= 0, 20.0, 0.0)
        membership.collect(state)
        due = np.where(g.funded < 1, (budget - g.budget) / np.maximum(g.funded, 1e-300), budget - g.budget)
        rows.append((g.funded.copy(), budget, due, whole, experiments, *given))
    return np.concatenate(rows, axis=1)


@check("due", "rules.research")
def _():
    funded, _budget, due, whole, experiments, monitoring, transparency, sanctions, coordination = paid()
    at = funded > 0
    given = {
        "monitoring": monitoring,
        "transparency": transparency,
        "sanctions": sanctions,
        "coordination": coordination,
    }
    given |= {"whole": whole, "experiments": experiments}
    return values(due[at], **{name: value[at] for name, value in given.items()}, coordinates=1.0)


@check("funded")
def _():
    """Whatever the budget, also where it is below 0 or more than enough."""
    funded, budget, due, whole, experiments, monitoring, transparency, sanctions, coordination = paid()
    due = monitoring * ((transparency + sanctions) / 2 + coordination) * whole + experiments * 60
    assert (funded == 0).any() and (funded == 1).any() and ((funded > 0) & (funded < 1)).any()
    return values(funded, budget=budget, due=due)


@check("event")
def _():
    table, out = np.zeros((4, of.COLUMNS)), []
    table[:3, of.EVENTS] = 0.3, 0.6, 0.1
    of_firm = np.array([[0, -1, -1], [0, 1, -1], [0, 1, 2], [1, 2, -1]], np.int32)
    out = [chance_of_event(i, of_firm, table) for i in range(4)]
    return values(out, events=np.where(of_firm >= 0, table[of_firm, of.EVENTS], 0))


@cache
def ruled():
    """The line of a group in the table of governance, for made-up rules."""
    sim, rows = grouped(), []
    g = sim.world.groups
    for case in range(40):
        s, t, f = rng(case).random((3, 2))
        g.sanctions[:], g.transparency[:], g.funded[:] = s, t, f
        sim._state._packed.clear()
        rows.append((sim._state.governance()[:-1, of.RESTRAINT], s, t, f))
    return np.concatenate(rows, axis=1)


@check("restraint")
def _():
    found, s, t, f = ruled()
    return values(found, sanctions=s, transparency=t, funded=f)


@check("expelled", "rules.membership")
def _():
    sim, rows = grouped(membership.RULE), []
    sim.world.firms.betrayals[:] = 1
    for case in range(20):
        unit, (s, t, f) = rng(case).random(250), rng(case + 50).random(3)
        g = sim.world.groups
        g.sanctions[:], g.transparency[:], g.funded[:] = s, t, f
        gone = membership.seen_cheating(sim._state, 0, np.arange(250) % sim.world.size, unit)
        rows.append((unit, gone, *(np.full(250, v) for v in (s, t, f))))
    unit, gone, s, t, f = np.concatenate(rows, axis=1)
    return events(unit, gone, sanctions=s, transparency=t, funded=f)


A, B, C, D = rng(80).random((4, N)) + 0.01


def shared(rule, skills=(A, B), roots=(A, B), w=A, held=(A + B, A + C)):
    return [of.share_of_first(rule, *case) for case in zip(*skills, *roots, w, *held, strict=True)]


@check("by_contribution")
def _():
    return values(shared(of.CONTRIBUTION), skill_i=A, skill_j=B)


@check("by_power")
def _():
    return values(shared(of.POWER), size_i=A**2, size_j=B**2)


@check("by_bargaining")
def _():
    return values(shared(of.BARGAINING), w=A, held_i=A + B, held_j=A + C)


@check("seen", "rules.steering")
def _():
    sim, rows = grouped(steering.RULE), []
    state, uid = sim._state, sim.world.firms.uid
    for row in range(2):
        members = state.membership()
        at = members.rows[members.ptr[row] : members.ptr[row + 1]].astype(np.int64)
        x = rng(row).normal(5, 3, at.size)
        n = normals(fill_units(state.luck_of_group(sensing.NOISE["cash"], row), uid[at], 2))[:, 0]
        found = sensing.blurred(state, row, at, "cash", x)
        rows.append((found, x, np.full(at.size, x.std()), n, np.full(at.size, at.size), np.full(at.size, row)))
    found, x, sd, n, members, together = np.concatenate(rows, axis=1)
    return values(found, x=x, sd=sd, n=n, members=members, together=together)


@check("lacks", "rules.steering")
def _():
    sim = grouped(steering.RULE)
    f, g, state = sim.world.firms, sim.world.groups, sim._state
    f.cash[:], g.budget[:] = rng(81).normal(0.1, 0.2, f.count) * f.size, 1e12
    members, cash = state.membership(), f.cash.copy()
    at = members.rows[: members.ptr[1]].astype(np.int64)
    steering.fund(state, 0, at, {"poor": f.uid[at].tolist(), "need": 0.1})
    return values((f.cash - cash)[at], 1e-6, cash=cash[at], size=f.size[at])


@check("helpful")
def _():
    """Which of two members is asked, one with a tie and one without; often they are nearly equal."""
    luck, n = rng(82), 3000
    own, other = luck.random((n, 1, 5)), luck.random((n, 2, 5))
    own[: n // 2], other[: n // 2, 0] = 0.0, 0.5 * other[: n // 2, 1] * luck.uniform(0.96, 1.04, (n // 2, 1))
    skills = np.concatenate([own, other], axis=1).reshape(-1, 5).astype(np.float32)
    ties = np.tile([0, 0, 1], n)
    found = [
        most_complementary(skills, ties, np.array([i]), np.array([i + 1, i + 2]))[0] - i - 1 for i in range(0, 3 * n, 3)
    ]
    exact = skills.astype(float).reshape(n, 3, 5)
    return Choice({"own": exact[:, :1], "other": exact[:, 1:], "ties": np.array([[0, 1]])}, np.array(found))
