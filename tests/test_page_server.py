"""The page's server against those who should not be there, and against those who send too much."""

import asyncio
import http.client
import json
import os
import socket
import time
import urllib.parse

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus

from emergence.compose import compose
from emergence.page import limits, server
from page_help import serving, until_echo, visit


@pytest.fixture(scope="module")
def address():
    with serving("firms=30", HOST="0.0.0.0") as (found, _):
        yield found


def ask(address, path="/", method="GET", body=None, **heads):
    """Return status, headers and text of one request, with heads as given and no others."""
    url = urllib.parse.urlparse(address)
    connection = http.client.HTTPConnection(url.hostname, url.port, timeout=20)
    connection.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
    heads = {"Host": url.netloc} | heads
    for name, value in heads.items():
        if value is not None:
            connection.putheader(name, value)
    if body is not None:
        connection.putheader("Content-Length", str(len(body)))
    connection.endheaders(body)
    answer = connection.getresponse()
    return answer.status, {k.lower(): v for k, v in answer.getheaders()}, answer.read().decode("utf-8", "replace")


def own(address):
    return address.rstrip("/")


def test_the_page_may_load_nothing_from_elsewhere(address):
    status, heads, text = ask(address)
    assert status == 200 and "<canvas" in text
    policy = heads["content-security-policy"]
    assert "default-src 'none'" in policy and "script-src 'self'" in policy and "unsafe" not in policy
    assert heads["x-content-type-options"] == "nosniff" and "server" not in heads
    for name in ("main.js", "words.json", "page.css"):
        assert ask(address, f"/static/{name}")[0] == 200
    for path in ("/static/../server.py", "/static/%2e%2e/server.py", "/static/server.py", "/docs", "/take/x/data"):
        assert ask(address, path)[0] == 404


@pytest.mark.parametrize(
    "host", ["evil.example", "127.0.0.1", "127.0.0.1:1", "localhost.evil.example", "", None, "0.0.0.0"]
)
def test_a_foreign_host_is_refused(address, host):
    assert ask(address, Host=host)[0] in (400, 403)
    if host:
        assert ask(address, Host=host)[0] == 403


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "https://127.0.0.1", "http://127.0.0.1", "file://"])
def test_a_foreign_origin_is_refused(address, origin):
    assert ask(address, Origin=origin)[0] == 403
    assert ask(address, "/drop/x", "POST", b"a", Origin=origin)[0] == 403
    with pytest.raises(InvalidStatus) as refused:
        asyncio.run(knock(address, origin))
    assert refused.value.response.status_code == 403


def test_without_an_origin_nothing_can_be_sent(address):
    assert ask(address, "/drop/x", "POST", b"a")[0] == 403
    with pytest.raises(InvalidStatus) as refused:
        asyncio.run(knock(address, None))
    assert refused.value.response.status_code == 403
    assert ask(address, Origin=own(address))[0] == 200


def test_a_foreign_host_with_a_fitting_origin_is_refused_on_the_socket(address):
    heads = {"Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13"}
    heads |= {"Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==", "Host": "evil.example", "Origin": "http://evil.example"}
    assert ask(address, "/live", **heads)[0] == 403


async def knock(address, origin):
    from websockets.asyncio.client import connect

    async with connect("ws" + own(address)[4:] + "/live", origin=origin):
        pass


def test_it_answers_on_this_machine_only_whatever_host_says(address):
    port = urllib.parse.urlparse(address).port
    assert urllib.parse.urlparse(address).hostname == "127.0.0.1"
    listening = []
    for line in open("/proc/net/tcp").read().splitlines()[1:]:
        place, state = line.split()[1], line.split()[3]
        if state == "0A" and int(place.split(":")[1], 16) == port:
            listening.append(place.split(":")[0])
    assert listening == ["0100007F"]  # 127.0.0.1 and nothing else


def test_a_port_in_use_is_refused_with_what_to_do(capfd):
    from emergence.cli import main

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        assert main(["demo", f"port={taken.getsockname()[1]}", "firms=10", "browser=false"]) == 2
    assert "port=0 takes a free one" in capfd.readouterr().err


