"""Asks a running agent to sign, as a page would by fetch."""

import base64
import hashlib
import http.client
import json
import secrets
import ssl
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from tests.stand.parts import Agent
from tests.stand.waiting import LIMIT
from tests.stand.waiting import wait_until as wait_until

ORIGIN = "https://portal.test"


@dataclass(frozen=True)
class Answer:
    """What the agent said."""

    status: int
    headers: dict[str, str]
    body: dict[str, Any]

    @property
    def code(self) -> str:
        """The failure code, empty for a token."""
        return str(self.body.get("code", ""))


def new_challenge(purpose: str = "login") -> str:
    """A challenge text as a portal makes it."""
    return f"{base64.b64encode(secrets.token_bytes(32)).decode()}.{purpose}"


def connect(agent: Agent, seconds: float = LIMIT) -> http.client.HTTPSConnection:
    """A connection to the agent that trusts its root and nothing else."""
    context = ssl.create_default_context(cafile=str(agent.root))
    return http.client.HTTPSConnection("localhost", agent.port, timeout=seconds, context=context)


def send(
    agent: Agent, method: str, path: str, body: object = None, headers: dict[str, str] | None = None
) -> tuple[int, dict[str, str], bytes]:
    """One request on a connection of its own: status, headers (lower-case names), body."""
    connection = connect(agent)
    try:
        content = None if body is None else json.dumps(body)
        connection.request(method, path, content, headers or {})
        response = connection.getresponse()
        return response.status, {name.lower(): value for name, value in response.getheaders()}, response.read()
    finally:
        connection.close()


def authenticate(agent: Agent, challenge: str, origin: str = ORIGIN) -> Answer:
    """The agent's answer to an order; returns when the window is done."""
    headers = {"Origin": origin, "Content-Type": "application/json"}
    status, answer_headers, body = send(agent, "POST", "/v1/authenticate", {"challenge": challenge}, headers)
    return Answer(status, answer_headers, json.loads(body))


class Asker:
    """Orders in the background, so that a test can type into the window meanwhile."""

    def __init__(self, agent: Agent) -> None:
        self._agent = agent
        self._pool = ThreadPoolExecutor(4)

    def ask(self, challenge: str | None = None, origin: str = ORIGIN) -> "Future[Answer]":
        """Begins an order."""
        return self._pool.submit(authenticate, self._agent, challenge or new_challenge(), origin)

    def stop(self) -> None:
        """Returns when all orders have their answers."""
        self._pool.shutdown()


def signature_is_good(token: dict[str, str], origin: str, challenge: str) -> bool:
    """Whether a token's signature is of its certificate over origin and challenge; raises InvalidSignature if not."""
    hash_ = {"256": hashes.SHA256(), "384": hashes.SHA384(), "512": hashes.SHA512()}[token["algorithm"][2:]]
    signed = b"".join(hashlib.new(hash_.name, text.encode()).digest() for text in (origin, challenge))
    key = x509.load_der_x509_certificate(base64.b64decode(token["unverifiedCertificate"])).public_key()
    signature = base64.b64decode(token["signature"])
    if isinstance(key, rsa.RSAPublicKey):
        key.verify(signature, signed, padding.PKCS1v15(), hash_)
        return True
    if not isinstance(key, ec.EllipticCurvePublicKey):
        return False
    half = len(signature) // 2
    raw = encode_dss_signature(int.from_bytes(signature[:half]), int.from_bytes(signature[half:]))
    key.verify(raw, signed, ec.ECDSA(hash_))
    return True
