"""Typed settings: every key that a user can set, with its default, unit, range and meaning.

The dataclasses are the one place of defaults; the YAML files under configs/ only override.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields, is_dataclass
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import Any, get_type_hints

from emergence.schema import ADMISSIONS, DECIDINGS, FORMS, KINDS, LAYERS, MODELS, RATIONINGS, SECURED, SHARINGS


def config_folder() -> Path:
    """Return the folder of the configs: inside the installed package, or at the top of a checkout."""
    inside = Path(__file__).parent / "configs"
    return inside if inside.is_dir() else Path(__file__).parents[2] / "configs"


def find_data(name: str) -> Path:
    """Return the path of a data file; ``data:NAME`` is one that is shipped with the program."""
    if not name.startswith("data:"):
        return Path(name)
    return config_folder() / "data" / Path(name[5:]).name


def num(default: float, low: float, high: float, unit: str, meaning: str) -> Any:
    """Declare a number (an int default asks for whole numbers) with its closed range."""
    return field(default=default, metadata={"low": low, "high": high, "unit": unit, "meaning": meaning})


def word(default: str, choices: tuple[str, ...], meaning: str) -> Any:
    """Declare a word; an empty tuple of choices allows any text."""
    return field(default=default, metadata={"choices": choices, "unit": "", "meaning": meaning})


def words(default: tuple[str, ...], choices: tuple[str, ...], meaning: str, least: int = 0) -> Any:
    """Declare a list of different words, at least so many of them."""
    return field(
        default_factory=lambda: list(default),
        metadata={"choices": choices, "several": True, "least": least, "unit": "", "meaning": meaning},
    )


def switch(default: bool, meaning: str) -> Any:
    """Declare a yes/no setting."""
    return field(default=default, metadata={"unit": "", "meaning": meaning})


def optional(kind: type, meaning: str, low: float = -math.inf, high: float = math.inf) -> Any:
    """Declare a setting that may be null: a whole number in a range, or text."""
    return field(
        default=None,
        metadata={"optional": kind, "low": low, "high": high, "unit": "", "meaning": meaning},
    )


def anything(meaning: str) -> Any:
    """Declare a setting that may be a number, a switch or a word; what is valid is checked by who reads it."""
    return field(default=None, metadata={"anything": True, "unit": "", "meaning": meaning})


def part(kind: type) -> Any:
    """Declare a section."""
    return field(default_factory=kind)


@dataclass
class Conditions:
    """The five conditions. Only `build` reads them; they set parameters and touch no outcome."""

    diversity: float = num(0.5, 0, 1, "1", "spread of skills, practices, sectors and cultures")
    autonomy: float = num(0.5, 0, 1, "1", "own choice against the orchestrator's")
    feedback: float = num(0.5, 0, 1, "1", "how much and how visibly outcomes change ties and aims")
    adaptive_capacity: float = num(0.5, 0, 1, "1", "slack, experiments, speed of rewiring")
    shared_purpose: float = num(0.5, 0, 1, "1", "aligned values, less opportunism, cheap coordination")


@dataclass
class Founders:
    """The firms that are there at the start, where a file does not say."""

    sectors: int = num(6, 1, 255, "count", "number of sectors")
    regions: int = num(5, 1, 1000, "count", "number of regions")
    outside_main: float = num(0.6, 0, 1, "1", "share of firms outside the main sector")
    lineages: float = num(6.5, 1, 64, "count", "founding lineages of practice")
    mutation: float = num(0.02, 0, 1, "1", "share of a practice's bits in which founders differ")
    drafts: int = num(12, 1, 10_000, "count", "a lineage starts from the best of so many random practices")
    skill_mean: float = num(0.45, 0, 1, "1", "mean skill")
    skill_spread: float = num(0.2, 0, 1, "1", "standard deviation of skills between firms")
    specialists: float = num(0.0, 0, 1, "1", "0: skills as drawn; 1: every firm is good at one skill alone")
    redundancy: float = num(0.0, 0, 1, "1", "share of firms that have the skills and the lineage of their region")
    culture_spread: float = num(0.2, 0, 1, "1", "standard deviation of culture between firms")
    sector_norms: float = num(0.0, 0, 1, "1", "share of a founder's culture that is the norm of its sector")
    norm_spread: float = num(0.2, 0, 1, "1", "standard deviation of norms between sectors")
    purpose_spread: float = num(0.2, 0, 1, "1", "standard deviation of purpose between firms")
    size: float = num(7000.0, 1, 1e9, "EUR/month", "median capacity")
    size_spread: float = num(0.8, 0, 3, "log", "standard deviation of log capacity")
    cash: float = num(1.0, 0, 120, "months", "cash in months of capacity")
    region_spread: float = num(8.0, 0, 1000, "km", "standard deviation of places round a region's centre")
    age: float = num(10.0, 0, 100, "years", "mean age at the start (exponential)")
    strategy_spread: float = num(0.0, 0, 1, "1", "standard deviation of propensities between firms")
    digital: float = num(0.0, 0, 1, "1", "share of founders with digital practice")
    tools: float = num(0.0, 0, 1, "1", "share of founders that have each digital tool, if rules.tools is on")
    security: float = num(0.0, 0, 1, "1", "mean security of founders, and security of entrants")
    security_at: str = word("everyone", SECURED, "who has it: everyone alike, random firms, or the best-tied firms")
    secured: float = num(0.2, 0, 1, "1", "random, hubs: share of founders among whom all the security is shared out")
    response: float = num(0.0, 0, 1, "1", "capability to respond to incidents, of founders and entrants")


@dataclass
class Network:
    """The ties at the start."""

    kind: str = word(
        "clustered",
        ("empty", "random", "small_world", "scale_free", "clustered", "file"),
        "generator, or file for a network of your own",
    )
    degree: float = num(6.5, 0, 1000, "ties", "mean ties per firm and acting layer")
    rewiring: float = num(0.1, 0, 1, "1", "small_world: share of rewired ties")
    inside: float = num(0.8, 0, 1, "1", "clustered: share of ties inside a region or a sector")
    by_sector: float = num(0.5, 0, 1, "1", "clustered: share of those that are inside a sector, not a region")
    ties: str | None = optional(str, "file: ties as CSV (source,target), GraphML, GEXF or JSON")
    firms: str | None = optional(str, "file: firms as CSV (id)")
    year: int | None = optional(int, "file: which of several years", 1000, 3000)
    layer: str = word("strategic", LAYERS, "file: layer of ties that name none")
    settle: bool = switch(True, "file: shift the readiness to tie so that the given ties keep their number")


@dataclass
class Drift:
    """Environment: landscapes, demand cycle and noise."""

    enabled: bool = switch(True, "rule on")
    drift: float = num(0.01, 0, 1, "1/month", "share of landscape entries redrawn")
    correlation: float = num(0.8, 0, 1, "1", "share of landscape entries that sectors have in common")
    convergence: float = num(0.0, 0, 1, "1/month", "share of what a sector still has for itself that becomes common")
    interactions: int = num(5, 0, 12, "count", "K: following loci on the ring that a locus depends on")
    cycle: float = num(0.04, 0, 0.9, "1", "amplitude of the demand cycle")
    period: float = num(60.0, 2, 1200, "months", "period of the demand cycle")
    noise: float = num(0.01, 0, 1, "1", "innovation of demand's AR(1)")
    memory: float = num(0.8, 0, 0.999, "1", "coefficient of demand's AR(1)")
    pandemic_demand: float = num(0.5, 0, 1, "1", "demand lost in a pandemic, per capacity lost")
    remote_work: float = num(0.37, 0, 1, "1", "share of what a pandemic takes that full digital practice keeps")


@dataclass
class SearchLayer:
    """How partners are met in one layer."""

    partners: float = num(0.4, 0, 1, "1", "share of meetings through a partner's partner (closure)")
    preferential: float = num(0.3, 0, 1, "1", "share through a random firm's partner; the rest is uniform")
    widest: float = num(4.0, 0.5, 1000, "1", "most meetings and attention of a large firm, in those of 7,000 EUR")


@dataclass
class Search:
    """Who meets whom."""

    enabled: bool = switch(True, "rule on")
    meetings: float = num(0.2, 0, 4, "1/month", "meetings a firm starts per layer")
    distance: float = num(50.0, 0.1, 1e6, "km", "d0: a meeting happens with weight 1/(1+d/d0)")
    size_exponent: float = num(0.3, 0, 2, "1", "meetings grow with (size/7000)^this, within [.5, widest of the layer]")
    proposed: float = num(0.5, 0, 1, "1", "share of meetings that the orchestrator proposes, if there is one")
    slack_effect: float = num(1.0, 0, 10, "1", "meetings are multiplied by 1 + this x slack")
    reputed: float = num(0.0, 0, 1, "1", "attention to the well-reputed: chance to meet x 1 - this (1-reputation)")
    operational: SearchLayer = field(default_factory=lambda: SearchLayer(0.2, 0.7))
    development: SearchLayer = part(SearchLayer)
    strategic: SearchLayer = field(default_factory=lambda: SearchLayer(0.3, 0.45))
    social: SearchLayer = part(SearchLayer)


@dataclass
class FormationLayer:
    """Weights of the terms of utility in one layer; every term lies in [0, 1]."""

    complementarity: float = num(0.45, 0, 5, "1", "b1 what the partner knows better")
    cognitive: float = num(0.35, 0, 5, "1", "b2 inverted U of the distance of knowledge")
    trust: float = num(0.45, 0, 5, "1", "b3 own trust from another layer, else reputation")
    purpose: float = num(0.15, 0, 5, "1", "b4 alignment of purpose")
    closure: float = num(0.2, 0, 5, "1", "b5 common partners, three or more count 1")
    other_layer: float = num(0.15, 0, 5, "1", "b6 tied in another layer")
    expected: float = num(0.25, 0, 5, "1", "b7 expected value: practice and standing of the partner")
    k0: float = num(8.0, 0.1, 1e6, "ties", "ties at which the cost of one more has doubled")
    blind: float = num(0.15, 0, 1, "1", "chance that a meeting makes a tie when choice is off")


@dataclass
class Formation:
    """Ties by mutual consent."""

    enabled: bool = switch(True, "rule on")
    choice: bool = switch(True, "firms choose by utility; false: every meeting has the same chance")
    rate: float = num(1.0, 0, 1, "1", "multiplies the probability of consent")
    intercept: float = num(0.0, -10, 10, "1", "added to both sides' utility")
    noise: float = num(0.25, 1e-6, 10, "1", "s: P = logistic(U_ij/s) logistic(U_ji/s)")
    tie_cost: float = num(0.25, 0, 10, "1", "cost of a tie, times 1+(k/k0)^2")
    culture: float = num(0.25, 0, 5, "1", "cost of cultural distance")
    geography: float = num(0.15, 0, 5, "1", "cost of distance, times 1-1/(1+d/d0)")
    rivalry: float = num(0.25, 0, 5, "1", "cost of similarity in one sector, times 1-trust")
    homophily: float = num(0.0, -5, 5, "1", "weight of similarity of knowledge; diversity lowers it")
    optimum: float = num(0.9, 0.01, 10, "1", "a: distance of knowledge at which understanding ends")
    own_weight: float = num(0.5, 0, 1, "1", "weight of own utility against the orchestrator's score")
    attention: float = num(20.0, 1, 1e6, "ties", "ties that fill a firm's attention, times its search effort")
    strength: float = num(0.3, 0, 1, "1", "strength of a new tie")
    operational: FormationLayer = field(default_factory=lambda: FormationLayer(0.2, 0.0, 0.5, 0.1, 0.0, 0.2, 0.6, 16.0))
    development: FormationLayer = part(FormationLayer)
    strategic: FormationLayer = field(default_factory=lambda: FormationLayer(0.45, 0.2, 0.6, 0.25, 0.1, 0.15, 0.4, 6.0))
    social: FormationLayer = field(default_factory=lambda: FormationLayer(0.05, 0.15, 0.5, 0.4, 0.4, 0.2, 0.1, 10.0))


@dataclass
class Work:
    """Joint projects on ties."""

    enabled: bool = switch(True, "rule on")
    frequency: float = num(1.0, 0, 1, "1", "multiplies the probability .2 + .6 w of a project")
    base: float = num(0.2, 0, 1, "1/month", "probability of a project on the weakest tie")
    by_strength: float = num(0.6, 0, 1, "1/month", "added at full strength")
    payoff_operational: float = num(0.004, 0, 1, "1", "value to each side, times the pair's scale")
    payoff_development: float = num(0.012, 0, 1, "1", "value to each side, times the pair's scale")
    payoff_strategic: float = num(0.026, 0, 1, "1", "value to each side, times the pair's scale")
    payoff_social: float = num(0.0, 0, 1, "1", "value to each side, times the pair's scale; 0: nothing is at stake")
    constant: float = num(-1.9, -20, 20, "logit", "success: constant")
    coverage: float = num(2.6, 0, 20, "logit", "success: the better skill of the two, mean over a task's two")
    trust: float = num(0.9, 0, 20, "logit", "success: mutual trust")
    alignment: float = num(0.5, 0, 20, "logit", "success: alignment of purpose")
    cognitive: float = num(0.8, 0, 20, "logit", "success: inverted U of the distance of knowledge")
    culture: float = num(0.6, 0, 20, "logit", "failure: cultural distance")
    coordination: float = num(0.25, 0, 20, "logit", "failure: cost of coordination")
    temptation: float = num(0.25, 0, 1, "1", "chance of opportunism at no trust and no alignment")
    cheating: float = num(0.25, 0, 10, "1", "extra gain of the one who cheats, as a share")
    sucker: float = num(0.01, 0, 1, "1", "loss of the one who is cheated, times the pair's scale")
    sharing: str = word("equal", SHARINGS, "how joint value is shared on ties outside groups")
    opportunism: float = num(1.0, 0, 1, "1", "temptation x (1 + this (1 - 2 propensity to be relational))")


@dataclass
class Strengthening:
    """Strength of ties, experience and reputation."""

    enabled: bool = switch(True, "rule on")
    gain: float = num(0.15, 0, 1, "1", "eta: w + eta y'(1-w)")
    decay: float = num(0.03, 0, 1, "1/month", "delta: w - delta w")
    decay_operational: float = num(0.02, 0, 1, "1/month", "delta of the operational layer")
    feedback: float = num(0.5, 0, 1, "1", "f: y' = f y + (1-f) reference")
    reference: float = num(0.55, 0, 1, "1", "fixed reference success")
    noise: float = num(0.0, 0, 10, "1", "noise with which success and failure of a project (1, 0) are seen")
    evidence: float = num(0.5, 0, 10, "1", "weight of one project in experience")
    breach: float = num(3.0, 0, 100, "1", "weight of being cheated, in projects")
    fade: float = num(0.98, 0, 1, "1/month", "experience that is left after a month")
    forgiveness: float = num(0.0, 0, 1, "1", "share of bad experience that a success makes good")
    reputation: float = num(0.05, 0, 1, "1/month", "speed at which reputation follows partners' trust")


@dataclass
class Knowledge:
    """Skills move along development ties."""

    enabled: bool = switch(True, "rule on")
    absorption: float = num(0.08, 0, 1, "1", "share of the gap taken over, times w, trust, attention")
    forgetting: float = num(0.006, 0, 1, "1/month", "return to the base skill")
    barter: bool = switch(True, "exchange needs a double coincidence of wants")


@dataclass
class Secrecy:
    """Hiding of practice and skills from rivals; openness is the first of the firms' propensities."""

    enabled: bool = switch(False, "rule on")
    hiding: float = num(3.0, 0, 100, "1", "chance to hide x (1-open)(1-distance of knowledge)(1-trust), same sector")


