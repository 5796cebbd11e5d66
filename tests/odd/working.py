"""Checks of docs/odd.md, 7.4 to 7.6 and 7.11: projects, strength, knowledge, breaking."""

from __future__ import annotations

from functools import cache
from types import SimpleNamespace

import numpy as np

from emergence.kernels import pairs, work
from emergence.kernels.groups import RESTRAINT
from emergence.kernels.knowledge import update_skills
from emergence.kernels.random import draw4
from emergence.kernels.strengthening import seen_success
from emergence.rules import dissolution, strengthening
from emergence.rules import work as work_rule
from emergence.rules.formation import utility_params
from emergence.schema import DEVELOPMENT, STRATEGIC
from odd.checks import Sides, check, drawn, events, grown, ready, rng, scatter, trust, values

N = 300


@cache
def projects(layer=DEVELOPMENT):
    """Four months of joint projects from one state, each with luck of its own; half of alliances under contract."""
    months = []
    for later in range(4):
        sim = scatter(ready(grown(network__degree=12.0), work__temptation=0.8, contracts__enabled=True))
        sim.world.step += later
        sim._state.governance()[-1, RESTRAINT] = 0.7
        side, f = Sides(sim, layer), sim.world.firms
        before = rng(later).normal(0, 100, side.w.size).astype(np.float32)
        bound = (side.low + side.high) % 2 if layer == STRATEGIC else np.zeros(side.w.size, np.int64)
        if layer == STRATEGIC:
            side.ties.formal[:] = bound
        key, gains = sim._state.luck(work_rule.PROJECT[layer]), []
        for start in (np.zeros_like(before), before):
            side.ties.value[:] = start
            sim.apply(work_rule.RULE)
            gains.append(side.ties.value.astype(float).copy())
        words = np.array([draw4(key, a, b) for a, b in zip(side.low.tolist(), side.high.tolist(), strict=True)])
        task = ((words[:, 3] & 0xFFFF) * 10) >> 16
        skill, first = f.skills.astype(float), side.low == f.uid[side.i]
        both = [(skill[side.i, of[task]], skill[side.j, of[task]]) for of in (work.TASK_A, work.TASK_B)]
        mine = np.where(first, words[:, 2] & 0xFFFF, words[:, 2] >> 16)
        months.append({
            "i": side.i, "j": side.j, "w": side.w, "a": side.a, "t_own": side.t_own, "t_in": side.t_in,
            "x": side.gap("skills"), "apart": side.gap("culture"), "aligned": 1 - side.gap("purpose"),
            "a_i": both[0][0], "a_j": both[0][1], "b_i": both[1][0], "b_j": both[1][1],
            "runs": (words[:, 0] + 0.5) / 2**32, "works": (words[:, 1] + 0.5) / 2**32, "tempts": (mine + 0.5) / 65536,
            "outcome": side.ties.outcome.copy(), "gain": 10 * gains[0], "before": before.astype(float),
            "bound": bound, "value": gains[1], "relational": f.propensities[side.i, 2], "size_i": f.size[side.i],
            "size_j": f.size[side.j],
        })  # fmt: skip
    return {name: np.concatenate([month[name] for month in months]) for name in months[0]}


def some(at, *names):
    return {name: projects()[name][at] for name in names}


@check("project", "rules.work")
def _():
    return events(projects()["runs"], projects()["outcome"] != work.NONE, w=projects()["w"])


@check("success", "rules.work")
def _():
    at = np.flatnonzero(projects()["outcome"] != work.NONE)
    p = some(at, "a", "a_i", "a_j", "b_i", "b_j", "aligned", "x", "apart")
    given = p | {"t_i": projects()["t_own"][at], "t_j": projects()["t_in"][at], "eased": 0.0}
    return events(projects()["works"][at], projects()["outcome"][at] != work.FAILURE, **given)


@check("lure", "rules.work", "rules.contracts")
def _():
    of = projects(STRATEGIC)
    at = np.flatnonzero((of["outcome"] != work.NONE) & (of["outcome"] != work.FAILURE))
    cheats = np.isin(of["outcome"][at], (work.CHEATS, work.BOTH_CHEAT))
    given = {name: of[name][at] for name in ("aligned", "relational", "bound")}
    return events(of["tempts"][at], cheats, **given, t=of["t_own"][at], restraint=0.7, temptation=0.8)


