"""Every column of firms, ties, groups and memberships: nothing else declares columns.

Allocation, compaction, saving, loading, the mesa views and the tables in docs/reference.md all
read these lists. To add your own column, add one line here.
"""

from __future__ import annotations

from dataclasses import dataclass

LAYERS = ("operational", "development", "strategic", "social")
OPERATIONAL, DEVELOPMENT, STRATEGIC, SOCIAL = range(4)

FORMS = (
    "cluster",
    "association",
    "supply_chain",
    "franchise",
    "virtual",
    "constellation",
    "platform",
    "open_innovation",
)
MODELS = ("hub_and_spoke", "value_chain", "constellation", "open_innovation")  # of orchestration; none: a mesh
DECIDINGS = ("central", "participatory")
SHARINGS = ("equal", "contribution", "power", "bargaining")
SECURED = ("everyone", "random", "hubs")
# Digital tools, in the order of the bits of the column `tools`.
TOOLS = ("customers", "collaboration", "analytics", "marketing")
CUSTOMERS, COLLABORATION, ANALYTICS, MARKETING = range(len(TOOLS))
BUYS = 1  # role of the side of an operational tie that buys
MANDATES = ("fund", "bridge", "backup", "publish", "rebalance", "protect", "prepare", "bargain")
RATIONINGS = ("proportional", "smallest", "random", "relation")
ADMISSIONS = ("open", "vote", "closed")
KINDS = ("smb", "large", "institute", "ngo", "association", "platform")
# Kinds of value that partners bring, in the order of the column `accounts`.
VALUES = ("revenue", "cost", "knowledge", "risk", "reputation")

SKILLS = 5
CULTURE = 6
INPUTS = 4  # kinds of input that a firm can tell apart
PURPOSE = 3
BITS = 48
SPECIALIST = 1  # place among the propensities
PLATFORM = 3  # place among the propensities

ANY = (-1e15, 1e15)
SHARE = (0.0, 1.0)


@dataclass(frozen=True)
class Column:
    """One column: what it is called, how it is stored and what it means.

    Parameters
    ----------
    name : str
        Attribute name on tables and agents.
    dtype : str
        Numpy dtype of one entry.
    width : int
        Entries per row; 1 gives a plain vector, more give a matrix ``[rows, width]``.
    unit : str
        Unit, ``"1"`` for pure numbers.
    default : float
        Value of a new row that nothing else sets.
    meaning : str
        One line in plain words.
    layers : tuple of int
        Ties only: the layers that have the column.
    span : (float, float)
        Least and greatest value that may be set by hand.
    rule : str
        Optional rule that the column belongs to; it takes no memory unless that rule is on.
    """

    name: str
    dtype: str
    width: int
    unit: str
    default: float
    meaning: str
    layers: tuple[int, ...] = (0, 1, 2, 3)
    span: tuple[float, float] = ANY
    rule: str = ""


def _c(
    name: str,
    dtype: str,
    unit: str,
    default: float,
    meaning: str,
    width: int = 1,
    layers: tuple[int, ...] = (0, 1, 2, 3),
    span: tuple[float, float] = ANY,
    rule: str = "",
) -> Column:
    return Column(name, dtype, width, unit, default, meaning, layers, span, rule)


WHAT_IT_BRINGS = ", ".join(VALUES) + "; only while the rule `accounts` is on"

