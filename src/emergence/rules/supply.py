"""Supply: orders, stocks, rationing and shortages between firms, in substeps of a month."""

from __future__ import annotations

import numpy as np

from emergence import luck
from emergence.kernels import supply as kernel
from emergence.kernels.random import fill_units
from emergence.kernels.supply import BUYS, SUPPLIES, SupplyParams
from emergence.luck import stream
from emergence.rules.base import UNIT, Rule, State, names, params
from emergence.rules.health import HEALTH, settle_health
from emergence.rules.timeline import imports_available
from emergence.rules.trade import Trade, capacity, trade_of
from emergence.schema import INPUTS, OPERATIONAL, RATIONINGS

RATION = stream("supply.ration")
MISCONDUCT = stream("supply.misconduct")
MOST_SUBSTEPS = 60
LEAST = 0.1  # share of a firm's capacity, and of a sector's demand, that is for households whatever firms buy


class Flows:
    """What moved in the month at each firm, EUR, float64[firms] each."""

    def __init__(self, firms: int) -> None:
        self.made, self.shipped, self.bought, self.imported, self.missed, self.lost = np.zeros((6, firms))
        self.waiting = np.zeros(firms)  # orders not served in the last substep; earlier ones were placed again


def update_supply(state: State) -> None:
    """Let firms order, produce, ration and deliver, and settle what it cost."""
    if not state.world.size:
        return
    firms, ties, trade = state.firms, state.ties(OPERATIONAL), trade_of(state)
    settings = state.rules.supply
    p = supply_params(state)
    recipe, needs = state.world.demand["recipe"], inputs_needed(state)
    stock_newcomers(state, trade, p, needs)
    mark_contracts(state)
    repair_damage(state)
    inside, focus = np.zeros((2, state.world.size, INPUTS))
    mate = np.empty(ties.nbr.size, np.int64)
    state.each(kernel.fill_mates, ties.ptr, ties.nbr, mate, work=ties.ptr)
    state.each(
        kernel.update_shares, ties.ptr, ties.nbr, ties.role, ties.w, firms.sector, recipe, needs, firms.served,
        firms.size, firms.expected, p, ties.share, inside, focus, work=ties.ptr,
    )  # fmt: skip
    state.each(kernel.mirror_shares, ties.ptr, ties.role, mate, ties.share, work=ties.ptr)
    final = demand_of_households(state, trade)
    flows = run_substeps(state, p, needs, inside, final, mate)
    asked = final + flows.shipped + flows.waiting
    firms.served[:] = np.divide(flows.made, asked, out=np.ones(state.world.size), where=asked > 0)
    firms.to_firms[:] = flows.shipped
    firms.expected[:] += settings.expecting * (asked - firms.expected)
    trade.offered, trade.sold, trade.retail = asked, flows.made, flows.made - flows.shipped
    trade.fee *= np.divide(trade.retail, flows.made, out=np.zeros(state.world.size), where=flows.made > 0)
    trade.costs += costs_of_supply(state, flows, focus, needs)
    suffer_misconduct(state)
    count_flows(state, flows)


def supply_params(state: State) -> SupplyParams:
    """Return the kernels' parameters."""
    settings = state.rules.supply
    # What does not come from outside weighs less, so more is ordered of suppliers.
    outside = settings.outside * imports_of(state)
    return params(SupplyParams, settings, rationing=RATIONINGS.index(settings.rationing))._replace(outside=outside)


def inputs_needed(state: State) -> np.ndarray:
    """Return how many kinds of input each sector needs, int64[sectors]."""
    return state.world.demand["recipe"].max(axis=1).astype(np.int64) + 1


def stock_newcomers(state: State, trade: Trade, p: SupplyParams, needs: np.ndarray) -> None:
    """Give firms that have not traded yet an expectation and the stock that goes with it."""
    firms = state.firms
    new = np.flatnonzero(firms.expected <= 0)
    firms.expected[new] = np.minimum(firms.size[new], trade.offered[new])
    kinds = needs[firms.sector[new]]
    use = p.share * firms.expected[new] / np.maximum(kinds, 1)
    aim = np.where(np.arange(INPUTS) < kinds[:, None], p.buffer * use[:, None], 0.0)
    empty = ~firms.inventory[new].any(axis=1)  # who was given a stock by hand keeps it
    firms.inventory[new[empty]] = aim[empty]
    state.world.book_goods("founded", float(aim[empty].sum()))


