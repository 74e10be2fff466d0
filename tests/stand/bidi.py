"""WebDriver BiDi spoken from an ordinary thread: commands, their answers, and the events in between."""

import asyncio
import itertools
import json
import threading
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from typing import Any

from aiohttp import ClientError, ClientSession, ClientWebSocketResponse, WSMsgType

from tests.stand.processes import StandError
from tests.stand.waiting import LIMIT

Event = dict[str, Any]
_MAX_MESSAGE = 64 * 1024 * 1024  # a screenshot


class BidiError(StandError):
    """The browser refused a command; `code` is the error code of the specification."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code


class Bidi:
    """One WebDriver BiDi session over its websocket; it runs in a thread of its own, so tests stay synchronous."""

    def __init__(self, url: str, listener: Callable[[str, Event], None]) -> None:
        """Connects; `listener` gets name and parameters of each event, in the session's thread.

        Raises StandError when nobody answers.
        """
        self._listener = listener
        self._numbers = itertools.count(1)
        self._waiting: dict[int, Future[Event]] = {}
        self._loop: asyncio.AbstractEventLoop
        self._talking: asyncio.Task[None]
        self._outgoing: asyncio.Queue[str]
        ready: Future[None] = Future()
        self._thread = threading.Thread(target=self._run, args=(url, ready), name="bidi", daemon=True)
        self._thread.start()
        try:
            ready.result(LIMIT)
        except (OSError, ClientError) as error:
            raise StandError(f"{url}: {error}") from None

    def call(self, method: str, parameters: Event | None = None, *, seconds: float = LIMIT) -> Event:
        """The result of a command; raises BidiError for a refusal, StandError when no answer comes."""
        number = next(self._numbers)
        answer: Future[Event] = Future()
        self._waiting[number] = answer
        text = json.dumps({"id": number, "method": method, "params": parameters or {}})
        try:
            self._loop.call_soon_threadsafe(self._outgoing.put_nowait, text)
            return answer.result(seconds)
        except RuntimeError:  # the loop ended with the connection
            raise StandError(f"{method}: the browser is gone") from None
        except TimeoutError:
            raise StandError(f"{method}: no answer within {seconds} s") from None
        finally:
            self._waiting.pop(number, None)

    def close(self) -> None:
        """Ends the connection; the browser goes on."""
        with suppress(RuntimeError):  # the loop ended with the connection
            self._loop.call_soon_threadsafe(self._talking.cancel)
        self._thread.join(LIMIT)

    def _run(self, url: str, ready: "Future[None]") -> None:
        try:
            asyncio.run(self._talk(url, ready))
        except asyncio.CancelledError:
            pass  # by close()
        except Exception as error:  # whoever waits for the connection hears of it
            if not ready.done():
                ready.set_exception(error)
        finally:
            for answer in list(self._waiting.values()):
                if not answer.done():
                    answer.set_exception(StandError("the browser ended the connection"))

    async def _talk(self, url: str, ready: "Future[None]") -> None:
        self._loop, self._outgoing = asyncio.get_running_loop(), asyncio.Queue()
        async with ClientSession() as session, session.ws_connect(url, max_msg_size=_MAX_MESSAGE) as socket:
            self._talking = asyncio.create_task(self._listen(socket))
            sending = asyncio.create_task(self._send(socket))
            ready.set_result(None)
            try:
                await self._talking
            finally:
                sending.cancel()

    async def _listen(self, socket: ClientWebSocketResponse) -> None:
        async for message in socket:
            if message.type is WSMsgType.TEXT:
                self._take(json.loads(message.data))

    def _take(self, message: Event) -> None:
        if message["type"] == "event":
            self._listener(message["method"], message["params"])
            return
        answer = self._waiting.get(message["id"])
        if answer is None or answer.done():
            return
        if message["type"] == "success":
            answer.set_result(message["result"])
        else:
            answer.set_exception(BidiError(message["error"], message["message"]))

    async def _send(self, socket: ClientWebSocketResponse) -> None:
        with suppress(ConnectionError):  # the end of the connection is told to whoever waits
            while True:
                await socket.send_str(await self._outgoing.get())
