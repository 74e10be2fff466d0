"""A small PKI after the citizen-card profile, its revocation list over HTTP, and tokens signed with its keys."""

import base64
import hashlib
import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID
from typing_extensions import override

ORIGIN = "https://portal.test"
POLICY = "2.16.886.101.0.3.3"
NOW = datetime.now(UTC).replace(microsecond=0)
DAY = timedelta(days=1)


def _tlv(tag: int, content: bytes) -> bytes:
    length = len(content)
    head = bytes([length]) if length < 128 else bytes([0x81, length])
    return bytes([tag]) + head + content


def _oid(dotted: str) -> bytes:
    first, second, *rest = map(int, dotted.split("."))
    out = b""
    for number in (first * 40 + second, *rest):
        digits = [number & 0x7F]
        while number := number >> 7:
            digits.append(number & 0x7F | 0x80)
        out += bytes(reversed(digits))
    return _tlv(0x06, out)


def _directory_attributes(last_four: str) -> x509.UnrecognizedExtension:
    kind = _tlv(0x30, _oid("2.16.886.1.100.2.1") + _tlv(0x31, _oid("2.16.886.1.100.3.1.1")))
    tail = _tlv(0x30, _oid("2.16.886.1.100.2.51") + _tlv(0x31, _tlv(0x0C, last_four.encode())))
    return x509.UnrecognizedExtension(x509.ObjectIdentifier("2.5.29.9"), _tlv(0x30, kind + tail))


def _name(**parts: str) -> x509.Name:
    # RFC 5280 counts characters; the library's own check, which is left out, counts bytes of UTF-8.
    made = [x509.NameAttribute(getattr(NameOID, kind), value, _validate=False) for kind, value in parts.items()]
    return x509.Name(made)


def _usage(*granted: str) -> x509.KeyUsage:
    every = (
        "digital_signature", "content_commitment", "key_encipherment", "data_encipherment", "key_agreement",
        "key_cert_sign", "crl_sign", "encipher_only", "decipher_only",
    )  # fmt: skip
    return x509.KeyUsage(**{name: name in granted for name in every})


@dataclass(frozen=True)
class Authority:
    """A certificate authority with its key."""

    key: ec.EllipticCurvePrivateKey
    certificate: x509.Certificate

    @property
    def der(self) -> bytes:
        return self.certificate.public_bytes(Encoding.DER)


def _policies(policy: str) -> x509.CertificatePolicies:
    return x509.CertificatePolicies([x509.PolicyInformation(x509.ObjectIdentifier(policy), None)])


def authority(subject: x509.Name, parent: Authority | None = None) -> Authority:
    """A root, or an issuing authority below `parent`."""
    key = ec.generate_private_key(ec.SECP256R1())
    signer = parent.key if parent else key
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(parent.certificate.subject if parent else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(NOW - 900 * DAY)
        .not_valid_after(NOW + 900 * DAY)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None if parent is None else 0), critical=True)
        .add_extension(_usage("key_cert_sign", "crl_sign"), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), critical=False)
    )
    if parent:
        builder = builder.add_extension(_policies(POLICY), critical=False)
    return Authority(key, builder.sign(signer, hashes.SHA256()))


@dataclass(frozen=True)
class Card:
    """A key and its certificate, able to sign tokens like the component."""

    key: rsa.RSAPrivateKey
    certificate: x509.Certificate

    @property
    def der(self) -> bytes:
        return self.certificate.public_bytes(Encoding.DER)

    def token(self, challenge: str, origin: str = ORIGIN) -> str:
        """The `web-eid:1.0` token over origin and challenge."""
        message = hashlib.sha256(origin.encode()).digest() + hashlib.sha256(challenge.encode()).digest()
        signature = self.key.sign(message, padding.PKCS1v15(), hashes.SHA256())
        fields = {
            "unverifiedCertificate": base64.b64encode(self.der).decode(),
            "algorithm": "RS256",
            "signature": base64.b64encode(signature).decode(),
            "format": "web-eid:1.0",
            "appVersion": "https://cardlogin.example/0",
        }
        return json.dumps(fields)


