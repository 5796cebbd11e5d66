"""Studies under faults: killed, out of room, damaged, changed; each test proves that its fault fired."""

import errno
import hashlib
import os
import random
import resource
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import yaml

import emergence as em
from emergence.cli import main
from emergence.errors import Refusal
from emergence.kernels import CACHE_FOLDER
from emergence.study import plan as plans
from emergence.study import run as runs
from emergence.study.faults import POINTS
from emergence.study.plan import make_plan
from emergence.study.run import Sweep
from emergence.study.spec import study_of
from emergence.study.store import StudyFolder, read_shard

pytestmark = pytest.mark.skipif(not Path("/proc/self").exists(), reason="looks processes up in /proc")

PLAIN = {"name": "plain", "model": "null", "factors": {"x": [0, 1]}, "points": 40, "outcomes": ["y"]}
KILLS = 8  # of them four at random moments


def plain(**keys):
    return study_of({**PLAIN, **keys}, ["plugins=[study_models]"] if keys.get("model") else [])


def run(study, folder, engine="serial", **keys):
    return em.sweep(study, engine=engine, folder=folder, quiet=True, **keys)


def shards(folder):
    return sorted((folder / "runs").glob("*.parquet"))


def whole(folder, expected):
    """Tell whether a folder holds the expected table, byte for byte, and no run twice."""
    table = em.load_study(folder).summary
    assert not table.duplicated(["point", "replicate"]).any()
    return (folder / "summary.parquet").read_bytes() == expected


@pytest.fixture
def expected(folder):
    """The bytes of the summary of an undisturbed run."""
    run(plain(), folder / "undisturbed")
    return (folder / "undisturbed" / "summary.parquet").read_bytes()


def forked(fault, log, task):
    """Run a task in a child with a fault, and return the signal or exit code that it ended with."""
    child = os.fork()
    if child == 0:
        os.environ |= {"EMERGENCE_FAULT": fault, "EMERGENCE_FAULT_LOG": str(log)}
        try:
            task()
            os._exit(0)
        except BaseException:
            os._exit(1)
    return os.waitpid(child, 0)[1]


def command(folder, engine="processes", **keys):
    """Start a study of slow runs from the shell."""
    study = {**PLAIN, "model": "slow", "points": 60, **keys}
    (folder / "slow.yaml").write_text(yaml.safe_dump(study))
    words = [sys.executable, "-m", "emergence.cli", "sweep", f"study={folder / 'slow.yaml'}", "plugins=[study_models]"]
    words += [f"study.folder={folder / 'slow'}", "engine.workers=2", f"engine={engine}"]
    found = os.pathsep.join([str(Path(__file__).parent), os.environ.get("PYTHONPATH", "")])
    environment = {**os.environ, "PYTHONPATH": found}  # the plugin stands beside this file
    return subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment)


def children(pid):
    """Return the living processes below a process."""
    found, below = {}, []
    for entry in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = entry.read_text().rsplit(")", 1)[1].split()
        except OSError:
            continue
        if fields[0] != "Z":
            found.setdefault(int(fields[1]), []).append(int(entry.parent.name))
    todo = [pid]
    while todo:
        new = found.get(todo.pop(), [])
        below += new
        todo += new
    return below


def workers(pid):
    """Return the children that compute, not those that keep house."""
    found = []
    for child in children(pid):
        try:
            line = Path(f"/proc/{child}/cmdline").read_text()
        except OSError:
            continue
        if "popen_loky" in line:
            found.append(child)
    return found


def alive(pids):
    left = []
    for pid in pids:
        try:
            left += [pid] if Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z" else []
        except OSError:
            continue
    return left


def wait_for(what, seconds=60.0):
    end = time.monotonic() + seconds
    while not (found := what()):
        assert time.monotonic() < end, "what was waited for did not happen"
        time.sleep(0.01)
    return found


# Killed


def kill_at_points(folder, expected, number, log):
    """Kill the parent at named points, in turn, until so many kills; return how many fired."""
    for k in range(number):
        time_of = 1 + k // len(POINTS) % 3
        where = folder / f"killed{k // 6}"
        status = forked(f"{POINTS[k % len(POINTS)]}:{time_of}:kill", log, lambda where=where: run(plain(), where))
        assert os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL, (k, status)
    for where in folder.glob("killed*"):
        run(plain(), where)
        assert whole(where, expected)
    return len(log.read_text().splitlines())


