"""Digital tools: a customer system, collaboration, analytics and marketing, taken up and dropped as they pay."""

from __future__ import annotations

import numpy as np

from emergence.kernels.partners import add_partners
from emergence.kernels.random import fill_units
from emergence.luck import stream
from emergence.rules.base import UNIT, Rule, State, names
from emergence.rules.data_pool import data_saving, users
from emergence.rules.trade import Trade, capacity, trade_of
from emergence.schema import ANALYTICS, COLLABORATION, CUSTOMERS, MARKETING, TOOLS

REVIEW = stream("tools.review")


def eased_cost(state: State) -> np.ndarray:
    """Return what collaboration saves a firm that has it on its ties to others that do, EUR, float64[firms]."""
    firms = state.firms
    ties = np.empty(state.world.size)
    state.each(add_partners, users(firms.tools, COLLABORATION).astype(np.float64), *state.learning(), ties)
    return state.rules.tools.ease * state.rules.market.tie_cost * ties * np.sqrt(firms.size / UNIT) * UNIT


def update_tools(state: State) -> None:
    """Let the tools in use have their effects and costs, then let firms ask which of them pay."""
    firms, settings = state.firms, state.rules.tools
    has = np.stack([users(firms.tools, tool) for tool in range(len(TOOLS))], axis=1)
    state.draw_demand(1.0 + settings.reach * has[:, MARKETING])
    trade, eased = trade_of(state), eased_cost(state)
    trade.offered *= 1.0 + settings.retention * has[:, CUSTOMERS]
    trade.saved += settings.insight * has[:, ANALYTICS]
    costs = np.array([getattr(settings, f"{tool}_cost") for tool in TOOLS])
    trade.costs += (has * costs).sum(axis=1) * firms.size - eased * has[:, COLLABORATION]
    # A low draw takes the tool up and a high one drops it, so that a firm reviews with the same chance either way.
    draw = fill_units(state.luck(REVIEW), firms.uid, len(TOOLS))
    reviews = (draw < settings.review) | (draw >= 1.0 - settings.review)
    gains = expected_gains(state, trade, has, eased, reviews)
    row, tool = np.nonzero(reviews)
    gains, draw = gains[row, tool] / firms.size[row] - costs[tool], draw[row, tool]
    wanted = 1.0 / (1.0 + np.exp(-np.clip(gains / settings.noise, -700.0, 700.0)))
    takes, drops = draw < settings.review * wanted, draw >= 1.0 - settings.review * (1.0 - wanted)
    has[row, tool] = (has[row, tool] | takes) & ~drops
    firms.tools[:] = np.packbits(has, axis=1, bitorder="little")[:, 0]


def expected_gains(state: State, trade: Trade, has: np.ndarray, eased: np.ndarray, reviews: np.ndarray) -> np.ndarray:
    """Return what each tool brings a firm this month, had or not, before its cost, EUR, float64[firms, tools].

    What shared data would bring is worked out only for firms that review analytics (`reviews`, bool[firms, tools]).
    Others are taken as they are: what marketing takes from them, and they may take back, is left out.
    """
    settings, market, room = state.rules.tools, state.rules.market, capacity(state)
    gains = np.empty(has.shape)
    for tool, effect in ((CUSTOMERS, settings.retention), (MARKETING, settings.reach)):
        without = trade.offered / np.where(has[:, tool], 1.0 + effect, 1.0)
        sold = np.minimum(room, without * (1.0 + effect)) - np.minimum(room, without)
        gains[:, tool] = (market.price - market.variable_cost) * sold
    gains[:, COLLABORATION] = eased
    saving = settings.insight + data_saving(state, reviews[:, ANALYTICS])
    gains[:, ANALYTICS] = saving * np.minimum(room, trade.offered)
    return gains


RULE = Rule(
    name="tools",
    phase="demand and supply",
    about="firms take up and drop four digital tools by what they bring and cost",
    source="Brynjolfsson, Hitt and Kim 2011 (analytics); Dorfman and Steiner 1954 (marketing); Nelson and Winter 1982",
    moves=("tools_in_use", "up"),
    reads=names("firms", ["uid", "size", "slack", "health", "sales"])
    + names("ties", ["nbr", "good", "bad", "good_in", "bad_in"])
    + ("memberships.uid", "memberships.gid"),
    writes=("firms.tools", "state.pull", "state.trade"),
    update=update_tools,
)
