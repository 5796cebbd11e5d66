"""What the loss of a firm does to all others along supply: the Economic Systemic Risk Index."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from emergence.errors import Refusal, nearest
from emergence.kernels import systemic
from emergence.measures.graph import Graph, as_graph, by_uid, clean_rows, partner_values, world_of
from emergence.schema import BUYS, OPERATIONAL

if TYPE_CHECKING:
    from emergence.world import World

PRODUCTION = ("linear", "leontief")
TOLERANCE = 1e-12  # falls of production below this are not made
ROUNDS = 100_000
PLAIN = -1  # group of the inputs that are not essential
BATCH = 64  # failures between two looks at the keyboard


@dataclass(frozen=True, eq=False)
class Economy:
    """Who depends on whom, as the kernels take it; see `kernels.systemic`.

    Attributes
    ----------
    down, up : Graph
        Customers of each firm; its suppliers, those of one group together.
    demand, supply : float64[m]
        Share of each customer in a firm's sales; of each supplier in a group of its inputs.
    group, sector : int64[m], int64[n]
    substitution : bool
    """

    down: Graph
    up: Graph
    demand: np.ndarray
    supply: np.ndarray
    group: np.ndarray
    sector: np.ndarray
    substitution: bool

    @property
    def columns(self) -> tuple[Any, ...]:
        """What `every_loss` takes, from customers to substitution."""
        up, down = self.up, self.down
        rows = (down.ptr, down.nbr, self.demand, up.ptr, up.nbr, self.supply, self.group)
        return (*rows, self.sector, down.out_strength, self.substitution)


def esri(
    flows: Any,
    size: Any = None,
    production: str = "linear",
    sector: Any = None,
    essential: Any = None,
    sales: Any = None,
    inputs: Any = None,
    substitution: bool = False,
) -> np.ndarray:
    """Return the Economic Systemic Risk Index of every firm: the share of all output that its failure takes.

    Parameters
    ----------
    flows : matrix, networkx graph or whatever else `as_graph` takes
        ``flows[i, j]``: value that i sells to j, EUR/month (any unit, at least 0); in a graph the weight of the tie
        from i to j. What a firm sells to itself does not count.
    size : array_like of float [n], optional
        Weight of each firm in the output of all; its sales in the network if left out, so a firm that sells
        nothing weighs nothing. Where nobody sells anything all firms weigh alike.
    production : {"linear", "leontief"}
        What a firm makes when inputs fail. Linear: the loss is their share of all its inputs. Leontief: every
        essential kind of input is needed in proportion, so the scarcest decides.
    sector : array_like [n], optional
        Kind of good that each firm sells, anything that can be told apart; each firm its own kind if left out.
    essential : array_like of bool, optional
        With Leontief: which kinds are essential, the others are used linearly (generalised Leontief); all are if
        left out. One entry per kind (sorted, as numpy.unique does), or a matrix [kind of supplier, kind of
        buyer]; without `sector`, firms stand for kinds.
    sales, inputs : array_like of float [n], optional
        All sales and all inputs of each firm, those outside the network included, EUR/month; at least what flows
        in the network, which it is if left out. Outsiders do not fail, so they soften every blow.
    substitution : bool
        Whether others of a sector stand in for a firm. Then a lost supplier counts with its share of what is left
        of its sector's sales (sigma of Diem et al.).

    Returns
    -------
    float64[n]
        0 to 1, in the order of the nodes of `flows`; a firm's own share of output is part of it.

    Notes
    -----
    Diem et al. 2022 (Scientific Reports 12:7719). A failure travels down to customers, h_i = min over essential
    kinds k of (what is left of k) and 1 - (value of other inputs lost) / (all inputs), and up to suppliers,
    h_i = 1 - (sales lost) / (all sales); each to a fixed point by itself, from above. h = min(down, up), and the
    index is sum_i s_i (1 - h_i), s_i = size_i / sum size. Falls below 1e-12 are not made.

    The paper stops as soon as no firm falls by more than .01 in a round. That matters where all trade stays
    within the network: there the linear fixed point is the standstill of all, reached over thousands of rounds.
    Give `sales` and `inputs` if firms trade with outsiders.
    """
    return _index(_economy(flows, production, sector, essential, sales, inputs, substitution), size)


def shock(
    flows: Any,
    firms: int | Iterable[int],
    left: float = 0.0,
    production: str = "linear",
    sector: Any = None,
    essential: Any = None,
    sales: Any = None,
    inputs: Any = None,
    substitution: bool = False,
) -> np.ndarray:
    """Return the share of production that each firm keeps when some are struck together.

    Parameters
    ----------
    firms : int or iterable of int
        Places, in the order of the nodes of `flows`, of those that are struck.
    left : float
        What is left of their own production at most, 0 to 1.
    flows, production, sector, essential, sales, inputs, substitution
        See `esri`.

    Returns
    -------
    float64[n]
        h, 0 (stands still) to 1 (untouched).
    """
    economy = _economy(flows, production, sector, essential, sales, inputs, substitution)
    n = economy.down.number
    struck = np.atleast_1d(np.asarray(firms if isinstance(firms, (int, np.integer)) else list(firms), np.int64))
    if struck.size and (struck.min() < 0 or struck.max() >= n):
        raise Refusal(f"firms: places from 0 to {n - 1} are needed")
    if not 0 <= left <= 1:
        raise Refusal(f"left={left!r}: 0 to 1 is needed")
    by_demand = np.zeros(n)
    by_demand[struck] = 1.0 - left
    by_supply = by_demand.copy()
    down_ptr, down, demand, up_ptr, up, supply, group, sector_of, output, replaced = economy.columns
    one = np.zeros(down.size, np.int64)
    market = (sector_of, output)
    systemic.spread(down_ptr, down, demand, one, up_ptr, up, *market, False, by_demand, TOLERANCE, ROUNDS)
    systemic.spread(up_ptr, up, supply, group, down_ptr, down, *market, replaced, by_supply, TOLERANCE, ROUNDS)
    return 1.0 - np.maximum(by_demand, by_supply)


def systemic_risk(source: Any, production: str = "linear", substitution: bool = False) -> dict[int, float]:
    """Return the Economic Systemic Risk Index of every firm of a world by uid.

    Parameters
    ----------
    source : World
        Or what holds one.
    production, substitution
        See `esri`; kinds of goods are the firms' sectors.

    Returns
    -------
    dict of int to float
        0 to 1. Firms weigh by revenue of last month (capacity, if nobody earned anything).

    Notes
    -----
    If operational ties carry shares of inputs, a supplier sells share x size of the buyer (EUR/month) to it; a tie
    both ways does so in both directions. A buyer's inputs are its size and a supplier's sales its revenue, unless
    more than that flows in the network; the rest comes from and goes to outside.
    Without such shares a firm lives of what its ties bring it (their value, EUR/month; losses count 0), over all
    layers, and of the market. Joint work has no seller and no buyer, so there is one way for a loss to
    travel, whatever `production`: a partner that stands still takes from a firm that partner's part of its
    revenue.
    """
    world = world_of(source)
    if world is None:
        raise Refusal(f"a world is needed, not a {type(source).__name__}; for a graph or a matrix use esri")
    order, _ = by_uid(world)
    capacity, sector = world.firms.size[order], world.firms.sector[order]
    supply = supply_flows(world)
    graph, revenue = partner_values(world) if supply is None else (supply, world.firms.revenue[order])
    revenue = np.maximum(revenue, 0.0)
    sales, inputs = np.maximum(revenue, graph.out_strength), np.maximum(capacity, graph.in_strength)
    economy = _economy(graph, production, sector, None, sales, inputs, substitution)
    if supply is None:
        economy = replace(economy, supply=np.zeros(economy.supply.size))
    return graph.by_name(_index(economy, revenue if revenue.any() else capacity))


def supply_flows(world: World) -> Graph | None:
    """Return what suppliers sell to buyers (EUR/month) by the shares on operational ties; None if there are none."""
    ties = world.ties[OPERATIONAL]
    owner, share, role = ties.owner(), ties.column("share"), ties.column("role")
    sells = (share > 0) & (role != BUYS)
    if not sells.any():
        return None
    order, place = by_uid(world)
    seller, buyer = owner[sells], ties.nbr[sells]
    value = share[sells].astype(np.float64) * world.firms.size[buyer]
    rows = clean_rows(place[seller], place[buyer], value, world.size)
    return Graph(*rows, world.firms.uid[order].tolist(), True)


def _economy(
    flows: Any, production: str, sector: Any, essential: Any, sales: Any, inputs: Any, substitution: bool
) -> Economy:
    if production not in PRODUCTION:
        raise Refusal(f"production: there is no '{production}'; {nearest(str(production), PRODUCTION)}")
    if essential is not None and production != "leontief":
        raise Refusal("essential: only production='leontief' knows essential inputs")
    down = as_graph(flows)
    up = down.reversed
    n = down.number
    if sector is None:
        kinds, code = np.arange(n), np.arange(n)
    else:
        kinds, code = np.unique(_vector(sector, n, "sector", None), return_inverse=True)
    all_sales, all_inputs = _whole("sales", sales, down.out_strength), _whole("inputs", inputs, up.out_strength)
    group = np.full(up.nbr.size, PLAIN)
    if production == "leontief":
        group = np.where(_needed(essential, kinds.size)[code[up.nbr], code[up.owner]], code[up.nbr], PLAIN)
    order = np.lexsort((group, up.owner))
    up, group = Graph(up.ptr, up.nbr[order], up.weight[order], up.names, True), group[order]
    supply = _part(up.weight, np.where(group == PLAIN, all_inputs[up.owner], _of_group(up, group)))
    demand = _part(down.weight, all_sales[down.owner])
    return Economy(down, up, demand, supply, group, code.astype(np.int64), bool(substitution))


def _of_group(up: Graph, group: np.ndarray) -> np.ndarray:
    """Return for each input the sum over its firm's inputs of the same group, float64[m]; groups stand together."""
    if not group.size:
        return up.weight
    owner = up.owner
    new = np.concatenate([[True], (owner[1:] != owner[:-1]) | (group[1:] != group[:-1])])
    number = np.cumsum(new) - 1
    return np.bincount(number, up.weight)[number]


