"""A run in plain words. Every number has its unit; what happened together is not called a cause."""

from __future__ import annotations

from pathlib import PurePath
from typing import TYPE_CHECKING, Any

from emergence.build import condition_levels
from emergence.config import Rules, Settings, get
from emergence.figures.findings import Findings
from emergence.figures.shocks import Felt, felt_shocks
from emergence.files.plain import literal
from emergence.measures.survival import Survival
from emergence.report.causes import brought, gist, robust, taken
from emergence.report.reproduce import as_told, differences
from emergence.report.say import change, count, listing, money, number, percent
from emergence.schema import BITS

if TYPE_CHECKING:
    import pandas as pd

    from emergence.network_io import ImportedNetwork
    from emergence.runs import Result, Snapshot

SHOCKS_TOLD, CHANGES_TOLD = 6, 8
NAMED = 3  # central firms that are named


def summary(result: Result, findings: Findings | None = None) -> list[str]:
    """Return the run in six to eight lines for a terminal.

    Parameters
    ----------
    result : Result
    findings : Findings, optional
        If what follows from the result was computed before.
    """
    found = findings or Findings(result)
    middle = centre(found)[: 2 if found.named else 1]
    lines = [*what_was_run(found)[:1], *size_and_ties(found)[:2], *middle, *innovation(found)[:1]]
    lines += [*survival(found)[:1], *shocks(found)[:2], *gist(found)]
    return [*lines, how_sure(found)[0]]


def first_page(result: Result, findings: Findings | None = None) -> dict[str, list[str]]:
    """Return the first page of a report: sections, each a list of sentences, in order."""
    found = findings or Findings(result)
    return {
        "What was run": what_was_run(found),
        "What happened": [
            *size_and_ties(found),
            *centre(found),
            *economy(found),
            *shocks(found),
            *taken(found),
            *robust(found),
        ],
        "What the network brought": brought(found),
        "What came out of it": [
            *innovation(found),
            *problem_solving(found),
            *survival(found),
            *ties_last(found),
        ],
        "How sure": how_sure(found),
        "What was assumed": assumed(found),
    }


def what_was_run(found: Findings) -> list[str]:
    """Say which scenario, for how long, with how many firms, and what shocks."""
    settings, n = found.settings, found.start.uid.size
    months = count(found.end.step, "month")
    what = f"Scenario {settings.scenario}" if found.title == settings.scenario else f"Network {found.title}"
    title = f"{what}: {count(n, 'firm')}, {months}, seed {settings.seed}."
    about = [sentence(settings.about)] if settings.about.strip() and as_told(settings) else []
    return [title, *about, *changes(settings), dated_shocks(settings)]


def changes(settings: Settings) -> list[str]:
    """Say what differs from the scenario of the library."""
    keys = [key for key in differences(settings) if key not in ("seed", "scenario", "about")]
    if not keys:
        return []
    shown = [f"{key}={told(key, get(settings, key))}" for key in keys[:CHANGES_TOLD]]
    more = [f"{len(keys) - CHANGES_TOLD} more"] if len(keys) > CHANGES_TOLD else []
    return [f"Changed against the scenario of the library: {listing([*shown, *more])}."]


def told(key: str, value: Any) -> str:
    """Return a setting's value; of a file its name alone, for where it lies is nobody else's concern."""
    return PurePath(value).name if value and key in ("network.ties", "network.firms") else literal(value)


def dated_shocks(settings: Settings) -> str:
    """Say which shocks strike when."""
    felt = felt_shocks(settings)
    dated = [f"month {number(one.shock.month)}, {one.words}{story(one)}" for one in felt[:SHOCKS_TOLD]]
    more = f"; and {number(len(felt) - SHOCKS_TOLD)} more" if len(felt) > SHOCKS_TOLD else ""
    return f"Shocks: {'; '.join(dated)}{more}." if felt else "No shocks struck."


def story(felt: Felt) -> str:
    """Return what a scenario says of a shock, in quotation marks after a colon; nothing if it says nothing."""
    return f': "{felt.says}"' if felt.says else ""


