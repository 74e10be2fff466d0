"""Styles that sign and decrypt with the PIN that the page sends, where somebody has allowed that."""

import base64
import hashlib
import tempfile
from collections.abc import Mapping
from pathlib import Path

from agent.permissions import Decision
from cardsim.hicos.driver import HicosDriver
from tests.hipki.portals import Kind
from tests.hipki.proofs import bare, by_card, field, plain, raw, signed_data
from tests.hipki.rows import Cards, Click, Proof, Style
from tests.hipki.stage import STRANGE_PIN
from tests.hipki.styles_lists import EVERYWHERE, UNLISTED
from tests.stand.parts import PIN
from tests.unit.agent.envelopes import block, digest_info, openssl_encrypts

TEXT = "a+b%&= 中文 login 20261202"
_CONTENT = TEXT.encode()
_BINARY = bytes(range(256))
SIGN = {"func": "MakeSignature", "signatureType": "PKCS7", "hashAlgorithm": "SHA256", "pin": PIN}
_ABSENT = "__NotExistedTag__"
_CHECKS = {"checks": ["zero", "serial", "version", "func"], "clock": 110000}
_SECRET = "祕密+%41"
_REMOTE = (Kind.PUBLIC, Kind.PLAIN_LOOPBACK)


def b64(content: bytes) -> str:
    """Base64 as pages send it."""
    return base64.b64encode(content).decode()


def signs(
    name: str, proof: Proof, portals: tuple[Kind, ...] = (Kind.PUBLIC,), *, cards: Cards = Cards.ONE,
    client: Mapping[str, object] | None = None, **fields: object,
) -> Style:  # fmt: skip
    """A style that signs at once."""
    request = {**SIGN, "tbs": TEXT, **fields}
    made = {**_CHECKS, "encode": "values", "request": request, **(client or {})}
    return Style(name, made, (Click(proof=proof),), portals, Decision.PAGE_PIN, cards, signatures=1, ends=UNLISTED)


def _cipher(*, enveloped: bool) -> Mapping[str, object]:
    return {"cipherType": "PKCS7" if enveloped else "PKCS1"}


def _decrypts(name: str, encoding: str, *, enveloped: bool) -> Style:
    def prepare(hicos: HicosDriver) -> Mapping[str, object]:
        [item] = [one for one in hicos.cards["citizen"].contents.items if one.key_id == "KEYX"]
        if enveloped:
            with tempfile.TemporaryDirectory() as folder:
                made = openssl_encrypts(Path(folder), item.certificate, _SECRET.encode(), "-des3")
        else:
            made = block(item.certificate, _SECRET.encode())
        fields = {"func": "DecryptData", "cipher": b64(made), "plainEncoding": encoding, "pin": PIN}
        return {"request": {**fields, **_cipher(enveloped=enveloped)}}

    client = {"encode": "values", "window": "解密中", "checks": ["zero", "func", "version"]}
    expected = b64(_SECRET.encode()) if encoding == "base64" else _SECRET
    return Style(name, client, (Click(proof=plain(expected)),), prepare=prepare)


_FILE = b"a file that stays where it is"
_INFO = digest_info("sha256", _FILE)
_ICTOKEN = {
    "tbs": b64(_CONTENT), "tbsEncoding": "base64", "slotDescription": _ABSENT, "nonce": _ABSENT, "withCardSN": _ABSENT,
    "withSCAP": _ABSENT, "keyidb64": _ABSENT, "checkValidity": _ABSENT,
}  # fmt: skip
_PLUS = {"encode": "plus"}

