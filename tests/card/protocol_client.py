"""A client and a verifier made from docs/protocol/README.md alone: standard library, `cryptography`, nothing of ours.

It plays the browser as well: it writes the headers that only a browser can write for a page.
"""

import base64
import hashlib
import http.client
import json
import re
import ssl
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

PROTOCOL = 1
LONGEST_ANSWER = 20_000
LONGEST_WAIT = 120.0  # seconds


class NotFoundError(Exception):
    """No port of the list is answered by an agent."""


class RefusedError(Exception):
    """A problem document (section 6)."""

    def __init__(self, status: int, problem: dict[str, Any]) -> None:
        super().__init__(problem["code"])
        self.status, self.problem = status, problem


@dataclass(frozen=True)
class Client:
    """A page of an origin, in a browser that trusts a root; `port` is the agent's (section 1)."""

    origin: str
    root: Path
    port: int

    @classmethod
    def discover(cls, origin: str, root: Path, ports: Sequence[int]) -> "Client":
        """Section 1: the first port where an agent says hello; raises NotFoundError."""
        for port in ports:
            client = cls(origin, root, port)
            try:
                hello = client._send("GET", "/v1/hello", {"Origin": origin, **_fetch("cross-site")})
            except (OSError, ValueError, RefusedError):
                continue
            if hello == {"service": "cardlogin", "protocol": PROTOCOL}:
                return client
        raise NotFoundError

    def by_fetch(self, **order: object) -> dict[str, str]:
        """Section 2, way A: the token; raises RefusedError."""
        headers = {"Origin": self.origin, **_fetch("cross-site")}
        asked = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "content-type"}
        self._send("OPTIONS", "/v1/authenticate", {**headers, **asked})
        token: dict[str, str] = self._send("POST", "/v1/authenticate", headers, order)
        return token

    def by_popup(self, **order: object) -> dict[str, str]:
        """Section 2, way B, from the point where the popup's page has heard its opener; raises RefusedError."""
        own, page_token = self._page("/v1/popup")
        page = {"page_token": page_token, "origin": self.origin}
        token: dict[str, str] = self._send("POST", "/v1/popup/authenticate", own, {**page, **order})
        return token

    def by_navigation(self, return_to: str, **order: object) -> dict[str, str]:
        """Section 2, way C: the fields of the form that goes to the return address; raises RefusedError."""
        own, page_token = self._page("/v1/go")
        page = {"page_token": page_token, "return_to": return_to}
        answer = self._send("POST", "/v1/go/authenticate", own, {**page, **order})
        if (answer["origin"], answer["return_to"]) != (self.origin, return_to):
            raise ValueError("an answer for somebody else")
        return {answer["field"]: answer["value"]}

    def _page(self, path: str) -> tuple[dict[str, str], str]:
        """The headers that the agent's page sends from where it is, which its address leads to, and its page token."""
        navigation = {"Sec-Fetch-Dest": "document", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Site": "cross-site"}
        led = urlsplit(self._exchange("GET", path, navigation)[0])
        if led.path != path or not re.fullmatch(rf"[0-9a-f]{{32}}\.localhost:{self.port}", led.netloc):
            raise ValueError("led elsewhere")
        _, text = self._exchange("GET", path, {**navigation, "Host": led.netloc})
        found = re.search(r'<meta name="page-token" content="([A-Za-z0-9_-]{43})">', text)
        if found is None:
            raise ValueError("no page token")
        own = {"Host": led.netloc, "Origin": f"https://{led.netloc}"}
        return {**own, **_fetch("same-origin")}, found[1]

    def _send(self, method: str, path: str, headers: dict[str, str], body: object = None) -> Any:
        _, text = self._exchange(method, path, headers, body)
        return json.loads(text) if text else None

    def _exchange(self, method: str, path: str, headers: dict[str, str], body: object = None) -> tuple[str, str]:
        """Where the answer leads, and its text."""
        context = ssl.create_default_context(cafile=str(self.root))
        connection = http.client.HTTPSConnection("localhost", self.port, timeout=LONGEST_WAIT, context=context)
        content = None if body is None else json.dumps(body)
        kind = {} if body is None else {"Content-Type": "application/json"}
        try:
            connection.request(method, path, content, {**headers, **kind})
            answer = connection.getresponse()
            text = answer.read(LONGEST_ANSWER).decode()
            if answer.status >= 400:
                raise RefusedError(answer.status, json.loads(text))
            if headers["Sec-Fetch-Site"] == "cross-site" and "Origin" in headers:
                _check_readable(answer, headers["Origin"])
            return answer.getheader("Location", ""), text
        finally:
            connection.close()


def verify(token: dict[str, str], origin: str, challenge: str) -> x509.Certificate:
    """Section 5: the certificate of the key that signed, of which nothing is trusted yet.

    Raises ValueError for a token in another form, InvalidSignature for another origin or challenge.
    """
    if set(token) != {"unverifiedCertificate", "algorithm", "signature", "format", "appVersion"}:
        raise ValueError("five members, nothing more")
    if token["format"] != "web-eid:1.0":
        raise ValueError("another format")
    certificate = x509.load_der_x509_certificate(base64.b64decode(token["unverifiedCertificate"], validate=True))
    signature = base64.b64decode(token["signature"], validate=True)
    _verify_signature(token["algorithm"], certificate.public_key(), signature, origin, challenge)
    return certificate


def _verify_signature(algorithm: str, key: object, signature: bytes, origin: str, challenge: str) -> None:
    hash_ = {"256": hashes.SHA256(), "384": hashes.SHA384(), "512": hashes.SHA512()}[algorithm[2:]]
    message = b"".join(hashlib.new(hash_.name, text.encode()).digest() for text in (origin, challenge))
    if algorithm == "RS256" and isinstance(key, rsa.RSAPublicKey):
        key.verify(signature, message, padding.PKCS1v15(), hash_)
    elif algorithm == "PS256" and isinstance(key, rsa.RSAPublicKey):
        key.verify(signature, message, padding.PSS(padding.MGF1(hash_), 32), hash_)
    elif algorithm.startswith("ES") and isinstance(key, ec.EllipticCurvePublicKey):
        half = (key.key_size + 7) // 8
        if len(signature) != 2 * half:
            raise ValueError("R and S are as long as the order")
        r, s = int.from_bytes(signature[:half]), int.from_bytes(signature[half:])
        key.verify(encode_dss_signature(r, s), message, ec.ECDSA(hash_))
    else:
        raise ValueError("an algorithm that does not fit the key")


def _fetch(site: str) -> dict[str, str]:
    return {"Sec-Fetch-Dest": "empty", "Sec-Fetch-Mode": "cors", "Sec-Fetch-Site": site}


def _check_readable(answer: http.client.HTTPResponse, origin: str) -> None:
    if answer.getheader("Access-Control-Allow-Origin") != origin:
        raise ValueError("a browser would keep this answer from the page")
