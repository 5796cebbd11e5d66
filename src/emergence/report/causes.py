"""What twins tell, in plain words: what the network brought, and what the shocks took."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from emergence.measures.emergence import OUTCOMES, parts_of
from emergence.measures.interval import paired_interval, ratio_interval
from emergence.measures.recovery import regained
from emergence.report.say import count, listing, number, percent

if TYPE_CHECKING:
    from emergence.figures.findings import Findings
    from emergence.twinning import Twins

TOLD = ("value_gained", "useful", "joint_income", "firms")
DIGITS = {"value_gained": 2, "joint_income": 0, "useful": 1, "firms": 1}
NAMES = {
    "value_gained": "value gained (z per firm and year)",
    "useful": "useful innovations (per 100 firms and year)",
    "joint_income": "net value of joint projects (EUR per firm and year)",
    "firms": "firms alive in the last year",
}
MOST_ALONE, MOST_FAILURES = 3, 5_000  # firms from which, and up to which, losses are told
LITTLE = 0.05  # z per firm and year: less is not split
FEW = 10  # replicates below which an interval is called rough


def brought(found: Findings) -> list[str]:
    """Say what the network brought over the sum of its parts, and how much of it is organisation."""
    twins = found.result.twins
    if twins is None:
        return [why_not(found)]
    lead = (
        f"From month {number(twins.month + 1)} on, twins of this run with the same firms and the same luck went on "
        "without ties, with random ones, or with those they had. What differs was caused by the network."
    )
    return [lead, *(outcome(twins, name) for name in TOLD), organisation(twins), certainty(twins)]


def gist(found: Findings) -> list[str]:
    """Say in one sentence what the network brought; nothing if it was not measured."""
    twins = found.result.twins
    if twins is None:
        return [why_not(found)] if found.end.step and found.settings.output.report else []
    parts = {part: paired_interval(v) for part, v in parts_of(twins.values("value_gained")).items()}
    told = {part: signed(parts[part], 2) for part in ("whole", "contact", "organisation")}
    rough = ", rough" if len(twins.seeds) < FEW else ""
    many = f"95% intervals{rough}, {count(len(twins.seeds), 'replicate')}"
    sure = "one luck" if len(twins.seeds) == 1 else many
    return [
        f"The network brought {told['whole']} z of value gained per firm and year over the same firms alone: "
        f"{told['contact']} by contact, {told['organisation']} by organisation ({sure})."
    ]


def why_not(found: Findings) -> str:
    """Say why no twins were followed."""
    if not found.end.step:
        return "No month was run, so there is nothing that the network could have brought."
    if found.settings.twins.replicates == 0:
        return "What the network brought was not measured (twins.replicates=0)."
    needed = found.result.simulation.world.founders * found.settings.steps
    if needed <= found.settings.twins.most:
        return "What the network brought was not measured: the twins of this run were not followed."
    return (
        "What the network brought was not measured: the run is larger than twins.most. "
        f"twins.most={needed} follows its twins, which together run four times as many months or more."
    )


def outcome(twins: Twins, name: str) -> str:
    """Return one sentence on one outcome: with the network, without, and the difference by part."""
    values, digits = twins.values(name), DIGITS[name]
    with_net, alone = float(values["net"].mean()), float(values["isolated"].mean())
    parts = {part: paired_interval(differences) for part, differences in parts_of(values).items()}
    split = [f"{part} {signed(parts[part], digits)}" for part in ("contact", "structure", "replacement", "choice")]
    return (
        f"{NAMES[name][:1].upper()}{NAMES[name][1:]}: {number(with_net, digits)} with the network, "
        f"{number(alone, digits)} without, a difference of {signed(parts['whole'], digits)}; of it {listing(split)}."
    )


def signed(estimate: tuple[float, float, float], digits: int) -> str:
    """Return ``+1.2 (0.9 to 1.5)``, without the interval where there is none."""
    mean, low, high = estimate
    ends = "" if math.isnan(low) else f" ({_plain(low, digits)} to {_plain(high, digits)})"
    text = _plain(mean, digits)
    return (text if text.startswith("-") or float(text.replace(",", "")) == 0 else "+" + text) + ends


def _plain(value: float, digits: int) -> str:
    return number(value, digits)


def organisation(twins: Twins) -> str:
    """Say how much of what the network brought to practices is organisation rather than contact."""
    parts = parts_of(twins.values("value_gained"))
    whole, low, high = paired_interval(parts["whole"])
    meaning = (
        "Contact is having partners at all, whoever they are; organisation is the rest: who is tied to whom "
        "(structure), new ties in the place of lost ones (replacement), and whom firms choose (choice)."
    )
    if abs(whole) < LITTLE or low <= 0 <= high:
        return f"{meaning} The network changed value gained too little to say which it was."
    if whole < 0:
        said = signed(paired_interval(parts["organisation"]), 2)
        return f"{meaning} Here the network cost value gained; organisation's part of that is {said}."
    share, low, high = ratio_interval(parts["organisation"], parts["whole"])
    ends = "" if math.isnan(low) else f" ({percent(low)} to {percent(high)})"
    return f"{meaning} Of the value gained through the network, {percent(share)}{ends} is organisation."


def certainty(twins: Twins) -> str:
    """Say how far the numbers can be trusted."""
    number_of = len(twins.seeds)
    if number_of == 1:
        return (
            "These are differences under one luck; under another they would be others, and small ones may change "
            "their sign. twins.replicates=30 gives 95% intervals."
        )
    rough = ", and rough with so few" if number_of < FEW else ""
    return f"In brackets: 95% bootstrap intervals over {count(number_of, 'replicate')}, each with its own luck{rough}."


def taken(found: Findings) -> list[str]:
    """Say what the shocks took from output, against twins that were spared."""
    estimate = found.resilience
    if estimate is None:
        return []
    shocks = "the shock" if len(found.settings.timeline) == 1 else "the shocks"
    return [f"Of twins with the same luck that were spared {shocks}: {estimate.sentence()}", *agility(found)]


def agility(found: Findings) -> list[str]:
    """Say what a technology shift cost the value of practices, and what of it was regained.

    Only of a shift that is the one shock of a run: the spared twins lack all shocks.
    """
    spared, settings = found.result.spared, found.settings
    struck = [s for s in settings.timeline if s.month <= settings.steps]
    if spared is None or len(struck) != 1 or struck[0].kind != "landscape_shift":
        return []
    twin, shocked = (spared.series[name]["mean_z"] for name in ("unshocked", "net"))
    months = tuple(m for m in (12, 24) if m < twin.shape[1])
    return [f"Mean value of practices: {regained(twin[:, 0], twin, shocked, months).sentence()}"]


def robust(found: Findings) -> list[str]:
    """Say how the network at the end would bear the loss of its firms."""
    from emergence.measures.robustness import removal_curve

    n = found.end.uid.size
    if n < MOST_ALONE or not found.end_positions["partners"].any():
        return []
    curve = removal_curve(found.end)
    half = int(np.argmax(curve < 0.5)) + 1
    lines = [
        f"If the best-connected firm left, then the next, and so on, half of the firms would hang together until "
        f"{percent(half / n)} of them were gone (robustness R {curve.mean():.2f}; the most that any network reaches "
        f"is {(n - 1) / (2 * n):.2f})."
    ]
    return lines + (heaviest(found) if n <= MOST_FAILURES else [])


def heaviest(found: Findings) -> list[str]:
    """Say whose loss would take most output, by itself and through its partners."""
    from emergence.measures.systemic import systemic_risk

    world = found.result.simulation.world
    whole = float(world.firms.revenue.sum())
    if whole <= 0 or not found.result.simulation.rules.market.enabled:
        return []
    risk = systemic_risk(world)
    uid = max(risk, key=lambda one: (risk[one], -one))
    own = float(world.firms.revenue[world.rows_of([uid])[0]]) / whole
    return [
        f"The loss of {found.name(uid)} would take most: {percent(own, 1)} of all output of its own, and "
        f"{percent(max(risk[uid] - own, 0.0), 2)} more through its partners (systemic risk, ESRI)."
    ]


def emergence_rows(twins: Twins) -> list[list[str]]:
    """Return the rows of the table of emergence: an outcome a row, the parts as columns."""
    rows = []
    for name, about in OUTCOMES.items():
        values = twins.values(name)
        digits = 0 if np.abs(values["net"]).max() >= 100 else 3
        parts = {part: paired_interval(differences) for part, differences in parts_of(values).items()}
        order = ("whole", "contact", "structure", "replacement", "choice")
        rows.append([f"{about.meaning} ({about.unit})", *(signed(parts[part], digits) for part in order)])
    return rows
