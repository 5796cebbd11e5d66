"""Config and seed to a world: conditions set parameters here, founders and their ties are drawn."""

from __future__ import annotations

import copy
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np

from emergence.config import Founders, Group, Rules, Settings, Shock, find_data, get, known_keys, put
from emergence.errors import Refusal, nearest
from emergence.kernels.landscape import practice_value, redraw_entries, to_z, update_z
from emergence.kernels.random import fill_units
from emergence.luck import generator, key, normals, stream
from emergence.network_io import ImportedNetwork, firm_uid, read_network
from emergence.networks import make_network
from emergence.policies import AT_THE_START, carry_over, rules_in_force
from emergence.reading import check_value, read_settings
from emergence.rules.base import MOST_GROUPS
from emergence.rules.culture import sector_norms
from emergence.rules.environment import BY_UID, DRIFT, TARGETS, own_entries, separate_entries
from emergence.rules.equipment import EQUIPMENT
from emergence.rules.governance import bits_of, set_network
from emergence.rules.innovation import enter_registry
from emergence.rules.orchestration import OFFICES, fill, offices
from emergence.rules.recipes import can_trade, make_recipe, recipe_of_ties, roles
from emergence.schema import (
    ADMISSIONS,
    BITS,
    CULTURE,
    DECIDINGS,
    FORMS,
    LAYERS,
    MANDATES,
    MODELS,
    OPERATIONAL,
    PURPOSE,
    SHARINGS,
    SKILLS,
)
from emergence.settle import settled_intercept
from emergence.step import Simulation
from emergence.world import World

NETWORK = [stream(f"build.network.{layer}") for layer in LAYERS]
TRAITS = stream("build.traits")
PRACTICE = stream("build.practice")
LINEAGE = stream("build.lineage")
PLACES = stream("build.places")
SPECIALTY = stream("build.specialty")
REGIONAL = stream("build.regional")
MEMBERS = stream("build.members")
STRATEGIES = stream("build.strategies")
# Settings of a group that are columns of the same name.
TAKEN_OVER = (
    "transparency", "sanctions", "mending", "protection", "events", "remote", "fee", "monitoring", "coordination",
    "follow", "royalty", "adaptive", "purchasing",
)  # fmt: skip
STRONG, WEAK = 0.9, 0.1  # skills of a firm that is good at one thing alone


@dataclass(frozen=True)
class Effect:
    """What one condition does to one parameter: a factor, or a shift, at 0 and at 1 (none at .5).

    Parameters
    ----------
    condition, parameter : str
        Names; parameters are keys below ``founders`` or ``rules``.
    low, high : float
        Factor (or shift) at 0 and at 1; linear on either side of .5.
    shift : bool
        Add instead of multiply.
    moves : str
        What the parameter moves directly, and which way, as the condition rises.
    """

    condition: str
    parameter: str
    low: float
    high: float
    moves: str
    shift: bool = False

    def apply(self, value: float, level: float) -> float:
        """Return the parameter's value at a level of the condition."""
        neutral = 0.0 if self.shift else 1.0
        end = self.low if level < 0.5 else self.high
        change = neutral + (end - neutral) * abs(level - 0.5) * 2.0
        return value + change if self.shift else value * change


