"""The five conditions: each sets its parameters in `build` and nothing else, and every one of them matters."""

import ast
from pathlib import Path

import numpy as np
import pytest
from conftest import grow, interval, merge, same_bytes, settings_of

import emergence
from emergence.build import CONDITIONS, make_simulation
from emergence.kernels.pairs import gap
from emergence.kernels.work import BOTH_CHEAT, CHEATED, CHEATS, FAILURE, SUCCESS
from emergence.measures.monthly import practice_spread
from emergence.rules import search
from emergence.rules.base import EVENTS
from emergence.schema import DEVELOPMENT, STRATEGIC

SEEDS = range(2000, 2030)
CALM = {"purpose_spread": 0, "culture_spread": 0}


def on_new_ties(sim, quantity):
    """Mean of a quantity over pairs that formed a tie, in standard deviations of all pairs."""
    firms, events = sim.world.firms, sim.events.columns()
    formed = events["kind"] == EVENTS.index("formed")
    a, b = sim.world.rows_of(events["a"][formed]), sim.world.rows_of(events["b"][formed])
    rng = np.random.default_rng(0)
    i, j = rng.integers(0, firms.count, (2, 2000))
    there = (a >= 0) & (b >= 0)
    every = np.array([quantity(sim, x, y) for x, y in zip(i, j, strict=True) if x != y])
    new = np.array([quantity(sim, x, y) for x, y in zip(a[there], b[there], strict=True)])
    return (new.mean() - every.mean()) / max(every.std(), 1e-12)


def profile(sim):
    return sim._state.profile()


def knowledge_gap(sim, i, j):
    return gap(profile(sim), i, j, 0, 5)


def culture_gap(sim, i, j):
    return gap(profile(sim), i, j, 5, 11)


def standing(sim, i, j):
    return max(sim.world.firms.size[i], sim.world.firms.size[j]) ** 0.5


def outcomes(sim):
    codes = np.concatenate([sim.world.ties[layer].outcome for layer in (DEVELOPMENT, STRATEGIC)])
    return np.bincount(codes, minlength=6)


def success_rate(sim):
    count = outcomes(sim)
    return count[SUCCESS] / count[1:].sum()


def cheating(sim):
    count = outcomes(sim)
    return (count[CHEATED] + count[CHEATS] + 2 * count[BOTH_CHEAT]) / (count[1:].sum() - count[FAILURE])


def strength_gap(sim):
    w = np.concatenate([sim.world.ties[layer].w for layer in (DEVELOPMENT, STRATEGIC)])
    code = np.concatenate([sim.world.ties[layer].outcome for layer in (DEVELOPMENT, STRATEGIC)])
    return w[code == SUCCESS].mean() - w[code == FAILURE].mean()


def met_standing(sim):
    """How large those are who are met in a month of search."""
    sim._state.enter_rule(search.RULE)
    search.update_meetings(sim._state)
    size = sim.world.firms.size
    return np.mean([np.sqrt(size[met[met >= 0]]).mean() for met in sim._state.meetings.values()])


def meetings(sim):
    sim._state.enter_rule(search.RULE)
    search.update_meetings(sim._state)
    return float(sum((met >= 0).sum() for met in sim._state.meetings.values()))


def reputation_speed(sim):
    """How far reputations moved, in standard deviations of the partners' mean trust."""
    ties = sim.world.ties[STRATEGIC]
    trust_in = (ties.good_in + 1.0) / (ties.good_in + ties.bad_in + 2.0)
    total = np.bincount(ties.owner(), trust_in, sim.world.size) / np.maximum(ties.degree(), 1)
    at = ties.degree() > 0
    return sim.world.firms.reputation[at].std() / total[at].std()


def broken(layer):
    def count(sim):
        events = sim.events.columns()
        return float(((events["kind"] == EVENTS.index("broken")) & (events["layer"] == layer)).sum())

    return count


def column(name, how=np.std):
    return lambda sim: float(how(sim.world.firms.column(name).astype(float)))


NO_EXIT = {"rules": {"exit": {"enabled": False}, "entry": {"enabled": False}}}
# Nothing else in utility or score looks at the distance of knowledge.
BLIND = {
    "rules": {
        "formation": {
            "rivalry": 0,
            "development": {"cognitive": 0, "complementarity": 0},
            "strategic": {"cognitive": 0, "complementarity": 0},
        },
        "orchestration": {"complementarity": 0},
    }
}
STILL = {"rules": {"formation": {"enabled": False}}}

