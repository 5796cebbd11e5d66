"""Luck: the generator is the published one, streams are apart, keys do not turn into floats."""

import numpy as np
import pytest

from emergence import luck
from emergence.kernels.random import (
    ROWS,
    below,
    draw4,
    draw_word,
    draw_words,
    fill_units,
    most_at_once,
    order_pairs,
    philox,
    unit,
)
from emergence.kernels.search import from_urn

U = np.uint64


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ((0, 0, 0, 0, 0, 0), (0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8)),
        ((0xFFFFFFFF,) * 6, (0x408F276D, 0x41C83B0E, 0xA20BC7C6, 0x6D5451FD)),
        (
            (0xA4093822, 0x299F31D0, 0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344),
            (0xD16CFE09, 0x94FDCCEB, 0x5001E420, 0x24126EA1),
        ),
    ],
)
def test_philox_gives_the_published_vectors(words, expected):
    """Known answers of Random123's Philox 4x32-10."""
    assert philox(*(U(w) for w in words)) == expected


def test_a_stream_declared_twice_is_an_error():
    luck.stream("test.once")
    with pytest.raises(ValueError, match="share luck"):
        luck.stream("test.once")


def test_two_names_with_one_number_are_an_error(monkeypatch):
    monkeypatch.setattr(luck.zlib, "crc32", lambda _: 123456)
    luck.stream("test.first")
    with pytest.raises(ValueError, match=r"test\.first"):
        luck.stream("test.second")
    luck._NAMES.pop(123456)


def test_every_stream_of_the_model_has_its_own_number():
    import emergence.build

    assert emergence.build and len(luck.streams()) == len(set(luck.streams().values()))


def test_keys_stay_unsigned():
    """An int key would be int64 in a kernel, and int64 + uint64 becomes float64 without a word."""
    key = luck.key(2**63 + 5, luck.stream("test.keys"), 7)
    assert isinstance(key, np.uint64)
    assert all(isinstance(int(w), int) and 0 <= int(w) < 2**32 for w in draw4(key, -1, 2**62 + 1))


def test_seed_stream_and_step_all_matter():
    a, b = luck.stream("test.a"), luck.stream("test.b")
    keys = {int(luck.key(seed, s, step)) for seed in (1, 2, 2**63) for s in (a, b) for step in (0, 1)}
    assert len(keys) == 12


def test_units_are_uniform_and_open():
    units = fill_units(luck.key(5, luck.stream("test.units")), np.arange(20_000), 5)
    assert units.min() > 0 and units.max() < 1
    counts = np.histogram(units, bins=20, range=(0, 1))[0]
    chi2 = ((counts - 5000) ** 2 / 5000).sum()
    assert chi2 < 45  # 19 degrees of freedom, p about 1e-3, fixed seed
    assert abs(np.corrcoef(units.T)[0, 1]) < 0.03
    assert unit(U(0)) > 0 and unit(U(2**32 - 1)) < 1 and below(U(2**32 - 1), 10) == 9


def test_the_urn_is_fair_and_forgets_the_dead():
    slots = np.full(16, -1, np.int32)
    slots[[3, 9, 14]] = [0, 1, 2]
    key = luck.key(1, luck.stream("test.urn"))
    drawn = np.array([from_urn(key, uid, 0, slots) for uid in range(3000)])
    assert set(drawn) == {0, 1, 2}
    assert np.bincount(drawn).min() > 900


def test_a_death_changes_only_the_draws_that_named_the_dead():
    """Twins keep their luck: other draws name the same firms as before."""
    slots = np.arange(50, dtype=np.int32)
    key = luck.key(1, luck.stream("test.twin"))
    before = np.array([from_urn(key, uid, 0, slots) for uid in range(2000)])
    slots[7] = -1
    after = np.array([from_urn(key, uid, 0, slots) for uid in range(2000)])
    assert (before != after).sum() == (before == 7).sum()


def test_draws_made_at_once_are_those_made_one_by_one():
    rng = np.random.default_rng(6)
    a, b, key = rng.integers(-5, 2**62, 1200), rng.integers(-5, 99, 1200), U(2**63 + 17)
    words = [np.empty(a.size, np.uint32) for _ in range(4)]
    draw_words(key, a, b, *words)
    expected = np.array([draw4(key, x, y) for x, y in zip(a, b, strict=True)]).T
    assert (np.array(words) == expected).all()
    draw_word(key, b, a, words[0])
    assert words[0].tolist() == [draw4(key, y, x)[0] for x, y in zip(a, b, strict=True)]
    for numbers in (1, 4, 7):
        singly = [[unit(draw4(key, x, k // 4)[k % 4]) for k in range(numbers)] for x in a]
        assert (fill_units(key, a, numbers) == np.array(singly)).all()


def test_pairs_are_ordered_row_by_row_in_room_enough():
    rng = np.random.default_rng(7)
    degree = rng.integers(0, 9, 3 * ROWS + 5)
    degree[70] = 500  # a hub
    ptr = np.concatenate([[0], np.cumsum(degree)])
    nbr, uid = rng.integers(0, degree.size, ptr[-1]).astype(np.int32), rng.permutation(degree.size) * 7
    owner, lo, hi = np.repeat(np.arange(degree.size), degree), 10, degree.size - 3
    room = max(degree[first : min(first + ROWS, hi)].sum() for first in range(lo, hi, ROWS))
    assert most_at_once(lo, hi, ptr) == room
    least, greatest = np.empty(room, np.int64), np.empty(room, np.int64)
    count = order_pairs(lo, lo + ROWS, uid, ptr, nbr, least, greatest)
    here = slice(ptr[lo], ptr[lo + ROWS])
    ends = np.sort([uid[owner[here]], uid[nbr[here]]], axis=0)
    assert count == here.stop - here.start
    assert (least[:count] == ends[0]).all() and (greatest[:count] == ends[1]).all()