STYLES: tuple[Style, ...] = (
    signs("sign, values percent-encoded", signed_data(_CONTENT), EVERYWHERE),
    signs("sign, plus signs of the JSON encoded", signed_data("1+1 中文".encode()), _REMOTE, client=_PLUS,
          tbs="1+1 中文"),
    signs("sign, the whole JSON encoded", signed_data(_CONTENT), client={"encode": "whole"}),
    signs("sign, nothing encoded", signed_data("1+1=2 中文 100%".encode()), _REMOTE, client={"encode": "none"},
          tbs="1+1=2 中文 100%"),
    signs("sign, Base64", signed_data(_BINARY), tbs=b64(_BINARY), tbsEncoding="base64"),
    signs("sign, Base64, plus signs encoded", signed_data(b"\xfb\xef\xbe\xff" * 9), client=_PLUS,
          tbs=b64(b"\xfb\xef\xbe\xff" * 9), tbsEncoding="base64"),
    signs("PIN with signs, values encoded", by_card("strange")(signed_data(_CONTENT)), _REMOTE,
          cards=Cards.STRANGE_PIN, pin=STRANGE_PIN),
    signs("PIN with signs, plus signs encoded", by_card("strange")(signed_data(b"TBS")), client=_PLUS,
          cards=Cards.STRANGE_PIN, pin=STRANGE_PIN, tbs="TBS"),
    signs("SHA-1", signed_data(_CONTENT, "sha1"), hashAlgorithm="SHA1"),
    signs("SHA-384", signed_data(_CONTENT, "sha384"), hashAlgorithm="SHA384"),
    signs("SHA-512", signed_data(_CONTENT, "sha512"), hashAlgorithm="SHA512"),
    signs("card number and nonce", signed_data(_CONTENT, nonce="n+1 &", number=True), _REMOTE, withCardSN="true",
          nonce="n+1 &"),
    signs("without signing time", signed_data(_CONTENT, time=False), withSigningTime="false"),
    signs("key by its number", signed_data(_CONTENT), keyidb64=b64(b"SIGN")),
    signs("supplementary card (withSCAP)", field("SCAP", "", signed_data(_CONTENT)), withSCAP="true"),
    signs("valid certificate (checkValidity)", signed_data(_CONTENT), checkValidity="true"),
    signs("PKCS1", bare(_CONTENT), _REMOTE, signatureType="PKCS1"),
    *(
        signs(f"PKCS1, {name}", bare(_CONTENT, name.lower()), signatureType="PKCS1", hashAlgorithm=name)
        for name in ("SHA1", "SHA384", "SHA512")
    ),
    signs("ChtICToken, PKCS7", signed_data(_CONTENT), _REMOTE,
          client={"address": "/ChtPopupForm", "request": {**SIGN, **_ICTOKEN}}),
    signs("ChtICToken, PKCS1", bare(_CONTENT),
          client={"address": "/ChtPopupForm", "request": {**SIGN, **_ICTOKEN, "signatureType": "PKCS1"}}),
    Style("ChtICToken, card number compared",
          {"address": "/ChtPopupForm", "two": True, "chooses": 0, "checks": ["zero", "same"], "encode": "values",
           "request": {**SIGN, **_ICTOKEN}},
          (Click(verdict="readers"), Click(proof=signed_data(_CONTENT))), signatures=1),
    signs("no check of the origin", signed_data(_CONTENT), client={"origin": "none"}),
    signs("check of the window that sent", signed_data(_CONTENT), client={"origin": "source"}),
    signs("one receiver named", signed_data(_CONTENT), client={"target": "http://localhost:61161"}),
    signs("page that looks whether the window is closed", signed_data(_CONTENT), client={"polls": True}),
    _decrypts("decrypt PKCS7", "NONE", enveloped=True),
    _decrypts("decrypt PKCS7, Base64", "base64", enveloped=True),
    _decrypts("decrypt PKCS1", "NONE", enveloped=False),
    Style("RAW over a DigestInfo",
          {**_CHECKS, "encode": "values", "request": {**SIGN, "signatureType": "RAW", "tbs": b64(_INFO)}},
          (Click(("yes", PIN), proof=raw(hashlib.sha256(_FILE).digest())),), _REMOTE, signatures=1),
    Style("reader chosen among many", {**_CHECKS, "checks": ["zero"], "two": True, "chooses": 2, "encode": "values",
          "request": {**SIGN, "tbs": TEXT, "pin": STRANGE_PIN}},
          (Click(verdict="readers"), Click(proof=by_card("strange")(signed_data(_CONTENT)))), _REMOTE,
          cards=Cards.MANY, signatures=1),
)  # fmt: skip
