"""Studies: designs, seeds, outcomes, stop rules, engines; what a study refuses."""

import dataclasses
import sys

import numpy as np
import pytest
from scipy.stats import qmc

import emergence as em
from emergence.cli import main
from emergence.compose import compose
from emergence.errors import Refusal
from emergence.measures.emergence import OUTCOMES
from emergence.measures.monthly import CHEAP, measure_cheap
from emergence.step import Simulation
from emergence.study import work
from emergence.study.design import make_design, seed_of
from emergence.study.engine import Engine
from emergence.study.plan import make_plan
from emergence.study.results import Results
from emergence.study.spec import read_study, study_of

TINY = {"base": {"scenario": "baseline", "firms": 20, "steps": 3}, "outcomes": ["value_gained", "mean_z"]}


def tiny(**keys):
    """Return a study of tiny worlds."""
    return study_of({"name": "tiny", "factors": {"conditions.diversity": [0, 1]}, "points": 3, **TINY, **keys})


def plain(model="null", **keys):
    """Return a study of a plain function."""
    overrides = ["plugins=[study_models]"] if model not in ("null", "ishigami") else []
    values = {"name": "plain", "model": model, "factors": {"x": [0, 1]}, "points": 5, "outcomes": ["y"], **keys}
    return study_of(values, overrides)


def run(study, folder, engine="serial", **keys):
    return em.sweep(study, engine=engine, folder=folder, quiet=True, **keys)


def summary_bytes(folder):
    return (folder / "summary.parquet").read_bytes()


# Designs


def test_a_latin_hypercube_fills_every_slice_once():
    rows = np.array(make_design(plain(factors={"a": [0, 1], "b": [10, 20]}, points=50)).rows)
    assert sorted((rows[:, 0] * 50).astype(int)) == sorted(((rows[:, 1] - 10) * 5).astype(int)) == list(range(50))


def test_sobol_is_saltellis_scheme():
    study = plain(factors={"a": [0, 1], "b": [0, 1], "c": [0, 1]}, design="sobol", points=64)
    rows = np.array(make_design(study).rows).reshape(64, 5, 3)
    first, last = rows[:, 0], rows[:, -1]
    for k in range(3):
        others = [j for j in range(3) if j != k]
        assert (rows[:, 1 + k, others] == first[:, others]).all() and (rows[:, 1 + k, k] == last[:, k]).all()
    assert qmc.discrepancy(first) < qmc.discrepancy(np.random.default_rng(0).random((64, 3)))


def test_morris_moves_one_factor_at_a_time():
    rows = np.array(make_design(plain(factors={"a": [0, 1], "b": [0, 1]}, design="morris", points=4)).rows)
    assert rows.shape == (12, 2)
    assert all(np.count_nonzero(np.diff(path, axis=0)) == 2 for path in rows.reshape(4, 3, 2))


def test_a_grid_has_every_combination():
    study = plain(factors={"a": [0, 1, 2], "b": {"low": 0, "high": 1, "steps": 3}}, design="grid")
    assert make_design(study).rows == [(a, b) for a in (0, 1, 2) for b in (0.0, 0.5, 1.0)]


def test_one_at_a_time_starts_from_the_base():
    plan = make_plan(tiny(factors={"conditions.diversity": [0, 1], "firms": [10, 20]}, design="one_at_a_time"))
    assert plan.design.rows == [(0.5, 20), (0.0, 20), (1.0, 20), (0.5, 10)]


def test_points_of_ones_own(folder):
    (folder / "points.csv").write_text("conditions.diversity,network\n.1,random\n1,empty\n")
    study = tiny(factors={}, design="csv", file=str(folder / "points.csv"))
    assert make_plan(study).design.rows == [(0.1, "random"), (1.0, "empty")]


