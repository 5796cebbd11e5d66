"""Checks of docs/odd.md, 7.13.5: weighing, network effect, automation, tools, data."""

from __future__ import annotations

from functools import cache

import numpy as np

from emergence.kernels.random import fill_units
from emergence.rules import (
    adoption,
    automation,
    data_pool,
    network_effect,
    tools,
)
from emergence.schema import ANALYTICS, COLLABORATION, LAYERS
from odd.checks import check, events, grown, ready, rng, scatter, values


def digital(rule, layers=LAYERS[1:3], **changes):
    """Return a scattered branch in which some have digital practice and tools, inside a rule that is on."""
    on = {f"{name}__enabled": True for name in ("adoption", "network_effect", "automation", "tools", "data_pool")}
    sim = scatter(ready(grown(layers=layers), rule, **(on | changes)))
    f = sim.world.firms
    f.digital[:], f.tools[:] = (
        rng(110).random(f.count) * (rng(111).random(f.count) < 0.6),
        rng(112).integers(0, 16, f.count),
    )
    f.automation[:], f.sales[:] = rng(113).random(f.count), f.size * rng(114).random(f.count)
    return sim


@check("adopting_pays", "rules.market", "rules.adoption")
def _():
    """Whether the sum is above 0 is all that shows: who finds that it pays, at many costs."""
    rows = []
    for cost in np.linspace(0.1, 0.9, 60):
        sim = digital(adoption.RULE, adoption__weighing=1.0, adoption__cost=cost)
        f, state = sim.world.firms, sim._state
        effect = network_effect.network_saving(state)
        rows.append((adoption.find_it_pays(state), effect, f.sales, f.size, np.full(f.count, cost)))
    pays, effect, sales, size, cost = np.concatenate(rows, axis=1)
    return events(np.zeros(pays.size), pays, effect=effect, sales=sales, size=size, cost=cost)


@check("network_saving", "rules.network_effect")
def _():
    """On two layers and on four, where peers are partners on two of them."""
    rows = []
    for layers in (LAYERS[1:3], LAYERS):
        sim = digital(network_effect.RULE, layers)
        f, state = sim.world.firms, sim._state
        total, count = np.zeros((2, f.count))
        for layer in state.peers:
            ties = sim.world.ties[layer]
            at = np.repeat(np.arange(f.count), np.diff(ties.ptr))
            total += np.bincount(at, f.digital[ties.nbr], f.count)
            count += np.bincount(at, minlength=f.count)
        network_effect.update_network_effect(state)
        rows.append((state.trade.saved, f.digital, np.divide(total, count, out=np.zeros(f.count), where=count > 0)))
    saved, level, share = np.concatenate(rows, axis=1)
    return values(saved, digital=level, share=share)


@cache
def automated():
    sim = digital(automation.RULE)
    f, state = sim.world.firms, sim._state
    f.cash[:] = rng(115).uniform(0.08, 0.14, f.count) * f.size
    level, cash, skill = f.automation.copy(), f.cash.copy(), f.skills.astype(float).mean(axis=1)
    step = automation.investment(state)
    automation.update_automation(state)
    return {"level": level, "cash": cash, "skill": skill, "step": step, "digital": f.digital, "size": f.size,
            "usable": np.minimum(1, skill / 0.5)}, state.trade, f  # fmt: skip


def of(names):
    return {name: automated()[0][name] for name in names.split()}


@check("usable", "rules.automation")
def _():
    found, settled, _f = automated()
    return values(settled.saved / (0.05 * found["level"]), skill=found["skill"])


@check("automation_saves", "rules.automation")
def _():
    return values(automated()[1].saved, **of("level usable"))


@check("automation_lifts", "rules.automation")
def _():
    return values(automated()[1].lifted, **of("level usable"))


@check("automation_idles", "rules.automation")
def _():
    return values(automated()[1].costs, **of("level usable size"))


@check("automation_step", "rules.automation")
def _():
    return values(automated()[0]["step"], **of("level digital cash size"))


@check("automation_after", "rules.automation")
def _():
    """Also where a step goes beyond all."""
    sim = digital(automation.RULE, automation__rate=1.0, automation__cost=0.0, automation__wear=0.3)
    f = sim.world.firms
    f.digital[:], level = 1.6, f.automation.copy()
    step = automation.investment(sim._state)
    automation.update_automation(sim._state)
    return values(f.automation, level=level, step=step, wear=0.3)


@check("collaboration_saves", "rules.market", "rules.tools")
def _():
    sim = digital(tools.RULE)
    f, has, ties = sim.world.firms, data_pool.users(sim.world.firms.tools, COLLABORATION), 0
    for layer in sim._state.peers:
        one = sim.world.ties[layer]
        ties = ties + np.bincount(np.repeat(np.arange(f.count), np.diff(one.ptr)), has[one.nbr], f.count)
    return values(tools.eased_cost(sim._state), ties=ties, size=f.size)


@check("has_tool", "rules.tools")
def _():
    """With a review every month a low draw takes the tool up and a high one drops it."""
    sim = digital(tools.RULE, tools__review=1.0, tools__analytics_cost=0.006, tools__noise=0.004)
    f, state = sim.world.firms, sim._state
    had = np.stack([data_pool.users(f.tools, tool) for tool in range(4)], axis=1)
    twin = digital(tools.RULE, tools__review=0.0, tools__analytics_cost=0.006, tools__noise=0.004)
    tools.update_tools(twin._state)
    before, everyone = twin._state, np.ones_like(had)
    gain = tools.expected_gains(before, before.trade, had, tools.eased_cost(before), everyone)
    tools.update_tools(state)
    draw = fill_units(state.luck(tools.REVIEW), f.uid, 4)[:, ANALYTICS]
    return events(
        draw, data_pool.users(f.tools, ANALYTICS), gain=gain[:, ANALYTICS], size=f.size, cost=0.006, noise=0.004
    )


@check("data_saving", "rules.data_pool")
def _():
    sim = digital(data_pool.RULE)
    everyone = np.ones(sim.world.size, bool)
    found, pooled = data_pool.data_saving(sim._state, everyone), data_pool.pooled_sales(sim._state, everyone)
    return values(found, pooled=pooled)
