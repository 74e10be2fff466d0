"""SignedData of the host, as OpenSSL, pyHanko and our own server library see it."""

import re
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest
from asn1crypto import cms
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given
from hypothesis import strategies as st

from agent.card.answers.answer import Prepared, prepare
from agent.card.answers.certificate import read_certificate
from agent.card.answers.cms import CARD_NUMBER, MAX_CLAIM, MAX_CONTENT, NONCE, draft
from agent.card.frames import MAX_FRAME, FrameError, HostAnswer, HostOrder, body_length, decode, encode
from agent.card.old_asks import CmsAsk, OldAsk, Signed
from agent.failures import Code, FailureError
from cardlogin_server import Purpose
from cardlogin_server import failures as f
from cardlogin_server.answers.cms_decoding import CmsMalformed, read_signed_content
from pkcs11_shims.keys import Scheme
from tests.stand.parts import ROOT
from tests.stand.waiting import LIMIT
from tests.unit.agent.certificates import card_signs
from tests.unit.agent.cms_oracles import openssl_finds, ours_finds, pyhanko_finds, text
from tests.unit.agent.fakes import CHALLENGE, ORIGIN
from tests.unit.cardlogin_server import pki
from tests.unit.cardlogin_server.pki import Card, Profile, issue
from tests.unit.cardlogin_server.site import SESSION, Site

NUMBER = "TP00000000000001"
KEYS: dict[str, Callable[[], pki.Key]] = {
    "RSA 2048": lambda: pki.rsa_key("cms"),
    "RSA 3072": lambda: pki.rsa_key("cms", 3072),
    "RSA 4096": lambda: pki.rsa_key("cms", 4096),
    "P-256": lambda: pki.ec_key(ec.SECP256R1),
    "P-384": lambda: pki.ec_key(ec.SECP384R1),
}
HASHES = ("sha256", "sha384", "sha512")


def order(ask: CmsAsk) -> HostOrder:
    """An order of SignedData."""
    return HostOrder(ORIGIN, CHALLENGE, "zh-Hant", old=OldAsk(ask))


def ask(content: bytes = b"TBS", **more: object) -> CmsAsk:
    """What the old component's pages ask for."""
    return msgspec.convert({"content": content, **more}, CmsAsk)


def card_of(kind: str) -> Card:
    """A citizen's card with that kind of key."""
    return issue(Profile(key=KEYS[kind]()))


def prepared(card: Card, asked: CmsAsk, number: str = NUMBER) -> Prepared:
    """What the host prepares for a card."""
    return prepare(read_certificate(card.der), order(asked), number)


def made(card: Card, asked: CmsAsk) -> bytes:
    """The SignedData that comes of it, its signature checked as the host checks it."""
    work = prepared(card, asked)
    signature = card_signs(card.key, work.payload, work.scheme)
    assert work.check(signature)
    answer = work.finish(signature)
    assert answer.token is None
    assert answer.code is None
    return signed_data(answer)


def signed_data(answer: HostAnswer) -> bytes:
    """The SignedData of an answer."""
    assert answer.signed is not None
    return answer.signed.value


def signed_attributes(der: bytes) -> dict[str, object]:
    """The signed attributes by dotted OID, each with its one decoded value."""
    attributes = cms.ContentInfo.load(der)["content"]["signer_infos"][0]["signed_attrs"]
    assert all(len(attribute["values"]) == 1 for attribute in attributes)
    return {attribute["type"].dotted: attribute["values"][0].native for attribute in attributes}


@pytest.mark.parametrize("hash_name", HASHES)
@pytest.mark.parametrize("kind", KEYS)
def test_all_three_accept_every_key_with_every_hash(kind: str, hash_name: str, tmp_path: Path) -> None:
    content = "待簽訊息".encode()
    der = made(card_of(kind), ask(content, hash=hash_name, nonce="n-1", card_number=True))
    assert openssl_finds(tmp_path, der) == content
    assert pyhanko_finds(der) == content
    found = ours_finds(der)
    assert (found.content, found.hash_name, found.nonce, found.card_number) == (content, hash_name, "n-1", NUMBER)