def test_ranges_of_whole_numbers_words_and_logarithms():
    factors = {
        "firms": [2, 5],
        "founders.size": {"low": 1, "high": 1e6, "log": True},
        "layers": [["social"], ["operational"], ["strategic"]],
    }
    rows = make_plan(tiny(factors=factors, points=300)).design.rows
    firms, sizes, layers = zip(*rows, strict=True)
    assert np.bincount(firms).tolist() == [0, 0, 75, 75, 75, 75]
    assert abs(np.mean(np.log10(sizes)) - 3) < 0.05 and {tuple(one) for one in layers} == {
        ("social",),
        ("operational",),
        ("strategic",),
    }


@pytest.mark.parametrize("design", ["latin_hypercube", "sobol", "morris"])
def test_a_design_is_a_pure_function_of_the_study(design):
    study = plain(factors={"a": [0, 1], "b": [0, 1]}, design=design, points=8)
    again = make_design(study).rows
    assert make_design(study).rows == again
    assert make_design(dataclasses.replace(study, seed=2)).rows != again


def test_seeds_depend_on_root_point_and_replicate_alone():
    """A published number would change silently with the derivation."""
    assert seed_of(1, 0, 0) == 6141425359325276148
    seeds = {seed_of(root, point, replicate) for root in (1, 2) for point in range(100) for replicate in range(20)}
    assert len(seeds) == 4000
    common, own = make_plan(plain(replicates=3)), make_plan(plain(replicates=3, common=False))
    assert [common.seed(k) for k in range(3)] == [common.seed(k) for k in range(3, 6)]
    assert len({own.seed(k) for k in range(15)}) == 15
    assert make_plan(plain(replicates=3, common=False, points=9)).seed(4) == own.seed(4)


# Outcomes


def test_the_cheap_measures_are_those_of_the_whole_row():
    """Otherwise the outcomes of studies would drift from those of runs."""
    settings = compose(["firms=60", "steps=18", "scenario=contested"])
    simulation = em.make_simulation(settings)

    def compare(simulation: Simulation) -> None:
        cheap = measure_cheap(simulation.world, CHEAP)
        simulation.measure()
        row = simulation.rows[-1]
        assert cheap == {name: row[name] for name in CHEAP}

    for _ in range(18):
        simulation.advance(measure=False)
        compare(simulation)


def test_outcomes_are_those_of_the_same_run_alone(folder):
    asked = [
        "value_gained", "useful", "mean_z", "growth", "firms", "months", "survival", "clustering", "gini_size",
        {"measure": "mean_degree", "how": "last"}, {"measure": "output", "how": "sum", "months": 6, "name": "late"},
        {"measure": "mean_trust", "how": "mean", "months": 4},
    ]  # fmt: skip
    study = tiny(base={"firms": 30, "steps": 20}, points=1, outcomes=asked)
    table = run(study, folder).summary
    row, seed = table.iloc[0], int(table["seed"][0])
    design = em.load_study(folder).design
    alone = em.run(
        "firms=30", "steps=20", f"conditions.diversity={float(design['conditions.diversity'][0])!r}", seed=seed
    )
    steps = {name: alone.steps[name].to_numpy() for name in alone.steps}
    for name in ("value_gained", "useful", "mean_z", "growth", "firms", "gini_size"):
        assert row[name] == OUTCOMES[name].measure(steps), name
    assert row["clustering"] == steps["clustering"].mean() and row["mean_degree_last"] == steps["mean_degree"][-1]
    assert row["late"] == steps["output"][-6:].sum() and row["mean_trust_mean_4"] == steps["mean_trust"][-4:].mean()
    assert row["months"] == 20 and row["survival"] == (alone.firms["born"] <= 0).sum() / 30