@dataclass
class Leakage:
    """Know-how that leaks to rivals among the partners."""

    enabled: bool = switch(False, "rule on")
    rate: float = num(0.1, 0, 1, "1/month", "chance that a routine leaks, x openness x (1 - protection of the group)")


@dataclass
class Rivalry:
    """Firms of like practice in one sector take demand from each other."""

    enabled: bool = switch(False, "rule on")
    crowding: float = num(2.0, 0, 20, "1", "attraction x exp(-this (bits in common with the sector's others - .5))")
    differentiation: float = num(3.0, 0, 100, "z", "value of a practice unlike all others' against one like theirs")


@dataclass
class Innovation:
    """Practices on a landscape: copied by routines, recombined, mutated."""

    enabled: bool = switch(True, "rule on")
    tries: float = num(0.25, 0, 1, "1/month", "probability of a try")
    cost: float = num(0.012, 0, 1, "1", "cost of a try as a share of capacity")
    copy: float = num(0.55, 0, 1, "1", "share of tries that copy a routine from a partner")
    recombine: float = num(0.2, 0, 1, "1", "share that recombine two partners' practices; the rest flip a bit")
    shortest: int = num(4, 1, 48, "bits", "shortest routine")
    longest: int = num(16, 1, 48, "bits", "longest routine")
    seeing: float = num(0.5, 0, 1, "1", "probability of picking the partner whose practice serves best")
    temperature: float = num(0.05, 0, 10, "z", "tolerance for a worse practice")
    standard: float = num(0.5, 0, 1, "1", "share of copying from the orchestrator's standard, if there is one")
    useful: float = num(2.5, -10, 10, "z", "value from which a first-ever practice counts as useful")


