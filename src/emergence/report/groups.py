"""The groups of a run in plain words: their rules, members, money, conduct, and what they did to help."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from emergence import measures
from emergence.config import Group
from emergence.figures.groups import acts_of, came_and_went, counted, form_name, group_names, success_of
from emergence.report.say import change, count, listing, money, number, percent
from emergence.report.tables import TableText, short
from emergence.schema import MANDATES, SHARINGS

if TYPE_CHECKING:
    import pandas as pd

    from emergence.figures.findings import Findings

TOLD = 12  # groups that are told one by one; the table holds all
WHO_JOINS = {
    "open": "Any firm may join.",
    "vote": "Firms that members are tied to may join.",
    "closed": "Nobody may join.",
}
SHARED = {
    "equal": "Partners share what a joint project earns equally.",
    "contribution": "Partners share what a joint project earns by the skills each brings.",
    "power": "Partners share what a joint project earns by size: the larger gets more.",
    "bargaining": "Partners share what a joint project earns by bargaining: who needs the other less gets more.",
}
HELP = {
    "fund": "gives cash to members that run short",
    "bridge": "ties parts of the network that hang apart",
    "backup": "finds partners for members with few ties, and ways round hubs and bottlenecks",
    "publish": "lets members see more where opportunism is frequent",
    "rebalance": "shares what projects earn equally where some gain far more than others",
    "protect": "protects know-how better where much leaks or is hidden",
    "prepare": "fills members' cash while an early warning stands",
    "bargain": "bargains with platforms over members' commission",
}


MODEL = {
    "hub_and_spoke": "one firm leads, brings members together and says how things are done",
    "value_chain": "neighbouring crafts are brought together, as in a chain",
    "constellation": "different crafts are brought together around what they make",
    "open_innovation": "a research institution takes up what members know and publishes what it finds",
}
SEEN = ("nothing", "little", "some", "about half", "most", "almost all", "all")
SEEN_UP_TO = (0.0, 0.2, 0.4, 0.6, 0.85, 0.999)  # of transparency


def seen(transparency: float) -> str:
    """Return how much members see of each other's conduct, in words."""
    return SEEN[int(np.searchsorted(SEEN_UP_TO, transparency))]


# What a group's settings mean, in order; "" says nothing. A further setting is one more line.
RULES: tuple[Callable[[Group], str], ...] = (
    lambda g: f"Orchestration: {'; '.join(MODEL[m] for m in g.orchestration)}." if g.orchestration else "Nobody plans.",
    lambda g: decided(g),
    lambda g: "Fees and sanctions are revised by what is seen." if g.adaptive else "",
    lambda g: WHO_JOINS[g.admission],
    lambda g: SHARED[g.sharing],
    lambda g: f"Members see {seen(g.transparency)} of each other's conduct (transparency {g.transparency:g} of 1).",
    lambda g: f"Opportunism that is seen is punished (sanctions {g.sanctions:g} of 1)." if g.sanctions else "",
    lambda g: "" if g.sanctions else "Opportunism is not punished.",
    lambda g: f"{percent(g.mending)} of conflicts are settled before they do harm." if g.mending else "",
    lambda g: f"Know-how is protected between members ({g.protection:g} of 1)." if g.protection else "",
    lambda g: (
        f"{percent(g.events)} of members' meetings take place at its events{', at any distance' * g.remote}."
        if g.events
        else ""
    ),
    lambda g: f"{percent(g.royalty)} of the fees goes to the firm that leads." if g.royalty else "",
    lambda g: f"The fee is {percent(g.fee, 1)} of a member's monthly capacity." if g.fee else "There is no fee.",
    lambda g: "It " + listing([HELP[m] for m in MANDATES if m in HELP and getattr(g, m)]) + "." if helps(g) else "",
)


def decided(group: Group) -> str:
    """Say who decides, where there is something to decide."""
    if group.deciding == "participatory":
        return "Members decide together."
    return "The firm that leads decides." if "hub_and_spoke" in group.orchestration else ""


def helps(group: Group) -> bool:
    """Tell whether a group may do anything for its members by itself."""
    return any(getattr(group, mandate) for mandate in MANDATES)


# Interventions on record: which events, and what was done, from their number and the sum of their values. The first
# that fits tells an event; a further kind is one more line.
DEEDS: tuple[tuple[Callable[[pd.DataFrame], pd.Series], Callable[[int, float], str]], ...] = (
    (lambda e: e["b"] >= 0, lambda n, v: f"{count(n, 'tie')} brokered between members for {money(v)}"),
    (lambda e: e["a"] >= 0, lambda n, v: f"{money(v)} in cash given to members in {count(n, 'payment')}"),
    (lambda e: e["a"] < 0, lambda n, v: f"{count(n, 'change')} of its rules for {money(v)}"),
)


