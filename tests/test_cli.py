"""The command line as a user meets it: run folder, refusals, help."""

import json
import re
import subprocess
import sys

import pytest

from emergence.cli import main
from emergence.config import known_keys
from emergence.errors import Refusal
from emergence.reading import read_settings

SMALL = ["firms=30", "steps=6", "output.report=false"]


def refusal(capsys, *words):
    """Run a command that must be refused and return what it says on standard error."""
    assert main(list(words)) == 2
    text = capsys.readouterr().err.strip()
    assert 1 <= len(text.splitlines()) <= 3 and "Traceback" not in text
    return text


def test_run_writes_the_folder_of_the_contract(folder, capsys):
    assert main(["run", *SMALL, f"output.folder={folder}"]) == 0
    (run,) = folder.iterdir()
    assert run.name.startswith("baseline-")
    names = {file.name for file in run.iterdir()}
    assert {"manifest.json", "steps.parquet", "firms.parquet", "ties.parquet", "events.parquet"} <= names
    manifest = json.loads((run / "manifest.json").read_text())
    assert manifest["seed"] == 1 and manifest["config"]["firms"] == 30
    assert set(manifest["sha256"]) == {n for n in names if n.endswith(".parquet")}
    assert str(run) in capsys.readouterr().out


def test_the_tables_have_the_columns_of_the_contract(folder):
    import pandas as pd

    main(["run", *SMALL, f"output.folder={folder}"])
    (run,) = folder.iterdir()
    assert list(pd.read_parquet(run / "events.parquet").columns) == [
        "step",
        "kind",
        "a",
        "b",
        "layer",
        "value",
    ]
    steps = pd.read_parquet(run / "steps.parquet")
    assert list(steps["step"]) == [1, 2, 3, 4, 5, 6]
    assert pd.read_parquet(run / "firms.parquet")["uid"].is_unique
    assert {"a", "b", "layer", "strength"} <= set(pd.read_parquet(run / "ties.parquet").columns)


@pytest.mark.parametrize(
    ("words", "hint"),
    [
        (["runn"], "did you mean 'run'"),
        (["run", "firm=3"], "did you mean 'firms'"),
        (["run", "conditions.diversty=.5"], "did you mean 'conditions.diversity'"),
        (["run", "conditions.diversity=1.5"], "from 0 to 1"),
        (["run", "scenario=florenc"], "did you mean 'florence'"),
        (["run", "network=fil"], "did you mean 'file'"),
        (["run", "orchestration=hub"], "hub_and_spoke"),
        (["run", "groups=[{shar: 1, fee: 0}]"], "did you mean 'share'"),
        (["run", "groups=[{share: 1, orchestration: [hub]}]"], "hub_and_spoke"),
        (["run", "scenario=[baseline,towns]"], "no such scenario"),
        (["run", "firms=0"], "from 1 to"),
        (["run", "firms=many"], "whole number"),
        (["run", "firms=1e400"], "whole number"),
        (["run", "firms=.nan"], "whole number"),
        (["run", "firms=NO"], "whole number"),
        (["run", "firms=2.5"], "whole number"),
        (["run", "seed=-1"], "from 0"),
        (["run", "firms=[1,2"], "not understood"),
        (["run", "firms"], "key=value"),
        (["run", "rules.work.payof=1"], "payoff"),
        (["run", "layers=[developmnt]"], "did you mean 'development'"),
        (["run", "network=file"], "network.ties"),
        (["run", "network=file", "network.ties=/none.csv"], "/none.csv"),
        (["run", "timeline=[{month: 3, kind: demand_crysis}]"], "demand_crisis"),
        (
            ["run", "timeline=[{month: 3, kind: removal, target: Nobody}]", "steps=4", "firms=9"],
            "no firm of that name",
        ),
        (["run", "rules.innovation.copy=.9"], "must not exceed 1"),
        (["explain", "scenario=nowhere"], "there is no such scenario"),
    ],
)
def test_refusals_name_the_nearest_valid_choice(capsys, words, hint):
    assert hint in refusal(capsys, *words)


@pytest.mark.parametrize(
    ("ties", "hint"),
    [
        ("source,target\nA,A\n", "line 2"),
        ("source,target\nA,B\nB,A\n", "line 3"),
        ("source,target\nA,Z\n", "'Z'"),
        ("source,traget\nA,B\n", "target"),
        ("source,target,strength\nA,B,2\n", "line 2"),
        ("", "empty"),
        ('source,target\n"A,B\n', "quot"),
    ],
)
def test_broken_networks_are_refused_with_the_line(folder, capsys, ties, hint):
    (folder / "ties.csv").write_text(ties)
    (folder / "firms.csv").write_text("id,name\nA,Alpha\nB,Beta\n")
    words = ["network=file", f"network.ties={folder}/ties.csv", f"network.firms={folder}/firms.csv"]
    assert hint in refusal(capsys, "run", *words)


