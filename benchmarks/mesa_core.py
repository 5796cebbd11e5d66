"""The core rules as a competent mesa user would write them: what the kernels are measured against.

`CoreModel` is tuned by hand; `VectorModel` is how it is more often written, with numpy vectors per agent
and every agent walking along its ties. Both are without deliberate waste.

One `mesa.Agent` per firm, a `networkx.Graph` whose nodes are the agents and whose edges carry the ties'
attributes, plain floats and `math` where numpy on five numbers would be slower, arrays and one compiled
call where many numbers are wanted at once. The formulas and the draws are those of the package, so both
end with the same ties. Choices in its favour: a tie is handled once a month and not once from each end,
and making random numbers is not counted at all (`Luck.seconds` is to be subtracted), only reading them.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import wraps
from time import perf_counter
from typing import Any

import mesa
import networkx as nx
import numpy as np
from numba import njit

from emergence import luck
from emergence.kernels.dissolution import DissolutionParams
from emergence.kernels.landscape import practice_value, redraw_entries, to_z, update_z
from emergence.kernels.pairs import UtilityParams
from emergence.kernels.random import TO_UNIT, draw4
from emergence.kernels.search import MOST, REDRAWS, TRIES, SearchParams
from emergence.kernels.strengthening import StrengtheningParams
from emergence.kernels.work import TASK_A, TASK_B, WorkParams
from emergence.rules import dissolution, environment, formation, innovation, search, work
from emergence.rules.base import UNIT, params
from emergence.schema import BITS, DEVELOPMENT
from emergence.step import Simulation

FULL = (1 << BITS) - 1
TASKS = list(zip(TASK_A.tolist(), TASK_B.tolist(), strict=True))
NONE, SUCCESS, FAILURE, CHEATED, CHEATS, BOTH_CHEAT = range(6)  # as the firm in the lower row sees it
OF_FIVE, OF_SIX, OF_THREE = (1.5 / math.sqrt(k) for k in (5, 6, 3))


@njit(cache=True)
def draw_many(key, a, b):
    """Return four words per pair of identities, uint64[n, 4]."""
    out = np.empty((a.size, 4), np.uint64)
    for k in range(a.size):
        out[k] = draw4(key, a[k], b[k])
    return out


@njit(cache=True)
def value_of(practice, table):
    """Return z of a practice given as a plain int."""
    return to_z(practice_value(np.uint64(practice), table))


@njit(cache=True)
def best_of(practices, table):
    """Return the place of the practice that is worth most, the first of equals."""
    best, most = 0, -1.0
    for k in range(practices.size):
        value = practice_value(np.uint64(practices[k]), table)
        if value > most:
            best, most = k, value
    return best


def units(words: np.ndarray) -> np.ndarray:
    """Map words to the open interval (0, 1)."""
    return (words + 0.5) * TO_UNIT


def uncounted(method: Callable[..., Any]) -> Callable[..., Any]:
    """Let the time of a method of `Luck` go into its `seconds`."""

    @wraps(method)
    def timed(self: Luck, *args: Any) -> Any:
        began = perf_counter()
        result = method(self, *args)
        self.seconds += perf_counter() - began
        return result

    return timed


class Luck:
    """All draws of one kind in one call, as plain Python numbers, so that a draw costs a look into a list."""

    def __init__(self, seed: int, uid: np.ndarray, longest: int, shortest: int) -> None:
        self.seed, self.uid, self.step = seed, uid, 0
        self.shortest, self.span = shortest, longest - shortest + 1
        self.seconds = 0.0

    def key(self, stream: int) -> np.uint64:
        """Return the key of a stream in this month."""
        return luck.key(self.seed, stream, self.step)

    @uncounted
    def meetings(self) -> tuple[list[float], list[Any], list[Any], list[Any]]:
        """Return per firm: the number's draw, the meetings' channels, the looks, the urn's firms."""
        n, looks = self.uid.size, MOST * TRIES
        meet, urn = self.key(search.MEET[DEVELOPMENT]), self.key(search.URN[DEVELOPMENT])
        each = np.repeat(self.uid, looks)
        number = np.tile(np.arange(looks), n)
        wanted = units(draw_many(meet, self.uid, np.zeros(n, np.int64))[:, 0])
        few = draw_many(meet, np.repeat(self.uid, MOST), np.tile(np.arange(1, MOST + 1), n))
        channel = units(few[:, 2]).reshape(n, MOST)
        words = draw_many(meet, each, 1 + MOST + number)
        tries = zip(words[:, 0].tolist(), words[:, 1].tolist(), units(words[:, 2]).tolist(), strict=True)
        flat = list(tries)
        # No firm enters or leaves, so every slot of the urn is taken and one draw is enough.
        firm = (draw_many(urn, each, number * REDRAWS)[:, 0] * np.uint64(n)) >> np.uint64(32)
        return (
            wanted.tolist(),
            channel.tolist(),
            [flat[k : k + looks] for k in range(0, n * looks, looks)],
            firm.reshape(n, looks).tolist(),
        )

    @uncounted
    def consents(self, met: list[tuple[Firm, Firm]]) -> list[tuple[float, int]]:
        """Return chance and place in the queue per meeting."""
        a = np.array([i.uid for i, _ in met], np.int64)
        b = np.array([j.uid for _, j in met], np.int64)
        words = draw_many(self.key(formation.CONSENT[DEVELOPMENT]), np.minimum(a, b), np.maximum(a, b))
        return list(zip(units(words[:, 0]).tolist(), words[:, 1].tolist(), strict=True))

    def _pairs(self, edges: list[tuple[Firm, Firm, dict[str, Any]]], stream: int) -> np.ndarray:
        a = np.array([u.uid for u, _, _ in edges], np.int64)
        b = np.array([v.uid for _, v, _ in edges], np.int64)
        return draw_many(self.key(stream), a, b)

    @uncounted
    def projects(self, edges: list[tuple[Firm, Firm, dict[str, Any]]]) -> list[tuple[float, float, int, float, float]]:
        """Return per tie: draws of project and success, the task, both sides' draws of temptation."""
        words = self._pairs(edges, work.PROJECT[DEVELOPMENT])
        low, half = np.uint64(0xFFFF), np.uint64(16)
        task = ((words[:, 3] & low) * np.uint64(10)) >> half
        sides = [(w + 0.5) / 65536.0 for w in (words[:, 2] & low, words[:, 2] >> half)]
        columns = (units(words[:, 0]), units(words[:, 1]), task, *sides)
        return list(zip(*(column.tolist() for column in columns), strict=True))

    @uncounted
    def breaks(self, edges: list[tuple[Firm, Firm, dict[str, Any]]]) -> list[float]:
        """Return the draw of each tie."""
        return units(self._pairs(edges, dissolution.BREAK[DEVELOPMENT])[:, 0]).tolist()

    @uncounted
    def practices(self) -> list[tuple[Any, ...]]:
        """Return the draws of each firm's try of a new practice."""
        key, zero = self.key(innovation.TRY), np.zeros(self.uid.size, np.int64)
        first, more, flips = (draw_many(key, self.uid, zero + k) for k in range(3))
        half = np.uint64(32)
        columns = (
            units(first[:, 0]),
            units(first[:, 1]),
            (first[:, 2] * np.uint64(BITS)) >> half,
            self.shortest + ((first[:, 3] * np.uint64(self.span)) >> half).astype(np.int64),
            units(more[:, 1]),
            more[:, 1],
            more[:, 2],
            (flips[:, 0] * np.uint64(BITS)) >> half,
            units(flips[:, 1]),
        )
        return list(zip(*(column.tolist() for column in columns), strict=True))