def test_a_shock_costs_what_the_same_run_with_it_loses(folder):
    shock = {"kind": "demand_crisis", "month": 5, "size": 0.6, "duration": 4, "recovery": 2}
    study = tiny(
        base={"firms": 30, "steps": 16}, points=1, outcomes=["mean_z", {"shock": shock, "months": 8, "name": "loss"}]
    )
    table = run(study, folder).summary
    row, seed = table.iloc[0], int(table["seed"][0])
    words = [
        "firms=30",
        "steps=16",
        f"conditions.diversity={float(em.load_study(folder).design['conditions.diversity'][0])!r}",
    ]
    calm = em.run(*words, seed=seed).steps["output"][4:12].sum()
    struck = em.run(*words, "timeline=[{month:5,kind:demand_crisis,size:0.6,duration:4,recovery:2}]", seed=seed)
    assert row["loss"] == pytest.approx(1 - struck.steps["output"][4:12].sum() / calm, abs=1e-12) and row["loss"] > 0.05


def test_only_the_months_that_count_are_measured(folder, monkeypatch):
    calls = []
    monkeypatch.setattr(
        Simulation, "measure", lambda self, old=Simulation.measure: (calls.append(self.step), old(self))
    )
    run(tiny(base={"firms": 20, "steps": 20}, points=1, outcomes=["useful", "growth"]), folder / "a")
    assert calls == []
    run(tiny(base={"firms": 20, "steps": 20}, points=1, outcomes=["useful", "mean_z"]), folder / "b")
    assert calls == list(range(9, 21))


def test_a_run_stops_when_the_rule_says_so(folder):
    base = {
        "firms": 20,
        "steps": 12,
        "timeline": [{"month": 4, "kind": "removal", "count": 1000}],
        "rules": {"entry": {"enabled": False}},
    }
    table = run(tiny(base=base, stop={"firms": 0}, outcomes=["months", "survival", "mean_z"]), folder).summary
    assert (table["months"] == 4).all() and (table["survival"] == 0).all()


def test_replicates_go_on_until_the_interval_is_narrow(folder):
    """More for the noisy points, the same on every engine."""
    until = {"outcome": "y", "width": 0.17, "at_least": 5}
    study = plain(replicates=60, common=False, until=until)
    table = run(study, folder / "a").summary
    counts = table.groupby("point").size()
    assert counts.between(5, 60).all() and counts.nunique() > 1 and (counts % 5 == 0).all()
    for _, part in table.groupby("point"):
        from scipy.stats import t

        half = t.ppf(0.975, len(part) - 1) * part["y"].std() / len(part) ** 0.5
        assert half <= 0.17 or len(part) == 60
    run(study, folder / "b", "threads", workers=3)
    assert summary_bytes(folder / "a") == summary_bytes(folder / "b")


def test_courses_are_kept_at_a_stride(folder):
    study = tiny(base={"firms": 20, "steps": 9}, keep={"measures": ["useful", "mean_degree"], "every": 4})
    found = run(study, folder)
    assert found.series["step"].tolist() == [4, 8] * 3 and found.series["point"].tolist() == [0, 0, 1, 1, 2, 2]
    before = (folder / "series.parquet").read_bytes()
    (folder / "series.parquet").unlink()
    run(study, folder)
    assert (folder / "series.parquet").read_bytes() == before


# Engines


def test_every_engine_order_and_number_of_workers_gives_the_same_bytes(folder, monkeypatch):
    study = tiny(
        points=6, replicates=2, factors={"conditions.diversity": [0, 1], "orchestration": ["mesh", "hub_and_spoke"]}
    )
    run(study, folder / "serial")
    for engine, workers in (("threads", 3), ("processes", 1), ("processes", 2), ("dask", 2)):
        run(study, folder / f"{engine}{workers}", engine, workers=workers)
        assert summary_bytes(folder / f"{engine}{workers}") == summary_bytes(folder / "serial"), engine
    missing = Results.missing
    monkeypatch.setattr(Results, "missing", lambda self: missing(self)[::-1])
    run(study, folder / "reversed")
    assert summary_bytes(folder / "reversed") == summary_bytes(folder / "serial")