# parameter: (months, company in which only it acts on the observable, observable)
OBSERVABLES = {
    "founders.lineages": (0, {}, lambda sim: practice_spread(sim.world.firms.practice)),
    "founders.skill_spread": (0, {}, column("skills")),
    "founders.culture_spread": (0, {}, column("culture")),
    "founders.outside_main": (0, {}, lambda sim: float((sim.world.firms.sector != 0).mean())),
    "rules.formation.homophily": (6, merge(NO_EXIT, BLIND), lambda sim: on_new_ties(sim, knowledge_gap)),
    "rules.formation.own_weight": (
        6, merge(NO_EXIT, {"rules": {"search": {"proposed": 0}}}), lambda sim: on_new_ties(sim, standing)),
    "rules.search.proposed": (0, {}, met_standing),
    "rules.innovation.standard": (
        3, STILL, lambda sim: float((sim.events.columns()["kind"] == EVENTS.index("adopted")).sum())),
    "rules.strengthening.feedback": (1, {}, strength_gap),
    "rules.strengthening.evidence": (1, {}, lambda sim: float(sim.world.ties[STRATEGIC].trust().std())),
    "rules.strengthening.reputation": (1, {"layers": ["strategic"]}, reputation_speed),
    "rules.adaptation.social": (
        6, merge(NO_EXIT, {"rules": {"innovation": {"enabled": False}, "work": {"enabled": False}}}), column("aspiration")),
    "rules.innovation.seeing": (
        1, {"rules": {"innovation": {"copy": 1, "recombine": 0, "standard": 0}}}, lambda sim: sim.rows[0]["value_gained"]),
    "rules.market.slack": (0, {}, column("slack", np.mean)),
    "rules.innovation.tries": (1, {}, lambda sim: sim.rows[0]["tries"]),
    "rules.search.meetings": (0, {"rules": {"search": {"slack_effect": 0}}}, meetings),
    "rules.dissolution.development": (
        1, merge(STILL, NO_EXIT, {"rules": {"dissolution": {"development": 0.05}}}), broken(DEVELOPMENT)),
    "rules.dissolution.strategic": (
        1, merge(STILL, NO_EXIT, {"rules": {"dissolution": {"strategic": 0.05}}}), broken(STRATEGIC)),
    "founders.purpose_spread": (0, {}, column("purpose")),
    "rules.work.temptation": (1, merge(NO_EXIT, {"founders": {"purpose_spread": 0}}), cheating),
    "rules.work.coordination": (
        1, merge(NO_EXIT, {"founders": CALM, "rules": {"work": {"temptation": 0}}}), success_rate),
    "rules.work.culture": (
        1, merge(NO_EXIT, {"founders": {"purpose_spread": 0}, "rules": {"work": {"temptation": 0, "coordination": 0}}}),
        success_rate),
    "rules.formation.culture": (
        6, merge(NO_EXIT, {"founders": {"purpose_spread": 0}, "rules": {"work": {"enabled": False}}}),
        lambda sim: on_new_ties(sim, culture_gap)),
}  # fmt: skip


def test_every_parameter_of_the_table_has_an_observable():
    assert list(OBSERVABLES) == [effect.parameter for effect in CONDITIONS]


def change(effect, effects):
    """Difference of the observable between a high and a low condition, over 30 paired seeds."""
    months, company, observe = OBSERVABLES[effect.parameter]
    values = []
    for seed in SEEDS:
        low, high = (
            observe(grow(company, {"firms": 100, "seed": seed, "conditions": {effect.condition: level}},
                         months=months, effects=effects))
            for level in (0.1, 0.9)
        )  # fmt: skip
        values.append(high - low)
    return interval(np.array(values))


@pytest.mark.parametrize("effect", CONDITIONS, ids=lambda effect: effect.parameter)
def test_the_direction_is_there_and_vanishes_with_its_parameter(effect):
    up = effect.moves.endswith("up")
    mean, low, high = change(effect, CONDITIONS)
    assert low > 0 if up else high < 0, f"with: {mean:.4g} [{low:.4g}, {high:.4g}]"
    mean, low, high = change(effect, [e for e in CONDITIONS if e is not effect])
    assert low <= 0 if up else high >= 0, f"without: {mean:.4g} [{low:.4g}, {high:.4g}]"


def test_in_the_middle_the_conditions_change_nothing():
    """At .5 every parameter has the value that its declaration gives."""
    settings = settings_of()
    simulation = make_simulation(settings)
    assert simulation.rules == settings.rules


def test_without_ties_autonomy_has_exactly_no_effect():
    alone = {"network": {"kind": "empty"}, "rules": {"search": {"enabled": False}}}
    low, high = (grow(alone, months=36, conditions__autonomy=level) for level in (0.0, 1.0))
    assert set(same_bytes(low, high)) <= {"firms.autonomy"}


def test_without_an_orchestrator_autonomy_has_exactly_no_effect():
    mesh = {"rules": {"orchestration": {"enabled": False}}}
    low, high = (grow(mesh, months=24, conditions__autonomy=level) for level in (0.0, 1.0))
    assert set(same_bytes(low, high)) <= {"firms.autonomy"}


def test_only_build_reads_the_conditions():
    """No other file so much as names the attribute."""
    package = Path(emergence.__file__).parent
    readers = set()
    for file in package.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            named = isinstance(node, ast.Attribute) and node.attr == "conditions"
            quoted = isinstance(node, ast.Constant) and node.value == "conditions"
            if named or quoted:
                readers.add(file.relative_to(package).as_posix())
    assert readers == {"build.py"}
