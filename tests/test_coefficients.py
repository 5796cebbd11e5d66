"""Every coefficient is alive: change one, and in a world made to feel it somebody does something else.

Every setting of the config is tried without being listed here. A number is doubled, or halved where its
range forbids doubling; a switch is flipped; a word is exchanged for each other choice; all in the plain
world. `SPECIAL` holds only the settings that need another world or value, and `EXEMPT` those that must not
change what happens. So a new setting is tried as soon as it is declared: if it fails here, give it a world
that feels it, or find out why it is dead.
"""

from __future__ import annotations

import csv
import tempfile
from dataclasses import fields
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest
from conftest import dotted, grow, merge, same_bytes

from emergence.config import (
    Aid,
    Automation,
    DataPool,
    Group,
    Membership,
    Overflow,
    Platform,
    Purchasing,
    Referrals,
    Research,
    Revision,
    Sales,
    Shock,
    Tools,
    defaults,
    get,
    known_keys,
)
from emergence.rules.base import EVENTS
from emergence.schema import LAYERS, MODELS, RATIONINGS
from emergence.step import Simulation

MONTHS = 24
# Prefixes of keys that change nothing that happens, and why.
EXEMPT = {
    "seed": "another seed is another world, not another coefficient",
    "steps": "length of the run",
    "firms": "another number of firms is another world",
    "threads": "results do not depend on it; see test_determinism",
    "debug": "checks, and changes nothing",
    "output.": "what is written, not what happens",
    "twins.": "runs beside this one; see test_twins",
    "network.ties": "a path",
    "network.firms": "a path",
    "rules.accounts.": "writes down what happens, and changes nothing of it; see test_accounts",
    "groups.form": "a name; what a form does is in the group's other settings",
    "timeline.says": "words for people",
}


class Case(NamedTuple):
    """One change of one setting.

    Attributes
    ----------
    key : str
        Setting; ``timeline.size`` is that of the first shock.
    world : str
        World in which it must be felt, see `worlds`.
    value : any
        What it is changed to; None doubles, halves or flips it.
    felt : str
        Column that must change; empty asks for other deeds.
    """

    key: str
    world: str = "plain"
    value: Any = None
    felt: str = ""

    def __str__(self) -> str:
        value = "" if self.value is None else f"={self.value}"
        return f"{self.key}{value} ({self.world})".replace("'", "")


