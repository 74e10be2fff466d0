"""A page written for the old component without a browser: what its popup, which is ours, sends to the agent."""

import http.client
import json
import re
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

from tests.stand.asking import ORIGIN
from tests.stand.waiting import LIMIT

TBS = "I log in: 20260731-0001"
SIGN = {"func": "MakeSignature", "tbs": TBS, "tbsEncoding": "NONE", "signatureType": "PKCS7", "hashAlgorithm": "SHA256"}
LIST = {"func": "GetUserCert"}
_NAVIGATION = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}
_OWN = {"Sec-Fetch-Site": "same-origin", "Sec-Fetch-Mode": "cors", "Sec-Fetch-Dest": "empty"}
_CROSS = {**_OWN, "Sec-Fetch-Site": "cross-site"}


class OldPage:
    """A page of an origin, and the port of the old component that it asks."""

    def __init__(self, port: int, origin: str = ORIGIN) -> None:
        self._port, self._origin = port, origin
        self._pool = ThreadPoolExecutor(1)

    def ask(self, path: str, fields: dict[str, str]) -> "Future[dict[str, Any]]":
        """Begins an order in a popup of its own."""
        return self._pool.submit(self._post, path, fields)

    def fetch_readers(self) -> dict[str, Any]:
        """The readers as the page itself loads them, without a popup."""
        return self._answer("GET", "/pkcs11info", {**_CROSS, "Origin": self._origin})

    def close(self) -> None:
        """Returns when all orders have their answers."""
        self._pool.shutdown()

    def _post(self, path: str, fields: dict[str, str]) -> dict[str, Any]:
        found = re.search(rb'name="page-token" content="([^"]+)"', self._load("GET", "/popupForm", _NAVIGATION))
        assert found is not None
        headers = {
            **_OWN, "Origin": f"http://localhost:{self._port}", "Content-Type": "text/plain;charset=UTF-8",
            "X-CardLogin-Page": found[1].decode(), "X-CardLogin-Origin": self._origin, "X-CardLogin-Language": "en",
        }  # fmt: skip
        return self._answer("POST", path, headers, f"tbsPackage={json.dumps(fields)}")

    def _answer(self, method: str, path: str, headers: dict[str, str], body: str | None = None) -> dict[str, Any]:
        return json.loads(self._load(method, path, headers, body))  # type: ignore[no-any-return]

    def _load(self, method: str, path: str, headers: dict[str, str], body: str | None = None) -> bytes:
        connection = http.client.HTTPConnection("localhost", self._port, timeout=LIMIT)
        try:
            connection.request(method, path, body, headers)
            response = connection.getresponse()
            content = response.read()
            assert response.status == 200, content
            return content
        finally:
            connection.close()
