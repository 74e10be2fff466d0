"""EnvelopedData from pages: what OpenSSL makes is read, and everything else fails in one way only."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from asn1crypto import cms, core
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from hypothesis import given
from hypothesis import strategies as st

from agent.card.answers import enveloped
from agent.card.answers.certificate import read_certificate
from agent.card.answers.cms import MAX_CONTENT
from agent.card.answers.enveloped import MAX_ENVELOPED, MAX_RECIPIENTS, open_block, read_enveloped
from agent.failures import Code, FailureError
from tests.unit.agent.envelopes import (
    KEY,
    block,
    envelope,
    openssl_encrypts,
    padded,
    recipient,
    three_des,
)
from tests.unit.cardlogin_server import pki
from tests.unit.cardlogin_server.pki import Profile, issue

CARD = issue(Profile(key=pki.rsa_key("enveloped")))
OTHER = issue(Profile(key=pki.rsa_key("enveloped, somebody else"), serial_number=4712))
FACTS = read_certificate(CARD.der)
TEXT = "機密".encode() * 5
BLOCK = block(CARD.der, KEY)
OURS = recipient(CARD.der, BLOCK)
DES_EDE3, RSA = bytes.fromhex("06082a864886f70d0307"), bytes.fromhex("06092a864886f70d010101")
GOOD = envelope(OURS, encrypted=three_des(padded(TEXT)))


def card_decrypts(sealed: bytes) -> bytes:
    """What a card finds in a block; nothing where it cannot."""
    assert isinstance(CARD.key, rsa.RSAPrivateKey)
    try:
        return CARD.key.decrypt(sealed, padding.PKCS1v15())
    except ValueError:
        return b""


def opened(encoded: bytes) -> bytes:
    """The plain content, by the way through the card."""
    made = read_enveloped(encoded, FACTS)
    return made.plain(card_decrypts(made.block))


def code_of(call: Callable[[], bytes]) -> Code | None:
    """The failure that a call ends with, if any."""
    try:
        call()
    except FailureError as failure:
        return failure.code
    return None


def unreadable(encoded: bytes) -> bool:
    """Whether it fails, and in the one way; raises anything else."""
    with pytest.raises(FailureError) as caught:
        opened(encoded)
    failure = caught.value
    return (failure.code, failure.tries_left, failure.args) == (Code.CIPHER_UNREADABLE, None, (Code.CIPHER_UNREADABLE,))


@pytest.mark.parametrize("more", [(), ("-keyid",), ("-stream",)])
@pytest.mark.parametrize("cipher", ["-des3", "-aes-128-cbc", "-aes-192-cbc", "-aes-256-cbc"])
@pytest.mark.parametrize("content", [b"", b"x" * 7, b"x" * 16, bytes(range(256)) * 300])
def test_what_openssl_encrypts_is_read(tmp_path: Path, content: bytes, cipher: str, more: tuple[str, ...]) -> None:
    assert opened(openssl_encrypts(tmp_path, CARD.der, content, cipher, *more)) == content


def test_our_own_envelope_is_read() -> None:
    assert opened(GOOD) == TEXT


def test_other_recipients_are_passed_over() -> None:
    others = [recipient(OTHER.der, block(OTHER.der, KEY))] * (MAX_RECIPIENTS - 1)
    assert opened(envelope(*others, OURS, encrypted=three_des(padded(TEXT)))) == TEXT
    assert unreadable(envelope(*others, others[0], OURS, encrypted=three_des(padded(TEXT))))


def test_largest_content_is_read_and_no_more() -> None:
    largest = bytes(MAX_CONTENT)
    assert opened(envelope(OURS, encrypted=three_des(padded(largest)))) == largest
    assert unreadable(envelope(OURS, encrypted=three_des(padded(largest + b"x" * 8))))
    assert unreadable(envelope(OURS, encrypted=bytes(MAX_ENVELOPED)))


def sealed(**parts: Any) -> bytes:
    """The good envelope with other parts."""
    return envelope(OURS, **{"encrypted": three_des(padded(TEXT)), **parts})


HOSTILE = {
    "nothing": b"",
    "text": b"hello",
    "cut": GOOD[:-1],
    "more behind": GOOD + b"\0",
    "another content type": cms.ContentInfo({"content_type": "data", "content": core.OctetString(b"x")}).dump(),
    "for somebody else": envelope(recipient(OTHER.der, BLOCK), encrypted=three_des(padded(TEXT))),
    "for nobody": envelope(encrypted=three_des(padded(TEXT))),
    "OAEP": GOOD.replace(RSA, RSA[:-1] + b"\7"),
    "short block": envelope(recipient(CARD.der, BLOCK[:-1]), encrypted=three_des(padded(TEXT))),
    "long block": envelope(recipient(CARD.der, BLOCK + b"\0"), encrypted=three_des(padded(TEXT))),
    "DES": sealed(algorithm="des"),
    "RC2": GOOD.replace(DES_EDE3, DES_EDE3[:-1] + b"\2"),
    "AES with a short start": sealed(algorithm="aes128_cbc"),
    "start of nine bytes": sealed(start=core.OctetString(b"123456789")),
    "start that is a number": sealed(algorithm="aes256_cbc", start=core.OctetString(b"")),
    "content of a broken length": sealed(encrypted=b"1234567"),
    "no content": sealed(encrypted=b""),
    "signed inside": sealed(content_type="signed_data"),
    "attributes": sealed(more={"unprotected_attrs": [{"type": "content_type", "values": ["data"]}]}),
    "originator": sealed(more={"originator_info": {"certs": []}}),
    "nested without an end": b"\x30\x80" * 5000,
    "nested": GOOD.replace(three_des(padded(TEXT)), b"\x24\x80" * 18),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_everything_else_is_unreadable(name: str) -> None:
    assert unreadable(HOSTILE[name])


BLOCKS = {
    "no padding": bytes(255) + b"\2",
    "too large a number": b"\xff" * 256,
    "short key": block(CARD.der, KEY[:16]),
    "long key": block(CARD.der, KEY + b"x"),
    "empty key": block(CARD.der, b""),
}


@pytest.mark.parametrize("name", BLOCKS)
def test_bad_block_is_told_as_a_bad_key_is(name: str) -> None:
    assert unreadable(envelope(recipient(CARD.der, BLOCKS[name]), encrypted=three_des(padded(TEXT))))


@pytest.mark.parametrize("tail", [b"\0" * 8, b"\x09" * 8, b"\x07" * 6 + b"\x08\x07", b"\xff" * 8])
def test_bad_padding_of_the_content_is_told_alike(tail: bytes) -> None:
    assert unreadable(envelope(OURS, encrypted=three_des(bytes(8) + tail)))


def test_bad_block_costs_the_whole_decryption(monkeypatch: pytest.MonkeyPatch) -> None:
    """Else the time would tell what the code does not: a random key is used in its place."""
    lengths: list[int] = []
    decrypt = enveloped._decrypt

    def count(cipher: Any, size: int, data: bytes) -> bytes:
        lengths.append(len(data))
        return decrypt(cipher, size, data)

    monkeypatch.setattr(enveloped, "_decrypt", count)
    assert unreadable(envelope(recipient(CARD.der, BLOCKS["no padding"]), encrypted=three_des(padded(TEXT))))
    assert lengths == [len(padded(TEXT))]


@given(st.integers(0, len(GOOD) - 1), st.integers(1, 255))
def test_changed_byte_never_fails_in_another_way(place: int, change: int) -> None:
    changed = GOOD[:place] + bytes([GOOD[place] ^ change]) + GOOD[place + 1 :]
    assert code_of(lambda: opened(changed)) in (None, Code.CIPHER_UNREADABLE)


@given(st.binary(max_size=300))
def test_any_bytes_are_unreadable(content: bytes) -> None:
    assert unreadable(content)
    assert unreadable(GOOD[:60] + content)


@given(st.binary(max_size=300))
def test_whatever_a_card_finds_fails_in_one_way(found: bytes) -> None:
    made = read_enveloped(GOOD, FACTS)
    assert code_of(lambda: made.plain(found)) in (None, Code.CIPHER_UNREADABLE)


def test_one_block_comes_as_it_was() -> None:
    made = open_block(block(CARD.der, b"secret"), FACTS)
    assert made.plain(card_decrypts(made.block)) == b"secret"


@pytest.mark.parametrize("content", [b"", BLOCK[:-1], BLOCK + b"\0", bytes(512)])
def test_block_that_is_not_as_long_as_the_key_is_unreadable(content: bytes) -> None:
    with pytest.raises(FailureError) as caught:
        open_block(content, FACTS)
    assert caught.value.code is Code.CIPHER_UNREADABLE


def test_block_that_the_card_cannot_decrypt_is_unreadable() -> None:
    with pytest.raises(FailureError) as caught:
        open_block(BLOCK, FACTS).plain(b"")
    assert caught.value.code is Code.CIPHER_UNREADABLE