def mark_contracts(state: State) -> None:
    """Give ties that have grown strong a contract; it ends when they are a good deal weaker."""
    ties, strong = state.ties(OPERATIONAL), state.rules.supply.contract
    ties.formal[:] = (ties.w >= strong) | ((ties.formal > 0) & (ties.w >= 0.8 * strong))


def repair_damage(state: State) -> None:
    """Let plans, and buyers with a contract, repair part of what disasters destroyed at firms."""
    firms, settings = state.firms, state.rules.supply
    if not firms.damage.any():
        return
    left = (1.0 - settings.planning * settings.planned) * (1.0 - settings.support * settings.supported) ** partners(
        state, SUPPLIES
    )
    firms.damage[:] *= left
    settle_health(state)


def partners(state: State, role: int) -> np.ndarray:
    """Return with how many partners under contract each firm has a role, int64[firms]."""
    ties = state.ties(OPERATIONAL)
    return np.bincount(
        state.world.ties[OPERATIONAL].owner(), (ties.role != 3 - role) & (ties.formal > 0), state.world.size
    )


def demand_of_households(state: State, trade: Trade) -> np.ndarray:
    """Return what households ask of each firm, EUR, float64[firms].

    Of the demand for a sector's goods what firms bought last month is theirs, and the households' is the rest. It
    is shared by attraction in which the capacity counts that a firm has left for it.
    """
    firms, sectors = state.firms, state.world.demand["base"].size
    free = np.maximum(1.0 - firms.to_firms / firms.size, LEAST)
    whole = np.bincount(firms.sector, trade.offered, sectors)
    left = np.maximum(whole - np.bincount(firms.sector, firms.to_firms, sectors), LEAST * whole)
    pulled = np.bincount(firms.sector, trade.offered * free, sectors)
    share = np.divide(left, pulled, out=np.zeros(sectors), where=pulled > 0)
    return trade.offered * free * share[firms.sector]


def run_substeps(
    state: State, p: SupplyParams, needs: np.ndarray, inside: np.ndarray, final: np.ndarray, mate: np.ndarray
) -> Flows:
    """Run the substeps of the month and return what moved."""
    firms, ties, n = state.firms, state.ties(OPERATIONAL), state.world.size
    recipe, steps = state.world.demand["recipe"], int(p.substeps)
    flows, orders = Flows(n), np.zeros((n, INPUTS))
    output, shipped, waiting, lost, cut, rest = np.zeros((6, n))
    able, households = capacity(state) / steps, final / steps
    for substep in range(steps):
        which = luck.key(state.world.seed, RATION, state.step * MOST_SUBSTEPS + substep)
        before = float(firms.inventory.sum()), float(flows.bought.sum()), float(flows.imported.sum())
        state.each(kernel.place_orders, firms.expected, firms.sector, needs, firms.inventory, p, orders)
        state.each(
            kernel.make_output, which, firms.uid, ties.ptr, ties.nbr, ties.role, mate, ties.w, ties.share,
            firms.sector, recipe, needs, orders, households, able, firms.inventory, p, output, shipped, waiting,
            lost, cut, rest, work=ties.ptr,
        )  # fmt: skip
        state.each(
            kernel.deliver, which, firms.uid, ties.ptr, ties.nbr, ties.role, ties.w, ties.share, firms.sector, recipe,
            needs, orders, cut, rest, imports_of(state), inside, p, firms.inventory, flows.bought, flows.imported,
            flows.missed, work=ties.ptr,
        )  # fmt: skip
        if state.settings.debug:
            check_goods(before, firms.inventory, flows, shipped, p.share * output[needs[firms.sector] > 0])
        flows.made += output
        flows.shipped += shipped
        flows.lost += lost
        flows.waiting = waiting.copy()
    return flows


