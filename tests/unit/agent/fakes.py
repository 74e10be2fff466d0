"""Stand-ins for the parts around the room under test: a host that signs at once, a served agent, raw requests."""

import asyncio
import base64
import json
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import aiohttp

from agent.card.client import CardHost
from agent.card.frames import HostAnswer, HostOrder, Token
from agent.card.old_asks import Listing, Signed
from agent.discretion import ToldError
from agent.drivers import DriverAnswers
from agent.failures import Code
from agent.language import ChosenLanguage
from agent.order import Order
from agent.permissions import FILE, Permissions
from agent.settings import CardSettings
from agent.web.asking import Admission
from agent.web.places import Places
from tests.stand.waiting import LIMIT

ORIGIN = "https://portal.example"
CHALLENGE = base64.b64encode(bytes(range(32))).decode() + ".login"
TOKEN = Token(
    unverified_certificate="Y2VydA==", algorithm="RS256", signature="c2ln", format="web-eid:1.0", app_version="test"
)
Answer = TypeVar("Answer")
JSON = {"Content-Type": "application/json"}


def card_host(settings: CardSettings, language: Path = Path("/nowhere/language")) -> CardHost:
    """A real card host; `language` is the file in which the window's language is remembered."""
    answers, permissions = DriverAnswers(language.with_name("drivers.json")), Permissions(language.with_name(FILE))
    return CardHost(settings, ChosenLanguage(language), answers, permissions.permit)


class FakeHost:
    """A card host without a card; `answer` is what comes of the next order, `release` lets a held one go on."""

    def __init__(self) -> None:
        self.orders: list[Order] = []
        self.answer: Token | BaseException = TOKEN
        self.old_orders: list[HostOrder] = []
        self.old_answer: HostAnswer | BaseException = HostAnswer(signed=Signed(b"signature", b"certificate", "TP0"))
        self.looks: list[HostOrder] = []
        self.listing: Listing | BaseException = Listing()
        self.look_release = asyncio.Event()
        self.look_release.set()
        self.release = asyncio.Event()
        self.release.set()
        self.begun = asyncio.Event()
        self.cancelled = asyncio.Event()
        self.idle_calls = 0
        self.prepared = 0
        self.left = 0
        self.closed = False

    def hold(self) -> None:
        """The next order waits for `release`."""
        self.release.clear()
        self.begun.clear()

    def prepare(self) -> None:
        """Counts how often a host was wanted ahead of an order."""
        self.prepared += 1

    async def sign(self, order: Order) -> Token:
        """What `answer` says, once released."""
        self.orders.append(order)
        return await self._released(self.answer)

    async def carry_out(self, order: HostOrder) -> HostAnswer:
        """What `old_answer` says of an order of a page written for the old component, once released."""
        self.old_orders.append(order)
        return await self._released(self.old_answer)

    async def look(self, order: HostOrder) -> HostAnswer:
        """What `listing` says of an order that needs no person, once `look_release` lets it go on."""
        self.looks.append(order)
        await self.look_release.wait()
        if isinstance(self.listing, BaseException):
            raise self.listing
        return HostAnswer(listing=self.listing)

    def page_left(self) -> None:
        """Counts how often a page has left its order."""
        self.left += 1

    async def idle(self) -> None:
        """Counts how often it was asked."""
        self.idle_calls += 1

    async def close(self) -> None:
        """Remembers that it was closed."""
        self.closed = True

    async def _released(self, answer: Answer | BaseException) -> Answer:
        self.begun.set()
        try:
            await self.release.wait()
        except asyncio.CancelledError:
            self.cancelled.set()
            raise
        if isinstance(answer, BaseException):
            raise answer
        return answer

    def fail(self, code: Code, tries_left: int | None = None) -> None:
        """The next orders end with a failure that the person wants the site to be told."""
        self.answer = ToldError(code, tries_left)