def row_of(firm: Firm) -> int:
    """Return the firm's row, the order in which partners are numbered."""
    return firm.row


class Firm(mesa.Agent):
    """A firm."""

    def __init__(self, model: CoreModel, row: int, traits: dict[str, Any]) -> None:
        super().__init__(model)
        self.row = row
        self.uid: int = traits["uid"]
        self.sector: int = traits["sector"]
        self.x: float = traits["x"]
        self.y: float = traits["y"]
        self.size: float = traits["size"]
        self.slack: float = traits["slack"]
        self.drive: float = traits["drive"]
        self.explore: float = traits["explore"]
        self.skills: tuple[float, ...] = tuple(traits["skills"])
        self.culture: tuple[float, ...] = tuple(traits["culture"])
        self.purpose: tuple[float, ...] = tuple(traits["purpose"])
        self.reputation: float = traits["reputation"]
        self.practice: int = traits["practice"]
        self.z: float = traits["z"]
        self.table = model.landscape[self.sector]
        self.ties: dict[Firm, dict[str, Any]] = {}  # the graph's own adjacency, set by the model

    def partners(self) -> list[Firm]:
        """Return the partners in a fixed order."""
        return sorted(self.ties, key=row_of)

    def begin(self) -> None:
        """Set the month's flows to zero."""
        self.joint_income = self.costs_due = 0.0
        self.projects = self.successes = self.betrayals = 0

    # search

    def effort(self) -> float:
        """Return how much more than the average firm this one meets and attends to."""
        p = self.model.search
        by_size = (self.size / (0.7 * UNIT)) ** p.size_exponent
        by_size = 0.5 if by_size < 0.5 else 4.0 if by_size > 4.0 else by_size
        return by_size * (1.0 + p.slack_effect * self.slack)

    def meet(self) -> None:
        """Meet a few candidates."""
        model, row = self.model, self.row
        wanted = min(MOST, int(model.search.meetings * self.effort() * self.drive + model.wanted[row]))
        for m in range(wanted):
            other = self.look(m, model.channels[row][m])
            if other is not None:
                model.met.append((self, other))

    def look(self, m: int, channel: float) -> Firm | None:
        """Return the first candidate of a channel that distance lets through."""
        model, row = self.model, self.row
        p = model.search
        looks, urn = model.looks[row], model.urn[row]
        for number in range(m * TRIES, m * TRIES + TRIES):
            first_word, second_word, chance = looks[number]
            first = self if channel < p.partners else model.firms[urn[number]]
            other = first
            if channel < p.partners + p.preferential:
                k = len(first.ties)
                if k == 0:
                    if first is self:
                        return None
                else:
                    other = first.partners()[(first_word * k) >> 32]
                if first is self:
                    other = other.partners()[(second_word * len(other.ties)) >> 32]
            if other is self:
                continue
            far = math.hypot(self.x - other.x, self.y - other.y) / p.distance
            if chance * (1.0 + far) < 1.0:
                return other
        return None

    # formation

    def utility(self, other: Firm, trust: float, shared: int, degree: int) -> float:
        """Return what a tie to `other` is worth."""
        p = self.model.utility
        skills, theirs = self.skills, other.skills
        knowledge = OF_FIVE * math.dist(skills, theirs)
        if knowledge > 1.0:
            knowledge = 1.0
        better = 0.0
        for mine, its in zip(skills, theirs, strict=True):
            if its > mine:
                better += its - mine
        far = math.hypot(self.x - other.x, self.y - other.y) / p.distance
        crowd = degree / p.k0
        standing = other.size / UNIT
        expected = 0.5 * min(max(other.z / 5.0, 0.0), 1.0) + 0.5 * standing / (standing + 1.0)
        value = p.intercept + p.complementarity * min(1.0, 0.8 * better) + p.trust * trust
        if knowledge < p.optimum:
            near = knowledge / p.optimum
            value += p.cognitive * 4.0 * near * (1.0 - near)
        value += p.purpose * (1.0 - min(1.0, OF_THREE * math.dist(self.purpose, other.purpose)))
        value += p.closure * min(1.0, shared / 3.0) + p.expected * expected + p.homophily * (1.0 - knowledge)
        value -= p.culture * min(1.0, OF_SIX * math.dist(self.culture, other.culture))
        value -= p.geography * (far / (1.0 + far)) + p.tie_cost * (1.0 + crowd * crowd)
        if self.sector == other.sector:
            value -= p.rivalry * (1.0 - knowledge) * (1.0 - trust)
        return value

    def limit(self) -> float:
        """Return the number of ties that fill the firm's attention."""
        return self.model.rules.formation.attention * self.effort()

    def weakest(self, other: Firm, gone: set[tuple[Firm, Firm]]) -> Firm | None:
        """Return the partner of the weakest tie if a tie to `other` is worth more."""
        left = [(tie["w"], j.uid, j) for j, tie in self.ties.items() if (self, j) not in gone]
        if not left:
            return None
        worst = min(left)[2]
        degree = len(self.ties) - 1
        tie = self.ties[worst]
        good, bad = (tie["good_u"], tie["bad_u"]) if self.row < worst.row else (tie["good_v"], tie["bad_v"])
        trust = (good + 1.0) / (good + bad + 2.0)
        old = self.utility(worst, trust, len(self.ties.keys() & worst.ties.keys()), degree)
        new = self.utility(other, other.reputation, len(self.ties.keys() & other.ties.keys()), degree)
        return worst if new > old else None

    # strengthening

    def update_reputation(self) -> None:
        """Let reputation follow the partners' mean trust, summed up in `heard`."""
        k = len(self.ties)
        if k:
            self.reputation += self.model.rules.strengthening.reputation * (self.heard / k - self.reputation)

    # innovation

    def innovate(self) -> None:
        """Try a new practice and keep what serves; `adopt` makes it the firm's own."""
        model = self.model
        p = model.rules.innovation
        chance, mode, start, length, sees, first_word, second_word, bit, accepts = model.tries[self.row]
        self.next_practice = None
        if chance >= p.tries * self.drive:
            return
        self.costs_due += p.cost * self.size
        own, z, k, source = self.practice, self.z, len(self.ties), None
        if k > 0 and mode < p.copy:
            partners = self.partners()
            if sees < p.seeing:
                source = partners[best_of(np.array([j.practice for j in partners]), self.table)]
            else:
                source = partners[(second_word * k) >> 32]
            candidate = take_over(own, source.practice, start, length)
        elif k > 1 and mode < p.copy + p.recombine:
            partners = self.partners()
            first = (first_word * k) >> 32
            source = partners[first]
            other = partners[(first + 1 + ((second_word * (k - 1)) >> 32)) % k]
            candidate = take_over(own, source.practice, start, length)
            candidate = take_over(candidate, other.practice, (start + length) % BITS, length)
        value = z if source is None else value_of(candidate, self.table)
        if value <= z:
            candidate, source = own ^ (1 << bit), None
            value = value_of(candidate, self.table)
        worse = z - value
        if worse < 0.0 or (p.temperature > 0.0 and accepts < math.exp(-worse / (p.temperature * self.explore))):
            self.next_practice, self.next_z, self.source = candidate, value, source
            model.changed.append(self)