def about_groups(found: Findings) -> dict[str, list[str]]:
    """Return what is to be said of the groups: headings, each with its sentences; nothing without groups."""
    if not len(found.result.groups):
        return {}
    gids = list(group_names(found))
    told = {heading(found, gid): one_group(found, gid) for gid in gids[:TOLD]}
    if len(gids) > TOLD:
        told["And more"] = [f"There are {count(len(gids) - TOLD, 'more group')}; the table holds all."]
    return told | {"Money and help": [*money_of(found), *deeds(found)]}


def heading(found: Findings, gid: int) -> str:
    """Return a group's name, and its form where the name does not say it."""
    name, groups = group_names(found)[gid], found.settings.groups
    form = form_name(groups[gid - 1].form) if gid <= len(groups) else ""
    return name if not form or form in name.lower() else f"{name} ({form})"


def one_group(found: Findings, gid: int) -> list[str]:
    """Say of one group who may belong, what its rules are, and what became of it."""
    settings = found.settings.groups
    rules = rules_of(settings[gid - 1]) if gid <= len(settings) else []
    return [*rules, *members_of(found, gid), *conduct_of(found, gid)]


def rules_of(group: Group) -> list[str]:
    """Say a group's rules, as they were at the start."""
    form = form_name(group.form)
    form = f"{'an' if form[0] in 'aeiou' else 'a'} {form}"
    only = [
        f"{what} {value}" for what, value in (("sector", group.sector), ("region", group.region)) if value is not None
    ]
    who = f", started by firms of {listing(only)}" if only else ""
    said = [text for text in (rule(group) for rule in RULES) if text]
    return [f"It is {form}{who}. At the start: {' '.join(said)}"]


def members_of(found: Findings, gid: int) -> list[str]:
    """Say how many belonged, who came and went, and how the group's means stand."""
    table = came_and_went(found.result.groups)
    rows = table[table["gid"] == gid]
    first, last = rows.iloc[0], rows.iloc[-1]
    share = last["members"] / found.end.uid.size if found.end.uid.size else 0.0
    said = f"Members: {change(first['members'], last['members'])} ({percent(share)} of all firms at the end)"
    if len(rows) > 1:
        said += f"; {number(rows['joined'].sum())} joined, {number(rows['left'].sum())} left or ended"
    lines = [said + "."]
    if last["budget"] or rows["budget"].any():
        lines.append(f"It holds {money(float(last['budget']))} at the end.")
    unpaid = float((rows["funded"] < 0.995).mean())
    if unpaid:
        lines.append(
            f"In {percent(unpaid)} of months the fees did not pay for all of its governance; what is not paid for "
            "does not act."
        )
    return [*lines, *officers_of(found, rows), *changes_of(first, last)]


def officers_of(found: Findings, rows: pd.DataFrame) -> list[str]:
    """Say who led and who researched, one after the other, and for how long nobody did."""
    said = []
    for office, does, nobody in (
        ("orchestrator", "led", "nobody led"),
        ("institute", "was its research institution", "there was no research institution"),
    ):
        uids = [int(uid) for uid in dict.fromkeys(rows[office]) if uid >= 0]
        if not uids:
            continue
        names = [found.name(uid) for uid in uids]
        who = listing(names[:TOLD]) + (", one after the other," if len(names) > 1 else "")
        vacant = int((rows[office] < 0).sum())
        said.append(f"{who} {does}" + (f"; {nobody} in {count(vacant, 'month')}." if vacant else "."))
    return said


def changes_of(first: pd.Series, last: pd.Series) -> list[str]:
    """Say which of its rules a group changed on the way."""
    said = [
        f"{what} went from {change(factor * first[name], factor * last[name], 2)}{unit}"
        for name, what, factor, unit in (
            ("transparency", "transparency", 1.0, " of 1"),
            ("sanctions", "sanctions", 1.0, " of 1"),
            ("protection", "protection of know-how", 1.0, " of 1"),
            ("fee", "the fee", 100.0, "% of a month's capacity"),
        )
        if round(factor * first[name], 2) != round(factor * last[name], 2)
    ]
    if first["sharing"] != last["sharing"]:
        said.append(f"sharing went from {SHARINGS[int(first['sharing'])]} to {SHARINGS[int(last['sharing'])]}")
    return [f"On the way {listing(said)}."] if said else []


