"""Intervals over replicates: exact where nothing varies, honest about coverage, never a mean of ratios."""

import math
import subprocess
import sys

import numpy as np
import pytest

from emergence.measures.interval import (
    paired_interval,
    percentiles,
    ratio_interval,
    resample_counts,
    resampled_sums,
    wilson,
)

SETS = 2000


def normal(rng):
    return rng.normal(0.0, 3.0, 30), 0.0


def skewed(rng):
    """Exponential: skewness 2."""
    return rng.exponential(1.0, 30), 1.0


@pytest.mark.parametrize(("draw", "seed"), [(normal, 1), (skewed, 2)])
def test_coverage_of_thirty_pairs(draw, seed):
    """2,000 sets of 30 pairs: a 95% interval holds the true mean in 90 to 97% of them."""
    rng = np.random.default_rng(seed)
    held = 0
    for _ in range(SETS):
        values, truth = draw(rng)
        _, low, high = paired_interval(values, resamples=999)
        held += low <= truth <= high
    assert 0.90 <= held / SETS <= 0.97, held / SETS


@pytest.mark.parametrize("c", [0.0, -0.0, 0.1, -7.3, 1e300])
@pytest.mark.parametrize("replicates", [2, 3, 30])
def test_equal_differences_give_themselves_exactly(c, replicates):
    assert paired_interval([c] * replicates) == (c, c, c)


def test_zero_is_plain_zero():
    """Not -0, which would be written with a sign."""
    assert all(math.copysign(1.0, x) == 1.0 for x in paired_interval([-0.0] * 30))


def test_one_replicate_has_no_interval():
    mean, low, high = paired_interval([2.5])
    assert mean == 2.5 and math.isnan(low) and math.isnan(high)


def test_same_seed_same_interval_and_another_seed_another():
    values = np.random.default_rng(0).normal(size=30)
    assert paired_interval(values, seed=5) == paired_interval(list(values), seed=5)
    assert paired_interval(values, seed=5) != paired_interval(values, seed=6)


def test_a_fixed_example_keeps_its_digits():
    """The same digits on every machine and version of numpy."""
    expected = (5.5, 3.7, 7.3)
    assert paired_interval(range(1, 11)) == pytest.approx(expected, abs=1e-12)


def test_plain_reference():
    """Resample by resample, in loops, from the same draws."""
    values = np.random.default_rng(3).exponential(size=12)
    means = []
    for counts in resample_counts(12, 199, seed=4):
        for row in counts:
            assert row.sum() == 12
            means.append(sum(k * v for k, v in zip(row, values, strict=True)) / 12)
    means.sort()
    mean, low, high = paired_interval(values, level=0.9, resamples=199, seed=4)
    assert (mean, low, high) == pytest.approx((values.mean(), means[9], means[189]), rel=1e-12)


def test_blocks_do_not_change_the_draws(monkeypatch):
    whole = np.concatenate(list(resample_counts(7, 100)))
    monkeypatch.setattr("emergence.measures.interval.BLOCK", 50)
    assert np.array_equal(np.concatenate(list(resample_counts(7, 100))), whole)
    assert whole.mean() == 1.0 and whole.std() == pytest.approx(math.sqrt(6 / 7), rel=0.1)


def test_a_higher_level_is_wider_and_shifts_and_scales_go_through():
    values = np.random.default_rng(0).normal(size=30)
    _, low, high = paired_interval(values)
    _, lower, higher = paired_interval(values, level=0.99)
    assert lower < low < high < higher
    assert paired_interval(2 * values + 1) == pytest.approx([2 * x + 1 for x in paired_interval(values)], rel=1e-9)


@pytest.mark.parametrize("bad", [math.nan, math.inf])
def test_numbers_that_are_none_are_refused(bad):
    with pytest.raises(ValueError, match="replicate 1 is"):
        paired_interval([0.0, bad, 1.0])
    with pytest.raises(ValueError, match="below: replicate 0"):
        ratio_interval([0.0, 1.0], [bad, 1.0])


