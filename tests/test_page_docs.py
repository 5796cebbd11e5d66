"""The page's documents: the ten lines for SolaraViz build, and the script says what the tour says."""

import importlib.util
import re
import sys
import types
from pathlib import Path

import mesa
import pytest

import emergence as em
from emergence.page.words import all_words

DOCS = Path(__file__).parents[1] / "docs"


def block(name="how-to-solara.md"):
    return re.search(r"```python file=app.py\n(.*?)```", (DOCS / name).read_text(encoding="utf-8"), re.S)[1]


class Recorded:
    """Stands in for a part of mesa's page and remembers how it was made."""

    def __init__(self, *given, **named):
        self.given, self.named = given, named


@pytest.fixture
def visualization(monkeypatch):
    """mesa's page where it is installed (600 MB), else a stand-in that takes the same arguments."""
    if importlib.util.find_spec("solara") is None:
        names = ("Slider", "SolaraViz", "make_plot_component")
        stand_in = types.SimpleNamespace(**{name: Recorded for name in names})
        monkeypatch.setitem(sys.modules, "mesa.visualization", stand_in)


def test_the_ten_lines_for_solara_build_a_page_of_a_mesa_model(visualization):
    names = {}
    exec(compile(block(), "docs/how-to-solara.md", "exec"), names)
    assert len([line for line in block().splitlines() if line.strip()]) <= 10
    model = names["Page"](seed=3, firms=20)
    assert isinstance(model, mesa.Model) and isinstance(model, em.EmergenceModel)
    model.step()
    collected = model.datacollector.get_model_vars_dataframe()
    assert {"value_gained", "innovations"} <= set(collected.columns) and names["page"] is not None


def test_the_script_has_a_part_for_every_step_of_the_tour():
    text = (DOCS / "workshop.md").read_text(encoding="utf-8")
    assert "@" not in text
    assert len(re.findall(r"^### Question \d", text, re.M)) == len(all_words()["tour"]["steps"])
    assert len(re.findall(r"^\| \d\. ", text, re.M)) == len(all_words()["tour"]["steps"])
    for word in ("play", "reset", "undo", "tour", "compare", "export"):
        name = all_words()["page"][word]
        assert name in text or name.split(":")[0] in text, name
