"""The benchmarks compare like with like, and run; no time is asserted."""

import json
import sys
import tempfile
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parents[1]))

from emergence.build import make_simulation
from emergence.compose import compose


@pytest.mark.parametrize("kind", ["CoreModel", "VectorModel"])
@pytest.mark.parametrize("more", [(), ("rules.formation.attention=6",)], ids=["default", "attention binds"])
def test_mesa_and_kernels_end_with_the_same_ties(more, kind):
    from benchmarks import mesa_core

    simulation = make_simulation(compose(["scenario=core", "firms=200", "seed=1", "output=lean", *more]))
    model = getattr(mesa_core, kind)(simulation)
    for _ in range(24):
        model.step()
    simulation.advance(24)
    found = mesa_core.differences(model, simulation)
    assert found["ties"] == 0
    assert found["practices"] == 0
    for name in ("projects", "successes", "betrayals"):
        assert found[name] == 0, name
    for name in ("w", "good", "bad", "good_in", "bad_in", "z", "reputation"):
        assert found[name] < 1e-4, name
    for name in ("value", "joint_income", "costs_due"):  # EUR
        assert found[name] < 1e-2, name


def test_c_and_package_agree():
    from benchmarks import c_core

    simulation = make_simulation(compose(["scenario=core", "firms=2000", "seed=1", "output=lean"])).advance(12)
    times = c_core.compare(simulation, repeats=1)  # raises if an entry differs
    if times is None:
        pytest.skip("no gcc")
    assert set(times) == {*c_core.PARTS, "all"}


def test_c_comparison_notices_a_difference():
    from benchmarks import c_core

    simulation = make_simulation(compose(["scenario=core", "firms=300", "seed=1", "output=lean"])).advance(12)
    with tempfile.TemporaryDirectory() as folder:
        library = c_core.compile_c(folder)
        if library is None:
            pytest.skip("no gcc")
        comparison = c_core.Comparison(simulation, library)
        ours = comparison.run_package()[1]
        comparison.work[0] *= 0.9  # the C side alone works less often
        found = c_core.differences(ours, comparison.run_c()[1])
        assert found["outcome"] > 0


def test_the_quick_benchmark_runs(tmp_path, capsys):
    from benchmarks import run

    rows = run.main(["--quick", "--out", str(tmp_path / "quick.json")])
    assert "two threads" in capsys.readouterr().out
    written = json.loads((tmp_path / "quick.json").read_text())
    assert len(written) == len(rows) > 8
    for row in written:
        assert set(row) == {"name", "value", "unit", "baseline", "target", "pairs"}
        assert np.isfinite(row["value"]) and row["pairs"] >= 1
