"""Pictures of the network over time, when asked for."""

import pytest
from conftest import settings_of

from emergence.report.html import write_report
from emergence.runs import run_settings


@pytest.mark.parametrize("film", ["none", "strip", "gif"])
@pytest.mark.parametrize("steps", [0, 5])
def test_a_film_is_made_when_asked_for(folder, film, steps):
    result = run_settings(settings_of(firms=20, steps=steps, output__film=film, output__pictures=4))
    html = write_report(result, folder).read_text(encoding="utf-8")
    made = {file.name for file in (folder / "figures").glob("film.*")}
    assert made == {"none": set(), "strip": {"film.svg", "film.png"}, "gif": {"film.gif"}}[film]
    assert ("month by month" in html) == (film != "none")
    assert [moment.step for moment in result.film] == ([] if film == "none" else [0] if steps == 0 else [0, 2, 3, 5])


def test_a_gif_has_a_picture_for_every_moment(folder):
    from PIL import Image

    result = run_settings(settings_of(firms=20, steps=6, output__film="gif", output__pictures=7))
    write_report(result, folder)
    with Image.open(folder / "figures" / "film.gif") as film:
        assert film.n_frames == 7