@dataclass
class Research:
    """What research institutions do where open innovation is a model of orchestration."""

    enabled: bool = switch(True, "rule on")
    experiments: int = num(20, 0, 10_000, "1/month", "experiments, as far as they are paid for")
    cost: float = num(60.0, 0, 1e9, "EUR", "cost of an experiment, paid by the group, or from outside at large")


@dataclass
class Races:
    """Innovation races inside a sector."""

    enabled: bool = switch(False, "rule on")
    step: float = num(0.1, 0, 10, "z", "a race is won by going so far beyond the best of the sector")
    prize: float = num(0.5, 0, 10, "1", "premium on demand of the first")
    second: float = num(0.3, 0, 1, "1", "what each later one of the same month gets of the one before it")
    lasting: float = num(12.0, 0.1, 1200, "months", "time in which a premium falls to 1/e")
    effort: float = num(1.0, 0, 20, "1", "contenders try more: x 1 + this x prize x (1 - second)")
    reach: float = num(1.0, 0, 100, "z", "contenders are so near the best of the sector")


@dataclass
class Adaptation:
    """Aspirations and what falling short of them does."""

    enabled: bool = switch(True, "rule on")
    speed: float = num(0.2, 0, 1, "1/month", "A <- (1-this) A + this x performance")
    social: float = num(0.5, 0, 1, "1", "weight of partners' performance against own")
    gain: float = num(0.5, 0, 5, "1", "drive = 1 + this x shortfall/scale, within [.5, 2]")
    scale: float = num(0.1, 0.001, 10, "1", "shortfall that counts as one")
    noise: float = num(0.0, 0, 10, "1", "noise with which performance, own and partners', is seen")


@dataclass
class Strategies:
    """Learning of strategies by reinforcement and imitation."""

    enabled: bool = switch(False, "rule on")
    reinforcement: float = num(0.1, 0, 1, "1", "speed at which a deed that paid more, or less, than content is learnt")
    content: float = num(1.0, 0, 10, "1", "payoff that neither encourages nor puts off, in those of an honest success")
    sanction: float = num(3.0, 0, 100, "1", "felt by a cheat, made good to the cheated, x sanctions x transparency")
    imitation: float = num(0.05, 0, 1, "1/month", "chance to compare oneself with a random partner")
    noise: float = num(0.05, 1e-6, 10, "1", "s: imitates with probability logistic(lead in performance/s)")
    mutation: float = num(0.002, 0, 1, "1/month", "chance that one of four propensities is drawn anew")


@dataclass
class Culture:
    """Slow change of culture."""

    enabled: bool = switch(False, "rule on")
    acculturation: float = num(0.02, 0, 1, "1/month", "share of the way to the partners' mean, by strength of tie")
    conformity: float = num(0.005, 0, 1, "1/month", "share of the way to the sector's norm")


@dataclass
class Referrals:
    """Customers whom partners send on."""

    enabled: bool = switch(False, "rule on")
    rate: float = num(
        0.5, 0, 100, "1/month", "customers sent on a tie, times w, the partner's trust and complementarity"
    )
    conversion: float = num(0.4, 0, 1, "1", "share of those sent who become customers")
    value: float = num(250.0, 0, 1e9, "EUR/month", "what a customer buys, times root of size/10,000")
    retention: float = num(0.95, 0, 0.999, "1/month", "share of customers who stay for another month")
    new: float = num(0.3, 0, 1, "1", "share of referred demand new to the sector; the rest is taken from its others")


@dataclass
class Sales:
    """Joint sales: tied firms bid together for large orders."""

    enabled: bool = switch(False, "rule on")
    orders: float = num(3.0, 0, 1000, "1/month", "large orders per 100 founders of a sector (Poisson)")
    size: float = num(1.2, 0.01, 1e6, "1", "median order, in median founders' capacities")
    spread: float = num(0.5, 0, 3, "log", "standard deviation of log order")
    commitment: float = num(0.5, 0, 1, "1", "share of its capacity that a firm can give to orders in a month")
    team: int = num(5, 2, 20, "firms", "largest team")
    standard: float = num(0.6, 0, 1, "1", "an order asks for two skills, and for each somebody this good")
    trust: float = num(0.5, 0, 1, "1", "partners of more trust than this, both ways, bid together")


