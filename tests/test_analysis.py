"""The analysis of studies: every measure against a function whose answer is known."""

import dataclasses

import numpy as np
import pytest
from scipy.stats import qmc

import emergence as em
from emergence.study.analysis import Analysis, Sample, axis_of
from emergence.study.design import make_design
from emergence.study.models import ishigami, study_model
from emergence.study.spec import Factor, Study, study_of
from emergence.study.surface import Axis, fit_surface, terms_of

A, B = 7.0, 0.1
# Ishigami and Homma 1990: variance, first-order and total indices in closed form.
V1 = 0.5 * (1 + B * np.pi**4 / 5) ** 2
V2 = A**2 / 8
V13 = 8 * B**2 * np.pi**8 / 225
VARIANCE = V1 + V2 + V13
PI = [-np.pi, np.pi]


@study_model("ramp")
def ramp(seed, a, b, c):
    """Linear in a and b, a product of a and c, and a luck that all points share."""
    return {"y": 2 * a - b + 3 * a * c + np.random.default_rng(seed).normal()}


def sample(f, points=300, replicates=1, factors=3, noise=0.0, shared=0.0, seed=0):
    rng = np.random.default_rng(seed)
    u = qmc.LatinHypercube(factors, rng=rng).random(points)
    lucks = shared * rng.normal(size=replicates)
    y = f(*u.T)[:, None] + lucks + noise * rng.normal(size=(points, replicates))
    axes = [Axis(Factor(f"x{k + 1}", 0.0, 1.0)) for k in range(factors)]
    return Sample(axes, [column.tolist() for column in u.T], {"y": y}, {"y": ("1", "y")}, "latin_hypercube")


def one(frame, **where):
    for key, value in where.items():
        frame = frame[frame[key] == value]
    assert len(frame) == 1
    return frame.iloc[0]


def held(row, truth, slack=0.0):
    return row["low"] - slack <= truth <= row["high"] + slack


def design_of(values, f):
    study = study_of({"name": "t", "model": "ishigami", **values})
    design = make_design(study)
    y = np.array([[f(*row)] for row in design.rows], float)
    given = [dataclasses.asdict(factor) for factor in study.factors]
    columns = [[row[k] for row in design.rows] for k in range(len(design.keys))]
    axes = [axis_of(key, column, about) for key, column, about in zip(design.keys, columns, given, strict=True)]
    about = {"y": ("1", "y")}
    return Sample(axes, columns, {"y": y}, about, study.design, True, study.second_order)


def test_a_surface_finds_a_linear_function_and_says_how_sure_it_is():
    found = Analysis(sample(lambda a, b, c: 3 * a - b, replicates=5, noise=0.5, shared=2.0))
    effects = found.table("effects")
    for factor, truth in (("x1", 2.4), ("x2", -0.8), ("x3", 0.0)):
        row = one(effects, factor=factor)
        assert held(row, truth) and row["high"] - row["low"] < 0.25
    sd = np.sqrt((9 + 1) / 12 + 0.5**2 / 5)
    assert one(effects, factor="x1")["standardised"] == pytest.approx(3 / np.sqrt(12) / sd, rel=0.03)
    fit = found.table("fit").iloc[0]
    assert fit["r2_cv"] == pytest.approx(1 - 0.05 / sd**2, abs=0.03)
    assert fit["noise"] == pytest.approx(0.05 / sd**2, rel=0.3)


def test_the_cross_validated_r2_is_that_of_leaving_out_each_point():
    s = sample(lambda a, b, c: a * b + c, points=40, noise=0.1)
    surface = fit_surface(s.axes, s.units, s.values["y"], True)
    from emergence.study.surface import columns_of

    x, y = columns_of(s.axes, surface.terms, s.units), s.values["y"][:, 0]
    error = whole = 0.0
    for k in range(len(y)):
        rest = np.arange(len(y)) != k
        error += (y[k] - x[k] @ np.linalg.lstsq(x[rest], y[rest], rcond=None)[0]) ** 2
        whole += (y[k] - y[rest].mean()) ** 2
    assert surface.r2_cv == pytest.approx(1 - error / whole, rel=1e-9)


def test_indices_of_a_surface_are_those_of_the_function_under_it():
    # 2 a + 3 b c on the unit cube: variances 1/3, 9/48 each, 9/144.
    indices = Analysis(sample(lambda a, b, c: 2 * a + 3 * b * c, points=500, noise=0.2)).table("indices")
    parts = np.array([4 / 12, 9 / 48, 9 / 48, 9 / 144])
    parts /= parts.sum()
    for factor, first, total in (("x1", parts[0], parts[0]), ("x2", parts[1], parts[1] + parts[3])):
        assert held(one(indices, factor=factor, index="first"), first)
        assert held(one(indices, factor=factor, index="total"), total)
    assert held(one(indices, factor="x2", other="x3"), parts[3])
    assert one(indices, factor="x1", other="x3")["estimate"] < 0.002


