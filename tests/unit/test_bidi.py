"""The stand's WebDriver BiDi connection: what a browser that leaves at any moment does to whoever speaks with it."""

import asyncio
import gc
import threading
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import closing

import pytest
from aiohttp import WSMsgType, web
from typing_extensions import override

from tests.stand.bidi import Bidi
from tests.stand.processes import StandError
from tests.stand.waiting import LIMIT


@pytest.fixture
def browser() -> Iterator[str]:
    """A browser that answers every command but `browser.close`, at which it drops the connection."""
    started: Future[tuple[str, asyncio.AbstractEventLoop, asyncio.Event]] = Future()

    async def answer(request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        async for message in socket:
            command = message.json()
            if message.type is not WSMsgType.TEXT or command["method"] == "browser.close":
                break
            await socket.send_json({"type": "success", "id": command["id"], "result": {"said": command["method"]}})
        return socket

    async def serve() -> None:
        app = web.Application()
        app.router.add_get("/", answer)
        runner, ended = web.AppRunner(app), asyncio.Event()
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        started.set_result((f"ws://127.0.0.1:{runner.addresses[0][1]}/", asyncio.get_running_loop(), ended))
        await ended.wait()
        await runner.cleanup()

    thread = threading.Thread(target=lambda: asyncio.run(serve()))
    thread.start()
    url, loop, ended = started.result(LIMIT)
    yield url
    loop.call_soon_threadsafe(ended.set)
    thread.join(LIMIT)


def test_answers_and_ends(browser: str) -> None:
    with closing(Bidi(browser, lambda _name, _event: None)) as bidi:
        assert bidi.call("session.status") == {"said": "session.status"}
    with pytest.raises(StandError, match="the browser is gone"):
        bidi.call("session.status")


def test_whoever_waits_hears_of_the_end(browser: str) -> None:
    with (
        closing(Bidi(browser, lambda _name, _event: None)) as bidi,
        pytest.raises(StandError, match=r"connection|gone"),
    ):
        bidi.call("browser.close")


def test_leaves_nothing_pending_when_the_browser_goes_first(browser: str) -> None:
    """`close` comes in the connection's last step; pytest makes an error of a coroutine that nobody awaited."""
    bidi = _Leaving(browser, lambda _name, _event: None)
    with pytest.raises(StandError, match=r"connection|gone"):
        bidi.call("browser.close")
    bidi.close()
    gc.collect()


class _Leaving(Bidi):
    """Asks itself to close when its last step is already running."""

    @override
    async def _talk(self, url: str, ready: "Future[None]") -> None:
        await super()._talk(url, ready)
        closing = threading.Thread(target=self.close)
        closing.start()
        closing.join(0.2)  # it waits for this thread; what it asked for is in the loop by then
