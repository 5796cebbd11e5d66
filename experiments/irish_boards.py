"""How the lives of simulated ties compare with those of board interlocks in Ireland, 2003 to 2013.

``python experiments/irish_boards.py FOLDER`` (a minute) reads firms.csv and ties.csv in a folder, starts a world of
the first year's firms and ties under 30 lucks, and looks at it once a year as the data look at the boards. It writes
results/irish_boards/, which holds sums and shares only, and docs/figures/irish-boards.svg; ``python docs/make.py``
puts the table into docs/irish-boards.md. Without FOLDER the variable EMERGENCE_BOARDS names it. With ``--draw`` it only
draws again; with ``--reasons`` it only looks into why simulated ties become more.
"""

from __future__ import annotations

import argparse
import csv
import os
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from panels import Panel, degrees, summary, survival, yearly

from emergence.build import make_simulation
from emergence.compose import compose
from emergence.errors import Refusal
from emergence.figures.style import BLACK, BLUE, Drawn, look, new_figure, save
from emergence.measures.interval import paired_interval
from emergence.network_io import ImportedNetwork, read_network
from emergence.schema import LAYERS
from emergence.world import World

TOP = Path(__file__).resolve().parents[1]
RESULTS, FIGURES = TOP / "results" / "irish_boards", TOP / "docs" / "figures"
FOLDER = "EMERGENCE_BOARDS"
SEEDS = (5600, 30)  # the first, and how many
REASONS = {  # without what ties might become more
    "default rules": (),
    "strategic ties alone": ("layers=[strategic]",),
    "ties in another layer do not count": (
        "rules.formation.strategic.other_layer=0",
        "rules.dissolution.embedded=1",
    ),
    "practices stay as they are": ("rules.innovation.enabled=false", "rules.environment.drift=0"),
    "nobody comes or goes": ("rules.exit.enabled=false", "rules.entry.enabled=false", "rules.credit.enabled=false"),
}
LAYER = LAYERS.index("strategic")
SOURCE = (
    "The data are the director-by-board lists of the R package IrishDirectorates 1.4 (GPL-3, on CRAN; Friel, Rastelli, "
    "Wyse and Raftery 2016), projected onto companies: ties.csv with source,target,year for each pair that shares a "
    "director at the end of a year, firms.csv with id,name,first_year,last_year. They are not part of the project."
)


def find_folder(given: str | None) -> Path:
    """Return the folder of the data, or refuse and say where to get them."""
    named = given or os.environ.get(FOLDER, "")
    folder = Path(named)
    if not named:
        raise Refusal(f"no data: python experiments/irish_boards.py FOLDER, or set {FOLDER}. {SOURCE}")
    for file in ("firms.csv", "ties.csv"):
        if not (folder / file).is_file():
            raise Refusal(f"{folder}: there is no {file}. {SOURCE}")
    return folder


def read_panel(folder: Path) -> tuple[Panel, list[int]]:
    """Return the data as a panel, and their years."""
    with open(folder / "ties.csv", newline="", encoding="utf-8") as file:
        ties = [(int(row["year"]), *sorted((row["source"], row["target"]))) for row in csv.DictReader(file)]
    with open(folder / "firms.csv", newline="", encoding="utf-8") as file:
        stay = {row["id"]: (int(row["first_year"]), int(row["last_year"])) for row in csv.DictReader(file)}
    years = list(range(min(tie[0] for tie in ties), max(tie[0] for tie in ties) + 1))
    firms = [{name for name, (first, last) in stay.items() if first <= year <= last} for year in years]
    return Panel(firms, [{(a, b) for at, a, b in ties if at == year} for year in years]), years


def first_year(folder: Path, year: int) -> ImportedNetwork:
    """Return the network of a year, with the firms that were there in it, tied or not."""
    whole = read_network(folder / "ties.csv", folder / "firms.csv", year=year)
    stay = zip(whole.extra_firms["first_year"], whole.extra_firms["last_year"], strict=True)
    kept = np.flatnonzero([int(first) <= year <= int(last) for first, last in stay])
    place = {old: new for new, old in enumerate(kept.tolist())}
    return replace(
        whole,
        ids=[whole.ids[k] for k in kept],
        names=[whole.names[k] for k in kept],
        attributes={name: values[kept] for name, values in whole.attributes.items()},
        extra_firms={name: [values[k] for k in kept] for name, values in whole.extra_firms.items()},
        source=np.array([place[k] for k in whole.source.tolist()], np.int64),
        target=np.array([place[k] for k in whole.target.tolist()], np.int64),
    )


def follow(start: ImportedNetwork, years: int, seed: int, overrides: Sequence[str] = ()) -> Panel:
    """Run the default rules from a network and return what is there at the end of each year, the start included."""
    quiet = ("output.events=false", "output.every=100000")
    settings = compose(["network=file", f"seed={seed}", *quiet, *overrides])
    simulation = make_simulation(settings, imported=start)
    seen = [snapshot(simulation.world)]
    for _ in range(years - 1):
        seen.append(snapshot(simulation.advance(12, measure=False).world))
    return Panel(*(list(part) for part in zip(*seen, strict=True)))


def snapshot(world: World) -> tuple[set, set]:
    """Return the firms and the strategic ties that are there now, by uid."""
    uid = world.firms.uid
    a, b, _ = world.ties[LAYER].pairs()
    return set(uid.tolist()), set(zip(uid[a].tolist(), uid[b].tolist(), strict=True))


