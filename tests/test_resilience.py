"""Loss, depth and recovery: worked out by hand, exact where twins agree, censored ones said to be so."""

import math

import numpy as np
import pytest

from emergence.measures.recovery import recovery_months, regained, resilience

RNG = np.random.default_rng(0)
TWIN = RNG.uniform(50, 150, (30, 24))
# Q of a fall to .6 that mends by .05 a month: .6 .65 .. .95 1 1 1
COURSE = np.minimum(1.0, 0.6 + 0.05 * np.arange(24))


def test_known_course():
    """Every replicate loses the same share, so all intervals close on the value."""
    found = resilience(TWIN * COURSE, TWIN)
    assert found.q == pytest.approx(COURSE, rel=1e-12)
    assert found.loss == pytest.approx(0.4 + 0.35 + 0.3 + 0.25 + 0.2 + 0.15 + 0.1 + 0.05)
    assert found.depth == pytest.approx(0.4)
    assert found.loss_interval == pytest.approx((found.loss, found.loss))
    assert found.depth_interval == pytest.approx((0.4, 0.4))
    assert found.month.tolist() == list(range(24)) and found.horizon == 23


def test_recovery_of_the_known_course():
    """A hair above .95 from month 7 on."""
    found = resilience(TWIN * (COURSE + 1e-9), TWIN)
    assert (found.recovery, found.recovery_interval, found.censored, found.censored_share) == (7, (7, 7), False, 0.0)


def test_equal_twins_give_exactly_nothing():
    found = resilience(TWIN, TWIN.copy(), TWIN.copy())
    assert (found.q == 1.0).all() and (found.q_low == 1.0).all() and (found.q_high == 1.0).all()
    assert (found.loss, found.loss_interval, found.depth, found.depth_interval) == (0.0, (0.0, 0.0), 0.0, (0.0, 0.0))
    assert (found.recovery, found.recovery_interval, found.censored) == (0, (0, 0), False)
    assert (found.excess, found.excess_interval, found.exceeds) == (0.0, (0.0, 0.0), False)


def test_a_ratio_of_sums_not_a_mean_of_ratios():
    found = resilience([[10.0], [50.0]], [[100.0], [100.0]])
    assert found.q[0] == pytest.approx(0.3)
    found = resilience([[10.0], [50.0]], [[100.0], [300.0]])
    assert found.q[0] == pytest.approx(60 / 400)


def month_of(*q, every=1):
    return recovery_months([q], every)[0]


def test_recovery_needs_three_in_a_row_after_a_fall():
    assert month_of(0.9, 0.96, 0.97, 0.94, 0.95, 0.95, 0.95, 0.2) == 4
    assert month_of(1, 1, 1, 0.5, 1, 1, 1) == 4  # not the months before the fall
    assert month_of(1, 1, 1, 0.95) == 0  # never fell
    assert month_of(0.5, 1, 1) == math.inf  # two are not three
    assert month_of(0.5) == math.inf
    assert month_of(0.5, 0.96, 0.96, 0.96, 0.5, 0.5) == 1  # fell again later


def test_recovery_with_fewer_measurements():
    """Two columns span three months at one every other month, one does at one a quarter."""
    assert month_of(0.5, 0.96, 0.5, 0.96, 0.96, every=2) == 6
    assert month_of(0.5, 0.96, 0.5, every=3) == 3


def test_loss_counts_months():
    quarterly = resilience(TWIN * 0.5, TWIN, every=3)
    assert quarterly.loss == pytest.approx(0.5 * 24 * 3)
    assert quarterly.month[-1] == quarterly.horizon == 69


def test_censored_is_said():
    found = resilience(TWIN * 0.7, TWIN)
    assert (found.recovery, found.recovery_interval, found.censored, found.censored_share) == (
        None,
        (None, None),
        True,
        1,
    )
    assert "not back at 95% of theirs by month 23, where the runs end" in found.sentence()


def test_censored_resamples_stay_in_the_interval():
    """Half of the replicates recover early, half late or never: the upper end lies beyond the runs."""
    q = np.ones((30, 24))
    q[:, :6] = 0.5
    q[20:, :] = 0.87
    found = resilience(TWIN[:1] * q, np.repeat(TWIN[:1], 30, axis=0))
    assert found.recovery == 6 and not found.censored
    assert 0.025 < found.censored_share < 0.6
    assert found.recovery_interval == (6, None)
    assert "(6 to beyond the runs)" in found.sentence()


def test_intervals_hold_the_truth():
    """Shocks whose cost varies by chance: 95% intervals of loss hold the true loss in 90 to 97% of 300 sets."""
    rng = np.random.default_rng(1)
    held = 0
    for _ in range(300):
        twin = rng.uniform(50, 150, (30, 1)) * np.ones(12)
        cost = rng.normal(0.2, 0.1, (30, 12)).cumsum(axis=1) / np.arange(1, 13)
        low, high = resilience(twin * (1 - cost), twin, resamples=399).loss_interval
        held += low <= 12 * 0.2 <= high
    assert 0.90 <= held / 300 <= 0.97, held / 300


def noisy(seed, loss):
    return TWIN * (1 - loss + np.random.default_rng(seed).normal(0, 0.01, TWIN.shape))


def test_a_shock_like_the_placebo_does_not_exceed_it():
    found = resilience(noisy(1, 0.003), TWIN, noisy(2, 0.003))
    assert found.exceeds is False and found.outside.mean() < 0.25
    assert (found.placebo_low <= found.placebo_q).all() and (found.placebo_q <= found.placebo_high).all()
    assert found.excess == pytest.approx(found.loss - found.placebo_loss)
    assert "cannot be told" in found.sentence()