CONDITIONS: tuple[Effect, ...] = (
    Effect("diversity", "founders.lineages", 0.16, 1.84, "spread of practices at the start: up"),
    Effect("diversity", "founders.skill_spread", 0.1, 1.9, "spread of skills at the start: up"),
    Effect("diversity", "founders.culture_spread", 0.1, 1.9, "spread of culture at the start: up"),
    Effect("diversity", "founders.outside_main", 0.1, 1.35, "share of firms outside the main sector: up"),
    Effect("diversity", "rules.formation.homophily", 0.5, -0.5, "distance of knowledge on new ties: up", True),
    Effect("autonomy", "rules.formation.own_weight", 0.0, 2.0, "standing of the larger partner on new ties: down"),
    Effect("autonomy", "rules.search.proposed", 2.0, 0.0, "standing of those met: down"),
    Effect("autonomy", "rules.innovation.standard", 2.0, 0.0, "routines taken over from partners: up"),
    Effect(
        "feedback",
        "rules.strengthening.feedback",
        0.0,
        2.0,
        "strength after success less strength after failure: up",
    ),
    Effect("feedback", "rules.strengthening.evidence", 0.2, 1.8, "spread of trust: up"),
    Effect("feedback", "rules.strengthening.reputation", 0.0, 2.0, "spread of reputation: up"),
    Effect("feedback", "rules.adaptation.social", 0.0, 2.0, "spread of aspirations: down"),
    Effect("feedback", "rules.innovation.seeing", 0.0, 2.0, "improvement by copying: up"),
    Effect("adaptive_capacity", "rules.market.slack", 0.0, 2.0, "reserve capacity: up"),
    Effect("adaptive_capacity", "rules.innovation.tries", 0.4, 1.6, "tries of new practice: up"),
    Effect("adaptive_capacity", "rules.search.meetings", 0.6, 1.4, "meetings: up"),
    Effect("adaptive_capacity", "rules.dissolution.development", 0.6, 1.4, "development ties broken: up"),
    Effect("adaptive_capacity", "rules.dissolution.strategic", 0.6, 1.4, "strategic ties broken: up"),
    Effect("shared_purpose", "founders.purpose_spread", 1.9, 0.1, "spread of purpose at the start: down"),
    Effect("shared_purpose", "rules.work.temptation", 1.8, 0.2, "opportunistic acts: down"),
    Effect("shared_purpose", "rules.work.coordination", 1.5, 0.5, "success of joint projects: up"),
    Effect("shared_purpose", "rules.work.culture", 1.33, 0.67, "success across cultures: up"),
    Effect("shared_purpose", "rules.formation.culture", 1.33, 0.67, "cultural distance on new ties: up"),
)


def apply_conditions(settings: Settings, effects: Sequence[Effect] = CONDITIONS) -> Settings:
    """Return a copy of the settings in which the conditions have set their parameters.

    Values stay inside the documented range of each parameter.
    """
    applied = copy.deepcopy(settings)
    known = known_keys()
    for effect in effects:
        level = getattr(settings.conditions, effect.condition)
        about = known[effect.parameter].metadata
        value = effect.apply(get(applied, effect.parameter), level)
        put(applied, effect.parameter, min(max(value, about["low"]), about["high"]))
    return applied


def condition_levels(settings: Settings) -> dict[str, float]:
    """Return the level of each condition, 0 to 1."""
    return dict(vars(settings.conditions))


def with_conditions(settings: Settings, levels: Mapping[str, float]) -> Settings:
    """Return a copy of the settings with other levels of some conditions."""
    changed = copy.deepcopy(settings)
    for name, level in levels.items():
        setattr(changed.conditions, name, level)
    return changed


def condition_table(settings: Settings) -> list[dict[str, object]]:
    """Return one row per effect: condition, its level, the parameter, its value before and after."""
    applied = apply_conditions(settings)
    return [
        {
            "condition": effect.condition,
            "level": getattr(settings.conditions, effect.condition),
            "parameter": effect.parameter,
            "before": get(settings, effect.parameter),
            "after": get(applied, effect.parameter),
            "moves": effect.moves,
        }
        for effect in CONDITIONS
    ]


def make_simulation(
    settings: Settings, effects: Sequence[Effect] = CONDITIONS, imported: ImportedNetwork | None = None
) -> Simulation:
    """Build the world that the settings describe, ready for its first month.

    Parameters
    ----------
    settings : Settings
    effects : sequence of Effect
        What the conditions set; the default table unless a test takes rows out.
    imported : ImportedNetwork, optional
        A network already in memory, instead of the file that the settings name.
    """
    applied = apply_conditions(settings, effects)
    if imported is None:
        imported = read_file(settings)
    if imported is not None and settings.network.settle:
        shift = settled_intercept(settings, imported, lambda pilot, ties: make_simulation(pilot, effects, ties))
        applied.rules.formation.intercept += shift
    world = make_firms(applied, imported)
    make_landscape(world, applied)
    world.demand["recipe"] = recipe_for(world, applied, imported)
    make_practices(world, applied.founders)
    make_ties(world, applied, imported)
    make_demand(world, applied)
    make_groups(world, settings, applied.rules)
    check_timeline(world, settings)
    make_digital(world, applied)
    return Simulation(world, settings, applied.rules)