def told(panel: Panel) -> dict[str, np.ndarray]:
    """Return all that is compared: one number each, curves by years since, by year and by number of ties."""
    curves = {"all ties": survival(panel), "new ties": survival(panel, new=True), "degrees": degrees(panel)}
    return (
        {name: np.array([value]) for name, value in summary(panel).items()}
        | curves
        | {f"by year: {name}": values for name, values in yearly(panel).items()}
    )


def compare(folder: Path, seeds: range) -> list[dict[str, str]]:
    """Return a row for each number compared: data, mean of the runs with its interval, and where 95% of runs lie."""
    panel, years = read_panel(folder)
    data, start = told(panel), first_year(folder, years[0])
    runs = []
    for seed in seeds:
        runs.append(told(follow(start, len(years), seed)))
        print(f"seed {seed}: {runs[-1]['survive_1'][0]:.2f} of ties are there after a year", flush=True)
    rows = []
    for name, values in data.items():
        found = np.array([run[name] for run in runs])
        for place, value in enumerate(values):
            at = years[place] if name.startswith("by year") else place
            numbers = [value, *interval(found[:, place])]
            rows.append(dict(zip(COLUMNS, [name, str(at), *(f"{number:.6g}" for number in numbers)], strict=True)))
    return rows


COLUMNS = ("what", "at", "data", "mean", "low", "high", "run_low", "run_high")


def interval(values: np.ndarray) -> tuple[float, ...]:
    """Return the mean, its 95% interval, and the range that holds 95% of the runs; NaN where a run has no number."""
    values = values[np.isfinite(values)]
    if not values.size:
        return (float("nan"),) * 5
    return *paired_interval(values), *np.percentile(values, (2.5, 97.5)).tolist()


def look_into_reasons(folder: Path, seeds: range) -> list[dict[str, str]]:
    """Return mean ties per firm by year under rules without one thing each, with 95% intervals."""
    years = read_panel(folder)[1]
    start, rows = first_year(folder, years[0]), []
    for name, overrides in REASONS.items():
        runs = [yearly(follow(start, len(years), seed, overrides))["ties_per_firm"] for seed in seeds]
        for year, found in zip(years, np.array(runs).T, strict=True):
            numbers = [f"{number:.6g}" for number in paired_interval(found)]
            rows.append(dict(zip(("without", "year", "mean", "low", "high"), [name, str(year), *numbers], strict=True)))
        print(rows[-1], flush=True)
    return rows


def write(rows: list[dict[str, str]], folder: Path, name: str = "table.csv") -> None:
    """Write the numbers compared as CSV."""
    folder.mkdir(parents=True, exist_ok=True)
    with open(folder / name, "w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def read(folder: Path) -> list[dict[str, str]]:
    """Read what `write` wrote."""
    with open(folder / "table.csv", newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


PANELS = (
    ("all ties", "Ties there at the end of a year", "years since", "share still there"),
    ("new ties", "Ties new in that year", "years since", ""),
    ("by year: ties_per_firm", "Ties of a firm", "end of year", "ties per firm"),
    ("degrees", "Firms by number of ties, all years", "ties (6: six or more)", "share of firms"),
)


def draw(rows: list[dict[str, str]], folder: Path) -> None:
    """Draw the curves of the data over the range of the runs."""
    with look():
        figure, axes = new_figure(5.2, 2, 2, top=0.93, bottom=0.1, hspace=0.5, wspace=0.2)
        for axis, (name, title, across, up) in zip(axes.flat, PANELS, strict=True):
            shown = [row for row in rows if row["what"] == name]
            at, data, mean, low, high = (
                np.array([float(row[column]) for row in shown])
                for column in ("at", "data", "mean", "run_low", "run_high")
            )
            axis.fill_between(at, low, high, color=BLUE, alpha=0.2, linewidth=0, label="19 of 20 runs")
            axis.plot(at, mean, color=BLUE, label="mean of the runs")
            axis.plot(at, data, "o-", color=BLACK, markersize=4, label="boards in Ireland")
            axis.set_title(title)
            axis.set_xlabel(across)
            axis.set_ylabel(up)
            axis.set_ylim(0, None if name.startswith(("by", "deg")) else 1.02)
        axes[0, 0].legend()
    save(Drawn("irish-boards", "", "", figure), folder)
    (folder / "irish-boards.png").unlink()


def main(arguments: list[str]) -> int:
    """Do what the command line asks; 2 when the input is refused."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n\n")[0])
    parser.add_argument("folder", nargs="?", help=f"of firms.csv and ties.csv; default: ${FOLDER}")
    parser.add_argument("--draw", action="store_true", help="only draw again")
    parser.add_argument("--reasons", action="store_true", help="only look into why ties become more")
    parser.add_argument("--seeds", type=int, default=SEEDS[1], help="how many lucks")
    parser.add_argument("--results", type=Path, default=RESULTS)
    parser.add_argument("--figures", type=Path, default=FIGURES)
    asked = parser.parse_args(arguments)
    seeds = range(SEEDS[0], SEEDS[0] + asked.seeds)
    try:
        if asked.reasons:
            write(look_into_reasons(find_folder(asked.folder), seeds), asked.results, "reasons.csv")
            return 0
        if not asked.draw:
            write(compare(find_folder(asked.folder), seeds), asked.results)
    except Refusal as refusal:
        print(refusal, file=sys.stderr)
        return 2
    draw(read(asked.results), asked.figures)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