@dataclass
class Overflow:
    """Lending of spare capacity: partners serve orders that a firm cannot."""

    enabled: bool = switch(False, "rule on")
    share: float = num(0.8, 0, 1, "1", "share of the orders above capacity that is offered to partners")
    trust: float = num(0.6, 0, 1, "1", "partners help whom they trust more than this")
    commission: float = num(0.05, 0, 1, "1", "share of the price that stays with the firm that passes an order on")


@dataclass
class Purchasing:
    """Joint purchasing."""

    enabled: bool = switch(False, "rule on")
    exponent: float = num(0.05, 0, 1, "1", "unit price of inputs x (pooled volume/own volume)^-this")
    inputs: float = num(0.2, 0, 1, "1", "share of sales that inputs cost")
    strength: float = num(0.6, 0, 1, "1", "strategic partners buy together on ties stronger than this")


@dataclass
class Market:
    """Revenue, costs, cash and size."""

    enabled: bool = switch(True, "rule on")
    demand: float = num(1.02, 0, 100, "1", "demand at the start as a share of founders' capacity")
    growth: float = num(0.015, -1, 1, "1/year", "growth of demand")
    quality: float = num(0.15, 0, 5, "1", "demand x exp(this x (mean z - founders' mean z))")
    competition: float = num(1.0, 0, 1, "1", "1: demand is shared by attraction; 0: each firm sells its size")
    price: float = num(1.0, 0, 100, "1", "revenue per unit sold")
    attraction_z: float = num(0.05, 0, 5, "1", "attraction S exp(this z + ...)")
    attraction_skill: float = num(0.1, 0, 5, "1", "attraction: weight of mean skill - .4")
    attraction_reputation: float = num(0.0, 0, 20, "1", "attraction: weight of reputation - .5")
    specialism: float = num(0.0, 0, 2, "1", "a specialist's niche is exp(-a) as wide: a = this (2 specialist - 1)")
    niche: float = num(0.15, 0.01, 10, "1", "width of a middling niche, in swings of a sector's demand from normal")
    fixed_cost: float = num(0.42, 0, 10, "1", "fixed cost as a share of size, slack included")
    variable_cost: float = num(0.5, 0, 10, "1", "variable cost as a share of sales")
    saving_z: float = num(0.015, 0, 1, "1", "variable cost saved per z")
    saving_digital: float = num(0.02, 0, 1, "1", "variable cost saved by digital practice")
    tie_cost: float = num(0.0008, 0, 1, "1", "monthly cost of a tie, times root size")
    building_cost: float = num(0.002, 0, 1, "1", "cost of building a tie, times root size")
    growth_fill: float = num(0.05, 0, 5, "1/month", "growth of size with fill - 1")
    growth_margin: float = num(0.15, 0, 5, "1/month", "growth of size with margin - reference")
    margin: float = num(0.085, -1, 1, "1", "reference margin")
    noise: float = num(0.035, 0, 2, "1", "Laplace scale of growth at size 10,000, times (size/10000)^-noise_by_size")
    noise_by_size: float = num(0.2, 0, 2, "1", "how fast growth calms with size")
    turbulence: int = num(1, 1, 1200, "months", "a firm is as turbulent as it is for so long; 12 or more: yearly tents")
    smallest: float = num(1.0, 1, 1e9, "EUR/month", "size below which no firm falls")
    memory: float = num(0.8, 0, 1, "1/month", "memory of performance")
    buffer: float = num(0.2, 0, 1e12, "months", "cash in months of capacity that owners leave in the firm")
    payout: float = num(0.2, 0, 1, "1/month", "share of cash above the buffer that owners take out")
    slack: float = num(0.1, 0, 1, "1", "reserve capacity as a share of size, paid in full")


@dataclass
class Supply:
    """Orders, stocks and shortages between firms, on the operational layer; strategies against trouble below."""

    enabled: bool = switch(False, "rule on")
    substeps: int = num(4, 1, 60, "1/month", "rounds of ordering and delivery in a month")
    inputs: int = num(2, 1, 4, "count", "kinds of input that a sector needs, where no file tells")
    share: float = num(0.3, 0, 0.9, "1", "inputs bought, as a share of what is made")
    outside: float = num(0.2, 0, 100, "1", "weight of buying from outside, in suppliers of strength 1")
    premium: float = num(0.03, 0, 10, "1", "extra price of what is bought outside")
    switching: float = num(0.3, 0, 1, "1/month", "speed at which shares of suppliers move")
    reaction: float = num(1.0, 0, 20, "1", "weight of a supplier x (share of orders that it served last month)^this")
    expecting: float = num(0.3, 0, 1, "1/month", "speed at which expected demand follows demand")
    buffer: float = num(0.5, 0, 24, "months", "stock of inputs aimed at, in their monthly use")
    close: float = num(1.0, 0.1, 24, "months", "time in which gaps in stock are closed")
    rationing: str = word("proportional", RATIONINGS, "who is served first when goods are scarce")
    contract: float = num(0.5, 0, 1, "1", "strength from which a supplier has a contract")
    holding: float = num(0.01, 0, 1, "1/month", "cost of holding stock, as a share of its value")
    handling: float = num(0.02, 0, 1, "1", "cost of buying from many small suppliers, x (1 - concentration)")
    diversify: float = num(0.0, 0, 1, "1", "all sources of an input weigh alike, the outside too, and more are sought")
    diversify_cost: float = num(0.003, 0, 1, "1/month", "cost of finding and keeping them, as a share of size")
    nearshore: float = num(0.0, 0, 1, "1", "share of what is bought outside that comes from near")
    near_premium: float = num(0.04, 0, 10, "1", "extra price of that")
    foresight: float = num(0.0, 0, 1, "1", "sees what suppliers could not deliver and shifts orders")
    foresight_cost: float = num(0.003, 0, 1, "1/month", "cost of that, as a share of size")
    planning: float = num(0.0, 0, 1, "1", "plans for trouble: damage is repaired from the first month, and faster")
    planned: float = num(0.3, 0, 1, "1/month", "share of damage that a plan repairs")
    planning_cost: float = num(0.004, 0, 1, "1/month", "cost of that, as a share of size")
    support: float = num(0.0, 0, 1, "1", "works with suppliers: buyers with a contract help to repair damage")
    supported: float = num(0.1, 0, 1, "1/month", "share of a supplier's damage that each such buyer repairs")
    support_cost: float = num(0.001, 0, 1, "1/month", "cost of that for each such supplier, times root size")
    reconfigure: float = num(0.0, 0, 1, "1", "share of what suppliers fail to deliver that is replaced at once")
    flexible_cost: float = num(0.004, 0, 1, "1/month", "cost of that, as a share of size")
    responsible: float = num(0.0, 0, 1, "1", "suppliers are chosen with care for how they do business")
    fair_premium: float = num(0.02, 0, 1, "1", "extra price of that")
    misconduct: float = num(0.002, 0, 1, "1/month", "chance that misconduct of suppliers comes to light at a firm")
    scandal: float = num(0.3, 0, 1, "1", "share of reputation that it costs")


