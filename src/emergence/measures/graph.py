"""One form for all graphs: rows of partners, whatever they came as."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from emergence.errors import Refusal, nearest
from emergence.kernels import shape
from emergence.schema import BUYS, LAYERS, OPERATIONAL

if TYPE_CHECKING:
    from emergence.world import World


@dataclass(frozen=True, eq=False)
class Graph:
    """A graph without self-ties and without parallel ties.

    Attributes
    ----------
    ptr : int64[n + 1]
        Where the row of each node begins and ends.
    nbr : int32[m]
        Partners, each row sorted; of an undirected graph each tie stands at both ends, of a directed one at its
        source.
    weight : float64[m]
        At least 0, the same at both ends of an undirected tie.
    names : sequence
        Name of each node, in the order of the rows.
    directed : bool
    """

    ptr: np.ndarray
    nbr: np.ndarray
    weight: np.ndarray
    names: Sequence[Any]
    directed: bool

    @property
    def number(self) -> int:
        """Number of nodes."""
        return self.ptr.size - 1

    @property
    def ties(self) -> int:
        """Number of ties; a directed graph counts there and back as two."""
        return self.nbr.size if self.directed else self.nbr.size // 2

    @property
    def out_degree(self) -> np.ndarray:
        """Partners to which each node points, int64[n]; all its partners in an undirected graph."""
        return np.diff(self.ptr)

    @property
    def in_degree(self) -> np.ndarray:
        """Partners that point to each node, int64[n]."""
        return np.bincount(self.nbr, minlength=self.number)

    @property
    def degree(self) -> np.ndarray:
        """Different partners of each node in either direction, int64[n]."""
        return np.diff(self.symmetrised.ptr)

    @property
    def owner(self) -> np.ndarray:
        """The row in which each entry stands, int64[m]."""
        return np.repeat(np.arange(self.number), self.out_degree)

    @property
    def out_strength(self) -> np.ndarray:
        """Sum of the weights of each row, float64[n]."""
        return np.bincount(self.owner, self.weight, self.number)

    @property
    def in_strength(self) -> np.ndarray:
        """Sum of the weights that point to each node, float64[n]."""
        return np.bincount(self.nbr, self.weight, self.number)

    @cached_property
    def reversed(self) -> Graph:
        """The same ties the other way round; an undirected graph itself."""
        if not self.directed:
            return self
        ptr, nbr, weight = shape.transposed(self.ptr, self.nbr, self.weight)
        return Graph(ptr, nbr, weight, self.names, True)

    @cached_property
    def symmetrised(self) -> Graph:
        """The undirected graph with weights a_uv + a_vu; an undirected graph itself."""
        if not self.directed:
            return self
        back = self.reversed
        ptr, nbr, weight = shape.laid_together(self.ptr, self.nbr, self.weight, back.ptr, back.nbr, back.weight)
        return Graph(ptr, nbr, weight, self.names, False)

    @cached_property
    def labels(self) -> np.ndarray:
        """Weak component of each node, named after its first row, int32[n]."""
        return shape.component_labels(self.ptr, self.nbr)

    def part(self, keep: np.ndarray) -> Graph:
        """Return the graph among the nodes where `keep` (bool[n]) is true."""
        row = np.cumsum(keep) - 1
        owner = self.owner
        inside = keep[owner] & keep[self.nbr]
        ptr = np.concatenate([[0], np.cumsum(np.bincount(row[owner[inside]], minlength=int(keep.sum())))])
        names = [self.names[i] for i in np.flatnonzero(keep).tolist()]
        return Graph(ptr, row[self.nbr[inside]].astype(np.int32), self.weight[inside], names, self.directed)

    def giant(self) -> Graph:
        """Return the largest weak component (of equal ones that with the first node), undirected."""
        size = np.bincount(self.labels, minlength=1)
        return self.symmetrised.part(self.labels == size.argmax())

    def by_name(self, values: np.ndarray) -> dict[Any, float]:
        """Return a value per node (float64[n]) as a dict by name."""
        return dict(zip(self.names, values.tolist(), strict=True))


def as_graph(source: Any, layer: str | None = None, weight: str | None = "weight") -> Graph:
    """Return any graph in one form.

    Parameters
    ----------
    source : Graph, networkx graph, World, tuple, matrix
        - a networkx graph of any kind; parallel ties' weights add up, self-loops are dropped, ties without the
          attribute `weight` weigh 1;
        - a `World`, or what holds one as ``.world`` or ``.simulation`` (simulation, model, result): names are
          uids, weights strengths. The operational layer alone is directed from supplier to buyer, a mutual tie
          both ways; any other layer, and all layers together, are undirected. A snapshot of a run counts too;
        - a tuple ``(ptr, nbr)`` or ``(ptr, nbr, weight)`` of row pointer and partners, sorted or not;
        - a square numpy array or scipy sparse matrix, entry [i, j] the weight of the tie from i to j, 0 for none.
        Arrays and matrices are undirected if they are symmetric, else directed. (No measure of a graph with all
        ties mutual depends on which.)
    layer : {"operational", "development", "strategic", "social"}, optional
        Worlds only: one layer; all laid over each other, strengths added, if left out.
    weight : str, optional
        Attribute of the weights in a networkx graph; None makes every tie weigh 1.

    Returns
    -------
    Graph
        Nodes in ascending order if all names are whole numbers, else in the order of the graph.

    Raises
    ------
    Refusal
        A ValueError that says what is wrong: negative or non-finite weights, weights that are not numbers, a
        matrix that is not square, partners that are out of range, an unknown layer, an unknown kind of source.
    """
    world = world_of(source)
    if world is not None:
        graph = _from_world(world, layer)
    elif layer is not None:
        raise Refusal(f"layer='{layer}': only a world has layers, not a {type(source).__name__}")
    elif isinstance(source, Graph):
        graph = source
    elif hasattr(source, "is_directed") and hasattr(source, "adj"):
        graph = _from_networkx(source, weight)
    elif hasattr(source, "uid") and isinstance(getattr(source, "ties", None), dict):
        graph = _from_snapshot(source)
    elif isinstance(source, tuple):
        graph = _from_rows(source)
    elif hasattr(source, "tocsr"):
        graph = _from_sparse(source)
    elif isinstance(source, (np.ndarray, list)):
        graph = _from_matrix(source)
    else:
        raise Refusal(
            f"a graph is needed, not a {type(source).__name__}: give a networkx graph, a world, a square matrix, "
            "or a tuple (ptr, nbr[, weight])"
        )
    if weight is None:
        return Graph(graph.ptr, graph.nbr, np.ones(graph.nbr.size), graph.names, graph.directed)
    return graph


def world_of(source: Any) -> World | None:
    """Return the world that `source` is or holds, None if it is something else."""
    for _ in range(3):
        if isinstance(getattr(source, "ties", None), list) and hasattr(source, "firms"):
            return source
        if hasattr(source, "world"):
            source = source.world
        elif hasattr(source, "simulation"):
            source = source.simulation
        else:
            break
    return None


def clean_rows(
    rows: np.ndarray, partners: np.ndarray, weight: np.ndarray, n: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return entries in any order as CSR: rows sorted, repeats added up, self-ties dropped; linear time.

    Parameters
    ----------
    rows, partners : int[m]
        0 to n - 1.
    weight : float64[m]
    n : int
        Nodes.

    Returns
    -------
    int64[n + 1], int32[k], float64[k]
    """
    order = np.argsort(rows, kind="stable")
    ptr = np.concatenate([[0], np.cumsum(np.bincount(rows, minlength=n))]).astype(np.int64)
    columns = shape.transposed(ptr, partners[order].astype(np.int32), weight[order])
    return shape.merged(*shape.transposed(*columns))


