"""Scenario files that somebody sent: hundreds of hostile ones are refused at once, and nothing in them is done."""

import builtins
import importlib
import os
import re
import subprocess
import time
from pathlib import Path

import pytest

from emergence.cli import main
from emergence.compose import compose
from emergence.errors import Refusal
from hostile_scenarios import BOMBS, HARMLESS, texts

TEXTS = texts()
LIMIT = 0.1  # seconds of this process
OF_THE_LINE = ["bombs: laughs", "bombs: depth", "bombs: size", "code: " + repr("_target_: evilmod.go"),
               "looked up: " + repr("about: ${oc.env:HOME}"), "steered: " + repr("plugins: [evilmod]"),
               "numbers: " + repr("firms: .nan"), "shapes: " + repr("firms: 30\nfirms: 40"), "shapes: ''",
               "files: ties '/dev/zero'", "bytes: UTF-16 with mark", "bytes: an escaped escape in a key"]  # fmt: skip


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """A folder with a network, and beside it what nobody may reach from there."""
    folder = tmp_path_factory.mktemp("sent") / "home"
    (folder / "below").mkdir(parents=True)
    (folder / "folder.csv").mkdir()
    for place in (folder, folder.parent):
        (place / "ties.csv").write_text("source,target\nA,B\n")
    (folder / "evilmod.py").write_text("open('CANARY', 'w')")
    (folder / "link.csv").symlink_to("/etc/passwd")
    os.mkfifo(folder / "pipe.csv")
    compose(["firms=30"])
    return folder


@pytest.fixture
def guarded(home, monkeypatch):
    """Nothing may be run, imported by a name that the texts give, or opened that is not the sender's."""
    monkeypatch.chdir(home)
    monkeypatch.syspath_prepend(str(home))

    opened, imported = builtins.open, importlib.import_module

    def forbidden(*args, **keys):
        raise AssertionError(f"called with {args} {keys}")

    def unless_compiled(run):
        """Type hints are evaluated, from code that Python compiled; what a file says would come as text."""
        return lambda code, *more: forbidden(code) if isinstance(code, str | bytes) else run(code, *more)

    def look(file, *args, **keys):
        path = Path(os.path.realpath(file)) if isinstance(file, str | os.PathLike) else home
        outside = path.is_relative_to(home.parent) and not path.is_relative_to(home)
        assert not outside and path.parts[1] not in ("etc", "dev", "proc", "sys"), f"opened {file}"
        return opened(file, *args, **keys)

    def load(name, *args):
        assert name.split(".")[0] not in ("evilmod", "os", "subprocess"), f"imported {name}"
        return imported(name, *args)

    for owner, name in ((os, "system"), (os, "popen"), (subprocess, "Popen")):
        monkeypatch.setattr(owner, name, forbidden)
    for name in ("eval", "exec"):
        monkeypatch.setattr(builtins, name, unless_compiled(getattr(builtins, name)))
    monkeypatch.setattr(builtins, "open", look)
    monkeypatch.setattr(importlib, "import_module", load)
    yield home / "scenario.yaml"
    assert not (home / "CANARY").exists()


def refused(path, raw):
    """Return how a file is refused, and the time that it took."""
    path.write_bytes(raw)
    began = time.process_time()
    with pytest.raises(Refusal) as caught:
        compose([f"scenario={path}"])
    return str(caught.value), time.process_time() - began


def test_there_are_hundreds_and_no_two_alike():
    assert len(set(TEXTS.values())) == len(TEXTS) > 400 and not set(TEXTS.values()) & {t.encode() for t in HARMLESS}


@pytest.mark.parametrize("kind", sorted({name.partition(":")[0] for name in TEXTS}))
def test_hostile_files_are_refused_at_once_and_say_where(guarded, kind):
    for name, raw in TEXTS.items():
        if not name.startswith(kind + ":"):
            continue
        said, took = refused(guarded, raw)
        took = min(took, *(refused(guarded, raw)[1] for _ in range(2))) if took > LIMIT else took
        assert took < LIMIT, f"{name}: {took:.2f} s"
        lines = said.splitlines()
        assert 1 <= len(lines) <= 3 and len(said) < 900, f"{name}: {said[:1000]}"
        assert all(line.isprintable() for line in lines), name
        assert said.startswith(f"{guarded}, line ") or "which is the limit for such a file" in said, f"{name}: {said}"


@pytest.mark.parametrize("text", HARMLESS, ids=[repr(text)[:50] for text in HARMLESS])
def test_what_is_harmless_is_read(guarded, text):
    guarded.write_bytes(text.encode())
    settings = compose([f"scenario={guarded}"])
    assert settings.output.folder == "results/runs" and settings.plugins == []
    if "ties: ties.csv" in text or "below" in text:
        assert Path(settings.network.ties) == guarded.parent / "ties.csv"