def sentence(text: str) -> str:
    """Return text with a full stop."""
    text = " ".join(text.split())
    return text if text.endswith((".", "!", "?")) else text + "."


def size_and_ties(found: Findings) -> list[str]:
    """Say how many firms and ties there were and are, and how dense the network is."""
    if not found.end.step:
        first = f"No month was run: there are {count(found.start.uid.size, 'firm')} and {_ties(found.start)}."
        return [first, *density(found)]
    firms = f"Firms: {change(found.start.uid.size, found.end.uid.size)}{turnover(found)}."
    return [firms, *density(found)]


def turnover(found: Findings) -> str:
    """Say how many firms came and went."""
    steps = found.result.steps
    if not len(steps) or found.settings.output.every > 1:
        return ""
    parts = [f"{number(steps['entries'].sum())} founded", f"{number(steps['exits'].sum())} ended"]
    defaults = float(steps["defaults"].sum())
    note = f", {number(defaults)} of them by default" if defaults else ""
    return f" ({', '.join(parts)}{note})"


def _ties(moment: Snapshot) -> str:
    return count(sum(t[0].size for t in moment.ties.values()), "tie")


def density(found: Findings) -> list[str]:
    """Say how many ties there are, per firm and as a share of possible pairs, and who has none."""
    start, end = found.start_positions, found.end_positions
    n = len(end)
    ties = [sum(t[0].size for t in m.ties.values()) for m in (found.start, found.end)]
    pairs = n * (n - 1) / 2
    share = end["partners"].sum() / 2 / pairs if pairs else 0.0
    was, now = (float(t["partners"].mean()) if len(t) else 0.0 for t in (start, end))
    group = (float(end["reachable"].max()) * (n - 1) + 1) / n if n else 0.0
    alone = [int((t["partners"] == 0).sum()) for t in (start, end)]
    if not n:
        return ["No firm is left."]
    return [
        f"Ties over all layers: {change(*ties)}; partners per firm: {change(was, now, 1)} on average. "
        f"{'Fewer than 0.1%' if 0 < share < 0.001 else percent(share, 1)} of all pairs of firms have a tie.",
        f"Firms without any tie: {change(*alone)}. The largest connected group holds {percent(group)} of "
        "firms at the end.",
    ]


def centre(found: Findings) -> list[str]:
    """Say who is central at the start and at the end, and what changed."""
    start, end = found.start_positions, found.end_positions
    if not len(end) or not end["partners"].any():
        return ["No firm is central: there are no ties."]
    lines = [f"Most partners at the end: {_leaders(found, end, 'partners')}."]
    if found.end.step and len(start) and start["partners"].any():
        lines = [f"Most partners at the start: {_leaders(found, start, 'partners')}.", *lines]
        lines = [" ".join(lines)]
    lines += bridges(found)
    if found.end.step and found.named:
        lines += moved(found)
    return lines


def bridges(found: Findings) -> list[str]:
    """Say through whom most shortest paths run, at the start and at the end."""
    said = []
    for when, table in (("start", found.start_positions), ("end", found.end_positions)):
        if (when == "start" and not found.end.step) or not len(table) or not (table["betweenness"] > 0).any():
            continue
        said.append(f"at the {when} {_leaders(found, table, 'betweenness')}")
    return [f"In the middle (share of shortest paths between others): {'; '.join(said)}."] if said else []


def _leaders(found: Findings, table: pd.DataFrame, by: str) -> str:
    top = table.sort_values(by, ascending=False, kind="stable").head(NAMED)
    top = top[top[by] > 0]
    value = (lambda v: percent(v, 1)) if by == "betweenness" else number
    return listing([f"{found.name(uid)} ({value(v)})" for uid, v in zip(top["uid"], top[by], strict=True)])


