"""Whatever a config switches on: same bytes again, in threads, saved and loaded, branched, and behind mesa's face."""

import numpy as np
import pytest
from conftest import same_bytes, settings_of

import emergence as em
from emergence.build import make_simulation
from emergence.rules import base
from emergence.step import Simulation
from emergence.twinning import NET, TWINS, named, run_twins
from random_configs import random_config

MONTHS, STOP = 12, 5


def check_config(number, folder, monkeypatch):
    """Assert that a random world can be repeated, cut into threads, stopped, saved, branched and seen as agents."""
    settings = settings_of(random_config(number))
    first = make_simulation(settings)
    first.advance(STOP)
    first.save(folder / "state.npz")
    branch, again = first.branch(), Simulation.load(folder / "state.npz")
    first.advance(MONTHS - STOP)
    assert same_bytes(first, again.advance(MONTHS - STOP)) == [], f"{number}: saved and loaded"
    assert first.world.ledger == again.world.ledger, number
    differing = same_bytes(first, branch.advance(MONTHS - STOP))
    assert {name for name in differing if not name.startswith(("steps.", "events."))} == set(), f"{number}: branched"
    with monkeypatch.context() as patched:
        patched.setattr(base, "SERIAL_BELOW", 0)
        threaded = settings_of(random_config(number), threads=3)
        assert same_bytes(first, make_simulation(threaded).advance(MONTHS)) == [], f"{number}: repeated in threads"


def check_agents(number, folder):
    """Assert that mesa's agents are the columns of the same run."""
    run = make_simulation(settings_of(random_config(number)))
    run.save(folder / "start.npz")
    model = em.EmergenceModel.load(folder / "start.npz")
    run.advance(3)
    model.run(3)
    assert np.array_equal(model.columns.uid, run.world.firms.uid), number
    assert len(model.agents) == run.world.size, number
    for name in ("cash", "size", "z"):
        assert np.array_equal(np.array(model.agents.get(name)), run.world.firms.column(name)), (number, name)
    assert sum(agent.cash for agent in model.agents) == pytest.approx(float(run.world.firms.cash.sum())), number


def check_twins(number):
    """Assert that every twin can be followed, that one without a change is the run, and that parts add up."""
    config = random_config(number) | {"timeline": [], "debug": False}
    twins = run_twins(settings_of(config, steps=MONTHS), named(TWINS), replicates=1, month=STOP)
    for measure, months in twins.series[NET].items():
        assert np.array_equal(months, twins.series["unshocked"][measure]), (number, measure)
    table = twins.emergence().pivot(index="outcome", columns="part", values="mean")
    parts = table[["contact", "structure", "replacement", "choice"]].sum(axis=1)
    assert np.allclose(parts, table["whole"], rtol=1e-9, atol=1e-9), number


@pytest.mark.parametrize("block", range(8))
def test_any_config_is_repeated_stopped_and_branched(block, folder, monkeypatch):
    for number in range(10_000 + 6 * block, 10_000 + 6 * block + 6):
        check_config(number, folder, monkeypatch)
        check_agents(number, folder)
        check_twins(number)


@pytest.mark.long
@pytest.mark.parametrize("block", range(20))
def test_many_configs_are_repeated_stopped_and_branched(block, folder, monkeypatch):
    for number in range(20_000 + 40 * block, 20_000 + 40 * block + 40):
        check_config(number, folder, monkeypatch)
        check_agents(number, folder)
        check_twins(number)
