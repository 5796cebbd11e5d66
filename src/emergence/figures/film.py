"""The network over time: a strip of pictures, or an animated GIF, in one layout throughout."""

from __future__ import annotations

import io

from emergence.figures.findings import Findings
from emergence.figures.network import fill_panels, frame_panel, picture_of
from emergence.figures.style import WIDTH, Drawn, look, new_figure
from emergence.runs import Snapshot

COLUMNS = 3
FRAME_MS = 600  # how long one picture of the GIF stays
FRAME_DPI = 110


class Reel(Findings):
    """Findings whose moments are the pictures of the film."""

    @property
    def moments(self) -> list[Snapshot]:  # type: ignore[override]
        """The pictures in the order of time."""
        return self.result.film


def draw_strip(findings: Findings) -> Drawn:
    """Draw all pictures of the film side by side, the legend in the last panel."""
    reel = Reel(findings.result)
    rows = -(-(len(reel.moments) + 1) // COLUMNS)
    height = 2.35 * rows
    picture = picture_of(reel)
    with look():
        figure, axes = new_figure(
            height, rows, COLUMNS, left=0.02, right=0.98, top=1 - 0.3 / height, bottom=0.1 / height, wspace=0.06,
            hspace=0.2,
        )  # fmt: skip
        fill_panels(axes.ravel(), picture, reel.moments)
    caption = f"The network in {len(reel.moments)} pictures, every firm at the same place in all of them."
    return Drawn("film", "The network, month by month", caption, figure)


def animate(findings: Findings) -> bytes:
    """Return the film as an animated GIF."""
    from PIL import Image

    reel = Reel(findings.result)
    picture = picture_of(reel)
    frames = []
    with look():
        for moment in reel.moments:
            figure, axes = new_figure(WIDTH, left=0.02, right=0.98, top=0.94, bottom=0.02)
            frame_panel(axes[0, 0], moment)
            picture.draw(axes[0, 0], moment)
            buffer = io.BytesIO()
            figure.savefig(buffer, format="png", dpi=FRAME_DPI, facecolor="white")
            frames.append(Image.open(buffer).convert("P", palette=Image.Palette.ADAPTIVE))
    out = io.BytesIO()
    frames[0].save(out, format="GIF", save_all=True, append_images=frames[1:], duration=FRAME_MS, loop=0)
    return out.getvalue()
