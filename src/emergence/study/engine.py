"""Engines: where runs are computed. Each is a `concurrent.futures.Executor`, so that the loop knows only one thing.

To add your own engine, write a function of an `Engine` that returns an executor and enter it into `ENGINES`.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import BrokenExecutor, Executor, Future, ThreadPoolExecutor
from typing import Any

from emergence.errors import Refusal, nearest
from emergence.study.work import ONE_THREAD, settle_in


class SerialExecutor(Executor):
    """Runs each task at once, in this thread."""

    def submit(self, task: Callable[..., Any], /, *args: Any, **keys: Any) -> Future[Any]:
        """Run a task and return its finished future."""
        future: Future[Any] = Future()
        try:
            future.set_result(task(*args, **keys))
        except Exception as error:
            future.set_exception(error)
        return future


class Engine:
    """Workers, and how to have them anew when they were lost.

    Parameters
    ----------
    name : str
        One of `ENGINES`.
    workers : int, optional
        As many as there are cores if left out.
    address : str, optional
        dask: of a running scheduler, ``tcp://host:8786``; a cluster on this machine if left out.
    """

    def __init__(self, name: str = "processes", workers: int | None = None, address: str | None = None) -> None:
        if name not in ENGINES:
            raise Refusal(f"engine={name}: there is no such engine; {nearest(name, ENGINES)}")
        if workers is not None and not 1 <= workers <= 10_000:
            raise Refusal(f"engine.workers: {workers} is out of range; from 1 to 10,000")
        if address is not None and name != "dask":
            raise Refusal("engine.address: only engine=dask has an address")
        self.name, self.address = name, address
        self.workers = 1 if name == "serial" else workers or cores()
        self._cluster: list[Any] = []
        self._executor: Executor | None = None

    @property
    def executor(self) -> Executor:
        """The executor, started when first asked for."""
        if self._executor is None:
            self._executor = ENGINES[self.name](self)
        return self._executor

    @property
    def most(self) -> int:
        """Batches on their way at once: one more a worker than it can do, so that none waits."""
        return 1 if self.name == "serial" else 2 * self.workers

    @property
    def parent(self) -> int | None:
        """The process that workers end with, where they are its children's children at most."""
        return os.getpid() if self.name in ("processes", "dask") and not self.address else None

    def close(self, now: bool = False) -> None:
        """Let the workers go; at once, or after what they are at."""
        executor, self._executor = self._executor, None
        if executor is not None and self.name == "processes":
            executor.shutdown(wait=True, kill_workers=now)  # type: ignore[call-arg]
        elif executor is not None and self.name != "dask":
            executor.shutdown(wait=True, cancel_futures=now)
        for part in self._cluster:
            part.close()
        self._cluster = []


def cores() -> int:
    """Return how many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def is_death(error: BaseException) -> bool:
    """Tell whether a batch was lost because a worker died, not because of what was computed."""
    return isinstance(error, BrokenExecutor) or type(error).__name__ in ("KilledWorker", "CancelledError")


def _serial(_: Engine) -> Executor:
    return SerialExecutor()


def _threads(engine: Engine) -> Executor:
    return ThreadPoolExecutor(engine.workers)


def _processes(engine: Engine) -> Executor:
    import loky

    # multiprocessing's pool hangs when a worker is killed; loky says so and can be had anew.
    return loky.ProcessPoolExecutor(engine.workers, initializer=settle_in, initargs=(os.getpid(),), env=ONE_THREAD)


def _dask(engine: Engine) -> Executor:
    try:
        import dask
        from distributed import Client, LocalCluster
    except ImportError:
        raise Refusal("engine=dask needs dask: pip install 'emergence[cluster]'; or engine=processes") from None
    if engine.address is None:
        # A batch that killed its worker comes back to us at once; we count the tries ourselves.
        dask.config.set({"distributed.scheduler.allowed-failures": 0})
        cluster = LocalCluster(
            n_workers=engine.workers, threads_per_worker=1, dashboard_address=None, env=ONE_THREAD, silence_logs=50
        )
        engine._cluster = [cluster]
        client = Client(cluster)
    else:
        try:
            client = Client(engine.address, timeout=10)
        except (OSError, ValueError) as error:
            raise Refusal(f"engine.address={engine.address}: no scheduler answers there ({error})") from None
        engine.workers = max(sum(client.nthreads().values()), 1)
    engine._cluster.insert(0, client)
    return client.get_executor(pure=False)


ENGINES: dict[str, Callable[[Engine], Executor]] = {
    "serial": _serial,
    "threads": _threads,
    "processes": _processes,
    "dask": _dask,
}
