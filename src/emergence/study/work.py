"""Many runs in one worker. Settings come as plain data, results go back as plain data; nothing is written here."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Mapping, Sequence
from typing import Any

ONE_THREAD = {
    name: "1"
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS", "ARROW_NUM_THREADS")
}
WATCHED_EVERY = 1.0  # seconds between two looks whether the parent lives

Run = tuple[int, int, Sequence[Any], int]  # number, base, values, seed
_READY: dict[str, Any] = {}
_WATCHING = threading.Event()
STOPPED = threading.Event()  # threads of this process give back what they have


def settle_in(parent: int | None) -> None:
    """Make a worker process end with its parent, and leave Ctrl-C to the parent."""
    if _WATCHING.is_set() or parent is None or os.getpid() == parent:
        return
    _WATCHING.set()
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGINT, signal.SIG_IGN)

    def watch() -> None:
        # A child whose parent died has another one, perhaps since before it came here.
        while os.getppid() == parent:
            time.sleep(WATCHED_EVERY)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


def _ready(job: Mapping[str, Any]) -> Any:
    """Return the model of a job; the last one is remembered, and threads of one process may share it."""
    model = _READY.get(job["digest"])
    if model is None:
        from emergence.study.models import model_of

        model = model_of(job)
        _READY.clear()
        _READY[job["digest"]] = model
    return model


def run_batch(job: Mapping[str, Any], runs: Sequence[Run], parent: int | None = None) -> dict[str, Any]:
    """Run a batch.

    Parameters
    ----------
    job : mapping
        What all runs have in common, see `run.make_job`.
    runs : sequence of (number, base, values, seed)
    parent : int, optional
        Process that waits for the results.

    Returns
    -------
    dict
        numbers, rows (outcomes), courses, errors [(number, text)], seconds, and whether this was the worker's first.
    """
    settle_in(parent)
    began = time.perf_counter()
    first = job["digest"] not in _READY
    model = _ready(job)
    numbers, rows, courses, errors = [], [], [], []
    for number, base, values, seed in runs:
        if STOPPED.is_set():
            break
        try:
            row, course = model.run(base, values, seed)
        except Exception as error:
            errors.append((number, f"{type(error).__name__}: {error}"))
            continue
        numbers.append(number)
        rows.append(row)
        courses.append(course)
    seconds = time.perf_counter() - began
    return {"numbers": numbers, "rows": rows, "courses": courses, "errors": errors, "seconds": seconds, "first": first}