def conduct_of(found: Findings, gid: int) -> list[str]:
    """Say how joint projects among members went, and on other ties."""
    sums = counted(found.result.groups)[gid]
    if not sums["projects"]:
        return ["Members had no joint projects with each other."] if found.end.step else []
    parts = []
    for measure, unit in ((success_of, "%"), (acts_of, "")):
        inside, other = (_told(measure(sums, prefix), unit) for prefix in ("", "other_"))
        parts.append((inside, other))
    (good, good_other), (acts, acts_other) = parts
    against = (
        (f", against {good_other} on all other ties", f", against {acts_other}") if sums["other_projects"] else ("", "")
    )
    return [
        f"Of {count(sums['projects'], 'joint project')} among members {good} succeeded{against[0]}; opportunistic "
        f"acts per 100 projects: {acts}{against[1]}. 95% intervals in brackets."
    ]


def _told(estimate: tuple[float, float, float], unit: str) -> str:
    value, low, high = (number(100.0 * v, 1) for v in estimate)
    return f"{value}{unit} ({low} to {high})"


def money_of(found: Findings) -> list[str]:
    """Say what all groups took, spent and hold."""
    world = found.result.simulation.world
    held = float(world.groups.budget.sum())
    spent = {
        "on governance (seeing, punishing, coordinating)": -world.ledger.get("governance of groups", 0.0),
        "on help to members and changes of rules": world.totals.get("group_spending", 0.0),
        "on research": -world.ledger.get("research of groups", 0.0),
        "as royalties to firms that lead": world.totals.get("royalties", 0.0),
    }
    if not held and not any(spent.values()):
        return ["The groups had no money: no fee was paid."]
    where = listing([f"{money(amount)} {what}" for what, amount in spent.items() if amount])
    said = f"spent {where}, and hold" if where else "hold"
    return [f"All groups together took {money(held + sum(spent.values()))}, {said} {money(held)} at the end."]


def deeds(found: Findings) -> list[str]:
    """Say what groups did for their members, and what it cost."""
    able = [gid for gid, group in enumerate(found.settings.groups, 1) if helps(group)]
    if not able:
        return ["No group was to intervene by itself."]
    if not found.settings.output.events:
        return ["What groups did for their members is not known: events were not recorded (output.events=false)."]
    events = found.result.events
    left, said = events[events["kind"] == "intervention"], []
    for fits, tell in DEEDS:
        these = left[fits(left)]
        left = left.drop(these.index)
        said += [tell(len(these), float(these["value"].sum()))] if len(these) else []
    names = group_names(found)
    who = listing([names[gid] for gid in able if gid in names][:TOLD])
    what = listing(said) + "." if said else "nothing that cost or changed anything."
    return [f"What {who} did for members: {what}"]


def table_of_groups(found: Findings) -> TableText:
    """Return how members fare at the end, a row a group, and all firms below."""
    world, names = found.result.simulation.world, group_names(found)
    heads = [
        "group", "members", "health", "engagement", "satisfied", "power", "dependence", "joint income", "Gini of it"
    ]  # fmt: skip
    power, dependence = measures.power(world), measures.dependence(world)
    rows = []
    for gid, name in [*names.items(), (None, "all firms")]:
        among = np.ones(world.size, bool)
        if gid is not None:
            among = np.isin(world.firms.uid, world.memberships.uid[world.memberships.gid == gid])
        uids, income = world.firms.uid[among].tolist(), world.firms.joint_income[among]
        values = [
            measures.network_health(world, among) if among.any() else np.nan,
            measures.engagement(world, among),
            measures.satisfaction(world, among, gid),
            _mean([power[uid] for uid in uids]),
            _mean([dependence[uid] for uid in uids]),
            float(income.mean()) if income.size else np.nan,
            measures.gini(income) if income.size else np.nan,
        ]
        rows.append([name, number(len(uids)), *(short(v) if np.isfinite(v) else "" for v in values)])
    caption = (
        "How members fare at the end of the run. Health: share of ties among them that are strong and trusted both "
        "ways, times the share of members that hang together (0 to 1). Engagement: joint projects per member in the "
        "last month. Satisfied: share of members whom ties to members bring more than the fee. Power: how much more "
        "of their joint value partners owe to a member than it to them, -1 to 1 (Emerson 1962). Dependence: largest "
        "partner's share of revenue. Joint income: net value of joint projects, EUR per member in the last month, and "
        "its Gini."
    )
    return TableText(caption, heads, rows if found.end.step else [])


def _mean(values: list[float]) -> float:
    found = np.array(values, float)
    return float(np.nanmean(found)) if np.isfinite(found).any() else float("nan")
