"""Entry of new firms: opportunities are independent of the state and taken by thinning."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from emergence.errors import nearest
from emergence.kernels.landscape import update_z
from emergence.kernels.random import fill_units
from emergence.luck import normals, stream
from emergence.rules.base import Rule, State, names
from emergence.rules.innovation import enter_registry
from emergence.schema import BITS, CULTURE, PURPOSE, SKILLS

OPPORTUNITY = stream("entry.opportunity")
TRAITS = stream("entry.traits")
MUTATION = stream("entry.mutation")
# Draws of an entrant: parent, spin-off, then pairs for each normal number.
NORMALS = 1 + 2 + SKILLS + CULTURE + PURPOSE


def opportunities(state: State) -> tuple[np.ndarray, np.ndarray]:
    """Return uid and sector of this month's opportunities, in the order of their uids.

    A uid is a function of month, sector and number, so twins know an entrant by the same uid.
    """
    world, sectors = state.world, state.world.demand["base"].size
    rate = state.rules.entry.opportunities * world.founders / 12.0
    per_sector = rate * world.demand["founders"] / max(world.founders, 1)
    # Independent of the state: how many there are by a date is a function of the date alone.
    number = np.floor(per_sector * state.step).astype(int) - np.floor(per_sector * (state.step - 1)).astype(int)
    sector = np.repeat(np.arange(sectors), number)
    count = np.concatenate([np.arange(k) for k in number]) if sector.size else np.zeros(0, int)
    uid = (np.int64(state.step) << 26) | (sector.astype(np.int64) << 18) | count.astype(np.int64)
    return uid, sector


def update_entries(state: State) -> None:
    """Draw the month's opportunities and found a firm on each that is taken."""
    firms, world, settings = state.firms, state.world, state.rules.entry
    uid, sector = opportunities(state)
    if not uid.size:
        return
    first_slot = world.slots.size
    world.slots = np.concatenate([world.slots, np.full(uid.size, -1, np.int32)])
    sectors = world.demand["base"].size
    weight = np.bincount(firms.sector, firms.size, sectors)
    filled = np.bincount(firms.sector, firms.fill * firms.size, sectors)
    fill = np.divide(filled, weight, out=np.ones(sectors), where=weight > 0)
    chance = np.minimum(1.0, settings.acceptance * np.exp(settings.response * (fill - 1.0)))
    units = fill_units(state.luck(OPPORTUNITY), uid, 2)
    taken = np.flatnonzero(units[:, 0] < chance[sector])
    if not taken.size or not world.size:
        return
    traits = make_entrants(state, uid[taken], sector[taken].astype(np.int16))
    world.enter(slot=first_slot + taken, **traits)
    enter_registry(world.registry, traits["practice"], state.step)
    world.book("founded", float(traits["cash"].sum()))
    world.count("entries", taken.size)
    state.log("entry", uid[taken], value=traits["size"])


def found_firm(state: State, columns: Mapping[str, Any]) -> int:
    """Add one firm by hand: an entrant in all that `columns` does not say; return its uid.

    Raises
    ------
    ValueError
        If a name is not a column that can be set, or nobody is left to draw the rest from.
    """
    world = state.world
    settable = sorted(set(world.firms.spec) - {"uid", "slot"})
    for name in columns:
        if name not in settable:
            raise ValueError(f"a firm has no column '{name}' to set: {nearest(name, settable)}")
    given = {name: world.check_value(name, value) for name, value in columns.items()}
    if not world.size:
        raise ValueError("a firm is drawn after the others' likeness, and no firm is left")
    world.made_by_hand += 1
    # The last sector number is kept for firms made by hand, so their uids meet no entrant's.
    uid = np.array([(world.step << 26) | (255 << 18) | world.made_by_hand], np.int64)
    sector = np.array([columns.get("sector", state.firms.sector[0])], np.int16)
    traits = make_entrants(state, uid, sector)
    traits |= {name: value[None] for name, value in given.items()}
    update_z(0, 1, traits["practice"], traits["sector"], world.landscape, traits["z"])
    slot = world.slots.size
    world.slots = np.append(world.slots, np.int32(-1))
    world.enter(slot=np.array([slot]), **traits)
    enter_registry(world.registry, traits["practice"], world.step)
    world.book("founded", float(traits["cash"][0]))
    if "inventory" in given:
        world.book_goods("by hand", float(given["inventory"].sum()))
    world.count("entries", 1)
    state.log("entry", uid, value=traits["size"])
    return int(uid[0])


