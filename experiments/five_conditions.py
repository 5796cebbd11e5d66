"""What the five conditions do, alone and in pairs: the tables and figures of docs/five-conditions.md.

``emergence sweep study=five_conditions`` runs the study (5,000 runs); then ``python experiments/five_conditions.py
[FOLDER]`` writes results/five_conditions/, docs/figures/five_*.png and the tables between the marks of
docs/five-conditions.md.
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Any

import emergence as em
from emergence.figures.study import draw_study, name_of, title_of
from emergence.figures.style import render
from emergence.report.study import short, signed
from emergence.study.analysis import Analysis

TOP = Path(__file__).resolve().parents[1]
FOLDER = TOP / "results" / "sweeps" / "five_conditions"
TABLES = ("fit", "effects", "indices", "synergy", "curves")
SKELETON = """# The five conditions

<!-- generated: five-fit -->
<!-- end -->

![Effects](figures/five_effects.png)

<!-- generated: five-effects -->
<!-- end -->

![Indices](figures/five_indices.png)

<!-- generated: five-indices -->
<!-- end -->

![Synergy](figures/five_synergy.png)

<!-- generated: five-synergy -->
<!-- end -->

![Curves](figures/five_curves.png)

![Phases](figures/five_phases.png)
"""


def keep(study: Any, found: Analysis, folder: Path) -> None:
    """Write what is kept of the study: a row a point, the tables, and what made them."""
    folder.mkdir(parents=True, exist_ok=True)
    grouped = study.summary.groupby("point")[study.outcomes]
    frame = study.design.set_index("point").join(grouped.mean()).join(grouped.std().add_suffix("_sd"))
    frame.to_csv(folder / "points.csv", float_format="%.5g", lineterminator="\n")
    for name in TABLES:
        found.table(name).to_csv(folder / f"{name}.csv", index=False, float_format="%.5g", lineterminator="\n")
    told = {key: study.manifest[key] for key in ("identity", "codes", "points", "replicates", "failed")}
    (folder / "study.json").write_text(json.dumps(told, indent=1, sort_keys=True) + "\n", encoding="utf-8")


def table(head: list[str], rows: list[list[str]]) -> str:
    """Return a Markdown table."""
    return "\n".join("| " + " | ".join(cells) + " |" for cells in [head, ["---"] * len(head), *rows])


def estimate(row: Any, digits: int | None = None) -> str:
    """Return an estimate with its interval; bold where that leaves out 0."""
    say = short if digits is None else (lambda value: f"{value:.{digits}f}")
    first = signed(row.estimate) if digits is None else say(row.estimate)
    text = f"{first} [{say(row.low)}, {say(row.high)}]"
    return f"**{text}**" if row.low > 0 or row.high < 0 else text


def fit(found: Analysis) -> str:
    """Return the outcomes, their spread, and how well the surface predicts them."""
    rows = []
    for row in found.table("fit").itertuples():
        unit, meaning = found.sample.about[row.outcome]
        cells = [short(row.mean), short(row.sd_points), f"{row.noise:.2f}", str(row.degree), f"{row.r2_cv:.2f}"]
        rows.append([f"{title_of(row.outcome)}: {meaning}", "" if unit == "1" else unit, *cells])
    return table(["outcome", "unit", "mean", "SD between points", "of its variance luck", "degree", "R2 cv"], rows)


def by_factor(found: Analysis, name: str, digits: int | None = None, **where: str) -> str:
    """Return a table with outcomes as rows and factors as columns."""
    frame = found.table(name)
    for key, value in where.items():
        frame = frame[frame[key] == value]
    factors = list(dict.fromkeys(frame["factor"]))
    rows = []
    for outcome, part in frame.groupby("outcome", sort=False):
        cells = {row.factor: estimate(row, digits) for row in part.itertuples()}
        unit = part["unit"].iloc[0]
        head = title_of(outcome) + (f", {unit}" if digits is None and unit not in ("1", "") else "")
        rows.append([head, *(cells.get(factor, "") for factor in factors)])
    return table(["outcome", *(name_of(factor) for factor in factors)], rows)


def synergy(found: Analysis) -> str:
    """Return the synergies that stand when all are asked at once."""
    frame = found.table("synergy")
    if not len(frame):
        return "No interaction helped to predict any outcome."
    sd = found.table("fit").set_index("outcome")["sd_points"]
    frame = frame.assign(scaled=frame["estimate"] / frame["outcome"].map(sd))
    stand = frame[frame["together"]]
    rows = [
        [
            title_of(row.outcome), f"{name_of(row.factor)}, {name_of(row.other)}", estimate(row), row.unit,
            f"{row.scaled:+.2f}",
        ]
        for row in stand.loc[stand["scaled"].abs().sort_values(ascending=False).index].itertuples()
    ]  # fmt: skip
    clear = int(((frame["low"] > 0) | (frame["high"] < 0)).sum())
    said = (
        f"Of {len(frame)} synergies the interval of {clear} leaves out 0; {len(stand)} stand if all are asked at once:"
    )
    return f"{said}\n\n" + table(["outcome", "pair", "synergy", "unit", "in SD between points"], rows)


def fill(path: Path, blocks: dict[str, str]) -> None:
    """Put tables between their marks; other text stays as it is."""
    text = path.read_text(encoding="utf-8") if path.exists() else SKELETON
    for name, content in blocks.items():
        marks = re.compile(rf"(<!-- generated: {name} -->\n)(?:(?!<!-- ).)*(<!-- end -->)", re.DOTALL)
        text = marks.sub(lambda found, content=content: f"{found[1]}{content}\n{found[2]}", text)
    path.write_text(text, encoding="utf-8")


def main(folder: Path, top: Path = TOP) -> None:
    """Analyse the study in a folder and write all that is kept, below `top`."""
    study = em.load_study(folder)
    found = study.analyse(report=False)
    keep(study, found, top / "results" / "five_conditions")
    figures = top / "docs" / "figures"
    figures.mkdir(parents=True, exist_ok=True)
    for drawn in draw_study(found):
        (figures / f"five_{drawn.name}.png").write_bytes(render(drawn.figure, "png"))
    blocks = {
        "five-fit": fit(found),
        "five-effects": by_factor(found, "effects"),
        "five-indices": by_factor(found, "indices", 2, index="total"),
        "five-synergy": synergy(found),
    }
    fill(top / "docs" / "five-conditions.md", blocks)


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER, Path(sys.argv[2]) if len(sys.argv) > 2 else TOP)
