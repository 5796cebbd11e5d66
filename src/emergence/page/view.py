"""A world as it is drawn: numbers of firms, sizes, colours, ties that are new, strong or gone."""

from __future__ import annotations

from typing import Any

import numpy as np

from emergence.kernels.incidents import STRUCK
from emergence.page.frames import BORN, HURT, LEADS, NEW, STRONG, Picture
from emergence.page.layout import KEPT, Places, backbone, merged_ties
from emergence.page.limits import MOST_TIES
from emergence.page.words import all_words
from emergence.step import Simulation
from emergence.world import World

KINDS = ("sector", "region", "group", "culture", "practice", "trust")
NAMED = ("sector", "region", "group")
COLOURS = 6  # categories with a colour of their own; the others are grey


class Numbers:
    """Small numbers for firms, the same as long as the page is open; uids may be 64 bits long."""

    def __init__(self) -> None:
        self.of: dict[int, int] = {}
        self.uid: list[int] = []

    def take(self, uids: np.ndarray) -> np.ndarray:
        """Return the numbers of firms, uint32[firms]; newcomers are given the next ones."""
        found = []
        for uid in uids.tolist():
            number = self.of.get(uid)
            if number is None:
                number = self.of[uid] = len(self.uid)
                self.uid.append(uid)
            found.append(number)
        return np.array(found, np.uint32)


class View:
    """How one world is shown on the page."""

    def __init__(self, numbers: Numbers) -> None:
        self.numbers, self.places = numbers, Places()
        self.picture = Picture(0, np.zeros(0, np.uint32))
        self.before: np.ndarray | None = None  # ties of the last picture, by the numbers of both sides
        self.before_kind = np.zeros(0, np.uint8)
        self.strong = np.zeros(0, np.int64)
        self.axis: np.ndarray | None = None
        self.unit = 1.0

    def copy(self) -> View:
        """Return a view that begins with the same picture."""
        twin = View(self.numbers)
        twin.places, twin.picture = self.places.copy(), self.picture
        twin.before, twin.before_kind, twin.strong = self.before, self.before_kind, self.strong
        twin.axis, twin.unit = self.axis, self.unit
        return twin

    def look(self, simulation: Simulation, colour: str, calm: bool = False) -> None:
        """Make the picture of the month; with `calm`, nothing counts as new or gone."""
        world = simulation.world
        a, b, w, mask = merged_ties(world)
        if a.size > MOST_TIES:
            kept = np.sort(np.argsort(-w, kind="stable")[:MOST_TIES])
            a, b, w, mask = a[kept], b[kept], w[kept], mask[kept]
        ids = self.numbers.take(world.firms.uid)
        low, high = np.minimum(ids[a], ids[b]).astype(np.int64), np.maximum(ids[a], ids[b]).astype(np.int64)
        code = low << 32 | high
        strong = backbone(a, b, w + KEPT * np.isin(code, self.strong))
        before = self.before
        if before is None:
            sizes = world.firms.size
            self.unit = float(np.median(sizes)) if sizes.size else 1.0
        picture = Picture(world.step, ids)
        new = np.zeros(code.size, bool) if before is None or calm else ~np.isin(code, before)
        if before is not None and not calm:
            gone = ~np.isin(before, code)
            pairs = before[gone]
            picture.gone = np.column_stack([pairs >> 32, pairs & 0xFFFFFFFF]).astype(np.uint32)
            picture.gone_kind = self.before_kind[gone]
        picture.pairs = np.column_stack([a, b]).astype(np.uint16)
        picture.strength = np.clip(w * 255, 0, 255).astype(np.uint8)
        picture.kind = (mask | NEW * new | STRONG * strong).astype(np.uint8)
        picture.sizes = np.sqrt(world.firms.size / self.unit).astype(np.float32)
        picture.marks = marks_of(world)
        self.before, self.before_kind, self.strong = code, picture.kind, code[strong]
        self.picture = picture
        self.tint(simulation, colour)
        self.places.follow(world, a, b, w, strong)

    def tint(self, simulation: Simulation, colour: str) -> None:
        """Give firms the colour of what is asked for: 0 to 6 for names, 0 to 255 for levels."""
        world = simulation.world
        firms = world.firms
        if colour == "culture":
            self._find_axis(world)
            level = (firms.culture - 0.5) @ self.axis * 1.2 + 0.5
        elif colour == "practice":
            level = np.argsort(np.argsort(firms.z, kind="stable")) / max(firms.count - 1, 1)  # by rank
        elif colour == "trust":
            level = firms.reputation * 1.6 - 0.3
        else:
            self.picture.tint = np.minimum(codes(world, colour), COLOURS).astype(np.uint8)
            return
        self.picture.tint = (np.clip(level, 0, 1) * 255).astype(np.uint8)

    def _find_axis(self, world: World) -> None:
        """Keep the direction in which the founders' cultures differ most."""
        if self.axis is None or not self.axis.any():
            away = world.firms.culture - world.firms.culture.mean(axis=0)
            self.axis = np.linalg.svd(away, full_matrices=False)[2][0] if away.shape[0] > 1 else np.zeros(6)


def marks_of(world: World) -> np.ndarray:
    """Return what is special about each firm, as bits, uint8[firms]."""
    firms = world.firms
    leads = np.isin(firms.uid, world.groups.orchestrator)
    hurt = (firms.spared < 0.95) | (firms.incident == STRUCK)
    born = (firms.born == world.step) & (world.step > 0)
    return (BORN * born + LEADS * leads + HURT * hurt).astype(np.uint8)


def codes(world: World, colour: str) -> np.ndarray:
    """Return the category of each firm, int[firms]: sector, region, or first group (6 for none)."""
    firms = world.firms
    if colour != "group":
        return np.asarray(firms.column(colour), np.int64)
    found = np.full(firms.count, COLOURS)
    order = np.argsort(firms.uid)
    for gid in world.groups.gid[::-1]:
        uid = world.memberships.uid[world.memberships.gid == gid]
        found[order[np.searchsorted(firms.uid, uid, sorter=order)]] = min(int(gid) - 1, COLOURS)
    return found


def legend(simulation: Simulation, colour: str) -> dict[str, Any]:
    """Return what the colours mean."""
    words = all_words()["colours"]
    if colour not in NAMED:
        return {"by": colour, "low": words[f"{colour}_low"], "high": words[f"{colour}_high"]}
    world = simulation.world
    if colour == "group":
        names = [
            group.name or words["group_name"].format(n=k + 1) for k, group in enumerate(simulation.settings.groups)
        ]
        return {"by": colour, "names": names[:COLOURS], "rest": words["no_group"]}
    number = int(codes(world, colour).max(initial=0)) + 1
    return {
        "by": colour,
        "names": [place_name(world, colour, code) for code in range(min(number, COLOURS))],
        "rest": words["others"] if number > COLOURS else "",
    }


def place_name(world: World, what: str, code: int) -> str:
    """Return the name of a sector or region, from the user's file if it has one."""
    if world.words.get(what):
        return world.word_for(what, code)
    return str(all_words()["colours"][f"{what}_name"]).format(n=code + 1)
