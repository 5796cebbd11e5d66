"""Checks of docs/odd.md, 7.13.6: platforms."""

from __future__ import annotations

from functools import cache
from types import SimpleNamespace

import numpy as np

from emergence.kernels.random import fill_units
from emergence.rules import platform, trade
from odd.checks import Sides, check, events, grown, ready, rng, scatter, values

N = 300


def sold(**changes):
    """Return a scattered branch in which a third of the firms sell on one platform, and its channels of the month."""
    usual = {"platform__enabled": True, "platform__copying": 0.4}
    sim = scatter(ready(grown(), platform.RULE, **(usual | changes)))
    f, state = sim.world.firms, sim._state
    platform.fit_platforms(state)
    f.platforms[:], f.own_channel[:] = rng(200).random(f.count) < 0.4, rng(201).random(f.count)
    sim.world.platforms["data"][:], sim.world.platforms["months"][:] = 2500.0, 5.0
    offered = trade.trade_of(state).offered.copy()
    return sim, state, f, offered, platform.channels_of(state, state.trade)


@cache
def market(room=1.0):
    """Sector by sector what the formulas say of demand by channel, and what the program makes of it for each firm."""
    sim, state, f, offered, found = sold(market__slack=0.0)
    f.health[:] = room
    found = platform.channels_of(state, state.trade)
    member, able = found.member.any(axis=1), trade.capacity(state)
    per = {name: np.bincount(f.sector, of, 6) for name, of in (
        ("whole", offered), ("members", member), ("firms", np.ones(f.count)), ("room", able * member))}  # fmt: skip
    return SimpleNamespace(sim=sim, state=state, f=f, offered=offered, found=found, member=member, **per)


def parts(room=1.0):
    m = market(room)
    brought = np.minimum(0.5, 0.3 * (m.members / m.firms) ** 0.3)
    kept = np.bincount(m.f.sector, m.offered * m.f.own_channel * (1 - 0.3 * m.member), 6)
    moved = m.whole - kept + 0.5 * brought * kept
    asked = moved + 0.5 * brought * m.whole
    through = m.found.through + m.found.copied
    served = np.bincount(m.f.sector, np.where(m.found.member, through, 0).sum(axis=1), 6)
    return m, brought, kept, moved, asked, served


@check("brought", "rules.platform")
def _():
    """What is served where members have room for all tells how much was brought: also where it is more than the cap."""
    rows = []
    for reach in (0.3, 0.7):
        sim, state, f, offered, _found = sold(platform__reach=reach, platform__diverted=0.0, platform__copying=0.0)
        f.own_channel[:], f.health[:] = 1.0, 100.0
        sim._state.rules.platform.exclusive = 0.0
        found = platform.channels_of(state, state.trade)
        served = np.bincount(f.sector, np.where(found.member, found.through, 0).sum(axis=1), 6)
        number = [np.bincount(f.sector, of, 6) for of in (found.member.any(axis=1), np.ones(f.count))]
        rows.append((served / np.bincount(f.sector, offered, 6), *number, np.full(6, reach)))
    share, members, firms, reach = np.concatenate(rows, axis=1)
    return values(share, members=members, firms=firms, reach=reach)


@check("channel", "rules.platform")
def _():
    """Own demand of each over what is offered, where platforms divert nothing and everybody is served."""
    _sim, state, f, offered, _found = sold(platform__diverted=0.0)
    f.health[:] = 1e3
    found = platform.channels_of(state, state.trade)
    own, _through, _kept = found.demand(found.member)
    return values(own / offered, own=f.own_channel, member=found.member.any(axis=1))


@check("moved", "rules.platform")
def _():
    """What platforms serve, less what is new, where members have room for all."""
    m, brought, kept, _moved, _asked, served = parts(1e3)
    return values(served - 0.5 * brought * m.whole, whole=m.whole, kept=kept, brought=brought)


@check("served", "rules.platform")
def _():
    """In worlds with little room and with enough."""
    found = [parts(room) for room in (1e-4, 0.3, 1e3)]
    served = np.concatenate([one[5] for one in found])
    given = {
        "moved": np.concatenate([one[3] for one in found]), "brought": np.concatenate([one[1] for one in found]),
        "whole": np.concatenate([one[0].whole for one in found]), "room": np.concatenate([one[0].room for one in found]),
    }  # fmt: skip
    return values(served, **given)


@check("returned", "rules.platform")
def _():
    """What is added to own demand of those on no platform, over what they were offered."""
    rows = []
    for room in (1e-4, 0.3, 1e3):
        m, brought, _kept, moved, _asked, served = parts(room)
        own, _through, _k = m.found.demand(m.found.member)
        free = ~m.member
        back = own / m.offered - m.f.own_channel * (1 - 0.5 * brought[m.f.sector])
        first = np.array([np.flatnonzero(free & (m.f.sector == s))[0] for s in range(6)])
        rows.append((back[first], moved, brought, m.whole, served))
    back, moved, brought, whole, served = np.concatenate(rows, axis=1)
    return values(back, 1e-9, moved=moved, brought=brought, whole=whole, served=served)