def take_over(practice: int, source: int, start: int, length: int) -> int:
    """Return `practice` with a ring segment of bits taken from `source`."""
    mask = ((1 << length) - 1) << start
    mask = (mask | mask >> BITS) & FULL
    return (practice & ~mask) | (source & mask)


def gap(a: np.ndarray, b: np.ndarray) -> float:
    """Return min(1, 1.5 x root mean square difference)."""
    d = a - b
    return min(1.0, 1.5 * math.sqrt(d.dot(d) / d.size))


def inverted_u(x: float, a: float) -> float:
    """Return 4 (x/a) (1 - x/a) below a, else 0."""
    return 4.0 * (x / a) * (1.0 - x / a) if x < a else 0.0


class VectorFirm(Firm):
    """A firm with numpy vectors that walks along its own ties; each tie is handled by its lower row."""

    def __init__(self, model: CoreModel, row: int, traits: dict[str, Any]) -> None:
        super().__init__(model, row, traits)
        self.skills = np.array(traits["skills"])
        self.culture = np.array(traits["culture"])
        self.purpose = np.array(traits["purpose"])

    def utility(self, other: Firm, trust: float, shared: int, degree: int) -> float:
        """Return what a tie to `other` is worth."""
        p = self.model.utility
        knowledge = gap(self.skills, other.skills)
        complementarity = min(1.0, 0.8 * np.maximum(other.skills - self.skills, 0.0).sum())
        far = math.hypot(self.x - other.x, self.y - other.y) / p.distance
        crowd = degree / p.k0
        standing = other.size / UNIT
        expected = 0.5 * min(max(other.z / 5.0, 0.0), 1.0) + 0.5 * standing / (standing + 1.0)
        value = p.intercept + p.complementarity * complementarity + p.trust * trust
        value += p.cognitive * inverted_u(knowledge, p.optimum)
        value += p.purpose * (1.0 - gap(self.purpose, other.purpose)) + p.closure * min(1.0, shared / 3.0)
        value += p.expected * expected + p.homophily * (1.0 - knowledge)
        value -= p.culture * gap(self.culture, other.culture) + p.geography * (far / (1.0 + far))
        value -= p.tie_cost * (1.0 + crowd * crowd)
        if self.sector == other.sector:
            value -= p.rivalry * (1.0 - knowledge) * (1.0 - trust)
        return value

    def count_ties(self) -> None:
        """Spread attention over the ties."""
        self.attention = 1.0 / max(1.0, len(self.ties) / self.model.utility.k0)
        self.root = math.sqrt(self.size / UNIT)
        self.heard = 0.0

    def work(self) -> None:
        """Run the month's joint projects."""
        model = self.model
        p = model.work_params
        for other, tie in self.ties.items():
            if other.row < self.row:
                continue
            chance, luck_of_success, task, mine, theirs = next(model.draws)
            tie["outcome"] = NONE
            gain = gain_other = 0.0
            if chance < p.frequency * (p.base + p.by_strength * tie["w"]):
                trust = (tie["good_u"] + 1.0) / (tie["good_u"] + tie["bad_u"] + 2.0)
                trust_other = (tie["good_v"] + 1.0) / (tie["good_v"] + tie["bad_v"] + 2.0)
                a, b = TASKS[task]
                better = np.maximum(self.skills, other.skills)
                alignment = 1.0 - gap(self.purpose, other.purpose)
                attention = min(self.attention, other.attention)
                fit = p.constant + p.coverage * 0.5 * (better[a] + better[b])
                fit += p.trust * 0.5 * (trust + trust_other) + p.alignment * alignment
                fit += p.cognitive * inverted_u(gap(self.skills, other.skills), p.optimum)
                fit -= p.culture * gap(self.culture, other.culture) + p.coordination
                self.projects += 1
                other.projects += 1
                if luck_of_success < attention / (1.0 + math.exp(-fit)):
                    lure = p.temptation * (1.0 - 0.5 * alignment)
                    cheats = mine < lure * (1.0 - trust)
                    cheated = theirs < lure * (1.0 - trust_other)
                    scale = attention * min(self.root, other.root) * math.sqrt(self.root * other.root)
                    if cheats and cheated:
                        tie["outcome"] = BOTH_CHEAT
                        gain = gain_other = -0.5 * p.sucker * scale
                    elif cheats:
                        tie["outcome"] = CHEATS
                        gain, gain_other = p.payoff * (1.0 + p.cheating) * scale, -p.sucker * scale
                    elif cheated:
                        tie["outcome"] = CHEATED
                        gain_other, gain = p.payoff * (1.0 + p.cheating) * scale, -p.sucker * scale
                    else:
                        tie["outcome"] = SUCCESS
                        gain = gain_other = p.payoff * scale
                        self.successes += 1
                        other.successes += 1
                    self.betrayals += cheats
                    other.betrayals += cheated
                    self.joint_income += gain
                    other.joint_income += gain_other
                else:
                    tie["outcome"] = FAILURE
            tie["value_u"] = 0.9 * tie["value_u"] + 0.1 * gain
            tie["value_v"] = 0.9 * tie["value_v"] + 0.1 * gain_other

    def strengthen(self) -> None:
        """Move strength and experience by the month's outcomes."""
        p = self.model.strengthening
        for other, tie in self.ties.items():
            if other.row < self.row:
                continue
            code, w = tie["outcome"], tie["w"]
            for name in ("good_u", "bad_u", "good_v", "bad_v"):
                tie[name] *= p.fade
            rise = 0.0
            if code != NONE:
                attention = min(self.attention, other.attention)
                y = 1.0 if code == SUCCESS else 0.0
                rise = p.gain * attention * (p.feedback * y + (1.0 - p.feedback) * p.reference)
                weight = p.evidence * attention
                if code == SUCCESS:
                    tie["good_u"] += weight
                    tie["good_v"] += weight
                elif code == FAILURE:
                    tie["bad_u"] += 0.5 * weight
                    tie["bad_v"] += 0.5 * weight
                if code in (CHEATED, BOTH_CHEAT):
                    tie["bad_u"] += p.breach * weight
                if code in (CHEATS, BOTH_CHEAT):
                    tie["bad_v"] += p.breach * weight
            tie["w"] = min(max(w + rise * (1.0 - w) - p.decay * w, 0.0), 1.0)
            self.heard += (tie["good_v"] + 1.0) / (tie["good_v"] + tie["bad_v"] + 2.0)
            other.heard += (tie["good_u"] + 1.0) / (tie["good_u"] + tie["bad_u"] + 2.0)


