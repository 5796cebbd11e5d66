"""Measure speed and memory: `python benchmarks/run.py [--quick]`.

Prints one table and writes it as JSON. Ratios are medians of interleaved pairs on one machine; absolute
numbers stand beside them and mean little on another machine. What is measured and how:
docs/performance.md.
"""

from __future__ import annotations

import argparse
import copy
import cProfile
import gc
import io
import json
import os
import pstats
import resource
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from time import perf_counter

import numpy as np
from numba import njit

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent), str(HERE.parent / "src")]

from benchmarks import c_core  # noqa: E402
from benchmarks.mesa_core import CoreModel, VectorModel  # noqa: E402
from emergence.build import make_simulation  # noqa: E402
from emergence.compose import compose  # noqa: E402
from emergence.step import Simulation  # noqa: E402

LEAN = ("output=lean", "output.every=100000", "seed=1")
CORE = ("scenario=core", *LEAN)
# Everything about groups and competition on the core rules' one layer; neither they nor core have what is left out.
CONTESTED_CORE = (
    "scenario=contested", "layers=[development]", "network=random", "network.degree=7", "orchestration=mesh",
    *(f"rules.{name}.enabled=false" for name in ("market", "exit", "entry", "credit", "adaptation", "knowledge")),
)  # fmt: skip


@dataclass
class Row:
    """One line of the table.

    Parameters
    ----------
    name, unit, baseline : str
        What, in what, against what.
    value : float
        Median.
    target : str
        What the design asks for, empty if nothing.
    pairs : int
        Interleaved pairs, or repeats, behind the median.
    """

    name: str
    value: float
    unit: str
    baseline: str
    target: str
    pairs: int


@dataclass(frozen=True)
class Sizes:
    """How large and how often."""

    mesa: int = 10_000
    mesa_pairs: int = 7
    block: int = 10
    c: tuple[int, ...] = (10_000, 100_000)
    c_pairs: int = 9
    full: int = 10_000
    full_pairs: int = 9
    largest: int = 1_000_000
    largest_months: int = 4
    growth: tuple[int, ...] = (1_000, 10_000, 100_000, 1_000_000)
    growth_repeats: int = 5
    threads: tuple[int, ...] = (10_000, 100_000, 1_000_000)
    thread_pairs: int = 7
    small: int = 500
    small_steps: int = 200
    small_runs: int = 9
    smallest: int = 10
    study_runs: int = 400
    measured: int = 100_000
    measured_repeats: int = 5
    systemic: int = 2_000
    shell: tuple[str, ...] = ()
    shell_runs: int = 3
    first_run: bool = True


QUICK = Sizes(
    mesa=300, mesa_pairs=2, block=2, c=(300,), c_pairs=2, full=300, full_pairs=2, growth=(300, 1_000, 10_000),
    growth_repeats=2, threads=(300,), thread_pairs=2, small=100, small_steps=10, small_runs=2,
    largest=300, largest_months=2, study_runs=4, measured=300, measured_repeats=2, systemic=60,
    shell=("firms=50", "steps=3"), shell_runs=1, first_run=False,
)  # fmt: skip


def simulation(*overrides: str) -> Simulation:
    """Build a world."""
    return make_simulation(compose(list(overrides)))


def ties_of(sim: Simulation) -> int:
    """Return the ties of all layers."""
    return sum(ties.number for ties in sim.world.ties)


def per_tie_step(sim: Simulation, months: int) -> float:
    """Run some months; return nanoseconds per tie-step, the ties counted after each month."""
    ties, seconds = 0, 0.0
    for _ in range(months):
        began = perf_counter()
        sim.advance()
        seconds += perf_counter() - began
        ties += ties_of(sim)
    return seconds / ties * 1e9


def mesa_per_tie_step(model: CoreModel) -> float:
    """Run one month of mesa; the making of random numbers does not count."""
    gc.collect()
    drawing, began = model.luck.seconds, perf_counter()
    model.step()
    seconds = perf_counter() - began - (model.luck.seconds - drawing)
    return seconds / model.graph.number_of_edges() * 1e9


