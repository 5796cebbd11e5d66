"""Fit eleven parameters of the full default world to the stylised facts.

``python experiments/calibrate.py`` (half an hour on one core, less with more) runs the study `calibration`, a Latin
hypercube over small worlds, or goes on with it. A linear surface per number is fitted to its points. Then the surface
is corrected by what worlds of full size show (additive correction, Alexandrov and Lewis 2001) and minimised by scipy
inside a box around the best point so far, round after round. All of it uses the seeds for fitting alone.

It writes results/calibration/: rounds.csv, from which a stopped fit goes on (delete it to fit anew from the values of
economy.yaml), and fitted.csv. What it finds is put into configs/scenario/economy.yaml by hand, rounded; ``emergence
validate suite=facts`` then judges it on other seeds.
``--force`` goes on with points of a study that other code computed.
"""

from __future__ import annotations

import csv
import sys
from pathlib import Path

import numpy as np
from scipy.optimize import minimize

import emergence as em
from emergence.compose import compose
from emergence.config import get, known_keys
from emergence.facts.fit import NUMBERS, misfit, numbers_at
from emergence.facts.suite import FIRMS

RESULTS = Path(__file__).resolve().parents[1] / "results" / "calibration"
ROUNDS, WORLDS = 6, 3
SEED = 25  # which of the seeds for fitting are taken: none that the study starts with
WIDEST, NARROWEST = 0.3, 0.05  # half of the box, in ranges of the factors
FITTED = 3  # digits


def main(words: list[str]) -> int:
    """Run the study and the rounds, or go on with them, and write what was found."""
    study = em.sweep("calibration", force="--force" in words)
    low, high = (np.array(ends) for ends in zip(*ranges(study.manifest).values(), strict=True))
    keys = list(ranges(study.manifest))
    points = study.design[keys].to_numpy(float)
    surface = fit_surface((points - low) / (high - low), study.summary[list(NUMBERS)].to_numpy(float))
    RESULTS.mkdir(parents=True, exist_ok=True)
    rounds = read_rounds(keys)
    standing = compose(["scenario=economy"])
    x = np.clip((np.array([get(standing, key) for key in keys], float) - low) / (high - low), 0.0, 1.0)
    half = WIDEST
    while len(rounds) < ROUNDS and half >= NARROWEST:
        if rounds:
            best = min(rounds, key=misfit)
            half = half if best is rounds[-1] else half / 2.0
            if not misfit(best):
                break
            centre = (np.array([best[key] for key in keys]) - low) / (high - low)
            x = propose(surface, centre, np.array([best[name] for name in NUMBERS]), half)
        values = {key: float(f"{value:.{FITTED}g}") for key, value in zip(keys, low + x * (high - low), strict=True)}
        rounds.append({**values, **numbers_at(values, SEED, WORLDS, FIRMS)})
        write_table("rounds.csv", [{"misfit": misfit(one), **one} for one in rounds])
        print(f"round {len(rounds)}: misfit {misfit(rounds[-1]):.3f}", flush=True)
    best = min(rounds, key=misfit)
    known = known_keys()
    write_table(
        "fitted.csv",
        [
            {
                "key": key, "fitted": best[key], "tried from": low[k], "tried to": high[k],
                "least": known[key].metadata["low"], "most": known[key].metadata["high"],
            }
            for k, key in enumerate(keys)
        ],
    )  # fmt: skip
    print("\n".join(f"{key}: {best[key]:g}" for key in keys))
    return 0


def ranges(manifest: dict) -> dict[str, tuple[float, float]]:
    """Return the range of each factor of a study."""
    return {one["key"]: (one["low"], one["high"]) for one in manifest["identity"]["study"]["factors"]}


def fit_surface(points: np.ndarray, numbers: np.ndarray) -> np.ndarray:
    """Return slopes of each number, float64[factors, numbers], by least squares over the points where it is known.

    Parameters
    ----------
    points : float64[points, factors]
        In units of the ranges.
    numbers : float64[points, numbers]
    """
    slopes = np.zeros((points.shape[1], numbers.shape[1]))
    for k, column in enumerate(numbers.T):
        known = np.isfinite(column)
        if known.sum() > 2 * points.shape[1]:
            terms = np.column_stack([np.ones(known.sum()), points[known]])
            slopes[:, k] = np.linalg.lstsq(terms, column[known], rcond=None)[0][1:]
    return slopes


def propose(slopes: np.ndarray, centre: np.ndarray, measured: np.ndarray, half: float) -> np.ndarray:
    """Return the point in a box around the centre at which the corrected surface fits best, float64[factors]."""

    def off(x: np.ndarray) -> float:
        return misfit(dict(zip(NUMBERS, measured + (x - centre) @ slopes, strict=True)))

    box = list(zip(np.maximum(centre - half, 0.0), np.minimum(centre + half, 1.0), strict=True))
    return minimize(off, centre, method="Powell", bounds=box, options={"maxiter": 200, "ftol": 1e-6}).x


def read_rounds(keys: list[str]) -> list[dict[str, float]]:
    """Return the rounds of an earlier call that has the same factors."""
    path = RESULTS / "rounds.csv"
    if not path.exists():
        return []
    with path.open(encoding="utf-8", newline="") as file:
        rows = [{name: float(value) for name, value in row.items()} for row in csv.DictReader(file)]
    return [{name: row[name] for name in [*keys, *NUMBERS]} for row in rows if set(keys) <= set(row)]


def write_table(name: str, rows: list[dict]) -> None:
    """Write rows as CSV into the folder of results."""
    with (RESULTS / name).open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, rows[0], lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
