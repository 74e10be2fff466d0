"""The decoders, each with the failures it may raise and with good input to start from.

Whatever else a decoder raises, and whatever it accepts that is not what it says, is a finding.
"""

import base64
import json
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import cache

from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp

from cardlogin_server import CardLoginError, Family
from cardlogin_server.answers.cms import from_base64
from cardlogin_server.answers.cms_decoding import CmsMalformed, read_signed_content
from cardlogin_server.answers.token import parse_token
from cardlogin_server.certificates.der_shape import NotDer, require_der
from cardlogin_server.certificates.directory_attributes import AttributesMalformed, read_attributes
from cardlogin_server.certificates.leaf import check_leaf, read_leaf
from cardlogin_server.certificates.profile import PRODUCTION_POLICIES
from cardlogin_server.identity.identity import read_identity
from cardlogin_server.revocation.crl import ListRefused, read_list
from cardlogin_server.revocation.ocsp import make_request, read_answer
from cardlogin_server.revocation.ocsp_signer import AnswerRefused
from cardlogin_server.revocation.policy import Nonce, RevocationPolicy
from tests.unit.cardlogin_server import pki
from tests.unit.cardlogin_server.answers.cms_building import Answer
from tests.unit.cardlogin_server.revocation import crls
from tests.unit.cardlogin_server.revocation.responders import URL, Responder
from tests.unit.cardlogin_server.revocation.responders import card as ocsp_card
from tests.unit.cardlogin_server.site import make_token
from tests.unit.cardlogin_server.web_eid import FOLDER, vectors

CHALLENGE = "A" * 43 + "=.login"
LARGEST_BASE64 = 8_192
_POLICY = RevocationPolicy(nonce=Nonce.OPTIONAL)


@dataclass(frozen=True)
class Target:
    """A decoder: what it may raise, and good input to vary."""

    decode: Callable[[bytes], None]
    allowed: tuple[type[Exception], ...]
    seeds: Callable[[], list[bytes]]

    def __call__(self, content: bytes) -> None:
        """Decodes; anything but the failures that are allowed comes out."""
        with suppress(*self.allowed):
            self.decode(content)


def _token(content: bytes) -> None:
    text = content.decode("utf-8", "surrogateescape")
    token = parse_token(text)
    # Nothing that is accepted could have been written in another way.
    fields = json.loads(text)
    assert base64.b64encode(token.unverified_certificate).decode() == fields["unverifiedCertificate"]
    assert base64.b64encode(token.signature).decode() == fields["signature"]


def _base64(content: bytes) -> None:
    text = content.decode("latin-1")
    assert base64.b64encode(from_base64(text, LARGEST_BASE64)).decode() == text


def _certificate(content: bytes) -> None:
    leaf = read_leaf(content)
    assert leaf.der == content
    leaf.policies()
    family = check_leaf(leaf, PRODUCTION_POLICIES)
    assert read_identity(leaf, family).binding_key.startswith(family.value)


def _identity(content: bytes) -> None:
    leaf = read_leaf(content)
    for family in Family:
        with suppress(CardLoginError):
            read_identity(leaf, family)


def _irregular(content: bytes) -> None:
    leaf = read_leaf(content, ACCEPT_CERTIFICATES_THAT_BREAK_DER=True)
    if leaf.signed is not None:
        assert leaf.signed.content in content
        # What is forgiven is a NULL twice and a FALSE; lengths above may shrink with them.
        assert 0 < len(content) - len(leaf.certificate.public_bytes(Encoding.DER)) <= 16


def _attributes(content: bytes) -> None:
    for value in read_attributes(content).values():
        for read in (value.text, value.oid):
            with suppress(AttributesMalformed):
                read()


def _list(content: bytes) -> None:
    known = read_list(content, pki.PARTITION, pki.moica().certificate, pki.NOW)
    with suppress(CardLoginError):
        known.check(crls.OTHER_SERIAL)


def _answer(content: bytes) -> None:
    def never_revoked(_: object) -> None:
        return

    read_answer(content, _request(), pki.moica().certificate, _POLICY, pki.NOW, never_revoked)


@cache
def _request() -> ocsp.OCSPRequest:
    return make_request(read_leaf(ocsp_card().der), pki.moica().certificate, _POLICY)


def _answer_seeds() -> list[bytes]:
    body = _request().public_bytes(Encoding.DER)
    good = Responder()(URL, body, "application/ocsp-request", len(body))
    return [good, *(path.read_bytes() for path in sorted((FOLDER / "ocsp").glob("*.der")))]


def _cms(content: bytes) -> None:
    read_signed_content(content)


def _certificates() -> list[bytes]:
    return [pki.issue().der, pki.issue(pki.company()).der, *(vector.certificate() for vector in vectors().values())]


def _tokens() -> list[bytes]:
    return [make_token(pki.issue(), CHALLENGE).encode(), *(vector.text.encode() for vector in vectors().values())]


def _lists() -> list[bytes]:
    return [crls.partition(), crls.complete(), crls.complete(revoked=((5, crls.HOLD), (6, None)))]


TARGETS: dict[str, Target] = {
    "token": Target(_token, (CardLoginError,), _tokens),
    "base64": Target(_base64, (CardLoginError,), lambda: [base64.b64encode(bytes(range(200)))]),
    "certificate": Target(_certificate, (CardLoginError,), _certificates),
    "identity": Target(_identity, (CardLoginError,), _certificates),
    "irregular certificate": Target(_irregular, (CardLoginError,), _certificates),
    "directory attributes": Target(
        _attributes, (AttributesMalformed,), lambda: [pki.CITIZEN_ATTRIBUTES, pki.COMPANY_ATTRIBUTES]
    ),
    "revocation list": Target(_list, (ListRefused,), _lists),
    "OCSP answer": Target(_answer, (AnswerRefused,), _answer_seeds),
    "CMS": Target(_cms, (CmsMalformed,), lambda: [Answer(card=pki.issue(), challenge=CHALLENGE).der()]),
    "shape of DER": Target(require_der, (NotDer,), _certificates),
}
"""By name, in the order of the number that the first byte of a fuzzed input stands for."""
