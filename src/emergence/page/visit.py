"""A visit: one session, the page that shows it, and what waits between them."""

from __future__ import annotations

import asyncio
import tempfile
import time
from pathlib import Path
from typing import Any

from starlette.websockets import WebSocket

from emergence.page.session import Session


class Visit:
    """One session and the page that shows it."""

    def __init__(self, session: Session | None, token: str) -> None:
        self._session, self.token = session, token
        self.waiting: list[dict[str, Any]] = []
        self.wake, self.asked = asyncio.Event(), asyncio.Event()  # anything at all; a command
        self.socket: WebSocket | None = None
        self.in_flight = 0
        self.seen = time.monotonic()
        self.left = float("inf")
        self.lock = asyncio.Lock()
        self.file: Path | None = None
        self.reporting = False
        self.folder = tempfile.TemporaryDirectory(prefix="emergence-page-")

    @property
    def session(self) -> Session:
        """The session; there is one as soon as the visitor was let in."""
        assert self._session is not None
        return self._session

    @session.setter
    def session(self, session: Session) -> None:
        self._session = session

    @property
    def ready(self) -> bool:
        """Whether the world has been built."""
        return self._session is not None

    def take(self) -> list[dict[str, Any]]:
        """Return the commands that wait, and have none waiting."""
        commands, self.waiting = self.waiting, []
        return commands

    def close(self) -> None:
        """Forget what was kept on disk."""
        self.folder.cleanup()