def branch_with(simulation: Simulation, changes: Mapping[str, Any]) -> Simulation:
    """Return a twin of a simulation that goes on under other settings.

    Parameters
    ----------
    simulation : Simulation
        Is left as it is.
    changes : mapping of str to value
        Keys below ``rules`` or ``conditions``, or ``timeline``; what only shapes the start cannot change. Of a
        condition that sets parameters of founders as well, only its effect on rules acts (diversity: partners
        chosen across differences). Autonomy and slack change for the firms that are there, too.

    Raises
    ------
    Refusal
        For an unknown key, one that cannot change on the way, or a value out of range.
    """
    known, settings = known_keys(), copy.deepcopy(simulation.settings)
    for name, value in changes.items():
        if name not in known:
            raise Refusal(f"unknown key '{name}': {nearest(name, known)}")
        if name == "timeline":
            several = isinstance(value, list | tuple)
            given = [asdict(one) if isinstance(one, Shock) else one for one in value] if several else value
            settings.timeline = read_settings({"timeline": given}).timeline
        elif name.startswith(("rules.", "conditions.")) and name not in AT_THE_START:
            put(settings, name, check_value(name, value, known[name]))
        else:
            raise Refusal(f"{name}: only rules, conditions and the timeline can change on the way")
    before, after = apply_conditions(simulation.settings), apply_conditions(settings)
    moved = {key: get(after, key) for key in known if key.startswith("rules.") and get(after, key) != get(before, key)}
    if "timeline" in changes:
        check_timeline(simulation.world, settings)
    twin = simulation.branch(moved)
    twin.settings = twin._state.settings = settings
    twin._state.rules = rules_in_force(twin.rules, settings.timeline, twin.step)
    carry_over(twin.world, rules_in_force(simulation.rules, simulation.settings.timeline, twin.step), twin._state.rules)
    return twin


def check_timeline(world: World, settings: Settings) -> None:
    """Refuse shocks that would strike nobody: unknown firms, sectors or regions, or a rule that is off."""
    sectors = world.landscape.shape[0]
    regions = max(settings.founders.regions, int(world.firms.region.max(initial=0)) + 1)
    for k, shock in enumerate(settings.timeline):
        for name, place, number in (("sector", shock.sector, sectors), ("region", shock.region, regions)):
            if place is not None and place >= number:
                raise Refusal(f"timeline[{k}].{name}: there is no {name} {place}; the last is {number - 1}")
        if shock.kind == "landscape_shift" and shock.region is not None:
            raise Refusal(f"timeline[{k}].region: a landscape belongs to a sector, not to a region; name a sector")
        check_rules_of(k, shock, rules_in_force(settings.rules, settings.timeline, shock.month))
        named = shock.kind in ("removal", "cyber_incident") and shock.target not in TARGETS
        named = named and not shock.target.startswith(BY_UID)
        if named and world.find_firm(shock.target) is None:
            names = {*world.ids.values(), *world.labels.values(), *TARGETS}
            raise Refusal(
                f"timeline[{k}].target: there is no firm of that name or id, '{shock.target}'; "
                f"{nearest(shock.target, names)}"
            )


# Kinds of shocks that act through a rule besides `environment`.
ACTS_THROUGH = {"cyber_incident": "incidents", "regulation": "market"}


def check_rules_of(k: int, shock: Shock, rules: Rules) -> None:
    """Refuse a shock that acts through a rule which is off when it strikes."""
    what = f"timeline[{k}]: a {shock.kind.replace('_', ' ')} in month {shock.month} would strike nobody"
    if shock.kind == "supply_disaster" and shock.sector is None and shock.region is None:
        supply = getattr(rules, "supply", None)
        if supply is None or not supply.enabled:
            raise Refusal(
                f"{what}: without region and sector it strikes imports, which only the rule supply uses; "
                "name a region or a sector" + ("" if supply is None else ", or set rules.supply.enabled=true")
            )
    needed = ("environment", ACTS_THROUGH.get(shock.kind, "environment")) if shock.kind != "policy" else ()
    for name in needed:
        if not getattr(rules, name).enabled:
            raise Refusal(f"{what}, because the rule {name} is off; set rules.{name}.enabled=true")