def test_workers_load_no_faces_and_have_one_thread():
    import study_models

    engine, plan = Engine("processes", 1), make_plan(tiny())
    try:
        found = engine.executor.submit(work.run_batch, plan.job, [plan.run(0)], engine.parent).result()
        assert not found["errors"] and found["first"]
        assert engine.executor.submit(study_models.loaded).result() == ([], "1")
    finally:
        engine.close()


def test_ishigamis_indices_come_out_of_the_whole_path(folder):
    """Saltelli's design, 2^13 base samples, to the table and back (Ishigami and Homma 1990: first and total order)."""
    from SALib.analyze import sobol

    factors = {f"x{k}": {"low": -np.pi, "high": np.pi} for k in (1, 2, 3)}
    study = plain("ishigami", factors=factors, design="sobol", points=2**13)
    values = run(study, folder).summary["y"].to_numpy()
    problem = {"num_vars": 3, "names": ["x1", "x2", "x3"], "bounds": [[-np.pi, np.pi]] * 3}
    found = sobol.analyze(problem, values, calc_second_order=False, num_resamples=2)
    assert np.abs(found["S1"] - [0.3139, 0.4424, 0.0]).max() < 0.02
    assert np.abs(found["ST"] - [0.5576, 0.4424, 0.2437]).max() < 0.02


# Command line, files, refusals


def test_the_command_writes_the_folder_of_the_contract(folder, capsys):
    words = [
        "sweep",
        "study=quick",
        "engine=serial",
        "firms=20",
        "steps=3",
        "study.points=2",
        f"study.folder={folder}/s",
    ]
    assert main(words) == 0
    assert "6 runs at 2 points" in capsys.readouterr().out
    names = {file.name for file in (folder / "s").iterdir()}
    assert {"manifest.json", "design.parquet", "summary.parquet", "runs"} <= names
    study = em.load_study(folder / "s")
    assert list(study.summary)[:3] == ["point", "replicate", "seed"] and list(study.summary)[3:] == study.outcomes
    assert study.factors == ["conditions.diversity", "conditions.feedback"] and study.manifest["done"]
    assert main(words) == 0 and "nothing is missing" in capsys.readouterr().err


def test_the_studies_of_the_library_can_be_run():
    for name in ("quick", "five_conditions"):
        plan = make_plan(read_study(name))
        assert plan.names and len(plan.design.rows) == plan.study.points
    assert plan.runs == 5000 and len(plan.keys) == 5