@pytest.mark.parametrize("where", ["/proc/nothing", "/dev/null/x", "file.txt/sub"])
def test_a_folder_that_cannot_be_written_is_refused_before_the_run(folder, capsys, monkeypatch, where):
    monkeypatch.chdir(folder)
    (folder / "file.txt").write_text("")
    assert "cannot be written" in refusal(capsys, "run", "firms=9", "steps=1", f"output.folder={where}")


def test_file_names_may_hold_anything(folder, monkeypatch):
    monkeypatch.chdir(folder)
    (folder / "ties (1), ü.csv").write_text("source,target\nA,B\n")
    words = [
        "network=file",
        "network.ties=ties (1), ü.csv",
        "output.folder=out = 'x', (y)",
        "steps=1",
        "output.report=false",
    ]
    assert main(["run", *words]) == 0
    assert list((folder / "out = 'x', (y)").glob("baseline-*"))


def test_another_network_under_the_same_name_is_another_run(folder):
    for target in ("B", "C"):
        (folder / "ties.csv").write_text(f"source,target\nA,{target}\nB,C\n")
        main(
            [
                "run",
                "network=file",
                f"network.ties={folder}/ties.csv",
                "steps=1",
                "output.report=false",
                f"output.folder={folder}/out",
            ]
        )
    assert len(list((folder / "out").iterdir())) == 2


def test_printed_defaults_are_the_true_ones(capsys):
    from emergence.config import Settings, get

    main(["run", "--help"])
    lines = {line.split()[0]: line for line in capsys.readouterr().out.splitlines() if line.strip()}
    for key in known_keys():
        default = get(Settings(), key)
        assert default == [] or str(default) in lines[key], key


def test_check_lists_every_fault(folder, capsys):
    (folder / "ties.csv").write_text("source,target,strength\nA,A,\nB,C,7\nC,B,0.5\n")
    assert main(["check", str(folder / "ties.csv")]) == 2
    text = capsys.readouterr().err
    assert "line 2" in text and "line 3" in text and "line 4" in text
    (folder / "good.csv").write_text("source,target\nA,B\n")
    assert main(["check", str(folder / "good.csv")]) == 0
    assert "2 firms, 1 ties" in capsys.readouterr().out


def test_help_reads_well(capsys):
    assert main(["--help"]) == 0 and "emergence run" in capsys.readouterr().out
    assert main(["run", "--help"]) == 0
    text = capsys.readouterr().out
    for key in known_keys():
        assert key in text
    assert main([]) == 2


def test_explain_shows_the_plan_and_the_conditions(capsys):
    assert main(["explain", "conditions.diversity=.9", "scenario=core"]) == 0
    text = capsys.readouterr().out
    assert text.index("\nsearch") < text.index("\nformation") < text.index("\ndissolution")
    assert "measures" in text and re.search(r"market +off", text) and "founders.skill_spread" in text


def test_list_names_scenarios_rules_and_measures(capsys):
    assert main(["list"]) == 0
    text = capsys.readouterr().out
    assert all(word in text for word in ("florence", "formation", "mean_degree", "scale_free"))


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("emergence expl", {"explain"}),
        ("emergence run scenario=flo", {"florence"}),
        ("emergence run rules.work.temp", {"rules.work.temptation="}),
    ],
)
def test_the_shell_completes(line, expected, capsys):
    """In a real bash, word breaks at = included."""
    assert main(["completion"]) == 0
    words = re.split(r"( |=)", line)
    words = [w for w in words if w.strip()]
    script = capsys.readouterr().out + (
        f"\nCOMP_LINE='{line}'; COMP_POINT={len(line)}; COMP_WORDS=({' '.join(words)}); COMP_CWORD={len(words) - 1};"
        "_emergence; printf '%s\\n' \"${COMPREPLY[@]}\""
    )
    done = subprocess.run(["bash", "-c", script], capture_output=True, text=True)
    assert set(done.stdout.split()) == expected, done.stderr


def test_multirun_runs_every_value(folder):
    words = [
        "run",
        "--multirun",
        "seed=1,2",
        "firms=20",
        "steps=2",
        "output.report=false",
        f"output.folder={folder}",
    ]
    done = subprocess.run([sys.executable, "-m", "emergence.cli", *words], capture_output=True, text=True, cwd=folder)
    assert done.returncode == 0, done.stderr
    assert len(list(folder.glob("baseline-*"))) == 2


def test_cfg_job_prints_the_config(folder):
    words = [sys.executable, "-m", "emergence.cli", "run", "--cfg", "job", "scenario=florence"]
    done = subprocess.run(words, capture_output=True, text=True, cwd=folder)
    assert done.returncode == 0 and "florence_ties.csv" in done.stdout


def test_an_override_wins_over_the_scenario():
    from emergence.compose import compose

    settings = compose(["scenario=core", "network=small_world", "rules.market.enabled=true"])
    assert settings.network.kind == "small_world" and settings.rules.market.enabled


def test_words_that_yaml_misreads_are_refused():
    """YAML reads NO as false and 1e9 as a word."""
    with pytest.raises(Refusal, match="number"):
        read_settings({"firms": False})
    assert read_settings({"founders": {"size": "1e4"}}).founders.size == 1e4