def test_indices_lie_between_0_and_1_where_there_is_nothing_but_luck():
    found = Analysis(sample(lambda a, b, c: 0 * a, points=80, replicates=3, noise=1.0))
    indices = found.table("indices")
    given = indices.dropna()
    assert ((given[["estimate", "low", "high"]] >= 0) & (given[["estimate", "low", "high"]] <= 1 + 1e-12)).all(
        axis=None
    )
    assert found.table("fit").iloc[0]["r2_cv"] < 0.1
    assert found.table("fit").iloc[0]["noise"] > 0.7


def test_synergy_is_the_product_and_nothing_else():
    found = Analysis(sample(lambda a, b, c: 5 * a + a**2 + 3 * b * c, points=400, replicates=4, noise=0.3, shared=1.0))
    synergy = found.table("synergy")
    row = one(synergy, factor="x2", other="x3")
    assert held(row, 3 * 0.8 * 0.8) and row["high"] - row["low"] < 0.5 and row["together"]
    others = synergy.drop(row.name)
    assert ((others["low"] <= 0.05) & (others["high"] >= -0.05)).all() and not others["together"].any()


def test_intervals_of_synergy_hold_the_truth_about_as_often_as_they_say():
    hits = 0
    for seed in range(40):
        s = sample(lambda a, b, c: a + 2 * b * c, points=80, replicates=3, noise=0.3, shared=0.5, seed=seed)
        hits += held(one(Analysis(s).table("synergy"), factor="x2", other="x3"), 2 * 0.64)
    assert hits >= 34


def test_synergy_of_a_full_factorial_is_exact_and_paired():
    levels = {"x1": [0.1, 0.9], "x2": [0.1, 0.9], "x3": [0.1, 0.9]}
    s = design_of({"factors": levels, "design": "grid"}, lambda a, b, c: 4 * a + 2 * a * b - c)
    lucks = np.random.default_rng(1).normal(size=12)
    s.values["y"] = s.values["y"] + lucks
    synergy = Analysis(s).table("synergy")
    assert set(synergy["by"]) == {"factorial"}
    row = one(synergy, factor="x1", other="x2")
    assert row["estimate"] == pytest.approx(2 * 0.64) and row["high"] - row["low"] < 1e-9
    assert one(synergy, factor="x1", other="x3")["estimate"] == pytest.approx(0, abs=1e-12)


def test_sobol_indices_of_ishigami_by_saltelli():
    values = {"factors": {"x1": PI, "x2": PI, "x3": PI}, "design": "sobol", "points": 512, "second_order": True}
    s = design_of(values, lambda *x: ishigami(0, *x)["y"])
    indices = Analysis(s).table("indices")
    assert set(indices["by"]) == {"saltelli"}
    for factor, first, total in (("x1", V1, V1 + V13), ("x2", V2, V2), ("x3", 0, V13)):
        assert held(one(indices, factor=factor, index="first"), first / VARIANCE, 0.02)
        assert held(one(indices, factor=factor, index="total"), total / VARIANCE, 0.02)
    assert held(one(indices, factor="x1", other="x3"), V13 / VARIANCE, 0.02)


def test_a_surface_says_when_it_does_not_fit():
    values = {"factors": {"x1": PI, "x2": PI, "x3": PI}, "design": "latin_hypercube", "points": 300}
    found = Analysis(design_of(values, lambda *x: ishigami(0, *x)["y"]))
    assert found.table("fit").iloc[0]["r2_cv"] < 0.6  # no cubic follows a sine squared over two periods


def test_morris_finds_the_linear_and_the_curved():
    values = {"factors": {"x1": [0, 2], "x2": [0, 1], "x3": [0, 1]}, "design": "morris", "points": 20}
    rows = Analysis(design_of(values, lambda a, b, c: 3 * a + b * b)).table("elementary")
    assert one(rows, factor="x1")["estimate"] == pytest.approx(6) and one(rows, factor="x1")["sigma"] < 1e-9
    assert one(rows, factor="x2")["sigma"] > 0.1
    assert one(rows, factor="x3")["estimate"] == pytest.approx(0, abs=1e-12)


def test_one_at_a_time_is_paired_by_luck():
    study = study_of({"name": "t", "model": "ramp", "factors": {"a": [0, 1], "b": [0, 1], "c": [0, 1]},
                      "design": "one_at_a_time", "replicates": 6, "outcomes": ["y"]})  # fmt: skip
    rows = Analysis(run_in_memory(study)).table("effects")
    row = one(rows, factor="a")
    assert row["estimate"] == pytest.approx(2) and row["low"] == pytest.approx(2) and row["high"] == pytest.approx(2)
    assert one(rows, factor="b")["estimate"] == pytest.approx(-1)
    assert one(rows, factor="c")["estimate"] == pytest.approx(0)