def kill_at_random(folder, number, seed=0):
    """Kill worker, parent or both at random moments; return how many signals found their process alive."""
    fired, luck, study = 0, random.Random(seed), plain(model="slow", points=120)
    run(study, folder / "calm", "threads", workers=20)
    right = (folder / "calm" / "summary.parquet").read_bytes()
    for k in range(number):
        where = folder / f"random{k}"
        where.mkdir()
        process = command(where, points=120)
        wait_for(lambda where=where: shards(where / "slow"))
        time.sleep(luck.uniform(0.0, 0.5))
        targets = {"worker": workers(process.pid)[:1], "parent": [process.pid]}
        targets["both"] = targets["worker"] + targets["parent"]
        for pid in targets[("worker", "parent", "both")[k % 3]]:
            if alive([pid]):
                os.kill(pid, signal.SIGKILL)
                fired += 1
        assert process.wait(60) == (0 if k % 3 == 0 else -signal.SIGKILL), process.communicate()
        process.communicate()
        run(study, where / "slow", "threads", workers=20)
        assert whole(where / "slow", right)
    return fired


def test_killed_at_named_points_and_gone_on_with(folder, expected):
    log = folder / "log"
    assert kill_at_points(folder, expected, KILLS - 4, log) == KILLS - 4


def test_killed_at_random_moments_and_gone_on_with(folder):
    """Worker, parent, both: four signals."""
    assert kill_at_random(folder, 3) == 4


@pytest.mark.long
def test_two_hundred_kills(folder, expected):
    assert kill_at_points(folder, expected, 160, folder / "log") == 160
    assert kill_at_random(folder, 30) >= 40


def test_a_kill_that_does_not_fire_is_noticed(folder, expected):
    """The tests above would otherwise pass by doing nothing."""
    status = forked("after_write:100000:kill", folder / "log", lambda: run(plain(), folder / "s"))
    assert status == 0 and not (folder / "log").exists()


@pytest.mark.parametrize("engine", ["processes", pytest.param("dask", marks=pytest.mark.long)])
def test_no_worker_outlives_its_parent_by_five_seconds(folder, engine):
    process = command(folder, engine, points=4000)
    wait_for(lambda: shards(folder / "slow"))
    below = children(process.pid)
    assert len(alive(below)) >= 2
    process.kill()
    wait_for(lambda: not alive(below), 5.0)
    process.communicate()


def test_a_point_that_kills_its_worker_is_set_aside_and_named(folder, capsys):
    study = {**PLAIN, "name": "p", "model": "poison", "factors": {"x": [0, 1, 2, 3, 4, 5, 6, 7]}, "design": "grid"}
    (folder / "p.yaml").write_text(yaml.safe_dump(study))
    words = [
        "sweep",
        f"study={folder / 'p.yaml'}",
        "plugins=[study_models]",
        f"study.folder={folder / 's'}",
        "engine.workers=2",
    ]
    assert main(words) == 1
    found = em.load_study(folder / "s")
    assert found.summary["point"].tolist() == [0, 1, 2, 4, 5, 6, 7] and not found.manifest["done"]
    assert [one["point"] for one in found.failed] == [3] and found.failed[0]["error"] == runs.DIED
    said = capsys.readouterr()
    assert "x=3" in said.err and "3 tries" in said.err and "set aside: 1" in said.out


@pytest.mark.long
def test_dask_survives_a_point_that_kills_its_worker(folder):
    study = plain(model="poison", factors={"x": [0, 1, 2, 3, 4, 5]}, design="grid")
    found = run(study, folder / "s", "dask", workers=2)
    assert found.summary["point"].tolist() == [0, 1, 2, 4, 5] and [one["point"] for one in found.failed] == [3]


@pytest.mark.parametrize("engine", ["serial", "processes"])
def test_errors_of_some_runs_leave_the_rest(folder, engine):
    found = run(plain(model="faulty", points=20), folder / engine, engine)
    assert len(found.summary) + len(found.failed) == 20 and 2 <= len(found.failed) <= 6
    assert all("too much" in one["error"] for one in found.failed)


def test_workers_that_always_die_end_the_study(folder):
    study = plain(model="poison", factors={"x": [3, 3.0]}, design="grid")
    found = run(study, folder / "s", "processes", workers=1)
    assert len(found.failed) == 2 and not len(found.summary)


