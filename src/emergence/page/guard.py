"""Who may speak to the page: this machine alone, and what the browser may load."""

from __future__ import annotations

from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; "
    "connect-src 'self' {sockets}; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
COMMON = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "cache-control": "no-store",
}


class Guard:
    """Refuse foreign hosts and origins with 403, and say to the browser what the page may load."""

    def __init__(self, app: ASGIApp, hosts: frozenset[str]) -> None:
        self.app, self.hosts = app, hosts
        self.origins = frozenset(f"http://{host}" for host in hosts)
        sockets = " ".join(f"ws://{host}" for host in sorted(hosts))
        self.headers = [(k.encode(), v.encode()) for k, v in COMMON.items()]
        self.headers.append((b"content-security-policy", POLICY.format(sockets=sockets).encode()))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
            return
        if not self.allowed(scope):
            if scope["type"] == "websocket":
                await send({"type": "websocket.close", "code": 1008})
            else:
                await PlainTextResponse("This page answers on this machine only.\n", 403)(scope, receive, send)
            return

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], *self.headers]
            await send(message)

        await self.app(scope, receive, sending)

    def allowed(self, scope: Scope) -> bool:
        """Tell whether host and origin are this page's own; only a plain GET may come without an origin."""
        heads = [(k.lower(), v.decode("latin-1")) for k, v in scope["headers"]]
        host, origin = ([v for k, v in heads if k == name] for name in (b"host", b"origin"))
        if len(host) != 1 or host[0].lower() not in self.hosts or len(origin) > 1:
            return False
        if origin:
            return origin[0].lower() in self.origins
        return scope["type"] == "http" and scope["method"] in ("GET", "HEAD")
