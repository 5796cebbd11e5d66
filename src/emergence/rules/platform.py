"""Platforms: customers they bring and take, what they keep, what they learn, and who sells on them.

A platform is no firm: it has a balance and the data it gathered (`World.platforms`). The rule changes the month's
trade before the market settles it.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import numpy as np

from emergence.kernels.landscape import update_z
from emergence.kernels.platform import strain_ties
from emergence.kernels.random import fill_units
from emergence.luck import stream
from emergence.rules.base import Rule, State, names
from emergence.rules.innovation import note_changes
from emergence.rules.sensing import BARGAIN
from emergence.rules.trade import Trade, capacity, trade_of
from emergence.schema import BITS, PLATFORM

START = stream("platform.start")
CHOOSE = stream("platform.choose")
INSIGHT = stream("platform.insight")


@dataclass
class Channels:
    """Demand by channel this month, EUR.

    Attributes
    ----------
    member : bool[firms, platforms]
        Who sells on which platform.
    own : float64[firms]
        Demand through own channels of one who sells on a platform, its contract kept.
    alone : float64[firms]
        Demand through own channels of one who sells on none.
    through : float64[firms, platforms]
        Demand through each platform: what members get, and what others could expect if they joined.
    copied : float64[firms, platforms]
        Demand that rival offers of the platform take from `through`, which is without it.
    cut : float64[firms, platforms]
        Share of sales on the platform that it keeps: commission and promotion.
    """

    member: np.ndarray
    own: np.ndarray
    alone: np.ndarray
    through: np.ndarray
    copied: np.ndarray
    cut: np.ndarray

    def demand(self, member: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return own demand, demand through platforms, and what they would keep of it, if these were the members."""
        own = np.where(member.any(axis=1), self.own, self.alone)
        through = np.where(member, self.through, 0.0)
        return own, through.sum(axis=1), (through * self.cut).sum(axis=1)


def update_platform(state: State) -> None:
    """Bring customers to members and settle the terms; then own channels, data and membership move."""
    if not state.world.size:
        return
    fit_platforms(state)
    trade = trade_of(state)
    found = channels_of(state, trade)
    choose(state, trade, found)
    change_trade(state, trade, found)
    wear_channels(state)
    strain_partners(state, found.member)
    share_insight(state, trade, found.member)
    gather_data(state, found.member)


def fit_platforms(state: State) -> None:
    """Have a balance and data for each platform, and in the first month the first members."""
    known, settings = state.world.platforms, state.rules.platform
    firms = state.firms
    # After a time in which the rule was off platforms begin anew, with the balance they had.
    first = not known or known["last"][0] < state.step - 1
    if first and known:
        known["data"][:] = known["months"][:] = 0.0
    known["last"] = np.array([float(state.step)])
    for name in ("balance", "data", "months"):
        held = known.get(name, np.zeros(0))
        # A platform that closes keeps its money, so that none is lost.
        known[name] = np.append(held, np.zeros(max(settings.count - held.size, 0)))
    if first:
        units = fill_units(state.luck(START), firms.uid, 2)
        chosen = np.floor(units[:, 1] * settings.count).astype(np.uint8)
        firms.platforms[:] = np.where(units[:, 0] < settings.start, np.uint8(1) << chosen, 0)
    firms.platforms[:] &= np.uint8((1 << settings.count) - 1)


def members_of(state: State) -> np.ndarray:
    """Return who sells on which platform, bool[firms, platforms]."""
    bits = np.arange(state.rules.platform.count, dtype=np.uint8)
    return (state.firms.platforms[:, None] >> bits & 1).astype(bool)


def bits_of(member: np.ndarray) -> np.ndarray:
    """Return platforms (bool[firms, platforms]) as bits, uint8[firms]."""
    return np.packbits(member, axis=1, bitorder="little")[:, 0]


def known_of(state: State) -> np.ndarray:
    """Return how much of the market each platform knows from its data, float64[platforms], 0 to 1."""
    settings = state.rules.platform
    data = state.world.platforms["data"][: settings.count]
    return -np.expm1(-data / (settings.learning * max(state.world.founders, 1)))


