"""Strength, experience and reputation after the month's projects."""

from typing import NamedTuple

import numpy as np
from numba import njit

from emergence.kernels.pairs import trust_of
from emergence.kernels.random import draw4
from emergence.kernels.work import BOTH_CHEAT, CHEATED, CHEATS, FAILURE, HALF, LOW16, NONE, SUCCESS

ROOT = 1.5**0.5
FARTHEST = 4.0 * ROOT  # how far an error in standard deviations can be from 0


class StrengtheningParams(NamedTuple):
    """See `config.Strengthening`."""

    gain: float
    decay: float
    feedback: float
    reference: float
    evidence: float
    breach: float
    fade: float
    forgiveness: float
    noise: float


@njit(cache=True, inline="always")
def seen_success(key, a, b, code, noise):
    """Return the success (1) or failure (0) of a project as its two sides, of uid `a` and `b`, see it.

    The error is noise x root 1.5 x (sum of eight uniforms - 4): mean 0, variance 1, nearly normal, and a third of
    the time that a normal takes. Each word of luck has 32 bits, so two uniforms.
    """
    y = 1.0 if code == SUCCESS else 0.0
    if noise > 0.0:
        words = draw4(key, min(a, b), max(a, b))
        total = np.uint64(0)
        for k in range(4):
            total += (words[k] & LOW16) + ((words[k] >> HALF) & LOW16)
        y += noise * ROOT * ((np.float64(total) + 4.0) / 65536.0 - 4.0)
    return y


@njit(cache=True, nogil=True)
def update_strength(lo, hi, key, uid, ptr, nbr, outcome, aside, p, w, good, bad, good_in, bad_in):
    """Move strength and experience of the ties of rows lo..hi, in place."""
    # Unsigned indexes spare the test for negative ones.
    for i in range(np.uint64(lo), np.uint64(hi)):
        a_i = np.float64(aside[i, 0])
        for h in range(np.uint64(ptr[i]), np.uint64(ptr[i + np.uint64(1)])):
            code = outcome[h]
            strength = np.float64(w[h])
            gains = p.fade * np.float64(good[h])
            losses = p.fade * np.float64(bad[h])
            gains_in = p.fade * np.float64(good_in[h])
            losses_in = p.fade * np.float64(bad_in[h])
            rise = 0.0
            if code != NONE:
                attention = min(a_i, np.float64(aside[np.uint64(nbr[h]), 0]))
                y = seen_success(key, uid[i], uid[np.uint64(nbr[h])], code, p.noise)
                rise = p.gain * attention * (p.feedback * y + (1.0 - p.feedback) * p.reference)
                weight = p.evidence * attention
                if code == SUCCESS:
                    gains += weight
                    gains_in += weight
                    losses *= 1.0 - p.forgiveness
                    losses_in *= 1.0 - p.forgiveness
                elif code == FAILURE:
                    losses += 0.5 * weight
                    losses_in += 0.5 * weight
                if code == CHEATED or code == BOTH_CHEAT:
                    losses += p.breach * weight
                if code == CHEATS or code == BOTH_CHEAT:
                    losses_in += p.breach * weight
            strength += rise * (1.0 - strength) - p.decay * strength
            w[h] = min(max(strength, 0.0), 1.0)
            good[h] = gains
            bad[h] = losses
            good_in[h] = gains_in
            bad_in[h] = losses_in


@njit(cache=True, nogil=True)
def update_reputation(lo, hi, ptr_a, good_in_a, bad_in_a, ptr_b, good_in_b, bad_in_b, speed, reputation):
    """Let reputation follow the mean trust of the partners in two layers, in place."""
    for i in range(lo, hi):
        k = ptr_a[i + 1] - ptr_a[i] + ptr_b[i + 1] - ptr_b[i]
        if k > 0:
            total = 0.0
            for h in range(ptr_a[i], ptr_a[i + 1]):
                total += trust_of(good_in_a[h], bad_in_a[h])
            for h in range(ptr_b[i], ptr_b[i + 1]):
                total += trust_of(good_in_b[h], bad_in_b[h])
            reputation[i] += speed * (total / k - reputation[i])
