"""Anything in a config is either accepted with all invariants kept, or refused naming key, value and range."""

import math

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from emergence.build import make_simulation
from emergence.config import get, known_keys, put
from emergence.errors import Refusal
from emergence.reading import read_settings
from emergence.schema import LAYERS

KEYS = known_keys()
# Files and modules have tests of their own; sizes are kept small below.
LEFT_OUT = ("network.ties", "network.firms", "plugins", "extra", "output.measures", "output.folder", "timeline")
NUMBERS = [key for key, item in KEYS.items() if "low" in item.metadata and "optional" not in item.metadata]
JUNK = [
    math.nan, math.inf, -math.inf, -1, -1e-9, 0, 1e308, -1e308, 5e-324, 2**63, -(2**63), 2**64, True, False, None,
    "NO", "010", "1e9", "", " ", "nan", "inf", "x" * 1000, "\x00", [], [1], {}, {"a": 1}, "${seed}", "../../etc/passwd",
]  # fmt: skip
SMALL = {"firms": 12, "steps": 3}
# What must give way for a key to stand at the end of its range.
ROOM = {
    "rules.innovation.longest": {"rules.innovation.shortest": 1},
    "rules.innovation.shortest": {"rules.innovation.longest": 48},
    "rules.innovation.copy": {"rules.innovation.recombine": 0},
    "rules.innovation.recombine": {"rules.innovation.copy": 0},
    **{f"rules.search.{layer}.partners": {f"rules.search.{layer}.preferential": 0} for layer in LAYERS},
    **{f"rules.search.{layer}.preferential": {f"rules.search.{layer}.partners": 0} for layer in LAYERS},
}


@st.composite
def values(draw, key):
    """Junk, or a number at or within the bounds of the key."""
    about = KEYS[key].metadata
    if key in NUMBERS and draw(st.booleans()):
        low, high = about["low"], about["high"]
        inside = st.floats(low, high) if isinstance(KEYS[key].default, float) else st.integers(low, high)
        return draw(st.one_of(st.sampled_from([low, high]), inside))
    return draw(st.sampled_from(JUNK))


@st.composite
def configs(draw):
    """A config with one to four keys set to anything."""
    keys = draw(st.lists(st.sampled_from([k for k in KEYS if k not in LEFT_OUT]), min_size=1, max_size=4, unique=True))
    return {key: draw(values(key)) for key in keys}


def nested(flat):
    out: dict = {}
    for key, value in flat.items():
        place = out
        *path, last = key.split(".")
        for name in path:
            place = place.setdefault(name, {})
        place[last] = value
    return out


def try_config(flat):
    """Read, build and run; only a Refusal may escape, and it names one of the keys."""
    try:
        chosen = read_settings({**SMALL, **nested(flat)})
    except Refusal as refusal:
        text = str(refusal)
        assert 1 <= len(text.splitlines()) <= 3 and any(key.split(".")[-1] in text for key in flat), text
        return False
    # A size is checked for being accepted; running it is the benchmarks' business.
    chosen.firms, chosen.steps = min(chosen.firms, 12), min(chosen.steps, 3)
    chosen.founders.drafts, chosen.network.kind = min(chosen.founders.drafts, 20), tame(chosen)
    chosen.debug = True
    for key in ("founders.sectors", "founders.regions", "threads"):
        put(chosen, key, min(get(chosen, key), 20))
    sim = make_simulation(chosen)
    sim.advance(chosen.steps)
    assert all(math.isfinite(v) for row in sim.rows for v in row.values())
    return True


def tame(chosen):
    """A file is not at hand here."""
    return "random" if chosen.network.kind == "file" else chosen.network.kind


@settings(max_examples=2000, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(configs())
def test_any_config_is_kept_or_refused(flat):
    try_config(flat)


@pytest.mark.long
@settings(max_examples=50_000, deadline=None, suppress_health_check=list(HealthCheck))
@given(configs())
def test_any_config_is_kept_or_refused_at_length(flat):
    try_config(flat)


@pytest.mark.parametrize("key", NUMBERS)
@pytest.mark.parametrize("end", ["low", "high"])
def test_every_number_works_at_both_ends_of_its_range(key, end):
    """What the documentation allows must run, where shares of one whole leave room."""
    assert try_config({**ROOM.get(key, {}), key: KEYS[key].metadata[end]})


@pytest.mark.parametrize("key", NUMBERS)
def test_every_number_is_refused_beyond_its_range(key):
    about = KEYS[key].metadata
    for value in (math.nan, math.inf, "word", True, about["low"] - max(1, abs(about["low"]))):
        with pytest.raises(Refusal, match=key.split(".")[-1]):
            read_settings(nested({key: value}))
