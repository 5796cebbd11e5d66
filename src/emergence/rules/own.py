"""Rules of one's own: a plain Python function, and a compiled one when speed matters.

To add your own, decorate a function ``f(state, p)`` with `rule` in a module of yours, name the module
under ``plugins`` and the rule under ``extra`` in a config. docs/how-to-rules.md walks through it.
"""

from __future__ import annotations

import hashlib
import importlib
import inspect
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from emergence.config import EXTRA_RULES, Settings
from emergence.errors import Refusal, nearest
from emergence.rules.base import Rule, State

Update = Callable[[State, Any], None]


@dataclass
class OwnRule:
    """A rule from outside the package: its reference in Python and, maybe, a compiled version."""

    name: str
    after: str
    about: str
    reads: tuple[str, ...]
    writes: tuple[str, ...]
    settings: dict[str, float]
    reference: Update
    fast: Update | None = None

    def compiled(self, update: Update) -> Update:
        """Register the compiled version; it is used wherever ``extra.NAME.compiled`` is not 0."""
        self.fast = update
        return update

    def version(self, compiled: bool) -> Update:
        """Return the compiled version if wanted and there is one, else the reference."""
        return self.fast if compiled and self.fast else self.reference

    def as_rule(self, settings: dict[str, float], phase: str) -> Rule:
        """Return the rule with its parameters, ready for the plan."""
        p = SimpleNamespace(**settings)
        update = self.version(bool(settings["compiled"]))
        source = f"{Path(inspect.getfile(self.reference)).name}"
        return Rule(
            name=self.name,
            phase=phase,
            about=self.about,
            source=source,
            moves=("", ""),
            reads=self.reads,
            writes=self.writes,
            update=lambda state: update(state, p),
        )

    def digest(self) -> str:
        """Return a hash of the files that hold the rule, helpers included, so that a run knows its code."""
        files = {inspect.getsourcefile(f) or "" for f in (self.reference, self.fast) if f is not None}
        sources = [Path(file).read_bytes() for file in sorted(files) if Path(file).is_file()]
        return hashlib.sha256(b"\n".join(sources)).hexdigest()[:16]


OWN: dict[str, OwnRule] = {}


def rule(
    name: str, after: str, reads: Sequence[str] = (), writes: Sequence[str] = (), **settings: float
) -> Callable[[Update], OwnRule]:
    """Register a function ``f(state, p)`` as the reference of a rule.

    Parameters
    ----------
    name : str
        Unique name; chosen in a config as ``extra.NAME``.
    after : str
        The rule of the plan that it follows, in the same phase.
    reads, writes : sequence of str
        Columns, such as ``"firms.cash"`` or ``"ties.w"``; what is not in `writes` is read-only.
    **settings : float
        Parameters with their defaults; the function finds them in `p`.

    Returns
    -------
    callable
        Decorator; the decorated name has ``.compiled`` to register a faster version.

    Raises
    ------
    ValueError
        If the name is taken.
    """

    def register(reference: Update) -> OwnRule:
        taken = OWN.get(name)
        if taken is not None and inspect.getfile(taken.reference) != inspect.getfile(reference):
            raise ValueError(f"there is a rule '{name}' already, from {inspect.getfile(taken.reference)}")
        about = (reference.__doc__ or name).strip().split("\n")[0]
        OWN[name] = OwnRule(name, after, about, tuple(reads), tuple(writes), dict(settings), reference)
        EXTRA_RULES[name] = {"compiled": 1.0, **settings}
        return OWN[name]

    return register


def load_plugins(modules: Sequence[str]) -> None:
    """Import the modules that register rules and measures; the working folder is looked into as well."""
    for module in modules:
        if not all(part.isidentifier() for part in module.split(".")):
            raise Refusal(f"plugins: '{module}' is not the name of a module")
        added = str(Path.cwd()) not in sys.path
        if added:
            sys.path.insert(0, str(Path.cwd()))
        try:
            importlib.import_module(module)
        except ModuleNotFoundError as error:
            raise Refusal(f"plugins: there is no module '{error.name}' here or among the installed ones") from None
        finally:
            if added:
                sys.path.remove(str(Path.cwd()))


def with_own_rules(plan: Sequence[Rule], settings: Settings) -> tuple[Rule, ...]:
    """Return the plan with the rules that the settings choose, each behind the rule it follows."""
    whole = list(plan)
    for name, values in settings.extra.items():
        if name not in OWN:
            raise Refusal(f"extra: there is no rule '{name}': {nearest(name, OWN)}; is its module under plugins?")
        own = OWN[name]
        places = [k for k, rule in enumerate(whole) if rule.name == own.after]
        if not places:
            known = [rule.name for rule in whole]
            raise Refusal(f"rule '{name}' follows '{own.after}', which is not in the plan: {nearest(own.after, known)}")
        whole.insert(places[-1] + 1, own.as_rule(values, whole[places[-1]].phase))
    return tuple(whole)