@dataclass(frozen=True)
class Reply:
    """An answer as it came over the wire; header names are lower-case, a repeated header has several values."""

    status: int
    headers: dict[str, list[str]]
    body: bytes

    @property
    def problem(self) -> dict[str, Any]:
        """The problem document."""
        document: dict[str, Any] = json.loads(self.body)
        return document

    @property
    def code(self) -> str:
        """The failure code, empty where the body is no problem document."""
        return str(self.problem.get("code", "")) if self.body.startswith(b"{") else ""

    def header(self, name: str) -> str | None:
        """The value of a header that may be there once."""
        values = self.headers.get(name.lower(), [])
        if len(values) > 1:
            raise ValueError(f"{name} is there {len(values)} times")
        return values[0] if values else None


class Site:
    """An agent that is served on a port of this computer over TLS."""

    def __init__(
        self,
        places: Places,
        host: FakeHost,
        context: ssl.SSLContext,
        client: aiohttp.ClientSession,
        admission: Admission,
    ) -> None:
        self.port = places.port
        self.host = host
        self.admission = admission
        self.permissions = Permissions(admission.permissions.path)  # as a command of the user sees them
        self._context = context
        self._client = client
        self.own_origin = places.own

    async def ask(self, method: str, path: str, *, headers: dict[str, str] | None = None, body: object = None) -> Reply:
        """A request as a well-behaved client writes it; a body that is not bytes is sent as JSON.

        Pages that ask for signatures are asked for under our own name, as after the redirect that leads there.
        """
        content = None if body is None else body if isinstance(body, bytes) else json.dumps(body).encode()
        at_home = path.startswith(("/v1/popup", "/v1/go", "/selftest"))
        home = {"Host": self.own_origin.partition("://")[2]} if at_home else {}
        sent = {**home, **(JSON if body is not None else {}), **(headers or {})}
        async with self._client.request(method, path, headers=sent, data=content, allow_redirects=False) as response:
            names = {name.lower() for name in response.headers}
            answer_headers = {name: list(response.headers.getall(name)) for name in names}
            return Reply(response.status, answer_headers, await response.read())

    async def authenticate(self, origin: str = ORIGIN, body: object = None) -> Reply:
        """An order as a page's fetch sends it."""
        return await self.ask(
            "POST", "/v1/authenticate", headers={"Origin": origin}, body=body or {"challenge": CHALLENGE}
        )

    async def connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """A TLS connection with nothing on it."""
        return await asyncio.open_connection("127.0.0.1", self.port, ssl=self._context, server_hostname="localhost")

    async def raw(self, *lines: str, body: bytes = b"") -> Reply:
        """The answer to exactly these lines (request line and headers), closed after it."""
        reader, writer = await self.connect()
        try:
            writer.write("\r\n".join([*lines, "Connection: close", "", ""]).encode("latin-1") + body)
            await writer.drain()
            async with asyncio.timeout(LIMIT):
                status, answer_headers = _parse(await reader.readuntil(b"\r\n\r\n"))
                # Not until the end: a server that has refused a body still waits a while for the rest of it.
                length = 0 if lines[0].startswith("HEAD ") else int(answer_headers.get("content-length", ["0"])[0])
                return Reply(status, answer_headers, await reader.readexactly(length))
        finally:
            writer.transport.abort()

    @property
    def host_line(self) -> str:
        """The right Host header."""
        return f"Host: localhost:{self.port}"


async def until(condition: Callable[[], bool], seconds: float = LIMIT) -> None:
    """Returns when a condition holds; raises TimeoutError when it does not come to hold."""
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110  # whoever changes it does not know of us
            await asyncio.sleep(0.01)


def _parse(head: bytes) -> tuple[int, dict[str, list[str]]]:
    first, *lines = head.decode("latin-1").rstrip().split("\r\n")
    headers: dict[str, list[str]] = {}
    for line in lines:
        name, _, value = line.partition(":")
        headers.setdefault(name.lower(), []).append(value.strip())
    return int(first.split()[1]), headers