def channels_of(state: State, trade: Trade) -> Channels:
    """Return where the month's demand goes, sector by sector; the formulas stand in docs/odd.md, 7.13.6."""
    firms, settings, member = state.firms, state.rules.platform, members_of(state)
    sector, offered = firms.sector, trade.offered
    sectors = int(sector.max(initial=0)) + 1
    sells, room = member.any(axis=1), capacity(state)
    number = np.bincount(sector, sells, sectors)

    bound = 0.0 if settings.multihoming else settings.exclusive
    kept = firms.own_channel * np.where(sells, 1.0 - bound, 1.0)
    whole, left = np.bincount(sector, offered, sectors), np.bincount(sector, offered * kept, sectors)
    firms_in = np.maximum(np.bincount(sector, minlength=sectors), 1)
    brought = np.minimum(settings.cap, settings.reach * (number / firms_in) ** settings.network) * (number > 0)
    new = (1.0 - settings.diverted) * brought * whole
    moved = whole - left + settings.diverted * brought * left
    served = np.minimum(new + moved, np.bincount(sector, room * sells, sectors))
    # Who is not served stays with the firms, but for those who came for the platform alone.
    back = np.minimum(new + moved - served, moved)
    returned = np.divide(back, whole, out=np.zeros(sectors), where=whole > 0)[sector] * offered
    stay = 1.0 - settings.diverted * brought[sector]
    alone = offered * firms.own_channel * stay
    first_member = np.minimum(settings.cap, settings.reach * firms_in**-settings.network)
    # What members get is what they can serve; who asks what a platform would bring thinks of its first member too.
    asked = shared(state, member, np.maximum(served, first_member * whole))
    through = np.where(member, shared(state, member, served), asked)
    copied = copied_from(state, member, through)
    through -= copied
    return Channels(
        member, alone * (1.0 - bound) + returned, alone + returned, through, copied, cuts(state, member, through)
    )


def shared(state: State, member: np.ndarray, pool: np.ndarray) -> np.ndarray:
    """Return the demand through each platform, float64[firms, platforms], that ranking gives each firm.

    Parameters
    ----------
    member : bool[firms, platforms]
    pool : float64[sectors]
        Demand through all platforms; a platform has the share of it that it has in the sector's memberships.
    """
    firms, settings = state.firms, state.rules.platform
    sector, sectors = firms.sector, pool.size
    weight = firms.size * np.exp(np.clip(settings.ranking * firms.z, -30.0, 30.0))
    weight = weight * firms.propensities[:, PLATFORM] * (1.0 + settings.steering * paid(state))
    entries = np.stack([np.bincount(sector, column, sectors) for column in member.T], axis=1)
    shown = np.stack([np.bincount(sector, weight * column, sectors) for column in member.T], axis=1)
    joins = ~member
    part = (entries[sector] + joins) / (entries.sum(axis=1)[sector][:, None] + joins)
    rank = weight[:, None] / np.maximum(shown[sector] + joins * weight[:, None], 1e-300)
    return pool[sector][:, None] * part * rank


def paid(state: State) -> np.ndarray:
    """Return the share of its sales on a platform that each firm pays to be shown first, float64[firms]."""
    return state.rules.platform.promotion * state.firms.propensities[:, PLATFORM]


def copied_from(state: State, member: np.ndarray, through: np.ndarray) -> np.ndarray:
    """Return the demand that the platforms' own offers take from each firm, most from those who sell most."""
    settings, sector = state.rules.platform, state.firms.sector
    if settings.sharing_data or not settings.copying:
        return np.zeros(through.shape)
    mean = np.stack(
        [
            np.bincount(sector, sold * on) / np.maximum(np.bincount(sector, on), 1)
            for sold, on in zip(through.T, member.T, strict=True)
        ],
        axis=1,
    )[sector]
    success = np.divide(through, through + mean, out=np.zeros(through.shape), where=through > 0)
    return settings.copying * known_of(state) * success * through