def test_unusable_input_is_refused():
    with pytest.raises(ValueError, match="one number per replicate"):
        paired_interval([])
    with pytest.raises(ValueError, match="one number per replicate"):
        paired_interval(np.zeros((2, 2)))
    with pytest.raises(ValueError, match="too few for level"):
        paired_interval([1.0, 2.0], resamples=30)
    with pytest.raises(ValueError, match="between 0 and 1"):
        paired_interval([1.0, 2.0], level=95)
    with pytest.raises(ValueError, match="paired"):
        ratio_interval([1.0, 2.0], [1.0])


def test_ratio_of_means_not_mean_of_ratios():
    above, below = np.array([1.0, 9.0]), np.array([1.0, 3.0])
    assert ratio_interval(above, below)[0] == 2.5  # (10/2) / (4/2), not (1 + 3) / 2


def test_ratio_is_exact_where_replicates_agree_about_it():
    below = np.random.default_rng(0).uniform(1, 2, 30)
    assert ratio_interval(below, below) == (1.0, 1.0, 1.0)
    assert ratio_interval(np.zeros(30), below) == (0.0, 0.0, 0.0)
    assert ratio_interval([0.1] * 30, [0.3] * 30) == (0.1 / 0.3,) * 3
    assert ratio_interval(3 * below, below) == pytest.approx((3.0, 3.0, 3.0), rel=1e-12)


def test_resampling_is_paired():
    """Drawn apart, this ratio would scatter by a fifth."""
    rng = np.random.default_rng(1)
    below = rng.uniform(1, 20, 30)
    ratio, low, high = ratio_interval(2 * below + rng.normal(0, 0.01, 30), below)
    assert low < 2.0 < high and high - low < 0.01 and low < ratio < high


def test_ratio_under_the_floor_is_not_stated():
    assert all(math.isnan(x) for x in ratio_interval([1.0, 2.0], [0.01, -0.012], floor=0.01))
    assert all(math.isnan(x) for x in ratio_interval([1.0, 2.0], [0.0, 0.0], floor=0.0))
    assert ratio_interval([1.0, 2.0], [-4.0, -4.0], floor=0.01)[0] == -0.375


def test_a_denominator_that_may_be_zero_bounds_nothing():
    below = np.random.default_rng(2).normal(0.1, 1.0, 30)
    assert abs(below.mean()) > 0.01
    _, low, high = ratio_interval(np.ones(30), below, floor=0.01)
    assert (low, high) == (-math.inf, math.inf)


def test_coverage_of_ratios():
    rng = np.random.default_rng(3)
    held = 0
    for _ in range(500):
        below = rng.normal(5, 1, 30)
        _, low, high = ratio_interval(2 * below + rng.normal(0, 1, 30), below, resamples=999)
        held += low <= 2.0 <= high
    assert 0.90 <= held / 500 <= 0.97, held / 500


def test_sums_of_many_columns_at_once():
    values = np.random.default_rng(0).normal(size=(6, 4))
    whole = resampled_sums(values, 50, seed=1)
    assert whole.shape == (50, 4)
    assert np.array_equal(whole[:, 2], resampled_sums(values[:, 2], 50, seed=1))


def test_percentiles_are_order_statistics():
    assert percentiles(np.arange(1.0, 10_000.0)) == (250.0, 9750.0)
    low, high = percentiles(np.array([[1.0, -np.inf]] * 39), 0.95)
    assert low.tolist() == [1.0, -np.inf] and high.tolist() == [1.0, -np.inf]


def test_wilson_by_hand():
    """Published example: 15 of 50 gives .191 to .438."""
    assert wilson(15, 50) == pytest.approx((0.3, 0.1910, 0.4375), abs=1e-4)
    assert wilson(0, 10)[:2] == (0.0, 0.0) and wilson(10, 10)[2] == 1.0
    assert wilson(0, 10)[2] == pytest.approx(1.96**2 / (10 + 1.96**2), rel=1e-4)
    assert all(math.isnan(x) for x in wilson(0, 0))
    with pytest.raises(ValueError, match="cannot be"):
        wilson(3, 2)


def test_measures_stay_light():
    """Neither the package of measures nor these modules load pandas or scipy."""
    code = (
        "import sys, emergence.measures, emergence.measures.interval, emergence.measures.recovery,"
        "emergence.measures.warning; print([m for m in ('scipy', 'pandas', 'numba', 'mesa') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
