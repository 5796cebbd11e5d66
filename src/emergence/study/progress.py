"""Progress of a study, on a terminal and in a log."""

from __future__ import annotations

import sys
import time
from typing import Any

LINES_EVERY = 10.0  # seconds between two lines of progress where there is no terminal


def in_words(seconds: float) -> str:
    """Return a span of time as people say it."""
    for unit, length in (("days", 86_400), ("hours", 3600), ("minutes", 60)):
        if seconds >= 1.5 * length:
            return f"{seconds / length:.3g} {unit}"
    return f"{max(seconds, 1):.0f} s"


class Teller:
    """Sentences and progress on standard error: a bar on a terminal, a line now and then in a log."""

    def __init__(self, quiet: bool = False) -> None:
        self.quiet = quiet
        self.bar: Any = None
        self.began: tuple[float, int] | None = None
        self.last = time.perf_counter()

    def tell(self, text: str) -> None:
        """Say a sentence."""
        if self.quiet:
            return
        if self.bar is not None:
            self.bar.write(text, file=sys.stderr)
        else:
            print(text, file=sys.stderr, flush=True)

    def show(self, done: int, whole: int) -> None:
        """Show how far it is."""
        if self.quiet:
            return
        clock = time.perf_counter()
        if self.began is None:
            self.began = (clock, done)
        if sys.stderr.isatty():
            self._bar(done, whole)
        elif clock - self.last >= LINES_EVERY and done > self.began[1]:
            self.last = clock
            rate = (done - self.began[1]) / max(clock - self.began[0], 1e-9)
            left = in_words((whole - done) / rate)
            self.tell(f"{done:,} of {whole:,} runs, {rate:.3g} a second, {left} to go")

    def _bar(self, done: int, whole: int) -> None:
        from tqdm import tqdm

        if self.bar is None:
            self.bar = tqdm(total=whole, initial=done, unit=" runs", file=sys.stderr, leave=False, ncols=80)
        self.bar.update(done - self.bar.n)

    def close(self) -> None:
        """Take the bar away."""
        if self.bar is not None:
            self.bar.close()
            self.bar = None
