"""Figures for print and projector: drawn without a screen, each with a caption in plain words."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from emergence.figures.findings import Findings
    from emergence.figures.style import Drawn

__all__ = ["draw_all"]


def draw_all(findings: Findings) -> list[Drawn]:
    """Draw every figure of a run's report, in the order of the report."""
    from emergence.figures.causes import draw_emergence, draw_resilience
    from emergence.figures.degrees import draw_degrees
    from emergence.figures.indicators import draw_indicators
    from emergence.figures.lives import draw_lives
    from emergence.figures.network import draw_network
    from emergence.figures.positions import draw_positions

    draws = [draw_network, draw_indicators, draw_emergence, draw_resilience, draw_positions, draw_degrees, draw_lives]
    if findings.settings.output.film == "strip":
        from emergence.figures.film import draw_strip

        draws.insert(1, draw_strip)
    return [drawn for drawn in (draw(findings) for draw in draws) if drawn is not None]
