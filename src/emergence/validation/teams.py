"""Guimera et al. 2005: teams of newcomers and incumbents, and when a large community appears."""

from __future__ import annotations

import numpy as np
from numba import njit

from emergence import luck
from emergence.kernels.random import below as draw_below
from emergence.kernels.random import draw4, unit
from emergence.validation.case import Case, Found, Run, above, mean_interval, require

MEMBER = luck.stream("validation.teams.member")


def measure(
    m: int = 4, p: float = 0.5, q: float = 0.4, productions: int = 4000, window: int = 400, seed: int = 1,
    runs: int = 10, sign: int = 1,
) -> Found:  # fmt: skip
    """Assemble one team after the other, and measure the network of those who worked together lately.

    Parameters
    ----------
    m : int
        Members of a team.
    p : float
        Chance that a place goes to an incumbent.
    q : float
        Chance that an incumbent is a former partner of one who is in the team already.
    productions : int
        Teams.
    window : int
        Whoever was in none of so many teams in a row leaves, and takes the ties along.
    seed, runs : int
    sign : {1, -1}
        -1: newcomers and incumbents change places.

    Returns
    -------
    dict
        `giant_share`: share of people in the largest component at the end, mean over runs; and `shares`.
    """
    require("teams", m=(m, 2, 64), p=(p, 0.0, 1.0), q=(q, 0.0, 1.0), runs=(runs, 1, 100_000))
    require("teams", productions=(productions, 1, 10**6), window=(window, 1, 10**6))
    odds = p if sign > 0 else 1.0 - p
    shares = np.array(
        [assemble(luck.key(seed, MEMBER, k), int(m), odds, q, int(productions), int(window)) for k in range(int(runs))]
    )
    return {"giant_share": float(shares.mean()), "shares": shares}


@njit(cache=True, nogil=True)
def assemble(key, m, p, q, productions, window):
    """Return the share of the largest component among those who are left after so many teams.

    People are numbered as they come. `teams` (int64[productions, m]) holds the members of each team, so
    someone's former partners are the members of the teams that `before` chains together.
    """
    people = productions * m
    teams = np.full((productions, m), -1)
    before = np.full((productions, m), -1)  # for each place, its holder's previous place
    last = np.full(people, -1)  # for each person, the latest place
    pool = np.empty(people, np.int64)  # incumbents still there
    spot = np.full(people, -1)
    living = 0
    born = 0
    friends = np.empty(people, np.int64)
    listed = np.zeros(people, np.int64)  # for each person, the last list of friends that holds it
    lists = 0
    for t in range(productions):
        incumbents = 0
        for s in range(m):
            words = draw4(key, t, 2 * s)
            more = draw4(key, t, 2 * s + 1)
            chosen = np.int64(-1)
            if unit(words[0]) < p and living > s:
                if incumbents > 0 and unit(words[1]) < q:
                    someone = draw_below(words[2], incumbents)
                    for member in range(s):
                        if before[t, member] >= 0:
                            if someone == 0:
                                lists += 1
                                chosen = partner(
                                    teams[t, member], t, m, teams, before, last, spot, friends, listed, lists, words[3]
                                )
                                break
                            someone -= 1
                if chosen < 0:
                    chosen = stranger(teams[t, :s], pool, living, more)
            if chosen < 0:
                chosen = born
                born += 1
            teams[t, s] = chosen
            before[t, s] = last[chosen]
            if last[chosen] >= 0:
                incumbents += 1
        for s in range(m):
            who = teams[t, s]
            if spot[who] < 0:
                spot[who] = living
                pool[living] = who
                living += 1
            last[who] = t * m + s
        if t >= window:
            for s in range(m):
                who = teams[t - window, s]
                if last[who] == (t - window) * m + s:
                    living -= 1
                    moved = pool[living]
                    pool[spot[who]] = moved
                    spot[moved] = spot[who]
                    spot[who] = -1
    return giant(teams, spot, pool, living)


