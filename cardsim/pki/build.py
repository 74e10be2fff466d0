"""Builds the PKI folder: all keys, certificates and card images, put in place in one step."""

import base64
import datetime
import fcntl
import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from cardsim.card.image import ATR
from cardsim.card.image import FORMAT as CARD_FORMAT
from cardsim.errors import SimulatorError
from cardsim.pki import profile
from cardsim.pki.data import Authority, Card, PkiData, parse_data, read_data
from cardsim.pki.index import FORMAT, INDEX, intact
from cardsim.pki.numbers import guid
from cardsim.pki.places import Places, base_port
from cardsim.pki.profile import Issuer

PrivateKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey


def build(out: Path, base_url: str, data_file: Path) -> bool:
    """Make the PKI of `data_file` in `out`; False if an intact one of the same data was there already.

    An older PKI in `out` is replaced, any other folder refused. Raises SimulatorError with the reason.
    """
    base_port(base_url)
    raw = read_data(data_file)
    data = parse_data(raw)
    fingerprint = hashlib.sha256(f"{FORMAT}\n{base_url}\n".encode() + raw).hexdigest()
    out = out.absolute()
    try:
        with _only_builder(out.parent):
            if intact(out, fingerprint):
                return False
            if out.exists() and not (out / INDEX).is_file() and (not out.is_dir() or any(out.iterdir())):
                raise SimulatorError(f"{out} exists and is not a test PKI; choose another folder")
            _replace(out, _Builder(data, base_url, fingerprint).files())
    except OSError as error:
        raise SimulatorError(f"cannot write the PKI to {out}: {error.strerror}") from None
    return True


@contextmanager
def _only_builder(parent: Path) -> Iterator[None]:
    """Two builders of the same folder at once must not mix their keys."""
    parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _replace(out: Path, files: dict[str, bytes]) -> None:
    fresh = Path(tempfile.mkdtemp(prefix=f".{out.name}-new-", dir=out.parent))
    try:
        for name, content in files.items():
            path = fresh / name
            for folder in reversed(path.relative_to(fresh).parents[:-1]):
                (fresh / folder).mkdir(mode=0o700, exist_ok=True)
            with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                file.write(content)
        if out.exists():
            old = Path(tempfile.mkdtemp(prefix=f".{out.name}-old-", dir=out.parent))
            out.rename(old)
            fresh.rename(out)
            shutil.rmtree(old)
        else:
            fresh.rename(out)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)


class _Builder:
    def __init__(self, data: PkiData, base_url: str, fingerprint: str) -> None:
        self._data = data
        self._base_url = base_url
        self._now = datetime.datetime.now(datetime.UTC)
        self._files: dict[str, bytes] = {}
        self._issuers: dict[str, Issuer] = {}
        self._index: dict[str, Any] = {
            "format": FORMAT,
            "fingerprint": fingerprint,
            "base_url": base_url,
            "built": int(self._now.timestamp()),
            "authorities": {},
            "cards": {},
        }

    def files(self) -> dict[str, bytes]:
        """Every file of the folder by its path in it."""
        for authority in self._data.authorities.values():
            self._add_authority(authority)
        for card in self._data.cards.values():
            self._add_card(card)
        self._index["files"] = {name: hashlib.sha256(body).hexdigest() for name, body in self._files.items()}
        index = json.dumps(self._index, ensure_ascii=False, indent=1).encode()
        return {**self._files, INDEX: index}

    def _places(self, name: str) -> Places:
        authority = self._data.authorities[name]
        name = authority.imitates or name
        return Places(self._base_url, name, self._data.authorities[name].partitions)

    def _add_authority(self, authority: Authority) -> None:
        key = _rsa()
        self._issuers[authority.name] = issuer = Issuer(self._authority_certificate(authority, key), key)
        der = issuer.certificate.public_bytes(serialization.Encoding.DER)
        folder = f"authorities/{authority.name}"
        self._files[f"{folder}/key.der"] = _private(key)
        self._files[f"{folder}/certificate.cer"] = der
        if authority.imitates:
            return
        self._files[f"{'issuers' if authority.issuer else 'anchors'}/{authority.name}.cer"] = der
        self._index["authorities"][authority.name] = {"partitions": authority.partitions}
        if authority.issuer:
            responder_key = _rsa()
            responder = profile.responder_certificate(responder_key.public_key(), issuer, self._now)
            self._files[f"{folder}/ocsp-key.der"] = _private(responder_key)
            self._files[f"{folder}/ocsp.cer"] = responder.public_bytes(serialization.Encoding.DER)

    def _authority_certificate(self, authority: Authority, key: rsa.RSAPrivateKey) -> x509.Certificate:
        if authority.issuer:
            root = self._issuers[authority.issuer]
            places = self._places(authority.issuer)
            return profile.issuing_certificate(authority, key.public_key(), root, places, self._now)
        named = self._data.authorities[authority.imitates or authority.name]
        return profile.self_signed(authority, profile.authority_name(named), key, self._now)

    def _add_card(self, card: Card) -> None:
        keys: dict[str, dict[str, str]] = {}
        serials: dict[str, str] = {}
        for use in card.certificates:
            key, certificate = self._card_certificate(card, use)
            keys["9A" if use == "signing" else "9D"] = {
                "certificate": _base64(certificate.public_bytes(serialization.Encoding.DER)),
                "key": _base64(_private(key)),
            }
            serials[use] = f"{certificate.serial_number:x}"
        path = f"cards/{card.name}.json"
        self._files[path] = json.dumps(_image(card, keys), ensure_ascii=False, indent=1).encode()
        self._index["cards"][card.name] = {
            "file": path,
            "holder": card.holder,
            "pin": card.pin,
            "authority": card.authority,
            "serial": serials.get("signing"),
            "encryption_serial": serials.get("encryption"),
            "state": card.state,
        }

    def _card_certificate(self, card: Card, use: str) -> tuple[PrivateKey, x509.Certificate]:
        key: PrivateKey = _rsa()
        if use == "signing" and card.key == "p-256":
            key = ec.generate_private_key(ec.SECP256R1())
        issuer, places = self._issuers[card.authority], self._places(card.authority)
        return key, profile.card_certificate(card, use, key.public_key(), issuer, places, self._now)


def _image(card: Card, keys: dict[str, dict[str, str]]) -> dict[str, Any]:
    return {
        "format": CARD_FORMAT,
        "name": card.name,
        "holder": card.holder,
        "pin": card.pin,
        "puk": card.puk,
        "tries": card.tries,
        "last_failure": card.last_failure,
        "atr": ATR,
        "guid": guid(card.name),
        "keys": keys,
    }


def _rsa() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65537, 2048)


def _private(key: PrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode()