def run_in_memory(study: Study) -> Sample:
    from emergence.study.design import seed_of

    design = make_design(study)
    y = np.array([[ramp(seed_of(1, 0, r), *row)["y"] for r in range(study.replicates)] for row in design.rows])
    columns = [[row[k] for row in design.rows] for k in range(len(design.keys))]
    axes = [axis_of(f.key, c, dataclasses.asdict(f)) for f, c in zip(study.factors, columns, strict=True)]
    return Sample(axes, columns, {"y": y}, {"y": ("1", "y")}, study.design)


def test_choices_and_logarithms_are_factors_like_any_other():
    log = Axis(Factor("x", 0.01, 1.0, log=True))
    assert log.unit([0.01, 0.1, 1.0]) == pytest.approx([0, 0.5, 1]) and log.value(0.5) == pytest.approx(0.1)
    two = axis_of("orchestration", ["mesh", "hub", "mesh"], None)
    assert two.smooth and not two.numeric and two.unit(["mesh", "hub"]).tolist() == [0, 1]
    three = axis_of("s", ["a", "b", "c"], None)
    assert not three.smooth
    s = sample(lambda a, b: a + b, points=60, factors=2, replicates=3, noise=0.01)
    s.axes.append(three)
    s.columns.append(["a", "b", "c"] * 20)
    s.values["y"] = s.values["y"] + np.array([0.0, 5.0, 9.0] * 20)[:, None]
    levels = Analysis(s).table("effects").query("by == 'levels'")
    assert one(levels, to="c")["estimate"] == pytest.approx(9, abs=0.4)


def test_polynomials_are_orthonormal_under_what_is_tried():
    for axis in (Axis(Factor("x", 0, 1)), axis_of("x", [1, 2, 4, 8], None), axis_of("x", [False, True], None)):
        places = axis.unit(axis.levels) if axis.levels else (np.arange(20000) + 0.5) / 20000
        values = axis.polynomials(np.asarray(places, float))
        assert values.T @ values / len(values) == pytest.approx(np.eye(values.shape[1]), abs=1e-6)
    assert len(terms_of([Axis(Factor("x", 0, 1))] * 5, 2)) == 21


def test_missing_runs_are_left_out():
    s = sample(lambda a, b, c: 2 * a, points=100, replicates=4, noise=0.1)
    s.values["y"][3], s.values["y"][5, 1:], s.values["y"][7, 0] = np.nan, np.nan, np.nan
    found = Analysis(s)
    assert found.table("fit").iloc[0]["points"] == 99
    assert held(one(found.table("effects"), factor="x1"), 1.6)


@pytest.mark.parametrize(
    "values",
    [
        {"design": "latin_hypercube", "points": 8, "replicates": 1},
        {"design": "grid", "replicates": 2},
        {"design": "one_at_a_time", "replicates": 2},
        {"design": "morris", "points": 4},
        {"design": "sobol", "points": 8, "replicates": 2},
    ],
    ids=lambda values: values["design"],
)
def test_every_design_ends_in_tables_figures_and_a_report(tmp_path, values):
    factors = {"a": {"low": 0, "high": 1, "steps": 3}, "b": [0, 1], "c": [0, 1]}
    study = study_of({"name": "t", "model": "ramp", "factors": factors, "outcomes": ["y"], **values})
    result = em.sweep(study, engine="serial", folder=tmp_path, quiet=True)
    found = em.load_study(tmp_path).analyse()
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert "What was asked" in page and "<script" not in page and "http-equiv" in page
    assert (tmp_path / "analysis" / "fit.csv").exists() and len(found.tables["fit"]) == 1
    assert list((tmp_path / "figures").glob("*.svg"))
    assert result.summary.equals(em.load_study(tmp_path).summary)


def test_the_same_study_gives_the_same_tables():
    first, second = (Analysis(sample(lambda a, b, c: a * b, noise=0.1)).tables for _ in range(2))
    assert all(first[name].equals(second[name]) for name in first)


def test_an_unknown_table_is_refused_with_the_nearest():
    with pytest.raises(em.Refusal, match="did you mean 'synergy'"):
        Analysis(sample(lambda a, b, c: a, points=30)).table("synergies")


@pytest.mark.parametrize(
    "values", [np.full((40, 2), np.nan), np.ones((40, 2)), np.where(np.eye(40, 2) > 0, 1.0, np.nan)]
)
def test_outcomes_that_say_nothing_end_in_a_report_all_the_same(tmp_path, values):
    from emergence.report.study import write_report

    s = sample(lambda a, b, c: a, points=40, replicates=2)
    s.values["empty"], s.about["empty"] = values, ("1", "empty")
    assert write_report(Analysis(s), tmp_path).exists()
    assert not (Analysis(s).table("effects")["outcome"] == "empty").any()
