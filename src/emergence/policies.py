"""Policies: dated changes of the rules' settings, and the rules in force in a month.

The rules of a simulation stay as they are; what its policies make of them is worked out anew each month. So
nothing of a policy is saved, and a loaded or branched simulation goes on under the same rules.
"""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import Any

from emergence.config import Rules, Shock, get, known_keys, put

AT_THE_START = ("rules.environment.interactions", "rules.supply.inputs")  # keys below rules that only shape the start
# Settings that firms are given when they enter, and the column that keeps them.
GIVEN = (("formation.own_weight", "autonomy"), ("market.slack", "slack"))


def in_force(shock: Shock, month: int) -> bool:
    """Tell whether a regulation or a policy is in force in a month; a duration of 0 is for good."""
    return shock.month <= month and (not shock.duration or month < shock.month + shock.duration)


def turns(timeline: Sequence[Shock], month: int) -> list[Shock]:
    """Return the policies that come into force in a month, or end with the month before."""
    policies = (shock for shock in timeline if shock.kind == "policy")
    return [one for one in policies if month == one.month or (one.duration and month == one.month + one.duration)]


def rules_in_force(rules: Rules, timeline: Sequence[Shock], month: int) -> Rules:
    """Return the rules with the policies of a month; the rules themselves if there are none.

    Of two policies on one key the one of the later date holds; when it ends, the earlier one holds again.
    """
    policies = [shock for shock in timeline if shock.kind == "policy" and in_force(shock, month)]
    if not policies:
        return rules
    changed = copy.deepcopy(rules)
    for policy in sorted(policies, key=lambda one: one.month):
        put(changed, policy.key.removeprefix("rules."), policy.value)
    return changed


class RuleBook:
    """The rules in force, worked out anew only when they change."""

    def __init__(self) -> None:
        self._base: Rules | None = None
        self._policies: list[Shock] = []
        self._found: Rules | None = None

    def at(self, rules: Rules, timeline: Sequence[Shock], month: int) -> Rules:
        """Return what `rules_in_force` does."""
        policies = [shock for shock in timeline if shock.kind == "policy" and in_force(shock, month)]
        if not policies:
            return rules
        # Rules may be changed by hand between two months, so they are compared by value.
        if self._found is None or policies != self._policies or rules != self._base:
            self._base, self._policies = copy.deepcopy(rules), copy.deepcopy(policies)
            self._found = rules_in_force(rules, timeline, month)
        return self._found


def carry_over(world: Any, before: Rules, after: Rules) -> None:
    """Let the firms that are there follow settings that they were given when they entered.

    What was set by hand stays.
    """
    for name, column in GIVEN:
        old, new = get(before, name), get(after, name)
        if old != new:
            values = world.firms.column(column)
            values[values == old] = new


def as_number(rules: Rules, key: str) -> float:
    """Return a setting as a number for the log of events: a word by its place among the choices."""
    value = get(rules, key.removeprefix("rules."))
    return float(known_keys()[key].metadata["choices"].index(value)) if isinstance(value, str) else float(value)