def moved(found: Findings) -> list[str]:
    """Say what became of those who were central at the start, and who is new among them."""
    start, end = found.start_positions, found.end_positions.set_index("uid")
    first = start[start["partners"] > 0].head(NAMED)
    rank = end["partners"].rank(ascending=False, method="min")
    said = []
    for uid, k in zip(first["uid"], first["partners"], strict=True):
        if uid not in end.index:
            said.append(f"{found.name(uid)} is gone")
            continue
        said.append(
            f"{found.name(uid)} went from {count(k, 'partner')} to {number(end.loc[uid, 'partners'])} "
            f"(rank {int(rank.loc[uid])} of {len(end)})"
        )
    new = [found.name(uid) for uid in found.end_positions["uid"].head(NAMED) if uid not in set(first["uid"])]
    text = f"Of the {NAMED} with most partners at the start, " if len(first) > 1 else "At the start alone on top, "
    lines = [text + listing(said) + "."]
    return lines + ([f"New among the {NAMED} with most partners at the end: {listing(new)}."] if new else [])


def economy(found: Findings) -> list[str]:
    """Say what became of output and of inequality, as means of the first and last twelve months."""
    steps = found.result.steps
    if not len(steps):
        return []
    first, last = steps[steps["step"] <= 12], steps[steps["step"] > found.end.step - 12]
    first, last = (part if len(part) else steps for part in (first, last))
    lines = []
    if found.result.simulation.rules.market.enabled:
        before, after = float(first["output"].mean()), float(last["output"].mean())
        lines.append(f"Output of all firms: {money(before)} a month in the first year, {money(after)} in the last.")
    gini = change(steps["gini_size"].iloc[0], steps["gini_size"].iloc[-1], 2)
    lines.append(f"Inequality of size (Gini, 0 equal to 1): {gini}.")
    success = [_share(part) for part in (first, last)]
    if steps["projects"].sum() > 0:
        lines.append(
            f"Joint projects that succeeded: {percent(success[0])} in the first year, {percent(success[1])} "
            "in the last; mean strength of ties "
            f"{change(steps['mean_strength'].iloc[0], steps['mean_strength'].iloc[-1], 2)}, mean trust "
            f"{change(steps['mean_trust'].iloc[0], steps['mean_trust'].iloc[-1], 2)} (both from 0 to 1)."
        )
    return lines


def _share(steps: pd.DataFrame) -> float:
    projects = float(steps["projects"].sum())
    return float((steps["success_rate"] * steps["projects"]).sum()) / projects if projects else float("nan")


def innovation(found: Findings) -> list[str]:
    """Say the four numbers of innovation, per 100 firms and year."""
    if not len(found.result.steps) or not found.result.steps["tries"].sum():
        return ["No firm tried a new practice."]
    rate = {name: found.per_year(name)[0] for name in ("innovations", "useful", "adopted", "value_gained")}
    lines = [
        f"Innovation per 100 firms and year: {number(rate['innovations'])} practices never used before, "
        f"{number(rate['useful'])} of them useful (z above {found.settings.rules.innovation.useful:g}), "
        f"{number(rate['adopted'])} first taken over by a partner, and {number(rate['value_gained'], 1)} z "
        "of value gained."
    ]
    late = found.result.steps.iloc[-12:]
    if (late["novelty"] > 0).any() and (late["diffusion_halftime"] > 0).any():
        lines.append(
            f"In the last year a new practice differed in {number(late['novelty'].mean(), 1)} of {BITS} bits from the "
            f"nearest other in use, and half of all takeovers came within "
            f"{number(late['diffusion_halftime'].mean(), 1)} months of an innovation's first use."
        )
    half = found.end.step // 2
    if half >= 12:
        parts = [found.per_year("useful", *span)[0] for span in ((0, half), (half, found.end.step))]
        lines.append(
            f"Useful innovations per 100 firms and year: {number(parts[0])} in the first half of the run, "
            f"{number(parts[1])} in the second."
        )
    return lines


def problem_solving(found: Findings) -> list[str]:
    """Say how good practices are and how many different ones are in use."""
    steps = found.result.steps
    if not len(steps):
        return []
    mean, best = (change(steps[n].iloc[0], steps[n].iloc[-1], 2) for n in ("mean_z", "best_z"))
    return [
        f"Problem solving: mean value of practices {mean} z, best {best} z (z counts standard deviations "
        "above a random practice); different practices in use: "
        f"{change(steps['distinct'].iloc[0], steps['distinct'].iloc[-1])}."
    ]


