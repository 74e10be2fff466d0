"""Cards that the test PKI does not make: certificates of the wrong time, kind, strength or form."""

import base64
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.hashes import SHA1, SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_der_private_key,
)

from cardsim.pki import profile
from cardsim.pki.data import Authority, Card, parse_data, read_data
from cardsim.pki.places import Places
from cardsim.pki.profile import Issuer
from cardsim.tlv import encode

_EXTRA = """

[cards.ending]
holder = "測試人壬"
issued_days_ago = 1796

[cards.signing-only]
holder = "測試人癸"
certificates = ["signing"]

[cards.wrong-type]
holder = "測試人子"
profile = "company"
"""
# As in pkcs11_shims/atr.toml; the last is a bank's, of a kind that nobody here knows.
HEALTH, GOVERNMENT = "3BEE00008131FE4580318066409093060F17830F9000F3", "3B8B80010031C16408402130009000" + "57"
BANK = "3B6A00008065A20131013D72D641"
# Object identifiers of signatures (RFC 8017, appendix C).
_WITH_SHA256, _WITH_SHA1 = bytes.fromhex("2A864886F70D01010B"), bytes.fromhex("2A864886F70D010105")


def describe(folder: Path) -> Path:
    """The test PKI's description with some more cards."""
    from cardsim.pki.data import DEFAULT_DATA

    description = folder / "pki.toml"
    description.write_text(DEFAULT_DATA.read_text("utf-8") + _EXTRA, "utf-8")
    return description


def make_cards(pki: Path, data: Path) -> None:
    """Writes the images of further cards beside those of the PKI."""
    found = parse_data(read_data(data))
    issuer = _issuer(pki, "moica")
    places = _places(pki, found.authorities["moica"])
    card = found.cards["citizen"]
    for name, made in {
        "not-yet": _later(card, issuer, places),
        "sha1": _sha1(card, issuer, places),
        "short-key": _short(card, issuer, places),
        "no-name": _nameless(card, issuer, places),
    }.items():
        _write(pki / "cards" / f"{name}.json", pki / "cards" / "citizen.json", made, name)
    for name, atr in {"health": HEALTH, "government": GOVERNMENT, "bank": BANK}.items():
        _with_atr(pki / "cards" / f"{name}.json", pki / "cards" / "citizen.json", name, atr)


_Made = tuple[rsa.RSAPrivateKey, x509.Certificate]


def _later(card: Card, issuer: Issuer, places: Places) -> _Made:
    key = rsa.generate_private_key(65537, 2048)
    moment = datetime.now(UTC) + timedelta(days=200)
    return key, profile.card_certificate(card, "signing", key.public_key(), issuer, places, moment)


def _short(card: Card, issuer: Issuer, places: Places) -> _Made:
    """The key on the card is another: it takes none that is so short, and nothing is signed with it."""
    key, short = rsa.generate_private_key(65537, 2048), rsa.generate_private_key(65537, 1024)  # noqa: S505  # the point
    return key, profile.card_certificate(card, "signing", short.public_key(), issuer, places, datetime.now(UTC))


def _sha1(card: Card, issuer: Issuer, places: Places) -> _Made:
    """Signed anew: the library that makes certificates no longer makes such ones."""
    key = rsa.generate_private_key(65537, 2048)
    good = profile.card_certificate(card, "signing", key.public_key(), issuer, places, datetime.now(UTC))
    body = good.tbs_certificate_bytes.replace(_WITH_SHA256, _WITH_SHA1)
    signature = issuer.key.sign(body, padding.PKCS1v15(), SHA1())  # noqa: S303  # the point
    algorithm = encode(0x30, encode(0x06, _WITH_SHA1) + encode(0x05, b""))
    der = encode(0x30, body + algorithm + encode(0x03, b"\0" + signature))
    return key, x509.load_der_x509_certificate(der)


def _nameless(card: Card, issuer: Issuer, places: Places) -> _Made:
    key = rsa.generate_private_key(65537, 2048)
    good = profile.card_certificate(card, "signing", key.public_key(), issuer, places, datetime.now(UTC))
    subject = x509.Name([name for name in good.subject if name.oid != x509.NameOID.SERIAL_NUMBER])
    return key, _again(good, subject).sign(issuer.key, SHA256())


def _again(good: x509.Certificate, subject: x509.Name | None = None) -> x509.CertificateBuilder:
    builder = x509.CertificateBuilder(
        good.issuer, subject or good.subject, good.public_key(), good.serial_number, good.not_valid_before_utc,
        good.not_valid_after_utc,
    )  # fmt: skip
    for extension in good.extensions:
        builder = builder.add_extension(extension.value, extension.critical)
    return builder


def _issuer(pki: Path, name: str) -> Issuer:
    folder = pki / "authorities" / name
    key = load_der_private_key((folder / "key.der").read_bytes(), None)
    assert isinstance(key, rsa.RSAPrivateKey)
    return Issuer(x509.load_der_x509_certificate((folder / "certificate.cer").read_bytes()), key)


def _places(pki: Path, authority: Authority) -> Places:
    base = json.loads((pki / "pki.json").read_text("utf-8"))["base_url"]
    return Places(base, authority.name, authority.partitions)


def _write(path: Path, like: Path, made: _Made, name: str) -> None:
    key, certificate = made
    image: dict[str, Any] = json.loads(like.read_text("utf-8"))
    pkcs8 = key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    image["keys"]["9A"] = {
        "certificate": base64.b64encode(certificate.public_bytes(Encoding.DER)).decode(),
        "key": base64.b64encode(pkcs8).decode(),
    }
    path.write_text(json.dumps({**image, "name": name}), "utf-8")


def _with_atr(path: Path, like: Path, name: str, atr: str) -> None:
    image = json.loads(like.read_text("utf-8"))
    path.write_text(json.dumps({**image, "name": name, "atr": atr}), "utf-8")
