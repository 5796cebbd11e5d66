"""Learning of strategies: what it does to a deed, when opportunism spreads, and when it declines."""

import math

import numpy as np
import pytest
from conftest import dotted, grow, interval, merge, same_bytes, shared

from emergence import luck
from emergence.kernels.groups import RESTRAINT
from emergence.kernels.random import draw4, unit
from emergence.rules import adaptation, strategies
from emergence.schema import DEVELOPMENT, STRATEGIC

SEEDS = range(3200, 3230)
# Nobody comes or goes, so that what spreads is learnt and not selected.
BASE = {
    "firms": 100,
    "output": {"events": False},
    "founders": {"strategy_spread": 0.25},
    "rules": {"exit": {"enabled": False}, "entry": {"enabled": False}, "credit": {"enabled": False}},
}
ON = {"rules": {"strategies": {"enabled": True}}}
# One way of learning at a time.
REINFORCED = merge(ON, {"rules": {"strategies": {"imitation": 0, "mutation": 0}}})
IMITATED = merge(ON, {"rules": {"strategies": {"reinforcement": 0, "imitation": 0.3, "noise": 0.01}}})
# Cheating pays, and joint projects matter for margins.
LURE = {"rules": {"work": {"temptation": 0.8, "cheating": 0.5}}}
RICH = {"rules": {"work": {"payoff_development": 0.04, "payoff_strategic": 0.04}}}
# Outcomes leave no trace in trust and strength, or a deep one that success and the life of a tie hang on.
WEAK = {"rules": {"strengthening": {"evidence": 0, "feedback": 0}}}
STRONG = {
    "rules": {
        "strengthening": {"evidence": 3, "feedback": 1},
        "dissolution": {"by_trust": 12},
        "work": {"trust": 3, "constant": -3},
    }
}
STAY = {"rules": {"membership": {"leaving": 0, "expulsion": 0}}}


def group(**rules):
    return merge(STAY, {"groups": [merge({"share": 1.0, "transparency": 1.0, "fee": 0.01, "events": 0}, rules)]})


def values(measure, *parts, months=36):
    return np.array([measure(shared(BASE, *parts, {"seed": seed}, months=months)) for seed in SEEDS])


def change(sim):
    """How much the mean propensity to be relational rose since the first month."""
    return sim.rows[-1]["relational"] - sim.rows[0]["relational"]


def cheating(sim):
    rows = sim.rows[-12:]
    return sum(row["betrayals"] for row in rows) / max(sum(row["projects"] for row in rows), 1)


def test_propensities_move_as_documented():
    """Bush and Mosteller for one's own deeds, Fermi's rule for a partner's strategy, now and then a new draw."""
    keys = {"reinforcement": 0.3, "imitation": 0.6, "mutation": 0.2, "content": 0.8}
    noisy = {"rules": {"adaptation": {"noise": 0.1}, "strategies": keys}}
    sim = grow(BASE, ON, LURE, noisy, {"groups": [{"share": 0.6, "sanctions": 0.4, "fee": 0.01}]}, months=12, seed=2)
    world, p, work, step = sim.world, sim.rules.strategies, sim.rules.work, sim.step + 1
    f, n = world.firms, world.size
    before, learnt = f.propensities.copy(), f.propensities.copy()
    blur = luck.key(world.seed, adaptation.SEEN, step)
    seen = np.empty(n)
    for i in range(n):
        a, b = (unit(word) for word in draw4(blur, f.uid[i], 0)[:2])
        seen[i] = f.performance[i] + 0.1 * math.sqrt(-2 * math.log(a)) * math.cos(2 * math.pi * b)
    members = set(world.memberships.uid.tolist())
    done, key = np.zeros(6, int), luck.key(world.seed, strategies.LEARN, step)
    restraint = sim._state.governance()[0, RESTRAINT]
    for i in range(n):
        partners = []
        for layer in (DEVELOPMENT, STRATEGIC):
            ties = world.ties[layer]
            loss = work.sucker / (work.payoff_development if layer == DEVELOPMENT else work.payoff_strategic)
            for h in range(ties.ptr[i], ties.ptr[i + 1]):
                j, code = int(ties.nbr[h]), int(ties.outcome[h])
                partners.append(j)
                done[code] += 1
                both = int(f.uid[i]) in members and int(f.uid[j]) in members
                fine = p.sanction * (1 - restraint) if both else 0.0
                payoff = {1: 1.0, 3: fine - loss, 4: 1 + work.cheating - fine, 5: -0.5 * loss - fine}.get(code)
                if payoff is None:
                    continue
                s = 0.3 * min(max(payoff - 0.8, -1), 1)
                honest = code in (1, 3)
                q = learnt[i, 2] if honest else 1 - learnt[i, 2]
                q += s * (1 - q) if s > 0 else s * q
                learnt[i, 2] = q if honest else 1 - q
        words = draw4(key, f.uid[i], 0)
        if partners and unit(words[0]) < p.imitation:
            j = partners[(int(words[1]) * len(partners)) >> 32]
            if unit(words[2]) < 1 / (1 + math.exp(-min(max((seen[j] - seen[i]) / p.noise, -50), 50))):
                learnt[i] = before[j]
        if unit(words[3]) < p.mutation:
            fresh = draw4(key, f.uid[i], 1)
            learnt[i, (int(fresh[0]) * 4) >> 32] = unit(fresh[1])
    assert (done[[1, 3, 4, 5]] > 0).all()
    sim.apply(strategies.RULE)
    assert f.propensities == pytest.approx(learnt, abs=1e-12)
    assert np.abs(learnt - before).max() > 0.1


