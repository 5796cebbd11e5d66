"""Early warning: it warns before a fold, is silent where nothing tips, and is counted as the literature counts."""

import math

import numpy as np
import pytest

from emergence.measures.warning import (
    auc,
    detrended,
    early_warning,
    false_alarms,
    kendall_tau,
    rolling,
    signal,
    warning_rate,
)

MONTHS = 240


def harvested(runs, last, seed, months=MONTHS, parts=10):
    """Logistic growth under harvesting (May 1977) that rises slowly to `last`; it tips at about 2.60."""
    rng = np.random.default_rng(seed)
    x, seen = np.full(runs, 8.9), np.empty((runs, months))
    for month, pressure in enumerate(np.linspace(1.0, last, months)):
        for _ in range(parts):
            drift = x * (1 - x / 10.0) - pressure * x * x / (x * x + 1.0)
            x = x + drift / parts + 0.1 * rng.normal(size=runs) / math.sqrt(parts)
        seen[:, month] = x
    return seen


def ar1(runs, months, seed, phi=0.6):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=runs) / math.sqrt(1 - phi * phi)
    seen = np.empty((runs, months))
    for month in range(months):
        x = phi * x + rng.normal(size=runs)
        seen[:, month] = x
    return seen


@pytest.fixture(scope="module")
def tipping():
    return harvested(200, 2.55, 1)


@pytest.fixture(scope="module")
def still():
    return harvested(400, 1.0, 2)


def test_before_a_fold_both_statistics_rise(tipping):
    """Nothing has tipped yet, and tau is above 0 on the mean by far more than chance."""
    assert tipping.min() > 4.0
    for which in ("variance", "autocorrelation"):
        taus = signal(tipping, which)
        assert taus.mean() - 5 * taus.std() / math.sqrt(taus.size) > 0.2


@pytest.mark.parametrize("which", ["mean", "variance", "autocorrelation"])
def test_hits_are_clearly_above_false_alarms(tipping, still, which):
    found = warning_rate(tipping, still, which=which)
    assert found.low > found.false_high and found.low <= found.hits <= found.high
    assert found.hits > 4 * found.false_alarms and found.auc > 0.75


@pytest.mark.parametrize("level", [0.05, 0.2])
def test_runs_far_from_tipping_give_the_nominal_rate(level):
    """On held-out runs, within the binomial error of both halves."""
    found = false_alarms(ar1(1600, 120, 3), level)
    error = math.sqrt(level * (1 - level) * 2 / 800)
    assert abs(found.rate - level) < 2.58 * error and found.held_out == 800


def test_warnings_of_runs_that_do_not_tip_are_false_alarms():
    null = ar1(1000, 120, 4)
    found = warning_rate(null[:500], null[500:])
    assert found.low < 0.075 and abs(found.auc - 0.5) < 0.06


def test_a_given_threshold_holds_all_runs_out():
    null = ar1(40, 120, 5)
    found = false_alarms(null, threshold=0.3)
    assert (found.threshold, found.held_out) == (0.3, 40)
    assert found.rate == (signal(null) > 0.3).mean()


def test_the_threshold_by_hand():
    """Nineteen runs set a rate of 5%: the threshold is their largest tau."""
    null = ar1(38, 60, 6)
    assert false_alarms(null).threshold == signal(null)[::2].max()
    with pytest.raises(ValueError, match=r"36 null runs cannot set a rate of 0\.05; at least 37 are needed"):
        false_alarms(null[:36])
    assert false_alarms(null[:37]).held_out == 18


def plain_trend(x, share):
    n, trend = len(x), []
    for t in range(n):
        weights = [math.exp(-0.5 * ((t - s) / (share * n)) ** 2) for s in range(n)]
        trend.append(sum(w * v for w, v in zip(weights, x, strict=True)) / sum(weights))
    return trend


def plain_rolling(x, window):
    variances, autocorrelations = [], []
    for start in range(len(x) - window + 1):
        part = x[start : start + window]
        mean = math.fsum(part) / window
        d = [v - mean for v in part]
        squares = math.fsum(v * v for v in d)
        variances.append(squares / (window - 1))
        autocorrelations.append(math.fsum(a * b for a, b in zip(d[:-1], d[1:], strict=True)) / squares)
    return variances, autocorrelations