def read_file(settings: Settings) -> ImportedNetwork | None:
    """Read the user's own network, if the settings name one."""
    network = settings.network
    if network.kind != "file":
        return None
    if network.ties is None:
        raise Refusal("network=file needs network.ties=FILE: CSV with source,target, GraphML, GEXF or JSON")
    return read_network(
        find_data(network.ties),
        find_data(network.firms) if network.firms else None,
        year=network.year,
        layer=network.layer,
    )


def make_firms(settings: Settings, imported: ImportedNetwork | None) -> World:
    """Draw the founders; what a file says of a firm is kept, the rest is drawn by its uid."""
    founders, seed = settings.founders, settings.seed
    if imported is None:
        uid = np.arange(1, settings.firms + 1, dtype=np.int64)
    else:
        uid = np.array([firm_uid(name) for name in imported.ids], np.int64)
    order = np.argsort(uid)  # canonical order: the same whatever the order in the file
    uid = uid[order]
    n = uid.size
    world = World(n)
    world.seed = seed
    firms = world.firms
    units = fill_units(key(seed, TRAITS), uid, 12 + 2 * (SKILLS + CULTURE + PURPOSE))
    spread = normals(units[:, 12:])
    firms.uid[:], firms.slot[:] = uid, np.arange(n)
    main = units[:, 0] >= founders.outside_main
    others = 1 + np.floor(units[:, 1] * (founders.sectors - 1)).astype(int) if founders.sectors > 1 else 0
    firms.sector[:] = np.where(main, 0, others)
    firms.region[:] = np.floor(units[:, 2] * founders.regions)
    centres = fill_units(key(seed, PLACES), np.arange(founders.regions), 2) * 100.0
    firms.x[:], firms.y[:] = (centres[firms.region] + normals(units[:, 4:8]) * founders.region_spread).T
    firms.size[:] = np.maximum(1.0, founders.size * np.exp(founders.size_spread * normals(units[:, 8:10])[:, 0]))
    firms.born[:] = np.round(12.0 * founders.age * np.log(units[:, 10]))
    if imported is not None:
        use_imported(world, imported, order, settings)
    firms.cash[:] = firms.size * founders.cash
    culture = spread[:, SKILLS : SKILLS + CULTURE]
    firms.skills[:] = make_skills(world, founders, spread[:, :SKILLS])
    firms.base_skills[:] = firms.skills
    own = np.clip(0.5 + founders.culture_spread * culture, 0, 1)
    norms = sector_norms(seed, int(firms.sector.max(initial=0)) + 1, founders.norm_spread)
    firms.culture[:] = (1.0 - founders.sector_norms) * own + founders.sector_norms * norms[firms.sector]
    firms.purpose[:] = np.clip(0.5 + founders.purpose_spread * spread[:, SKILLS + CULTURE :], 0, 1)
    drawn = normals(fill_units(key(seed, STRATEGIES), uid, 8))
    firms.propensities[:] = np.clip(0.5 + founders.strategy_spread * drawn, 0, 1)
    firms.autonomy[:] = settings.rules.formation.own_weight
    firms.slack[:] = settings.rules.market.slack
    firms.performance[:] = firms.aspiration[:] = settings.rules.market.margin
    return world


def make_skills(world: World, founders: Founders, spread: np.ndarray) -> np.ndarray:
    """Return the founders' skills, float64[firms, skills]: their own, or those that their region shares.

    Parameters
    ----------
    spread : float64[firms, skills]
        Standard normals of each firm.
    """
    firms, seed = world.firms, world.seed
    own = fill_units(key(seed, SPECIALTY), firms.uid, 2)
    regions = np.arange(int(firms.region.max(initial=0)) + 1)
    common = fill_units(key(seed, REGIONAL), regions, 2 + 2 * SKILLS)
    alike = own[:, 0] < founders.redundancy
    strong = np.floor(np.where(alike, common[firms.region, 1], own[:, 1]) * SKILLS).astype(int)
    drawn = np.where(alike[:, None], normals(common[:, 2:])[firms.region], spread)
    skills = np.clip(founders.skill_mean + founders.skill_spread * drawn, 0, 1)
    alone = np.where(np.arange(SKILLS) == strong[:, None], STRONG, WEAK)
    return (1.0 - founders.specialists) * skills + founders.specialists * alone


