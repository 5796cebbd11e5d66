"""The section on groups: there only with groups, true to the run, in plain words, safe against markup."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
from conftest import settings_of

from emergence.config import Group
from emergence.figures.findings import Findings
from emergence.figures.groups import MOST, apart, came_and_went, draw_groups
from emergence.report.groups import DEEDS, about_groups, rules_of, table_of_groups
from emergence.report.html import write_report
from emergence.runs import Result, run_settings, write
from emergence.schema import MANDATES
from test_report import EVIL, tags

GROUPS = [
    {"name": EVIL, "form": "cluster", "region": 0, "share": 0.8, "sanctions": 0.4, "fund": True, "fee": 0.01},
    {"form": "virtual", "share": 0.4, "remote": True, "backup": True, "publish": True, "fee": 0.004},
    {"share": 0.3, "fee": 0.0, "monitoring": 0.0, "admission": "closed"},
]
POOR = {
    "rules": {"work": {"temptation": 0.8}, "market": {"buffer": 0.05}, "steering": {"few": 6.0, "need": 0.3}},
    "twins": {"replicates": 0},
}


@pytest.fixture(scope="module")
def result() -> Result:
    return run_settings(settings_of({"firms": 90, "steps": 30, "groups": GROUPS}, POOR))


@pytest.fixture(scope="module")
def page(result: Result, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    path = write_report(result, tmp_path_factory.mktemp("groups"))
    return path, path.read_text(encoding="utf-8")


def words(result: Result) -> str:
    return "\n".join(f"{title}\n" + "\n".join(told) for title, told in about_groups(Findings(result)).items())


def test_section_and_figures_are_there_with_groups(page: tuple[Path, str]) -> None:
    path, text = page
    assert '<h2 id="groups">Groups</h2>' in text
    figures = {file.name for file in (path.parent / "figures").iterdir()}
    assert {"groups.svg", "groups.png", "conduct.svg", "conduct.png"} <= figures
    levels = [int(tag[1]) for tag, _ in tags(text) if re.fullmatch("h[1-6]", tag)]
    assert max(np.diff(levels)) <= 1
    assert all(len(a["alt"] or "") > 40 for tag, a in tags(text) if tag == "img")


def test_without_groups_there_is_no_section(tmp_path: Path) -> None:
    alone = run_settings(settings_of({"steps": 4}, {"twins": {"replicates": 0}}))
    text = write_report(alone, tmp_path).read_text(encoding="utf-8")
    assert 'id="groups"' not in text and alone.group_rows == []
    assert not {"groups.svg", "conduct.svg"} & {file.name for file in (tmp_path / "figures").iterdir()}


def test_markup_in_a_name_stays_text(page: tuple[Path, str]) -> None:
    path, text = page
    assert "<script" not in text and "&lt;script&gt;" in text[text.index('id="groups"') :]
    assert "script" not in {tag for tag, _ in tags(text)}
    assert not [f for f in (path.parent / "figures").glob("*.svg") if "<script" in f.read_text(encoding="utf-8")]


def test_members_add_up_over_the_months(result: Result) -> None:
    """Those who joined, as the log has them, and those who left or ended, make the rise and fall of members."""
    table, events = came_and_went(result.groups), result.events
    for gid, rows in table.groupby("gid"):
        told = {kind: int(((events["kind"] == kind) & (events["value"] == gid)).sum()) for kind in ("joined", "left")}
        assert rows["joined"].sum() == told["joined"]
        assert rows["left"].sum() >= told["left"] and (rows["left"] >= 0).all()
        grown = rows["members"].iloc[-1] - rows["members"].iloc[0]
        assert grown == rows["joined"].sum() - rows["left"].sum()
        assert rows["members"].iloc[-1] == (result.simulation.world.memberships.gid == gid).sum()
    assert set(table["step"]) == set(range(31))


def test_money_told_is_the_ledger(result: Result) -> None:
    """What was taken in is what was spent and is still held; every deed on record is told."""
    text, world = words(result), result.simulation.world
    spent = result.steps["group_spending"].sum()
    governance = -world.ledger["governance of groups"]
    held = world.groups.budget.sum()
    for value in (held, governance, spent, held + governance + spent):
        assert f"EUR {value:,.0f}" in text
    events = result.events[result.events["kind"] == "intervention"]
    cash, ties = events[(events["b"] < 0) & (events["a"] >= 0)], events[events["b"] >= 0]
    assert len(cash) and len(ties) and events["value"].sum() == pytest.approx(spent)
    assert f"{len(ties)} tie" in text and f"in {len(cash)} payment" in text


def test_every_event_of_a_group_is_told_once(result: Result) -> None:
    left = result.events[result.events["kind"] == "intervention"]
    for fits, _ in DEEDS:
        left = left.drop(left[fits(left)].index)
    assert not len(left)


def test_rules_in_plain_words() -> None:
    said = rules_of(Group(form="virtual", remote=True, transparency=0.9, sanctions=0.5, bridge=True, sharing="power"))[
        0
    ]
    assert said.startswith("It is a virtual network.") and "at any distance" in said and "the larger gets more" in said
    assert "most" not in rules_of(Group(transparency=0.1))[0] and "almost all" in said
    assert "ties parts of the network that hang apart" in said
    assert "There is no fee." in rules_of(Group(fee=0.0))[0] and rules_of(Group())[0].startswith(
        "It is an association."
    )
    for mandate in MANDATES:
        assert len(rules_of(Group(**{mandate: True}))[0]) > len(rules_of(Group())[0]), mandate


def test_words_claim_no_causes_and_no_nan(result: Result, page: tuple[Path, str]) -> None:
    section = re.sub(r"base64,[^\"]*", "", page[1][page[1].index('id="groups"') :]).split("<pre")[0]
    assert not re.search(r"\b(nan|NaN|inf|None|not known)\b", section)
    assert not re.search(r"\b(because|caused|due to|led to|thanks to)\b", words(result))


def test_the_table_has_a_row_a_group_and_one_of_all(result: Result) -> None:
    table = table_of_groups(Findings(result))
    assert len(table.rows) == 4 and table.rows[-1][:2] == ["all firms", str(result.simulation.world.size)]
    assert {len(row) for row in table.rows} == {len(table.heads)}


@pytest.mark.parametrize(
    "settings",
    [
        {"steps": 0, "groups": [{}]},
        {"steps": 1, "groups": [{"share": 0.0}]},
        {"steps": 13, "groups": [{}, {}], "output": {"events": False, "every": 5}},
        {"steps": 3, "groups": [{"share": k / 20} for k in range(MOST + 8)]},
        {"steps": 6, "groups": [{}], "timeline": [{"month": 5, "kind": "removal", "count": 60}]},
    ],
    ids=["no month", "nobody", "no events", "many", "all die"],
)
def test_any_groups_get_a_section(settings: dict, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("emergence.figures.style.DPI", 40)  # faster
    result = run_settings(settings_of(settings, {"twins": {"replicates": 0}}))
    text = re.sub(r"base64,[^\"]*", "", write_report(result, tmp_path).read_text(encoding="utf-8"))
    assert 'id="groups"' in text
    assert not re.search(r"\b(nan|NaN|inf|None)\b", text.split("<pre")[0])


def test_same_run_same_figures_and_the_table_is_written(result: Result, tmp_path: Path) -> None:
    import pandas as pd

    from emergence.figures.style import render

    again = run_settings(settings_of({"firms": 90, "steps": 30, "groups": GROUPS}, POOR))
    for one, two in zip(draw_groups(Findings(result)), draw_groups(Findings(again)), strict=True):
        assert render(one.figure, "svg") == render(two.figure, "svg")
    result.settings.output.folder = str(tmp_path)
    assert pd.read_parquet(write(result) / "groups.parquet").equals(result.groups)


def test_labels_keep_apart_and_near_their_lines() -> None:
    rng = np.random.default_rng(3)
    for _ in range(50):
        values = rng.random(6)
        places = apart(values, 0.1)
        assert (np.diff(np.sort(places)) >= 0.1 - 1e-9).all()
        assert (np.argsort(places) == np.argsort(values)).all() and places.mean() == pytest.approx(values.mean())
    assert apart(np.array([0.0, 1.0]), 0.1).tolist() == [0.0, 1.0] and apart(np.zeros(0), 0.1).size == 0