def ended(code):
    return np.flatnonzero(projects()["outcome"] == code)


def scale_of(at):
    p = some(at, "a", "size_i", "size_j")
    return p["a"] * np.sqrt(np.minimum(p["size_i"], p["size_j"]) / 1e4) * (p["size_i"] * p["size_j"] / 1e8) ** 0.25


@check("scale")
def _():
    at = ended(work.SUCCESS)
    return values(projects()["gain"][at] / (0.012 * 10_000), **some(at, "a", "size_i", "size_j"))


@check("both_honest")
def _():
    at = ended(work.SUCCESS)
    return values(projects()["gain"][at], scale=scale_of(at), share=0.5, payoff=0.012)


@check("one_cheats", "rules.work")
def _():
    at = ended(work.CHEATS)
    return values(projects()["gain"][at], scale=scale_of(at), payoff=0.012)


@check("is_cheated", "rules.work")
def _():
    at = ended(work.CHEATED)
    return values(projects()["gain"][at], scale=scale_of(at))


@check("both_cheat", "rules.work")
def _():
    at = ended(work.BOTH_CHEAT)
    return values(projects()["gain"][at], scale=scale_of(at))


@check("tie_value")
def _():
    p = projects()
    return values(p["value"], 1e-4, before=p["before"], gain=p["gain"])


@cache
def strengthened():
    """A month's strengthening after projects with all outcomes, seen through much noise."""
    changed = {"strengthening__noise": 3.0, "strengthening__gain": 0.6, "strengthening__forgiveness": 0.2}
    sim = scatter(ready(grown(network__degree=12.0), work__temptation=0.8, **changed))
    sim.apply(work_rule.RULE)
    side, f, state = Sides(sim), sim.world.firms, sim._state
    known = {name: side.ties.column(name).astype(float).copy() for name in ("good", "bad")}
    outcome, key, repute = side.ties.outcome.copy(), state.luck(strengthening.SEEN[DEVELOPMENT]), f.reputation.copy()
    ends = list(zip(side.low.tolist(), side.high.tolist(), outcome.tolist(), strict=True))
    y = np.array([seen_success(key, a, b, code, 3.0) for a, b, code in ends])
    words = np.array([draw4(key, a, b) for a, b, _ in ends])
    sim.apply(strengthening.RULE)
    return SimpleNamespace(side=side, sim=sim, known=known, outcome=outcome, y=y, words=words, repute=repute)


@check("seen_success", "rules.strengthening")
def _():
    s = strengthened()
    u = np.concatenate([s.words & 0xFFFF, (s.words >> 16) & 0xFFFF], axis=1)
    return values(s.y, 1e-9, y=s.outcome == work.SUCCESS, u=(u + 0.5) / 65536, noise=3.0)


@check("strength", "rules.strengthening")
def _():
    s = strengthened()
    worked = s.outcome != work.NONE
    return values(s.side.ties.w.astype(float), 1e-7, w=s.side.w, worked=worked, a=s.side.a, y=s.y, gain=0.6)


@check("good", "rules.strengthening")
def _():
    s = strengthened()
    given = {"before": s.known["good"], "a": s.side.a, "success": s.outcome == work.SUCCESS}
    return values(s.side.ties.good.astype(float), **given)


@check("bad", "rules.strengthening")
def _():
    s = strengthened()
    given = {"before": s.known["bad"], "a": s.side.a, "success": s.outcome == work.SUCCESS, "forgiveness": 0.2}
    given |= {"failure": s.outcome == work.FAILURE, "cheated": np.isin(s.outcome, (work.CHEATED, work.BOTH_CHEAT))}
    return values(s.side.ties.bad.astype(float), **given)


@check("reputation_after", "rules.strengthening")
def _():
    s, n = strengthened(), strengthened().sim.world.size
    total, count = np.zeros((2, n))
    for layer in (DEVELOPMENT, STRATEGIC):
        side = Sides(s.sim, layer)
        total += np.bincount(side.i, trust(side.ties.good_in, side.ties.bad_in), n)
        count += np.bincount(side.i, minlength=n)
    tied = count > 0
    found = s.sim.world.firms.reputation[tied]
    return values(found, before=s.repute[tied], mean_trust=total[tied] / count[tied])