class CoreModel(mesa.Model):
    """The core rules on one layer, started from a world that the package built.

    Parameters
    ----------
    simulation : Simulation
        ``scenario=core`` in its first month or later; everything is copied out of it.
    """

    firm: type[Firm] = Firm

    def __init__(self, simulation: Simulation) -> None:
        super().__init__(seed=simulation.world.seed)
        world, rules = simulation.world, simulation.rules
        self.rules, self.month = rules, world.step
        self.search = params(SearchParams, rules.search, rules.search.development, unit=UNIT, proposed=0.0, squares=0.0)
        self.utility = params(
            UtilityParams, rules.formation.development, rules.formation, distance=rules.search.distance
        )
        self.work_params = params(
            WorkParams,
            rules.work,
            payoff=rules.work.payoff_development * UNIT,
            sucker=rules.work.sucker * UNIT,
            optimum=rules.formation.optimum,
            deterrence=0.0,
        )
        self.strengthening = params(StrengtheningParams, rules.strengthening)
        self.dissolution = params(
            DissolutionParams, rules.dissolution, rules.strengthening, hazard=rules.dissolution.development
        )
        self.landscape = world.landscape.copy()
        self.own = environment.own_entries(world.seed, self.landscape.shape, rules.environment.correlation)
        self.entries = environment.separate_entries(self.own)
        names = "uid sector x y size slack drive explore skills culture purpose reputation practice z".split()
        columns = [world.firms.column(name).tolist() for name in names]
        self.firms = [
            self.firm(self, row, dict(zip(names, values, strict=True)))
            for row, values in enumerate(zip(*columns, strict=True))
        ]
        self.sectors = world.firms.sector.copy()
        self.luck = Luck(world.seed, world.firms.uid.copy(), rules.innovation.longest, rules.innovation.shortest)
        self.graph = nx.Graph()
        self.graph.add_nodes_from(self.firms)
        self.copy_ties(world.ties[DEVELOPMENT])
        for firm, ties in self.graph.adjacency():
            firm.ties = ties
        used = world.registry.practice != 0
        practices = (world.registry.practice[used] - np.uint64(1)).tolist()
        self.first = dict(zip(practices, world.registry.first[used].tolist(), strict=True))
        self.adoptions = {
            p: count for p, count in zip(practices, world.registry.adoptions[used].tolist(), strict=True) if count
        }
        self.counts: dict[str, float] = {}

    def copy_ties(self, ties: Any) -> None:
        """Make an edge of every tie; `_u` is the side of the lower row, `_v` of the higher."""
        a, b, at = ties.pairs()
        columns = [ties.column(name)[at].tolist() for name in ("w", "good", "bad", "good_in", "bad_in", "born")]
        mate = np.flatnonzero(ties.owner() > ties.nbr)
        back = mate[np.lexsort((ties.owner()[mate], ties.nbr[mate]))]
        columns += [ties.value[at].tolist(), ties.value[back].tolist()]
        for u, v, w, good, bad, good_in, bad_in, born, value, value_in in zip(
            a.tolist(), b.tolist(), *columns, strict=True
        ):
            self.graph.add_edge(
                self.firms[u], self.firms[v], w=w, good_u=good, bad_u=bad, good_v=good_in, bad_v=bad_in,
                value_u=value, value_v=value_in, born=born, outcome=NONE,
            )  # fmt: skip

    def step(self) -> None:
        """Run one month."""
        self.month += 1
        self.luck.step = self.month
        self.counts = {}
        self.agents.do("begin")
        self.drift()
        self.make_meetings()
        self.form()
        # Between formation and dissolution no tie comes or goes. (`graph.edges(data=True)` takes longer.)
        self.edges = [(u, v, tie) for u in self.firms for v, tie in u.ties.items() if u.row < v.row]
        self.work()
        self.strengthen()
        self.innovate()
        self.dissolve()

    def drift(self) -> None:
        """Let the landscapes drift; all practices are valued in one compiled call."""
        settings = self.rules.environment
        redraw_entries(self.luck.key(environment.DRIFT), settings.drift, *self.entries, self.own, self.landscape)
        practice = np.array([firm.practice for firm in self.firms], np.uint64)
        z = np.empty(practice.size)
        update_z(0, practice.size, practice, self.sectors, self.landscape, z)
        for firm, value in zip(self.firms, z.tolist(), strict=True):
            firm.z = value

    def make_meetings(self) -> None:
        """Let all firms meet candidates."""
        self.met: list[tuple[Firm, Firm]] = []
        self.wanted, self.channels, self.looks, self.urn = self.luck.meetings()
        self.agents.do("meet")

    def form(self) -> None:
        """Decide every meeting on the network as it is, then make the ties."""
        noise, rate = self.rules.formation.noise, self.rules.formation.rate
        agreed = set()
        for (i, j), (chance, order) in zip(self.met, self.luck.consents(self.met), strict=True):
            if j in i.ties:
                continue
            shared = len(i.ties.keys() & j.ties.keys())
            u_i = i.utility(j, j.reputation, shared, len(i.ties))
            u_j = j.utility(i, i.reputation, shared, len(j.ties))
            if chance < rate / ((1.0 + math.exp(-u_i / noise)) * (1.0 + math.exp(-u_j / noise))):
                agreed.add((order, i.row, j.row) if i.row < j.row else (order, j.row, i.row))
        # As single precision holds it, so that old and new ties without a project stay equally strong.
        start, cost = float(np.float32(self.rules.formation.strength)), self.rules.market.building_cost
        made = self.fit_attention([(self.firms[a], self.firms[b]) for _, a, b in sorted(agreed)])
        for i, j in made:
            self.graph.add_edge(
                i, j, w=start, good_u=0.0, bad_u=0.0, good_v=0.0, bad_v=0.0,
                value_u=0.0, value_v=0.0, born=self.month, outcome=NONE,
            )  # fmt: skip
            i.costs_due += cost * math.sqrt(i.size / UNIT) * UNIT
            j.costs_due += cost * math.sqrt(j.size / UNIT) * UNIT
        self.counts["formed"] = len(made)

    def fit_attention(self, pairs: list[tuple[Firm, Firm]]) -> list[tuple[Firm, Firm]]:
        """Return the pairs that attention has room for; ties that give way are removed."""
        added: dict[Firm, int] = {}
        gone: set[tuple[Firm, Firm]] = set()
        made = []
        for pair in pairs:
            worst: list[Firm | None] = []
            for i, j in (pair, pair[::-1]):
                full = len(i.ties) + added.get(i, 0) >= i.limit()
                worst.append(i.weakest(j, gone) if full else None)
                if full and worst[-1] is None:
                    break
            else:
                made.append(pair)
                for i in pair:
                    added[i] = added.get(i, 0) + 1
                for i, o in zip(pair, worst, strict=True):
                    if o is not None and (i, o) not in gone:
                        gone.update(((i, o), (o, i)))
                        added[i] -= 1
                        added[o] = added.get(o, 0) - 1
        self.graph.remove_edges_from([(i, j) for i, j in gone if i.row < j.row])
        return made

    def work(self) -> None:
        """Run the month's joint projects on every tie."""
        p = self.work_params
        k0 = self.rules.formation.development.k0
        for firm in self.firms:
            k = len(firm.ties)
            firm.attention = 1.0 if k <= k0 else k0 / k
            firm.root = math.sqrt(firm.size / UNIT)
        dist, exp, sqrt = math.dist, math.exp, math.sqrt
        frequency, base, by_strength, optimum = p.frequency, p.base, p.by_strength, p.optimum
        for (u, v, tie), (chance, luck_of_success, task, mine, theirs) in zip(
            self.edges, self.luck.projects(self.edges), strict=True
        ):
            result = NONE
            gain_u = gain_v = 0.0
            if chance < frequency * (base + by_strength * tie["w"]):
                good_u, good_v = tie["good_u"], tie["good_v"]
                trust_u = (good_u + 1.0) / (good_u + tie["bad_u"] + 2.0)
                trust_v = (good_v + 1.0) / (good_v + tie["bad_v"] + 2.0)
                a, b = TASKS[task]
                skills, others = u.skills, v.skills
                best_a = skills[a] if skills[a] > others[a] else others[a]
                best_b = skills[b] if skills[b] > others[b] else others[b]
                apart = OF_THREE * dist(u.purpose, v.purpose)
                alignment = 1.0 - apart if apart < 1.0 else 0.0
                attention = u.attention if u.attention < v.attention else v.attention
                fit = p.constant + p.coverage * 0.5 * (best_a + best_b) + p.trust * 0.5 * (trust_u + trust_v)
                fit += p.alignment * alignment - p.coordination
                knowledge = OF_FIVE * dist(skills, others)
                if knowledge > 1.0:
                    knowledge = 1.0
                if knowledge < optimum:
                    near = knowledge / optimum
                    fit += p.cognitive * 4.0 * near * (1.0 - near)
                culture = OF_SIX * dist(u.culture, v.culture)
                fit -= p.culture * (culture if culture < 1.0 else 1.0)
                u.projects += 1
                v.projects += 1
                if luck_of_success < attention / (1.0 + exp(-fit)):
                    lure = p.temptation * (1.0 - 0.5 * alignment)
                    u_cheats = mine < lure * (1.0 - trust_u)
                    v_cheats = theirs < lure * (1.0 - trust_v)
                    scale = attention * min(u.root, v.root) * sqrt(u.root * v.root)
                    if u_cheats and v_cheats:
                        result = BOTH_CHEAT
                        gain_u = gain_v = -0.5 * p.sucker * scale
                    elif u_cheats:
                        result = CHEATS
                        gain_u, gain_v = p.payoff * (1.0 + p.cheating) * scale, -p.sucker * scale
                    elif v_cheats:
                        result = CHEATED
                        gain_v, gain_u = p.payoff * (1.0 + p.cheating) * scale, -p.sucker * scale
                    else:
                        result = SUCCESS
                        gain_u = gain_v = p.payoff * scale
                        u.successes += 1
                        v.successes += 1
                    if u_cheats:
                        u.betrayals += 1
                    if v_cheats:
                        v.betrayals += 1
                    u.joint_income += gain_u
                    v.joint_income += gain_v
                else:
                    result = FAILURE
            tie["outcome"] = result
            tie["value_u"] = 0.9 * tie["value_u"] + 0.1 * gain_u
            tie["value_v"] = 0.9 * tie["value_v"] + 0.1 * gain_v

    def strengthen(self) -> None:
        """Move strength and experience by the month's outcomes; reputation follows."""
        p = self.strengthening
        fade, keep = p.fade, 1.0 - p.decay
        on_success = p.gain * (p.feedback + (1.0 - p.feedback) * p.reference)
        on_failure = p.gain * (1.0 - p.feedback) * p.reference
        for firm in self.firms:
            firm.heard = 0.0
        for u, v, tie in self.edges:
            code, w = tie["outcome"], tie["w"]
            good_u, bad_u = fade * tie["good_u"], fade * tie["bad_u"]
            good_v, bad_v = fade * tie["good_v"], fade * tie["bad_v"]
            if code == NONE:
                w *= keep
            else:
                attention = u.attention if u.attention < v.attention else v.attention
                weight = p.evidence * attention
                if code == SUCCESS:
                    w += attention * on_success * (1.0 - w) - p.decay * w
                    good_u += weight
                    good_v += weight
                else:
                    w += attention * on_failure * (1.0 - w) - p.decay * w
                    if code == FAILURE:
                        bad_u += 0.5 * weight
                        bad_v += 0.5 * weight
                    if code == CHEATED or code == BOTH_CHEAT:
                        bad_u += p.breach * weight
                    if code == CHEATS or code == BOTH_CHEAT:
                        bad_v += p.breach * weight
            tie["w"] = 0.0 if w < 0.0 else 1.0 if w > 1.0 else w
            tie["good_u"], tie["bad_u"], tie["good_v"], tie["bad_v"] = good_u, bad_u, good_v, bad_v
            u.heard += (good_v + 1.0) / (good_v + bad_v + 2.0)
            v.heard += (good_u + 1.0) / (good_u + bad_u + 2.0)
        self.agents.do("update_reputation")

    def innovate(self) -> None:
        """Let all firms try new practices on what the others do now, then change together."""
        self.changed: list[Firm] = []
        self.tries = self.luck.practices()
        self.agents.do("innovate")
        useful = self.rules.innovation.useful
        gained, new, good, adopted = 0.0, 0, 0, 0
        for firm in self.changed:
            gained += max(0.0, firm.next_z - firm.z)
            if firm.next_practice not in self.first:
                self.first[firm.next_practice] = self.month
                new += 1
                good += firm.next_z > useful
        for firm in self.changed:
            if firm.source is not None:
                taken = firm.source.practice
                self.adoptions[taken] = self.adoptions.get(taken, 0) + 1
                adopted += self.adoptions[taken] == 1 and self.first[taken] > 0
        for firm in self.changed:
            firm.practice, firm.z = firm.next_practice, firm.next_z
        self.counts.update(value_gained=gained, innovations=new, useful=good, adopted=adopted)

    def dissolve(self) -> None:
        """Break ties by a hazard that falls with strength and trust."""
        p = self.dissolution
        most = p.hazard * math.exp(0.4 * p.by_strength + 0.6 * p.by_trust) * (1.0 + p.unwilling)
        gone = []
        for (u, v, tie), chance in zip(self.edges, self.luck.breaks(self.edges), strict=True):
            restless = 0.5 * (u.drive + v.drive)
            # No hazard can exceed these bounds, so few ties need more than a draw.
            if chance >= most * restless:
                continue
            good_u, good_v = tie["good_u"], tie["good_v"]
            trust_u = (good_u + 1.0) / (good_u + tie["bad_u"] + 2.0)
            trust_v = (good_v + 1.0) / (good_v + tie["bad_v"] + 2.0)
            hazard = (
                p.hazard
                * restless
                * math.exp(-p.by_strength * (tie["w"] - 0.4) - p.by_trust * (0.5 * (trust_u + trust_v) - 0.6))
            )
            if chance >= hazard * (1.0 + p.unwilling):
                continue
            shared = len(u.ties.keys() & v.ties.keys())
            u_u = u.utility(v, trust_u, shared, len(u.ties) - 1)
            u_v = v.utility(u, trust_v, shared, len(v.ties) - 1)
            if chance < hazard * (1.0 + p.unwilling / (1.0 + math.exp(min(u_u, u_v) / 0.1))):
                gone.append((u, v))
        self.graph.remove_edges_from(gone)
        self.counts["broken"] = len(gone)

    def ties(self) -> dict[tuple[int, int], dict[str, Any]]:
        """Return the ties by the uids of their firms, the lower row first."""
        return {(u.uid, v.uid): tie for u, v, tie in self.graph.edges(data=True)}