def _undirected(a: np.ndarray, b: np.ndarray, weight: np.ndarray, n: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return ties named once as rows that hold both ends; repeats are added in the same order at both."""
    upper = clean_rows(np.minimum(a, b), np.maximum(a, b), weight, n)
    return shape.laid_together(*upper, *shape.transposed(*upper))


def _undirected_if_symmetric(ptr: np.ndarray, nbr: np.ndarray, weight: np.ndarray) -> Graph:
    back = shape.transposed(ptr, nbr, weight)
    same = all(np.array_equal(one, two) for one, two in zip((ptr, nbr, weight), back, strict=True))
    return Graph(ptr, nbr, weight, range(ptr.size - 1), not same)


def by_uid(world: World) -> tuple[np.ndarray, np.ndarray]:
    """Return the rows of the firms in the order of their uids, and the place of each row in that order."""
    order = np.argsort(world.firms.uid, kind="stable")
    place = np.empty(world.size, np.int64)
    place[order] = np.arange(world.size)
    return order, place


def half_edges(world: World, layer: str | None, column: str = "w") -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return owner, partner (rows of the world) and a value of the half-edges of a layer, or of all layers."""
    if layer is not None and layer not in LAYERS:
        raise Refusal(f"layer: there is no '{layer}'; {nearest(str(layer), LAYERS)}")
    ties = world.ties if layer is None else [world.ties[LAYERS.index(layer)]]
    parts = [(t.owner(), t.nbr, t.column(column).astype(np.float64)) for t in ties]
    owner, nbr, value = (np.concatenate(part) for part in zip(*parts, strict=True))
    return owner, nbr, value


def partner_values(world: World, layer: str | None = None) -> tuple[Graph, np.ndarray]:
    """Return what partners are worth to firms, and the firms' revenue, both by uid.

    Returns
    -------
    Graph
        Directed, the weight from i to j the smoothed value of the ties with j to i, EUR/month, losses 0.
    float64[n]
        Revenue of last month, EUR/month.
    """
    order, place = by_uid(world)
    owner, nbr, value = half_edges(world, layer, "value")
    rows = clean_rows(place[owner], place[nbr], np.maximum(value, 0.0), world.size)
    return Graph(*rows, world.firms.uid[order].tolist(), True), world.firms.revenue[order]


def _from_world(world: World, layer: str | None) -> Graph:
    order, place = by_uid(world)
    owner, nbr, weight = half_edges(world, layer)
    directed = layer == LAYERS[OPERATIONAL]
    if directed:
        sells = world.ties[OPERATIONAL].column("role") != BUYS
        owner, nbr, weight = owner[sells], nbr[sells], weight[sells]
    rows = clean_rows(place[owner], place[nbr], weight, world.size)
    return Graph(*rows, world.firms.uid[order].tolist(), directed)


def _from_snapshot(moment: Any) -> Graph:
    order = np.argsort(moment.uid, kind="stable")
    uid = np.asarray(moment.uid)[order]
    sides = [side for side in moment.ties.values() if side[0].size]
    a, b = (np.concatenate([s[k] for s in sides]) if sides else np.zeros(0, np.int64) for k in (0, 1))
    weight = np.concatenate([s[2] for s in sides]).astype(np.float64) if sides else np.zeros(0)
    rows = _undirected(np.searchsorted(uid, a), np.searchsorted(uid, b), weight, uid.size)
    return Graph(*rows, uid.tolist(), False)


def _from_networkx(source: Any, weight: str | None) -> Graph:
    names = list(source)
    if all(isinstance(name, (int, np.integer)) for name in names):
        names.sort()
    row = {name: k for k, name in enumerate(names)}
    edges = list(source.edges(data=weight, default=1)) if weight is not None else [(a, b, 1) for a, b in _pairs(source)]
    a, b = (np.fromiter((row[edge[k]] for edge in edges), np.int64, len(edges)) for k in (0, 1))
    values = _numbers([edge[2] for edge in edges], lambda k: f"the tie from {edges[k][0]!r} to {edges[k][1]!r}")
    make = clean_rows if source.is_directed() else _undirected
    return Graph(*make(a, b, values, len(names)), names, bool(source.is_directed()))


def _pairs(source: Any) -> list[tuple[Any, Any]]:
    return [(edge[0], edge[1]) for edge in source.edges()]


def _numbers(values: Any, place: Any) -> np.ndarray:
    """Return weights as float64, or refuse them; `place` says where the k-th stands."""
    try:
        array = np.asarray(values)
    except ValueError:
        array = np.asarray(values, object)
    if array.ndim != 1 or (array.size and array.dtype.kind not in "biuf"):
        wrong = next((k for k, value in enumerate(values) if not _is_number(value)), 0)
        value = values[wrong].item() if isinstance(values[wrong], np.generic) else values[wrong]
        raise Refusal(f"the weight of {place(wrong)} is {value!r}: a number of at least 0 is needed")
    array = array.astype(np.float64)
    bad = np.flatnonzero(~(np.isfinite(array) & (array >= 0)))
    if bad.size:
        raise Refusal(f"the weight of {place(bad[0])} is {array[bad[0]]:g}: a finite number of at least 0 is needed")
    return array


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float, np.number, np.bool_)) and not isinstance(value, complex)