def ratio(pairs: list[tuple[float, float]]) -> tuple[float, float, float]:
    """Return the median ratio second/first, and both medians."""
    return (
        statistics.median(b / a for a, b in pairs),
        statistics.median(a for a, _ in pairs),
        statistics.median(b for _, b in pairs),
    )


def against_mesa(sizes: Sizes) -> list[Row]:
    """Core rules against the same rules in mesa, in two manners of writing."""
    rows = []
    manners = (
        ("mesa, tuned by hand", CoreModel, "300 (this milestone 150)"),
        ("mesa, numpy vectors per agent", VectorModel, "300 (this milestone 150)"),
    )
    for baseline, kind, target in manners:
        ours = simulation(*CORE, f"firms={sizes.mesa}")
        model = kind(ours)
        for _ in range(3):
            model.step()
        ours.advance(3)
        pairs = [(per_tie_step(ours, sizes.block), mesa_per_tie_step(model)) for _ in range(sizes.mesa_pairs)]
        times, own, its = ratio(pairs)
        what = f"core rules, {sizes.mesa:,} firms"
        rows += [
            Row(what, times, "times faster", baseline, target, len(pairs)),
            Row(f"{what}: package", own, "ns per tie-step", baseline, "", len(pairs)),
            Row(f"{what}: {baseline}", its, "ns per tie-step", baseline, "", len(pairs)),
        ]
    return rows


def against_c(sizes: Sizes) -> list[Row]:
    """Interaction and rebuild against C."""
    rows = []
    for firms in sizes.c:
        sim = simulation(*CORE, f"firms={firms}").advance(6)
        halves = sim.world.ties[1].count
        times = c_core.compare(sim, sizes.c_pairs)
        if times is None:
            print("no gcc here: the comparison with C is left out", file=sys.stderr)
            return rows
        names = {
            "interaction": "work and strengthening",
            "breaks": "dissolution: test and removal",
            "insert": "new ties",
            "all": "interaction and rebuild",
        }
        for part, pairs in times.items():
            value, c, own = ratio([(c, own) for own, c in pairs])
            detail = f"{own / halves * 2e9:.0f} ns a tie, C {c / halves * 2e9:.0f}"
            what = f"{names[part]}, {firms:,} firms ({detail})"
            target = "within 1.25" if part == "all" else ""
            rows.append(Row(what, value, "times slower", "C (gcc -O3 -march=native)", target, len(pairs)))
    return rows


def full_world(sizes: Sizes) -> list[Row]:
    """The default scenario, all layers and rules, and all about groups and competition, against the core rules."""
    rows = []
    everything = "groups, competition, culture, learning and accounts at once"
    for what, words, target in (
        ("default world", (), ""),
        ("full world, all layers and rules (scenario=economy)", ("scenario=economy",), "within 4"),
        (f"core rules with {everything}", CONTESTED_CORE, "within 2.5"),
        (f"default world with {everything}", ("scenario=contested",), ""),
    ):
        # Both begin anew, so that the core rules are never compared at another age: ties grow for years.
        core = simulation(*CORE, f"firms={sizes.full}").advance(3)
        full = simulation(*words, *LEAN, f"firms={sizes.full}").advance(3)
        pairs = [(per_tie_step(core, 6), per_tie_step(full, 6)) for _ in range(sizes.full_pairs)]
        value, core_ns, full_ns = ratio(pairs)
        least, most = min(full / core for core, full in pairs), max(full / core for core, full in pairs)
        detail = f"{full_ns:.0f} ns per tie-step, core {core_ns:.0f}; {least:.1f} to {most:.1f}"
        name = f"{what}, {sizes.full:,} firms ({detail})"
        rows.append(Row(name, value, "times slower", "core rules", target, len(pairs)))
    return rows


