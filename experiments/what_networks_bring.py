"""What the network brings in the default world, and where it begins to matter who is tied to whom.

``python experiments/what_networks_bring.py`` runs both parts (five to ten minutes) and writes
results/emergence/ and docs/figures/; with ``--draw`` it only draws the second part again, with ``--reasons``
it only looks into the reasons again.
``python docs/make.py`` then puts the tables into docs/emergence.md and the README.
"""

from __future__ import annotations

import csv
import platform
import sys
from pathlib import Path

import numpy as np

import emergence as em
from emergence.figures.causes import TITLES, emergence_figure
from emergence.figures.style import BLUE, GREY, RED, Drawn, look, new_figure, save
from emergence.measures.emergence import OUTCOMES
from emergence.measures.interval import paired_interval

TOP = Path(__file__).resolve().parents[1]
RESULTS, FIGURES = TOP / "results" / "emergence", TOP / "docs" / "figures"
REPLICATES = 30
LEVELS = (0.0, 0.25, 0.5, 0.75, 1.0)
# The same firms, once in towns that keep to themselves and once mixed.
PLACES = {"towns": (), "mixed": ("network=random", "network.degree=3", "rules.search.distance=1000")}
LAYERS, TERMS = ("development", "strategic"), ("complementarity", "cognitive")
SHOWN = ("joint_income", "mean_z", "useful")


def write(path: Path, columns: dict[str, np.ndarray]) -> None:
    """Write columns as CSV, numbers with nine digits."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path, "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(columns)
        for row in zip(*columns.values(), strict=True):
            writer.writerow([f"{v:.9g}" if isinstance(v, float | np.floating) else v for v in row])


def machine() -> str:
    """Return what decides the last digits of a run: processor, system, numpy."""
    file = Path("/proc/cpuinfo")
    lines = file.read_text().splitlines() if file.exists() else []
    model = next((line.split(":")[1].strip() for line in lines if line.startswith("model name")), platform.processor())
    return f"{model}, {platform.system()}, numpy {np.__version__}"


def default_world() -> None:
    """Follow the default world and its twins over 30 seeds."""
    twins = em.twins(replicates=REPLICATES)
    write(RESULTS / "baseline.csv", twins.table())
    frame = twins.emergence()
    write(RESULTS / "parts.csv", {name: frame[name].to_numpy() for name in frame})
    (RESULTS / "machine.txt").write_text(machine() + "\n", encoding="utf-8")
    drawn = emergence_figure(twins)
    save(drawn, FIGURES)
    (FIGURES / "emergence.svg").unlink()


def where_structure_matters() -> None:
    """Raise what firms of one town have in common, with ties at home and with ties anywhere."""
    rows: dict[str, list[object]] = {
        name: [] for name in ("place", "level", "replicate", "outcome", "structure", "whole")
    }
    for place, overrides in PLACES.items():
        for level in LEVELS:
            common = (f"founders.redundancy={level}", f"founders.specialists={level}")
            twins = em.twins("scenario=towns", *common, *overrides, replicates=REPLICATES)
            for outcome in OUTCOMES:
                values = twins.values(outcome)
                for k in range(REPLICATES):
                    structure, whole = (
                        float(values[a][k] - values[b][k]) for a, b in (("frozen", "rewired"), ("net", "isolated"))
                    )
                    for name, value in zip(rows, (place, level, k, outcome, structure, whole), strict=True):
                        rows[name].append(value)
            print(place, level, {o: paired_interval(values_of(rows, place, level, o)) for o in SHOWN})
    columns = {name: np.array(values, object) for name, values in rows.items()}
    write(RESULTS / "structure.csv", columns)
    draw(columns)


def reasons() -> None:
    """Look into why: months compared alike, what firms choose by, and no orchestrator."""
    anywhere = ("scenario=towns", *PLACES["mixed"])
    none = {name: tuple(f"rules.formation.{layer}.{name}=0" for layer in LAYERS) for name in TERMS}
    settings = {
        "towns, parted after 1 year, 5 years compared": ("scenario=towns", "twins.month=12", "steps=72"),
        "towns, parted after 5 years, 5 years compared": ("scenario=towns", "twins.month=60", "steps=120"),
        "ties anywhere": anywhere,
        "ties anywhere, complementarity not minded": (*anywhere, *none["complementarity"]),
        "ties anywhere, distance of knowledge not minded": (*anywhere, *none["cognitive"]),
        "ties anywhere, neither minded": (*anywhere, *none["complementarity"], *none["cognitive"]),
        "default world without an orchestrator": ("orchestration=mesh",),
    }
    frames = []
    for name, overrides in settings.items():
        frame = em.twins(*overrides, replicates=REPLICATES).emergence(("joint_income", "value_gained", "mean_z"))
        frame.insert(0, "setting", name)
        frames.append(frame)
        print(frame.to_string())
    write(RESULTS / "reasons.csv", {name: np.concatenate([f[name].to_numpy() for f in frames]) for name in frames[0]})


def values_of(rows: dict[str, list[object]], place: str, level: float, outcome: str) -> np.ndarray:
    """Return the structure part of one setting, float64[replicates]."""
    at = zip(rows["place"], rows["level"], rows["outcome"], rows["structure"], strict=True)
    return np.array([value for p, l, o, value in at if (p, l, o) == (place, level, outcome)], float)


def draw(columns: dict[str, np.ndarray]) -> None:
    """Draw the structure part over how much firms of a town have in common."""
    rows = {name: list(values) for name, values in columns.items()}
    with look():
        figure, axes = new_figure(2.6, 1, len(SHOWN), bottom=0.2, wspace=0.55, left=0.11)
        for axis, outcome in zip(axes[0], SHOWN, strict=True):
            for place, colour, words in (("towns", RED, "ties at home"), ("mixed", BLUE, "ties anywhere")):
                found = np.array([paired_interval(values_of(rows, place, level, outcome)) for level in LEVELS])
                axis.fill_between(LEVELS, found[:, 1], found[:, 2], color=colour, alpha=0.2, linewidth=0)
                axis.plot(LEVELS, found[:, 0], color=colour, marker="o", markersize=4, label=words)
            axis.axhline(0, color=GREY, linewidth=0.8)
            axis.set_title(TITLES[outcome])
            axis.set_ylabel(f"structure\n({OUTCOMES[outcome].unit})", fontsize=8)
            axis.set_xlabel("what a town has in common")
        axes[0, 0].legend(loc="lower left")
    drawn = Drawn("structure", "", "", figure)
    save(drawn, FIGURES)
    (FIGURES / "structure.svg").unlink()


def read(path: Path) -> dict[str, np.ndarray]:
    """Read columns that `write` wrote."""
    with open(path, newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    numbers = ("level", "structure", "whole")
    return {k: np.array([float(row[k]) if k in numbers else row[k] for row in rows], object) for k in rows[0]}


if __name__ == "__main__":
    if "--reasons" in sys.argv:
        reasons()
    elif "--draw" in sys.argv:
        draw(read(RESULTS / "structure.csv"))
    else:
        default_world()
        where_structure_matters()
        reasons()
