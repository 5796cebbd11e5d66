"""Configs drawn at random: rules on or off, numbers, words, groups and shocks."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

import numpy as np

from emergence.config import Group, get_type_hints, walk
from emergence.schema import LAYERS
from emergence.step import PLAN

CONDITIONS = ("diversity", "autonomy", "feedback", "adaptive_capacity", "shared_purpose")
LAYOUTS = (
    ["development"], ["strategic"], ["development", "strategic"], ["operational"], ["social", "operational"],
    list(LAYERS),
)  # fmt: skip
# Shares of one whole, and sizes that cost time: left as they are.
LEFT = ("partners", "preferential", "copy", "recombine", "shortest", "longest", "interactions", "experiments")


def random_config(number: int) -> dict[str, Any]:
    """Draw a config: any rule on or off, any number near its default, any word, up to three groups, shocks."""
    rng = np.random.default_rng(number)
    config: dict[str, Any] = {"seed": number, "firms": int(rng.integers(1, 60)), "debug": True}
    config["conditions"] = {name: float(rng.random()) for name in CONDITIONS}
    config["network"] = {"kind": str(rng.choice(["empty", "random", "small_world", "scale_free", "clustered"]))}
    config["layers"] = LAYOUTS[rng.integers(len(LAYOUTS))]
    config["rules"] = rules = {}
    for key, kind, item in walk():
        section, *path = key.split(".")
        if section in ("rules", "founders") and path[-1] not in (*LEFT, "enabled", "sectors", "regions", "age"):
            place = rules if section == "rules" else config.setdefault("founders", {})
            for name in path[:-1]:
                place = place.setdefault(name, {})
            place[path[-1]] = random_value(rng, kind, item)
    for rule in PLAN:
        rules.setdefault(rule.name, {})["enabled"] = bool(rng.random() < 0.85)
    config["groups"] = [random_group(rng) for _ in range(rng.integers(0, 4))]
    config["timeline"] = [random_shock(rng) for _ in range(rng.integers(0, 3))]
    config["timeline"] += random_events(np.random.default_rng([number, 1]))
    on = {"cyber_incident": "incidents", "regulation": "market"}
    needed = {shock["kind"]: ("environment", on.get(shock["kind"], "environment")) for shock in config["timeline"]}
    # What would strike nobody is refused.
    config["timeline"] = [
        shock
        for shock in config["timeline"]
        if shock["kind"] == "policy" or all(rules[name]["enabled"] for name in needed[shock["kind"]])
    ]
    return config


def random_value(rng: np.random.Generator, kind: type, item: Any) -> Any:
    """Draw a number within a factor of three of its default (where that is 0, often a share), a switch or a word."""
    about = item.metadata
    if "several" in about:
        return [word for word in about["choices"] if rng.random() < 0.4]
    if "choices" in about:
        return str(rng.choice(about["choices"]))
    if kind is bool:
        return bool(rng.random() < 0.5)
    value = item.default * float(np.exp(rng.uniform(-1.1, 1.1)))
    if item.default == 0:
        value = float(rng.random() * (rng.random() < 0.3))
    value = min(max(value, about["low"]), about["high"])
    return int(value) if kind is int else value


def random_group(rng: np.random.Generator) -> dict[str, Any]:
    """Draw a group with any rules."""
    hints = get_type_hints(Group)
    free = (
        item for item in fields(Group) if item.name not in ("name", "orchestrator", "institute", "sector", "region")
    )
    return {item.name: random_value(rng, hints[item.name], item) for item in free} | {"share": float(rng.random())}


def random_events(rng: np.random.Generator) -> list[dict[str, Any]]:
    """Draw up to three disasters, pandemics, attacks, regulations and policies."""
    policies = [("rules.work.temptation", 0.8), ("rules.market.slack", 0.3), ("rules.accounts.enabled", True)]
    found = []
    for kind in rng.choice(["supply_disaster", "pandemic", "cyber_incident", "regulation", "policy"], rng.integers(4)):
        shock: dict[str, Any] = {"month": int(rng.integers(1, 12)), "kind": str(kind), "size": float(rng.random())}
        shock |= {"duration": int(rng.integers(0, 6)), "recovery": int(rng.integers(0, 6))}
        if kind == "policy":
            shock["key"], shock["value"] = policies[rng.integers(3)]
        elif kind == "cyber_incident":
            target = str(rng.choice(["random", "degree", "betweenness", "orchestrator"]))
            shock |= {"target": target, "count": int(rng.integers(1, 8))}
        elif kind == "supply_disaster" or rng.random() < 0.5:
            shock["region"] = int(rng.integers(5))
        found.append(shock)
    return found


def random_shock(rng: np.random.Generator) -> dict[str, Any]:
    """Draw a dated shock."""
    return {
        "month": int(rng.integers(1, 18)),
        "kind": str(rng.choice(["removal", "demand_crisis", "landscape_shift"])),
        "size": float(rng.random()),
        "target": str(rng.choice(["random", "degree", "orchestrator"])),
        "count": int(rng.integers(1, 8)),
    }