FIRMS = (
    _c("uid", "int64", "id", -1, "identity, never used again"),
    _c("slot", "int64", "id", -1, "place in the urn from which uniform candidates are drawn"),
    _c("kind", "uint8", "code", 0, "smb, large, institute, ngo, association, platform", span=(0, len(KINDS) - 1)),
    _c("born", "int32", "month", 0, "month of entry; negative for founders with a past", span=(-1e6, 1e6)),
    _c("sector", "int16", "code", 0, "sector", span=(0, 254)),
    _c("region", "int16", "code", 0, "region", span=(0, 32_000)),
    _c("x", "float64", "km", 0, "place, west to east"),
    _c("y", "float64", "km", 0, "place, south to north"),
    _c("size", "float64", "EUR/month", 0, "monthly capacity", span=(1.0, 1e13)),
    _c("cash", "float64", "EUR", 0, "balance, may go below zero down to the credit limit"),
    _c("skills", "float32", "1", 0, "five skills in [0, 1]", SKILLS, span=SHARE),
    _c("base_skills", "float32", "1", 0, "skills to which unused learning returns", SKILLS, span=SHARE),
    _c("practice", "uint64", "bits", 0, "48 bits: a point on the sector's landscape", span=(0, 2**BITS - 1)),
    _c("z", "float64", "1", 0, "standardised value of the practice"),
    _c("culture", "float32", "1", 0, "six culture dimensions in [0, 1]", CULTURE, span=SHARE),
    _c("purpose", "float32", "1", 0, "purpose vector in [0, 1]", PURPOSE, span=SHARE),
    _c("reputation", "float64", "1", 0.5, "how far a stranger would trust the firm, [0, 1]", span=SHARE),
    _c("autonomy", "float64", "1", 1, "weight of own utility against an orchestrator's score, [0, 1]", span=SHARE),
    _c("absorptive", "float64", "1", 1, "absorptive capacity, multiplies learning", span=(0.0, 1e6)),
    _c(
        "explore",
        "float64",
        "1",
        1,
        "propensity to explore, multiplies the tolerance for worse practice",
        span=(1e-6, 1e6),
    ),
    _c("aspiration", "float64", "1", 0, "performance aimed at (margin)", span=(-1e3, 1e3)),
    _c("performance", "float64", "1", 0, "smoothed margin: profit per capacity", span=(-1e3, 1e3)),
    _c("drive", "float64", "1", 1, "above 1 below aspiration: searches, tries and drops more", span=(0.01, 100.0)),
    _c("slack", "float64", "1", 0, "reserve capacity as a share of size", span=(0.0, 100.0)),
    _c("digital", "float64", "1", 0, "level of digital practice, [0, 1]", span=SHARE),
    _c("security", "float64", "1", 0, "protection against incidents, [0, 1]", span=SHARE),
    _c("incident", "uint8", "code", 0, "0 well, 1 struck, 2 immune", span=(0, 2)),
    _c("health", "float64", "1", 1, "share of capacity working, [0, 1]", span=SHARE),
    _c("damage", "float64", "1", 0, "share of capacity destroyed and not yet repaired, [0, 1]", span=SHARE),
    _c("spared", "float64", "1", 1, "share of capacity that shocks and incidents leave, [0, 1]", span=SHARE),
    _c("sound", "float64", "1", 1, "health without them, kept while they last, [0, 1]", span=SHARE),
    _c("inventory", "float64", "EUR", 0, "stock of each kind of input", INPUTS, span=(0.0, 1e15), rule="supply"),
    _c("expected", "float64", "EUR/month", 0, "demand that the firm reckons with", span=(0.0, 1e15), rule="supply"),
    _c("to_firms", "float64", "EUR/month", 0, "sold to other firms last month", span=(0.0, 1e15), rule="supply"),
    _c("served", "float64", "1", 1, "share of last month's demand that was served, [0, 1]", span=SHARE, rule="supply"),
    _c("propensities", "float64", "1", 0.5, "open, specialist, relational, platform", 4, span=SHARE),
    _c("platform", "int64", "id", -1, "platform the firm sells most on, -1 none", rule="platform"),
    _c("platforms", "uint8", "bits", 0, "platforms the firm sells on", span=(0, 255), rule="platform"),
    _c("own_channel", "float64", "1", 1, "how well the firm reaches customers itself", span=SHARE, rule="platform"),
    _c("platform_share", "float64", "1", 0, "share of sales on platforms, [0, 1]", span=SHARE, rule="platform"),
    _c("premium", "float64", "1", 0, "premium on demand won in innovation races, fading", span=(0.0, 1e6)),
    _c("referred", "float64", "EUR/month", 0, "demand of customers whom partners sent", rule="referrals"),
    _c("discount", "float64", "1", 0, "share of takings saved by joint purchasing, last month", rule="purchasing"),
    _c("fill", "float64", "1", 1, "demand met by the market as a share of size, last month", span=(0.0, 1e3)),
    _c("sales", "float64", "EUR/month", 0, "takings from customers last month, fees included"),
    _c("revenue", "float64", "EUR/month", 0, "revenue of last month"),
    _c("profit", "float64", "EUR/month", 0, "revenue less all costs of last month"),
    _c("joint_income", "float64", "EUR/month", 0, "net value from joint projects of this month"),
    _c("costs_due", "float64", "EUR/month", 0, "costs of ties, of tie building and of tries this month"),
    _c("projects", "int32", "count", 0, "joint projects this month"),
    _c("successes", "int32", "count", 0, "joint projects that succeeded this month"),
    _c("betrayals", "int32", "count", 0, "opportunistic acts of the firm this month"),
    _c("accounts", "float64", "by kind", 0, f"value by kind: {WHAT_IT_BRINGS}", len(VALUES), rule="accounts"),
    _c("automation", "float64", "1", 0, "share of work that is automated, [0, 1]", span=SHARE, rule="automation"),
    _c(
        "idle",
        "float64",
        "1",
        0,
        "automation that lies idle for lack of skill, [0, 1]",
        span=SHARE,
        rule="automation",
    ),
    _c("tools", "uint8", "bits", 0, "customer system, collaboration, analytics, marketing", span=(0, 15), rule="tools"),
    _c("response", "float64", "1", 0, "capability to respond to incidents, [0, 1]", span=SHARE, rule="incidents"),
    _c("struck_in", "int32", "month", -1, "month of the last incident", span=(-1, 1e6), rule="incidents"),
)