def use_imported(world: World, imported: ImportedNetwork, order: np.ndarray, settings: Settings) -> None:
    """Take over what the file says: names, sectors, regions, places, sizes."""
    firms = world.firms
    names = [imported.names[k] for k in order]
    repeated = {name for name, count in Counter(names).items() if count > 1}
    for row, k in enumerate(order):
        name = imported.names[k]
        world.ids[int(firms.uid[row])] = imported.ids[k]
        world.labels[int(firms.uid[row])] = f"{name} ({imported.ids[k]})" if name in repeated else name
    for name, texts in imported.extra_firms.items():
        world.extra[name] = {int(firms.uid[row]): texts[k] for row, k in enumerate(order)}
    for name in ("sector", "region"):
        words = imported.attributes.get(name)
        if words is None:
            continue
        words = words[order]
        # Numbers keep the order of numbers, so that what was written comes back with the same codes.
        known = sorted(
            {w for w in words if w is not None}, key=lambda w: (not w.isdecimal(), len(w) * w.isdecimal(), w)
        )
        limit = 255 if name == "sector" else 32_000
        if len(known) > limit:
            raise Refusal(f"the file has {len(known)} different values of '{name}'; at most {limit} can be told apart")
        world.words[name] = known
        code = {word: number for number, word in enumerate(known)}
        column = firms.column(name)
        for row, word in enumerate(words):
            if word is not None:
                column[row] = code[word]
    for name in ("x", "y", "size"):
        values = imported.attributes.get(name)
        if values is not None:
            values = values[order]
            firms.column(name)[:] = np.where(np.isnan(values), firms.column(name), values)


def make_landscape(world: World, settings: Settings) -> None:
    """Draw the landscapes of all sectors."""
    environment = settings.rules.environment
    sectors = max(settings.founders.sectors, int(world.firms.sector.max(initial=0)) + 1)
    world.landscape = np.zeros((sectors, BITS, 1 << (environment.interactions + 1)))
    own = own_entries(world.seed, world.landscape.shape, environment.correlation)
    redraw_entries(key(world.seed, DRIFT), 2.0, *separate_entries(own), own, world.landscape)


def make_practices(world: World, founders: Founders) -> None:
    """Give founders the practices of their lineages, with a few bits changed."""
    firms, seed = world.firms, world.seed
    lineages = max(1, int(np.round(founders.lineages)))
    drafts = np.arange(lineages * founders.drafts)
    powers = np.uint64(1) << np.arange(BITS, dtype=np.uint64)
    bits = fill_units(key(seed, LINEAGE), drafts, BITS) < 0.5
    practices = (bits * powers).sum(axis=1, dtype=np.uint64)
    values = np.array([to_z(practice_value(np.uint64(p), world.landscape[0])) for p in practices])
    best = values.reshape(lineages, -1).argmax(axis=1) + np.arange(lineages) * founders.drafts
    units = fill_units(key(seed, PRACTICE), firms.uid, BITS + 1)
    alike = fill_units(key(seed, SPECIALTY), firms.uid, 1)[:, 0] < founders.redundancy
    regional = fill_units(key(seed, REGIONAL), firms.region, 1)[:, 0]
    own = practices[best][np.floor(np.where(alike, regional, units[:, 0]) * lineages).astype(int)]
    flips = ((units[:, 1:] < founders.mutation) * powers).sum(axis=1, dtype=np.uint64)
    firms.practice[:] = own ^ flips
    update_z(0, world.size, firms.practice, firms.sector, world.landscape, firms.z)
    enter_registry(world.registry, firms.practice, 0)


