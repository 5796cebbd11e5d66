"""Each rule: off equals on with zero effect and cost, byte for byte; on, it moves what it says it moves."""

import numpy as np
import pytest
from conftest import grow, interval, merge, same_bytes, shared

from emergence.step import PLAN

FREE = {"work": {"payoff_development": 0, "payoff_strategic": 0, "sucker": 0}, "innovation": {"cost": 0}}

# Settings at which a rule has no effect and no cost.
ZERO = {
    "environment": {"convergence": 0, "drift": 0, "cycle": 0, "noise": 0},
    "search": {"meetings": 0},
    "formation": {"rate": 0},
    "work": {"frequency": 0},
    "strengthening": {"gain": 0, "decay": 0, "evidence": 0, "fade": 1, "reputation": 0},
    "knowledge": {"absorption": 0, "forgetting": 0},
    "secrecy": {"hiding": 0},
    "contracts": {"strength": 1, "deterrence": 0, "lasting": 1, "cost": 0},
    "matching": {"meetings": 0},
    "rivalry": {"crowding": 0, "differentiation": 0},
    "innovation": {"tries": 0},
    "races": {"prize": 0, "step": 10},
    "leakage": {"rate": 0},
    "adaptation": {"speed": 0, "gain": 0},
    "culture": {"acculturation": 0, "conformity": 0},
    "strategies": {"reinforcement": 0, "imitation": 0, "mutation": 0},
    "market": {
        "competition": 0, "price": 0, "fixed_cost": 0, "variable_cost": 0, "saving_z": 0, "tie_cost": 0,
        "building_cost": 0, "growth_fill": 0, "growth_margin": 0, "noise": 0, "memory": 1, "payout": 0,
    },
    "supply": {"share": 0, "misconduct": 0},
    "referrals": {"rate": 0},
    "sales": {"orders": 0},
    "overflow": {"share": 0},
    "purchasing": {"inputs": 0},
    "aid": {"share": 0, "ingratitude": 0},
    "platform": {"start": 0, "joining": 0},
    "support": {"pot": 0, "cost": 0},
    "exit": {"rate": 0},
    "credit": {"limit": 1e12, "claims": 0},
    "entry": {"opportunities": 0},
    "tools": {
        "review": 0, "customers_cost": 0, "collaboration_cost": 0, "analytics_cost": 0, "marketing_cost": 0,
        "retention": 0, "ease": 0, "insight": 0, "reach": 0,
    },
    "data_pool": {"gain": 0},
    "network_effect": {"saving": 0},
    "automation": {"rate": 0, "cost": 0, "saving": 0, "output": 0, "idle": 0},
    "adoption": {"spontaneous": 0, "imitation": 0, "threshold": 2, "cost": 0},
    "incidents": {"start": 0},
    "dissolution": {"development": 0, "strategic": 0},
    "steering": {
        "need": -10, "few": 0, "critical": 1000, "opportunism": 1, "noise": 0, "imbalance": 1, "lost": 1000, "alarm": 1,
    },
    "research": {"experiments": 0},
    "revision": {"sanctions": 0, "fee": 0},
    "membership": {"joining": 0, "leaving": 0, "expulsion": 0, "commitment": 0},
    "orchestration": {},
}  # fmt: skip

# Rules that only write down what happens: on, they add columns of their own and change no other; see test_accounts.
OBSERVERS = {"accounts"}

# What both twins share, where the rule needs company of a special kind.
COMPANY = {
    "steering": {
        "groups": [
            {
                "fund": True,
                "backup": True,
                "publish": True,
                "rebalance": True,
                "protect": True,
                "prepare": True,
                "sharing": "power",
            }
        ]
    },
    "membership": {"groups": [{"fee": 0, "monitoring": 0, "sanctions": 0, "mending": 0}]},
    "research": {
        "groups": [{"orchestration": ["open_innovation"], "follow": 0}],
        "rules": {"orchestration": {"models": []}},
    },
    "revision": {"groups": [{"adaptive": True, "fee": 0.002, "sanctions": 0.5}]},
    "market": {"rules": FREE},
    "matching": {"rules": {"platform": {"enabled": True}}},
    "network_effect": {"founders": {"digital": 0.5}},
    "automation": {"founders": {"digital": 0.5}},
    "data_pool": {"founders": {"tools": 0.5}, "rules": {"tools": {"enabled": True}}},
    "orchestration": {
        "rules": {"formation": {"own_weight": 1}, "search": {"proposed": 0}, "innovation": {"standard": 0}}
    },
}