@pytest.mark.parametrize("time", [True, False])
@pytest.mark.parametrize("number", [True, False])
@pytest.mark.parametrize("nonce", ["", "1357", "一次性"])
def test_all_three_accept_it_with_and_without_each_attribute(
    nonce: str, number: bool, time: bool, tmp_path: Path
) -> None:
    der = made(card_of("RSA 2048"), ask(nonce=nonce, card_number=number, signing_time=time))
    assert openssl_finds(tmp_path, der) == pyhanko_finds(der) == b"TBS"
    found = ours_finds(der)
    assert (found.nonce, found.card_number) == (nonce or None, NUMBER if number else None)
    attributes = signed_attributes(der)
    assert (cms.CMSAttributeType.unmap("signing_time") in attributes) is time
    assert len(attributes) == 2 + bool(nonce) + number + time


@pytest.mark.parametrize("kind", ["RSA 2048", "P-384"])
def test_our_server_logs_the_holder_in_with_it(kind: str) -> None:
    site = Site()
    challenge = site.issue()
    der = made(card_of(kind), ask(challenge.encode(), nonce="n", card_number=True))
    verifier = site.old_component()
    found = verifier.verify_pkcs7(text(der), challenge=challenge, session_id=SESSION, purpose=Purpose.LOGIN)
    assert (found.identity.holder_name, found.claimed_nonce, found.claimed_card_number) == ("王小明", "n", NUMBER)


@given(st.binary(max_size=3000), st.text(st.characters(codec="ascii", categories=("L", "N")), max_size=40))
def test_any_content_comes_back_as_it_went_in(content: bytes, nonce: str) -> None:
    der = made(card_of("P-256"), ask(content, nonce=nonce))
    assert pyhanko_finds(der) == content
    assert ours_finds(der).content == content
    assert ours_finds(der).nonce == (nonce or None)


@pytest.mark.parametrize("content", [b"", b"\0", b"\r\n", b"a\nb\r\nc", bytes(range(256)), b"x" * 11_000])
def test_openssl_finds_the_very_bytes(content: bytes, tmp_path: Path) -> None:
    assert openssl_finds(tmp_path, made(card_of("P-256"), ask(content))) == content


def test_shape_is_the_old_components() -> None:
    card = card_of("RSA 2048")
    signed = cms.ContentInfo.load(made(card, ask(nonce="n", card_number=True)), strict=True)["content"]
    (signer,) = signed["signer_infos"]
    assert signed["version"].native == signer["version"].native == "v1"
    assert signed["encap_content_info"]["content_type"].native == "data"
    assert [item.chosen.dump() for item in signed["certificates"]] == [card.der]
    assert signer["sid"].name == "issuer_and_serial_number"
    assert signer["sid"].chosen["issuer"].dump() == card.certificate.issuer.public_bytes()
    assert signer["signature_algorithm"]["algorithm"].native == "rsassa_pkcs1v15"
    assert signer["digest_algorithm"].dump() == signed["digest_algorithms"][0].dump()
    assert signer["unsigned_attrs"].native is None
    assert signed["crls"].native is None


def test_attributes_are_in_the_order_of_der() -> None:
    attributes = cms.ContentInfo.load(made(card_of("P-256"), ask(nonce="n" * 100, card_number=True)))["content"]
    encoded = [item.dump() for item in attributes["signer_infos"][0]["signed_attrs"]]
    assert encoded == sorted(encoded)


def test_signing_time_is_now_in_utc_time() -> None:
    before = datetime.now(UTC).replace(microsecond=0)
    found = signed_attributes(made(card_of("P-256"), ask()))["1.2.840.113549.1.9.5"]
    assert isinstance(found, datetime)
    assert before <= found <= before + timedelta(seconds=30)


@pytest.mark.parametrize(("year", "kind"), [(2049, "utc_time"), (2050, "generalized_time")])
def test_kind_of_time_changes_with_the_century(year: int, kind: str) -> None:
    """RFC 5652, 11.3: until 2049 UTCTime must be used, from 2050 on GeneralizedTime."""
    now = datetime(year, 1, 1, tzinfo=UTC)
    found = cms.CMSAttributes.load(draft(read_certificate(card_of("P-256").der), ask(), "", now).message)
    (time,) = (item["values"][0] for item in found if item["type"].native == "signing_time")
    assert (time.name, time.native) == (kind, now)