@dataclass
class Aid:
    """Mutual aid: who has cash to spare helps members and trusted partners in need."""

    enabled: bool = switch(False, "rule on")
    need: float = num(0.05, -10, 120, "months", "cash in months of capacity that those in need are brought up to")
    buffer: float = num(0.15, -10, 1e12, "months", "cash in months of capacity that who helps keeps for itself")
    share: float = num(1.0, 0, 1, "1", "share of the cash above the buffer that is given at most, a month")
    trust: float = num(0.6, 0, 1, "1", "partners help whom they trust more than this")
    willing: float = num(0.8, 0, 1, "1", "chance that who can help does, x 2 x propensity to be relational, at most 1")
    members: bool = switch(True, "members of a group help each other too")
    gratitude: float = num(0.5, 0, 100, "count", "good experience with who helped")
    ingratitude: float = num(0.5, 0, 100, "count", "bad experience with who was helped and could help, but did not")


@dataclass
class Platform:
    """Platforms: what they bring, keep, show first and learn, and how firms choose between them and own channels."""

    enabled: bool = switch(False, "rule on")
    count: int = num(1, 1, 8, "count", "number of platforms")
    start: float = num(0.3, 0, 1, "1", "share of firms that sell on a platform when the rule begins")
    reach: float = num(0.3, 0, 10, "1", "demand brought if all firms of a sector are members, in the sector's demand")
    network: float = num(0.3, 0, 1, "1", "exponent of the demand brought over the share of firms that are members")
    cap: float = num(0.5, 0, 10, "1", "most that platforms bring, as a share of the sector's demand")
    diverted: float = num(0.5, 0, 1, "1", "share of it that is taken from own channels; the rest is new")
    commission: float = num(0.15, 0, 1, "1", "share of sales on it that a platform keeps")
    lure: int = num(0, 0, 1200, "months", "time after the rule begins in which platforms keep no commission")
    service: float = num(0.05, 0, 1, "1", "variable cost saved on sales on a platform: what it does for the seller")
    ranking: float = num(0.1, 0, 10, "1", "rank among members: x exp(this x z)")
    promotion: float = num(0.0, 0, 1, "1", "share of sales on it that a member pays to be shown first, x propensity")
    steering: float = num(5.0, 0, 1000, "1", "rank: x (1 + this x share paid)")
    copying: float = num(0.0, 0, 1, "1", "share of a best seller's demand that rival offers take with full data")
    sharing_data: bool = switch(False, "the platform gives members insight instead of making rival offers")
    learning: float = num(24.0, 0.01, 1e6, "months", "time with all founders as members until 1 - 1/e is known")
    insight: float = num(0.02, 0, 1, "1", "sharing data: variable cost saved by members with full data")
    lessons: float = num(0.1, 0, 1, "1/month", "sharing data: chance that a member tries what customers chose")
    multihoming: bool = switch(False, "firms may sell on several platforms and keep their own channels")
    exclusive: float = num(0.3, 0, 1, "1", "share of own channels given up by contract, without multihoming")
    erosion: float = num(0.03, 0, 1, "1/month", "own channel lost, x share of sales on platforms")
    own_channel: float = num(0.005, 0, 1, "1", "spent on own channels by members, as a share of capacity")
    rebuilding: float = num(4.0, 0, 1000, "1/month", "own channels regain the gap x (1 - exp(-this x share spent))")
    strain: float = num(0.2, 0, 10, "count", "bad experience of partners in one sector who sell on one platform alone")
    joining: float = num(0.1, 0, 1, "1/month", "chance that a firm thinks of joining")
    leaving: float = num(0.1, 0, 1, "1/month", "chance that a member thinks of leaving")
    noise: float = num(0.02, 1e-6, 10, "1", "s: logistic(profit with less without, per capacity, /s)")
    power: float = num(0.5, 0, 1, "1", "bargaining groups: commission x (1 - this x members' share of platform sales)")


@dataclass
class Support:
    """A pot of money for which firms compete."""

    enabled: bool = switch(False, "rule on")
    every: int = num(12, 1, 1200, "months", "how often the pot is shared")
    pot: float = num(0.1, 0, 120, "months", "the pot, in months of all firms' capacity")
    to: str = word("reputed", ("reputed", "needy"), "who comes first: high reputation, or little cash for the size")
    applying: float = num(0.5, 0, 1, "1", "chance that a firm applies")
    winners: float = num(0.1, 0, 1, "1", "share of applicants who share the pot equally")
    cost: float = num(0.005, 0, 120, "months", "cost of applying, in months of the applicant's capacity")


@dataclass
class Credit:
    """Default at the credit limit, and claims between partners."""

    enabled: bool = switch(True, "rule on")
    limit: float = num(0.25, 0, 1e12, "months", "credit limit in months of capacity")
    claims: float = num(0.05, 0, 1, "1", "claim on a partner, times w and the smaller size; lost when it ends")
    spreading: float = num(0.0, 0, 1, "1", "claim x (creditor's ties)^-this; 1 spreads one sum over all its partners")


@dataclass
class Exit:
    """Closing down."""

    enabled: bool = switch(True, "rule on")
    rate: float = num(0.85, 0, 10, "1", "multiplies the hazard .070 + .131 exp(-age/1.81) a year")
    selection: float = num(3.0, 0, 50, "1", "hazard x exp(-this (performance-.085)/.15)")


@dataclass
class Entry:
    """New firms."""

    enabled: bool = switch(True, "rule on")
    opportunities: float = num(0.3, 0, 10, "1/year", "opportunities per founder")
    acceptance: float = num(0.25, 0, 1, "1", "share taken at fill 1, times exp(4 (fill-1)), at most 1")
    response: float = num(4.0, 0, 50, "1", "response of entry to fill")
    spin_offs: float = num(0.85, 0, 1, "1", "share that start from an incumbent's practice")
    mutation: float = num(0.02, 0, 1, "1", "share of bits in which a spin-off differs")
    size: float = num(0.35, 0.01, 10, "1", "median size of entrants, in median founders' sizes")


@dataclass
class Adoption:
    """Digital practice that spreads by what others do; `market.saving_digital` is what it brings."""

    enabled: bool = switch(False, "rule on")
    spontaneous: float = num(0.0025, 0, 1, "1/month", "chance to adopt of oneself (p)")
    imitation: float = num(0.032, 0, 1, "1/month", "added where all that is seen have adopted (q)")
    threshold: float = num(2.0, 0, 2, "1", "share seen from which a firm adopts at once; above 1 never")
    market: float = num(0.0, 0, 1, "1", "weight of the whole market's share against the partners'")
    influence: float = num(1.0, -1, 1, "1", "1: others' adoption attracts; -1: it repels")
    cost: float = num(0.1, 0, 120, "months", "cost of adopting, in months of capacity")
    weighing: float = num(0.0, 0, 1, "1/month", "chance that a firm weighs what adopting saves against its cost")
    horizon: float = num(24.0, 0, 1200, "months", "weighing: what is saved in so many months must exceed the cost")


@dataclass
class NetworkEffect:
    """Digital practice saves more, the more partners have it."""

    enabled: bool = switch(False, "rule on")
    saving: float = num(0.03, 0, 1, "1", "variable cost saved by digital practice if all partners have it")