def test_in_the_middle_and_at_zero_propensities_change_nothing():
    """The factor on temptation is exactly 1 at .5, and at opportunism 0 whatever the propensity."""
    plain = grow(months=24)
    assert same_bytes(plain, grow(months=24, rules__work__opportunism=0.0)) == []
    spread = grow(months=24, rules__work__opportunism=0.0, founders__strategy_spread=0.3)
    assert set(same_bytes(plain, spread)) <= {"firms.propensities", "steps.relational"} | {
        f"firms.propensities_{k}" for k in range(1, 5)
    }
    assert spread.world.firms.propensities.std() > 0.1
    assert (strategies.boldness(plain._state) == 1.0).all()


def test_who_is_opportunistic_cheats_more():
    def measure(sim):
        f = sim.world.firms
        return float(np.corrcoef(f.propensities[:, 2], f.betrayals / np.maximum(f.projects, 1))[0, 1])

    mean, low, high = interval(values(measure, LURE, months=3))
    assert high < 0, f"{mean:.3f} [{low:.3f}, {high:.3f}]"
    mean, low, high = interval(values(measure, LURE, dotted(rules__work__opportunism=0.0), months=3))
    assert low <= 0 <= high, f"{mean:.3f} [{low:.3f}, {high:.3f}]"


@pytest.mark.parametrize("way", [merge(REINFORCED, LURE), merge(IMITATED, LURE, RICH, WEAK)], ids=["own", "partners"])
def test_where_betrayal_pays_and_nobody_minds_opportunism_spreads(way):
    """Learnt from one's own payoffs, and from better partners."""
    spread = values(change, way)
    mean, low, high = interval(spread)
    assert high < 0, f"{mean:.4f} [{low:.4f}, {high:.4f}]"
    off = values(change, way, {"rules": {"strategies": {"enabled": False}}})
    assert (off == 0).all()


def test_opportunism_that_spreads_is_acted_on():
    way = merge(REINFORCED, LURE)
    mean, low, high = interval(
        values(cheating, way) - values(cheating, way, {"rules": {"strategies": {"enabled": False}}})
    )
    assert low > 0, f"{mean:.4f} [{low:.4f}, {high:.4f}]"


def test_sanctions_of_a_group_turn_it_round():
    """Ostrom 1990: what is seen and paid for does not pay; without sanctions the same group does nothing."""
    strict, lax = group(sanctions=0.7), group(sanctions=0.0)
    mean, low, high = interval(values(change, REINFORCED, LURE, strict))
    assert low > 0, f"{mean:.4f} [{low:.4f}, {high:.4f}]"
    mean, low, high = interval(values(change, REINFORCED, LURE, lax))
    assert high < 0, f"{mean:.4f} [{low:.4f}, {high:.4f}]"
    unfelt = dotted(rules__strategies__sanction=0.0)
    mean, low, high = interval(values(change, REINFORCED, LURE, strict, unfelt))
    assert high < 0, f"sanctions that nobody feels: {mean:.4f} [{low:.4f}, {high:.4f}]"


def test_strong_feedback_turns_it_round():
    """Where partners remember, trust little and leave, the relational fare better and are imitated."""
    strong = values(change, IMITATED, LURE, RICH, STRONG)
    mean, low, high = interval(strong)
    assert low > 0, f"{mean:.4f} [{low:.4f}, {high:.4f}]"
    mean, low, high = interval(strong - values(change, IMITATED, LURE, RICH, WEAK))
    assert low > 0, f"against weak: {mean:.4f} [{low:.4f}, {high:.4f}]"
