"""Same config and seed, same bytes: at any number of threads, in any order of firms, after any stop."""

import numpy as np
import pytest
from conftest import grow, same_bytes, settings_of, tables

from emergence.build import make_simulation
from emergence.rules import base
from emergence.runs import run_settings, write
from emergence.step import Simulation

SHOCKS = [
    {"month": 6, "kind": "removal", "target": "degree", "count": 2},
    {"month": 9, "kind": "demand_crisis", "size": 0.5, "duration": 3, "recovery": 3},
    {"month": 12, "kind": "landscape_shift", "size": 0.3, "sector": 1},
]
WORLD = {"firms": 80, "timeline": SHOCKS, "debug": True}


# Two hybrid groups with every mandate, and rules that look at them.
HYBRID = {
    "share": 0.6, "orchestration": ["hub_and_spoke", "open_innovation"], "fee": 0.01, "sanctions": 0.4, "royalty": 0.1,
    "adaptive": True, "fund": True, "bridge": True, "backup": True, "publish": True, "rebalance": True, "protect": True,
    "prepare": True, "sharing": "power",
}  # fmt: skip
GROUPED = {
    "groups": [HYBRID, HYBRID | {"orchestration": ["constellation"], "deciding": "participatory"}],
    "timeline": SHOCKS[:1],
    "rules": {name: {"enabled": True} for name in ("accounts", "leakage", "secrecy", "strategies", "culture")},
}


def test_two_runs_are_equal_and_another_seed_differs():
    assert same_bytes(grow(WORLD, seed=5), grow(WORLD, seed=5)) == []
    assert len(same_bytes(grow(WORLD, seed=5), grow(WORLD, seed=6))) > 20


@pytest.mark.parametrize("threads", [2, 3, 8])
def test_threads_change_nothing(monkeypatch, threads):
    one = grow(WORLD, seed=5)
    monkeypatch.setattr(base, "SERIAL_BELOW", 0)
    many = grow(WORLD, seed=5, threads=threads)
    assert len(many._state.blocks()) == threads
    assert same_bytes(one, many) == []


@pytest.mark.parametrize("stop", [0, 1, 7, 13, 23])
def test_stopped_saved_and_loaded_goes_on_as_if_never_stopped(folder, stop):
    settings = settings_of(WORLD, seed=5)
    whole = make_simulation(settings).advance(24)
    first = make_simulation(settings).advance(stop)
    first.save(folder / "state.npz")
    again = Simulation.load(folder / "state.npz").advance(24 - stop)
    assert same_bytes(whole, again) == []
    assert whole.world.ledger == again.world.ledger
    assert np.array_equal(whole.world.registry.practice, again.world.registry.practice)


def write_network(folder, order):
    """Write a network of 30 firms whose lines stand in the given order."""
    rng = np.random.default_rng(1)
    pairs = sorted({tuple(sorted(p)) for p in rng.integers(0, 30, (60, 2)) if p[0] != p[1]})
    firms = ["id,name,sector,size", *(f"F{i},Name {i},S{i % 3},{5000 + 100 * i}" for i in order)]
    ties = ["source,target,strength", *(f"F{a},F{b},{0.3 + 0.01 * a}" for a, b in pairs)]
    if order[0] != 0:
        ties = [
            ties[0],
            *(",".join([t.split(",")[1], t.split(",")[0], t.split(",")[2]]) for t in ties[:0:-1]),
        ]
    folder.mkdir()
    (folder / "firms.csv").write_text("\n".join(firms))
    (folder / "ties.csv").write_text("\n".join(ties))
    return {"kind": "file", "ties": str(folder / "ties.csv"), "firms": str(folder / "firms.csv")}


def test_the_order_in_which_firms_are_listed_changes_nothing(folder):
    listed = write_network(folder / "a", list(range(30)))
    shuffled = write_network(folder / "b", list(np.random.default_rng(2).permutation(np.arange(30))[::-1]))
    assert same_bytes(grow(network=listed, seed=3), grow(network=shuffled, seed=3)) == []
    assert same_bytes(grow(GROUPED, network=listed, seed=3), grow(GROUPED, network=shuffled, seed=3)) == []


def test_other_columns_of_a_file_are_kept(folder):
    (folder / "ties.csv").write_text("source,target\nA,B\n")
    (folder / "firms.csv").write_text("id,headcount,cash\nA,12,lots\nB,7,few\n")
    network = {"kind": "file", "ties": str(folder / "ties.csv"), "firms": str(folder / "firms.csv")}
    sim = grow(network=network, months=2)
    table = tables(sim)["firms"]
    kept = dict(zip(table["name"], table["headcount"], strict=True))
    assert kept["A"] == "12" and set(table["cash_in_file"]) >= {"lots"} and table["cash"].dtype == float
    sim.save(folder / "s.npz")
    assert Simulation.load(folder / "s.npz").world.extra == sim.world.extra


def test_layers_in_another_order_change_nothing():
    one, two = (
        grow(WORLD, seed=5, layers=layers) for layers in (["development", "strategic"], ["strategic", "development"])
    )
    assert same_bytes(one, two) == []


def test_run_folders_are_equal_byte_for_byte(folder):
    """The Parquet files themselves, not only their content."""
    contents = []
    for name in ("one", "two"):
        settings = settings_of(WORLD, seed=5, steps=12)
        settings.output.folder = str(folder / name)
        path = write(run_settings(settings))
        assert (path / "manifest.json").exists()
        contents.append({file.name: file.read_bytes() for file in path.glob("*.parquet")})
        assert set(contents[-1]) == {f"{t}.parquet" for t in ("steps", "firms", "ties", "events")}
    assert contents[0] == contents[1]


def test_one_more_firm_leaves_the_luck_of_the_others_alone():
    """Without ties nothing else may notice a newcomer in its own sector but through the market."""
    alone = {
        "network": {"kind": "empty"},
        "rules": {"search": {"enabled": False}, "market": {"enabled": False}},
    }
    quiet = {"rules": {"entry": {"enabled": False}}}
    small = grow(alone, quiet, firms=40, seed=9)
    large = grow(alone, quiet, firms=41, seed=9)
    both = np.isin(large.world.firms.uid, small.world.firms.uid)
    for name in ("uid", "practice", "skills", "born"):
        assert np.array_equal(small.world.firms.column(name), large.world.firms.column(name)[both]), name