def survival(found: Findings) -> list[str]:
    """Say how many entrants lived how long, with the interval."""
    if not found.settings.output.events:
        return ["Survival of firms and ties is not known: events were not recorded (output.events=false)."]
    curve = found.entrants
    if not curve.number:
        return ["No firm was founded during the run."]
    shares = []
    for years in (1, 3, 5, 10):
        at = curve.at(12 * years)
        if at:
            shares.append(f"{percent(at[0])} ({percent(at[1])} to {percent(at[2])}) after {count(years, 'year')}")
    lead = f"Of {count(curve.number, 'firm')} founded during the run, "
    if not shares:
        return [f"{lead}{number(curve.ended)} ended; none was seen for a whole year."]
    return [f"{lead}the share still there was {listing(shares)} (95% intervals)."]


def ties_last(found: Findings) -> list[str]:
    """Say how long half of the ties last, by layer."""
    return [
        f"Half of the {name} ties formed during the run had ended after {median(curve)}."
        if curve.median()[0] is not None
        else f"Most {name} ties formed during the run went on: half last more than {count(curve.longest, 'month')}."
        for name, curve in found.tie_lives.items()
        if curve.longest > 0
    ]


def median(curve: Survival) -> str:
    """Return the median life with its interval, or ``more than X months``."""
    middle, low, high = curve.median()
    longest = count(curve.longest, "month")
    if middle is None:
        return f"more than {longest}"
    upper = f"more than {longest}" if high is None else number(high)
    return f"{count(middle, 'month')} (95% interval {number(middle if low is None else low)} to {upper})"


def shocks(found: Findings) -> list[str]:
    """Say of each shock what was there before and after it."""
    felt = felt_shocks(found.settings)
    lines = [before_after(found, one) for one in felt[:SHOCKS_TOLD]]
    if len(felt) > SHOCKS_TOLD:
        lines.append(f"{count(len(felt) - SHOCKS_TOLD, 'more shock')} struck; the figures show them.")
    return lines


def before_after(found: Findings, felt: Felt) -> str:
    """Return what the twelve months before and after a shock were like; no claim of a cause."""
    steps, month = found.result.steps, felt.shock.month
    lead = f"Month {number(month)}, {felt.words}{removed(found, felt)}{story(felt)}"
    before = steps[(steps["step"] >= month - 12) & (steps["step"] < month)]
    after = steps[(steps["step"] >= month) & (steps["step"] < month + 12)]
    if not len(before) or not len(after):
        return lead + "; too close to an end of the run for a before and after."
    ended = [float(part["exits"].mean()) * 12 for part in (before, after)]
    output = [float(part["output"].mean()) for part in (before, after)]
    whole = [
        f"output {money(output[0])} to {money(output[1])} a month",
        f"firms that ended {number(ended[0])} to {number(ended[1])} a year",
    ]
    ill = [float(part["struck"].max()) for part in (before, after)]
    parts = {
        "cyber_incident": [f"most firms struck at a time {number(ill[0])} to {number(ill[1])}", *whole],
        "landscape_shift": [
            f"mean value of practices {number(before['mean_z'].iloc[-1], 2)} z the month before, "
            f"{number(after['mean_z'].iloc[0], 2)} z in the month, {number(after['mean_z'].iloc[-1], 2)} z "
            f"{count(len(after) - 1, 'month')} later"
        ],
        "removal": [
            f"ties {number(before['ties'].iloc[-1])} the month before, {number(after['ties'].iloc[0])} in "
            f"the month, {number(after['ties'].iloc[-1])} "
            f"{count(int(after['step'].iloc[-1]) - month, 'month')} later",
            f"net value of joint projects {money(float(before['joint_income'].mean()))} to "
            f"{money(float(after['joint_income'].mean()))} a month",
        ],
    }.get(felt.shock.kind, whole)
    return f"{lead}. Twelve months before against twelve from then on: {'; '.join(parts)}."


