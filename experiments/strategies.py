"""What each strategy against trouble in supply costs in calm, and what it saves in one disaster.

``python experiments/strategies.py`` (a few minutes) follows the world of ``scenario=input_disaster``, 150 firms, over
30 seeds, with one strategy at a time and with none. It writes results/strategies/ and docs/figures/strategies.png;
``python docs/make.py`` puts the table into docs/mechanisms.md. With ``--draw`` it only draws again.
"""

from __future__ import annotations

import csv
import sys
from pathlib import Path

import numpy as np

from emergence.build import make_simulation
from emergence.compose import compose
from emergence.figures.style import BLUE, GREY, ORANGE, PALE, Drawn, look, new_figure, place_labels, save
from emergence.measures.interval import paired_interval
from emergence.world import World

TOP = Path(__file__).resolve().parents[1]
RESULTS, FIGURES = TOP / "results" / "strategies", TOP / "docs" / "figures"
WORLD = ("scenario=input_disaster", "firms=150", "output.events=false", "output.every=1000")
SEEDS = range(4700, 4730)
NONE = "none"
STRATEGIES = {
    "diversify": ("rules.supply.diversify=1",),
    "nearshore": ("rules.supply.nearshore=1",),
    "see further": ("rules.supply.foresight=1",),
    "hold buffers": ("rules.supply.buffer=1.5",),
    "reserve capacity": ("rules.market.slack=0.25",),
    "plan for risk": ("rules.supply.planning=1",),
    "work with suppliers": ("rules.supply.support=1",),
    "digitise and automate": ("founders.digital=1", "rules.automation.enabled=true"),
    # No incident starts, so what security costs is all that it does.
    "secure": ("founders.security=1", "rules.incidents.enabled=true", "rules.incidents.start=0"),
    "reconfigure": ("rules.supply.reconfigure=1",),
    "source responsibly": ("rules.supply.responsible=1",),
}
SPENT = ("revenue", "costs", "security", "automation")  # what the ledger books of the year's trade, and besides it
YEAR = 12
CHEAP = (0.0, 0.6)  # points of margin that the second panel shows
MEASURES = ("margin", "months_lost", "months_lost_elsewhere")
Found = dict[str, np.ndarray]  # float64[measures, seeds]


def follow(seed: int, overrides: tuple[str, ...]) -> tuple[float, float, float]:
    """Follow a world through calm and through the disaster.

    Returns
    -------
    margin : float
        In the second and third year of calm: profit, less what is paid from cash alone, over revenue.
    lost, elsewhere : float
        Months of output lost in the year after the disaster: of all firms, and of those it did not strike.
    """
    settings = compose([*WORLD, f"seed={seed}", *overrides])
    disaster, settings.timeline = settings.timeline, []
    calm = make_simulation(settings).advance(YEAR)
    hit = calm.branch({"timeline": disaster})
    before = booked(calm.world)
    lost = np.zeros(2)
    for _ in range(YEAR):
        made = [output(one.advance(1).world, disaster[0].sector) for one in (hit, calm)]
        lost += 1.0 - made[0] / made[1]
    earned = booked(calm.advance(YEAR).world) - before
    return float(earned.sum() / earned[0]), float(lost[0]), float(lost[1])


def output(world: World, struck: int | None) -> np.ndarray:
    """Return the month's revenue of all firms, and of those outside the struck sector, EUR."""
    revenue, sector = world.firms.revenue, world.firms.sector
    return np.array([revenue.sum(), revenue[sector != struck].sum()])


def booked(world: World) -> np.ndarray:
    """Return what the ledger holds so far under each of `SPENT`, EUR; costs are below 0."""
    return np.array([world.ledger.get(name, 0.0) for name in SPENT])


def measure() -> Found:
    """Return what `follow` finds for each strategy by seed, and write it."""
    found = {}
    for name, overrides in {NONE: (), **STRATEGIES}.items():
        found[name] = np.array([follow(seed, overrides) for seed in SEEDS]).T
        print(name, found[name].mean(axis=1), flush=True)
    rows = [
        (name, seed, *(f"{value:.9g}" for value in values))
        for name, each in found.items()
        for seed, values in zip(SEEDS, each.T, strict=True)
    ]
    write("runs.csv", ("strategy", "seed", *MEASURES), rows)
    return found


