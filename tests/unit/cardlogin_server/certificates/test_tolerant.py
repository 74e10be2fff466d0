"""The tolerant reader forgives two faults and nothing else."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ed25519
from hypothesis import given
from hypothesis import strategies as st

from cardlogin_server import Anchors
from cardlogin_server import failures as f
from cardlogin_server.certificates.leaf import Leaf, read_leaf
from cardlogin_server.certificates.tolerant import LARGEST, NotReadable, read_irregular
from tests.unit.cardlogin_server import pki
from tests.unit.cardlogin_server.pki import POLICY, issue
from tests.unit.cardlogin_server.web_eid import accept, anchors_of, vectors

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning")
IRREGULAR = ("finnish-ps256", "finnish-es384")


def der(name: str) -> bytes:
    return vectors()[name].certificate()


def leaf_of(name: str) -> Leaf:
    return read_leaf(der(name), ACCEPT_CERTIFICATES_THAT_BREAK_DER=True)


@pytest.mark.parametrize("name", IRREGULAR)
def test_known_cards_are_read(name: str) -> None:
    leaf = leaf_of(name)
    assert leaf.signed is not None
    assert leaf.der == der(name)
    # What was signed is the original, byte for byte, not the mended copy.
    assert leaf.signed.content in der(name)
    assert leaf.signed.content != leaf.certificate.tbs_certificate_bytes


def test_regular_certificate_never_takes_this_way() -> None:
    assert read_leaf(issue().der, ACCEPT_CERTIFICATES_THAT_BREAK_DER=True).signed is None
    with pytest.raises(NotReadable, match="neither of the faults"):
        read_irregular(issue().der)


@pytest.mark.parametrize("name", IRREGULAR)
def test_changed_content_has_no_good_signature(name: str) -> None:
    content = der(name)
    place = content.index(b"SPECIMEN") if b"SPECIMEN" in content else content.index(b"FI") + 20
    changed = content[:place] + bytes((content[place] ^ 1,)) + content[place + 1 :]
    vector = vectors()[name]
    with pytest.raises((f.CertificateUntrusted, f.TokenMalformed)):
        accept(vector, read_leaf(changed, ACCEPT_CERTIFICATES_THAT_BREAK_DER=True))


@pytest.mark.parametrize("name", IRREGULAR)
def test_irregular_certificate_below_an_authority_that_is_no_anchor(name: str) -> None:
    leaf = leaf_of(name)
    issuer = anchors_of(vectors()[name]).issuer_of(leaf)
    anchors = Anchors([pki.root().certificate], [issuer])
    with pytest.raises(f.CertificateUntrusted, match="anchor itself"):
        anchors.check_path(leaf, issuer, vectors()[name].clock, policies=frozenset({POLICY}))


def test_irregular_certificate_that_names_another_issuer() -> None:
    leaf = leaf_of("finnish-es384")
    issuer = anchors_of(vectors()["finnish-es384"]).issuer_of(leaf)
    other = replace(leaf, certificate=leaf_of("finnish-ps256").certificate)
    with pytest.raises(f.CertificateUntrusted, match="not signed"):
        Anchors([issuer], [issuer]).check_path(other, issuer, vectors()["finnish-es384"].clock, policies=frozenset())


def test_signature_by_a_kind_of_key_that_signs_no_cards() -> None:
    signed = leaf_of("finnish-es384").signed
    assert signed is not None
    assert not signed.is_by(ed25519.Ed25519PrivateKey.generate().public_key())


def _cut(content: bytes) -> bytes:
    return content[:-1]


def _longer(content: bytes) -> bytes:
    return content + b"\0"


def _indefinite(content: bytes) -> bytes:
    return b"\x30\x80" + content[4:] + b"\0\0"


def _false_as_one(content: bytes) -> bytes:
    # A boolean that is neither true nor false in DER.
    return content.replace(bytes.fromhex("3003010100"), bytes.fromhex("3003010101"))


@pytest.mark.parametrize("change", [_cut, _longer, _indefinite, _false_as_one])
def test_other_faults_are_not_forgiven(change: Callable[[bytes], bytes]) -> None:
    changed = change(der("finnish-ps256"))
    with pytest.raises(f.TokenMalformed):
        read_leaf(changed, ACCEPT_CERTIFICATES_THAT_BREAK_DER=True)


@pytest.mark.parametrize("content", [b"", b"\x30\x00", b"\x30\x03\x30\x01\x00", bytes(LARGEST + 1)])
def test_bytes_that_are_no_certificate(content: bytes) -> None:
    with pytest.raises((NotReadable, ValueError)):
        read_irregular(content)
    with pytest.raises(f.TokenMalformed):
        read_leaf(content, ACCEPT_CERTIFICATES_THAT_BREAK_DER=True)


@given(st.sampled_from(IRREGULAR), st.integers(0, 2_000), st.binary(min_size=1, max_size=8))
def test_any_change_is_refused(name: str, place: int, change: bytes) -> None:
    content = der(name)
    place %= len(content)
    bad = content[:place] + change + content[place + len(change) :]
    if bad == content:
        return
    with pytest.raises(f.CardLoginError):
        accept(vectors()[name], read_leaf(bad, ACCEPT_CERTIFICATES_THAT_BREAK_DER=True))


def test_mended_copy_is_what_the_strict_parser_reads() -> None:
    certificate, _ = read_irregular(der("finnish-es384"))
    constraints = certificate.extensions.get_extension_for_class(x509.BasicConstraints)
    assert constraints.critical
    assert not constraints.value.ca
