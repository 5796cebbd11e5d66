"""Survival curves: numbers known by hand, censoring, and intervals that stay inside 0 and 1."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest

from emergence.measures.survival import Z95, firm_survival, kaplan_meier, survival_of, tie_lives

# Ends at 6, 6, 6, 7, 10, 13, 16, 22 and 23 weeks, twelve still going: the treated group of Freireich
# et al. 1963, the standard example of survival analysis.
FREIREICH = [6, 6, 6, 7, 10, 13, 16, 22, 23, 6, 9, 10, 11, 17, 19, 20, 25, 32, 32, 34, 35]
ENDED = [True] * 9 + [False] * 12


def test_known_curve() -> None:
    """Protects the estimate: published values of the standard example."""
    times, survival, _, _ = kaplan_meier(FREIREICH, ENDED)
    assert times.tolist() == [0, 6, 7, 10, 13, 16, 22, 23]
    assert survival == pytest.approx([1, 0.857, 0.807, 0.753, 0.690, 0.627, 0.538, 0.448], abs=6e-4)


def test_interval_by_hand() -> None:
    """Protects the interval: Greenwood's variance on the log-log scale, worked out for the first end."""
    _, survival, lower, upper = kaplan_meier(FREIREICH, ENDED)
    s = Z95 * math.sqrt(3 / (21 * 18)) / abs(math.log(18 / 21))
    assert lower[1] == pytest.approx((18 / 21) ** math.exp(s))
    assert upper[1] == pytest.approx((18 / 21) ** math.exp(-s))
    assert ((lower <= survival) & (survival <= upper)).all()


def test_median_and_reach() -> None:
    """Protects what is said of a curve: median 23 weeks, nothing beyond the longest life observed."""
    curve = survival_of(FREIREICH, ENDED)
    assert curve.median()[0] == 23
    assert curve.at(36) is None
    assert curve.at(6.5) == pytest.approx((0.857, 0.620, 0.952), abs=1e-3)
    assert survival_of([5, 5], [False, False]).median() == (None, None, None)


@pytest.mark.parametrize(
    ("durations", "ended"), [([], []), ([3], [True]), ([0, 0], [True, False]), ([4, 4], [True, True])]
)
def test_extremes_stay_finite(durations: list[float], ended: list[bool]) -> None:
    """Protects the report from NaN: nobody, one life, lives of length 0, all ended at once."""
    for column in kaplan_meier(durations, ended):
        assert np.isfinite(column).all()
        assert np.diff(column).min(initial=0.0) <= 0 or column[0] == 0
    assert len(kaplan_meier(durations, ended)[0]) >= 1


def test_negative_lives_are_refused() -> None:
    """Protects from mixed-up columns."""
    with pytest.raises(ValueError, match="0 or more"):
        kaplan_meier([-1], [True])


def frame(rows: list[tuple[int, str, int, int, str, float]]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["step", "kind", "a", "b", "layer", "value"])


def test_entrants_only() -> None:
    """Protects who counts: firms founded in the run, ended by closing, default or shock, else censored."""
    events = frame(
        [
            (1, "entry", 10, -1, "", 0.0),
            (1, "entry", 11, -1, "", 0.0),
            (2, "entry", 12, -1, "", 0.0),
            (3, "exit", 10, -1, "", 2.0),
            (4, "default", 99, -1, "", 400.0),  # a founder
            (5, "shock", 11, -1, "", 7000.0),  # its value is a size, not an age
            (5, "shock", -1, -1, "", 0.3),
        ]
    )
    curve = firm_survival(events, 8)
    assert (curve.number, curve.ended, curve.longest) == (3, 2, 6)
    assert curve.times.tolist() == [0, 2, 4]
    assert curve.survival == pytest.approx([1, 2 / 3, 1 / 3])


def test_tie_that_forms_again() -> None:
    """Protects the matching: a pair that parts and finds together again has two lives, founders' ties none."""
    events = frame(
        [
            (1, "formed", 1, 2, "strategic", 0.0),
            (4, "broken", 1, 2, "strategic", 3.0),
            (6, "formed", 1, 2, "strategic", 0.0),
            (7, "broken", 3, 4, "strategic", 50.0),  # there before the run
            (2, "formed", 1, 3, "development", 0.0),
        ]
    )
    lives = tie_lives(events, 10)
    strategic = lives["strategic"]
    assert (strategic.number, strategic.ended, strategic.longest) == (2, 1, 4)
    assert strategic.survival.tolist() == [1, 0.5]
    assert (lives["development"].number, lives["development"].ended) == (1, 0)


def test_no_events() -> None:
    """Protects runs without a log of events."""
    empty = frame([])
    assert firm_survival(empty, 5).number == 0
    assert tie_lives(empty, 5) == {}