def cuts(state: State, member: np.ndarray, through: np.ndarray) -> np.ndarray:
    """Return the share of sales that each platform keeps, float64[firms, platforms], bargaining counted in."""
    settings = state.rules.platform
    sold = np.where(member, through, 0.0)
    whole = sold.sum(axis=0)
    strength, belongs = np.zeros(member.shape), state.membership()
    for row in np.flatnonzero(state.world.groups.mandate & np.uint32(BARGAIN)).tolist():
        rows = belongs.rows[belongs.ptr[row] : belongs.ptr[row + 1]]
        part = np.divide(sold[rows].sum(axis=0), whole, out=np.zeros(whole.size), where=whole > 0)
        strength[rows] = np.maximum(strength[rows], part)
    asked = np.where(state.world.platforms["months"][: whole.size] < settings.lure, 0.0, settings.commission)
    return np.minimum(asked * (1.0 - settings.power * strength) + paid(state)[:, None], 1.0)


def change_trade(state: State, trade: Trade, found: Channels) -> None:
    """Write demand, fees and the cost of own channels into the month's trade, and say who collects the fees."""
    firms, settings = state.firms, state.rules.platform
    own, through, _ = found.demand(found.member)
    trade.offered[:] = own + through
    share = np.divide(
        np.where(found.member, found.through, 0.0), trade.offered[:, None],
        out=np.zeros(found.member.shape), where=trade.offered[:, None] > 0,
    )  # fmt: skip
    firms.platform_share[:] = share.sum(axis=1)
    kept = share * found.cut
    trade.fee[:] += kept.sum(axis=1)
    trade.saved[:] += settings.service * firms.platform_share
    trade.costs[:] += settings.own_channel * firms.size * upkeep(firms.own_channel, found.member)
    trade.collect.append(partial(collect_fees, state, kept))
    sold = np.where(found.member, found.copied, 0.0).sum(axis=0)
    earned = max(state.rules.market.price - state.rules.market.variable_cost, 0.0) * sold
    state.world.platforms["balance"][: settings.count] += earned
    state.world.book("rival offers of platforms", float(earned.sum()))
    state.world.count("platform_income", float(earned.sum()))


def collect_fees(state: State, kept: np.ndarray, sales: np.ndarray) -> None:
    """Pay the platforms their shares (float64[firms, platforms]) of what was sold."""
    fees = state.rules.market.price * (kept * sales[:, None]).sum(axis=0)
    state.world.platforms["balance"][: fees.size] += fees
    state.world.book("fees to platforms", float(fees.sum()))
    state.world.count("platform_income", float(fees.sum()))


def upkeep(own_channel: np.ndarray, member: np.ndarray) -> np.ndarray:
    """Return how much of the effort for own channels is due: all while selling on a platform, then what is lost."""
    return np.where(member.any(axis=1), 1.0, 1.0 - own_channel)


def wear_channels(state: State) -> None:
    """Let own channels wear with what is sold on platforms, and grow with what is spent on them."""
    firms, settings = state.firms, state.rules.platform
    own = firms.own_channel
    built = -np.expm1(-settings.rebuilding * settings.own_channel) * (1.0 - own)
    firms.own_channel[:] = np.clip(own - settings.erosion * firms.platform_share * own + built, 0.0, 1.0)


def strain_partners(state: State, member: np.ndarray) -> None:
    """Let partners of one sector who fight for rank on the same platform come to trust each other less."""
    firms, settings = state.firms, state.rules.platform
    bits = bits_of(member)
    for layer in state.acting:
        ties = state.ties(layer)
        state.each(
            strain_ties, settings.strain, firms.sector, bits, firms.platform_share,
            ties.ptr, ties.nbr, ties.bad, ties.bad_in, work=ties.ptr,
        )  # fmt: skip


def insight_of(state: State, member: np.ndarray) -> np.ndarray:
    """Return how much these members (bool[firms, platforms]) would know of the market, float64[firms], 0 to 1."""
    return (member * known_of(state)).max(axis=1) * float(state.rules.platform.sharing_data)


