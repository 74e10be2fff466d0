"""Bare and raw signatures for old pages: what the card gets, what leaves, and what is refused before a PIN."""

from pathlib import Path
from typing import get_args

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given
from hypothesis import strategies as st

from agent.card.answers.answer import Prepared, prepare
from agent.card.answers.certificate import read_certificate
from agent.card.answers.cms import MAX_CONTENT
from agent.card.answers.token import hash_of
from agent.card.frames import HostAnswer, HostOrder, decode, encode
from agent.card.old_asks import CmsAsk, DecryptAsk, Hash, ListAsk, OldAsk, Pkcs1Ask, RawAsk, Signed, SiteAsk
from agent.failures import Code, FailureError
from cardlogin_server.answers.cms import check_signature, usable_hash, usable_key
from cardlogin_server.certificates.leaf import read_leaf
from pkcs11_shims.keys import Scheme
from tests.unit.agent.certificates import card_signs
from tests.unit.agent.cms_oracles import openssl_finds, openssl_verifies, pyhanko_finds
from tests.unit.agent.envelopes import digest_info
from tests.unit.agent.fakes import ORIGIN
from tests.unit.cardlogin_server import pki
from tests.unit.cardlogin_server.pki import Card, Profile, issue

NUMBER = "TP00000000000001"
HASHES: tuple[Hash, ...] = get_args(Hash)
TEXT = "待簽訊息".encode()
Work = CmsAsk | Pkcs1Ask | RawAsk | DecryptAsk | ListAsk | SiteAsk


@pytest.fixture(params=[2048, 3072, 4096])
def rsa_card(request: pytest.FixtureRequest) -> Card:
    """A citizen's card with an RSA key."""
    return issue(Profile(key=pki.rsa_key("old answers", request.param)))


@pytest.fixture
def card() -> Card:
    """A citizen's card as they are today."""
    return issue(Profile(key=pki.rsa_key("old answers", 2048)))


@pytest.fixture
def ec_card() -> Card:
    """A card with a key that is not RSA."""
    return issue(Profile(key=pki.ec_key(ec.SECP384R1)))


def prepared(card: Card, work: Work) -> Prepared:
    """What the host prepares for a card."""
    order = HostOrder(ORIGIN, "", "zh-Hant", old=OldAsk(work))
    return prepare(read_certificate(card.der), order, NUMBER)


def signed(card: Card, work: Work) -> Signed:
    """What comes of it, after the way through the pipe."""
    made = prepared(card, work)
    assert made.scheme is not None
    signature = card_signs(card.key, made.payload, made.scheme)
    assert made.check(signature)
    answer = decode(encode(made.finish(signature))[4:], HostAnswer)
    assert answer.signed is not None
    return answer.signed


@pytest.mark.parametrize("name", HASHES)
def test_bare_signature_is_right_for_openssl_and_our_server(rsa_card: Card, name: Hash, tmp_path: Path) -> None:
    found = signed(rsa_card, Pkcs1Ask(TEXT, name))
    assert (found.certificate, found.card_number) == (rsa_card.der, NUMBER)
    assert openssl_verifies(tmp_path, found.certificate, found.value, TEXT, name)
    if name != "sha1":  # which our server takes for no log-in
        key = usable_key("pkcs1", read_leaf(found.certificate).key)
        check_signature("pkcs1", key, found.value, TEXT, usable_hash(name, accept_sha1=False))


@pytest.mark.parametrize("name", HASHES)
def test_raw_signature_is_the_bare_one_without_the_content(rsa_card: Card, name: Hash) -> None:
    raw = signed(rsa_card, RawAsk(digest_info(name, TEXT)))
    assert raw == signed(rsa_card, Pkcs1Ask(TEXT, name))


@pytest.mark.parametrize("name", HASHES)
def test_card_gets_the_digest_info_as_it_is(card: Card, name: Hash) -> None:
    asked = digest_info(name, TEXT)
    made = prepared(card, RawAsk(asked))
    assert made.payload == made.message == asked == prepared(card, Pkcs1Ask(TEXT, name)).payload
    assert made.scheme is Scheme.PKCS1
    assert hash_of(asked) == name