# A group that does all that groups can do, and has much to learn.
ACTIVE = {
    "share": 0.8, "fund": True, "bridge": True, "orchestration": ["open_innovation"], "fee": 0.004, "adaptive": True,
    "sanctions": 0, "transparency": 1,
}  # fmt: skip


def test_every_rule_of_the_plan_is_tried():
    assert set(ZERO) | OBSERVERS == {rule.name for rule in PLAN}


@pytest.mark.parametrize("name", [rule.name for rule in PLAN if rule.name not in OBSERVERS])
@pytest.mark.parametrize("seed", [1, 2])
def test_off_equals_zero_effect_and_cost(name, seed):
    company = merge({"firms": 80, "seed": seed}, COMPANY.get(name, {}))
    zero = grow(company, {"rules": {name: merge(ZERO[name], {"enabled": True})}}, months=30)
    off = grow(company, {"rules": {name: merge(ZERO[name], {"enabled": False})}}, months=30)
    # Optional columns are there only while their rule is on.
    assert same_bytes(off, zero) == []


@pytest.mark.parametrize("rule", PLAN, ids=lambda rule: rule.name)
def test_on_moves_what_the_rule_says_it_moves(rule):
    """Over 30 paired seeds the 95% interval of the difference excludes 0 in the stated direction."""
    crisis = [{"month": 13, "kind": "demand_crisis", "size": 0.4, "duration": 12, "recovery": 6}]
    company = {
        "firms": 100,
        "output": {"events": False},
        "groups": [ACTIVE] if rule.name in ("membership", "steering", "research", "revision") else [],
        "timeline": crisis if rule.name in ("adaptation", "aid", "credit", "steering") else [],
    }
    if rule.name in ("network_effect", "automation", "data_pool", "matching"):
        company = merge(company, COMPANY[rule.name])
    measure, direction = rule.moves

    def outcome(seed, on):
        sim = shared(company, {"seed": seed, "rules": {rule.name: {"enabled": on}}}, months=24)
        return float(np.mean([row[measure] for row in sim.rows[12:]]))

    differences = np.array([outcome(seed, True) - outcome(seed, False) for seed in range(1000, 1030)])
    mean, low, high = interval(differences)
    assert low > 0 if direction == "up" else high < 0, f"{rule.name}: {measure} {mean:.4g} [{low:.4g}, {high:.4g}]"


def test_a_rule_cannot_write_what_it_does_not_declare():
    """Columns outside `writes` are read-only; so are the partners' rows."""
    sim = grow(months=1)
    state = sim._state
    for rule in PLAN:
        state.enter_rule(rule)
        for name in sim.world.firms.spec:
            writable = getattr(state.firms, name).flags.writeable
            assert writable == (f"firms.{name}" in rule.writes), f"{rule.name} {name}"
        assert not state.ties(1).nbr.flags.writeable


def test_every_declared_column_exists():
    from emergence.schema import FIRMS, GROUPS, MEMBERSHIPS, TIES

    tables = {"firms": FIRMS, "ties": TIES, "groups": GROUPS, "network": GROUPS, "memberships": MEMBERSHIPS}
    known = set(tables) | {f"{label}.{column.name}" for label, spec in tables.items() for column in spec}
    for rule in PLAN:
        for name in (*rule.reads, *rule.writes):
            assert name in known or name.startswith(("world.", "state.")), f"{rule.name}: {name}"
