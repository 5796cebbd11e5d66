"""The loop of a study: hand out batches, take results in, write shards, go on after anything."""

from __future__ import annotations

import shutil
from collections import Counter, deque
from collections.abc import Callable, Iterable
from concurrent.futures import FIRST_COMPLETED, Future, wait
from typing import Any

import numpy as np

from emergence.errors import Refusal
from emergence.study import work
from emergence.study.engine import Engine, is_death
from emergence.study.plan import Plan, code_version, differences
from emergence.study.progress import in_words
from emergence.study.results import Results
from emergence.study.store import POINT, REPLICATE, RUN, SEED, StudyFolder, now

TRIES = 3
MOST_DEATHS = 30  # in a row, without one finished run between
LEAST, LONGEST, PARTS = 0.5, 20.0, 50  # seconds of a batch, and batches a worker should come to
MOST_RUNS, GROWTH = 5000, 16  # runs of a batch, and how much larger than the last it may be
Batch = tuple[list[int], bool]  # numbers of runs; alone, with no other batch on its way


class Sweep:
    """One study under way in one folder.

    Parameters
    ----------
    plan : Plan
    folder : StudyFolder
    engine : Engine
    tell : callable
        Is given sentences for the one who waits.
    show : callable
        Is given (runs done, runs in all) whenever some have come in.
    """

    def __init__(
        self,
        plan: Plan,
        folder: StudyFolder,
        engine: Engine,
        tell: Callable[[str], None],
        show: Callable[[int, int], None],
    ) -> None:
        self.plan, self.folder, self.engine, self.tell, self.show = plan, folder, engine, tell, show
        self.results = Results(plan)
        self.todo: deque[int] = deque()
        self.again: deque[Batch] = deque()
        self.flying: dict[Future[Any], Batch] = {}
        self.tries: Counter[int] = Counter()
        self.deaths = 0
        self.pace: float | None = None  # seconds a run
        self.size = 1

    def open(self, force: bool = False) -> None:
        """Take the folder, refuse what does not fit it, and read what was finished."""
        folder, plan = self.folder, self.plan
        folder.own()
        problem = folder.read_manifest()
        if problem:
            self.tell(problem)
        before = folder.manifest
        changed = differences(before["identity"], plan.identity) if before else []
        if changed and not force:
            more = f" and {len(changed) - 3} more" if len(changed) > 3 else ""
            raise Refusal(
                f"{folder.path}: was begun as another study: {'; '.join(changed[:3])}{more}\n"
                "study.folder=ANOTHER keeps both; study.force=true goes on here with the runs that still fit"
            )
        codes = list(dict.fromkeys([*before.get("codes", []), code_version()]))
        self.numbers: dict[str, list[int]] = {}
        for run, number in plan.ids(codes):
            # Points of a design may be alike; one result then stands for all of them.
            self.numbers.setdefault(run, []).append(number)
        self.ids = {number: run for run, number in plan.ids(codes[-1:])}
        self._read_shards()
        folder.manifest.pop("tables", None)
        folder.write_manifest(
            program="emergence", study=plan.study.name, identity=plan.identity, codes=codes, done=False, failed=[],
            forced=[*before.get("forced", []), *([{"at": now(), "changed": changed}] if changed else [])],
            outcomes=plan.names, about=plan.about, points=len(plan.design.rows), replicates=plan.study.replicates,
        )  # fmt: skip
        self._write_design()

    def _read_shards(self) -> None:
        listed, others = self.folder.manifest.get("rows", {}), 0
        for name, shard in self.folder.scan():
            if shard is None:
                lost = listed.get(f"runs/{name}")
                what = "is damaged" if (self.folder.path / "runs" / name).exists() else "is gone"
                count = f"its {lost:,} runs are" if lost else "its runs are"
                self.tell(f"runs/{name[:12]}... {what}; {count} computed again")
                self.folder.drop(name)
                continue
            for k, run in enumerate(shard.ids):
                others += run not in self.numbers
                for number in self.numbers.get(run, ()):
                    if not self.results.done[number]:
                        self.results.put(number, shard.values[k], shard.courses[k] if shard.courses else ())
            self.folder.shards[name] = len(shard.ids)
        if self.results.done.any():
            self.tell(f"going on: {int(self.results.done.sum()):,} of {self.plan.runs:,} runs are there")
        if others:
            self.tell(f"{others:,} runs do not fit any more; they are kept, and not counted")

    def go(self) -> None:
        """Compute what is missing; what was finished is kept whatever happens."""
        try:
            while missing := self.results.missing():
                self.todo.extend(missing)
                while self.todo or self.again or self.flying:
                    self._hand_out()
                    self._take_in(wait(self.flying, timeout=5.0, return_when=FIRST_COMPLETED).done)
        except BaseException:
            self._save_what_is_there()
            raise
        finally:
            self.engine.close()

    def _hand_out(self) -> None:
        while len(self.flying) < self.engine.most and (batch := self._next()):
            numbers, alone = batch
            runs = [self.plan.run(number) for number in numbers]
            try:
                future = self.engine.executor.submit(work.run_batch, self.plan.job, runs, self.engine.parent)
            except Exception as error:
                if not is_death(error):
                    raise
                self.again.appendleft(batch)
                self._renew()
                continue
            self.flying[future] = batch
            if alone:
                return

    def _next(self) -> Batch | None:
        """Return the next batch; one that is suspected to kill workers goes alone, after all others came back."""
        if any(alone for _, alone in self.flying.values()):
            return None
        for _ in range(len(self.again)):
            numbers, alone = self.again.popleft()
            if not alone or not self.flying:
                return numbers, alone
            self.again.append((numbers, alone))
        if not self.todo:
            return None
        share = -(-len(self.todo) // self.engine.workers)
        size = max(min(self._fitting(), share), 1)
        return [self.todo.popleft() for _ in range(min(size, len(self.todo)))], False

    def _fitting(self) -> int:
        """Return so many runs that handing them out and writing them down costs next to nothing."""
        if self.pace is None:
            return 1
        seconds = len(self.todo) * self.pace / self.engine.workers / PARTS
        fitting = min(max(seconds, LEAST), LONGEST) / max(self.pace, 1e-7)
        self.size = int(min(fitting, self.size * GROWTH, MOST_RUNS))
        return max(self.size, 1)

    def _take_in(self, done: Iterable[Future[Any]]) -> None:
        died = False
        for future in list(done):
            if future not in self.flying:
                continue
            batch = self.flying.pop(future)
            error = future.exception()
            if error is None:
                self._take(future.result())
            elif is_death(error):
                died = True
                self._bury(batch)
            else:
                raise error
        if died:
            self._renew()

    def _take(self, found: dict[str, Any]) -> None:
        for number, row, course in zip(found["numbers"], found["rows"], found["courses"], strict=True):
            self.results.put(number, row, course)
        if found["numbers"]:
            self.deaths = 0
            self.folder.add(self._columns(found["numbers"]))
        for number, text in found["errors"]:
            self._blame(number, text)
        if not found["first"] and found["numbers"]:
            pace = found["seconds"] / (len(found["numbers"]) + len(found["errors"]))
            if self.pace is None:
                self._estimate(pace)
            self.pace = pace if self.pace is None else 0.5 * (self.pace + pace)
        self.show(int(self.results.done.sum()), self.plan.runs)

    def _estimate(self, pace: float) -> None:
        """Say what is to come, from the first runs, and refuse what the disk cannot take."""
        left = len(self.todo) + sum(len(numbers) for numbers, _ in self.again) + len(self.flying)
        seconds = left * pace / self.engine.workers
        size = self.plan.runs * self.bytes_a_run()
        self.tell(
            f"{left:,} runs to go on {self.engine.workers} {self.engine.name}: about {in_words(seconds)}, "
            f"{size / 1e6:.1f} MB on disk"
        )
        free = shutil.disk_usage(self.folder.path).free
        if size > free:
            raise Refusal(
                f"{self.folder.path}: about {size / 1e6:,.0f} MB are needed and {free / 1e6:,.0f} MB are free; "
                "make room, or give study.folder=ANOTHER"
            )

    def bytes_a_run(self) -> float:
        """Return about what a run takes on disk, in shards and tables."""
        keep = self.plan.study.keep
        kept = (len(keep.measures) + 1) * (max(base.steps for base in self.plan.bases) // keep.every) if keep else 0
        return 100.0 + 2 * 9.0 * (len(self.plan.names) + 3 + kept)

    def _blame(self, number: int, text: str) -> None:
        """Count a try that failed: three, and the run is set aside."""
        self.tries[number] += 1
        if self.tries[number] < TRIES:
            self.again.append(([number], text == DIED))
            return
        self.results.failed[number] = text
        self.tell(f"set aside after {TRIES} tries: {self.where(number)}: {text}")

    def _bury(self, batch: Batch) -> None:
        """Split a batch that was lost with a worker, until it is known which run it was."""
        numbers, alone = batch
        self.deaths += 1
        if self.deaths > MOST_DEATHS:
            raise Refusal(f"workers die whatever they run ({MOST_DEATHS} in a row); try one run with engine=serial")
        if alone:
            self._blame(numbers[0], DIED)
        elif len(numbers) == 1:
            self.again.append((numbers, True))
        else:
            part = -(-len(numbers) // 8)
            self.again.extend((numbers[k : k + part], False) for k in range(0, len(numbers), part))

    def _renew(self) -> None:
        """Have new workers where one death takes all of them."""
        if self.engine.name != "processes":
            return
        lost = dict(self.flying)
        wait(lost, timeout=10.0)
        for future, batch in lost.items():
            self.flying.pop(future)
            if future.done() and not future.cancelled() and future.exception() is None:
                self._take(future.result())
            else:
                self._bury(batch)
        self.engine.close(now=True)

    def _save_what_is_there(self) -> None:
        """Write what came back before a stop; nothing that it runs into may hide why we stop."""
        work.STOPPED.set()
        try:
            self.engine.close(now=True)
            for future in [one for one in self.flying if one.done() and not one.cancelled()]:
                if future.exception() is None and future.result()["numbers"]:
                    found = future.result()
                    for number, row, course in zip(found["numbers"], found["rows"], found["courses"], strict=True):
                        self.results.put(number, row, course)
                    self.folder.add(self._columns(found["numbers"]))
        except Exception as error:
            self.tell(f"the last runs could not be written: {error}")
        finally:
            self.flying.clear()
            work.STOPPED.clear()

    def where(self, number: int) -> str:
        """Return point, replicate and values of a run, for people."""
        point, replicate = divmod(number, self.plan.study.replicates)
        values = ", ".join(f"{k}={v}" for k, v in zip(self.plan.keys, self.plan.design.rows[point], strict=True))
        return f"point {point}, replicate {replicate} ({values}; seed {self.plan.seed(number)})"

    def _columns(self, numbers: list[int]) -> dict[str, Any]:
        columns = {RUN: [self.ids[number] for number in numbers], **self._table(np.array(numbers))}
        if self.folder.kept:
            courses = [self.results.courses.get(number, np.zeros((0, len(self.folder.kept) + 1))) for number in numbers]
            for k, name in enumerate(("step", *self.folder.kept)):
                columns[name] = [course[:, k] for course in courses]
        return columns

    def _table(self, numbers: np.ndarray) -> dict[str, np.ndarray]:
        replicates = self.plan.study.replicates
        table = {
            POINT: numbers // replicates,
            REPLICATE: numbers % replicates,
            SEED: np.array([self.plan.seed(number) for number in numbers.tolist()], np.int64),
        }
        return table | {name: self.results.values[numbers, k].copy() for k, name in enumerate(self.plan.names)}

    def _write_design(self) -> None:
        rows = self.plan.design.rows
        columns: dict[str, Any] = {POINT: np.arange(len(rows))}
        for k, key in enumerate(self.plan.keys):
            values = [row[k] for row in rows]
            plain = all(isinstance(value, int | float) for value in values)
            columns[key] = np.array(values) if plain else ["" if value is None else str(value) for value in values]
        self.folder.write_table(columns, "design.parquet")

    def finish(self, times: dict[str, Any]) -> None:
        """Write the tables of what is there, and the manifest."""
        numbers = np.flatnonzero(self.results.wanted() & self.results.done)
        self.folder.write_table(self._table(numbers), "summary.parquet")
        if self.folder.kept:
            self.folder.write_table(self._series(numbers.tolist()), "series.parquet")
        failed = [
            dict(zip((POINT, REPLICATE), divmod(number, self.plan.study.replicates), strict=True))
            | {SEED: self.plan.seed(number), "error": text}
            for number, text in sorted(self.results.failed.items())
        ]
        self.folder.write_manifest(done=not failed, failed=failed, runs=int(numbers.size), times=times)

    def _series(self, numbers: list[int]) -> dict[str, np.ndarray]:
        """Return the kept courses, a row a run and kept month."""
        empty = np.zeros((0, len(self.folder.kept) + 1))
        courses = [self.results.courses.get(number, empty) for number in numbers]
        whole = np.concatenate([empty, *courses])
        runs = np.repeat(np.array(numbers, np.int64), [len(course) for course in courses])
        replicates = self.plan.study.replicates
        table = {POINT: runs // replicates, REPLICATE: runs % replicates, "step": whole[:, 0].astype(np.int64)}
        return table | {name: whole[:, k].copy() for k, name in enumerate(self.folder.kept, 1)}


DIED = "its worker died"