def recipe_for(world: World, settings: Settings, imported: ImportedNetwork | None) -> np.ndarray:
    """Return which sectors supply which, int8[sectors, sectors]: as the file's suppliers show, else on a ring."""
    sectors = world.landscape.shape[0]
    if imported is not None:
        at = np.flatnonzero(imported.layer == OPERATIONAL)
        if at.size:
            row = world.rows_of(firm_uid(name) for name in imported.ids)
            of = world.firms.sector[row].astype(np.int64)
            supplier, buyer = of[imported.source[at]], of[imported.target[at]]
            both = imported.direction[at] != 0
            return recipe_of_ties(sectors, np.append(buyer, supplier[both]), np.append(supplier, buyer[both]))
    return make_recipe(sectors, settings.rules.supply.inputs)


def make_ties(world: World, settings: Settings, imported: ImportedNetwork | None) -> None:
    """Draw or take over the ties at the start."""
    start = settings.rules.formation.strength
    if imported is None:
        for name in settings.layers:
            layer = LAYERS.index(name)
            a, b = make_network(
                # Suppliers are near, but not of the same sector.
                replace(settings.network, by_sector=0.0) if layer == OPERATIONAL else settings.network,
                world.size,
                world.firms.region,
                world.firms.sector,
                generator(world.seed, NETWORK[layer]),
            )
            more = {}
            if layer == OPERATIONAL:
                # Of the pairs drawn only those with something to sell to each other become suppliers.
                useful = can_trade(world.demand["recipe"], world.firms.sector[a], world.firms.sector[b])
                a, b = a[useful], b[useful]
                more["role"] = roles(world.demand["recipe"], world.firms.sector[a], world.firms.sector[b])
            world.ties[layer].insert(a, b, w=start, **more)
        return
    row = world.rows_of(firm_uid(name) for name in imported.ids)
    a, b = row[imported.source], row[imported.target]
    strength = np.where(np.isnan(imported.strength), start, imported.strength)
    latest = np.nanmax(imported.since) if np.isfinite(imported.since).any() else 0.0
    born = np.where(np.isnan(imported.since), 0.0, 12.0 * (imported.since - latest))
    for layer, ties in enumerate(world.ties):
        at = np.flatnonzero(imported.layer == layer)
        if not at.size:
            continue
        # The source of a directed operational tie supplies, its target buys; both ways is role 0.
        forward = np.where((imported.direction[at] == 0) & (layer == OPERATIONAL), 1, 0)
        lo, hi = np.minimum(a[at], b[at]), np.maximum(a[at], b[at])
        _, first, copies = np.unique(lo * world.size + hi, return_index=True, return_counts=True)
        one_way = forward[first] * (copies == 1)
        role_lo = np.where(a[at][first] < b[at][first], 2, 1) * one_way
        role_hi = np.where(a[at][first] < b[at][first], 1, 2) * one_way
        more = {"role": (role_lo, role_hi)} if layer == OPERATIONAL else {}
        ties.insert(lo[first], hi[first], w=strength[at][first], born=born[at][first], **more)


def make_digital(world: World, settings: Settings) -> None:
    """Give founders digital practice and security, each by its uid; what only some rules need, `equip` gives."""
    firms, founders = world.firms, settings.founders
    units = fill_units(key(world.seed, EQUIPMENT), firms.uid, 2)
    firms.digital[:] = units[:, 0] < founders.digital
    firms.security[:] = shared_security(world, settings, units[:, 1])


def shared_security(world: World, settings: Settings, luck: np.ndarray) -> np.ndarray:
    """Return the founders' security, float64[firms]: the same total, wherever it is put.

    Among too few firms for each to have at most 1 it is shared out among more.

    Parameters
    ----------
    luck : float64[firms]
        Order of random firms, and of firms with as many ties.
    """
    founders, n = settings.founders, world.size
    if founders.security_at == "everyone" or not founders.security:
        return np.full(n, founders.security)
    total = founders.security * n
    some = min(n, max(int(np.ceil(founders.secured * n)), int(np.ceil(total)), 1))
    degree = np.sum([world.ties[LAYERS.index(layer)].degree() for layer in settings.layers], axis=0)
    hubs = founders.security_at == "hubs"
    first = np.lexsort((world.firms.uid, luck, -degree * hubs))[:some]
    security = np.zeros(n)
    security[first] = min(1.0, total / some)
    return security