@pytest.mark.parametrize("kind", ["RSA", "EC"])
def test_signed_data_with_sha1_is_right_for_others(card: Card, ec_card: Card, kind: str, tmp_path: Path) -> None:
    found = signed(card if kind == "RSA" else ec_card, CmsAsk(TEXT, "sha1"))
    assert openssl_finds(tmp_path, found.value) == pyhanko_finds(found.value) == TEXT


@given(st.binary(max_size=2000), st.sampled_from(HASHES))
def test_any_content_is_signed_as_it_is(content: bytes, name: Hash) -> None:
    card = issue(Profile(key=pki.rsa_key("old answers", 2048)))
    assert prepared(card, Pkcs1Ask(content, name)).payload == digest_info(name, content)


@pytest.mark.parametrize("work", [Pkcs1Ask(TEXT), RawAsk(digest_info("sha256", TEXT))])
@pytest.mark.parametrize("signature", [b"", b"\0", bytes(256), b"\xff" * 256, b"\xff" * 512, b"x" * 10_000])
def test_garbage_in_place_of_a_signature_is_noticed(card: Card, work: Work, signature: bytes) -> None:
    assert not prepared(card, work).check(signature)


@pytest.mark.parametrize("name", HASHES)
def test_signature_over_another_digest_or_of_another_key_never_leaves(card: Card, name: Hash) -> None:
    for work in (Pkcs1Ask(TEXT, name), RawAsk(digest_info(name, TEXT))):
        made = prepared(card, work)
        other = prepared(card, Pkcs1Ask(b"other", name))
        assert not made.check(card_signs(card.key, other.payload, Scheme.PKCS1))
        assert not made.check(card_signs(pki.rsa_key("somebody else"), made.payload, Scheme.PKCS1))


def code_of(card: Card, work: Work) -> Code:
    """The failure that preparing ends with."""
    with pytest.raises(FailureError) as caught:
        prepared(card, work)
    return caught.value.code


@pytest.mark.parametrize(
    "work",
    [Pkcs1Ask(TEXT), RawAsk(digest_info("sha256", TEXT)), DecryptAsk(b"x"), DecryptAsk(bytes(48), enveloped=False)],
)
def test_key_that_is_not_rsa_is_not_wanted(ec_card: Card, work: Work) -> None:
    assert code_of(ec_card, work) is Code.CERTIFICATE_NOT_WANTED


GOOD = digest_info("sha256", TEXT)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\0",
        GOOD[19:],  # the digest alone
        GOOD[:-1],
        GOOD + b"\0",
        b"\x31" + GOOD[1:],
        GOOD[:14] + b"\x02" + GOOD[15:],  # SHA-384's name with the length of SHA-256
        digest_info("sha224", TEXT),
        digest_info("md5", TEXT),
        bytes(245),
        bytes(256),
        b"x" * 100_000,
    ],
)
def test_what_is_no_digest_info_of_our_hashes_is_not_signed(card: Card, content: bytes) -> None:
    """The card would sign any bytes: a whole certificate's signature, say, or what decrypts a message."""
    assert code_of(card, RawAsk(content)) is Code.REQUEST_MALFORMED


@given(st.binary(max_size=100))
def test_no_other_bytes_are_a_digest_info(content: bytes) -> None:
    assert hash_of(content) is None


def test_content_that_is_too_large_is_refused(card: Card) -> None:
    assert code_of(card, Pkcs1Ask(bytes(MAX_CONTENT + 1))) is Code.REQUEST_MALFORMED
    assert prepared(card, Pkcs1Ask(bytes(MAX_CONTENT))).message == bytes(MAX_CONTENT)


@pytest.mark.parametrize("work", [ListAsk(), SiteAsk()])
def test_what_needs_no_key_gets_none(card: Card, work: Work) -> None:
    assert code_of(card, work) is Code.REQUEST_MALFORMED
