"""The server of the page: on this machine only, one session a visitor, everything checked before it is done."""

from __future__ import annotations

import asyncio
import contextlib
import json
import re
import secrets
import socket
import threading
import time
import webbrowser
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from copy import deepcopy
from pathlib import Path
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, PlainTextResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.types import ASGIApp
from starlette.websockets import WebSocket, WebSocketDisconnect

from emergence.compose import compose, groups
from emergence.config import Settings
from emergence.errors import Refusal
from emergence.network_io import READERS, read_network
from emergence.page import export
from emergence.page.guard import Guard
from emergence.page.levers import LEVERS
from emergence.page.limits import (
    DEFAULT_FIRMS,
    DETACHED,
    IDLE,
    MESSAGE,
    MOST_DROP,
    MOST_FIRMS,
    MOST_SESSIONS,
    MOST_WAITING,
    check_firms,
)  # fmt: skip
from emergence.page.session import Session, orchestrations
from emergence.page.visit import Visit
from emergence.page.words import FOLDER, all_words
from emergence.runs import safe_name

HOST = "127.0.0.1"  # whatever the environment says
STATIC = {path.name: path for path in FOLDER.iterdir() if path.suffix in (".html", ".css", ".js", ".json", ".svg")}
PICTURES = 30.0  # a second, at most
IN_FLIGHT = 2


