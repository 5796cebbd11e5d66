"""Take the pictures of the page in docs/pictures: ``python docs/make_pictures.py`` (half a minute, needs Chromium).

The page is started, its buttons are pressed as a facilitator would, and the window is photographed. What is shown is
the same each time, but for firms that were on the move.
"""

from __future__ import annotations

import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, sync_playwright

PICTURES = Path(__file__).parent / "pictures"
SIZE: Any = {"width": 1366, "height": 768}
STILL = 2500  # ms until firms have found their places


@contextmanager
def serving() -> Iterator[str]:
    """Run the page and yield its address."""
    command = [sys.executable, "-m", "emergence.cli", "demo", "browser=false", "port=0"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        found = re.search(r"http://\S+", process.stdout.readline())
        if found is None:
            raise RuntimeError("the page did not start")
        yield found[0]
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(20)


class Room:
    """A page and the hands on it."""

    def __init__(self, browser: Browser, address: str, scheme: Any) -> None:
        self.page = browser.new_context(viewport=SIZE, color_scheme=scheme).new_page()
        self.page.goto(address)
        self.until("window.emergence && window.emergence.frames > 0")

    def until(self, condition: str) -> None:
        """Wait until something holds."""
        for _ in range(2000):
            if self.page.evaluate(f"() => Boolean({condition})"):
                return
            time.sleep(0.02)
        raise RuntimeError(f"never came true: {condition}")

    def press(self, *names: str) -> None:
        """Press buttons by the names that tests use."""
        for name in names:
            self.page.click(f"[data-test={name}]")

    def months(self, number: int) -> None:
        """Let months pass."""
        for _ in range(number):
            month = self.page.evaluate("() => window.emergence.month")
            self.press("step")
            self.until(f"window.emergence.month > {month}")

    def slide(self, name: str, value: float) -> None:
        """Move a slider."""
        script = (
            "([name, value]) => { const one = document.getElementById(name); one.value = value; "
            "one.dispatchEvent(new Event('input')); one.dispatchEvent(new Event('change')); }"
        )
        self.page.evaluate(script, [f"condition-{name}", value])
        self.page.wait_for_timeout(900)

    def take(self, name: str, wait: int = STILL) -> None:
        """Photograph the window."""
        self.page.mouse.move(2, 2)
        self.page.wait_for_timeout(wait)
        self.page.screenshot(path=PICTURES / name)


def main() -> None:
    """Take all pictures."""
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    with serving() as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        room = Room(browser, address, "light")
        room.months(36)
        room.press("shock-recession")
        room.months(18)
        room.take("page-light.png", 700)
        room.press("tour", "tour-next", "tour-skip", "tour-guess-1", "tour-show")
        room.until("document.querySelector('[data-test=tour-next]')")
        room.take("page-tour.png")
        room = Room(browser, address, "dark")
        room.press("compare", "side-left")
        for name in ("diversity", "feedback", "shared_purpose"):
            room.slide(name, 1)
        room.press("side-both")
        room.months(48)
        room.press("shock-disaster")
        room.months(1)
        room.take("page-two-worlds.png", 900)
        browser.close()


if __name__ == "__main__":
    main()