LARGEST = """
import json, resource, sys
from time import perf_counter
from emergence.build import make_simulation
from emergence.compose import compose

firms, months = map(int, sys.argv[1:])
full = ["scenario=economy", "network=random", "network.degree=3.3", "output.events=false", "threads=2"]
make_simulation(compose([*full, "firms=300"])).advance(2)  # compiles
simulation, seconds = make_simulation(compose([*full, f"firms={firms}"])), []
for _ in range(months):
    began = perf_counter()
    simulation.advance(1)
    seconds.append(perf_counter() - began)
memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
print(json.dumps([memory, sum(ties.number for ties in simulation.world.ties), seconds]))
"""


def largest(sizes: Sizes) -> list[Row]:
    """The full world at its largest, in a process of its own: memory, and a month with its measures."""
    done = spawn(["-c", LARGEST, str(sizes.largest), str(sizes.largest_months)])
    if done is None:
        return []
    memory, ties, (first, *later) = json.loads(done[1])
    what = f"full world, {sizes.largest:,} firms, {ties:,} ties"
    detail = f"{min(later):.1f} to {max(later):.1f}, the first {first:.1f}"
    return [
        Row(f"{what}: memory", memory, "GB", "two threads", "8", 1),
        Row(f"{what}: a month, measures included ({detail})", statistics.median(later), "s", "two threads", "10",
            len(later)),
    ]  # fmt: skip