class Page:
    """All visits of one server."""

    def __init__(self, settings: Settings, idle: float = IDLE, most: int = MOST_SESSIONS) -> None:
        self.settings, self.idle, self.most = settings, idle, most
        self.visits: dict[str, Visit] = {}
        self.pool = ThreadPoolExecutor(2, thread_name_prefix="page")
        self.composing = threading.Lock()
        self.known: dict[str, Settings] = {}

    def compose(self, scenario: str) -> Settings:
        """Return the settings of a scenario; hydra keeps its state in one place, so one at a time."""
        with self.composing:
            if scenario not in self.known:
                self.known[scenario] = for_page(compose([f"scenario={scenario}"]))
            return deepcopy(self.known[scenario])

    def reserve(self) -> Visit | None:
        """Return a place for a visitor, None if all are taken; those who left longest ago make room."""
        if len(self.visits) >= self.most:
            left = [visit for visit in self.visits.values() if visit.socket is None and visit.ready]
            if not left:
                return None
            self.forget(min(left, key=lambda visit: visit.left))
        visit = Visit(None, secrets.token_urlsafe(24))
        self.visits[visit.token] = visit
        return visit

    def begin(self) -> Session:
        """Return a session with the first world."""
        return Session(deepcopy(self.settings), self.compose)

    def forget(self, visit: Visit) -> None:
        """End a session."""
        self.visits.pop(visit.token, None)
        visit.close()

    async def sweep(self) -> None:
        """End sessions that nobody looks at, or in which nobody did anything for long."""
        while True:
            await asyncio.sleep(min(5.0, self.idle / 4))
            now = time.monotonic()
            for visit in list(self.visits.values()):
                if visit.socket is None and visit.ready and now - visit.left > DETACHED:
                    self.forget(visit)
                elif visit.socket is not None and now - visit.seen > self.idle:
                    with contextlib.suppress(Exception):
                        await visit.socket.close(4000)
                    self.forget(visit)

    # The socket.

    async def serve(self, socket: WebSocket) -> None:
        """Follow one visitor from the handshake on."""
        visit = await self.come_back(socket.query_params.get("session", "")) or self.reserve()
        if visit is None:
            await socket.accept()
            await socket.close(4001)
            return
        visit.socket = socket
        try:
            await socket.accept()
            if not visit.ready:
                loop = asyncio.get_running_loop()
                visit.session = await loop.run_in_executor(self.pool, self.begin)
            visit.in_flight, visit.seen = 0, time.monotonic()
            visit.waiting.insert(0, {"do": "state"})
            visit.wake.set()
            await socket.send_text(json.dumps({"kind": "hello", "session": visit.token}))
            await self.both(self.listen(visit, socket), self.drive(visit, socket))
        except (WebSocketDisconnect, RuntimeError, OSError):
            pass
        finally:
            visit.socket, visit.left = None, time.monotonic()
            if visit.ready:
                visit.session.playing = False
            else:
                self.forget(visit)

    async def come_back(self, token: str) -> Visit | None:
        """Return the visit of a page that knows its token, taken from a line that may be dead already."""
        visit = self.visits.get(token)
        if visit is not None and visit.socket is not None:
            with contextlib.suppress(Exception):
                await asyncio.wait_for(visit.socket.close(4002), 1.0)
            for _ in range(40):
                if visit.socket is None:
                    break
                await asyncio.sleep(0.05)
        return visit if visit is not None and visit.socket is None and visit.token in self.visits else None

    async def both(self, *jobs: Any) -> None:
        """Run until the first job ends, then end the other."""
        tasks = [asyncio.ensure_future(job) for job in jobs]
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def listen(self, visit: Visit, socket: WebSocket) -> None:
        """Take commands in; what is not one is passed over."""
        while True:
            text = await socket.receive_text()
            if len(text) > MESSAGE:
                continue
            try:
                command = json.loads(text)
            except (ValueError, RecursionError):
                continue
            if not isinstance(command, dict):
                continue
            if command.get("do") == "ack":
                visit.in_flight = max(visit.in_flight - 1, 0)
                visit.wake.set()
                continue
            command.pop("from", None)
            visit.seen = time.monotonic()
            if len(visit.waiting) < MOST_WAITING:
                visit.waiting.append(command)
            else:
                visit.waiting[-1] = command
            visit.wake.set()
            visit.asked.set()

    async def drive(self, visit: Visit, socket: WebSocket) -> None:
        """Send pictures as fast as they are drawn, but not faster than eyes see."""
        loop = asyncio.get_running_loop()
        while True:
            began = time.monotonic()
            if visit.in_flight >= IN_FLIGHT and not visit.waiting:
                visit.wake.clear()
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(visit.wake.wait(), 2.0)
                if visit.in_flight >= IN_FLIGHT and not visit.waiting:
                    continue
            async with visit.lock:
                commands = visit.take()
                messages = await loop.run_in_executor(self.pool, visit.session.work, commands)
            for message in messages:
                if isinstance(message, bytes):
                    visit.in_flight += 1
                    await socket.send_bytes(message)
                else:
                    await socket.send_text(message)
            rest = 1.0 / PICTURES - (time.monotonic() - began)
            if visit.session.busy:
                visit.asked.clear()
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(visit.asked.wait(), max(rest, 0.001))
            elif not visit.waiting:
                visit.wake.clear()
                await visit.wake.wait()

    # What is fetched.

    def of(self, request: Request) -> Visit | None:
        """Return the visit that a request is about."""
        visit = self.visits.get(request.path_params["token"])
        return visit if visit is not None and visit.ready else None

    async def static(self, request: Request) -> Response:
        """Serve one of our own files."""
        path = STATIC.get(request.path_params.get("name", "index.html"))
        return FileResponse(path) if path else PlainTextResponse("There is no such page.\n", 404)

    async def choices(self, _: Request) -> Response:
        """Say what there is to choose from."""
        return JSONResponse(
            {"scenarios": groups()["scenario"], "orchestrations": list(orchestrations()), "most": MOST_FIRMS}
        )

    async def yaml(self, request: Request) -> Response:
        """Give the scenario."""
        visit = self.of(request)
        if visit is None:
            return PlainTextResponse("This world has ended.\n", 404)
        async with visit.lock:
            text, name = self.scenario(visit)
        return attachment(text.encode(), f"{name}.yaml", "application/yaml")

    def scenario(self, visit: Visit) -> tuple[str, str]:
        """Return a visit's scenario as YAML, and its name."""
        session = visit.session
        name = safe_name(f"{Path(session.own_name).stem or session.settings.scenario}-on-the-page")
        own = own_file(session.own_name)
        return export.scenario_yaml(session.main, name, own), name

    async def data(self, request: Request) -> Response:
        """Give the tables."""
        visit = self.of(request)
        if visit is None:
            return PlainTextResponse("This world has ended.\n", 404)
        loop = asyncio.get_running_loop()
        async with visit.lock:
            text, name = self.scenario(visit)
            content = await loop.run_in_executor(self.pool, export.data_zip, visit.session.main, text, name)
        return attachment(content, f"{name}.zip", "application/zip")

    async def report(self, request: Request) -> Response:
        """Give the report, made by a run of its own."""
        visit = self.of(request)
        if visit is None:
            return PlainTextResponse("This world has ended.\n", 404)
        if visit.session.main.month < 1:
            return PlainTextResponse("Let a month pass first.", 409)
        if any(one.reporting for one in self.visits.values()):
            return PlainTextResponse("Another report is being made. Try again in a minute.", 409)
        visit.reporting = True
        try:
            async with visit.lock:
                text, name = self.scenario(visit)
            path = visit.file if visit.session.own_name else None
            content = await export.report_html(text, path, own_file(visit.session.own_name))
        except (RuntimeError, TimeoutError) as error:
            return PlainTextResponse(str(error)[:300], 500)
        finally:
            visit.reporting = False
        return attachment(content, f"{name}.html", "text/html; charset=utf-8")

    async def drop(self, request: Request) -> Response:
        """Take a network in, check it as `check` does, and build a world round it if nothing is wrong."""
        visit = self.of(request)
        if visit is None:
            return PlainTextResponse("This world has ended.\n", 404)
        given = request.query_params.get("name", "network.csv")[:120]
        raw = bytearray()
        async for chunk in request.stream():
            raw += chunk
            if len(raw) > MOST_DROP:
                return problems(given, [f"{given}: larger than {MOST_DROP:,} bytes, which is the limit of the page"])
        visit.seen = time.monotonic()
        suffix = Path(given).suffix.lower()
        path = Path(visit.folder.name) / f"{secrets.token_hex(8)}{suffix if suffix in READERS else '.csv'}"
        if suffix not in READERS and suffix not in (".csv", ".tsv", ".txt"):
            return problems(given, [f"{given}: this format is not read; a network comes as CSV, GraphML, GEXF or JSON"])
        path.write_bytes(bytes(raw))
        loop = asyncio.get_running_loop()
        try:
            read = await loop.run_in_executor(self.pool, read_network, path)
            check_firms(len(read.ids))
        except Refusal as refusal:
            path.unlink(missing_ok=True)
            found = [
                one.replace(str(path), given).replace(path.name, given) for one in refusal.problems or [str(refusal)]
            ]
            return problems(given, found)
        visit.file = path  # earlier ones stay in the folder: a moment before may still need them
        visit.waiting.append({"do": "network", "path": str(path), "name": given, "from": visit.session})
        visit.wake.set()
        return JSONResponse({"firms": len(read.ids), "ties": int(read.source.size), "notes": read.notes[:5]})