def read() -> Found:
    """Read what `measure` wrote."""
    with open(RESULTS / "runs.csv", newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    return {
        name: np.array([[float(row[key]) for row in rows if row["strategy"] == name] for key in MEASURES])
        for name in (NONE, *STRATEGIES)
    }


def write(name: str, head: tuple[str, ...], rows: list[tuple[object, ...]]) -> None:
    """Write a table as CSV."""
    RESULTS.mkdir(parents=True, exist_ok=True)
    with open(RESULTS / name, "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerows([head, *rows])


def rank(found: Found) -> dict[str, np.ndarray]:
    """Return what each strategy costs and saves against none with the same seed, the one that saves most first.

    Returns
    -------
    dict of str to float64[3, 3]
        Cost in calm (points of margin), output saved of all firms and of those outside the struck sector (days of
        30 to a month); each as mean, low and high.
    """
    effects = {}
    for name in STRATEGIES:
        cost, *saved = found[NONE] - found[name]
        effects[name] = np.array([paired_interval(100 * cost), *(paired_interval(30 * part) for part in saved)])
    return dict(sorted(effects.items(), key=lambda item: -item[1][1, 0]))


def tell(found: Found) -> None:
    """Write the ranked table, and say what happens without any strategy."""
    parts = [f"{name}{end}" for name in ("cost", "saved", "elsewhere") for end in ("", "_low", "_high")]
    rows = [
        (name, " ".join(STRATEGIES[name]), *(f"{value:.4f}" for value in effects.ravel()))
        for name, effects in rank(found).items()
    ]
    write("table.csv", ("strategy", "settings", *parts), rows)
    margin, lost, elsewhere = found[NONE].mean(axis=1)
    print(f"none: margin {margin:.4f}, days of output lost {30 * lost:.1f}, outside the sector {30 * elsewhere:.1f}")


def draw(found: Found) -> None:
    """Draw what each strategy saves over what it costs: all of them, and those that cost little once more, larger."""
    ranked = rank(found)
    names = np.array(list(ranked))
    cost, saved = (np.array([effects[k] for effects in ranked.values()]) for k in (0, 1))
    cheap = (cost[:, 0] > CHEAP[0]) & (cost[:, 0] < CHEAP[1])
    with look():
        figure, axes = new_figure(4.4, 1, 2, left=0.08, bottom=0.12, wspace=0.16, top=0.9)
        for axis, named, title in (
            (axes[0, 0], ~cheap, "all strategies"),
            (axes[0, 1], cheap, "the shaded part, larger"),
        ):
            axis.set_yscale("symlog", linthresh=1.0, linscale=0.6)
            axis.set_yticks([-1, 0, 1, 3, 10, 30], ["-1", "0", "1", "3", "10", "30"])
            axis.minorticks_off()
            axis.axhline(0, color=GREY, linewidth=0.8)
            axis.axvline(0, color=GREY, linewidth=0.8)
            for kind, colour, mark in ((saved[:, 1] > 0, BLUE, "o"), (saved[:, 1] <= 0, ORANGE, "s")):
                axis.errorbar(
                    cost[kind, 0],
                    saved[kind, 0],
                    np.abs(saved[kind, 1:].T - saved[kind, 0]),
                    np.abs(cost[kind, 1:].T - cost[kind, 0]),
                    color=colour,
                    fmt=mark,
                    markersize=4.5,
                    elinewidth=1,
                )
            axis.set_ylim(-1.3, 45)
            axis.set_xlabel("cost in calm (points of margin)")
            axis.set_title(title)
            if named is cheap:
                axis.set_xlim(*CHEAP)
            else:
                axis.axvspan(*CHEAP, color=PALE, alpha=0.5, linewidth=0)
                axis.set_xlim(-1.4, 2.5)
            order = np.flatnonzero(named)[np.argsort(-cost[named, 0])]
            place_labels(axis, cost[order, 0], saved[order, 0], list(names[order]), gap=5.0, dots=ends(cost, saved))
        axes[0, 0].set_ylabel("saved in the disaster (days of output)")
    save(Drawn("strategies", "", "", figure), FIGURES)
    (FIGURES / "strategies.svg").unlink()


def ends(cost: np.ndarray, saved: np.ndarray) -> np.ndarray:
    """Return points along the intervals, which names should keep clear of, float64[points, 2]."""
    along = [np.column_stack([np.full(9, c[0]), np.linspace(s[1], s[2], 9)]) for c, s in zip(cost, saved, strict=True)]
    across = [np.column_stack([np.linspace(c[1], c[2], 5), np.full(5, s[0])]) for c, s in zip(cost, saved, strict=True)]
    return np.concatenate(along + across)


if __name__ == "__main__":
    all_runs = read() if "--draw" in sys.argv else measure()
    tell(all_runs)
    draw(all_runs)