class Pki:
    """Root, issuing authority, cards of every kind, and the folder a portal is given."""

    def __init__(self, folder: Path, base_url: str) -> None:
        self.folder = folder
        self.base_url = base_url
        self._key = rsa.generate_private_key(65537, 2048)
        self._root = authority(_name(COUNTRY_NAME="TW", ORGANIZATION_NAME="測試根憑證"))
        unit = _name(COUNTRY_NAME="TW", ORGANIZATION_NAME="行政院", ORGANIZATIONAL_UNIT_NAME="內政部憑證管理中心")
        self._issuer = authority(unit, self._root)
        # Same name, other key, not known to the portal.
        self._stranger = authority(unit, authority(_name(COUNTRY_NAME="TW", ORGANIZATION_NAME="測試根憑證")))
        self.cards = {
            "citizen": self._card(),
            "renewed": self._card(),
            "namesake": self._card(serial="0000000133333333"),
            "renamed": self._card(name="林美玲"),
            "renumbered": self._card(last_four="6780"),
            "second": self._card(serial="0000000144444444", last_four="6780"),
            "citizen2": self._card(name="林美玲", serial="0000000122222222"),
            "expired": self._card(begins=NOW - 800 * DAY, ends=NOW - DAY),
            "early": self._card(begins=NOW + DAY, ends=NOW + 800 * DAY),
            "revoked": self._card(),
            "suspended": self._card(),
            "wrong-policy": self._card(policy="2.16.886.101.0.3.0"),
            "encryption-only": self._card(usage="key_encipherment"),
            "untrusted": self._card(issuer=self._stranger),
            "no-serial": self._card(serial="123"),
            "unreachable": self._card(list_url="http://127.0.0.2:9/complete.crl"),
        }
        self._write()

    def _card(
        self,
        name: str = "王小明",
        serial: str = "0000000112345678",
        policy: str = POLICY,
        usage: str = "digital_signature",
        begins: datetime = NOW - DAY,
        ends: datetime = NOW + 800 * DAY,
        issuer: Authority | None = None,
        list_url: str = "",
        last_four: str = "6789",
    ) -> Card:
        signer = issuer or self._issuer
        point = x509.UniformResourceIdentifier(list_url or f"{self.base_url}/complete.crl")
        builder = (
            x509.CertificateBuilder()
            .subject_name(_name(COUNTRY_NAME="TW", COMMON_NAME=name, SERIAL_NUMBER=serial))
            .issuer_name(signer.certificate.subject)
            .public_key(self._key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(begins)
            .not_valid_after(ends)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.key.public_key()), critical=False)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(self._key.public_key()), critical=False)
            .add_extension(_usage(usage), critical=True)
            .add_extension(_policies(policy), critical=False)
            .add_extension(_directory_attributes(last_four), critical=False)
            .add_extension(
                x509.CRLDistributionPoints([x509.DistributionPoint([point], None, None, None)]), critical=False
            )
        )
        return Card(self._key, builder.sign(signer.key, hashes.SHA256()))

    def revocation_list(self) -> bytes:
        """The complete list: one revoked, one suspended card (DER)."""
        key = self._issuer.key
        builder = (
            x509.CertificateRevocationListBuilder()
            .issuer_name(self._issuer.certificate.subject)
            .last_update(NOW - DAY)
            .next_update(NOW + DAY)
            .add_extension(x509.CRLNumber(1), critical=False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(key.public_key()), critical=False)
        )
        for card, reason in (("revoked", "key_compromise"), ("suspended", "certificate_hold")):
            entry = (
                x509.RevokedCertificateBuilder()
                .serial_number(self.cards[card].certificate.serial_number)
                .revocation_date(NOW - DAY)
                .add_extension(x509.CRLReason(getattr(x509.ReasonFlags, reason)), critical=False)
            )
            builder = builder.add_revoked_certificate(entry.build())
        return builder.sign(key, hashes.SHA256()).public_bytes(Encoding.DER)

    def _write(self) -> None:
        for name, contents in (("anchors", self._root.der), ("issuers", self._issuer.der)):
            (self.folder / name).mkdir(parents=True)
            (self.folder / name / "authority.cer").write_bytes(contents)

    def file(self, card: str) -> Path:
        """The card's certificate as a DER file."""
        path = self.folder / f"{card}.cer"
        path.write_bytes(self.cards[card].der)
        return path


class ListServer(ThreadingHTTPServer):
    """Answers every GET with the revocation list."""

    content = b""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.server_address[1]}"


class _Handler(BaseHTTPRequestHandler):
    server: "ListServer"  # type: ignore[mutable-override]

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", str(len(self.server.content)))
        self.end_headers()
        self.wfile.write(self.server.content)

    @override
    def log_message(self, format: str, *args: object) -> None:
        """Nothing: the test's output stays readable."""