def test_noise_on_the_socket_does_not_end_the_world(address):
    async def noise():
        page = await visit(address)
        for text in (
            "",
            "{",
            "[]",
            "null",
            "1e999",
            '{"do":',
            "[" * 5000,
            '{"do":"step","seq":-1}',
            '{"do":"step","seq":1e99}',
        ):
            await page.send(text)
        for _ in range(200):
            await page.send('{"do":"ack"}')
        await page.send(json.dumps({"do": "step", "seq": 9}))
        await until_echo(page, 9)
        await page.send(json.dumps({"do": "firms", "value": 10**9, "seq": 10}))
        while True:
            message = await asyncio.wait_for(page.recv(), 10)
            if isinstance(message, str) and json.loads(message)["kind"] == "refused" and "GB" in message:
                break
        await page.send("x" * (limits.MESSAGE + 10))
        with pytest.raises(ConnectionClosed):
            while True:
                await asyncio.wait_for(page.recv(), 10)

    asyncio.run(noise())
    assert ask(address)[0] == 200


def test_a_file_that_is_too_large_or_of_no_world_is_not_taken(address):
    async def drop():
        page = await visit(address)
        token = json.loads(await page.recv())["session"]
        loop = asyncio.get_running_loop()

        def post(body, name, of=token):
            return ask(address, f"/drop/{of}?name={name}", "POST", body, Origin=own(address))

        large = await loop.run_in_executor(None, post, b"a,b\n" * (limits.MOST_DROP // 4 + 10), "a.csv")
        assert "the limit of the page" in large[2]
        assert (await loop.run_in_executor(None, post, b"x", "a.csv", "nobody"))[0] == 404
        path = await loop.run_in_executor(None, post, b"source,target\nA,B\n", "..%2F..%2Fetc%2Fpasswd.csv")
        assert path[0] == 200 and not os.path.exists("/etc/passwd.csv")
        many = "source,target\n" + "".join(f"a{k},a{k + 1}\n" for k in range(limits.MOST_FIRMS + 5))
        assert "at most 5,000" in (await loop.run_in_executor(None, post, many.encode(), "many.csv"))[2]
        await page.close()

    asyncio.run(drop())


def test_a_page_that_comes_back_finds_its_world(address):
    async def again():
        page = await visit(address)
        token = json.loads(await page.recv())["session"]
        await page.send(json.dumps({"do": "step", "seq": 5}))
        await until_echo(page, 5)
        await page.close()
        from websockets.asyncio.client import connect

        for known, month in ((token, 1), ("guessed", 0)):
            async with connect("ws" + own(address)[4:] + f"/live?session={known}", origin=own(address)) as back:
                await asyncio.sleep(0.2)
                while True:
                    message = await asyncio.wait_for(back.recv(), 10)
                    if isinstance(message, bytes):
                        assert int.from_bytes(message[:4], "little") == month
                        break

    asyncio.run(again())


def test_silent_sessions_end_and_places_are_few():
    import uvicorn

    page = server.Page(server.for_page(compose(["firms=10"]), 10), idle=0.8, most=2)
    sock = server.open_socket(0)
    port = sock.getsockname()[1]
    app = server.make_app(page, [f"127.0.0.1:{port}"])
    address = f"http://127.0.0.1:{port}/"

    async def all_of():
        running = uvicorn.Server(uvicorn.Config(app, log_level="error", ws_per_message_deflate=False))
        task = asyncio.ensure_future(running.serve([sock]))
        while not running.started:
            await asyncio.sleep(0.05)
        first, second, third = [await visit(address) for _ in range(3)]
        with pytest.raises(ConnectionClosed) as full:
            await asyncio.wait_for(third.recv(), 5)
        assert full.value.rcvd.code == 4001
        with pytest.raises(ConnectionClosed) as idle:
            while True:
                await asyncio.wait_for(first.recv(), 10)
        assert idle.value.rcvd.code == 4000
        began = time.monotonic()
        while page.visits and time.monotonic() - began < 5:
            await asyncio.sleep(0.1)
        assert not page.visits
        await second.close()
        running.should_exit = True
        await task

    asyncio.run(all_of())
