"""The tables of emergence in README and docs are those of the model as it is."""

import csv
import sys
from pathlib import Path

import numpy as np
import pytest

import emergence as em
from emergence.measures.emergence import OUTCOMES
from emergence.measures.interval import paired_interval

sys.path.append(str(Path(__file__).parents[1] / "experiments"))

from what_networks_bring import machine

RESULTS = Path(__file__).parents[1] / "results" / "emergence"


def rows(name):
    with open(RESULTS / name, newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_the_recorded_runs_are_those_of_this_model():
    """The first replicate again, digit by digit on the same machine; elsewhere within what seeds do."""
    twins = em.twins(replicates=1)
    same = machine() == (RESULTS / "machine.txt").read_text(encoding="utf-8").strip()
    found = rows("baseline.csv")
    assert len({row["seed"] for row in found}) == 30
    for outcome in OUTCOMES:
        for twin, value in twins.values(outcome).items():
            recorded = np.array([float(row[outcome]) for row in found if row["twin"] == twin])
            allowed = 1e-6 * abs(recorded[0]) if same else recorded.std(ddof=1)
            assert abs(value[0] - recorded[0]) <= max(allowed, 1e-9), f"{outcome} {twin}"


def test_the_table_follows_from_the_recorded_runs():
    found, parts = rows("baseline.csv"), rows("parts.csv")
    for row in parts:
        if row["part"] == "whole":
            net, alone = (
                np.array([float(r[row["outcome"]]) for r in found if r["twin"] == twin]) for twin in ("net", "isolated")
            )
            expected = paired_interval(net - alone)
            assert [float(row[k]) for k in ("mean", "low", "high")] == pytest.approx(expected, rel=1e-5, abs=1e-9)


def test_what_is_said_of_structure_holds():
    """No structure part of practices or survival in the default world; in towns of one craft it costs."""
    parts = {(row["outcome"], row["part"]): row for row in rows("parts.csv")}
    for outcome in ("value_gained", "useful", "mean_z", "growth", "firms"):
        row = parts[outcome, "structure"]
        assert float(row["low"]) < 0 < float(row["high"])
    found = rows("structure.csv")
    ends = {}
    for place in ("towns", "mixed"):
        for level in (0.0, 1.0):
            at = [
                r
                for r in found
                if r["place"] == place and float(r["level"]) == level and r["outcome"] == "joint_income"
            ]
            ends[place, level] = paired_interval([float(r["structure"]) for r in at])
    assert ends["towns", 1.0][2] < 0 < ends["mixed", 1.0][1]
    # With nothing in common: not to be told from zero at home, slightly negative anywhere.
    assert ends["towns", 0.0][1] < 0 < ends["towns", 0.0][2]
    assert ends["mixed", 0.0][2] < 0


def test_structure_costs_in_towns_again():
    """Over ten seeds of another root than those of the documentation."""
    twins = em.twins("scenario=towns", names=["frozen", "rewired"], replicates=10, seed=77)
    _, low, high = twins.difference("joint_income", "rewired", against="frozen")
    assert high < 0 and low > -2000