@dataclass
class Automation:
    """Automation by firms with digital practice; it brings as much as the firm's skills can use."""

    enabled: bool = switch(False, "rule on")
    rate: float = num(0.03, 0, 1, "1/month", "share of the way to full automation that a firm goes, cash allowing")
    cost: float = num(1.0, 0, 120, "months", "cost of full automation, in months of capacity")
    reserve: float = num(0.1, -10, 120, "months", "cash in months of capacity that is not invested")
    wear: float = num(0.01, 0, 1, "1/month", "share of automation that wears out")
    required: float = num(0.5, 0.01, 1, "1", "mean skill at which all automation can be used")
    saving: float = num(0.05, 0, 1, "1", "variable cost saved by full automation that is used")
    output: float = num(0.05, 0, 10, "1", "capacity added by full automation that is used")
    idle: float = num(0.03, 0, 10, "1", "cost of full automation that stands idle, as a share of capacity")


@dataclass
class Tools:
    """Four digital tools, each with its cost (as a share of capacity) and its effect."""

    enabled: bool = switch(False, "rule on")
    review: float = num(0.05, 0, 1, "1/month", "chance that a firm asks of a tool whether it pays")
    noise: float = num(0.002, 1e-9, 10, "1", "s: has it with probability logistic(gain less cost, per capacity/s)")
    customers_cost: float = num(0.004, 0, 1, "1", "customer system: cost")
    retention: float = num(0.02, 0, 10, "1", "customer system: demand kept and referred, as a share of what comes")
    collaboration_cost: float = num(0.002, 0, 1, "1", "collaboration: cost")
    ease: float = num(0.5, 0, 1, "1", "collaboration: share saved of the cost of a tie whose both sides have it")
    analytics_cost: float = num(0.004, 0, 1, "1", "analytics: cost")
    insight: float = num(0.006, 0, 1, "1", "analytics: variable cost saved by better decisions")
    marketing_cost: float = num(0.005, 0, 1, "1", "marketing: cost")
    reach: float = num(0.03, 0, 10, "1", "marketing: attraction to demand x (1 + this)")


@dataclass
class DataPool:
    """Partners and members of a group who have analytics (rules.tools) decide on shared data."""

    enabled: bool = switch(False, "rule on")
    gain: float = num(0.003, 0, 1, "1", "variable cost saved: this x log(1 + others' sales pooled/10,000 EUR)")
    trust: float = num(0.6, 0, 1, "1", "trust each way from which partners share data")
    in_groups: bool = switch(True, "members of one group share data whatever their trust")


@dataclass
class Incidents:
    """Incidents that spread along ties."""

    enabled: bool = switch(False, "rule on")
    start: float = num(0.0005, 0, 1, "1/month", "chance that one starts at a firm, times 1-security")
    spread: float = num(0.2, 0, 1, "1/month", "chance to pass on along a tie of full strength, times 1-security")
    recovery: float = num(0.5, 0, 1, "1/month", "chance to overcome it")
    waning: float = num(0.03, 0, 1, "1/month", "chance that immunity ends")
    damage: float = num(0.5, 0, 1, "1", "share of capacity lost while struck")
    offline: float = num(0.0, 0, 1, "1", "protection of a firm without digital practice, added to its security")
    security_cost: float = num(0.01, 0, 1, "1/month", "cost of full security as a share of capacity")
    response_cost: float = num(0.005, 0, 1, "1/month", "cost of full capability to respond, as a share of capacity")


@dataclass
class Dissolution:
    """Chosen breaking of ties."""

    enabled: bool = switch(True, "rule on")
    choice: bool = switch(True, "the terms below count; false: the hazard of the layer alone, whoever is tied")
    operational: float = num(0.0235, 0, 1, "1/month", "hazard at w = .4 and trust .6, of a supplier without contract")
    development: float = num(0.003, 0, 1, "1/month", "hazard at w = .4 and trust .6")
    strategic: float = num(0.004, 0, 1, "1/month", "hazard at w = .4 and trust .6")
    social: float = num(0.002, 0, 1, "1/month", "hazard at w = .4 and trust .6")
    contract: float = num(0.25, 0, 1, "1", "operational: hazard x this on ties with a contract")
    by_strength: float = num(2.0, 0, 20, "1", "hazard x exp(-this (w-.4))")
    by_trust: float = num(2.0, 0, 20, "1", "hazard x exp(-this (trust-.6))")
    embedded: float = num(0.7, 0, 1, "1", "hazard x this if tied in another layer")
    unwilling: float = num(2.0, 0, 100, "1", "hazard x (1 + this/(1+exp(U/.1))), the less willing side's U")
    reaction: float = num(0.0, 0, 20, "1", "hazard x exp(-this f (y - reference)), y success as seen this month")


@dataclass
class Orchestration:
    """Orchestrators, of groups and of the network at large: whom they bring together, what they ease and proclaim."""

    enabled: bool = switch(True, "rule on")
    models: list[str] = words(
        ("hub_and_spoke",), MODELS, "models of orchestration of the network at large; [] is a mesh"
    )
    complementarity: float = num(0.5, 0, 5, "1", "score: mean complementarity of the two")
    hub: float = num(0.9, 0, 5, "1", "score, hub and spoke: standing of the larger of the two")
    lead: float = num(0.5, 0, 5, "1", "score, hub and spoke: one of the two leads the group")
    chain: float = num(0.9, 0, 5, "1", "score, value chain: the two have neighbouring crafts")
    crafts: float = num(0.7, 0, 5, "1", "score, constellation: the two have different crafts")
    research: float = num(0.9, 0, 5, "1", "score, open innovation: one of the two is the research institution")
    cost: float = num(0.25, 0, 5, "1", "score: times 1+(k/k0)^2 of the less tied side")
    coordination: float = num(0.0, 0, 10, "logit", "added to success of coordinated projects in the network at large")
    review: int = num(6, 1, 1200, "months", "how often the standard is chosen anew")
    blur: float = num(0.5, 0, 100, "z", "noise with which practices are seen")
    succession: int = num(12, 0, 1200, "months", "time until a firm that led, or a research institution, is replaced")


@dataclass
class Membership:
    """Joining and leaving groups, fees and commitment."""

    enabled: bool = switch(True, "rule on")
    joining: float = num(0.02, 0, 1, "1/month", "chance that a firm thinks of joining a group")
    leaving: float = num(0.02, 0, 1, "1/month", "chance that a member thinks of leaving")
    noise: float = num(0.25, 1e-6, 10, "1", "s: joins or stays with probability logistic(U/s)")
    partners: float = num(1.0, 0, 10, "1", "U: share of partners who are members")
    purpose: float = num(0.5, 0, 10, "1", "U: alignment with the members' mean purpose")
    benefit: float = num(10.0, 0, 1000, "1", "U: value of ties to members, per month of capacity")
    voice: float = num(0.15, 0, 10, "1", "U: a say in decisions, in groups that decide together")
    dues: float = num(20.0, 0, 10_000, "1", "cost in U of a fee of one month of capacity")
    threshold: float = num(0.6, -10, 10, "1", "cost in U of belonging at all")
    commitment: float = num(0.05, 0, 1, "1/month", "speed at which commitment follows what membership brings")
    expulsion: float = num(0.2, 0, 1, "1/month", "chance that sanctions end the membership of one seen cheating")


