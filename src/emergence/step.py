"""The plan of a month: ordered phases, and the simulation that walks through them.

Order of the phases and of the rules in them:

1. environment: environment
2. search: search, matching
3. formation: formation
4. working together: work, accounts
5. strengthening and decay: strengthening, contracts
6. innovation: secrecy, knowledge, rivalry, innovation, research, races, leakage
7. adaptation: adaptation, strategies, culture
8. demand and supply: tools, data_pool, network_effect, automation, referrals, sales, overflow, platform, supply
9. market and money: purchasing, market, aid, support, credit, exit, entry
10. digital and contagion: adoption, incidents
11. dissolution: dissolution
12. governance, sensing, steering: membership, revision, steering, orchestration
13. observation: measures (read-only)

To add your own rule, put it into `PLAN` behind the rule that it follows.
"""

from __future__ import annotations

import copy
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from emergence.config import Rules, Settings, put
from emergence.errors import Refusal
from emergence.measures.monthly import measure_month
from emergence.measures.own import chosen
from emergence.measures.taken import column_names, measure_taken
from emergence.policies import RuleBook, as_number, carry_over, turns
from emergence.reading import read_settings
from emergence.rules import (
    accounts,
    adaptation,
    adoption,
    aid,
    automation,
    contracts,
    credit,
    culture,
    data_pool,
    dissolution,
    entry,
    environment,
    exit,
    formation,
    incidents,
    innovation,
    knowledge,
    leakage,
    market,
    matching,
    membership,
    network_effect,
    orchestration,
    overflow,
    platform,
    purchasing,
    races,
    referrals,
    research,
    revision,
    rivalry,
    sales,
    search,
    secrecy,
    steering,
    strategies,
    strengthening,
    supply,
    support,
    tools,
    work,
)
from emergence.rules.base import EVENT_COLUMNS, EventLog, Rule, State
from emergence.rules.equipment import equip
from emergence.rules.governance import set_network
from emergence.rules.own import with_own_rules
from emergence.world import World

PLAN: tuple[Rule, ...] = (
    environment.RULE,
    search.RULE,
    matching.RULE,
    formation.RULE,
    work.RULE,
    accounts.RULE,
    strengthening.RULE,
    contracts.RULE,
    secrecy.RULE,
    knowledge.RULE,
    rivalry.RULE,
    innovation.RULE,
    research.RULE,
    races.RULE,
    leakage.RULE,
    adaptation.RULE,
    strategies.RULE,
    culture.RULE,
    tools.RULE,
    data_pool.RULE,
    network_effect.RULE,
    automation.RULE,
    referrals.RULE,
    sales.RULE,
    overflow.RULE,
    platform.RULE,
    supply.RULE,
    purchasing.RULE,
    market.RULE,
    aid.RULE,
    support.RULE,
    credit.RULE,
    exit.RULE,
    entry.RULE,
    adoption.RULE,
    incidents.RULE,
    dissolution.RULE,
    membership.RULE,
    revision.RULE,
    steering.RULE,
    orchestration.RULE,
)


