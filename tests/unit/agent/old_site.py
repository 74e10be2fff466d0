"""A served old component as the tests of its protocol reach it."""

import asyncio
import json
import re
from typing import Any

import aiohttp
from yarl import URL

from agent.permissions import Decision, Permissions
from agent.readers import Reader
from agent.web.hipki.desk import Desk
from tests.unit.agent.fakes import ORIGIN, FakeHost, Reply

PIN = "246813"
SIGN = {"func": "MakeSignature", "tbs": "text", "tbsEncoding": "NONE", "signatureType": "PKCS7", "nonce": "n1"}
NAVIGATION = {"Sec-Fetch-Dest": "document", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Site": "cross-site"}
OWN = {"Sec-Fetch-Dest": "empty", "Sec-Fetch-Mode": "cors", "Sec-Fetch-Site": "same-origin"}
CROSS = {"Sec-Fetch-Dest": "empty", "Sec-Fetch-Mode": "cors", "Sec-Fetch-Site": "cross-site"}
PICTURE = {"Sec-Fetch-Dest": "image", "Sec-Fetch-Mode": "cors", "Sec-Fetch-Site": "cross-site"}


class Watch:
    """Two readers, a card in the first."""

    readers: tuple[Reader, ...] = (Reader("Secret Reader 4711 00 00", True), Reader("Other Reader 01 00", False))


class OldSite:
    """The old component on a port of this computer, and its sibling on another one."""

    def __init__(
        self, ports: tuple[int, int], host: FakeHost, client: aiohttp.ClientSession, permissions: Permissions,
        desk: Desk, watch: Watch,
    ) -> None:  # fmt: skip
        self.port, self.sibling = ports
        self.host, self.client, self.permissions, self.desk, self.watch = host, client, permissions, desk, watch

    async def allow(self, origin: str = ORIGIN, decision: Decision = Decision.ALLOW) -> None:
        """As the person's command does."""
        await asyncio.to_thread(self.permissions.decide, origin, decision)

    async def ask(
        self, method: str, path: str, headers: dict[str, str] | None = None, body: bytes | None = None, port: int = 0
    ) -> Reply:
        """A request with exactly these headers."""
        url = URL(f"http://localhost:{port or self.port}{path}", encoded=True)
        async with self.client.request(method, url, headers=headers, data=body, allow_redirects=False) as response:
            names = {name.lower() for name in response.headers}
            found = {name: list(response.headers.getall(name)) for name in names}
            return Reply(response.status, found, await response.read())

    async def token(self, path: str = "/popupForm", port: int = 0) -> str:
        """The page token of a fresh window."""
        reply = await self.ask("GET", path, NAVIGATION, port=port)
        found = re.search(rb'name="page-token" content="([^"]+)"', reply.body)
        assert found is not None
        return found[1].decode()

    async def post(
        self, path: str, fields: object = None, origin: str = ORIGIN, token: str | None = None, **headers: str
    ) -> Reply:
        """What the script of our popup sends, with changes of its headers (`_` for `-`)."""
        body = fields if isinstance(fields, bytes) else b"tbsPackage=" + json.dumps(fields or SIGN).encode()
        sent = {
            **OWN,
            "Origin": f"http://localhost:{self.port}",
            "Content-Type": "text/plain;charset=UTF-8",
            "X-CardLogin-Page": await self.token() if token is None else token,
            "X-CardLogin-Origin": origin,
            "X-CardLogin-Language": "en",
            **{name.replace("_", "-"): value for name, value in headers.items()},
        }
        return await self.ask("POST", path, sent, body)

    async def answer(self, path: str, fields: object = None, origin: str = ORIGIN) -> dict[str, Any]:
        """The protocol's answer to our popup."""
        reply = await self.post(path, fields, origin)
        assert reply.status == 200
        return json.loads(reply.body)  # type: ignore[no-any-return]