def check_goods(
    before: tuple[float, float, float], stock: np.ndarray, flows: Flows, shipped: np.ndarray, used: np.ndarray
) -> None:
    """Assert that in a substep firms got what others shipped, and that stocks changed by what came and was used.

    Parameters
    ----------
    before : (float, float, float)
        Stocks, and what had been bought of firms and outside, before the substep, EUR.
    """
    held, bought, imported = float(stock.sum()), float(flows.bought.sum()), float(flows.imported.sum())
    scale = 1e-9 * max(1.0, held, bought + imported)
    assert abs((bought - before[1]) - shipped.sum()) <= scale, "firms got more or less than was shipped"
    came = (bought - before[1]) + (imported - before[2])
    assert abs((held - before[0]) - (came - used.sum())) <= scale, "goods were made of nothing, or lost"


def imports_of(state: State) -> float:
    """Return the share of what is ordered from outside that comes; what is bought near comes whatever happens."""
    near = state.rules.supply.nearshore
    return near + (1.0 - near) * imports_available(state)


def costs_of_supply(state: State, flows: Flows, focus: np.ndarray, needs: np.ndarray) -> np.ndarray:
    """Return what buying, holding and being prepared cost beyond the inputs that variable costs contain, EUR."""
    firms, settings = state.firms, state.rules.supply
    kinds = np.maximum(needs[firms.sector], 1)
    split = 1.0 - focus.sum(axis=1) / kinds  # 0: one supplier for each input
    outside = settings.premium + settings.near_premium * settings.nearshore
    price = state.rules.market.price  # what suppliers get for it
    paid = flows.bought * (price + settings.handling * split) + flows.imported * (1.0 + outside)
    paid += settings.fair_premium * settings.responsible * (flows.bought + flows.imported)
    contained = np.where(needs[firms.sector] > 0, settings.share * flows.made, 0.0)
    ready = settings.foresight_cost * settings.foresight + settings.flexible_cost * settings.reconfigure
    ready += settings.planning_cost * settings.planning + settings.diversify_cost * settings.diversify
    helping = settings.support_cost * settings.support * partners(state, BUYS) * np.sqrt(firms.size / UNIT) * UNIT
    return paid - contained + settings.holding * firms.inventory.sum(axis=1) + ready * firms.size + helping


def suffer_misconduct(state: State) -> None:
    """Let misconduct in the chain of suppliers come to light at a few firms; it costs reputation."""
    firms, settings = state.firms, state.rules.supply
    chance = settings.misconduct * (1.0 - settings.responsible)
    exposed = fill_units(state.luck(MISCONDUCT), firms.uid, 1)[:, 0] < chance
    firms.reputation[exposed] *= 1.0 - settings.scandal
    state.world.count("scandals", int(exposed.sum()))


def count_flows(state: State, flows: Flows) -> None:
    """Write the month's flows into the ledger of goods and the counters."""
    world = state.world
    needy = inputs_needed(state)[state.firms.sector] > 0
    world.book_goods("bought of firms", float(flows.bought.sum()))
    world.book_goods("bought outside", float(flows.imported.sum()))
    world.book_goods("used", -state.rules.supply.share * float(flows.made[needy].sum()))
    for name, amount in (
        ("traded", flows.bought), ("imported", flows.imported), ("shortage", flows.missed), ("lost_sales", flows.lost),
    ):  # fmt: skip
        world.count(name, float(amount.sum()))


RULE = Rule(
    name="supply",
    phase="demand and supply",
    about="firms order inputs, hold stocks, produce, ration what is scarce and lose the sales they cannot serve",
    source="Hallegatte 2008; Henriet et al. 2012; Inoue and Todo 2019 (production networks with inventories)",
    moves=("imported", "up"),
    reads=names("firms", ["uid", "sector", "size", "slack", "health"])
    + names("ties", ["nbr", "role", "w"])
    + ("world.demand", "state.trade"),
    writes=names("firms", ["inventory", "expected", "to_firms", "served", "reputation", "damage", *HEALTH])
    + names("ties", ["share", "formal"])
    + ("state.trade", "world.goods"),
    update=update_supply,
)