@check("own_demand", "rules.platform")
def _():
    m, brought, _kept, moved, asked, served = parts(0.3)
    own, _through, _k = m.found.demand(m.found.member)
    back = (np.minimum(asked - served, moved) / m.whole)[m.f.sector]
    channel = m.f.own_channel * (1 - 0.3 * m.member)
    return values(own, offered=m.offered, channel=channel, brought=brought[m.f.sector], returned=back)


@check("rank", "rules.platform")
def _():
    """Shares among members, from the first of each sector, of like rank in all."""
    _sim, state, f, _offered, _found = sold(platform__promotion=0.1, platform__ranking=1.0)
    member = platform.members_of(state)
    f.z[:] = rng(202).normal(0, 3, f.count)
    f.z[rng(203).integers(0, f.count, 60)] = rng(204).choice([-40.0, 40.0], 60)
    first = np.array([np.flatnonzero(member[:, 0] & (f.sector == s))[0] for s in range(6)])
    f.z[first], f.propensities[first, 3] = 0.0, 1.0
    got = platform.shared(state, member, np.ones(6))[:, 0]
    at = member[:, 0]
    unit = (f.size * 1.5 / got)[first][f.sector]
    given = {"size": f.size[at], "z": f.z[at], "p": f.propensities[at, 3]}
    return values((got * unit)[at], 1e-15, **given, ranking=1.0, promotion=0.1)


@check("known", "rules.platform")
def _():
    sim, state, *_ = sold()
    found, data = [], np.linspace(0, 2e4, 50)
    for amount in data:
        sim.world.platforms["data"][:] = amount
        found.append(platform.known_of(state)[0])
    return values(found, data=data, founders=sim.world.founders)


@check("copied", "rules.platform")
def _():
    _sim, state, f, _offered, found = sold()
    through = found.through + found.copied
    on = found.member[:, 0]
    mean = (np.bincount(f.sector, through[:, 0] * on, 6) / np.bincount(f.sector, on, 6))[f.sector]
    given = {"t": through[:, 0], "mean": mean, "known": platform.known_of(state)[0]}
    return values(found.copied[:, 0], **given, copying=0.4)


@check("cut", "rules.platform")
def _():
    """With a group that bargains, and asking for more than there is."""
    rows = []
    for asked in (0.2, 1.3):
        sim = scatter(ready(grown(groups=[{"share": 0.5, "bargain": True}]), platform.RULE, platform__enabled=True,
                            platform__promotion=0.3))  # fmt: skip
        f, state = sim.world.firms, sim._state
        state.rules.platform.commission = asked
        platform.fit_platforms(state)
        f.platforms[:] = rng(205).random(f.count) < 0.5
        found = platform.channels_of(state, trade.trade_of(state))
        sold_there = np.where(found.member, found.through, 0)[:, 0]
        members = state.membership().rows
        together = np.zeros(f.count)
        together[members] = sold_there[members].sum() / sold_there.sum()
        rows.append((found.cut[:, 0], np.full(f.count, asked), together, f.propensities[:, 3]))
    cut, asked, together, p = np.concatenate(rows, axis=1)
    return values(cut, asked=asked, together=together, p=p, promotion=0.3)


@check("channel_after", "rules.platform")
def _():
    """Also where a channel would wear out altogether, or be more than whole."""
    _sim, state, f, _offered, _found = sold(platform__erosion=0.9, platform__own_channel=0.1)
    own = f.own_channel[:] = rng(206).uniform(-0.2, 1.6, f.count)
    share, own = rng(207).uniform(-1.0, 2.5, f.count), own.copy()
    f.platform_share[:] = share
    platform.wear_channels(state)
    return values(f.own_channel, own=own, share=share, erosion=0.9, own_channel=0.1)


@check("sells_there", "rules.platform")
def _():
    """Who is on the platform leaves, and who is not joins, as everybody thinks of it."""
    rows = []
    for later in range(4):
        sim, state, f, _offered, found = sold(platform__joining=1.0, platform__leaving=1.0, platform__noise=0.2)
        sim.world.step += later
        yes, no = np.ones((2, f.count, 1), bool)
        no[:] = False
        profit = [platform.profit_if(state, state.trade, found, member) for member in (yes, no)]
        draw = fill_units(state.luck(platform.CHOOSE), f.uid, 4)[:, 2]
        size = f.size.copy()
        platform.choose(state, state.trade, found)
        rows.append((draw, f.platforms > 0, *profit, size))
    draw, there, with_it, without, size = np.concatenate(rows, axis=1)
    return events(draw, there, with_it=with_it, without=without, size=size, noise=0.2)


@check("strained", "rules.platform")
def _():
    _sim, state, f, _offered, found = sold()
    f.platform_share[:] = rng(208).random(f.count)
    side = Sides(_sim)
    before = side.ties.bad.astype(float).copy()
    platform.strain_partners(state, found.member)
    both = found.member[side.i, 0] & found.member[side.j, 0] & (f.sector[side.i] == f.sector[side.j])
    given = {
        "before": before[both],
        "share_i": f.platform_share[side.i][both],
        "share_j": f.platform_share[side.j][both],
    }
    return values(side.ties.bad.astype(float)[both], **given)