class Simulation:
    """A world and the rules that move it.

    Parameters
    ----------
    world : World
        From `build.make_world`, or loaded.
    settings : Settings
        As the user gave them.
    rules : Rules
        After the conditions have set their parameters; policies of the timeline change them while they last.
    """

    def __init__(self, world: World, settings: Settings, rules: Rules) -> None:
        self.world, self.settings, self.rules = world, settings, rules
        self.events = EventLog()
        self.rows: list[dict[str, float]] = []
        self.seconds: dict[str, float] = {}
        self.kept: dict[str, Any] = {}
        self.plan = with_own_rules(PLAN, settings)
        self._measures = chosen(settings.output.measures)
        column_names(settings.output.also)
        self._book = RuleBook()
        self._state = State(world, settings, self._in_force(world.step), self.events)
        self._fitted: set[str] | None = None
        self._fit_columns(self._acting())

    @property
    def step(self) -> int:
        """Months done."""
        return self.world.step

    def advance(
        self, months: int = 1, on_month: Callable[[Simulation], None] | None = None, measure: bool = True
    ) -> Simulation:
        """Run so many months; `on_month` is called after each.

        With ``measure=False`` the caller measures, after what it does itself at the end of the month.
        """
        for _ in range(months):
            self._month()
            if measure:
                self.measure()
            if on_month is not None:
                on_month(self)
        return self

    def _acting(self) -> list[Rule]:
        """Return the rules that are on, in the order of the step."""
        return [rule for rule in self.plan if is_on(self._state.rules, rule)]

    def _fit_columns(self, acting: Sequence[Rule]) -> None:
        """Let the world have the columns of the optional rules that are on, and who is there come equipped for them."""
        on = {rule.name for rule in acting}
        if on != self._fitted:
            had = set(self.world.firms.spec)
            self.world.fit_columns(on)
            equip(self.world, self.settings.founders, set(self.world.firms.spec) - had)
            self._fitted = on

    def _in_force(self, month: int) -> Rules:
        """Return the rules with the policies of a month."""
        return self._book.at(self.rules, self.settings.timeline, month)

    def _follow_policies(self) -> None:
        """Let the rules of the coming month be in force, and log the policies that change them."""
        state, before = self._state, self._state.rules
        state.rules = self._in_force(state.step)
        if state.rules is not before:
            carry_over(self.world, before, state.rules)
        for policy in turns(self.settings.timeline, state.step):
            state.log("policy", -1, value=as_number(state.rules, policy.key))

    def _month(self) -> None:
        self._follow_policies()
        acting = self._acting()
        self._fit_columns(acting)
        begin_month(self._state)
        before = (self._money(), self._goods()) if self.settings.debug else ()
        for rule in acting:
            began = time.perf_counter()
            self.apply(rule)
            self.seconds[rule.name] = self.seconds.get(rule.name, 0.0) + time.perf_counter() - began
        self.world.step += 1
        if self.settings.debug:
            self.world.check()
            for what, (held, booked), (held_now, booked_now), ledger in zip(
                ("money", "goods"), before, (self._money(), self._goods()), (self.world.ledger, self.world.goods),
                strict=True,
            ):  # fmt: skip
                scale = max(1.0, abs(held), *(abs(amount) for amount in ledger.values()))
                wrong = abs((held_now - held) - (booked_now - booked))
                assert wrong <= 1e-9 * scale, f"the ledger of {what} does not balance"

    def _money(self) -> tuple[float, float]:
        """Return all cash, and all that the ledger says was made less what was destroyed."""
        held = float(self.world.firms.cash.sum()) + float(self.world.groups.budget.sum())
        held += float(self.world.platforms.get("balance", np.zeros(0)).sum())
        return held, sum(self.world.ledger.values())

    def _goods(self) -> tuple[float, float]:
        """Return all stocks of goods, and what their ledger says came in less what went out."""
        firms = self.world.firms
        held = float(firms.inventory.sum()) if "inventory" in firms.spec else 0.0
        return held, sum(self.world.goods.values())

    def apply(self, rule: Rule) -> None:
        """Let one rule act on the world as it is."""
        self._state.enter_rule(rule)
        rule.update(self._state)
        self._state.leave_rule(rule)

    def measure(self) -> None:
        """Add a row of measures, if this is a month to measure; counts are since the last one."""
        began = time.perf_counter()
        if self.world.step % self.settings.output.every == 0:
            row = measure_month(self.world, self.settings)
            row |= measure_taken(self.world, self.settings.output.also)
            row |= {name: float(function(self.world)) for name, function in self._measures.items()}
            self.rows.append(row)
            self.world.begin_counts()
        self.seconds["measures"] = self.seconds.get("measures", 0.0) + time.perf_counter() - began

    def found(self, columns: Mapping[str, Any]) -> int:
        """Add a firm between two months and return its uid; see `rules.entry.found_firm`."""
        self._state.enter_rule(entry.RULE)
        uid = entry.found_firm(self._state, columns)
        self._state.leave_rule(entry.RULE)
        return uid

    def retire(self, uids: Sequence[int]) -> None:
        """Take firms out between two months; uids that are not alive are passed over."""
        rows = self.world.rows_of(uids)
        gone = np.zeros(self.world.size, bool)
        gone[rows[rows >= 0]] = True
        self._state.enter_rule(exit.RULE)
        self._state.log("exit", self.world.firms.uid[gone], value=self.step - self.world.firms.born[gone])
        self._state.retire(gone)
        self._state.leave_rule(exit.RULE)

    def branch(self, changes: Mapping[str, Any] | None = None) -> Simulation:
        """Return a twin in the same state and with the same luck, which goes its own way from here.

        Parameters
        ----------
        changes : mapping of str to value, optional
            Keys below ``rules``, or keys of the settings such as ``timeline``, and their checked values.
        """
        settings, rules = copy.deepcopy(self.settings), copy.deepcopy(self.rules)
        for key, value in (changes or {}).items():
            section, _, rest = key.partition(".")
            put(rules if section == "rules" else settings, rest if section == "rules" else key, value)
        return Simulation(self.world.copy(), settings, rules)

    def explain(self) -> list[dict[str, Any]]:
        """Return one row per rule in the order of the step."""
        return explain(self.rules, self.plan)

    def save(self, path: str | Path, **more: Any) -> None:
        """Write the whole state, the log of events and the measures so far to one ``.npz`` file.

        What is given by name is kept as JSON and comes back as ``simulation.kept``.
        """
        events = self.events.columns()
        self.world.save(
            path,
            {
                "settings": asdict(self.settings),
                "rules": asdict(self.rules),
                "rows": self.rows,
                "kept": more,
                "events": {name: column.tolist() for name, column in events.items()},
            },
        )

    @classmethod
    def load(cls, path: str | Path, threads: int | None = None) -> Simulation:
        """Read a state written by `save`; it goes on exactly as if it had never stopped."""
        world, extra = World.load(path)
        for module in extra["settings"]["plugins"]:
            if module not in sys.modules:
                raise Refusal(
                    f"{path}: the state was saved with the module '{module}'; nothing that a file names is "
                    f"imported, so import {module} yourself first"
                )
        settings = read_settings(extra["settings"])
        if threads is not None:
            settings.threads = threads
        simulation = cls(world, settings, read_settings({"rules": extra["rules"]}).rules)
        simulation.rows, simulation.kept = extra["rows"], extra["kept"]
        chunk = tuple(np.asarray(extra["events"][n], dtype) for n, dtype in EVENT_COLUMNS.items())
        simulation.events.chunks = [chunk] if chunk[0].size else []
        return simulation


def begin_month(state: State) -> None:
    """Set this month's counters and flows to zero."""
    firms, world = state.world.firms, state.world
    for name in ("joint_income", "costs_due", "projects", "successes", "betrayals"):
        getattr(firms, name)[:] = 0
    for layer in state.acting:
        world.ties[layer].outcome[:] = 0
    state.meetings, state.hidden, state.niche, state.pull, state.gained = {}, {}, None, None, None
    state.lost, state.trade = [], None
    state._packed.clear()
    set_network(world, state.rules)


def is_on(rules: Rules, rule: Rule) -> bool:
    """Tell whether a rule acts; one from outside the package acts when it is named."""
    own = getattr(rules, rule.name, None)
    return own is None or own.enabled


def explain(rules: Rules, plan: Sequence[Rule] = PLAN) -> list[dict[str, Any]]:
    """Return one row per rule in the order of the step: phase, rule, on or off, reads, writes, source."""
    return [
        {
            "phase": rule.phase,
            "rule": rule.name,
            "on": is_on(rules, rule),
            "about": rule.about,
            "reads": rule.reads,
            "writes": rule.writes,
            "moves": rule.moves,
            "source": rule.source,
        }
        for rule in plan
    ]
