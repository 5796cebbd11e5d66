"""Named points at which a test makes the program fail as a machine would."""

from __future__ import annotations

import errno
import os
import signal
from collections import Counter

POINTS = ("before_write", "after_write", "after_rename", "before_manifest")
_PASSED: Counter[str] = Counter()


def reach(point: str) -> None:
    """Fail here if the environment asks for it.

    ``EMERGENCE_FAULT=after_write:3:kill`` kills the process when it comes to `after_write` for the third time;
    ``full`` raises the error of a full disk, ``interrupt`` that of Ctrl-C. The file that ``EMERGENCE_FAULT_LOG``
    names gets a line first, so that a test can prove that the fault fired.
    """
    asked = os.environ.get("EMERGENCE_FAULT")
    if not asked:
        return
    name, time, action = asked.split(":")
    _PASSED[point] += 1
    if name != point or _PASSED[point] != int(time):
        return
    log = os.environ.get("EMERGENCE_FAULT_LOG")
    if log:
        with open(log, "a", encoding="utf-8") as file:
            file.write(f"{point} {action}\n")
            file.flush()
            os.fsync(file.fileno())
    if action == "kill":
        os.kill(os.getpid(), signal.SIGKILL)
    if action == "interrupt":
        raise KeyboardInterrupt
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