@dataclass
class Revision:
    """Groups that adapt their own rules to what they see."""

    enabled: bool = switch(True, "rule on")
    every: int = num(3, 1, 1200, "months", "how often rules are revised")
    opportunism: float = num(0.05, 0, 1, "1", "opportunistic acts per project of members above which sanctions rise")
    sanctions: float = num(0.1, 0, 1, "1", "step by which sanctions rise, or fall below half of that")
    fee: float = num(0.1, 0, 1, "1", "share by which the fee rises when money lacks, or falls when it abounds")
    reserve: float = num(12.0, 0, 1200, "months", "fees of so many months in the budget are enough")


@dataclass
class Steering:
    """What groups see, and how they help within mandate and budget."""

    enabled: bool = switch(True, "rule on")
    review: int = num(3, 1, 1200, "months", "from one look to the next; a group acts on what it saw the last time")
    noise: float = num(0.2, 0, 100, "1", "noise of what is seen, in standard deviations among members")
    need: float = num(0.1, -10, 120, "months", "fund: cash in months of capacity that members are brought up to")
    few: float = num(2.0, 0, 1e6, "ties", "backup: fewer ties than this are too few")
    critical: float = num(
        2.0, 0, 1000, "sd", "backup: so far above the mean in ties or paths stand hubs and bottlenecks"
    )
    modular: float = num(0.5, -1, 1, "1", "bridge: modularity from which communities are tied though all hang together")
    brokerage: float = num(0.02, 0, 10, "1", "cost of a brokered tie, times 10,000 EUR")
    opportunism: float = num(0.1, 0, 1, "1", "publish: opportunistic acts per project from which the group acts")
    publishing: float = num(0.1, 0, 1, "1", "publish: what is added to transparency")
    imbalance: float = num(
        0.5, 0, 1, "1", "rebalance: Gini of members' gains from each other from which all is shared equally"
    )
    lost: float = num(
        0.05, 0, 1000, "1/month", "protect: know-how leaked or hidden, per member, from which the group acts"
    )
    protecting: float = num(0.1, 0, 1, "1", "protect: added to protection; monitoring costs so much more, as a share")
    ruling: float = num(0.001, 0, 120, "months", "publish, rebalance, protect: cost of a change, in members' capacity")
    alarm: float = num(0.5, -1, 1, "1", "prepare: Kendall's tau of the members' sales from which the group is warned")
    window: int = num(24, 10, 1200, "months", "prepare: months of sales that the group remembers")
    cushion: float = num(0.3, -10, 120, "months", "prepare: cash that members are brought up to while warned")


@dataclass
class Accounts:
    """What partners and groups brought each firm, by kind; it is only written down and changes nothing."""

    enabled: bool = switch(False, "rule on")


@dataclass
class Matching:
    """A platform brings members together, wherever they are."""

    enabled: bool = switch(False, "rule on; it acts where the rules search and platform do")
    meetings: float = num(0.1, 0, 1, "1/month", "chance that a member is brought together with another, in each layer")
    looks: int = num(4, 1, 64, "count", "members that are looked at; the best complement is chosen")


@dataclass
class Contracts:
    """Alliances under contract: cheating costs more, leaving takes longer, and lawyers are paid."""

    enabled: bool = switch(False, "rule on")
    strength: float = num(0.3, 0, 1, "1", "strength from which an alliance has a contract; it ends below .8 of this")
    deterrence: float = num(0.5, 0, 1, "1", "temptation x (1 - this) on ties with a contract")
    lasting: float = num(0.7, 0, 1, "1", "hazard of dissolution x this on ties with a contract")
    cost: float = num(0.001, 0, 120, "1", "cost of drafting to each side, x sqrt(S/10,000) x 10,000 EUR")


@dataclass
class Rules:
    """Every rule with its settings; `rules.NAME.enabled=false` switches one off."""

    environment: Drift = part(Drift)
    search: Search = part(Search)
    matching: Matching = part(Matching)
    formation: Formation = part(Formation)
    work: Work = part(Work)
    accounts: Accounts = part(Accounts)
    strengthening: Strengthening = part(Strengthening)
    contracts: Contracts = part(Contracts)
    secrecy: Secrecy = part(Secrecy)
    knowledge: Knowledge = part(Knowledge)
    rivalry: Rivalry = part(Rivalry)
    innovation: Innovation = part(Innovation)
    research: Research = part(Research)
    races: Races = part(Races)
    leakage: Leakage = part(Leakage)
    adaptation: Adaptation = part(Adaptation)
    strategies: Strategies = part(Strategies)
    culture: Culture = part(Culture)
    referrals: Referrals = part(Referrals)
    sales: Sales = part(Sales)
    overflow: Overflow = part(Overflow)
    purchasing: Purchasing = part(Purchasing)
    supply: Supply = part(Supply)
    platform: Platform = part(Platform)
    market: Market = part(Market)
    aid: Aid = part(Aid)
    support: Support = part(Support)
    credit: Credit = part(Credit)
    exit: Exit = part(Exit)
    entry: Entry = part(Entry)
    tools: Tools = part(Tools)
    data_pool: DataPool = part(DataPool)
    network_effect: NetworkEffect = part(NetworkEffect)
    automation: Automation = part(Automation)
    adoption: Adoption = part(Adoption)
    incidents: Incidents = part(Incidents)
    dissolution: Dissolution = part(Dissolution)
    membership: Membership = part(Membership)
    revision: Revision = part(Revision)
    steering: Steering = part(Steering)
    orchestration: Orchestration = part(Orchestration)


@dataclass
class Group:
    """One group at the start: who belongs to it, and its rules."""

    name: str = word("", (), "what people call it")
    form: str = word("association", FORMS, "form of network, a name; what it does is set by the rest")
    orchestration: list[str] = words((), MODELS, "models of orchestration, several make a hybrid; [] is a mesh")
    orchestrator: str | None = optional(str, "hub and spoke: id of the firm that leads; the largest if left out")
    institute: str | None = optional(
        str, "open innovation: id of the research institution; the best skilled if left out"
    )
    deciding: str = word("central", DECIDINGS, "who decides: the orchestrator alone, or all who are concerned")
    adaptive: bool = switch(False, "fees and sanctions are revised by what is seen, see rules.revision")
    coordination: float = num(
        0.5, 0, 10, "logit", "orchestrated: added to the success of projects that are coordinated"
    )
    follow: float = num(0.5, 0, 1, "1", "orchestrated: share of copying that follows the standard, at autonomy .5")
    royalty: float = num(0.0, 0, 1, "1", "hub and spoke: share of the fees that goes to the firm that leads")
    share: float = num(0.3, 0, 1, "1", "share of those eligible who belong at the start")
    sector: int | None = optional(int, "only firms of this sector", 0, 254)
    region: int | None = optional(int, "only firms of this region", 0, 32_000)
    admission: str = word("open", ADMISSIONS, "open: who will; vote: whom members are tied to or like; closed: nobody")
    sharing: str = word("equal", SHARINGS, "how joint value is shared between members")
    transparency: float = num(0.5, 0, 1, "1", "how much members see of each other's conduct")
    sanctions: float = num(0.0, 0, 1, "1", "how dearly opportunism that is seen is paid for")
    mending: float = num(0.0, 0, 1, "1", "share of conflicts that are settled before they do harm")
    protection: float = num(0.0, 0, 1, "1", "protection of know-how between members: less leaks, less need be hidden")
    events: float = num(0.2, 0, 1, "1", "share of a member's meetings that take place at its events")
    remote: bool = switch(False, "its events know no distance")
    purchasing: bool = switch(False, "members buy together, see rules.purchasing")
    fee: float = num(0.002, 0, 1, "months", "fee a month, in months of the member's capacity")
    monitoring: float = num(0.001, 0, 1, "months", "cost of transparency, sanctions, coordination at 1, per member")
    fund: bool = switch(False, "mandate: give cash to members in need")
    bridge: bool = switch(False, "mandate: tie parts of the network that hang apart")
    backup: bool = switch(False, "mandate: tie members with few ties, and partners of hubs and bottlenecks round them")
    publish: bool = switch(False, "mandate: let members see more where opportunism is frequent")
    rebalance: bool = switch(False, "mandate: share joint value equally where some gain far more than others")
    protect: bool = switch(False, "mandate: protect know-how better where much leaks or is hidden")
    prepare: bool = switch(False, "mandate: fill members' cash while an early warning stands")
    bargain: bool = switch(False, "mandate: bargain with platforms over members' commission")


