"""Sharing among partners of what some lack and others have to spare."""

from numba import njit

from emergence.kernels.pairs import trust_of


@njit(cache=True, nogil=True)
def add_spare(lo, hi, ptr, nbr, good_in, bad_in, trust, alike, need, spare, total, called):
    """Add to `total` (float64[n]) what the partners who would help rows lo..hi can spare.

    Parameters
    ----------
    trust : float
        A partner helps where its own trust is above this.
    alike : int[n]
        Only partners of the same code help.
    need, spare : float64[n]
    called : uint8[n]
        Written: 1 for each of these partners; they may stand in any row.
    """
    for i in range(lo, hi):
        if need[i] > 0.0:
            for h in range(ptr[i], ptr[i + 1]):
                j = nbr[h]
                if alike[j] == alike[i] and trust_of(good_in[h], bad_in[h]) > trust:
                    total[i] += spare[j]
                    called[j] = 1


@njit(cache=True, nogil=True)
def add_asked(lo, hi, ptr, nbr, good, bad, trust, alike, need, spare, total, called, asked):
    """Add to `asked` (float64[n]) what rows lo..hi are asked for: each asks its partners by what they can spare."""
    for i in range(lo, hi):
        if called[i] and spare[i] > 0.0:
            for h in range(ptr[i], ptr[i + 1]):
                j = nbr[h]
                if total[j] > 0.0 and alike[j] == alike[i] and trust_of(good[h], bad[h]) > trust:
                    asked[i] += need[j] * (spare[i] / total[j])


@njit(cache=True, nogil=True)
def hand_over(
    lo, hi, ptr, nbr, good, bad, good_in, bad_in, trust, alike, need, spare, total, asked, moved, given, taken
):  # fmt: skip
    """Write what passes on the ties of rows lo..hi, at most what is needed and what can be spared.

    Parameters
    ----------
    total, asked : float64[n]
        From `add_spare` and `add_asked` over all layers.
    moved : float64[m]
        Added to: what this side gives less what it takes. Both ends compute it from the same numbers.
    given, taken : float64[n]
        Added to.
    """
    for i in range(lo, hi):
        if total[i] <= 0.0 and asked[i] <= 0.0:
            continue
        for h in range(ptr[i], ptr[i + 1]):
            j = nbr[h]
            if alike[j] != alike[i]:
                continue
            if total[i] > 0.0 and spare[j] > 0.0 and trust_of(good_in[h], bad_in[h]) > trust:
                amount = need[i] * (spare[j] / total[i]) * min(1.0, spare[j] / asked[j])
                moved[h] -= amount
                taken[i] += amount
            if total[j] > 0.0 and spare[i] > 0.0 and trust_of(good[h], bad[h]) > trust:
                amount = need[j] * (spare[i] / total[j]) * min(1.0, spare[i] / asked[i])
                moved[h] += amount
                given[i] += amount


@njit(cache=True, nogil=True)
def remember(lo, hi, ptr, nbr, moved, able, needy, gratitude, ingratitude, good, bad, good_in, bad_in, lent):
    """Let rows lo..hi remember on one layer who helped them, and who was helped before and did not help now.

    Parameters
    ----------
    moved : float64[m]
        EUR that this side gave less what it took this month.
    able, needy : bool[n]
        Who had cash to spare, and who was in need, as the month's aid began.
    lent : float32[m]
        What this side gave less what it took before; moved is added.
    """
    for i in range(lo, hi):
        for h in range(ptr[i], ptr[i + 1]):
            j = nbr[h]
            if moved[h] < 0.0:
                good[h] += gratitude
            elif needy[i] and able[j] and lent[h] > 0.0:
                bad[h] += ingratitude
            if moved[h] > 0.0:
                good_in[h] += gratitude
            elif needy[j] and able[i] and lent[h] < 0.0:
                bad_in[h] += ingratitude
            lent[h] += moved[h]