TIES = (
    _c("nbr", "int32", "row", -1, "row of the partner"),
    _c("w", "float32", "1", 0.3, "strength, [0, 1]"),
    _c("good", "float32", "count", 0, "own good experience with the partner, faded"),
    _c("bad", "float32", "count", 0, "own bad experience with the partner, faded"),
    _c("good_in", "float32", "count", 0, "the partner's good experience with this side"),
    _c("bad_in", "float32", "count", 0, "the partner's bad experience with this side"),
    _c("value", "float32", "EUR/month", 0, "smoothed value of the tie to this side"),
    _c("share", "float32", "1", 0, "share of the buyer's input", layers=(OPERATIONAL,)),
    _c("born", "int32", "month", 0, "month of formation; negative for imported ties"),
    _c("role", "uint8", "code", 0, "0 both ways, 1 this side buys, 2 it supplies", layers=(OPERATIONAL,)),
    _c("formal", "uint8", "bool", 0, "1 if the tie rests on a contract", layers=(OPERATIONAL, STRATEGIC)),
    _c("lent", "float32", "EUR", 0, "aid given to the partner less aid had of it", rule="aid"),
    _c("outcome", "uint8", "code", 0, "last month's joint project, see kernels.work"),
    _c("accounts", "float32", "by kind", 0, f"value to this side: {WHAT_IT_BRINGS}", len(VALUES), rule="accounts"),
)

GROUPS = (
    _c("gid", "int64", "id", -1, "identity of the group"),
    _c("form", "uint8", "code", 0, "cluster, association, supply_chain, franchise, virtual, constellation, ..."),
    _c(
        "models",
        "uint8",
        "bits",
        0,
        "models of orchestration: hub and spoke, value chain, constellation, open innovation",
    ),
    _c("orchestrator", "int64", "uid", -1, "uid of the firm that leads, -1 none"),
    _c("institute", "int64", "uid", -1, "uid of the research institution, -1 none"),
    _c("leaderless", "int32", "month", -1, "month since which nobody leads, -1 if somebody does or none should"),
    _c(
        "unresearched", "int32", "month", -1, "month since which there is no institution, -1 if there is or none should"
    ),
    _c("standard", "uint64", "bits", 0, "practice that the group proclaims, 0 none yet"),
    _c("follow", "float64", "1", 0.5, "share of copying that follows the standard at an autonomy of .5, [0, 1]"),
    _c("coordination", "float64", "logit", 0, "added to the success of projects that are coordinated"),
    _c("royalty", "float64", "1", 0, "share of the fees that goes to the firm that leads, [0, 1]"),
    _c("deciding", "uint8", "code", 0, "central or participatory"),
    _c("adaptive", "uint8", "bool", 0, "1 if the group revises its rules by what is seen"),
    _c("sharing", "uint8", "code", 0, "of joint value: equal, contribution, power, bargaining"),
    _c("transparency", "float64", "1", 0.5, "how much members see of each other's conduct, [0, 1]"),
    _c("sanctions", "float64", "1", 0, "how dearly opportunism that is seen is paid for, [0, 1]"),
    _c("mending", "float64", "1", 0, "share of conflicts that are settled before they do harm, [0, 1]"),
    _c("protection", "float64", "1", 0, "protection of know-how between members, [0, 1]"),
    _c("admission", "uint8", "code", 0, "open, vote or closed"),
    _c("events", "float64", "1", 0, "share of a member's meetings that take place at the group's events"),
    _c("remote", "uint8", "bool", 0, "1 if its events know no distance"),
    _c("purchasing", "uint8", "bool", 0, "1 if its members buy together"),
    _c("fee", "float64", "months", 0, "fee of a member in months of capacity, a month"),
    _c("monitoring", "float64", "months", 0, "cost of full transparency and sanctions, per member and month"),
    _c("budget", "float64", "EUR", 0, "money the group holds"),
    _c("funded", "float64", "1", 1, "share of last month's monitoring that the budget paid for, [0, 1]"),
    _c("mandate", "uint32", "bits", 0, "interventions that the group may use"),
)

MEMBERSHIPS = (
    _c("uid", "int64", "id", -1, "the member"),
    _c("gid", "int64", "id", -1, "the group"),
    _c("joined", "int32", "month", 0, "month of joining"),
    _c("commitment", "float64", "1", 0.5, "commitment, [0, 1]"),
)