@pytest.mark.parametrize("name", OF_THE_LINE)
def test_the_command_line_refuses_them_too(home, capsys, monkeypatch, name):
    monkeypatch.chdir(home)
    path = home / "scenario.yaml"
    path.write_bytes(TEXTS[name])
    for words in (["run", f"scenario={path}"], ["check", str(path)]):
        assert main(words) == 2
        told = capsys.readouterr()
        assert not told.out and "Traceback" not in told.err and str(path) in told.err
    assert not (home / "results").exists()


@pytest.mark.parametrize("place", ["pipe.yaml", "folder.yaml", "zero.yaml", "nowhere.yaml"])
def test_a_scenario_that_is_no_file_is_refused(tmp_path, place):
    """A pipe would never end."""
    os.mkfifo(tmp_path / "pipe.yaml")
    (tmp_path / "folder.yaml").mkdir()
    (tmp_path / "zero.yaml").symlink_to("/dev/zero")
    with pytest.raises(Refusal, match=r"is not a file|No such file"):
        compose([f"scenario={tmp_path / place}"])


WRONG = """scenario: mine
firms: many
conditons: {diversity: 0.2}
conditions:
  diversity: 7
  feedback: &a 0.2
rules:
  work: {payof_social: 1, temptation: 2}
  wrok: {enabled: false}
timeline:
  - {month: 0, kind: demand_crysis}
  - {month: 3, when: now}
groups: [{share: 2, fee: 017}]
network: {kind: torus, ties: ../ties.csv}
plugins: [evilmod]
firms: 40
"""


def test_check_says_all_that_is_wrong_with_its_place(tmp_path, capsys):
    path = tmp_path / "sent.yaml"
    path.write_text(WRONG)
    assert main(["check", str(path)]) == 2
    *lines, last = capsys.readouterr().err.splitlines()
    places = [re.match(rf"{re.escape(str(path))}, line (\d+), column (\d+): ", line) for line in lines]
    found = [(int(place[1]), int(place[2])) for place in places if place]
    assert found == [
        (2, 1), (3, 13), (5, 3), (6, 13), (8, 10), (8, 27), (9, 10), (11, 6), (11, 16), (12, 16), (13, 11), (13, 21),
        (13, 26), (14, 11), (14, 24), (15, 1), (16, 1),
    ] and last == f"{len(lines)} to put right"  # fmt: skip
    assert main(["run", f"scenario={path}"]) == 2
    told = capsys.readouterr().err
    assert "line 6, column 13: anchors" in told and "emergence check" in told and len(told.splitlines()) <= 3


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("firms: 30\nrules:\n  innovation: {shortest: 40, longest: 4}\n", "line 3, column 16"),
        ("firms: 30\ntimeline:\n  - {month: 3, kind: policy, key: rules.work.temptation, value: 9}\n", "line 3"),
        ("firms: 30\ntimeline: [{month: 3, kind: removal, target: Nobody}]\n", "line 2, column 38"),
        ("network:\n  kind: file\n  ties: ties.csv\n", "line 3, column 3: ties.csv line 2"),
        ("firms: 30\noutput: {also: [{measure: everything}]}\n", "line 2, column 18"),
        ("firms: 30\nrules: {incidents: {enabled: false}}\ntimeline: [{month: 3, kind: cyber_incident}]\n", "line 3"),
    ],
)
def test_check_says_where_settings_do_not_go_together(tmp_path, capsys, text, place):
    path = tmp_path / "sent.yaml"
    path.write_text(text)
    (tmp_path / "ties.csv").write_text("source,target\nA,A\n")
    assert main(["check", str(path)]) == 2
    assert place in capsys.readouterr().err


def test_wrong_keys_by_the_hundred_are_listed_in_time(tmp_path, capsys):
    path = tmp_path / "sent.yaml"
    path.write_text(BOMBS["wrong keys"])
    began = time.process_time()
    assert main(["check", str(path)]) == 2
    assert len(capsys.readouterr().err.splitlines()) > 200 and time.process_time() - began < 5


@pytest.mark.parametrize(
    "name", ["/dev/zero", "/dev/stdin", "/proc/self/environ", "/proc/self/mem", "pipe.csv", "folder.csv"]
)
def test_special_files_on_the_command_line_are_refused_at_once(home, capsys, monkeypatch, name):
    """Whoever runs may name any file, but a device, a pipe or a folder is none."""
    monkeypatch.chdir(home)
    monkeypatch.setattr("emergence.cli.tell_compiling", lambda: None)  # whether it speaks depends on what ran before
    began = time.monotonic()
    assert main(["run", "network=file", f"network.ties={name}", "steps=1"]) == 2
    assert time.monotonic() - began < 5 and len(capsys.readouterr().err.splitlines()) <= 3