def test_plain_reference(tipping):
    """Loops in plain Python, and tau from another library, to 1e-12."""
    scipy_stats = pytest.importorskip("scipy.stats")
    x = tipping[0, :80].tolist()
    residual = [v - t for v, t in zip(x, plain_trend(x, 0.1), strict=True)]
    variances, autocorrelations = plain_rolling(residual, 40)
    ours = detrended(np.array(x))
    assert ours == pytest.approx(residual, rel=1e-12, abs=1e-12)
    assert rolling(ours, 40)[0] == pytest.approx(variances, rel=1e-12)
    assert rolling(ours, 40)[1] == pytest.approx(autocorrelations, rel=1e-12, abs=1e-12)
    found = early_warning(x)
    for tau, statistic in ((found.variance, variances), (found.autocorrelation, autocorrelations)):
        assert tau == pytest.approx(scipy_stats.kendalltau(range(41), statistic).statistic, rel=1e-12)
    assert found.window == 40 and found.note == ""


def test_tau_with_ties_is_tau_b():
    scipy_stats = pytest.importorskip("scipy.stats")
    rng = np.random.default_rng(7)
    for n in (2, 3, 10, 57):
        values = rng.integers(0, 4, n).astype(float)
        expected = scipy_stats.kendalltau(np.arange(n), values).statistic
        assert kendall_tau(values) == pytest.approx(0.0 if math.isnan(expected) else expected, rel=1e-12, abs=1e-12)
    assert kendall_tau(np.arange(9.0)) == 1.0 and kendall_tau(-np.arange(9.0)) == -1.0


def test_linear_detrending_is_least_squares():
    x = np.random.default_rng(8).normal(size=50) + 0.3 * np.arange(50)
    line = np.polyval(np.polyfit(np.arange(50), x, 1), np.arange(50))
    assert detrended(x, detrend="linear") == pytest.approx(x - line, abs=1e-12)
    assert np.array_equal(detrended(x, detrend="none"), x)


def test_known_rolling_statistics():
    """Alternating +1, -1: variance 4/3 in a window of four, autocorrelation -3/4."""
    variance, autocorrelation = rolling(np.array([1.0, -1.0] * 4), 4)
    assert variance == pytest.approx([4 / 3] * 5) and autocorrelation == pytest.approx([-0.75] * 5)


@pytest.mark.parametrize("series", [np.full(60, 7.3), np.zeros(60), np.full(60, 1e12)])
@pytest.mark.parametrize("how", ["gaussian", "linear", "none"])
def test_a_constant_series_warns_of_nothing_and_says_so(series, how):
    found = early_warning(series, detrend=how)
    assert (found.variance, found.autocorrelation) == (0.0, 0.0)
    assert "does not vary" in found.note


def test_a_straight_line_has_no_fluctuations():
    assert "does not vary" in early_warning(3.0 + 0.7 * np.arange(60), detrend="linear").note


def test_quiet_at_first_then_noisy():
    """Windows in which nothing varies are no error."""
    series = np.concatenate([np.zeros(60), np.random.default_rng(9).normal(size=60)])
    found = early_warning(series, detrend="none")
    assert found.variance > 0.5 and math.isfinite(found.autocorrelation)


def test_scale_and_level_do_not_matter():
    x = ar1(1, 120, 10)[0]
    assert early_warning(x) == early_warning(4.0 * x)
    assert early_warning(x)[:2] == pytest.approx(early_warning(x + 8.0)[:2], abs=1e-3)


def test_auc_by_hand():
    assert auc(np.array([2.0, 3.0]), np.array([1.0, 2.0])) == pytest.approx((1 + 0.5 + 1 + 1) / 4)


def test_unusable_input_is_refused():
    with pytest.raises(ValueError, match="8 months are too short for a window of 4"):
        early_warning(np.arange(8.0))
    with pytest.raises(ValueError, match="too short"):
        early_warning([])
    with pytest.raises(ValueError, match="finite"):
        early_warning([1.0, math.nan] * 30)
    with pytest.raises(ValueError, match="window=2"):
        early_warning(np.arange(60.0), window=2)
    with pytest.raises(ValueError, match="did you mean 'gaussian'"):
        early_warning(np.arange(60.0), detrend="gausian")
    with pytest.raises(ValueError, match="bandwidth=0"):
        early_warning(np.arange(60.0), bandwidth=0)
    with pytest.raises(ValueError, match="did you mean 'variance'"):
        signal(ar1(2, 60, 1), "varianc")
    with pytest.raises(ValueError, match="cannot be held against"):
        warning_rate(ar1(2, 60, 1), ar1(40, 50, 1))
    with pytest.raises(ValueError, match="level=5"):
        false_alarms(ar1(40, 60, 1), level=5)