@njit(cache=True)
def stranger(team, pool, living, words):
    """Return an incumbent who is not in the team yet; a few draws, then the next in line."""
    at = np.int64(0)
    for k in range(4):
        at = draw_below(words[k], living)
        if not (team == pool[at]).any():
            return pool[at]
    while (team == pool[at]).any():
        at = (at + 1) % living
    return pool[at]


@njit(cache=True)
def partner(who, t, m, teams, before, last, spot, friends, listed, number, word):
    """Return a former partner of `who` who is still there and not in team `t`, or -1."""
    count = 0
    listed[who] = number
    for s in range(m):
        if teams[t, s] >= 0:
            listed[teams[t, s]] = number
    place = last[who]
    while place >= 0:
        for s in range(m):
            other = teams[place // m, s]
            if spot[other] >= 0 and listed[other] != number:
                listed[other] = number
                friends[count] = other
                count += 1
        place = before[place // m, place % m]
    return friends[draw_below(word, count)] if count else np.int64(-1)


@njit(cache=True)
def giant(teams, spot, pool, living):
    """Return the share of those still there in the largest component; ties are common teams, however old."""
    parent = np.arange(spot.size)
    for t in range(teams.shape[0]):
        first = np.int64(-1)
        for s in range(teams.shape[1]):
            a = teams[t, s]
            if spot[a] < 0:
                continue
            if first < 0:
                first = a
                continue
            b = first
            while parent[a] != a:
                parent[a] = parent[parent[a]]
                a = parent[a]
            while parent[b] != b:
                parent[b] = parent[parent[b]]
                b = parent[b]
            parent[max(a, b)] = min(a, b)
    size = np.zeros(spot.size, np.int64)
    for k in range(living):
        a = pool[k]
        while parent[a] != a:
            a = parent[a]
        size[a] += 1
    return size.max() / living


CHANCES = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)


def rise(run: Run) -> float:
    """Return the smallest step in the share of the giant component as p rises, teams of four."""
    return float(np.diff([run(p=p)["giant_share"] for p in CHANCES]).min())


def threshold(run: Run, m: int) -> float:
    """Return the chance of an incumbent at which half of all people are in the giant component."""
    low, high = 0.0, 1.0
    for _ in range(8):
        middle = (low + high) / 2
        low, high = (low, middle) if run(m=m, p=middle)["giant_share"] > 0.5 else (middle, high)
    return (low + high) / 2


def curve(run: Run) -> Found:
    """Return the share of the giant component over p, by team size."""
    chances = [round(0.05 * k, 2) for k in range(1, 20)]
    found: Found = {"p": chances}
    for m in (3, 4, 8):
        runs = [run(m=m, p=p) for p in chances]
        found[f"share_{m}"] = [one["giant_share"] for one in runs]
        found[f"interval_{m}"] = [mean_interval(one["shares"]) for one in runs]
    return found


CASE = Case(
    id="teams",
    result="a large community appears as incumbents are called more often, and sooner with larger teams",
    source="Guimera et al. 2005",
    rule="validation.teams (a classic of its own)",
    setup="4000 teams one after the other; each place goes to an incumbent with probability p, who with probability "
    "q = .4 is a former partner of one in the team; who was in no team for 400 teams leaves; 10 runs.",
    conditional="ties never fade while both are active, teams are cliques, and p is given from outside; where the "
    "threshold lies depends on q and on how long people stay",
    flip="newcomers and incumbents change places",
    returns=("giant_share",),
    measure=measure,
    checks=(
        above("smallest step of the giant share as p goes from .1 to .9, m=4", 0.0, rise, quick=True),
        above(
            "p at which half are in the giant component, m=3 less m=4",
            0.0,
            lambda run: threshold(run, 3) - threshold(run, 4),
            quick=True,
        ),
        above(
            "p at which half are in the giant component, m=4 less m=8",
            0.0,
            lambda run: threshold(run, 4) - threshold(run, 8),
            quick=True,
        ),
    ),
    curve=curve,
)