def own_file(name: str) -> str:
    """Return the name under which a dropped file lies beside its scenario; nothing of it leads elsewhere."""
    if not name:
        return ""
    suffix = Path(name).suffix.lower()
    return safe_name(Path(name).stem) + (suffix if re.fullmatch(r"\.[a-z]{2,8}", suffix) else ".csv")


def problems(name: str, found: list[str]) -> Response:
    """Say all that is wrong with a file; it is an answer and no failure, so no browser reports one."""
    return JSONResponse({"name": name, "problems": [one[:400] for one in found[:40]], "number": len(found)})


def attachment(content: bytes, name: str, kind: str) -> Response:
    """Return a file to be saved."""
    return Response(content, media_type=kind, headers={"content-disposition": f'attachment; filename="{name}"'})


def for_page(settings: Settings, firms: int | None = None) -> Settings:
    """Return settings as the page builds them: as many firms as a room can see, unless somebody said how many."""
    if firms is None and settings.firms == Settings().firms and settings.network.kind != "file":
        settings.firms = DEFAULT_FIRMS
    settings.threads, settings.debug = 1, False
    return settings


def warm() -> None:
    """Pull every lever once in a small world, so that nobody waits for a kernel before a room."""
    settings = for_page(Settings(firms=24), 24)
    session = Session(settings, lambda _: deepcopy(settings))
    for name in LEVERS:
        session.work([{"do": "lever", "name": name}])
    session.work([{"do": "compare", "on": True}, {"do": "firm", "id": 1}, {"do": "step"}])


def make_app(page: Page, hosts: Iterable[str]) -> ASGIApp:
    """Return the application, guarded."""

    @contextlib.asynccontextmanager
    async def lifespan(_: Starlette) -> Any:
        sweeping = asyncio.ensure_future(page.sweep())
        warming = asyncio.get_running_loop().run_in_executor(page.pool, warm)
        yield
        warming.cancel()
        sweeping.cancel()
        for visit in list(page.visits.values()):
            page.forget(visit)
        page.pool.shutdown(wait=False, cancel_futures=True)

    routes = [
        Route("/", page.static),
        Route("/choices", page.choices),
        Route("/static/{name}", page.static),
        Route("/take/{token}/scenario", page.yaml),
        Route("/take/{token}/data", page.data),
        Route("/take/{token}/report", page.report),
        Route("/drop/{token}", page.drop, methods=["POST"]),
        WebSocketRoute("/live", page.serve),
    ]
    return Guard(Starlette(routes=routes, lifespan=lifespan), frozenset(hosts))


def open_socket(port: int) -> socket.socket:
    """Bind to this machine alone, or refuse with what to do."""
    sock = socket.socket()
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        sock.bind((HOST, port))
        sock.listen(128)  # whoever comes before the server has started waits for it
    except (OSError, OverflowError) as error:
        sock.close()
        why = getattr(error, "strerror", None) or str(error)
        raise Refusal(f"port={port}: cannot be used ({why}); port=0 takes a free one") from None
    return sock


def run(settings: Settings, port: int = 0, browser: bool = True, say: Callable[[str], None] = print) -> None:
    """Serve the page until Ctrl-C.

    Parameters
    ----------
    settings : Settings
        What the first world is built from.
    port : int
        0 takes a free one.
    browser : bool
        Open the page in the browser.
    say : callable
        Is told the address.
    """
    check_firms(settings.firms)
    all_words()
    Session(deepcopy(settings), lambda _: settings).work([{"do": "step"}])  # compile before anybody looks
    sock = open_socket(port)
    bound = sock.getsockname()[1]
    hosts = [f"{name}:{bound}" for name in (HOST, "localhost")] + ([HOST, "localhost"] if bound == 80 else [])
    app = make_app(Page(settings), hosts)
    config = uvicorn.Config(
        app, log_level="error", access_log=False, ws_max_size=MESSAGE, ws_per_message_deflate=False, ws="auto",
        server_header=False, proxy_headers=False, timeout_graceful_shutdown=2, lifespan="on", ws_max_queue=64,
    )  # fmt: skip
    address = f"http://{HOST}:{bound}/"
    say(f"The page: {address}   (Ctrl-C ends it)")
    if browser:
        threading.Timer(0.3, webbrowser.open, [address]).start()
    uvicorn.Server(config).run(sockets=[sock])
