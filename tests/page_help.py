"""A page on a port of its own, and visitors without a browser."""

from __future__ import annotations

import asyncio
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from emergence.compose import compose
from emergence.page.server import Page, for_page
from emergence.page.session import Session


def session_of(*overrides: str) -> Session:
    """Return a session without a server."""
    firms = next((int(one[6:]) for one in overrides if one.startswith("firms=")), None)
    page = Page(for_page(compose(list(overrides)), firms))
    return Session(page.settings, page.compose)


def do(session: Session, *commands: dict[str, Any]) -> list[dict[str, Any]]:
    """Follow commands one by one and return the words that come back."""
    found = []
    for command in commands:
        found += [json.loads(one) for one in session.work([command]) if isinstance(one, str)]
    return found


def months(session: Session, number: int) -> list[dict[str, Any]]:
    """Let months pass one by one."""
    return do(session, *[{"do": "step"}] * number)


@contextmanager
def serving(*words: str, **environment: str) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """Run `emergence demo` and yield its address."""
    command = [sys.executable, "-m", "emergence.cli", "demo", "browser=false", *words]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=os.environ | environment)
    try:
        assert process.stdout is not None
        found = re.search(r"http://\S+", process.stdout.readline())
        assert found, "the page did not start"
        yield found[0], process
    finally:
        process.send_signal(signal.SIGINT)
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        assert process.stdout is not None
        process.stdout.close()


async def visit(address: str, **more: Any) -> Any:
    """Open the websocket as the page would."""
    from websockets.asyncio.client import connect

    socket = "ws" + address[4:] + "live"
    return await connect(socket, origin=address.rstrip("/"), compression=None, max_size=2**24, **more)


async def until_echo(socket: Any, seq: int) -> float:
    """Read and acknowledge until a picture echoes a command; return the seconds it took."""
    began = time.perf_counter()
    while True:
        message = await asyncio.wait_for(socket.recv(), 30)
        if isinstance(message, bytes):
            await socket.send('{"do":"ack"}')
            if int.from_bytes(message[4:8], "little") >= seq:
                return time.perf_counter() - began


def resident(pid: int) -> float:
    """Return the memory of a process and all below it, MB, shared pages once where the system tells."""
    total = 0.0
    for one in [pid, *below(pid)]:
        try:
            with open(f"/proc/{one}/smaps_rollup") as file:
                total += sum(float(line.split()[1]) for line in file if line.startswith("Pss:")) / 1024
        except OSError:
            continue
    return total


def below(pid: int) -> list[int]:
    """Return all processes that descend from one."""
    parents: dict[int, list[int]] = {}
    for name in os.listdir("/proc"):
        if name.isdigit():
            try:
                with open(f"/proc/{name}/stat") as file:
                    parents.setdefault(int(file.read().rsplit(")", 1)[1].split()[1]), []).append(int(name))
            except OSError:
                continue
    found, left = [], [pid]
    while left:
        children = parents.get(left.pop(), [])
        found += children
        left += children
    return found