def test_a_real_shock_exceeds_the_placebo():
    found = resilience(noisy(1, 0.2), TWIN, noisy(2, 0.003))
    assert found.exceeds is True and found.outside.all()
    assert found.excess_interval[0] < found.excess < found.excess_interval[1]
    assert found.placebo_depth < 0.05 < found.depth
    assert "took more than that" in found.sentence()


def test_one_replicate_has_values_but_no_intervals():
    found = resilience(TWIN[:1] * COURSE, TWIN[:1], TWIN[:1])
    assert found.loss == pytest.approx(1.8) and math.isnan(found.loss_interval[0])
    assert np.isnan(found.q_low).all() and found.exceeds is None and found.recovery_interval == (None, None)
    assert "no interval" in found.sentence() and "cannot tell them apart" in found.sentence()


def test_without_a_placebo_nothing_is_said_of_one():
    found = resilience(TWIN * COURSE, TWIN)
    assert found.exceeds is None and not found.outside.any() and found.placebo_q is None
    assert math.isnan(found.excess) and "median size" not in found.sentence()


def test_sentence_names_what_counts():
    text = resilience(noisy(3, 0.2) * (COURSE + 0.21), TWIN, noisy(2, 0.0)).sentence()
    assert text.startswith("In the 24 months from the shock on, the network ")
    assert "95% interval" in text and "30 replicates" in text and "in the worst month" in text
    gained = resilience(TWIN * 1.1, TWIN).sentence()
    assert "the network gained 2.40 months" in gained and "in no month was output missing" in gained
    assert "never fell below 95%" in gained


def test_a_network_that_dies_out_is_no_error():
    """Some twins end without output; a resample of those alone has nothing to lose."""
    twin = np.ones((3, 4))
    twin[:2, 2:] = 0.0
    found = resilience(twin * 0.5, twin)
    assert np.isfinite(found.q).all() and np.isfinite(found.q_low).all()


def test_unusable_input_is_refused():
    with pytest.raises(ValueError, match=r"one shape.*\(30, 24\), \(30, 12\)"):
        resilience(TWIN, TWIN[:, :12])
    with pytest.raises(ValueError, match="replicate 1, column 2 is not a finite number"):
        broken = TWIN.copy()
        broken[1, 2] = math.nan
        resilience(broken, TWIN)
    with pytest.raises(ValueError, match="no output in column 3"):
        empty = TWIN.copy()
        empty[:, 3] = 0.0
        resilience(TWIN, empty)
    with pytest.raises(ValueError, match="shape"):
        resilience(TWIN[0], TWIN[0])
    with pytest.raises(ValueError, match="every=0"):
        resilience(TWIN, TWIN, every=0)


def test_regained_by_hand():
    """Down by 40 of 100; 10 are left to regain after a year, none after two."""
    twin = np.full((20, 25), 110.0)
    shocked = twin - 40.0
    shocked[:, 12:] = 100.0
    shocked[:, 24:] = 110.0
    found = regained(np.full(20, 100.0), twin, shocked)
    assert found.gap == (40.0, 40.0, 40.0) and found.cost == pytest.approx((0.4, 0.4, 0.4))
    assert found.shares[12] == pytest.approx((0.75,) * 3) and found.shares[24] == pytest.approx((1.0,) * 3)
    assert found.sentence().startswith("The shift cost 40% (40% to 40%) of the level without it; of that the network")


def test_regained_is_a_ratio_of_means():
    """One replicate loses 1 and stays there, one loses 9 and regains all: nine tenths, not one half."""
    twin = np.full((2, 13), 10.0)
    shocked = twin.copy()
    shocked[:, 0] -= [1.0, 9.0]
    shocked[0, 1:] -= 1.0
    found = regained([[8.0, 12.0], [10.0, 10.0]], twin, shocked, months=(12,))
    assert found.shares[12][0] == pytest.approx(0.9) and found.cost[0] == pytest.approx(0.5)


def test_ordinary_growth_is_not_regained():
    """Twin and shocked grow alike: nothing of the gap is made good."""
    twin = 100.0 + np.arange(25.0) + np.zeros((10, 1))
    found = regained(np.full(10, 100.0), twin, twin - 20.0)
    assert found.shares[24][0] == pytest.approx(0.0)


def test_regained_with_noise_has_an_interval_that_holds_the_truth():
    rng = np.random.default_rng(4)
    gap = rng.normal(2.0, 0.5, (30, 1)) * np.array([1.0] * 12 + [0.4])
    found = regained(np.full(30, 3.0), gap + rng.normal(0, 0.1, gap.shape), np.zeros(gap.shape), months=(12,))
    value, low, high = found.shares[12]
    assert low < 0.6 < high and low < value < high and high - low < 0.2


def test_a_shift_that_cost_nothing_has_nothing_to_regain():
    twin = np.ones((5, 25))
    for shocked in (twin, twin + 1.0):
        found = regained(np.ones(5), twin, shocked)
        assert math.isnan(found.shares[12][0]) and "nothing to regain" in found.sentence()


def test_months_that_were_not_measured_are_refused():
    with pytest.raises(ValueError, match="month 24 was not measured; the last is 23"):
        regained(np.ones(30), TWIN, TWIN)
    with pytest.raises(ValueError, match="month 12"):
        regained(np.ones(30), TWIN, TWIN, months=(12,), every=5)
    with pytest.raises(ValueError, match="same replicates"):
        regained(np.ones(29), TWIN, TWIN)
