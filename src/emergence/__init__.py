"""emergence: a flight simulator for business networks."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from emergence.build import make_simulation
    from emergence.errors import Refusal
    from emergence.measures.own import measure
    from emergence.mesa_api import EmergenceModel, Firm
    from emergence.rules.own import rule
    from emergence.runs import Result, run, twins
    from emergence.step import Simulation
    from emergence.study.compare import compare
    from emergence.study.sweep import load_study, sweep
    from emergence.trial import check_rule

# Names are looked up when asked for: `import emergence` loads neither numba nor mesa nor matplotlib.
_HOMES = {
    "EmergenceModel": "emergence.mesa_api",
    "Firm": "emergence.mesa_api",
    "Refusal": "emergence.errors",
    "Result": "emergence.runs",
    "Simulation": "emergence.step",
    "check_rule": "emergence.trial",
    "compare": "emergence.study.compare",
    "load_study": "emergence.study.sweep",
    "make_simulation": "emergence.build",
    "measure": "emergence.measures.own",
    "measures": "emergence.measures",
    "rule": "emergence.rules.own",
    "run": "emergence.runs",
    "sweep": "emergence.study.sweep",
    "twins": "emergence.runs",
    "validation": "emergence.validation",
}

__all__ = [
    "EmergenceModel",
    "Firm",
    "Refusal",
    "Result",
    "Simulation",
    "check_rule",
    "compare",
    "load_study",
    "make_simulation",
    "measure",
    "measures",
    "rule",
    "run",
    "sweep",
    "twins",
    "validation",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'emergence' has no attribute '{name}'")
    home = import_module(_HOMES[name])
    found = home if name in ("measures", "validation") else getattr(home, name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return sorted(__all__)