def _part(weight: np.ndarray, whole: np.ndarray) -> np.ndarray:
    return np.divide(weight, whole, out=np.zeros(weight.size), where=whole > 0)


def _index(economy: Economy, size: Any) -> np.ndarray:
    """Return the index of every firm, float64[n]."""
    share, columns, n = _shares(size, economy), economy.columns, economy.down.number
    # In one go a large network could not be stopped by hand.
    parts = [(at, min(at + BATCH, n)) for at in range(0, n, BATCH)]
    found = [systemic.every_loss(*(lo, hi, *columns, share, TOLERANCE, ROUNDS)) for lo, hi in parts]
    return np.concatenate([np.zeros(0), *found])


def _shares(size: Any, economy: Economy) -> np.ndarray:
    """Return the weight of each firm in the output of all; they add up to 1."""
    n = economy.down.number
    weight = economy.down.out_strength if size is None else _vector(size, n, "size")
    total = weight.sum()
    return weight / total if total > 0 else np.full(n, 1.0 / max(n, 1))


def _needed(essential: Any, kinds: int) -> np.ndarray:
    """Return bool[kind of supplier, kind of buyer]: whether the good is essential."""
    if essential is None:
        return np.broadcast_to(True, (kinds, kinds))
    array = np.asarray(essential)
    if array.dtype != bool or array.shape not in ((kinds,), (kinds, kinds)):
        raise Refusal(f"essential: {kinds} truth values are needed, or {kinds} x {kinds} (supplier, buyer)")
    return np.broadcast_to(array if array.ndim == 2 else array[:, None], (kinds, kinds))


def _whole(name: str, values: Any, network: np.ndarray) -> np.ndarray:
    """Return all sales or inputs, checked to be no less than what flows in the network."""
    if values is None:
        return network
    array = _vector(values, network.size, name)
    short = np.flatnonzero(array < network * (1 - 1e-9))
    if short.size:
        at = short[0]
        raise Refusal(f"{name}: firm {at} has {array[at]:g}, but {network[at]:g} flows in the network alone")
    return np.maximum(array, network)


def _vector(values: Any, n: int, name: str, kind: type | None = float) -> np.ndarray:
    try:
        array = np.asarray(values, kind)
    except (TypeError, ValueError):
        raise Refusal(f"{name}: {n} numbers are needed, one for each firm") from None
    if array.shape != (n,):
        raise Refusal(f"{name}: {n} entries are needed, one for each firm, not {array.size}")
    if kind is float and not (np.isfinite(array).all() and (array >= 0).all()):
        raise Refusal(f"{name}: finite numbers of at least 0 are needed")
    return array
