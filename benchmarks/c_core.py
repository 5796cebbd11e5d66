"""The interaction and the rebuild of one layer in C, against the package's own rules on the same data.

Interaction: work, strengthening and the test which ties break. Rebuild: broken ties out of all columns,
new ties into them. Both sides get fresh copies of the same world and use the same draws, so the results
can be compared entry by entry. One thread. Timed on the package's side: whole rules, their Python
included; what is packed for them beforehand (profile, aside) is packed for both outside the time.
"""

from __future__ import annotations

import ctypes
import shutil
import subprocess
import tempfile
from pathlib import Path
from time import perf_counter
from types import SimpleNamespace
from typing import Any

import numpy as np

from emergence.kernels.dissolution import DissolutionParams
from emergence.kernels.pairs import UtilityParams
from emergence.kernels.strengthening import StrengtheningParams
from emergence.kernels.work import WorkParams
from emergence.rules import dissolution, strengthening, work
from emergence.rules.base import UNIT, params
from emergence.schema import DEVELOPMENT
from emergence.step import Simulation, begin_month
from emergence.tables import Ties

FLAGS = ["-O3", "-march=native", "-shared", "-fPIC"]
PARTS = ("interaction", "breaks", "insert")


def compile_c(folder: str | Path) -> Any:
    """Compile the C file into `folder` and load it; None if there is no gcc."""
    gcc = shutil.which("gcc")
    if gcc is None:
        return None
    target = Path(folder) / "c_core.so"
    source = Path(__file__).with_name("c_core.c")
    subprocess.run([gcc, *FLAGS, str(source), "-o", str(target), "-lm"], check=True)
    library = ctypes.CDLL(str(target))
    library.find_breaks.restype = ctypes.c_int64
    return library


def at(array: np.ndarray) -> ctypes.c_void_p:
    """Return the address of an array's data."""
    return ctypes.c_void_p(array.ctypes.data)


def doubles(values: Any) -> np.ndarray:
    """Return parameters as the C structs want them."""
    return np.array(list(values), np.float64)