def make_entrants(state: State, uid: np.ndarray, sector: np.ndarray) -> dict[str, np.ndarray]:
    """Return the columns of new firms, most of them spin-offs of an incumbent in their sector."""
    firms, settings, founders = state.firms, state.rules.entry, state.settings.founders
    units = fill_units(state.luck(TRAITS), uid, 2 + 2 * NORMALS)
    normal = normals(units[:, 2:])
    moved = normal[:, 1:3] * 5.0
    kick = normal[:, 3:] * 0.05
    parent = parents(firms, sector, units[:, 0])
    spin_off = units[:, 1] < settings.spin_offs
    skills = np.clip(firms.base_skills[parent] + kick[:, :SKILLS], 0.0, 1.0).astype(np.float32)
    bits = fill_units(state.luck(MUTATION), uid, 2 * BITS)
    mutated = bits[:, :BITS] < settings.mutation
    powers = np.uint64(1) << np.arange(BITS, dtype=np.uint64)
    flips = (mutated * powers).sum(axis=1, dtype=np.uint64)
    fresh = ((bits[:, BITS:] < 0.5) * powers).sum(axis=1, dtype=np.uint64)
    practice = np.where(spin_off, firms.practice[parent] ^ flips, fresh)
    size = settings.size * founders.size * np.exp(0.5 * normal[:, 0])
    z = np.zeros(uid.size)
    update_z(0, uid.size, practice, sector, state.world.landscape, z)
    culture, purpose = kick[:, SKILLS : SKILLS + CULTURE], kick[:, SKILLS + CULTURE :]
    return {
        "uid": uid,
        "born": np.full(uid.size, state.step, np.int32),
        "sector": sector,
        "region": firms.region[parent],
        "x": firms.x[parent] + moved[:, 0],
        "y": firms.y[parent] + moved[:, 1],
        "size": size,
        "cash": size * founders.cash,
        "skills": skills,
        "base_skills": skills,
        "practice": practice,
        "z": z,
        "culture": np.clip(firms.culture[parent] + culture, 0, 1).astype(np.float32),
        "purpose": np.clip(firms.purpose[parent] + purpose, 0, 1).astype(np.float32),
        "propensities": firms.propensities[parent],
        "autonomy": np.full(uid.size, state.rules.formation.own_weight),
        "slack": np.full(uid.size, state.rules.market.slack),
        "performance": np.full(uid.size, state.rules.market.margin),
        "aspiration": np.full(uid.size, state.rules.market.margin),
        "security": np.full(uid.size, founders.security),
        "response": np.full(uid.size, founders.response),
    }


def parents(firms: object, sector: np.ndarray, unit: np.ndarray) -> np.ndarray:
    """Return the row of an incumbent of the same sector for each entrant (any firm if there is none)."""
    by_sector = np.argsort(firms.sector, kind="stable")  # type: ignore[attr-defined]
    sorted_sectors = firms.sector[by_sector]  # type: ignore[attr-defined]
    lo = np.searchsorted(sorted_sectors, sector, "left")
    hi = np.searchsorted(sorted_sectors, sector, "right")
    nobody = lo == hi
    lo, hi = np.where(nobody, 0, lo), np.where(nobody, by_sector.size, hi)
    return by_sector[lo + np.floor(unit * (hi - lo)).astype(int)]


RULE = Rule(
    name="entry",
    phase="market and money",
    about="opportunities come whatever happens; more of them are taken when demand exceeds capacity",
    source="thinning: Lewis and Shedler 1979; spin-offs: Klepper 2001",
    moves=("firms", "up"),
    reads=names(
        "firms",
        ["sector", "size", "fill", "base_skills", "practice", "region", "x", "y", "culture", "purpose", "propensities"],
    ),
    writes=("firms", "world.slots"),
    update=update_entries,
)
