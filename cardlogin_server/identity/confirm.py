"""Asks an outside service whether an ID number belongs to a card's holder; the service confirms, it never discloses."""

import base64
import hashlib
import http.client
import json
import secrets
import ssl
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from typing import Final, Protocol
from urllib.parse import urlsplit

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding, load_pem_private_key

from cardlogin_server.clock import Clock, utc_now

MOST_PAIRS: Final = 1_000
SECONDS: Final = 10.0
_LARGEST_ANSWER: Final = 65_536


class Confirmation(Enum):
    """What the Ministry of the Interior's identity check can say of a pair (ICSC; taiwan-pki.md section 2.3)."""

    CONFIRMED = 0
    """The ID owns an activated certificate with that subject serial number."""
    NO_SUCH_PAIR = 1
    NOT_ACTIVATED = 2
    """The certificate's card has not been opened yet (未開卡)."""
    ASK_AGAIN = 999


class ConfirmerUnavailable(Exception):
    """The service could not be asked, or its answer cannot be believed; the text (for the log) names no person."""


@dataclass(frozen=True, slots=True)
class Pair:
    """A certificate's subject serial number and the ID number that somebody typed; shown nowhere by accident."""

    subject_serial: str = field(repr=False)
    national_id: str = field(repr=False)


class IdentityConfirmer(Protocol):
    """Whatever can tell if ID numbers belong to cards."""

    def confirm(self, pairs: Sequence[Pair]) -> tuple[Confirmation, ...]:
        """One outcome per pair, in the same order; 1 to 1,000 pairs. Raises ConfirmerUnavailable, or ValueError."""


class HttpIdentityConfirmer:
    """Asks over HTTPS, both sides proving themselves by certificate; immutable and safe for threads.

    The request is JSON, signed with the client's RSA key (SHA-256), and names client, time and a nonce; the answer
    must repeat the nonce. The operator of the real service sets its own format by contract: this is the reference
    for it, and the tests' counterpart. No redirect and no proxy is followed, no answer is kept.
    """

    def __init__(self, url: str, *, certificate: Path, key: Path, authorities: Path, clock: Clock = utc_now) -> None:
        """``url`` is https; the three files are PEM: the client's own chain, its key, and who may vouch for the server.

        Raises ValueError for another URL or key, and OSError (``ssl.SSLError`` is one) for files that do not fit.
        """
        parts = urlsplit(url)
        if parts.scheme != "https" or not parts.hostname or parts.username or parts.fragment:
            raise ValueError("url must be a plain https address")
        self._host, self._port, self._path = parts.hostname, parts.port, parts.path or "/"
        self._tls = _mutual_tls(certificate, key, authorities)
        self._key = _load_key(key)
        self._client_id = _thumbprint(certificate)
        self._clock = clock

    def confirm(self, pairs: Sequence[Pair]) -> tuple[Confirmation, ...]:
        """One outcome per pair, in the same order; 1 to 1,000 pairs. Raises ConfirmerUnavailable, or ValueError."""
        if not 1 <= len(pairs) <= MOST_PAIRS:
            raise ValueError(f"1 to {MOST_PAIRS} pairs can be asked for at once")
        nonce = secrets.token_urlsafe(24)
        answer = self._post(self._request(pairs, nonce))
        return _outcomes(answer, nonce, len(pairs))

    def _request(self, pairs: Sequence[Pair], nonce: str) -> bytes:
        request = json.dumps(
            {
                "client_id": self._client_id,
                "time": self._clock().isoformat(),
                "nonce": nonce,
                "pairs": [[pair.subject_serial, pair.national_id] for pair in pairs],
            }
        )
        signature = self._key.sign(request.encode(), padding.PKCS1v15(), hashes.SHA256())
        # The signed text travels as a text, so that both sides hash the same bytes.
        return json.dumps({"request": request, "signature": base64.b64encode(signature).decode()}).encode()

    def _post(self, body: bytes) -> bytes:
        connection = http.client.HTTPSConnection(self._host, self._port, timeout=SECONDS, context=self._tls)
        try:
            connection.request("POST", self._path, body, {"Content-Type": "application/json"})
            with connection.getresponse() as response:
                if response.status != 200:
                    raise ConfirmerUnavailable(f"status {response.status}")
                answer = response.read(_LARGEST_ANSWER + 1)
        except (OSError, http.client.HTTPException) as error:
            raise ConfirmerUnavailable(f"{type(error).__name__} from {self._host}") from error
        finally:
            connection.close()
        if len(answer) > _LARGEST_ANSWER:
            raise ConfirmerUnavailable("answer is too large")
        return answer


def _mutual_tls(certificate: Path, key: Path, authorities: Path) -> ssl.SSLContext:
    # Only the named authorities: no system's list vouches for a service of this kind.
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.load_verify_locations(authorities)
    context.load_cert_chain(certificate, key)
    return context


def _load_key(key: Path) -> rsa.RSAPrivateKey:
    loaded = load_pem_private_key(key.read_bytes(), None)
    if not isinstance(loaded, rsa.RSAPrivateKey):
        raise ValueError("the client's key must be RSA")
    return loaded


def _thumbprint(certificate: Path) -> str:
    der = x509.load_pem_x509_certificate(certificate.read_bytes()).public_bytes(Encoding.DER)
    return hashlib.sha256(der).hexdigest()


def _outcomes(answer: bytes, nonce: str, count: int) -> tuple[Confirmation, ...]:
    try:
        found = json.loads(answer)
        if not isinstance(found, dict) or found.keys() != {"nonce", "outcomes"} or found["nonce"] != nonce:
            raise ConfirmerUnavailable("answer is to another request")
        outcomes = found["outcomes"]
        if not isinstance(outcomes, list) or len(outcomes) != count or not all(type(code) is int for code in outcomes):
            raise ConfirmerUnavailable("answer has not one number per pair")
        return tuple(map(Confirmation, outcomes))
    except (ValueError, RecursionError) as error:
        raise ConfirmerUnavailable("answer is not JSON, or an outcome is unknown") from error
