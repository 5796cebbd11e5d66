"""Four layers on the same firms: each has a life of its own, and a tie in one makes one in another likelier.

Effects over 30 paired seeds that are used nowhere else.
"""

import numpy as np
import pytest
from conftest import grow, interval

from emergence.rules.recipes import can_trade, make_recipe, recipe_of_ties, roles
from emergence.schema import LAYERS, OPERATIONAL, SOCIAL
from emergence.twinning import rewire

SEEDS = range(4500, 4530)
ALL = {"layers": list(LAYERS), "firms": 80, "output": {"events": False, "every": 1000}}


def world(seed, months=36, **keys):
    return grow(ALL, {"seed": seed}, months=months, **keys).world


def codes(w, layer):
    """Ties of a layer as one number each."""
    a, b, _ = w.ties[layer].pairs()
    return w.firms.uid[a] * (1 << 40) + w.firms.uid[b]


def overlap(w):
    """Share of pairs tied in one layer that are tied in another, less what independence would give."""
    pairs = w.size * (w.size - 1) / 2
    have = [codes(w, layer) for layer in range(len(LAYERS))]
    found = [np.isin(have[k], have[m]).mean() - have[m].size / pairs for k in range(4) for m in range(4) if k != m]
    return float(np.mean(found))


def test_every_layer_lives_and_none_fills_up():
    """Degree after ten years between 2 and 20 in each layer, and each tie is held in order."""
    w = grow(ALL, {"seed": 4500, "debug": True}, months=120).world
    degrees = [ties.count / w.size for ties in w.ties]
    assert all(2 < degree < 20 for degree in degrees), degrees


def test_a_tie_in_one_layer_makes_one_in_another_likelier():
    effects = []
    for seed in SEEDS:
        on = overlap(world(seed))
        off = overlap(
            world(
                seed, rules__formation={key: {"other_layer": 0.0} for key in LAYERS}, rules__dissolution={"embedded": 1}
            )
        )
        effects.append(on - off)
    mean, low, high = interval(np.array(effects))
    assert low > 0, f"{mean:.3g} [{low:.3g}, {high:.3g}]"


def age_of_embedded(w):
    """Age of ties that are embedded in another layer less age of those that are not, months, mean over layers."""
    have = [codes(w, layer) for layer in range(len(LAYERS))]
    found = []
    for layer, ties in enumerate(w.ties):
        elsewhere = np.isin(have[layer], np.concatenate([have[m] for m in range(4) if m != layer]))
        age = w.step - ties.born[ties.pairs()[2]]
        found.append(age[elsewhere].mean() - age[~elsewhere].mean())
    return float(np.mean(found))


def test_a_tie_in_one_layer_makes_one_in_another_longer_lived():
    """Of ties that formed alike: with `embedded` at 1 age does not depend on the other layers through it."""
    effects = [
        age_of_embedded(world(seed, rules__dissolution={"embedded": 0.2}))
        - age_of_embedded(world(seed, rules__dissolution={"embedded": 1.0}))
        for seed in SEEDS
    ]
    mean, low, high = interval(np.array(effects))
    assert low > 0, f"{mean:.3g} [{low:.3g}, {high:.3g}]"


def test_layers_have_lives_of_their_own():
    """The social layer decides nothing of the hazard of the others' ties, and a layer that does not act stays."""
    three = grow(ALL, {"seed": 4501, "layers": ["operational", "development", "strategic"]}, months=24)
    assert three.world.ties[SOCIAL].count == 0
    assert all(three.world.ties[layer].count for layer in range(3))


def test_where_nothing_is_at_stake_nothing_is_gained_or_lost():
    sim = grow(ALL, {"seed": 4502, "layers": ["social"]}, months=12)
    assert sim.rows == [] or all(row["joint_income"] == 0 for row in sim.rows)
    assert sim.world.totals["projects"] > 0 and sim.world.firms.joint_income.any() == 0


def test_suppliers_make_what_their_buyers_need():
    w = world(4503, 24, rules__supply={"enabled": True})
    ties, recipe, sector = w.ties[OPERATIONAL], w.demand["recipe"], w.firms.sector
    buys = ties.role == 1
    assert buys.any()
    owner = ties.owner()
    assert (recipe[sector[owner[buys]], sector[ties.nbr[buys]]] >= 0).all()


@pytest.mark.parametrize(("sectors", "inputs"), [(1, 1), (2, 1), (3, 2), (6, 2), (6, 4), (9, 4)])
def test_recipes_name_each_input_once(sectors, inputs):
    recipe = make_recipe(sectors, inputs)
    kinds = min(inputs, max(sectors - 1, 1))
    for row in recipe:
        assert sorted(row[row >= 0].tolist()) == list(range(kinds))


def test_a_recipe_of_given_ties_holds_them_all():
    rng = np.random.default_rng(1)
    buyer, supplier = rng.integers(0, 7, (2, 200))
    recipe = recipe_of_ties(7, buyer, supplier)
    assert (recipe[buyer, supplier] >= 0).all() and recipe.max() == 3
    for one in range(7):
        bought, count = np.unique(supplier[buyer == one], return_counts=True)
        assert recipe[one, bought[count.argmax()]] <= np.count_nonzero(count == count.max()) - 1


def test_roles_are_the_two_ends_of_one_trade():
    recipe = make_recipe(6, 2)
    one, other = (grid.ravel() for grid in np.meshgrid(np.arange(6), np.arange(6)))
    useful = can_trade(recipe, one, other)
    first, second = roles(recipe, one, other)
    assert ((first + second == 3) == (useful & (first > 0))).all()
    assert (first[~useful] == 0).all()


def test_the_rewired_twin_still_gets_its_inputs():
    """Partners are exchanged, but a buyer's supplier of an input is replaced by another that makes it."""
    sim = grow(ALL, {"seed": 4504}, months=12, rules__supply={"enabled": True})
    twin = rewire(sim.branch(), {})
    one, two = sim.world, twin.world
    assert (np.diff(one.ties[OPERATIONAL].ptr) == np.diff(two.ties[OPERATIONAL].ptr)).all()
    assert not np.array_equal(one.ties[OPERATIONAL].nbr, two.ties[OPERATIONAL].nbr)
    for w in (one, two):
        w.check()
    inputs = [np.zeros((w.size, 6), int) for w in (one, two)]
    for w, count in zip((one, two), inputs, strict=True):
        ties = w.ties[OPERATIONAL]
        buys = ties.role == 1
        np.add.at(count, (ties.owner()[buys], w.firms.sector[ties.nbr[buys]]), 1)
    assert (inputs[0] == inputs[1]).all()