def _from_rows(source: tuple[Any, ...]) -> Graph:
    if len(source) not in (2, 3):
        raise Refusal(f"a tuple must be (ptr, nbr) or (ptr, nbr, weight), not {len(source)} parts")
    ptr, nbr = (_whole(part, name) for part, name in zip(source, ("ptr", "nbr"), strict=False))
    n = ptr.size - 1
    if n < 0 or ptr[0] != 0 or ptr[-1] != nbr.size or (np.diff(ptr) < 0).any():
        raise Refusal(f"ptr must rise from 0 to the {nbr.size} entries of nbr and hold one more entry than nodes")
    if nbr.size and (nbr.min() < 0 or nbr.max() >= n):
        raise Refusal(f"nbr holds {nbr.min()} to {nbr.max()}: partners are rows from 0 to {n - 1}")
    nbr = nbr.astype(np.int32)
    weight = np.ones(nbr.size)
    if len(source) == 3:
        weight = _numbers(source[2], lambda k: f"entry {k}")
        if weight.shape != nbr.shape:
            raise Refusal(f"there are {nbr.size} partners and {weight.size} weights")
    if not shape.rows_are_clean(ptr, nbr):
        ptr, nbr, weight = shape.merged(*shape.transposed(*shape.transposed(ptr, nbr, weight)))
    return _undirected_if_symmetric(ptr, nbr, weight)