def test_ctrl_c_keeps_what_is_finished(folder, expected, capsys):
    (folder / "plain.yaml").write_text(yaml.safe_dump(PLAIN))
    words = ["sweep", f"study={folder / 'plain.yaml'}", f"study.folder={folder / 's'}", "engine=serial"]
    log = folder / "log"
    assert os.WEXITSTATUS(forked("before_manifest:3:interrupt", log, lambda: os._exit(main(words)))) == 130
    assert log.read_text() == "before_manifest interrupt\n" and shards(folder / "s")
    assert main(words) == 0 and "going on" in capsys.readouterr().err
    assert whole(folder / "s", expected)


def test_ctrl_c_in_a_terminal_ends_workers_and_parent(folder):
    process = command(folder, points=4000)
    wait_for(lambda: shards(folder / "slow"))
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=30)
    assert process.returncode == 130 and "The same command goes on" in said and "Traceback" not in said


# Two at once


def test_two_resumers_have_one_owner(folder, expected):
    owner = StudyFolder(folder / "s", ["y"])
    owner.own()
    with pytest.raises(Refusal, match="another process"):
        run(plain(), folder / "s")
    owner.release()
    races = [command(folder, points=80) for _ in range(2)]
    codes = sorted(process.wait(60) for process in races)
    said = "".join(process.communicate()[1] for process in races)
    assert codes == [0, 2] and "another process" in said
    assert len(em.load_study(folder / "slow").summary) == 80


# Out of room


def test_a_full_disk_leaves_what_was_finished(folder, expected, capsys):
    (folder / "plain.yaml").write_text(yaml.safe_dump(PLAIN))
    words = ["sweep", f"study={folder / 'plain.yaml'}", f"study.folder={folder / 's'}", "engine=serial"]
    log = folder / "log"
    assert os.WEXITSTATUS(forked("after_write:6:full", log, lambda: os._exit(main(words)))) == 1
    assert log.read_text() == "after_write full\n" and shards(folder / "s")
    assert not list((folder / "s").rglob("*.tmp"))
    assert main(words) == 0
    assert whole(folder / "s", expected)


def test_a_limit_on_the_size_of_files(folder, expected, capfd):
    (folder / "plain.yaml").write_text(yaml.safe_dump(PLAIN))
    words = ["sweep", f"study={folder / 'plain.yaml'}", f"study.folder={folder / 's'}", "engine=serial"]

    largest = max(file.stat().st_size for file in (folder / "undisturbed").rglob("*.*"))

    def limited():
        resource.setrlimit(resource.RLIMIT_FSIZE, (largest - 1, largest - 1))
        os._exit(main(words))

    assert os.WEXITSTATUS(forked("", folder / "log", limited)) == 1
    said = capfd.readouterr().err
    assert os.strerror(errno.EFBIG) in said and "bytes" in said and "Traceback" not in said
    assert main(words) == 0
    assert whole(folder / "s", expected)


def test_more_than_the_disk_has_is_refused_before_the_start(folder, monkeypatch):
    monkeypatch.setattr(shutil, "disk_usage", lambda _: type("Usage", (), {"free": 10}))
    with pytest.raises(Refusal, match="MB are needed"):
        run(plain(), folder / "s")


# Damaged


