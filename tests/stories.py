"""The stories of the library, as data: what each scenario shows, against what, and what it is owed to."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Story:
    """What to look for in a scenario.

    Attributes
    ----------
    look : str
        Column of steps.parquet; its mean over the months is the outcome.
    months : (int, int)
        First and last month that are looked at.
    against : tuple of str
        Overrides that make the world to compare with, the luck the same.
    moves : str
        up, down, or not down (where help is looked for in vain): the scenario less the other.
    off : tuple of str
        Overrides of both after which there is no difference.
    rows : tuple of str
        Rows of the table of conditions that are taken out of both for the same end.
    size : tuple of str
        Overrides of both that make them quick to run.
    costs : bool
        The outcome is what the timeline does: each world less the same one without its timeline.
    """

    look: str
    months: tuple[int, int]
    against: tuple[str, ...]
    moves: str
    off: tuple[str, ...] = ()
    rows: tuple[str, ...] = ()
    size: tuple[str, ...] = ("firms=60",)
    costs: bool = False


CALM = ("timeline=[]",)
ALONE = ("network=empty", "rules.search.enabled=false")
MESH = ("groups=none",)
NOBODY_LEADS = ("rules.orchestration.enabled=false",)
NO_WORK = ("rules.work.enabled=false",)
NO_CREDIT = ("rules.credit.enabled=false",)
NO_SUPPLY = ("rules.supply.enabled=false",)
NO_COPYING = ("rules.innovation.copy=0", "rules.innovation.recombine=0")
NO_MEMBERS = ("rules.platform.start=0", "rules.platform.joining=0")
NO_LIMIT = ("rules.formation.development.k0=1000000", "rules.formation.strategic.k0=1000000")
HOMELESS = ("rules.environment.remote_work=0", "rules.market.saving_digital=0", "rules.automation.enabled=false")
NO_SPREAD = ("rules.incidents.spread=0", "rules.incidents.security_cost=0")
LEARNT, GROWN = (13, 36), (13, 24)
OWN = ("firms=100",)
SUPPLIED = ("firms=80",)


def disaster(*against: str, off: tuple[str, ...] = NO_SUPPLY) -> Story:
    """Return the story of a strategy: the disaster takes less of output with it."""
    return Story("output", GROWN, against, "up", off, size=SUPPLIED, costs=True)


STORIES = {
    "adaptive_capacity_high": Story("success_rate", LEARNT, ("scenario=adaptive_capacity_low",), "down", NO_LIMIT),
    "adaptive_capacity_low": Story(
        "useful", LEARNT, ("scenario=adaptive_capacity_high",), "down", ("rules.innovation.tries=0",)
    ),
    "automation": Story("performance", LEARNT, ("rules.automation.enabled=false",), "up", ("founders.digital=0",)),
    "autonomy_high": Story(
        "max_degree",
        LEARNT,
        ("scenario=autonomy_low",),
        "down",
        rows=("rules.search.proposed", "rules.formation.own_weight"),
    ),
    "autonomy_low": Story(
        "practice_spread", LEARNT, ("scenario=autonomy_high",), "down", rows=("rules.innovation.standard",)
    ),
    "baseline": Story("mean_z", LEARNT, ALONE, "up", NO_COPYING),
    "closed": Story("mean_z", (49, 60), ("conditions.diversity=0.9",), "down", NO_COPYING, size=()),
    "contested": Story(
        "mean_skill", LEARNT, ("rules.secrecy.enabled=false",), "down", ("rules.knowledge.enabled=false",)
    ),
    "core": Story(
        "clustering", LEARNT, ("rules.search.development.partners=0",), "up", ("rules.search.enabled=false",)
    ),
    "crisis_everywhere": Story("exits", GROWN, ("rules.aid.enabled=false",), "not down", size=OWN),
    "cyber_incident": Story("incidents", (61, 72), CALM, "up", ("rules.incidents.spread=0",)),
    "digital_laggards": Story(
        "digital", (37, 60), ("rules.network_effect.enabled=false",), "up", ("rules.adoption.weighing=0",)
    ),
    "diversity_high": Story("practice_spread", LEARNT, ("scenario=diversity_low",), "up", rows=("founders.lineages",)),
    "diversity_low": Story("mean_skill", LEARNT, ("scenario=diversity_high",), "down", rows=("founders.skill_spread",)),
    "economy": Story("performance", GROWN, ("rules.platform.enabled=false",), "down", NO_MEMBERS),
    "export": Story("joint_sales", LEARNT, ("groups=[]",), "up", ("rules.sales.enabled=false",)),
    "feedback_high": Story(
        "mean_trust", LEARNT, ("scenario=feedback_low",), "up", ("rules.strengthening.enabled=false",)
    ),
    "feedback_low": Story(
        "mean_z",
        LEARNT,
        ("scenario=feedback_high",),
        "down",
        rows=("rules.innovation.seeing", "rules.adaptation.social"),
    ),
    "florence": Story(
        "joint_income", GROWN, ("timeline=[{month: 13, kind: removal, target: Medici}]",), "up", NO_WORK, size=()
    ),
    "form_association": Story("betrayals", LEARNT, MESH, "down", ("rules.work.temptation=0",)),
    "form_cluster": Story("density_region0", LEARNT, MESH, "up", ("rules.search.enabled=false",), size=OWN),
    "form_franchise": Story("adopted", LEARNT, NOBODY_LEADS, "down", NO_COPYING),
    "form_supply_chain": Story("success_rate", LEARNT, MESH, "up", NOBODY_LEADS),
    "form_virtual_network": Story("ties", LEARNT, MESH, "up", ("rules.search.enabled=false",)),
    "hub_leaves": Story("joint_income", (61, 72), CALM, "down", ("rules.orchestration.succession=0",)),
    "hub_lost": Story("ties", (60, 63), CALM, "down", ALONE),
    "innovation_race": Story("tries", LEARNT, ("rules.races.enabled=false",), "up", ("rules.races.prize=0",)),
    "input_disaster": Story("shortage", (13, 18), CALM, "up", NO_SUPPLY, size=SUPPLIED),
    "input_disaster_prepared": Story(
        "shortage", (13, 18), ("rules.supply.buffer=0.5", "rules.supply.diversify=0"), "down", CALM, size=SUPPLIED
    ),
    "joint_purchasing": Story(
        "performance", LEARNT, ("rules.purchasing.enabled=false",), "up", ("rules.purchasing.exponent=0",)
    ),
    "knowledge_leak": Story(
        "practice_spread", LEARNT, ("rules.leakage.enabled=false",), "down", ("rules.leakage.rate=0",)
    ),
    "local_crisis": Story("exits", GROWN, ("rules.aid.enabled=false",), "down", CALM, size=OWN),
    "noisy_feedback": Story("ties", LEARNT, ("conditions.feedback=0.5",), "down", ("rules.dissolution.reaction=0",)),
    "orchestration_constellation": Story("success_rate", LEARNT, ("groups=[]",), "up", NOBODY_LEADS),
    "orchestration_hub_and_spoke": Story("joint_income", LEARNT, MESH, "up", NOBODY_LEADS),
    "orchestration_hybrid": Story("joint_income", LEARNT, MESH, "up", NOBODY_LEADS),
    "orchestration_mesh": Story("max_degree", LEARNT, ("orchestration=hub_and_spoke",), "down", NOBODY_LEADS),
    "orchestration_open_innovation": Story("mean_z", LEARNT, MESH, "up", ("rules.research.enabled=false",)),
    "orchestration_platform": Story("performance", LEARNT, ("rules.platform.enabled=false",), "down", NO_MEMBERS),
    "orchestration_value_chain": Story("clustering", LEARNT, MESH, "down", NOBODY_LEADS),
    "pandemic": Story(
        "output",
        (60, 71),
        ("rules.adoption.enabled=false",),
        "up",
        ("rules.environment.remote_work=0", "rules.market.saving_digital=0"),
    ),
    "platform_bargain": Story("median_profit", LEARNT, ("groups=[]",), "up", ("rules.platform.power=0",)),
    "platform_hybrid": Story(
        "own_channel", (25, 36), ("rules.platform.multihoming=false",), "up", ("rules.platform.erosion=0",)
    ),
    "platform_synergy": Story(
        "value_gained", (25, 36), ("rules.platform.enabled=false",), "up", ("rules.platform.sharing_data=false",)
    ),
    "platform_trap": Story("median_profit", (37, 48), ("rules.platform.enabled=false",), "down", NO_MEMBERS),
    "policy_change": Story("defaults", (62, 69), ("scenario=recession",), "down", NO_CREDIT),
    "recession": Story("defaults", (60, 72), CALM, "up", NO_CREDIT),
    "regulation": Story("exits", (60, 95), CALM, "up", ("rules.exit.enabled=false", *NO_CREDIT)),
    "secured_hubs": Story(
        "incidents", (1, 36), ("founders.security_at=random",), "down", ("rules.incidents.spread=0",)
    ),
    "shared_purpose_high": Story("joint_income", LEARNT, ("scenario=shared_purpose_low",), "up", NO_WORK),
    "shared_purpose_low": Story(
        "betrayals", LEARNT, ("scenario=shared_purpose_high",), "up", ("rules.work.temptation=0",)
    ),
    "steered": Story(
        "joint_income", (26, 48), ("rules.steering.enabled=false",), "up", ("rules.membership.enabled=false",)
    ),
    "supplied": Story("traded", GROWN, ("rules.supply.outside=5",), "up", ("rules.supply.share=0",)),
    "supply_disaster": Story("output", (75, 84), CALM, "down", ("rules.market.enabled=false",)),
    "supply_disaster_automate": disaster("founders.digital=0", off=HOMELESS),
    "supply_disaster_buffers": disaster("rules.supply.buffer=0.5"),
    "supply_disaster_diversify": disaster("rules.supply.diversify=0"),
    "supply_disaster_foresight": disaster("rules.supply.foresight=0"),
    "supply_disaster_nearshore": disaster("rules.supply.nearshore=0", off=("rules.supply.share=0",)),
    "supply_disaster_planning": disaster("rules.supply.planning=0"),
    "supply_disaster_reconfigure": disaster("rules.supply.reconfigure=0"),
    "supply_disaster_responsible": Story(
        "scandals", GROWN, ("rules.supply.responsible=0",), "down", ("rules.supply.misconduct=0",), size=SUPPLIED
    ),
    "supply_disaster_secure": disaster("founders.security=0", off=NO_SPREAD),
    "supply_disaster_support": disaster("rules.supply.support=0"),
    "technology_shift": Story("value_gained", (61, 84), CALM, "up", ("rules.innovation.enabled=false",)),
    "towns": Story("mean_skill", LEARNT, ("founders.redundancy=0",), "down", ("rules.knowledge.enabled=false",)),
    "unequal_benefits": Story("gini_gains", LEARNT, ("rules.work.sharing=equal",), "up", NO_WORK),
}