def _whole(values: Any, name: str) -> np.ndarray:
    array = np.asarray(values)
    if array.ndim != 1 or (array.size and array.dtype.kind not in "iu"):
        raise Refusal(f"{name} must be a vector of whole numbers")
    return array.astype(np.int64)


def _square(shape_of: tuple[int, ...]) -> int:
    if len(shape_of) != 2 or shape_of[0] != shape_of[1]:
        size = " x ".join(str(k) for k in shape_of) or "a single number"
        raise Refusal(f"a matrix of ties must be square, a row and a column for each node; this one is {size}")
    return shape_of[0]


def _from_sparse(source: Any) -> Graph:
    n = _square(source.shape)
    entries = source.tocoo()
    weight = _numbers(entries.data, lambda k: f"entry [{entries.row[k]}, {entries.col[k]}]")
    there = weight > 0
    return _undirected_if_symmetric(*clean_rows(entries.row[there], entries.col[there], weight[there], n))


def _from_matrix(source: Any) -> Graph:
    try:
        matrix = np.asarray(source)
    except ValueError:
        raise Refusal("a matrix of ties must be square, a row and a column for each node") from None
    n = _square(matrix.shape)
    weight = _numbers(matrix.ravel(), lambda k: f"entry [{k // n}, {k % n}]")
    there = np.flatnonzero(weight > 0)
    return _undirected_if_symmetric(*clean_rows(there // max(n, 1), there % max(n, 1), weight[there], n))
