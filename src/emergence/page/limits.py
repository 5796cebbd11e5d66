"""What one page may ask of the machine, and what it says when more is asked."""

from __future__ import annotations

from emergence.errors import Refusal

DEFAULT_FIRMS = 120  # so that a room can tell them apart
MOST_FIRMS = 5_000
MOST_MONTHS = 6_000  # of one world; what is remembered of a month is small, but not nothing
MOST_LEVERS = 400  # dated changes of one world
MOST_MOMENTS = 12  # to which one can go back
MOST_SESSIONS = 64
MOST_WAITING = 256  # commands that wait
MOST_DROP = 8_000_000  # bytes of a dropped file
MOST_TIES = 60_000  # what an unsigned 16-bit pair list and a browser bear
MESSAGE = 16_384  # bytes of one command
IDLE = 3 * 3600.0  # seconds without a command until a session ends
DETACHED = 120.0  # seconds until a session without a page ends

# Measured on two cores: a month takes 7 us a firm, a world 3 kB a firm, and the page follows up to three of them.
SECONDS_A_FIRM, BYTES_A_FIRM, WORLDS = 7e-6, 3_000, 3


def check_firms(firms: int) -> int:
    """Return a number of firms that the page can show, or refuse with an estimate of what it would take."""
    if firms < 2:
        raise Refusal(f"firms={firms}: a network needs at least 2 firms")
    if firms <= MOST_FIRMS:
        return firms
    memory, seconds = firms * BYTES_A_FIRM * WORLDS / 1e9, firms * SECONDS_A_FIRM * WORLDS
    raise Refusal(
        f"firms={firms:,}: the page shows at most {MOST_FIRMS:,} firms; so many would take about "
        f"{memory:,.1f} GB and {spell(seconds)} for every month. `emergence run` takes larger worlds."
    )


def spell(seconds: float) -> str:
    """Return a time as people say it."""
    for size, word in ((86_400.0, "days"), (3_600.0, "hours"), (60.0, "minutes")):
        if seconds >= 2 * size:
            return f"{seconds / size:,.0f} {word}"
    return f"{seconds:.1f} seconds"