class VectorModel(CoreModel):
    """The same with numpy vectors per agent, and agents that walk along their own ties."""

    firm = VectorFirm

    def work(self) -> None:
        """Run the month's joint projects on every tie."""
        self.agents.do("count_ties")
        self.draws = iter(self.luck.projects(self.edges))
        self.agents.do("work")

    def strengthen(self) -> None:
        """Move strength, experience and reputation."""
        self.agents.do("strengthen")
        self.agents.do("update_reputation")


def differences(model: CoreModel, simulation: Simulation) -> dict[str, float]:
    """Return ties in one of the two only, practices that differ, and the largest differences of numbers."""
    firms, ties = simulation.world.firms, simulation.world.ties[DEVELOPMENT]
    a, b, at = ties.pairs()
    ours = {pair: h for pair, h in zip(zip(firms.uid[a].tolist(), firms.uid[b].tolist(), strict=True), at, strict=True)}
    theirs = model.ties()
    both = sorted(ours.keys() & theirs.keys())
    places = np.array([ours[pair] for pair in both], np.int64)
    found = {
        "ties": float(len(ours.keys() ^ theirs.keys())),
        "practices": float(sum(f.practice != int(p) for f, p in zip(model.firms, firms.practice, strict=True))),
    }
    names = {
        "w": "w",
        "good": "good_u",
        "bad": "bad_u",
        "good_in": "good_v",
        "bad_in": "bad_v",
        "value": "value_u",
    }
    for column, name in names.items():
        mesas = np.array([theirs[pair][name] for pair in both])
        found[column] = float(np.abs(ties.column(column)[places] - mesas).max(initial=0.0))
    for name in ("z", "reputation", "joint_income", "costs_due", "projects", "successes", "betrayals"):
        mesas = np.array([getattr(firm, name) for firm in model.firms])
        found[name] = float(np.abs(firms.column(name) - mesas).max(initial=0.0))
    return found