SHOCKS = (
    "demand_crisis",
    "landscape_shift",
    "removal",
    "supply_disaster",
    "pandemic",
    "cyber_incident",
    "regulation",
    "brokered_ties",
    "policy",
)


@dataclass
class Shock:
    """One dated event on the timeline: a shock, a regulation, or a policy that sets another setting."""

    month: int = num(1, 1, 100_000, "month", "when it strikes, or comes into force")
    kind: str = word("demand_crisis", SHOCKS, "what strikes")
    size: float = num(
        0.3, 0, 1, "1", "share lost, of demand, capacity or landscape entries; regulation: cost a month per capacity"
    )
    duration: int = num(6, 0, 100_000, "months", "time at the worst; regulation, policy: time in force, 0 for good")
    recovery: int = num(12, 0, 100_000, "months", "time back to normal; supply_disaster: until 95% is repaired")
    sector: int | None = optional(int, "only this sector", 0, 254)
    region: int | None = optional(int, "only this region", 0, 999)
    target: str = word(
        "random",
        (),
        "removal, cyber_incident: random, degree (hubs first), betweenness (brokers first), orchestrator (who leads "
        "groups), or a firm's id; brokered_ties: uid:1,2,3,4 ties 1 to 2 and 3 to 4",
    )
    count: int = num(1, 0, 10_000_000, "firms", "removal, cyber_incident: how many")
    key: str = word("", (), "policy: which setting below rules")
    value: bool | float | str | None = anything("policy: what it is set to")
    says: str = word("", (), "one sentence that tells it as a story")


@dataclass
class Taken:
    """One measure besides the usual: which, how often, and about whom."""

    measure: str = word("modularity", (), "what is measured, see `emergence list`")
    of: str = word("", (), "column of firms, for measures of values such as gini")
    every: int = num(0, 0, 100_000, "months", "taken every so many months; 0: as its cost suggests")
    layer: str = word("all", ("all", *LAYERS), "layer of ties; all laid over each other if left out")
    sector: int | None = optional(int, "only firms of this sector", 0, 254)
    region: int | None = optional(int, "only firms of this region", 0, 32_000)
    group: int | None = optional(int, "only members of this group, by its number from 1", 1, 4096)
    kind: str = word("any", ("any", *KINDS), "only firms of this kind")
    name: str = word("", (), "column of steps.parquet; made from the above if left out")


@dataclass
class Output:
    """What is written."""

    folder: str = word("results/runs", (), "where run folders go")
    report: bool = switch(True, "write report.html and figures")
    events: bool = switch(True, "write events.parquet")
    every: int = num(1, 1, 100_000, "months", "measure every so many months")
    film: str = word("none", ("none", "strip", "gif"), "pictures of the network over time in the report")
    pictures: int = num(12, 2, 120, "count", "pictures of the film, evenly spaced from start to end")
    also: list[Taken] = field(
        default_factory=list,
        metadata={"item": Taken, "unit": "", "meaning": "measures besides the usual: which, how often, about whom"},
    )
    measures: list[str] = field(
        default_factory=list, metadata={"unit": "", "meaning": "measures of your own, by name, besides the usual"}
    )


@dataclass
class Twins:
    """Twins of a run with the same luck: what the network brought, and what a shock cost."""

    replicates: int = num(1, 0, 100_000, "count", "runs with luck of their own, each with its twins; 30 give intervals")
    month: int | None = optional(int, "they part after this month; half way if left out", 0, 100_000)
    most: float = num(250_000, 0, 1e12, "firm-months", "a single replicate is left out in a run of more firms x months")


# Parameters of rules from outside the package, by name; filled when their modules are loaded.
EXTRA_RULES: dict[str, dict[str, float]] = {}


@dataclass
class Settings:
    """Everything that defines a run."""

    scenario: str = word("baseline", (), "name of the scenario")
    about: str = word("", (), "what the scenario is about, one or two sentences")
    seed: int = num(1, 0, 2**63 - 1, "1", "same seed, same run")
    steps: int = num(120, 0, 100_000, "months", "length of the run")
    firms: int = num(300, 1, 20_000_000, "count", "firms at the start (a file brings its own)")
    threads: int = num(1, 1, 256, "count", "threads; results do not depend on it")
    debug: bool = switch(False, "check every invariant after every month")
    layers: list[str] = words(("development", "strategic"), LAYERS, "layers on which rules act", 1)
    conditions: Conditions = part(Conditions)
    founders: Founders = part(Founders)
    network: Network = part(Network)
    rules: Rules = part(Rules)
    groups: list[Group] = field(
        default_factory=list, metadata={"item": Group, "unit": "", "meaning": "groups at the start"}
    )
    timeline: list[Shock] = field(default_factory=list, metadata={"item": Shock, "unit": "", "meaning": "dated shocks"})
    plugins: list[str] = field(
        default_factory=list, metadata={"unit": "", "meaning": "modules of yours that hold rules and measures"}
    )
    extra: dict[str, dict[str, float]] = field(
        default_factory=dict, metadata={"unit": "", "meaning": "rules of your own, by name, with their parameters"}
    )
    output: Output = part(Output)
    twins: Twins = part(Twins)


def defaults() -> dict[str, Any]:
    """Return the default settings as a nested dict; rules from outside are off until named."""
    return dataclasses.asdict(Settings())


def walk(settings: Any = Settings, prefix: str = "") -> Iterator[tuple[str, Any, dataclasses.Field[Any]]]:
    """Yield (key, type, field) of every setting below a section."""
    hints = get_type_hints(settings)
    for item in fields(settings):
        kind = hints[item.name]
        if is_dataclass(kind):
            yield from walk(kind, f"{prefix}{item.name}.")
        else:
            yield prefix + item.name, kind, item


@lru_cache
def known_keys() -> Mapping[str, dataclasses.Field[Any]]:
    """Return every key that may be set, with its declaration."""
    return MappingProxyType({key: item for key, _, item in walk()})


def get(settings: Any, key: str) -> Any:
    """Return the setting behind a dotted key."""
    for name in key.split("."):
        settings = getattr(settings, name)
    return settings


def put(settings: Any, key: str, value: Any) -> None:
    """Set the setting behind a dotted key."""
    *path, last = key.split(".")
    for name in path:
        settings = getattr(settings, name)
    setattr(settings, last, value)