@pytest.mark.parametrize(
    ("keys", "hint"),
    [
        ({"desing": "grid"}, "did you mean 'design'"),
        ({"design": "sobbol"}, "did you mean 'sobol'"),
        ({"design": "sobol", "points": 100}, "64 or 128"),
        ({"points": 0}, "from 1 to"),
        ({"points": "NO"}, "number"),
        ({"points": True}, "number"),
        ({"replicates": 1.5}, "whole number"),
        ({"factors": {"conditions.diversty": [0, 1]}}, "did you mean 'conditions.diversity'"),
        ({"factors": {"conditions.diversity": [0, 2]}}, "from 0 to 1"),
        ({"factors": {"conditions.diversity": [1, 0]}}, "low < high"),
        ({"factors": {"conditions.diversity": 0.5}}, "range"),
        ({"factors": {"scenario": ["baseline", "florenc"]}, "design": "grid"}, "did you mean 'florence'"),
        ({"factors": {"seed": [1, 2]}}, "cannot be varied"),
        ({"factors": {}}, "something to vary"),
        ({"outcomes": ["usefull"]}, "did you mean 'useful'"),
        ({"outcomes": ["useful", "useful"]}, "taken"),
        ({"outcomes": [{"measure": "mean_z", "how": "lst"}]}, "did you mean 'last'"),
        ({"outcomes": [{"shock": {"kind": "demand_crisis", "month": 2}, "months": 24}]}, "needs 25 steps"),
        ({"stop": {"firmz": 0}}, "did you mean 'firms'"),
        ({"until": {"outcome": "mean_z", "width": "wide"}}, "number"),
        ({"until": {"outcome": "mean_x", "width": 1, "at_least": 2}, "replicates": 3}, "did you mean 'mean_z'"),
        ({"keep": {"measures": ["mean_x"]}}, "mean_z"),
        ({"keep": {"measures": ["mean_z"], "every": 0}}, "from 1"),
        ({"until": {"outcome": "mean_z", "width": 1, "at_least": 2.5}, "replicates": 3}, "whole number"),
        ({"base": {"firmz": 3}}, "did you mean 'firms'"),
        ({"base": {"plugins": ["os"]}}, "command line"),
        ({"base": {"hydra": {"run": {"dir": "/"}}}}, "a file is data"),
        ({"base": {"_target_": "os.system"}}, "not the name of a setting"),
        ({"base": {"about": "${oc.env:HOME}"}}, "write the value out"),
        ({"model": "isigami", "base": {}}, "did you mean 'ishigami'"),
        ({"name": "../x"}, "letters"),
    ],
)  # fmt: skip
def test_refusals_name_the_nearest_valid_choice(keys, hint):
    with pytest.raises(Refusal) as caught:
        make_plan(tiny(**keys))
    assert hint in str(caught.value) and len(str(caught.value).splitlines()) <= 3


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("a: &x [1]\nb: *x\n", "line 1, column 4: anchors"),
        ("name: !!python/object/apply:os.system ['touch x']\n", "tags"),
        ("name: " + "[" * 30 + "]" * 30, "nested"),
        ("name: [", "line"),
        ("a" * 300_000, "bytes"),
        ("a: 2024-99-99\n", "month"),
    ],
)
def test_a_file_of_a_study_is_only_read_as_data(folder, text, hint):
    (folder / "study.yaml").write_text(text)
    with pytest.raises(Refusal, match=hint):
        read_study(str(folder / "study.yaml"))


def test_words_of_the_command_line_are_refused(capsys, folder):
    for words, hint in (
        (["study=quik"], "did you mean 'quick'"),
        (["study=quick", "engine=process"], "did you mean 'processes'"),
        (["study=quick", "engine.worker=2"], "engine.workers"),
        (["study=quick", "study.force=maybe"], "true or false"),
        (["study=quick", "engine=serial", "study.folder=/proc/x"], "cannot be written"),
        ([], "study=NAME is missing"),
    ):
        assert main(["sweep", *words]) == 2
        assert hint in capsys.readouterr().err
    assert main(["sweep", "--help"]) == 0 and "five_conditions" in capsys.readouterr().out
    assert main(["run", "study=quick"]) == 2


def test_a_study_in_memory_takes_settings_too(folder):
    found = em.sweep(tiny(), "steps=2", engine="serial", folder=folder, quiet=True, firms=10)
    assert (
        found.manifest["identity"]["settings"]["steps"] == 2 and found.manifest["identity"]["settings"]["firms"] == 10
    )
    with pytest.raises(Refusal, match="set it in the study itself"):
        em.sweep(tiny(), "study.points=3", engine="serial", folder=folder)


def test_without_dask_it_is_said_how_to_get_it(monkeypatch, folder):
    monkeypatch.setitem(sys.modules, "dask", None)
    with pytest.raises(Refusal, match="pip install"):
        run(plain(), folder, "dask")


def test_an_address_where_nobody_answers_is_refused(folder):
    with pytest.raises(Refusal, match=r"engine\.address"):
        em.sweep(plain(), engine="threads", address="tcp://127.0.0.1:1", folder=folder)


def test_points_that_are_alike_are_gone_on_with_as_others_are(folder, capsys):
    study = plain(factors={"x": [1, 1, 2], "z": [1, 1]}, design="grid", replicates=2)
    assert len(run(study, folder).summary) == 12
    em.sweep(study, engine="serial", folder=folder)
    assert "nothing is missing" in capsys.readouterr().err