def growth(sizes: Sizes) -> list[Row]:
    """Exponent of time in the number of firms, worlds taking turns; two threads; memory."""
    worlds = [simulation(*CORE, f"firms={firms}").advance(2) for firms in sizes.growth]
    seconds: list[list[float]] = [[] for _ in worlds]
    for _ in range(sizes.growth_repeats):
        for k, world in enumerate(worlds):
            months = max(1, min(20, 20_000 // sizes.growth[k]))
            began = perf_counter()
            world.advance(months)
            seconds[k].append((perf_counter() - began) / months)
    middle = [statistics.median(times) for times in seconds]
    slope = float(np.polyfit(np.log(sizes.growth), np.log(middle), 1)[0])
    span = f"{sizes.growth[0]:,} to {sizes.growth[-1]:,} firms"
    each = ", ".join(f"{s / ties_of(w) * 1e9:.0f}" for s, w in zip(middle, worlds, strict=True))
    rows = [
        Row(f"growth of time, {span} ({each} ns per tie-step)", slope, "exponent of N", "linear is 1", "1.05",
            sizes.growth_repeats)
    ]  # fmt: skip
    largest = worlds[-1]
    table = largest.world.ties[1]
    bytes_a_tie = (table.nbytes() + table.ptr.nbytes) / table.number
    bare = sum(column[: table.count].nbytes for column in (table.column(name) for name in table.spec))
    name = f"memory of a tie, {sizes.growth[-1]:,} firms ({bare / table.number:.0f} B without spare room)"
    rows.append(Row(name, bytes_a_tie, "bytes", "allocated, pointer included", "64", 1))
    del worlds, largest, table
    gc.collect()
    return rows


@njit(cache=True, nogil=True)
def spin(turns):
    """Keep one core busy without touching memory."""
    x = 1.0
    for _ in range(turns):
        x = x * 1.0000001 + 1e-9
    return x


def free_cores(pool: ThreadPoolExecutor, turns: int = 20_000_000) -> float:
    """Return how many cores (of two) the machine gives at the moment."""
    began = perf_counter()
    spin(turns)
    one = perf_counter() - began
    began = perf_counter()
    for done in [pool.submit(spin, turns) for _ in range(2)]:
        done.result()
    return 2.0 * one / (perf_counter() - began)


def threads(sizes: Sizes) -> list[Row]:
    """Two threads against one, taking turns on one and the same world."""
    rows = []
    pool = ThreadPoolExecutor(2)
    spin(1)
    for firms in sizes.threads:
        one = simulation(*CORE, f"firms={firms}").advance(2)
        two = Simulation(one.world, replace(one.settings, threads=2), one.rules)
        months = max(1, min(10, 100_000 // firms))
        two.advance()
        pairs, cores = [], []
        for _ in range(sizes.thread_pairs):
            pairs.append((per_tie_step(two, months), per_tie_step(one, months)))
            cores.append(free_cores(pool))
        value, two_ns, one_ns = ratio(pairs)
        target = "1.8" if firms >= 100_000 else "never below 1"
        got = f"{statistics.median(cores):.1f} cores free"
        name = f"two threads, {firms:,} firms ({two_ns:.0f} ns per tie-step, one {one_ns:.0f}; {got})"
        rows.append(Row(name, value, "times faster", "one thread", target, len(pairs)))
    return rows


def small_worlds(sizes: Sizes) -> list[Row]:
    """Many small worlds, one after the other, in one process."""
    settings = compose([*CORE, f"firms={sizes.small}"])
    times = []
    for seed in range(sizes.small_runs):
        mine = copy.deepcopy(settings)
        mine.seed = seed
        began = perf_counter()
        make_simulation(mine).advance(sizes.small_steps)
        times.append(perf_counter() - began)
    months = []
    for _ in range(sizes.small_runs):
        few = simulation(*CORE, f"firms={sizes.smallest}").advance(5)
        began = perf_counter()
        few.advance(sizes.small_steps)
        months.append((perf_counter() - began) / sizes.small_steps)
    name = f"small worlds: {sizes.small} firms, {sizes.small_steps} steps, core rules, built and run"
    least = f"a month of {sizes.smallest} firms, core rules: what it costs whatever their number"
    return [
        Row(name, 1.0 / statistics.median(times), "runs a second", "one core", "40", len(times)),
        Row(least, 1e3 * statistics.median(months), "ms", "one core", "", len(months)),
    ]


STUDY = """
name: speed
about: Small worlds of the core rules, three outcomes.
base: {{scenario: core, firms: {small}, steps: {small_steps}}}
factors: {{rules.work.temptation: [0.01, 0.1]}}
points: {study_runs}
outcomes: [{{measure: mean_degree, how: last}}, {{measure: mean_z, how: last}}, useful]
"""


def study(sizes: Sizes) -> list[Row]:
    """The same small worlds as a study on processes, start-up and tables included."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "speed.yaml"
        file.write_text(STUDY.format(**asdict(sizes)))
        command = ["-m", "emergence.cli", "sweep", f"study={file}", f"study.folder={folder}/speed"]
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        done = spawn([*command, "study.report=false"])
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if done is None:
        return []
    computed = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    name = f"a study of {sizes.study_runs:,} such worlds with three outcomes"
    return [
        Row(name, sizes.study_runs / computed, "runs a CPU second", "processes, start-up included", "25", 1),
        Row(f"{name}: by the clock", sizes.study_runs / done[0], "runs a second", "two processes", "", 1),
    ]


def drawn_network(firms: int, ties: int, exponent: float | None) -> tuple[np.ndarray, np.ndarray]:
    """Return a random undirected network as CSR (ptr, nbr); with an exponent its degrees have a tail k^-exponent."""
    luck = np.random.default_rng(1)
    chance = np.ones(firms) if exponent is None else np.arange(1.0, firms + 1) ** (-1.0 / (exponent - 1.0))
    rank = luck.permutation(firms)
    drawn: list[np.ndarray] = []
    codes = np.zeros(0, np.int64)
    while codes.size < ties:
        a, b = (rank[np.searchsorted(np.cumsum(chance / chance.sum())[:-1], luck.random(ties))] for _ in range(2))
        drawn.append((np.minimum(a, b) * firms + np.maximum(a, b))[a != b])
        codes = np.unique(np.concatenate(drawn))
    a, b = np.divmod(luck.permutation(codes)[:ties], firms)
    rows, partners = np.concatenate([a, b]), np.concatenate([b, a])
    order = np.lexsort((partners, rows))
    ptr = np.concatenate([[0], np.cumsum(np.bincount(rows, minlength=firms))])
    return ptr, partners[order].astype(np.int32)


def seconds_of(function: Callable[[], object], repeats: int) -> float:
    """Return the median of some calls, after one that compiles."""
    function()
    times = []
    for _ in range(repeats):
        began = perf_counter()
        function()
        times.append(perf_counter() - began)
    return statistics.median(times)


def measures(sizes: Sizes) -> list[Row]:
    """Measures of large networks, given as arrays; the slower of a random one and one with hubs."""
    from emergence import measures as m

    firms, rows = sizes.measured, []
    networks = [drawn_network(firms, 5 * firms, exponent) for exponent in (None, 2.3)]
    hub = int(np.diff(networks[1][0]).max())
    for name, function, target in (
        ("clustering", m.average_clustering, "60"),
        ("components", m.giant_share, "100"),
        ("robustness, recalculated degree", m.schneider_r, "100"),
        ("constraint", m.burt_constraint, "300"),
        ("betweenness from 64 firms", lambda network: m.betweenness(network, 64), "3,000"),
        ("communities", m.communities, "3,000"),
        ("mean path from 64 firms", lambda network: m.mean_path_length(network, 64), ""),
        ("tail of degrees", m.degree_tail, ""),
    ):
        times = [1e3 * seconds_of(lambda: function(network), sizes.measured_repeats) for network in networks]  # noqa: B023
        what = f"{name}, {firms:,} firms, mean degree 10 (random {times[0]:.0f}, largest hub {hub:,} {times[1]:.0f})"
        rows.append(Row(what, max(times), "ms", "one core", target, sizes.measured_repeats))
    from emergence.kernels.rewiring import rewire_pairs

    ptr, nbr = networks[0]
    owner = np.repeat(np.arange(firms, dtype=np.int32), np.diff(ptr))
    a, b = owner[owner < nbr], nbr[owner < nbr]
    seconds = seconds_of(lambda: rewire_pairs(np.uint64(1), a, b, firms, 10.0), sizes.measured_repeats)
    name = f"rewiring, {a.size:,} ties, 10 attempts each"
    rows.append(Row(name, 1e3 * seconds, "ms", "one core", "", sizes.measured_repeats))
    return rows + systemic_risk(sizes.systemic)


def systemic_risk(firms: int) -> list[Row]:
    """The Economic Systemic Risk Index of every firm, inputs linear and essential by sector."""
    from emergence import measures as m

    luck, rows = np.random.default_rng(1), []
    ptr, nbr = drawn_network(firms, 5 * firms, None)
    flows = (ptr, nbr, luck.lognormal(size=nbr.size))
    sector, essential = luck.integers(0, 20, firms), luck.random(20) < 0.4
    essential = essential[np.unique(sector)]
    m.esri(np.eye(3, k=1))  # compiles
    for name, more in (
        ("linear", {}),
        ("essential inputs of 20 sectors", {"production": "leontief", "sector": sector, "essential": essential}),
    ):
        began = perf_counter()
        m.esri(flows, **more)
        what = f"systemic risk of every firm, {firms:,} firms, {name}"
        rows.append(Row(what, perf_counter() - began, "s", "one core", "60", 1))
    return rows


def spawn(arguments: list[str], **environment: str) -> tuple[float, str] | None:
    """Run a fresh interpreter; return its seconds and what it printed, None if it failed."""
    path = os.pathsep.join([str(HERE.parent / "src"), os.environ.get("PYTHONPATH", "")])
    began = perf_counter()
    done = subprocess.run(
        [sys.executable, *arguments],
        env={**os.environ, "PYTHONPATH": path, **environment},
        capture_output=True,
        text=True,
    )
    seconds = perf_counter() - began
    if done.returncode:
        last = done.stderr.strip().splitlines()[-1:] or ["no message"]
        print(f"left out: {' '.join(arguments)[:90]}: {last[0]}", file=sys.stderr)
        return None
    return seconds, done.stdout


def shell(sizes: Sizes) -> list[Row]:
    """What someone at a terminal waits for."""
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        command = ["-m", "emergence.cli", "run", f"output.folder={folder}/runs", *sizes.shell]
        for name, more, target in (
            ("default emergence run, with report", [], "5"),
            ("default emergence run, no report", ["output.report=false"], "2"),
        ):
            if spawn([*command, *more]) is None:  # the first run warms the caches
                continue
            times = [done[0] for _ in range(sizes.shell_runs) if (done := spawn([*command, *more]))]
            rows.append(Row(name, statistics.median(times), "s", "from the shell, warm caches", target, len(times)))
        for module, target in (("emergence", "0.3"), ("emergence.build", "")):
            code = f"from time import perf_counter as now; began = now(); import {module}; print(now() - began)"
            times = [float(done[1]) for _ in range(max(3, sizes.shell_runs)) if (done := spawn(["-c", code]))]
            if times:
                rows.append(Row(f"import {module}", statistics.median(times), "s", "fresh process", target, len(times)))
        if sizes.first_run:
            done = spawn([*command, "output.report=false"], EMERGENCE_CACHE=f"{folder}/cache")
            if done:
                name = "first run ever, no report, everything compiling"
                rows.append(Row(name, done[0], "s", "empty kernel cache", "30", 1))
    return rows


PARTS: tuple[Callable[[Sizes], list[Row]], ...] = (
    against_mesa,
    against_c,
    full_world,
    largest,
    growth,
    threads,
    small_worlds,
    study,
    measures,
    shell,
)


def profile_mesa(firms: int, lines: int = 16) -> str:
    """Return where a month of the hand-tuned mesa version spends its time (cProfile, by own time)."""
    model = CoreModel(simulation(*CORE, f"firms={firms}"))
    for _ in range(3):
        model.step()
    profile, out = cProfile.Profile(), io.StringIO()
    gc.collect()
    gc.disable()
    profile.runcall(model.step)
    gc.enable()
    pstats.Stats(profile, stream=out).strip_dirs().sort_stats("tottime").print_stats(lines)
    return out.getvalue()


def table(rows: list[Row]) -> str:
    """Return the rows as text."""
    lines = [("what", "value", "unit", "against", "target", "pairs")]
    lines += [(r.name, f"{r.value:.3g}", r.unit, r.baseline, r.target, str(r.pairs)) for r in rows]
    lines = [(*cells[:1], cells[1].replace("e+03", "e3"), *cells[2:]) for cells in lines]
    widths = [max(len(cells[k]) for cells in lines) for k in range(6)]
    return "\n".join("  ".join(c.ljust(w) for c, w in zip(cells, widths, strict=True)).rstrip() for cells in lines)


def main(arguments: list[str] | None = None) -> list[Row]:
    """Measure everything, print the table, write the JSON."""
    parser = argparse.ArgumentParser(description="Measure speed and memory; prints one table, writes JSON.")
    parser.add_argument("--quick", action="store_true", help="tiny sizes: only checks that everything runs")
    parser.add_argument("--only", nargs="*", choices=[part.__name__ for part in PARTS], help="some parts only")
    parser.add_argument("--out", type=Path, help="JSON file (default benchmarks/results/latest.json or quick.json)")
    parser.add_argument("--profile", action="store_true", help="only show where the mesa version spends its time")
    chosen = parser.parse_args(arguments)
    sizes = QUICK if chosen.quick else Sizes()
    if chosen.profile:
        print(profile_mesa(sizes.mesa))
        return []
    rows: list[Row] = []
    for part in PARTS:
        if chosen.only and part.__name__ not in chosen.only:
            continue
        began = perf_counter()
        rows += part(sizes)
        print(f"{part.__name__}: {perf_counter() - began:.0f} s", file=sys.stderr)
        gc.collect()
    print(table(rows))
    out = chosen.out or HERE / "results" / ("quick.json" if chosen.quick else "latest.json")
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(json.dumps([asdict(row) for row in rows], indent=1) + "\n")
    return rows


if __name__ == "__main__":
    main()