def clone(ties: Ties, firms: int) -> Ties:
    """Copy the ties of a layer, with room for a quarter more."""
    copy = Ties(DEVELOPMENT, firms)
    copy.reserve(ties.count + ties.count // 4)
    copy.append(ties.count, **{name: ties.column(name) for name in ties.spec})
    copy.ptr = ties.ptr.copy()
    return copy


class Comparison:
    """One world, two ways to run part of its month.

    Parameters
    ----------
    simulation : Simulation
        ``scenario=core`` with one thread; its ties are replaced.
    library
        From `compile_c`.
    """

    def __init__(self, simulation: Simulation, library: Any) -> None:
        self.simulation, self.library = simulation, library
        world, rules = simulation.world, simulation.rules
        n = world.size
        self.ties = clone(world.ties[DEVELOPMENT], n)
        self.firms = {name: world.firms.column(name).copy() for name in world.firms.spec}
        self.work = doubles(
            params(
                WorkParams,
                rules.work,
                payoff=rules.work.payoff_development * UNIT,
                sucker=rules.work.sucker * UNIT,
                optimum=rules.formation.optimum,
                deterrence=0.0,
            )
        )
        self.strengthening = doubles(
            # C has neither noise nor forgiveness, which are 0.
            [*params(StrengtheningParams, rules.strengthening)[:7], rules.strengthening.reputation]
        )
        self.dissolution = doubles(
            params(DissolutionParams, rules.dissolution, rules.strengthening, hazard=rules.dissolution.development)[:5]
        )
        self.utility = doubles(
            params(UtilityParams, rules.formation.development, rules.formation, distance=rules.search.distance)
        )
        self.new_pairs()

    def new_pairs(self) -> None:
        """Choose the ties to be added, about as many as a month adds."""
        n, random = self.simulation.world.size, np.random.default_rng(1)
        a, b = random.integers(0, n, (2, max(8, self.ties.number // 60)))
        codes = np.unique(np.minimum(a, b)[a != b] * n + np.maximum(a, b)[a != b])
        present = self.ties.owner().astype(np.int64) * n + self.ties.nbr
        codes = codes[~np.isin(codes, present)]
        random.shuffle(codes)
        self.a, self.b = (codes // n).astype(np.int32), (codes % n).astype(np.int32)

    def restore(self) -> Ties:
        """Put fresh copies of the columns into the world and begin its month."""
        simulation = self.simulation
        world, state = simulation.world, simulation._state
        world.ties[DEVELOPMENT] = clone(self.ties, world.size)
        for name, column in self.firms.items():
            world.firms.column(name)[:] = column
        state._views.clear()
        begin_month(state)
        return world.ties[DEVELOPMENT]

    def run_package(self) -> tuple[dict[str, float], SimpleNamespace]:
        """Run the package's rules; return seconds by part and the results."""
        ties = self.restore()
        world, state = self.simulation.world, self.simulation._state
        seconds = {}
        state.profile(), state.aside(DEVELOPMENT)
        began = perf_counter()
        for rule in (work.RULE, strengthening.RULE):
            state.enter_rule(rule)
            rule.update(state)
            state.leave_rule(rule)
        seconds["interaction"] = perf_counter() - began
        outcome = ties.outcome.copy()
        state.enter_rule(dissolution.RULE)
        state.profile(), state.aside(DEVELOPMENT)
        began = perf_counter()
        dissolution.RULE.update(state)
        seconds["breaks"] = perf_counter() - began
        state.leave_rule(dissolution.RULE)
        start, month = self.simulation.rules.formation.strength, state.step
        a, b = self.a, self.b
        began = perf_counter()
        ties.insert(a, b, w=np.full(a.size, start), born=np.full(a.size, month))
        seconds["insert"] = perf_counter() - began
        return seconds, self.results(outcome, ties.ptr, {n: ties.column(n) for n in ties.spec}, world.firms)

    @staticmethod
    def results(outcome: np.ndarray, ptr: np.ndarray, columns: dict[str, Any], firms: Any) -> SimpleNamespace:
        """Collect copies of what the month changed."""
        names = ("reputation", "joint_income", "projects", "successes", "betrayals")
        return SimpleNamespace(
            outcome=outcome,
            ptr=ptr.copy(),
            ties={name: column.copy() for name, column in columns.items()},
            firms={name: getattr(firms, name).copy() for name in names},
        )

    def pack(self, ptr: np.ndarray, firms: Any) -> tuple[np.ndarray, np.ndarray]:
        """Return profile and aside as the C code reads them."""
        standing = firms.size / UNIT
        standing = standing / (standing + 1.0)
        profile = np.zeros((standing.size, 16), np.float32)
        profile[:, :5], profile[:, 5:11], profile[:, 11:14] = firms.skills, firms.culture, firms.purpose
        profile[:, 14] = firms.reputation
        profile[:, 15] = 0.5 * np.clip(firms.z / 5.0, 0.0, 1.0) + 0.5 * standing
        aside = np.empty((standing.size, 2), np.float32)
        k0 = self.simulation.rules.formation.development.k0
        aside[:, 0] = 1.0 / np.maximum(1.0, np.diff(ptr) / k0)
        aside[:, 1] = np.sqrt(firms.size / UNIT)
        return profile, aside

    def run_c(self) -> tuple[dict[str, float], SimpleNamespace]:
        """Run the C functions; return seconds by part and the results."""
        library, state = self.library, self.simulation._state
        ties = clone(self.ties, self.simulation.world.size)
        ties.outcome[:] = 0
        firms = SimpleNamespace(**{name: column.copy() for name, column in self.firms.items()})
        for name in ("joint_income", "projects", "successes", "betrayals"):
            getattr(firms, name)[:] = 0
        n = ctypes.c_int64(firms.uid.size)
        columns = {name: ties._full[name] for name in ties.spec}
        t = SimpleNamespace(**columns)
        seconds = {}
        profile, aside = self.pack(ties.ptr, firms)
        key = ctypes.c_uint64(int(state.luck(work.PROJECT[DEVELOPMENT])))
        began = perf_counter()
        library.update_projects(
            n, key, at(firms.uid), at(profile), at(aside), at(ties.ptr), at(t.nbr), at(t.w), at(t.good),
            at(t.bad), at(t.good_in), at(t.bad_in), at(self.work), at(t.outcome), at(t.value),
            at(firms.joint_income), at(firms.projects), at(firms.successes), at(firms.betrayals),
        )  # fmt: skip
        library.update_strength(
            n, at(ties.ptr), at(t.nbr), at(t.outcome), at(aside), at(self.strengthening), at(t.w), at(t.good),
            at(t.bad), at(t.good_in), at(t.bad_in), at(firms.reputation),
        )  # fmt: skip
        seconds["interaction"] = perf_counter() - began
        outcome = ties.outcome.copy()
        profile, aside = self.pack(ties.ptr, firms)
        key = ctypes.c_uint64(int(state.luck(dissolution.BREAK[DEVELOPMENT])))
        widths = np.array([column.itemsize for column in columns.values()], np.int32)
        pointers = (ctypes.c_void_p * len(columns))(*(column.ctypes.data for column in columns.values()))
        fill = np.zeros((len(columns), 8), np.uint8)
        start, month = self.simulation.rules.formation.strength, state.step
        for k, (name, column) in enumerate(ties.spec.items()):
            value = {"w": start, "born": month}.get(name, column.default)
            fill[k, : widths[k]] = np.frombuffer(np.array([value], column.dtype).tobytes(), np.uint8)
        gone = np.empty(ties.count, np.int64)
        began = perf_counter()
        found = library.find_breaks(
            n, key, at(firms.uid), at(firms.drive), at(firms.x), at(firms.y), at(firms.sector), at(profile),
            at(ties.ptr), at(t.nbr), at(t.w), at(t.good), at(t.bad), at(t.good_in), at(t.bad_in),
            at(self.dissolution), at(self.utility), at(gone),
        )  # fmt: skip
        library.drop(len(columns), pointers, at(widths), n, at(ties.ptr), ctypes.c_int64(found), at(gone))
        seconds["breaks"] = perf_counter() - began
        began = perf_counter()
        library.insert(
            len(columns), pointers, at(widths), at(fill), n, at(ties.ptr), ctypes.c_int64(self.a.size),
            at(self.a), at(self.b),
        )  # fmt: skip
        seconds["insert"] = perf_counter() - began
        count = int(ties.ptr[-1])
        return seconds, self.results(outcome, ties.ptr, {k: v[:count] for k, v in columns.items()}, firms)


def differences(ours: SimpleNamespace, theirs: SimpleNamespace) -> dict[str, float]:
    """Return the largest difference of each result, relative for what is in EUR; structure must agree."""
    found = {
        "outcome": float((ours.outcome != theirs.outcome).sum()),
        "ptr": float(np.abs(ours.ptr - theirs.ptr).max()),
    }
    if found["ptr"] > 0:
        return found
    for label in ("ties", "firms"):
        for name, column in getattr(ours, label).items():
            a, b = column.astype(np.float64), getattr(theirs, label)[name].astype(np.float64)
            scale = np.maximum(1.0, np.abs(b))
            found[f"{label}.{name}"] = float((np.abs(a - b) / scale).max(initial=0.0))
    return found


def compare(simulation: Simulation, repeats: int) -> dict[str, list[tuple[float, float]]] | None:
    """Return (package, C) seconds by part of interleaved repeats; None if there is no gcc.

    Raises
    ------
    AssertionError
        If the results differ.
    """
    with tempfile.TemporaryDirectory() as folder:
        library = compile_c(folder)
        if library is None:
            return None
        comparison = Comparison(simulation, library)
        found = differences(comparison.run_package()[1], comparison.run_c()[1])
        assert found["outcome"] == 0 and max(found.values()) < 1e-5, f"C and package differ: {found}"
        times: dict[str, list[tuple[float, float]]] = {part: [] for part in (*PARTS, "all")}
        for _ in range(repeats):
            ours, theirs = comparison.run_package()[0], comparison.run_c()[0]
            for part in PARTS:
                times[part].append((ours[part], theirs[part]))
            times["all"].append((sum(ours.values()), sum(theirs.values())))
        return times
