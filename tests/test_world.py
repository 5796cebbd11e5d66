"""State: ties and firms against a plain dict of sets; saving keeps every byte."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from emergence.schema import DEVELOPMENT, FIRMS, LAYERS, OPERATIONAL
from emergence.tables import Table
from emergence.world import World


def world_with(n: int, pairs: set[tuple[int, int]]) -> World:
    world = World(n)
    world.firms.uid[:] = np.arange(n)
    world.firms.slot[:] = np.arange(n)
    world.firms.size[:] = 1.0
    if pairs:
        a, b = np.array(sorted(pairs), np.int32).T
        world.ties[DEVELOPMENT].insert(a, b, w=(a * 100 + b) / 1e4)
    return world


def pairs_of(world: World) -> dict[tuple[int, int], float]:
    ties = world.ties[DEVELOPMENT]
    a, b, at = ties.pairs()
    uid = world.firms.uid
    return {(int(uid[i]), int(uid[j])): round(float(w), 6) for i, j, w in zip(a, b, ties.w[at], strict=True)}


steps = st.lists(
    st.tuples(st.sampled_from(["insert", "drop", "remove", "enter"]), st.integers(0, 2**31)),
    min_size=1,
    max_size=12,
)


@settings(max_examples=150, deadline=None)
@given(steps, st.integers(2, 12))
def test_ties_follow_a_plain_reference(moves, n):
    """Insert, drop, births and deaths keep exactly the ties that a dict would keep, in canonical order."""
    world, plain, fresh = world_with(n, set()), {}, n
    for move, number in moves:
        rng = np.random.default_rng(number)
        ties, uid = world.ties[DEVELOPMENT], world.firms.uid.copy()
        if move == "insert" and world.size > 1:
            wanted = {tuple(sorted(rng.choice(world.size, 2, replace=False))) for _ in range(4)}
            new = sorted(p for p in wanted if (uid[p[0]], uid[p[1]]) not in plain)
            if new:
                a, b = np.array(new, np.int32).T
                w = np.round(rng.random(a.size), 3)
                ties.insert(a, b, w=w)
                plain |= {(uid[i], uid[j]): round(float(np.float32(x)), 6) for i, j, x in zip(a, b, w, strict=True)}
        elif move == "drop" and ties.count:
            a, b, _ = ties.pairs()
            pick = rng.integers(a.size)
            owner = ties.owner()
            i, j = a[pick], b[pick]
            gone = np.flatnonzero(((owner == i) & (ties.nbr == j)) | ((owner == j) & (ties.nbr == i)))
            ties.drop(gone)
            del plain[(uid[i], uid[j])]
        elif move == "remove" and world.size > 1:
            alive = rng.random(world.size) < 0.7
            alive[rng.integers(world.size)] = True
            world.remove(alive)
            dead = set(uid[~alive])
            plain = {pair: w for pair, w in plain.items() if not dead & set(pair)}
        elif move == "enter":
            slot = world.slots.size
            world.slots = np.append(world.slots, np.int32(-1))
            world.enter(uid=np.array([fresh]), slot=np.array([slot]), size=np.array([2.0]))
            fresh += 1
        world.check()
        assert pairs_of(world) == plain


def test_both_ends_of_a_tie_carry_their_own_side():
    world = world_with(3, set())
    world.ties[OPERATIONAL].insert(np.array([0]), np.array([2]), role=(np.array([1]), np.array([2])))
    ties = world.ties[OPERATIONAL]
    assert list(ties.owner()) == [0, 2] and list(ties.role) == [1, 2]


def test_a_column_that_does_not_exist_says_so():
    with pytest.raises(AttributeError, match="there is no column 'csah'"):
        Table(FIRMS, 1).csah  # noqa: B018


def test_save_and_load_keep_every_column(folder):
    world = world_with(5, {(0, 1), (1, 4)})
    world.groups.append(2, gid=np.array([3, 4]))
    world.memberships.append(1, uid=np.array([4]), gid=np.array([3]))
    world.labels = {1: "Müller & Søn", 2: "=cmd()"}
    world.ledger = {"revenue": 0.1 + 0.2}
    world.save(folder / "w.npz", {"hello": 1})
    loaded, extra = World.load(folder / "w.npz")
    assert extra == {"hello": 1} and loaded.labels == world.labels and loaded.ledger == world.ledger
    for (_, one), (_, two) in zip(world._tables(), loaded._tables(), strict=True):
        for name in one.spec:
            assert one.column(name).tobytes() == two.column(name).tobytes(), name
    for layer in range(len(LAYERS)):
        assert np.array_equal(world.ties[layer].ptr, loaded.ties[layer].ptr)


def test_the_invariants_can_fail():
    """A check that cannot fail protects nothing."""
    for spoil, what in (
        (lambda w: w.firms.cash.__setitem__(0, np.nan), "cash"),
        (lambda w: w.firms.reputation.__setitem__(0, 1.5), "reputation"),
        (lambda w: w.ties[DEVELOPMENT].nbr.__setitem__(0, 0), "itself"),
        (lambda w: w.ties[DEVELOPMENT].w.__setitem__(0, 0.9), "disagree"),
        (lambda w: w.slots.__setitem__(0, 1), "urn"),
    ):
        world = world_with(4, {(0, 1), (2, 3)})
        world.check()
        spoil(world)
        with pytest.raises(AssertionError, match=what):
            world.check()