def share_insight(state: State, trade: Trade, member: np.ndarray) -> None:
    """Where data are shared, save members costs and let some improve their practice by what customers chose."""
    firms, settings, world = state.firms, state.rules.platform, state.world
    if not settings.sharing_data:
        return
    insight = insight_of(state, member)
    trade.saved[:] += settings.insight * insight
    units = fill_units(state.luck(INSIGHT), firms.uid, 2)
    flips = np.uint64(1) << np.floor(units[:, 1] * BITS).astype(np.uint64)
    tries = units[:, 0] < settings.lessons * insight
    practice, z = np.where(tries, firms.practice ^ flips, firms.practice), firms.z.copy()
    state.each(update_z, practice, firms.sector, world.landscape, z)
    better = tries & (z > firms.z)
    note_changes(state, np.flatnonzero(better), practice, z, np.full(world.size, -1, np.int32))
    world.count("tries", int(tries.sum()))
    firms.practice[:] = np.where(better, practice, firms.practice)
    firms.z[:] = np.where(better, z, firms.z)


def choose(state: State, trade: Trade, found: Channels) -> None:
    """Let firms think of joining or leaving a platform, by what this month would have brought with and without it."""
    firms, settings = state.firms, state.rules.platform
    units = fill_units(state.luck(CHOOSE), firms.uid, 4)
    rows = np.arange(state.world.size)
    which = np.floor(units[:, 0] * settings.count).astype(int)
    with_it, without = found.member.copy(), found.member.copy()
    with_it[rows, which], without[rows, which] = True, False
    ahead = (profit_if(state, trade, found, with_it) - profit_if(state, trade, found, without)) / firms.size
    likes = 1.0 / (1.0 + np.exp(-np.clip(ahead / settings.noise, -50.0, 50.0)))
    on = found.member[rows, which]
    free = True if settings.multihoming else ~found.member.any(axis=1)
    joins = ~on & free & (units[:, 1] < settings.joining) & (units[:, 2] < likes)
    leaves = on & (units[:, 1] < settings.leaving) & (units[:, 2] >= likes)
    after = np.where((joins | leaves)[:, None], np.where(joins[:, None], with_it, without), found.member)
    firms.platforms[:] = bits_of(after)
    most = np.where(after, found.through, -1.0).argmax(axis=1)
    firms.platform[:] = np.where(after.any(axis=1), most, -1)
    state.world.count("platform_joined", int(joins.sum()))
    state.world.count("platform_left", int(leaves.sum()))


def profit_if(state: State, trade: Trade, found: Channels, member: np.ndarray) -> np.ndarray:
    """Return what sales less variable costs and own channels would have brought these members, EUR, float64[firms]."""
    firms, market, settings = state.firms, state.rules.market, state.rules.platform
    own, through, kept = found.demand(member)
    demand = own + through
    sales = np.minimum(capacity(state), demand)
    net = np.divide(demand - kept, demand, out=np.ones(demand.size), where=demand > 0)
    share = np.divide(through, demand, out=np.zeros(demand.size), where=demand > 0)
    saved = trade.saved + settings.service * share + settings.insight * insight_of(state, member)
    variable = market.variable_cost - market.saving_z * firms.z - market.saving_digital * firms.digital - saved
    effort = settings.own_channel * firms.size * upkeep(firms.own_channel, member)
    return sales * (market.price * net - np.maximum(variable, 0.0)) - effort


def gather_data(state: State, member: np.ndarray) -> None:
    """Let each platform learn from a month of each member."""
    known, number = state.world.platforms, member.shape[1]
    known["data"][:number] += member.sum(axis=0)
    known["months"][:number] += 1.0


RULE = Rule(
    name="platform",
    phase="demand and supply",
    about="platforms bring customers and take some from own channels, keep a commission, rank, and use what they see",
    source="Rochet and Tirole 2003; Zhu and Liu 2018 (rival offers); Cutolo and Kenney 2021 (dependence)",
    moves=("platform_share", "up"),
    reads=names("firms", ["uid", "sector", "size", "slack", "health", "digital", "propensities"])
    + ("ties.nbr", "groups.mandate", "world.landscape", "world.demand"),
    writes=names("firms", ["platform", "platforms", "platform_share", "own_channel", "practice", "z"])
    + ("ties.bad", "ties.bad_in", "world.platforms", "world.registry", "state.trade"),
    update=update_platform,
)