def make_groups(world: World, settings: Settings, rules: Rules) -> None:
    """Found the groups and draw their first members, each by its uid."""
    firms = world.firms
    if len(settings.groups) > MOST_GROUPS:
        raise Refusal(f"groups: {len(settings.groups):,} groups are too many to tell apart; at most {MOST_GROUPS:,}")
    for number, group in enumerate(settings.groups):
        words = {"form": FORMS, "sharing": SHARINGS, "admission": ADMISSIONS, "deciding": DECIDINGS}
        given = {name: np.array([choices.index(getattr(group, name))]) for name, choices in words.items()}
        for name in TAKEN_OVER:
            given[name] = np.array([getattr(group, name)])
        given["models"] = np.array([bits_of(group.orchestration, MODELS)])
        mandate = sum(getattr(group, name) << bit for bit, name in enumerate(MANDATES))
        world.groups.append(1, gid=np.array([number + 1]), mandate=np.array([mandate]), **given)
        eligible = np.ones(world.size, bool)
        for name in ("sector", "region"):
            wanted = getattr(group, name)
            eligible &= True if wanted is None else firms.column(name) == wanted
        drawn = fill_units(key(world.seed, MEMBERS, number), firms.uid, 1)[:, 0] < group.share
        officers = named_officers(world, group, number)
        uid = np.sort(firms.uid[(eligible & drawn) | np.isin(firms.uid, list(officers.values()))])
        world.memberships.append(uid.size, uid=uid, gid=np.full(uid.size, number + 1))
        fill_first_offices(world, world.groups, number, officers, world.rows_of(uid))
    set_network(world, rules)
    fill_first_offices(world, world.network, 0, {}, np.arange(world.size))


def named_officers(world: World, group: Group, number: int) -> dict[str, int]:
    """Return the uids of the firms that the settings name for offices of a group."""
    found = {}
    wanted = offices(bits_of(group.orchestration, MODELS), at_large=False)
    for office, model in zip(OFFICES, ("hub_and_spoke", "open_innovation"), strict=True):
        name = getattr(group, office)
        if name is not None and office not in wanted:
            raise Refusal(f"groups[{number}].{office}: a group has one only if its orchestration names {model}")
        uid = None if name is None else world.find_firm(name)
        if name is not None and uid is None:
            known = {*world.ids.values(), *world.labels.values()} or {str(uid) for uid in world.firms.uid[:12].tolist()}
            raise Refusal(
                f"groups[{number}].{office}: there is no firm of that name or id, '{name}'; {nearest(name, known)}"
            )
        if uid is not None:
            found[office] = uid
    if len(found) > len(set(found.values())):
        raise Refusal(f"groups[{number}]: one firm cannot both lead and be the research institution")
    return found


def fill_first_offices(world: World, groups: Any, row: int, named: dict[str, int], members: np.ndarray) -> None:
    """Give the offices that the models ask for to the firms named, or to the members best fit for them."""
    wanted = offices(int(groups.models[row]), groups is world.network)
    for office in sorted(wanted, key=lambda office: office not in named):
        fill(world, groups, row, office, members, named.get(office, -1))


def make_demand(world: World, settings: Settings) -> None:
    """Set the demand of each sector to the founders' capacity in it."""
    firms = world.firms
    sectors = world.landscape.shape[0]
    monthly = settings.rules.entry.opportunities * world.size / 12.0
    if monthly >= 2**18:
        raise Refusal(
            f"rules.entry.opportunities: {monthly:,.0f} opportunities a month are too many to tell apart; "
            f"at most {12 * 2**18 / max(world.size, 1):.3g} a year for {world.size:,} firms"
        )
    count = np.bincount(firms.sector, minlength=sectors)
    total = np.bincount(firms.sector, firms.z, sectors)
    world.demand |= {
        "base": np.bincount(firms.sector, firms.size, sectors),
        "founders": count.astype(float),
        "reference": np.divide(total, count, out=np.zeros(sectors), where=count > 0),
        "ar": np.zeros(sectors),
        "level": np.ones(sectors),
    }
