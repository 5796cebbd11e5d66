"""Models of the studies that tests run: one that waits, and ones that fail."""

import os
import signal
import sys
import time

from emergence.study.models import study_model

HEAVY = ("mesa", "matplotlib", "pandas", "networkx", "hydra", "omegaconf", "SALib")


@study_model("slow")
def slow(seed, x):
    """Wait a fiftieth of a second."""
    time.sleep(0.02)
    return {"y": x + seed / 2.0**63}


@study_model("faulty")
def faulty(seed, x):
    """Fail beyond .8."""
    if x > 0.8:
        raise ArithmeticError(f"{x} is too much")
    return {"y": x}


@study_model("poison")
def poison(seed, x):
    """Kill the process that computes the third level."""
    if x == 3:
        os.kill(os.getpid(), signal.SIGKILL)
    return {"y": float(x)}


def loaded():
    """Return the heavy libraries that this process has loaded."""
    return [name for name in HEAVY if name in sys.modules], os.environ.get("OMP_NUM_THREADS")
