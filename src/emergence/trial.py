"""Trying a rule of one's own: do its two versions do the same?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from emergence.build import make_simulation
from emergence.config import EXTRA_RULES
from emergence.errors import nearest
from emergence.reading import read_settings
from emergence.rules.own import OWN
from emergence.schema import LAYERS
from emergence.step import Simulation


@dataclass(frozen=True)
class RuleReport:
    """What `check_rule` found.

    Attributes
    ----------
    worlds : int
        Worlds tried.
    changed : tuple of str
        Columns that the rule changed in at least one of them.
    differences : tuple of str
        Where the two versions differ; empty if they agree.
    """

    worlds: int
    changed: tuple[str, ...]
    differences: tuple[str, ...]

    @property
    def agree(self) -> bool:
        """Whether the two versions did the same everywhere."""
        return not self.differences


def check_rule(name: str, worlds: int = 12, tolerance: float = 1e-9, **settings: float) -> RuleReport:
    """Run the reference and the compiled version of a rule from the same states and compare.

    Parameters
    ----------
    name : str
        A registered rule of one's own.
    worlds : int
        Random small worlds: 5 to 80 firms, one or two layers, 0 to 24 months old.
    tolerance : float
        Relative difference of numbers that is still the same; whole numbers must be equal.
    **settings : float
        Parameters of the rule.

    Returns
    -------
    RuleReport

    Raises
    ------
    ValueError
        If there is no such rule, or it has no compiled version.
    AssertionError
        If the versions differ (naming the columns and the first firm), if neither changes anything in
        any world, or if an invariant of the world is broken afterwards.
    """
    if name not in OWN:
        raise ValueError(f"there is no rule '{name}': {nearest(name, OWN)}")
    if OWN[name].fast is None:
        raise ValueError(f"rule '{name}' has no compiled version to check against its reference")
    changed: set[str] = set()
    differences: list[str] = []
    for number in range(worlds):
        before, reference, compiled = (_grown(number) for _ in range(3))
        _apply(reference, name, settings | {"compiled": 0.0})
        _apply(compiled, name, settings | {"compiled": 1.0})
        changed |= set(_compare(before, reference, 0.0))
        found = _compare(reference, compiled, tolerance)
        differences += [f"world {number}: {where}: {what}" for where, what in found.items()]
        compiled.world.check()
    report = RuleReport(worlds, tuple(sorted(changed)), tuple(differences))
    if differences:
        shown = "\n".join(differences[:5])
        raise AssertionError(f"rule '{name}': reference and compiled version differ\n{shown}")
    if not changed:
        raise AssertionError(f"rule '{name}' changed nothing in {worlds} worlds; nothing was checked")
    return report


def _grown(number: int) -> Simulation:
    """Return a small world, the same for the same number."""
    rng = np.random.default_rng(number)
    settings = read_settings(
        {
            "seed": number,
            "firms": int(rng.integers(5, 80)),
            "layers": [["development"], ["development", "strategic"]][number % 2],
            "output": {"events": False},
        }
    )
    return make_simulation(settings).advance(int(rng.integers(0, 24)))


def _apply(simulation: Simulation, name: str, settings: dict[str, float]) -> None:
    rule = OWN[name].as_rule({**EXTRA_RULES[name], **settings}, "trial")
    simulation.apply(rule)


def _compare(one: Simulation, two: Simulation, tolerance: float) -> dict[str, str]:
    """Return the columns in which two simulations differ, with the first place."""
    found: dict[str, str] = {}
    if one.world.size != two.world.size:
        return {"firms": f"{one.world.size} against {two.world.size}"}
    for name in one.world.firms.spec:
        _note(found, f"firms.{name}", one.world.firms.column(name), two.world.firms.column(name), tolerance)
    for layer, a, b in zip(LAYERS, one.world.ties, two.world.ties, strict=True):
        if a.count != b.count:
            found[f"{layer} ties"] = f"{a.number} against {b.number}"
            continue
        for name in a.spec:
            _note(found, f"{layer} ties.{name}", a.column(name), b.column(name), tolerance)
    for cause in sorted(one.world.ledger.keys() | two.world.ledger.keys()):
        booked = [np.array([w.world.ledger.get(cause, 0.0)]) for w in (one, two)]
        _note(found, f"ledger.{cause}", booked[0], booked[1], tolerance)
    return found


def _note(found: dict[str, str], where: str, a: np.ndarray, b: np.ndarray, tolerance: float) -> None:
    same = np.isclose(a, b, rtol=tolerance, atol=0) if a.dtype.kind == "f" and tolerance > 0 else a == b
    if not same.all():
        row = int(np.argwhere(~same)[0][0])
        found[where] = f"row {row}: {a[row]} against {b[row]} ({int((~same).sum())} entries in all)"