@pytest.mark.parametrize("claim", [NONCE, CARD_NUMBER])
def test_claims_are_short_texts_whose_tag_and_length_are_two_bytes(claim: str) -> None:
    """Verifiers of the old answers print the value, or cut two bytes off it (hipki.md, 3.1)."""
    der = made(card_of("P-256"), ask(nonce="n" * MAX_CLAIM, card_number=True))
    attributes = cms.ContentInfo.load(der)["content"]["signer_infos"][0]["signed_attrs"]
    (value,) = (item["values"][0].dump() for item in attributes if item["type"].dotted == claim)
    assert value[0] in (0x0C, 0x13)
    assert value[2:].decode() == ("n" * MAX_CLAIM if claim == NONCE else NUMBER)


@pytest.mark.parametrize("kind", ["P-256", "P-384"])
@pytest.mark.parametrize("hash_name", HASHES)
def test_card_never_gets_more_than_its_curve_takes(kind: str, hash_name: str) -> None:
    work = prepared(card_of(kind), ask(hash=hash_name))
    assert work.scheme is Scheme.ECDSA
    assert len(work.payload) <= int(kind[2:]) // 8


def test_pss_is_for_tokens_only() -> None:
    """The old component's verifiers know PKCS#1 v1.5 alone."""
    card = card_of("RSA 2048")
    asked = HostOrder(ORIGIN, CHALLENGE, "en", pss=True, old=OldAsk(ask()))
    assert prepare(read_certificate(card.der), asked).scheme is Scheme.PKCS1


def code_of(asked: CmsAsk, number: str = NUMBER) -> Code:
    """The failure that preparing ends with."""
    with pytest.raises(FailureError) as caught:
        prepared(card_of("P-256"), asked, number)
    return caught.value.code


@pytest.mark.parametrize("nonce", ["n" * (MAX_CLAIM + 1), "一" * 43, "a\nb", "\x1b[31m", "\u202e321"])
def test_nonce_that_is_no_short_line_is_refused(nonce: str) -> None:
    assert code_of(ask(nonce=nonce)) is Code.REQUEST_MALFORMED


def test_content_that_is_too_large_is_refused() -> None:
    assert code_of(ask(b"x" * (MAX_CONTENT + 1))) is Code.REQUEST_MALFORMED


@pytest.mark.parametrize("number", ["", "x" * 200, "a\0b"])
def test_card_without_a_usable_number_is_refused_where_the_number_is_asked_for(number: str) -> None:
    assert code_of(ask(card_number=True), number) is Code.CARD_UNSUPPORTED
    assert prepared(card_of("P-256"), ask(), number).scheme is Scheme.ECDSA


@pytest.mark.parametrize("name", ["sha224", "md5", "SHA256", "", "sha3_256"])
def test_other_hashes_do_not_even_reach_the_host(name: str) -> None:
    frame = encode(order(ask())).replace(b'"sha256"', f'"{name}"'.encode())
    with pytest.raises(FrameError):
        decode(frame[4:], HostOrder)


def test_largest_content_with_the_largest_certificate_fits_into_the_frames(tmp_path: Path) -> None:
    card = issue(Profile(attributes=pki.utf8("長" * 5000)))
    assert 15_000 < len(card.der) <= 16 * 1024
    asked = ask(bytes(MAX_CONTENT), nonce="n" * MAX_CLAIM, card_number=True, hash="sha512")
    down = encode(order(asked))
    assert body_length(down[:4]) == len(down) - 4 < MAX_FRAME
    der = made(card, asked)
    up = encode(HostAnswer(signed=Signed(der, card.der, NUMBER)))
    assert body_length(up[:4]) == len(up) - 4 < MAX_FRAME
    assert decode(up[4:], HostAnswer).signed == Signed(der, card.der, NUMBER)
    assert openssl_finds(tmp_path, der) == pyhanko_finds(der) == bytes(MAX_CONTENT)


@pytest.mark.parametrize("size", [0x80, 0x180])
def test_certificate_goes_in_as_it_is_however_odd(size: int, tmp_path: Path) -> None:
    """An extension that asn1crypto cannot decode, in a certificate whose length ends with the byte 80, once for each.

    asn1crypto takes such a length for that of BER and encodes the certificate anew, which fails after the PIN is spent.
    """
    odd = [issue(Profile(key=KEYS["P-256"](), attributes=pki.utf8("x" * more))) for more in range(size, size + 0x100)]
    hit = [card for card in odd if card.der[3] == 0x80]
    assert hit
    for card in [odd[0], *hit]:
        der = made(card, ask())
        assert card.der in der
        assert openssl_finds(tmp_path, der) == b"TBS"