def damaged(data, luck, kind):
    if kind == "cut":
        return data[: luck.randrange(len(data))]
    at = luck.randrange(len(data) * 8)
    return data[: at // 8] + bytes([data[at // 8] ^ (1 << at % 8)]) + data[at // 8 + 1 :]


@pytest.mark.parametrize(("kind", "times"), [("cut", 300), ("flip", 600)])
def test_a_damaged_shard_is_never_taken(folder, kind, times):
    run(plain(replicates=3), folder / "s")
    path, luck = max(shards(folder / "s"), key=lambda file: file.stat().st_size), random.Random(1)
    data = path.read_bytes()
    assert len(read_shard(path, ["y"], []).ids) > 1
    for _ in range(times):
        wrong = damaged(data, luck, kind)
        assert wrong != data
        path.write_bytes(wrong)
        assert read_shard(path, ["y"], []) is None


def test_page_checksums_find_what_a_wrong_name_would_hide(folder):
    """Even a shard that is renamed to the checksum of its damaged bytes is not read as other numbers."""
    run(plain(replicates=3), folder / "s")
    path, luck = max(shards(folder / "s"), key=lambda file: file.stat().st_size), random.Random(2)
    data, right, found = path.read_bytes(), read_shard(path, ["y"], []), 0
    begin, end = 4, len(data) - 8 - int.from_bytes(data[-8:-4], "little")
    for _ in range(200):
        wrong = data[:begin] + damaged(data[begin:end], luck, "flip") + data[end:]
        other = path.with_name(hashlib.sha256(wrong).hexdigest() + ".parquet")
        other.write_bytes(wrong)
        read = read_shard(other, ["y"], [])
        other.unlink()
        found += read is None
        assert read is None or (read.ids == right.ids and (read.values == right.values).all())
    assert found > 150


@pytest.mark.parametrize("kind", ["cut", "flip", "gone", "foreign"])
def test_what_was_damaged_is_computed_again_and_said(folder, expected, kind):
    run(plain(), folder / "s")
    victims, luck = shards(folder / "s")[:2], random.Random(3)
    for path in victims:
        if kind == "gone":
            path.unlink()
        elif kind == "foreign":
            path.write_bytes(b"PAR1 is not enough")
        else:
            path.write_bytes(damaged(path.read_bytes(), luck, kind))
    said = []
    plan = make_plan(plain())
    sweep = Sweep(plan, StudyFolder(folder / "s", plan.names), em_engine(), said.append, lambda *_: None)
    sweep.open()
    assert len(sweep.results.missing()) >= 2
    sweep.go()
    sweep.finish({})
    sweep.folder.release()
    assert sum("computed again" in line for line in said) == 2
    assert whole(folder / "s", expected)


def em_engine():
    from emergence.study.engine import Engine

    return Engine("serial")


@pytest.mark.parametrize("name", ["manifest.json", "summary.parquet", "design.parquet"])
@pytest.mark.parametrize("kind", ["cut", "flip", "gone"])
def test_damaged_tables_are_refused_and_written_again(folder, expected, name, kind):
    run(plain(), folder / "s")
    path = folder / "s" / name
    data, files = path.read_bytes(), {file: file.read_bytes() for file in shards(folder / "s")}
    if kind == "gone":
        path.unlink()
    else:
        path.write_bytes(damaged(data, random.Random(4), kind))
    with pytest.raises(Refusal, match=r"damaged|cannot be read|holds no study"):
        study = em.load_study(folder / "s")
        len(study.summary), len(study.design)
    run(plain(), folder / "s")
    assert whole(folder / "s", expected)
    assert {file: file.read_bytes() for file in shards(folder / "s")} == files  # nothing was computed twice
    assert name == "manifest.json" or path.read_bytes() == data


def test_the_clock_and_the_times_of_files_decide_nothing(folder, expected, monkeypatch):
    jumps = iter(range(10**9, -(10**9), -86_400))
    monkeypatch.setattr(time, "time", lambda: float(next(jumps)))
    monkeypatch.setattr(time, "gmtime", lambda *_: time.struct_time((1970, 1, 1, 0, 0, 0, 3, 1, 0)))
    (folder / "s").mkdir()
    assert os.WIFSIGNALED(forked("before_manifest:4:kill", folder / "log", lambda: run(plain(), folder / "s")))
    for k, file in enumerate(shards(folder / "s")):
        os.utime(file, (k * 10**9, 2**31))
    run(plain(), folder / "s")
    assert whole(folder / "s", expected)


# Changed


CHANGES = {
    "replicates": ({"replicates": 2}, "study.replicates was 1, is 2"),
    "points": ({"points": 41}, "study.points was 40, is 41"),
    "seed": ({"seed": 2}, "study.seed was 1, is 2"),
    "common": ({"common": False}, "study.common was true, is false"),
    "factors": ({"factors": {"x": [0, 2]}}, "study.factors"),
    "design": ({"design": "morris"}, "study.design"),
    "model": ({"model": "slow"}, 'study.model was "null", is "slow"'),
}


@pytest.mark.parametrize("change", CHANGES)
def test_another_study_in_the_same_folder_is_refused(folder, change):
    keys, hint = CHANGES[change]
    run(plain(), folder / "s")
    before = {file: file.read_bytes() for file in (folder / "s").rglob("*.*")}
    with pytest.raises(Refusal) as caught:
        run(plain(**keys), folder / "s")
    assert hint in str(caught.value) and "study.force=true" in str(caught.value)
    assert {file: file.read_bytes() for file in (folder / "s").rglob("*.*")} == before


def test_changed_settings_code_and_versions_are_refused(folder, monkeypatch):
    base = {
        "base": {"firms": 10, "steps": 1},
        "model": "simulation",
        "factors": {"conditions.feedback": [0, 1]},
        "points": 2,
        "outcomes": ["mean_z"],
    }
    study = study_of({"name": "s", **base})
    run(study, folder / "s")
    with pytest.raises(Refusal, match="firms was 10, is 11"):
        run(study_of({"name": "s", **base, "base": {"firms": 11, "steps": 1}}), folder / "s")
    monkeypatch.setattr(plans, "versions", lambda: {"numpy": "0"})
    with pytest.raises(Refusal, match=r"versions\.numba was .* is null"):
        run(study, folder / "s")
    monkeypatch.undo()
    for module in (plans, runs):
        monkeypatch.setattr(module, "code_version", lambda: "another")
    with pytest.raises(Refusal, match='is "another"'):
        run(study, folder / "s")
    files = shards(folder / "s")
    found = run(study, folder / "s", force=True)
    assert shards(folder / "s") == files and found.manifest["forced"][0]["changed"][0].startswith("code was")
    assert len(found.manifest["codes"]) == 2


def test_what_still_fits_is_kept_when_forced(folder, expected, monkeypatch):
    run(plain(replicates=2), folder / "s")
    done = []
    monkeypatch.setattr(
        Sweep, "_take", lambda self, found, old=Sweep._take: (done.extend(found["numbers"]), old(self, found))
    )
    found = run(plain(replicates=3), folder / "s", force=True)
    assert len(done) == 40 and len(found.summary) == 120
    run(plain(), folder / "s", force=True)
    assert len(done) == 40 and whole(folder / "s", expected)


# Compiled kernels


def study_with_cache(cache, folder):
    words = [sys.executable, "-m", "emergence.cli", "sweep", "study=quick", "firms=20", "steps=2", "study.points=2"]
    words += ["study.replicates=1", f"study.folder={folder}", "engine.workers=2"]
    environment = {**os.environ, "EMERGENCE_CACHE": str(cache)}
    return subprocess.run(words, capture_output=True, text=True, env=environment)


def test_a_damaged_cache_of_kernels_is_compiled_again(folder):
    cache, luck = folder / "cache", random.Random(5)
    shutil.copytree(CACHE_FOLDER, cache / Path(CACHE_FOLDER).name)
    assert study_with_cache(cache, folder / "whole").returncode == 0
    for pattern, kind in (
        ("*make_meetings*.nbc", "flip"),
        ("*redraw_entries*.nbc", "cut"),
        ("*component_labels*.nbi", "cut"),
        ("*pack_aside*.nbi", "flip"),
    ):
        files = sorted(cache.rglob(pattern))
        assert files, pattern
        for file in files:
            file.write_bytes(damaged(file.read_bytes(), luck, kind))
    done = study_with_cache(cache, folder / "damaged")
    assert done.returncode == 0, done.stderr
    assert (folder / "damaged" / "summary.parquet").read_bytes() == (folder / "whole" / "summary.parquet").read_bytes()


@pytest.mark.long
def test_many_processes_compile_at_once_and_a_read_only_cache_stops_nobody(folder):
    first = study_with_cache(folder / "empty", folder / "a")
    assert first.returncode == 0, first.stderr
    second = study_with_cache("/proc/nowhere", folder / "b")
    assert second.returncode == 0, second.stderr
    assert (folder / "a" / "summary.parquet").read_bytes() == (folder / "b" / "summary.parquet").read_bytes()


# Large


@pytest.mark.long
def test_a_hundred_thousand_points_fit_and_are_scanned_quickly(folder):
    """The parent stays under 1 GB, and going on takes under 30 s."""
    code = (
        "import resource, sys, time, emergence as em; from emergence.study.spec import study_of;"
        "study = study_of({'name': 'many', 'model': 'null', 'factors': {'x': [0, 1], 'z': [0, 1]}, 'points': 100_000,"
        "'outcomes': ['y']}); began = time.perf_counter();"
        f"found = em.sweep(study, engine='processes', folder={str(folder / 's')!r}, quiet=True);"
        "assert len(found.summary) == 100_000;"
        "print(time.perf_counter() - began, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6)"
    )
    for limit in (600.0, 30.0):
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        seconds, gigabytes = map(float, done.stdout.split())
        assert seconds < limit and gigabytes < 1.0


def test_runs_are_batched_by_their_pace(folder):
    """Otherwise handing out and writing down would cost more than short runs do."""
    run(plain(points=20_000), folder / "s")
    sizes = [len(read_shard(file, ["y"], []).ids) for file in shards(folder / "s")]
    assert sum(sizes) == 20_000 and len(sizes) < 40 and np.max(sizes) <= runs.MOST_RUNS
