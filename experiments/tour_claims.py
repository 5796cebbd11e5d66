"""Whether the room sees what the guided tour says: every claim of it in 30 worlds of other luck.

``python experiments/tour_claims.py`` (three to six minutes) plays the tour's steps, as static/words.json has them, with
the page's own session and without a browser, and writes results/tour/claims.csv; ``python docs/make.py`` puts the
table into docs/workshop.md. A claim counts as seen where the page itself would show it: numbers are rounded as there.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from emergence.compose import compose
from emergence.measures.graph import as_graph
from emergence.measures.interval import paired_interval
from emergence.page.lane import LINES, members, owed_to_the_network, partners
from emergence.page.server import Page, for_page
from emergence.page.session import Session
from emergence.page.words import all_words

TABLE = Path(__file__).resolve().parents[1] / "results" / "tour" / "claims.csv"
SEEDS = range(5700, 5730)
Command = dict[str, Any]
STEPS: list[list[Command]] = [step["do"] for step in all_words()["tour"]["steps"]]
BEGIN: list[Command] = [{"do": "scenario", "name": "baseline"}]


@dataclass(frozen=True)
class Seen:
    """What a play of commands shows.

    Attributes
    ----------
    lines : dict of str to float
        The six lines at the end.
    gaps : list of dict of str to float
        The lines less the dashed ones after each command, NaN where there are none; and ``members``: firms that sell
        on a platform, % of all.
    most, middle : float
        Partners of the firm with most, and of the firm in the middle (median).
    middle_dashed : float
        Partners of the firm in the middle of the world of the dashed line.
    together : float
        Firms in the largest piece of the network, % of all.
    owed : float
        Steps forward that are owed to the network, of every 100.
    """

    lines: dict[str, float]
    gaps: list[dict[str, float]]
    most: float
    middle: float
    middle_dashed: float
    together: float
    owed: float


def gap(session: Session) -> dict[str, float]:
    """Return how far the lines lie above the dashed ones, and how many firms sell on a platform."""
    ghost = session.other.lines if session.other else []
    ends = zip(session.main.lines[-1], ghost[-1], strict=True) if session.main.lines and ghost else ((np.nan,) * 2,) * 6
    found = {name: float(here - there) for name, (here, there) in zip(LINES, ends, strict=True)}
    return found | {"members": 100.0 * members(session.main) / session.main.simulation.world.size}


def played(seed: int, commands: Iterable[Command]) -> Seen:
    """Follow commands as the tour gives them, in a world of some luck."""
    page = Page(for_page(compose([f"seed={seed}"])))
    session = Session(page.settings, page.compose)
    gaps = []
    for command in commands:
        for one in [{"do": "step"}] * command["months"] if command["do"] == "run" else [command]:
            session.follow(one)
        refused = [word["text"] for word in session.talk if word["kind"] == "refused"]
        if refused:
            raise RuntimeError(f"{command}: {refused}")
        gaps.append(gap(session))
    many, owed = partners(session.main), owed_to_the_network(session.main, session.lone)
    assert owed is not None
    return Seen(
        lines=dict(zip(LINES, session.main.lines[-1], strict=True)),
        gaps=gaps,
        most=float(many.max()),
        middle=float(np.median(many)),
        middle_dashed=float(np.median(partners(session.other))) if session.other else np.nan,
        together=100.0 * as_graph(session.main.simulation.world).giant().number / many.size,
        owed=100.0 * owed,
    )


def plays() -> dict[str, list[Command]]:
    """Return what is played: the six steps by number, and what they are compared with."""
    found = {str(n): commands for n, commands in enumerate(STEPS, 1)}
    found["1 with hubs"] = [*BEGIN, STEPS[0][-1]]
    found["4 without slack"] = [one | {"value": 0} if one["do"] == "condition" else one for one in STEPS[3]]
    for name in ("adaptive_capacity", "shared_purpose"):
        found[f"6 {name}"] = [*BEGIN, {"do": "condition", "name": name, "value": 1}, STEPS[5][-1]]
    return found


World = dict[str, Seen]  # all plays of one seed


def before(commands: list[Command], name: str, press: int = 1) -> int:
    """Return the place of the command before some press of a lever."""
    return [k for k, one in enumerate(commands) if one.get("name") == name][press - 1] - 1


def end(play: str, line: str) -> Callable[[World], float]:
    """Return what tells the gap of a line at the end of a play."""
    return lambda world: world[play].gaps[-1][line]


def at(play: str, place: int, line: str) -> Callable[[World], float]:
    """Return what tells the gap of a line after one command of a play."""
    return lambda world: world[play].gaps[place][line]


def up(value: float) -> bool:
    """Whether the page shows a rise."""
    return round(value) > 0


def down(value: float) -> bool:
    """Whether the page shows a fall."""
    return round(value) < 0


@dataclass(frozen=True)
class Claim:
    """A claim of the tour: what is said, what is measured, and when the room sees it.

    ``sure`` claims are told as what one will see; the others as what may be seen or not.
    """

    question: int
    says: str
    unit: str
    value: Callable[[World], float]
    seen: Callable[[float], bool]
    sure: bool = True


CRISIS, RAISED = before(STEPS[3], "recession"), before(STEPS[4], "platform", 2)
CLAIMS = (
    Claim(1, "the firm with most partners has 1.2 to 2 times as many as the firm in the middle", "times",
          lambda w: w["1"].most / w["1"].middle, lambda v: 1.2 <= v <= 2),
    Claim(1, "at least 95 of 100 firms hang together", "% of firms", lambda w: w["1"].together, lambda v: v >= 95),
    Claim(1, "30 to 55 of 100 steps forward are owed to the network", "of 100", lambda w: w["1"].owed,
          lambda v: 30 <= round(v) <= 55),
    Claim(1, "where hubs bring firms together, the first stands out more", "times",
          lambda w: w["1 with hubs"].most / w["1 with hubs"].middle - w["1"].most / w["1"].middle, lambda v: v > 0),
    Claim(2, "problem solving falls", "points", end("2", "solving"), down),
    Claim(2, "innovations fall", "per 100 firms and year", end("2", "innovations"), down, False),
    Claim(2, "value gained falls", "steps per firm and year", end("2", "value"), down, False),
    Claim(3, "growth falls in the month in which the hub closes", "points", at("3", -2, "growth"), down),
    Claim(3, "two years later growth is within 2 points of the dashed line", "points", end("3", "growth"),
          lambda v: abs(round(v)) <= 2),
    Claim(3, "two years later resilience is within 1 point of the dashed line", "points", end("3", "resilience"),
          lambda v: abs(round(v)) <= 1),
    Claim(4, "the recession still costs growth after two and a half years, with slack", "points",
          end("4", "growth"), down),
    Claim(4, "and without slack", "points", end("4 without slack", "growth"), down),
    Claim(4, "it costs less with slack than without", "points",
          lambda w: w["4"].gaps[-1]["growth"] - w["4 without slack"].gaps[-1]["growth"], lambda v: v > 0),
    Claim(4, "with slack the best output is reached again", "% of best", lambda w: w["4"].lines["resilience"],
          lambda v: round(v) >= 100),
    Claim(4, "without slack it is not", "% of best", lambda w: w["4 without slack"].lines["resilience"],
          lambda v: round(v) < 100),
    Claim(4, "before the recession growth is higher with slack than with the slider in the middle", "points",
          at("4", CRISIS, "growth"), up),
    Claim(4, "before the recession problem solving is lower", "points", at("4", CRISIS, "solving"), down),
    Claim(5, "a third of the firms or more sell on the platform while it keeps 15%", "% of firms",
          at("5", RAISED, "members"), lambda v: v >= 100 / 3),
    Claim(5, "two years after it keeps 35%, fewer than one in twenty still do", "% of firms", at("5", -1, "members"),
          lambda v: v < 5),
    Claim(5, "growth is lower while the platform keeps 15%", "points", at("5", RAISED, "growth"), down, False),
    Claim(5, "growth is lower two years after it keeps 35%", "points", end("5", "growth"), down),
    Claim(5, "equity is lower then", "points", end("5", "equity"), down, False),
    Claim(5, "a larger share of joint projects succeeds then", "points", end("5", "solving"), up),
    Claim(5, "the firm in the middle has fewer partners then", "partners",
          lambda w: w["5"].middle - w["5"].middle_dashed, down),
    Claim(6, "innovations are higher", "per 100 firms and year", end("6", "innovations"), up),
    Claim(6, "problem solving is higher", "points", end("6", "solving"), up),
    Claim(6, "growth is higher", "points", end("6", "growth"), up),
    Claim(6, "resilience is the same at the end, within 1 point", "points", end("6", "resilience"),
          lambda v: abs(round(v)) <= 1),
    Claim(6, "equity is lower", "points", end("6", "equity"), down, False),
    Claim(6, "adaptive capacity alone raises innovations", "per 100 firms and year",
          end("6 adaptive_capacity", "innovations"), up),
    Claim(6, "adaptive capacity alone lowers problem solving", "points", end("6 adaptive_capacity", "solving"), down),
    Claim(6, "shared purpose alone raises problem solving", "points", end("6 shared_purpose", "solving"), up),
)  # fmt: skip


def measured(seeds: Iterable[int] = SEEDS) -> list[dict[str, Any]]:
    """Return a row for each claim: the share of worlds in which it is seen, and the mean with its 95% interval."""
    worlds = [{name: played(seed, commands) for name, commands in plays().items()} for seed in seeds]
    rows = []
    for claim in CLAIMS:
        values = np.array([claim.value(world) for world in worlds])
        mean, low, high = paired_interval(values)
        share = float(np.mean([claim.seen(value) for value in values]))
        told = {"question": claim.question, "claim": claim.says, "sure": claim.sure, "worlds": len(worlds)}
        rows.append(told | {"share": share, "mean": mean, "low": low, "high": high, "unit": claim.unit})
    return rows


def main() -> None:
    """Measure every claim and write the table."""
    rows = measured()
    TABLE.parent.mkdir(parents=True, exist_ok=True)
    with open(TABLE, "w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, rows[0], lineterminator="\n")
        writer.writeheader()
        for row in rows:
            writer.writerow({key: f"{value:.6g}" if isinstance(value, float) else value for key, value in row.items()})
            print(f"{row['question']} {row['share']:4.0%} {row['mean']:8.2f}  {row['claim']}")


if __name__ == "__main__":
    main()
