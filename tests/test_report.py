"""The report: complete in itself, safe against markup, true to the run, and there whatever the run was."""

from __future__ import annotations

import re
import shlex
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest

import emergence as em
from emergence.compose import compose
from emergence.figures.findings import Findings
from emergence.figures.network import draw_network
from emergence.figures.shocks import felt_shocks
from emergence.report.html import write_report
from emergence.report.reproduce import command
from emergence.report.words import first_page, summary
from emergence.runs import Result

EVIL = "<script>alert('x')</script> & \"Söhne\" $x_1$"


@pytest.fixture(scope="module")
def florence() -> Result:
    return em.run("scenario=florence", "steps=60", seed=3)


@pytest.fixture(scope="module")
def report(florence: Result, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    path = write_report(florence, tmp_path_factory.mktemp("florence"))
    return path, path.read_text(encoding="utf-8")


class Tags(HTMLParser):
    """Collects tags with their attributes."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


def tags(text: str) -> list[tuple[str, dict[str, str | None]]]:
    parser = Tags()
    parser.feed(text)
    return parser.found


def all_words(result: Result) -> str:
    found = Findings(result)
    return "\n".join([*summary(result, found), *(s for part in first_page(result, found).values() for s in part)])


def test_needs_nothing_else(report: tuple[Path, str]) -> None:
    """Protects readers offline and mail filters: no link outside, no script, a strict policy."""
    _, text = report
    assert not re.search(r"https?://", text)
    found = tags(text)
    assert not {"script", "link", "iframe", "object", "form"} & {tag for tag, _ in found}
    assert all(a.get("src", "data:").startswith("data:image/") for tag, a in found if tag == "img")  # type: ignore[union-attr]
    policy = [a["content"] for tag, a in found if a.get("http-equiv") == "Content-Security-Policy"]
    assert policy == ["default-src 'none'; img-src data:; style-src 'unsafe-inline'"]
    assert not re.search(r"/(home|root|tmp|work)/", re.sub(r"base64,[^\"]*", "", text))


def test_can_be_read_without_eyes(report: tuple[Path, str]) -> None:
    """Protects users of screen readers: language, alternative texts, captions, headings in order."""
    found = tags(report[1])
    assert ("html", {"lang": "en"}) in found
    assert all(len(a["alt"] or "") > 40 for tag, a in found if tag == "img")
    names = [tag for tag, _ in found]
    assert names.count("caption") == names.count("table") >= 3
    levels = [int(tag[1]) for tag in names if re.fullmatch("h[1-6]", tag)]
    assert levels[0] == 1 and levels.count(1) == 1 and max(np.diff(levels)) <= 1


def test_figures_are_files_too(report: tuple[Path, str]) -> None:
    """Protects the run folder: every figure as SVG and PNG."""
    folder = report[0].parent / "figures"
    names = ["degrees", "indicators", "lives", "network", "positions"]
    assert sorted(p.name for p in folder.iterdir()) == sorted(f"{n}.{k}" for n in names for k in ("png", "svg"))


def test_same_run_same_report(florence: Result, report: tuple[Path, str], tmp_path: Path) -> None:
    """Protects reproducibility: nothing in a report depends on the hour or on the order of a set."""
    again = write_report(florence, tmp_path / report[0].parent.name)
    assert again.read_bytes() == report[0].read_bytes()


def test_names_the_central_families(florence: Result) -> None:
    """Protects the point of the first page: the Medici are central at the start, and are called so."""
    line = next(s for s in first_page(florence)["What happened"] if s.startswith("Most partners at the start"))
    assert re.match(r"Most partners at the start: Medici \(\d+\)", line)
    assert any("Medici" in s for s in summary(florence))
    assert any(
        s.startswith("Of the 3 with most partners at the start, Medici") for s in all_words(florence).split("\n")
    )


def test_markup_in_names_stays_text(tmp_path: Path) -> None:
    """Protects the reader of a report made from a stranger's file: names, scenario and text are escaped."""
    quoted = '"' + EVIL.replace('"', '""') + '"'
    (tmp_path / "firms.csv").write_text(f"id,name\na,{quoted}\nb,B\nc,C\n", encoding="utf-8")
    (tmp_path / "ties.csv").write_text("source,target\na,b\na,c\n", encoding="utf-8")
    result = em.run("network=file", f"network.ties={tmp_path}/ties.csv", f"network.firms={tmp_path}/firms.csv", steps=3)
    result.settings.scenario, result.settings.about = EVIL, EVIL
    text = write_report(result, tmp_path / "run").read_text(encoding="utf-8")
    assert "<script" not in text
    assert text.count("&lt;script&gt;") >= 4
    assert "script" not in {tag for tag, _ in tags(text)}
    svg = (tmp_path / "run/figures/network.svg").read_text(encoding="utf-8")
    assert "<script" not in svg


@pytest.mark.parametrize(
    "overrides",
    [
        ["firms=30", "steps=0"],
        ["firms=30", "steps=1"],
        ["firms=1", "steps=14"],
        ["firms=2", "steps=3", "network=empty", "rules.search.enabled=false"],
        ["firms=30", "steps=13", "output.events=false"],
        ["firms=30", "steps=24", "output.every=5", "rules.entry.enabled=false"],
        ["scenario=core", "firms=40", "steps=6"],
        ["firms=40", "steps=20", "timeline=[{month:20,kind:removal,target:random,count:40}]"],
        ["firms=600", "steps=2"],
    ],
    ids=lambda overrides: " ".join(overrides),
)
def test_any_run_gets_a_report(overrides: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Protects odd runs: nothing crashes, no sentence or table says NaN or inf."""
    monkeypatch.setattr("emergence.figures.style.DPI", 40)  # faster
    monkeypatch.setattr("emergence.figures.network.SPRING_UP_TO", 500)
    result = em.run(*overrides)
    text = re.sub(r"base64,[^\"]*", "", write_report(result, tmp_path).read_text(encoding="utf-8"))
    assert not re.search(r"\b(nan|NaN|inf|None)\b", text.split("<pre")[0])
    assert len(summary(result)) >= 4
    assert not re.search(r"\b(nan|NaN|inf|None)\b", all_words(result))


def test_words_do_not_claim_causes() -> None:
    """Protects honesty: numbers before and after a shock, the interval of survival, one run called one run."""
    result = em.run("scenario=hub_lost", "firms=60", "steps=80", seed=2)
    text = all_words(result)
    struck = result.events[(result.events["kind"] == "shock")]["a"]
    assert all(result.name_of(uid) in text for uid in struck)
    assert "Twelve months before against twelve from then on" in text
    assert "one run with one seed" in text and "95% interval" in text
    assert not re.search(r"\b(because|caused|due to|led to|thanks to)\b", text)


@pytest.mark.parametrize(
    "overrides",
    [
        [],
        ["scenario=florence", "rules.entry.enabled=true", "steps=7"],
        ["scenario=recession", "conditions.autonomy=0.25", "seed=99"],
        ["timeline=[{month:3,kind:removal,target:'Bank, Of',sector:2}]", "about='it\\'s'"],
        ["network.degree=3", "layers=[development]", "network.ties='a b/c.csv'"],
    ],
)
def test_the_command_repeats_the_run(overrides: list[str]) -> None:
    """Protects reproducibility: what the report tells to type composes the very same settings."""
    settings = compose(overrides)
    words = shlex.split(command(settings))
    assert words[:2] == ["emergence", "run"]
    assert compose(words[2:]) == settings


def test_firms_keep_their_places() -> None:
    """Protects the three panels: one layout, so a firm stands at the same place in each."""
    findings = Findings(em.run("firms=20", "steps=4", seed=1))
    figure = draw_network(findings).figure
    seen: dict[tuple[float, float], int] = {}
    for axes in figure.axes[:3]:
        for x, y in np.asarray(axes.collections[-1].get_offsets()):
            seen[(float(x), float(y))] = seen.get((float(x), float(y)), 0) + 1
    everywhere = set.intersection(*(set(m.uid.tolist()) for m in findings.moments))
    assert sum(count == 3 for count in seen.values()) == len(everywhere)


def test_shocks_after_the_end_are_not_told() -> None:
    """Protects from announcing what never happened."""
    assert felt_shocks(compose(["scenario=recession", "steps=30"])) == []
    assert len(felt_shocks(compose(["scenario=recession"]))) == 1