@cache
def file_of_ties() -> str:
    """Write 60 firms in two years, ties without a layer; return the path."""
    rng = np.random.default_rng(0)
    path = Path(tempfile.mkdtemp()) / "ties.csv"
    with open(path, "w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["source", "target", "year"])
        for year in (2001, 2002):
            a, b = rng.integers(0, 60, (2, 150))
            pairs = {(min(x, y), max(x, y)) for x, y in zip(a.tolist(), b.tolist(), strict=True) if x != y}
            rows.writerows((f"F{x:02}", f"F{y:02}", year) for x, y in sorted(pairs))
    return str(path)


# Money is short and a crisis comes: firms near their limits, and partners who feel it.
POOR = {
    "founders": {"cash": 0.2},
    "rules": {"market": {"buffer": 0.1}, "credit": {"limit": 0.1, "claims": 0.2}},
    "timeline": [{"month": 6, "kind": "demand_crisis", "size": 0.3, "duration": 6, "recovery": 6}],
}


# Money around ties: everything on, a group that buys together and bids from afar, and capacity that is struck.
PARTNERED = merge(
    POOR,
    {
        "groups": [{"share": 0.4, "purchasing": True, "remote": True}],
        "rules": {
            **{name: {"enabled": True} for name in ("referrals", "sales", "overflow", "purchasing")},
            # So near each other that who helps now may be in need soon.
            "aid": {"enabled": True, "need": 0.2, "buffer": 0.25, "trust": 0.5, "willing": 0.5},
            "incidents": {"enabled": True, "start": 0.02},
        },
    },
)


# Firms differ in their strategies, learn, and some are in a group that minds cheating.
STRATEGIC = {
    "founders": {"strategy_spread": 0.25},
    "groups": [{"share": 0.8, "sanctions": 0.7, "transparency": 1.0, "fee": 0.01}],
    "rules": {
        "work": {"temptation": 0.8},
        "strategies": {"enabled": True, "mutation": 0.05, "imitation": 0.3},
        "strengthening": {"noise": 0.5},
    },
}


# Firms have some security and capability to respond, and half of them are online.
SECURED = {
    "founders": {"digital": 0.5, "security": 0.2, "response": 0.3},
    "rules": {"incidents": {"enabled": True, "start": 0.02, "waning": 0.2}},
}


def of_layers(key: str) -> bool:
    """Tell whether a setting is of the operational or of the social layer."""
    section = key.startswith(("rules.search.", "rules.formation.", "rules.dissolution."))
    layer = any(name in key.split(".") for name in ("operational", "social"))
    other = key in ("rules.work.payoff_operational", "rules.strengthening.decay_operational")
    stated = key.endswith((".partners", ".widest")) or key in (
        "rules.search.operational.preferential",
        "rules.formation.operational.cognitive",
        "rules.formation.operational.closure",
    )
    return (section and layer and not stated) or other


def worlds() -> dict[str, dict[str, Any]]:
    """Return the settings of each world, by name; 100 firms and 24 months unless they say otherwise."""
    network = {"kind": "file", "ties": file_of_ties(), "settle": False}
    digital = {"enabled": True, "spontaneous": 0.02, "imitation": 0.2, "threshold": 0.5, "cost": 0.2}
    removal = {"month": 6, "kind": "removal", "count": 8}
    return {
        "plain": {},
        "poor": POOR,
        "partnered": PARTNERED,
        "crowded": {"rules": {"formation": {"attention": 4.0}}},
        "gossip": {"rules": {"strengthening": {"evidence": 4.0}}},
        "forgetful": {"rules": {"knowledge": {"forgetting": 0.05}}},
        "dwarfs": {"rules": {"market": {"smallest": 3000.0}}},
        "blind": {"rules": {"formation": {"choice": False}, "dissolution": {"choice": False}}},
        "digital": merge(POOR, {"rules": {"adoption": digital}}),
        "strategic": STRATEGIC,
        "written": merge(
            POOR,
            {
                "layers": ["strategic"],
                "rules": {
                    "contracts": {"enabled": True},
                    "work": {"temptation": 0.8},
                    "dissolution": {"strategic": 0.05},
                },
            },
        ),
        "matched": {"rules": {"platform": SELLING, "matching": {"enabled": True, "meetings": 0.3}}},
        "niches": {"founders": {"strategy_spread": 0.25}, "rules": {"market": {"specialism": 0.5}}},
        "acculturated": {"founders": {"sector_norms": 0.3}, "rules": {"culture": {"enabled": True}}},
        "struck": {"rules": {"incidents": {"enabled": True, "start": 0.02, "waning": 0.2}}},
        "secured": merge(POOR, SECURED),
        "bastions": merge(POOR, SECURED, {"founders": {"security_at": "random"}}),
        "weighing": merge(
            POOR,
            {
                "founders": {"digital": 0.3},
                "rules": {
                    "adoption": {"enabled": True, "weighing": 0.2, "cost": 0.5, "horizon": 16.0},
                    "network_effect": {"enabled": True},
                },
            },
        ),
        "automated": merge(POOR, {"founders": {"digital": 0.7}, "rules": {"automation": {"enabled": True}}}),
        "equipped": merge(
            POOR,
            {
                "founders": {"tools": 0.5},
                "groups": [{"share": 0.3}],
                "rules": {"tools": {"enabled": True}, "data_pool": {"enabled": True}},
            },
        ),
        "secretive": {"founders": {"outside_main": 0}, "rules": {"secrecy": {"enabled": True}}},
        "rivals": {"rules": {"rivalry": {"enabled": True}}},
        "supported": merge(POOR, {"rules": {"support": {"enabled": True, "every": 6}}}),
        "aided": merge(POOR, {"rules": {"support": {"enabled": True, "every": 2, "pot": 0.05, "to": "needy"}}}),
        "grouped": merge(
            POOR, {"groups": [GROUP], "rules": {"work": {"temptation": 0.8}, "membership": {"leaving": 0.5}}}
        ),
        "steered": merge(POOR, {"groups": [GROUP], "rules": {"work": {"temptation": 0.8}}}),
        "led": merge(
            POOR,
            {
                "groups": [LED],
                "timeline": [OUSTED],
                "rules": {"work": {"temptation": 0.8}, "revision": {"every": 1, "reserve": 0.5}},
            },
        ),
        "linked": {"groups": [LED | {"orchestration": ["value_chain", "constellation"]}]},
        "assembly": {"groups": [LED | {"deciding": "participatory"}], "rules": {"membership": {"leaving": 0.5}}},
        "warned": merge(
            POOR, {"groups": [GROUP | {"prepare": True}], "rules": {"steering": {"window": 10, "alarm": -0.5}}}
        ),
        "unequal": {"groups": [GROUP | {"sharing": "power", "rebalance": True, "fee": 0.01}]},
        "guarded": {
            "groups": [GROUP | {"share": 1.0, "protect": True, "fee": 0.01}],
            "rules": {"leakage": {"enabled": True}, "secrecy": {"enabled": True}},
        },
        "four": {"layers": list(LAYERS)},
        "four_blind": {
            "layers": list(LAYERS),
            "rules": {"formation": {"choice": False}, "dissolution": {"choice": False}},
        },
        "supplied": SUPPLIED,
        "scarce": merge(SUPPLIED, {"timeline": [{"month": 6, "kind": "removal", "count": 20, "target": "degree"}]}),
        "destroyed": merge(SUPPLIED, {"timeline": [DISASTER]}),
        "repairing": merge(SUPPLIED, {"timeline": [DISASTER], "rules": {"supply": {"planning": 0.5, "support": 0.5}}}),
        "exposed": merge(SUPPLIED, {"rules": {"supply": {"misconduct": 0.02}}}),
        "prepared": merge(
            SUPPLIED,
            {
                "rules": {
                    "supply": {
                        "nearshore": 0.3,
                        "foresight": 0.3,
                        "reconfigure": 0.3,
                        "responsible": 0.3,
                        "diversify": 0.3,
                    }
                }
            },
        ),
        "selling": {
            "founders": {"strategy_spread": 0.25},
            "groups": [GROUP | {"bargain": True}],
            "rules": {"platform": SELLING},
        },
        "informed": {"rules": {"platform": SELLING | {"sharing_data": True}}},
        "bound": {"rules": {"platform": SELLING | {"reach": 1.0}}},
        "pairs": {"timeline": [{"month": 6, "kind": "removal", "target": "uid:1,2,3,4,5,6", "count": 6}]},
        "racing": {"rules": {"races": {"enabled": True}}},
        "apart": {
            "groups": [GROUP | {"fee": 0.02}],
            "network": {"kind": "random", "degree": 0.6},
            "rules": {"search": {"enabled": False}, "membership": {"joining": 0.3, "threshold": 0.0}},
        },
        "leaky_group": {"groups": [GROUP], "rules": {"leakage": {"enabled": True}}},
        "leaky": {"rules": {"leakage": {"enabled": True}}},
        "small_world": {"network": {"kind": "small_world"}},
        "file": {"network": network | {"year": 2001}},
        "file_at_hand": {"network": network | {"kind": "clustered", "year": 2001}},
        "crisis": {"timeline": POOR["timeline"]},
        "shift": {"timeline": [{"month": 6, "kind": "landscape_shift", "size": 0.3}]},
        "removal": {"timeline": [removal]},
        "flooded": {"timeline": [removal | {"kind": "supply_disaster", "region": 1, "size": 0.4}]},
        "pandemic": merge(
            {"rules": {"adoption": digital}}, {"timeline": [{"month": 6, "kind": "pandemic", "size": 0.3}]}
        ),
        "attacked": {
            "rules": {"incidents": {"enabled": True, "start": 0.0}},
            "timeline": [removal | {"kind": "cyber_incident"}],
        },
        "regulated": {"timeline": [{"month": 6, "kind": "regulation", "size": 0.2, "region": 1}]},
        "threatened": {"rules": {"incidents": {"enabled": True, "start": 0.0}}, "timeline": [removal]},
        "tempting": {"timeline": [{"month": 6, "kind": "policy", "key": "rules.work.temptation", "value": 0.5}]},
    }


DISASTER = {"month": 6, "kind": "supply_disaster", "region": 1, "size": 0.6}
# Firms supply each other.
SUPPLIED: dict[str, Any] = {"layers": list(LAYERS), "rules": {"supply": {"enabled": True}}}
# A platform with every way to earn, and firms who think of it every month.
SELLING = {
    "enabled": True, "start": 0.6, "promotion": 0.05, "copying": 0.3, "own_channel": 0.01, "joining": 0.5,
    "leaving": 0.5, "learning": 6.0,
}  # fmt: skip
# A group with an orchestrator, who leaves.
LED = {
    "share": 0.6, "orchestration": ["hub_and_spoke", "open_innovation"], "fee": 0.004, "royalty": 0.2, "sanctions": 0.3,
    "adaptive": True, "events": 0.1,
}  # fmt: skip
OUSTED = {"month": 6, "kind": "removal", "target": "orchestrator", "count": 1}
# A group with every mandate, strict, and with money to act.
GROUP = {
    "share": 0.5, "sanctions": 0.5, "transparency": 0.5, "fee": 0.002, "monitoring": 0.0005,
    "fund": True, "bridge": True, "backup": True, "publish": True,
}  # fmt: skip

SPECIAL = (
    *(Case("groups.sharing", "steered", way) for way in ("contribution", "power", "bargaining")),
    *(Case("groups.admission", "apart", way) for way in ("vote", "closed")),
    Case("groups.bridge", "apart"),
    Case("groups.monitoring", "steered", 0.1),
    *(Case(f"groups.{name}", "steered", 0) for name in ("sector", "region")),
    Case("groups.mending", "steered", 0.9),
    Case("groups.protection", "leaky_group", 0.9),
    *(
        Case(f"groups.{name}", "steered")
        for name in (
            "share",
            "transparency",
            "sanctions",
            "events",
            "remote",
            "fee",
            "fund",
            "backup",
            "publish",
        )
    ),
    *(Case("groups.orchestration", "linked", [model]) for model in MODELS),
    Case("groups.orchestration", "led", []),
    Case("groups.deciding", "led", "participatory"),
    *(Case(f"groups.{name}", "led") for name in ("adaptive", "coordination", "follow", "royalty")),
    *(Case("rules.orchestration.models", value=[model]) for model in MODELS[1:]),
    Case("rules.orchestration.models", value=[]),
    *(Case(f"rules.orchestration.{name}", "led") for name in ("lead", "research", "succession")),
    *(Case(f"rules.orchestration.{name}", "linked") for name in ("chain", "crafts")),
    Case("rules.orchestration.coordination", value=0.5),
    *(Case(f"rules.research.{item.name}", "led") for item in fields(Research)),
    *(Case(f"rules.revision.{item.name}", "led") for item in fields(Revision) if item.name != "reserve"),
    Case("rules.revision.reserve", "led", 0.1),
    Case("rules.membership.voice", "assembly", 0.6),
    *(Case("rules.work.sharing", "grouped", way) for way in ("contribution", "power", "bargaining")),
    Case("rules.membership.commitment", "grouped", 1.0),
    *(
        Case(f"rules.membership.{item.name}", "grouped")
        for item in fields(Membership)
        if item.name not in ("commitment", "voice")
    ),
    Case("rules.steering.few", "steered", 12.0),
    Case("rules.steering.brokerage", "steered", 10.0),
    Case("rules.steering.modular", "steered", -1.0),
    Case("rules.steering.imbalance", "unequal"),
    Case("groups.rebalance", "unequal"),
    Case("groups.protect", "guarded"),
    Case("groups.prepare", "warned"),
    Case("rules.steering.lost", "guarded", 5.0),
    Case("rules.steering.protecting", "guarded"),
    Case("rules.steering.ruling", "guarded", 1.0),
    *(
        Case(f"rules.steering.{name}", "warned", value)
        for name, value in (("alarm", 0.9), ("window", 16), ("cushion", 0.9))
    ),
    *(
        Case(f"rules.steering.{name}", "steered")
        for name in ("enabled", "review", "noise", "need", "critical", "opportunism", "publishing")
    ),
    *(
        Case(f"rules.{section.__name__.lower()}.{item.name}", "partnered")
        for section in (Referrals, Sales, Overflow, Purchasing, Aid)
        for item in fields(section)
        if (section, item.name) not in ((Referrals, "enabled"), (Purchasing, "enabled"), (Overflow, "commission"))
    ),
    Case("rules.overflow.commission", "partnered", 0.9),
    Case("rules.referrals.enabled"),
    Case("rules.purchasing.enabled"),
    Case("groups.purchasing", "partnered"),
    Case("rules.credit.spreading", "poor", 0.5),
    Case("layers", value=["strategic"]),
    Case("layers", value=["development"]),
    Case("layers", value=list(LAYERS)),
    Case("founders.specialists", value=0.5),
    Case("founders.redundancy", value=0.5),
    Case("founders.cash", "poor"),
    Case("network.kind", value="empty"),
    Case("network.kind", value="random"),
    Case("network.kind", value="small_world"),
    Case("network.kind", value="scale_free"),
    Case("network.kind", "file_at_hand", "file"),
    Case("network.rewiring", "small_world"),
    Case("network.year", "file", 2002),
    Case("network.layer", "file", "operational"),
    Case("network.layer", "file", "development"),
    Case("network.layer", "file", "social"),
    Case("network.settle", "file"),
    Case("rules.search.development.partners", value=0.2),
    Case("rules.search.strategic.partners", value=0.15),
    Case("rules.search.strategic.preferential", value=0.2),
    *(Case(f"rules.search.{name}.widest", value=1.0) for name in ("development", "strategic")),
    Case("rules.formation.intercept", value=0.1),
    Case("rules.formation.homophily", value=0.1),
    Case("rules.formation.attention", "crowded"),
    Case("rules.formation.development.blind", "blind"),
    Case("rules.formation.strategic.blind", "blind"),
    Case("rules.environment.convergence", value=0.05),
    Case("founders.sector_norms", value=0.5),
    Case("founders.norm_spread", "acculturated"),
    *(Case(f"rules.culture.{name}", "acculturated") for name in ("enabled", "acculturation", "conformity")),
    Case("founders.strategy_spread", value=0.25),
    Case("rules.work.opportunism", "strategic", 0.2),
    *(
        Case(f"rules.strategies.{name}", "strategic", value)
        for name, value in (
            ("enabled", False),
            ("reinforcement", 0.5),
            ("content", 0.2),
            ("sanction", None),
            ("imitation", 1.0),
            ("noise", 1e-3),
            ("mutation", 0.5),
        )
    ),
    Case("rules.adaptation.noise", value=0.1),
    Case("rules.strengthening.noise", value=0.5),
    Case("rules.strengthening.noise", "strategic"),
    Case("rules.dissolution.reaction", value=3.0),
    Case("rules.strengthening.reputation", "gossip", 0.5),
    Case("rules.knowledge.forgetting", "forgetful"),
    Case("rules.innovation.useful", felt="steps.useful"),
    Case("rules.work.cheating", "steered"),
    Case("rules.market.saving_digital", "digital"),
    Case("rules.market.smallest", "dwarfs"),
    Case("rules.market.buffer", "poor"),
    Case("rules.market.payout", "poor"),
    Case("rules.credit.enabled", "poor"),
    Case("rules.credit.limit", "poor"),
    Case("rules.credit.claims", "poor"),
    Case("rules.adoption.enabled", "digital"),
    Case("rules.adoption.spontaneous", "digital"),
    Case("rules.adoption.imitation", "digital"),
    Case("rules.adoption.threshold", "digital", 0.2),
    Case("rules.adoption.market", "digital", 0.5),
    Case("rules.adoption.influence", "digital", -1.0),
    Case("rules.adoption.cost", "digital"),
    Case("rules.incidents.enabled", "struck"),
    Case("rules.incidents.start", "struck"),
    Case("rules.incidents.spread", "struck"),
    Case("rules.incidents.recovery", "struck"),
    Case("rules.incidents.waning", "struck"),
    Case("rules.incidents.damage", "struck"),
    Case("founders.digital", "automated", 0.2),
    Case("founders.tools", "equipped", 1.0),
    Case("founders.security", "secured"),
    *(Case("founders.security_at", "secured", at) for at in ("random", "hubs")),
    Case("founders.secured", "bastions"),
    Case("founders.response", "secured"),
    *(Case(f"rules.incidents.{name}", "secured", 0.2) for name in ("security_cost", "response_cost")),
    Case("rules.incidents.offline", "secured", 0.5),
    Case("rules.adoption.weighing", "weighing"),
    Case("rules.adoption.horizon", "weighing"),
    *(Case(f"rules.network_effect.{name}", "weighing") for name in ("enabled", "saving")),
    *(Case(f"rules.automation.{item.name}", "automated") for item in fields(Automation) if item.name != "wear"),
    Case("rules.automation.wear", "automated", 0.1),
    *(Case(f"rules.tools.{item.name}", "equipped") for item in fields(Tools)),
    *(Case(f"rules.data_pool.{item.name}", "equipped") for item in fields(DataPool)),
    Case("rules.secrecy.enabled", "secretive"),
    Case("rules.secrecy.hiding", "secretive"),
    Case("rules.rivalry.enabled", "rivals"),
    Case("rules.rivalry.crowding", "rivals"),
    Case("rules.rivalry.differentiation", "rivals"),
    Case("rules.search.reputed", value=0.5),
    Case("rules.strengthening.forgiveness", "gossip", 0.5),
    Case("rules.market.attraction_reputation", "gossip", 5.0),
    Case("rules.market.specialism", "niches", 0.0),
    Case("rules.market.niche", "niches"),
    *(Case(f"rules.contracts.{name}", "written") for name in ("enabled", "strength", "deterrence", "lasting")),
    Case("rules.contracts.cost", "written", 0.1),
    *(Case(f"rules.matching.{name}", "matched") for name in ("enabled", "meetings", "looks")),
    Case("rules.support.enabled", "supported"),
    Case("rules.support.every", "aided", 12),
    Case("rules.support.pot", "aided", 0.002),
    Case("rules.support.to", "supported", "needy"),
    Case("rules.support.applying", "aided", 0.1),
    Case("rules.support.winners", "aided", 0.5),
    Case("rules.support.cost", "aided", 0.05),
    *(Case(key, "four_blind" if key.endswith(".blind") else "four") for key in known_keys() if of_layers(key)),
    Case("rules.work.payoff_social", "four", 0.01),
    Case("rules.search.operational.preferential", "four", 0.3),
    Case("rules.dissolution.contract", "supplied", 1.0),
    *(
        Case(f"rules.supply.{name}", "supplied")
        for name in (
            "enabled",
            "substeps",
            "inputs",
            "share",
            "outside",
            "premium",
            "switching",
            "expecting",
            "buffer",
            "close",
            "contract",
            "holding",
        )
    ),
    Case("rules.supply.handling", "supplied", felt="firms.cash"),
    Case("rules.supply.reaction", "supplied"),
    Case("rules.supply.planning", "destroyed", 1.0),
    Case("rules.supply.support", "destroyed", 1.0),
    *(Case(f"rules.supply.{name}", "repairing") for name in ("planned", "planning_cost", "supported")),
    Case("rules.supply.support_cost", "repairing", felt="firms.cash"),
    *(Case(f"rules.supply.{name}", "supplied", 1.0) for name in ("diversify", "nearshore", "foresight", "reconfigure")),
    Case("rules.supply.responsible", "exposed", 1.0),
    *(Case(f"rules.search.{name}.partners", "four", 0.1) for name in ("operational", "social")),
    *(Case(f"rules.search.{name}.widest", "four", 1.0) for name in ("operational", "social")),
    *(Case(f"rules.formation.operational.{name}", "four", 0.2) for name in ("cognitive", "closure")),
    *(Case("rules.supply.rationing", "scarce", way) for way in RATIONINGS[1:]),
    *(Case(f"rules.supply.{name}", "exposed") for name in ("misconduct", "scandal")),
    *(
        Case(f"rules.supply.{name}", "prepared")
        for name in ("near_premium", "foresight_cost", "flexible_cost", "fair_premium", "diversify_cost")
    ),
    Case("groups.bargain", "selling"),
    Case("rules.platform.cap", "bound", 0.2),
    Case("rules.platform.lure", "selling", 6),
    *(Case(f"rules.platform.{name}", "informed") for name in ("insight", "lessons")),
    *(
        Case(f"rules.platform.{item.name}", "selling")
        for item in fields(Platform)
        if item.name not in ("enabled", "cap", "lure", "insight", "lessons")
    ),
    Case("rules.races.enabled", "racing"),
    Case("rules.races.step", "racing", 1.0),
    Case("rules.races.prize", "racing"),
    Case("rules.races.second", "racing"),
    Case("rules.races.lasting", "racing"),
    Case("rules.races.effort", "racing"),
    Case("rules.races.reach", "racing"),
    Case("rules.leakage.enabled", "leaky"),
    Case("rules.leakage.rate", "leaky"),
    Case("rules.orchestration.review", value=1),
    Case("timeline.month", "crisis"),
    Case("timeline.month", "shift"),
    Case("timeline.month", "removal"),
    Case("timeline.kind", "crisis", "landscape_shift"),
    Case("timeline.kind", "crisis", "removal"),
    Case("timeline.size", "crisis"),
    Case("timeline.size", "shift"),
    Case("timeline.duration", "crisis"),
    Case("timeline.recovery", "crisis"),
    Case("timeline.sector", "crisis", 0),
    Case("timeline.sector", "shift", 0),
    Case("timeline.sector", "removal", 0),
    Case("timeline.region", "removal", 0),
    Case("timeline.target", "removal", "degree"),
    Case("timeline.target", "removal", "17"),
    Case("timeline.target", "led", "random"),
    Case("timeline.count", "removal"),
    Case("timeline.target", "removal", "betweenness"),
    *(Case("timeline.kind", world, "demand_crisis") for world in ("flooded", "pandemic", "attacked", "regulated")),
    *(Case("timeline.kind", "flooded", kind) for kind in ("pandemic", "regulation")),
    Case("timeline.kind", "threatened", "cyber_incident"),
    Case("timeline.kind", "pairs", "brokered_ties"),
    Case("timeline.kind", "regulated", "supply_disaster"),
    *(Case(f"timeline.{name}", "flooded") for name in ("month", "size", "duration", "recovery")),
    Case("timeline.region", "flooded", 0),
    Case("timeline.sector", "flooded", 0),
    *(Case(f"timeline.{name}", "pandemic") for name in ("month", "size", "duration", "recovery")),
    *(Case(f"timeline.{name}", "attacked") for name in ("month", "count")),
    Case("timeline.target", "attacked", "degree"),
    *(Case(f"timeline.{name}", "regulated") for name in ("month", "size", "duration")),
    Case("timeline.sector", "regulated", 0),
    *(Case(f"timeline.{name}", "tempting") for name in ("month", "duration")),
    Case("timeline.value", "tempting", 0.9),
    Case("timeline.key", "tempting", "rules.work.cheating"),
    *(Case(f"rules.environment.{name}", "pandemic") for name in ("pandemic_demand", "remote_work")),
)


def exempt(key: str) -> bool:
    return any(key == name or (name.endswith(".") and key.startswith(name)) for name in EXEMPT)


def settings_to_try() -> dict[str, Any]:
    """Return every number, switch and word with choices, by key, with its declaration."""
    declared = known_keys() | {f"timeline.{item.name}": item for item in fields(Shock)}
    declared |= {f"groups.{item.name}": item for item in fields(Group)}
    found = {}
    for key, item in declared.items():
        number = isinstance(item.default, bool | int | float) or item.metadata.get("optional") is int
        if (number or item.metadata.get("choices")) and not exempt(key):
            found[key] = item
    return found


def cases() -> list[Case]:
    """Return the special cases, and a plain one for every other setting."""
    special = {case.key for case in SPECIAL}
    return [*SPECIAL, *(Case(key) for key in settings_to_try() if key not in special)]


def current(world: str, key: str) -> Any:
    for section in ("timeline", "groups"):
        if key.startswith(section + "."):
            return getattr(getattr(base(world).settings, section)[0], key.removeprefix(section + "."))
    return get(base(world).settings, key)


def changed_value(case: Case) -> Any:
    """Return the value stated, or the number doubled (halved if that is out of range), or the switch flipped."""
    if case.value is not None:
        return case.value
    value, about = current(case.world, case.key), settings_to_try()[case.key].metadata
    if isinstance(value, bool):
        return not value
    assert isinstance(value, int | float) and value != 0, f"{case.key}: {value} cannot be doubled; state a value"
    whole = isinstance(value, int)
    for other in (2 * value, value // 2 if whole else value / 2):
        if about["low"] <= other <= about["high"] and other != value:
            return other
    raise AssertionError(f"{case.key}: neither twice nor half of {value} is valid; state a value")


def run(world: str, key: str = "", value: Any = None) -> Simulation:
    """Run a world, with one setting changed."""
    company = merge({"firms": 100}, worlds()[world])
    section = key.partition(".")[0]
    if section in ("timeline", "groups"):
        first, *rest = company[section]
        company = merge(company, {section: [first | {key.partition(".")[2]: value}, *rest]})
    elif key:
        company = merge(company, dotted(**{key.replace(".", "__"): value}))
    # All defaults first: a section that is given in part must not lose the rest of its own.
    return grow(defaults(), company, months=MONTHS)


@cache
def base(world: str) -> Simulation:
    return run(world)


def deeds(simulation: Simulation) -> list[bytes]:
    """Return who did what with whom and when, without values, and without the shocks that were set."""
    events = simulation.events.columns()
    done = ~np.isin(events["kind"], (EVENTS.index("shock"), EVENTS.index("policy")))
    return [events[name][done].tobytes() for name in ("step", "kind", "a", "b", "layer")]


def check_felt(case: Case) -> None:
    """Assert that a change is felt: in the column named, or by somebody who does something else."""
    value = changed_value(case)
    before, after = base(case.world), run(case.world, case.key, value)
    differing = same_bytes(before, after)
    assert differing, f"{case}: from {current(case.world, case.key)} to {value} not a byte changes"
    if case.felt:
        assert case.felt in differing, f"{case}: {case.felt} does not change, only {differing}"
    else:
        assert deeds(before) != deeds(after), f"{case}: nobody does anything else; only {differing} change"


@pytest.mark.parametrize("case", cases(), ids=str)
def test_every_coefficient_is_alive(case):
    check_felt(case)


def test_the_table_names_settings_that_exist():
    """And exempts none that it tries."""
    declared = set(known_keys()) | {f"timeline.{item.name}" for item in fields(Shock)}
    declared |= {f"groups.{item.name}" for item in fields(Group)}
    assert {case.key for case in SPECIAL} <= declared and not any(exempt(case.key) for case in SPECIAL)
    for name in EXEMPT:
        assert name in declared or any(key.startswith(name) for key in declared), name
    assert {case.world for case in SPECIAL} | {"plain"} == set(worlds())


def test_no_number_is_left_out():
    """Every numeric key is tried or exempt, counted anew."""
    tried = {case.key for case in cases()}
    for key, item in known_keys().items():
        if isinstance(item.default, int | float) or item.metadata.get("optional") is int:
            assert key in tried or exempt(key), key
    dated = {f"timeline.{item.name}" for item in fields(Shock)}
    assert tried >= {key for key in dated if not exempt(key)}
    numbers = (item.name for item in fields(Group) if isinstance(item.default, int | float))
    assert tried >= {f"groups.{name}" for name in numbers}


def test_every_other_word_is_tried():
    for key, item in settings_to_try().items():
        words = set(item.metadata.get("choices", ()))
        if item.metadata.get("several"):
            tried = {one for case in SPECIAL if case.key == key for one in case.value}
            assert tried >= words - set(item.default_factory()), key
        elif words and isinstance(item.default, str):
            tried = {case.value for case in SPECIAL if case.key == key}
            # A policy has a key, which no other kind may have; its own are tried by its key and value.
            assert tried >= words - {item.default, "demand_crisis", "policy"}, key


@pytest.mark.parametrize("world", list(worlds()))
def test_without_a_change_nothing_is_felt(world):
    """So that what is felt is the coefficient, not chance; and everything happens in each world."""
    assert same_bytes(base(world), run(world)) == []


@pytest.mark.parametrize(
    "case",
    [Case("rules.formation.development.blind"), Case("rules.credit.limit"), Case("rules.market.buffer")],
    ids=str,
)
def test_a_dead_coefficient_is_found_out(case):
    """In a world that does not feel them these change nothing that happens, and the check says so."""
    with pytest.raises(AssertionError, match=r"not a byte changes|nobody does anything else"):
        check_felt(case)