def test_certificate_of_version_1_is_named_rightly() -> None:
    """Its body begins with the serial number, where others have their version (RFC 5280, 4.1)."""
    card = card_of("P-256")
    key = card.key
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    number, named = pki.der(0x02, b"\x47\x11"), card.certificate.issuer.public_bytes()
    ecdsa = pki.der(0x30, pki.oid("1.2.840.10045.4.3.2"))
    dates = pki.der(0x30, pki.der(0x17, b"260101000000Z"), pki.der(0x17, b"310101000000Z"))
    spki = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    body = pki.der(0x30, number, ecdsa, named, dates, named, spki)
    signature = key.sign(body, ec.ECDSA(SHA256()))
    old = pki.der(0x30, body, ecdsa, pki.der(0x03, b"\0", signature))
    work = prepare(read_certificate(old), order(ask()))
    der = signed_data(work.finish(card_signs(key, work.payload, work.scheme)))
    signer = cms.ContentInfo.load(der)["content"]["signer_infos"][0]["sid"].chosen
    assert (signer["issuer"].dump(), signer["serial_number"].native) == (named, 0x4711)


def test_token_does_not_load_what_only_signed_data_needs() -> None:
    program = (
        "import sys, base64; from agent.card.card import Card; from agent.card.answers.answer import prepare; "
        "from agent.card.answers.certificate import read_certificate; from agent.card.frames import HostOrder; "
        "from agent.card.old_asks import CmsAsk, OldAsk; "
        "facts = read_certificate(base64.b64decode(sys.stdin.read())); "
        "prepare(facts, HostOrder('o', 'c', 'en')); print('agent.card.answers.cms' in sys.modules); "
        "prepare(facts, HostOrder('o', 'c', 'en', old=OldAsk(CmsAsk(b'')))); "
        "print('agent.card.answers.cms' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], input=text(card_of("P-256").der), cwd=ROOT, capture_output=True, text=True,
        check=False, timeout=LIMIT,
    )  # fmt: skip
    assert done.stdout.split() == ["False", "True"], done.stderr


def test_signature_of_another_key_is_noticed() -> None:
    work = prepared(card_of("RSA 2048"), ask())
    other = card_signs(pki.rsa_key("somebody else"), work.payload, work.scheme)
    assert not work.check(other)


def test_token_signature_is_none_of_the_signed_data(tmp_path: Path) -> None:
    """The two messages never coincide: one begins as a SET, the other is two digests."""
    card = card_of("RSA 2048")
    facts = read_certificate(card.der)
    token = prepare(facts, HostOrder(ORIGIN, CHALLENGE, "en"))
    work = prepared(card, ask())
    signature = card_signs(card.key, token.payload, token.scheme)
    assert not work.check(signature)
    der = signed_data(work.finish(signature))
    assert openssl_finds(tmp_path, der) is None
    assert pyhanko_finds(der) is None
    with pytest.raises(f.SignatureInvalid):
        ours_finds(der)


def test_changed_byte_in_the_content_is_found_by_all_three(tmp_path: Path) -> None:
    der = made(card_of("RSA 2048"), ask(b"pay 100"))
    (place,) = (match.start() for match in re.finditer(b"pay 100", der))
    forged = der[: place + 4] + b"9" + der[place + 5 :]
    assert openssl_finds(tmp_path, forged) is None
    assert pyhanko_finds(forged) is None
    with pytest.raises(AssertionError):
        ours_finds(forged)


def test_our_server_reads_no_more_than_its_own_limit() -> None:
    """16 KiB is what the old pages may sign; our own challenges are far below what our server takes."""
    der = made(card_of("RSA 2048"), ask(b"x" * 12_288))
    with pytest.raises(CmsMalformed):
        read_signed_content(der)


def test_key_of_the_tests_is_of_the_kind_that_it_says() -> None:
    assert [KEYS[kind]().key_size for kind in KEYS] == [2048, 3072, 4096, 256, 384]
    assert isinstance(KEYS["RSA 4096"](), rsa.RSAPrivateKey)