@cache
def lessons(absorption, forgetting):
    """Pairs of firms, each with one successful tie of strength .8 and trust .75."""
    skills, base = rng(20).random((2, N, 5)).astype(np.float32)
    out, one = skills.copy(), np.ones(N)
    profile = np.zeros((N, 16), np.float32)
    profile[:, :5] = skills
    nbr, ptr = (np.arange(N) ^ 1).astype(np.int32), np.arange(N + 1)
    w, good, bad = (np.full(N, v, np.float32) for v in (0.8, 2.0, 0.0))
    update_skills(
        0, N, absorption, forgetting, True, 2 * one, ptr, nbr, w, good, bad, np.ones(N, np.uint8), np.zeros(0, np.uint8),
        profile, np.full((N, 4), 0.5, np.float32), base, out, np.zeros(0),
    )  # fmt: skip
    return skills.astype(float), base.astype(float), out.astype(float)


@check("forget", "rules.knowledge")
def _():
    skills, base, out = lessons(0.0, 0.3)
    return values(out, 1e-7, skill=skills, base=base, forgetting=0.3)


@check("learn", "rules.knowledge")
def _():
    skills, _, out = lessons(2.0, 0.0)
    lead = skills[np.arange(N) ^ 1] - skills
    best, both = lead.argmax(axis=1), (lead.max(axis=1) > 0) & (lead.min(axis=1) < 0)
    rows, of = np.flatnonzero(both), best[both]
    given = {"skill": skills[rows, of], "lead": lead[rows, of], "w": float(np.float32(0.8)), "t": 0.75, "a": 0.5}
    return values(out[rows, of], 1e-7, **given, absorptive=2.0, absorption=2.0)


@check("breaks", "rules.dissolution")
def _():
    rows = []
    everywhere = {"layers": ("operational", "development", "strategic")}
    for later in range(3):
        sim = scatter(ready(grown(**everywhere, network__degree=10.0), dissolution__operational=0.4))
        sim.world.step += later
        side, state, f = Sides(sim, 0), sim._state, sim.world.firms
        formal = rng(later).random(sim.world.size)
        bound = (formal[side.i] + formal[side.j]) % 1 < 0.4
        side.ties.formal[:] = bound
        draw = drawn(state.luck(dissolution.BREAK[0]), side.low, side.high)
        worst, elsewhere = np.empty((2, side.w.size))
        p = utility_params(state, 0)
        for h, (i, j) in enumerate(zip(side.i, side.j, strict=True)):
            shared, u = pairs.shared_partners(side.ties.ptr, side.ties.nbr, i, j), []
            elsewhere[h] = pairs.elsewhere_trust(i, j, *state.others(0)) >= 0
            for a, b, t in ((i, j, side.t_own[h]), (j, i, side.t_in[h])):
                k = side.ties.ptr[a + 1] - side.ties.ptr[a] - 1
                u.append(pairs.utility(a, b, t, shared, bool(elsewhere[h]), k, state.profile(), f.x, f.y, f.sector, p))
            worst[h] = min(u)
        ends = np.stack([f.uid[side.i], f.uid[side.j]], axis=1)
        drive = f.drive[side.i].copy(), f.drive[side.j].copy()
        sim.apply(dissolution.RULE)
        now = Sides(sim, 0)
        left = set(zip(f.uid[now.i].tolist(), f.uid[now.j].tolist(), strict=True))
        gone = np.array([(a, b) not in left for a, b in ends.tolist()])
        rows.append(np.array([draw, gone, side.w, side.t_own, side.t_in, *drive, bound, elsewhere, worst]))
    draw, gone, *given = np.concatenate(rows, axis=1)
    names = ("w", "t_i", "t_j", "drive_i", "drive_j", "bound", "elsewhere", "worst")
    return events(draw, gone, **dict(zip(names, given, strict=True)), h=0.4, reacts=1.0)