def removed(found: Findings, felt: Felt) -> str:
    """Return the names of the firms that a shock removed."""
    if felt.shock.kind != "removal":
        return ""
    events = found.result.events
    gone = events[(events["kind"] == "shock") & (events["step"] == felt.shock.month) & (events["a"] >= 0)]["a"]
    names = [found.name(uid) for uid in gone[:5]]
    more = [f"{number(len(gone) - 5)} more"] if len(gone) > 5 else []
    return f" ({listing([*names, *more])})" if names else ""


def how_sure(found: Findings) -> list[str]:
    """Say what one run can and cannot tell."""
    lines = [
        "How sure: this is one run with one seed; another seed would give other numbers. "
        "twins.replicates=30 follows thirty seeds, each with its twins.",
        "Intervals come from the counts within this run alone: they say how far chance within the run may "
        "have moved a number, not how far another run would lie from it.",
        "Numbers before and after an event stand side by side; they do not show that the event was the "
        "cause. That takes two runs that differ in the event alone, as twins do.",
    ]
    if len(found.end_positions) > 500:
        lines.append(
            "Shares of shortest paths are estimated from a sample of firms, or left out in very large networks."
        )
    return lines


def assumed(found: Findings) -> list[str]:
    """Say what was drawn, which layers acted, and what the import noted."""
    settings = found.settings
    conditions = condition_levels(settings)
    lines = [
        f"The rules act on the {listing(settings.layers)} {'layer' if len(settings.layers) == 1 else 'layers'}.",
        "Conditions, from 0 to 1: "
        + listing([f"{name.replace('_', ' ')} {value:g}" for name, value in conditions.items()])
        + ".",
        *imported(found),
        *settled(found),
    ]
    usual = vars(Rules())
    acting = {name: rule.enabled for name, rule in vars(found.result.simulation.rules).items()}
    for word, on in (("off", False), ("on", True)):
        switched = [name for name, enabled in acting.items() if enabled == on and usual[name].enabled != on]
        if switched:
            lines.append(f"Rules switched {word} against the default: {listing(switched)}.")
    lines += groups(settings)
    return lines


def groups(settings: Settings) -> list[str]:
    """Say which groups there were at the start."""
    if not settings.groups:
        return []
    names = [f"{group.name or group.form} ({group.form.replace('_', ' ')})" for group in settings.groups]
    return [f"Groups at the start: {listing(names)}."]


def settled(found: Findings) -> list[str]:
    """Say how the readiness to tie was fitted to the user's network."""
    shift = found.result.simulation.rules.formation.intercept - found.settings.rules.formation.intercept
    if found.settings.network.kind != "file" or not shift:
        return []
    way = "lowered" if shift < 0 else "raised"
    return [
        f"The firms' readiness to tie was {way} by {abs(shift):.2f} (utility), so that the number of ties given "
        "would by itself stay about the same; network.settle=false leaves it as it is."
    ]


def imported(found: Findings) -> list[str]:
    """Say what came from a file and what was drawn."""
    from emergence.schema import LAYERS

    if found.settings.network.kind != "file":
        return ["Firms and their first ties are generated, not observed."]
    names = {"sector": "sectors", "region": "regions", "x": "places", "size": "capacities"}
    drawn = [word for name, word in names.items() if found.drawn(name)]
    lines = []
    if found.carried:
        layers = [LAYERS[k] for k in found.carried]
        lines.append(
            f"Ties of the {listing(layers)} {'layer' if len(layers) == 1 else 'layers'} came with the file "
            "and are carried along: no rule forms or weakens them, they end with their firms."
        )
    if drawn:
        lines.append(f"The file does not give {listing(drawn)} of firms: they were drawn at random, by the seed.")
    lines.append("Skills, practices, cultures and purposes of firms were drawn at random, by the seed.")
    return lines + notes(found.imported)


def notes(imported: ImportedNetwork | None) -> list[str]:
    """Return what the import noted; columns that are not used come in one sentence."""
    if imported is None:
        return []
    unused = " was kept as text"
    columns = [note.removesuffix(unused) for note in imported.notes if note.endswith(unused)]
    lines = [sentence(f"From the import: {note}") for note in imported.notes if not note.endswith(unused)]
    return lines + ([f"Not used: {listing(columns)}."] if columns else [])


__all__ = ["first_page", "summary"]
