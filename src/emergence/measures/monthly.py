"""The row of measures that a run writes every month."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from emergence.config import Settings
from emergence.kernels.incidents import STRUCK
from emergence.kernels.shape import component_labels, mean_clustering
from emergence.measures import kpis
from emergence.measures.equity import gini
from emergence.measures.newness import diffusion_halftime, novelty
from emergence.schema import BITS, LAYERS, VALUES
from emergence.world import World

# Flows (per month) are sums since the last measured month; with output.every=1 that is the month itself.
# name: (unit, meaning); the keys are the columns of steps.parquet, in this order.
MONTHLY: dict[str, tuple[str, str]] = {
    "step": ("month", "month"),
    "firms": ("count", "firms alive"),
    "entries": ("count/month", "firms founded"),
    "exits": ("count/month", "firms that closed, defaulted or were removed"),
    "defaults": ("count/month", "exits at the credit limit"),
    "ties": ("count", "ties in the acting layers"),
    "formed": ("count/month", "ties formed"),
    "broken": ("count/month", "ties broken by choice"),
    "lost": ("count/month", "ties that ended with a partner"),
    "mean_degree": ("ties", "mean ties per firm and acting layer"),
    "max_degree": ("ties", "most ties of one firm in one acting layer"),
    "mean_strength": ("1", "mean strength of ties in the acting layers"),
    "mean_trust": ("1", "mean trust on ties in the acting layers"),
    "tie_age": ("months", "mean age of ties in the acting layers"),
    "clustering": ("1", "mean local clustering, mean over the acting layers"),
    "components": ("count", "components over all acting layers, isolated firms included"),
    "giant_share": ("1", "share of firms in the largest component over all acting layers"),
    "projects": ("count/month", "joint projects (each side counts one)"),
    "success_rate": ("1", "share of joint projects that succeeded for both"),
    "betrayals": ("count/month", "opportunistic acts"),
    "joint_income": ("EUR/month", "net value of joint projects"),
    "tries": ("count/month", "tries of new practice"),
    "innovations": ("count/month", "practices never used before"),
    "useful": ("count/month", "first-ever practices of high value"),
    "adopted": ("count/month", "innovations of which another firm took over a routine for the first time"),
    "novelty": ("bits", "bits in which a new practice differs from the nearest other in use, mean; 0 if none is new"),
    "parents_distance": ("bits", "bits in which the two practices that a new one came from differ, mean; 0 if none"),
    "diffusion_halftime": (
        "months",
        "from first use until a routine is taken over, median; 0 if none was",
    ),
    "hidden": ("count/month", "partners, one way, who hid what they know"),
    "races": ("count/month", "innovation races that were won"),
    "leaks": ("count/month", "routines that leaked to a rival and were used"),
    "value_gained": ("z/month", "sum of improvements of practice"),
    "mean_z": ("z", "mean value of practices"),
    "best_z": ("z", "best value of a practice"),
    "distinct": ("count", "distinct practices in use"),
    "practice_spread": ("1", "mean share of bits in which two firms' practices differ"),
    "mean_skill": ("1", "mean skill"),
    "output": ("EUR/month", "revenue of all firms"),
    "traded": ("EUR/month", "goods that firms bought of each other, 0 unless `supply` is on"),
    "imported": ("EUR/month", "goods that firms bought outside"),
    "shortage": ("EUR/month", "goods that firms ordered in vain; what is ordered again counts again"),
    "lost_sales": ("EUR/month", "demand of households, and of others outside, that was not served"),
    "scandals": ("count/month", "firms at which misconduct of suppliers came to light"),
    "capacity": ("EUR/month", "capacity of all firms"),
    "capacity_lost": ("EUR/month", "capacity that shocks and incidents keep from working"),
    "regulation": ("EUR/month", "costs of regulation"),
    "cash": ("EUR", "cash of all firms"),
    "performance": ("1", "mean smoothed margin"),
    "fill": ("1", "mean demand met as a share of size"),
    "median_profit": ("EUR/month", "median profit of a firm"),
    "gini_size": ("1", "Gini of size"),
    "reputation": ("1", "mean reputation"),
    "sector_correlation": ("1", "correlation of two sectors' landscapes, mean over pairs"),
    "culture_spread": ("1", "standard deviation of culture between firms, mean over dimensions"),
    "relational": ("1", "mean propensity to be relational rather than opportunistic"),
    "members": ("count", "memberships in groups"),
    "joined": ("count/month", "firms that joined a group"),
    "left": ("count/month", "members that left or were expelled"),
    "group_spending": ("EUR/month", "what groups paid out in interventions"),
    "digital": ("1", "share of firms with digital practice"),
    "struck": ("count", "firms with an incident under way"),
    "referrals": ("count/month", "customers whom partners sent"),
    "customers": ("count/month", "customers won among those sent"),
    "customer_value": ("EUR", "what a customer won will buy until it leaves, mean; 0 if none was won"),
    "referred": ("EUR/month", "demand of customers whom partners sent"),
    "orders": ("count/month", "large orders that came"),
    "orders_won": ("count/month", "large orders that a team of partners won"),
    "joint_sales": ("EUR/month", "large orders won"),
    "overflow": ("EUR/month", "orders passed on to partners with spare capacity"),
    "cost_saved": ("EUR/month", "costs saved by joint purchasing"),
    "aid": ("EUR/month", "cash given to partners and members in need"),
    "helped": ("count/month", "firms that were given cash"),
    "market_share": ("1", "share of its largest seller in a sector, mean over sectors by sales"),
    "net_promoter": ("1", "share of firms whose mean trust in partners is above .7, less that below .4"),
    "network_return": ("1", "value of ties for each EUR that ties and fees cost"),
    "incidents": ("count/month", "firms newly struck by an incident"),
    "recovered": ("count/month", "incidents overcome"),
    "time_to_recover": ("months", "from incident to recovery, mean of those overcome; 0 if none"),
    "automation_rate": ("1", "mean share of work that is automated; 0 unless `automation` is on"),
    "skills_gap": ("1", "share of automation that stands idle for lack of skill"),
    "tools_in_use": ("count", "digital tools per firm, of four; 0 unless `tools` is on"),
    "data_gain": (
        "EUR/month",
        "costs saved by decisions on shared data, if all demand is served; 0 unless `data_pool`",
    ),
    "platform_share": ("1", "share of sales on platforms"),
    "own_channel": ("1", "mean of how well firms reach customers themselves, 1 unless `platform` is on"),
    "platform_members": ("count", "firms that sell on a platform"),
    "platform_income": ("EUR/month", "fees and rival offers of platforms"),
    "value_revenue": ("EUR/month", "net gains of joint projects; value_... are smoothed, 0 unless `accounts` is on"),
    "value_cost": ("EUR/month", "costs saved by routines that were taken over from partners"),
    "value_knowledge": ("points/month", "skills learnt from partners"),
    "value_risk": ("EUR/month", "help in need from groups and partners, less losses by partners' failure"),
    "value_reputation": ("points/month", "change of reputation by partners' trust"),
}

# What needs no look at ties or practices: counters of the month, and sums over a column of firms.
COUNTED = (
    "entries", "exits", "defaults", "formed", "broken", "lost", "projects", "betrayals", "joint_income", "tries",
    "innovations", "useful", "adopted", "hidden", "races", "leaks", "value_gained", "joined", "left", "group_spending",
)  # fmt: skip
SUMMED = {"output": "revenue", "capacity": "size", "cash": "cash"}
CHEAP = frozenset({"step", "firms", *COUNTED, *SUMMED})


def measure_cheap(world: World, names: Iterable[str]) -> dict[str, float]:
    """Return some of `CHEAP`, the same numbers as in the whole row at a small part of its cost."""
    row = {}
    for name in names:
        if name in SUMMED:
            row[name] = float(world.firms.column(SUMMED[name]).sum())
        else:
            row[name] = float({"step": world.step, "firms": world.size}.get(name, world.counts.get(name, 0.0)))
    return row


def measure_month(world: World, settings: Settings) -> dict[str, float]:
    """Measure the world after a month.

    Returns
    -------
    dict of str to float
        One value per key of `MONTHLY`.
    """
    firms, counts, n = world.firms, world.counts, max(world.size, 1)
    acting = [world.ties[LAYERS.index(layer)] for layer in settings.layers]
    half = max(sum(t.count for t in acting), 1)
    row = dict.fromkeys(MONTHLY, 0.0)
    row.update({name: float(value) for name, value in counts.items() if name in MONTHLY})
    labels = joint_components([(t.ptr, t.nbr) for t in acting])
    sizes = np.bincount(labels, minlength=1)
    projects, successes = counts.get("projects", 0.0), counts.get("successes", 0.0)
    row |= {
        "step": float(world.step),
        "firms": float(world.size),
        "ties": float(sum(t.number for t in acting)),
        "mean_degree": sum(t.count for t in acting) / n / len(acting),
        "max_degree": float(max((int(t.degree().max(initial=0)) for t in acting), default=0)),
        "mean_strength": sum(float(t.w.sum(dtype=np.float64)) for t in acting) / half,
        "mean_trust": sum(float(t.trust().sum(dtype=np.float64)) for t in acting) / half,
        "tie_age": sum(float((world.step - t.born).sum(dtype=np.float64)) for t in acting) / half,
        "clustering": float(np.mean([mean_clustering(t.ptr, t.nbr) for t in acting])),
        "components": float(np.count_nonzero(sizes)),
        "giant_share": float(sizes.max(initial=0)) / n,
        "success_rate": successes / projects if projects else 0.0,
        "mean_z": float(firms.z.mean()) if world.size else 0.0,
        "best_z": float(firms.z.max(initial=-10.0)),
        "distinct": float(np.unique(firms.practice).size),
        "novelty": novelty(world, settings.output.every),
        "diffusion_halftime": diffusion_halftime(world),
        "practice_spread": practice_spread(firms.practice),
        "mean_skill": float(firms.skills.mean(dtype=np.float64)) if world.size else 0.0,
        "output": float(firms.revenue.sum()),
        "capacity": float(firms.size.sum()),
        "capacity_lost": float((firms.size * (1.0 - firms.spared)).sum()),
        "cash": float(firms.cash.sum()),
        "performance": float(firms.performance.mean()) if world.size else 0.0,
        "fill": float(firms.fill.mean()) if world.size else 0.0,
        "median_profit": float(np.median(firms.profit)) if world.size else 0.0,
        "gini_size": gini(firms.size),
        "reputation": float(firms.reputation.mean()) if world.size else 0.0,
        "sector_correlation": sector_correlation(world.landscape),
        "culture_spread": float(firms.culture.std(axis=0, dtype=np.float64).mean()) if world.size else 0.0,
        "relational": float(firms.propensities[:, 2].mean()) if world.size else 0.0,
        "members": float(world.memberships.count),
        "digital": float(firms.digital.mean()) if world.size else 0.0,
        "struck": float(np.count_nonzero(firms.incident == STRUCK)),
    }
    customers, market = counts.get("customers", 0.0), settings.rules.market
    row |= {
        "customer_value": counts.get("lifetime_value", 0.0) / customers if customers else 0.0,
        "referred": float(firms.referred.sum()) if "referred" in firms.spec else 0.0,
        "cost_saved": kpis.cost_saved(world),
        "market_share": known_or_0(kpis.largest_share(world)),
        "net_promoter": known_or_0(kpis.net_promoter(world)),
        "network_return": known_or_0(kpis.network_return(world, market.tie_cost)),
    }
    if counts.get("of_two"):
        row["parents_distance"] = counts["parents_apart"] / counts["of_two"]
    if counts.get("recovered"):
        row["time_to_recover"] = counts["months_struck"] / counts["recovered"]
    if "automation" in firms.spec and world.size:
        whole = float(firms.automation.sum())
        row["automation_rate"] = float(firms.automation.mean())
        row["skills_gap"] = float(firms.idle.sum()) / whole if whole else 0.0
    if "tools" in firms.spec and world.size:
        row["tools_in_use"] = float(np.unpackbits(firms.tools).sum()) / world.size
    row["own_channel"] = 1.0
    if "own_channel" in firms.spec and world.size:
        sold = max(float(firms.sales.sum()), 1e-300)
        row["platform_share"] = float((firms.platform_share * firms.sales).sum()) / sold
        row["own_channel"] = float(firms.own_channel.mean())
        row["platform_members"] = float(np.count_nonzero(firms.platforms))
    if "accounts" in firms.spec:
        whole = firms.accounts.sum(axis=0)
        row |= {f"value_{kind}": float(total) for kind, total in zip(VALUES, whole, strict=True)}
    return row


def known_or_0(value: float) -> float:
    """Return the value, 0 where there is nothing to measure."""
    return value if np.isfinite(value) else 0.0


def practice_spread(practice: np.ndarray) -> float:
    """Return the mean share of bits in which two random firms differ: mean of 2 p (1 - p), 0 to .5."""
    if not practice.size:
        return 0.0
    bits = np.unpackbits(practice.view(np.uint8).reshape(-1, 8), axis=1)
    p = bits.sum(axis=0, dtype=np.int64) / practice.size
    return float((2.0 * p * (1.0 - p)).sum() / BITS)


def sector_correlation(landscape: np.ndarray) -> float:
    """Return the correlation of the entries of two sectors' landscapes, mean over pairs; 1 for one sector alone.

    Parameters
    ----------
    landscape : float64[sectors, bits, entries]
    """
    flat = landscape.reshape(landscape.shape[0], -1)
    sectors, entries = flat.shape
    spread = flat.std(axis=1, keepdims=True)
    if sectors == 1 or not (spread > 0).all():
        return 1.0
    # The sum of all correlations is the square of the sum of the standardised rows.
    whole = ((flat - flat.mean(axis=1, keepdims=True)) / spread).sum(axis=0)
    return float((whole @ whole / entries - sectors) / (sectors * (sectors - 1)))


def joint_components(layers: list[tuple[np.ndarray, np.ndarray]]) -> np.ndarray:
    """Return a component label per firm over several layers together, int[n].

    Parameters
    ----------
    layers : list of (int64[n + 1], int32[half-edges])
        Row pointer and partners of each layer.
    """
    if len(layers) == 1:
        return component_labels(*layers[0])
    ptr, places = joint_rows([p for p, _ in layers])
    nbr = np.empty(int(ptr[-1]), np.int32)
    for place, (_, partners) in zip(places, layers, strict=True):
        nbr[place] = partners
    return component_labels(ptr, nbr)


def joint_rows(pointers: list[np.ndarray]) -> tuple[np.ndarray, list[np.ndarray]]:
    """Return the row pointer of several layers laid behind each other, and where each half-edge goes.

    Parameters
    ----------
    pointers : list of int64[n + 1]
        Row pointer of each layer.

    Returns
    -------
    int64[n + 1], list of int64[half-edges]
    """
    ptr = np.sum(pointers, axis=0)
    start, places = ptr[:-1].copy(), []
    for one in pointers:
        degree = np.diff(one)
        places.append(np.repeat(start - one[:-1], degree) + np.arange(one[-1]))
        start += degree
    return ptr, places
