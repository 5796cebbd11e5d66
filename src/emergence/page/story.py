"""What happened, and who a firm is, in plain words."""

from __future__ import annotations

from typing import Any

import numpy as np

from emergence.page.lane import Lane
from emergence.page.levers import hubs
from emergence.page.view import Numbers, place_name
from emergence.page.words import all_words, say
from emergence.rules.base import EVENTS
from emergence.schema import LAYERS
from emergence.world import World

BIG = 8  # of the largest firms, the end is told
TOLD = 5  # events of a firm in its story
LABELS, FEW = 6, 24
TELLING = (
    "entry",
    "formed",
    "broken",
    "innovation",
    "adopted",
    "incident",
    "recovered",
    "joined",
    "left",
    "intervention",
)


def month_words(lane: Lane, large: dict[int, str]) -> list[tuple[str, str]]:
    """Return up to three (kind, sentence) on the last month, the most telling first.

    Parameters
    ----------
    large : dict of int to str
        Uid and name of the largest firms before the month.
    """
    events = lane.month_events
    kind, a = events["kind"], events["a"]
    told: list[tuple[str, str]] = []
    ended = np.isin(kind, [EVENTS.index("exit"), EVENTS.index("default")])
    for uid in a[ended].tolist():
        if uid in large:
            told.append(("exit", say("large_closes", name=large[uid])))
    defaults, entries, incidents = (lane.count(one) for one in ("default", "entry", "incident"))
    closed = int(ended.sum()) - len(told)
    if incidents:
        told.append(("shock", say("incidents", n=incidents)))
    if defaults >= 2:
        told.append(("exit", say("defaults", n=defaults)))
    elif closed:
        told.append(("exit", say("closed", n=closed)))
    if entries:
        told.append(("entry", say("entries", n=entries)))
    adopted = np.flatnonzero(kind == EVENTS.index("adopted"))
    if adopted.size:
        name = lane.simulation.world.name_of(int(a[adopted[0]]))
        told.append(("idea", say("adopted", name=name)))
    formed, broken = lane.count("formed"), lane.count("broken")
    if formed or broken:
        told.append(("ties", say("ties", formed=formed, broken=broken)))
    return told[:3]


def largest(world: World) -> dict[int, str]:
    """Return the names of the largest firms by uid."""
    order = np.argsort(-world.firms.size, kind="stable")[:BIG]
    return {int(uid): world.name_of(int(uid)) for uid in world.firms.uid[order]}


def labels(lane: Lane, numbers: Numbers) -> list[tuple[int, str]]:
    """Return number and name of the firms with most ties, to be written beside them; of all where they are few."""
    world = lane.simulation.world
    found = hubs(lane.simulation, LABELS if world.size > FEW else FEW)
    return [(numbers.of[uid], world.name_of(uid)) for uid in found]


def firm_story(lane: Lane, numbers: Numbers, number: int) -> dict[str, Any]:
    """Return who a firm is: name, facts, partners and what happened to it of late."""
    world = lane.simulation.world
    if not 0 <= number < len(numbers.uid):
        return {"number": number, "name": "", "facts": [say("unknown_firm")], "events": []}
    uid = numbers.uid[number]
    row = int(world.rows_of([uid])[0])
    name = world.name_of(uid)
    if row < 0:
        return {"number": number, "name": name, "facts": [say("is_closed")], "events": recent(lane, uid)}
    return {"number": number, "name": name, "facts": facts(world, row), "events": recent(lane, uid)}


def facts(world: World, row: int) -> list[str]:
    """Return what is to be said of a firm, one short sentence each."""
    firms, n = world.firms, world.size
    place = [place_name(world, what, int(firms.column(what)[row])) for what in ("sector", "region")]
    rank = int(np.count_nonzero(firms.size > firms.size[row])) + 1
    better = int(np.count_nonzero(firms.z < firms.z[row]))
    years = (world.step - int(firms.born[row])) // 12
    found = [
        say("where", sector=place[0], region=place[1]),
        say("age", n=years),
        say("size", rank=rank, of=n, amount=f"{firms.size[row]:,.0f}"),
        say("practice", share=round(100 * better / max(n - 1, 1))),
        say("cash", months=f"{firms.cash[row] / max(firms.size[row], 1e-9):.1f}"),
    ]
    return [*found, partners(world, row)]


def partners(world: World, row: int) -> str:
    """Return with how many a firm works, and with whom most closely."""
    names = all_words()["layers"]
    counts, best, closest = [], -1.0, -1
    for layer, ties in zip(LAYERS, world.ties, strict=True):
        at = slice(int(ties.ptr[row]), int(ties.ptr[row + 1]))
        number = at.stop - at.start
        if not number:
            continue
        counts.append(f"{number} {names[layer]}")
        k = int(ties.w[at].argmax())
        if ties.w[at][k] > best:
            best, closest = float(ties.w[at][k]), int(ties.nbr[at][k])
    if closest < 0:
        return say("no_partners")
    return say("partners", counts=", ".join(counts), name=world.name_of(int(world.firms.uid[closest])))


def recent(lane: Lane, uid: int) -> list[str]:
    """Return the last things that happened to a firm."""
    world, told = lane.simulation.world, []
    for month in reversed(lane.recent):
        about = np.flatnonzero((month["a"] == uid) | (month["b"] == uid))
        for k in about[::-1].tolist():
            what = EVENTS[int(month["kind"][k])]
            if what not in TELLING:
                continue
            other = int(month["b"][k] if month["a"][k] == uid else month["a"][k])
            name = world.name_of(other) if other >= 0 else ""
            told.append(say(f"did_{what}", month=int(month["step"][k]), name=name))
        if len(told) >= TOLD:
            break
    return told[:TOLD]
