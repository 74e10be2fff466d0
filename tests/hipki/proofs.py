"""What a portal's server would look at, and more: every signature and plain text that comes out."""

import base64
import tempfile
from collections.abc import Callable
from pathlib import Path

from asn1crypto import cms
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed

from cardlogin_server.answers.cms import check_signature, usable_hash, usable_key
from cardlogin_server.answers.cms_decoding import read_signed_content
from cardlogin_server.certificates.leaf import read_leaf
from cardsim.hicos.driver import HicosDriver
from tests.hipki.rows import Answer, Proof
from tests.unit.agent.cms_oracles import openssl_finds, pyhanko_finds

_HASHES: dict[str, Callable[[], hashes.HashAlgorithm]] = {
    "sha1": hashes.SHA1,
    "sha256": hashes.SHA256,
    "sha384": hashes.SHA384,
    "sha512": hashes.SHA512,
}


def _holder(answer: Answer, hicos: HicosDriver) -> bytes:
    """The certificate of the answer, which is that of the card that the answer names."""
    [card] = [each for each in hicos.cards.values() if each.serial == answer["cardSN"]]
    [item] = [each for each in card.contents.items if each.key_id == "SIGN"]
    assert base64.b64decode(answer["certb64"], validate=True) == item.certificate
    return item.certificate


def signed_data(
    content: bytes, hash_name: str = "sha256", nonce: str | None = None, *, number: bool = False, time: bool = True
) -> Proof:
    """SignedData over a content, with these signed attributes and no others: OpenSSL, pyHanko and our library agree."""

    def prove(answer: Answer, hicos: HicosDriver) -> None:
        certificate = _holder(answer, hicos)
        der = base64.b64decode(answer["signature"], validate=True)
        with tempfile.TemporaryDirectory() as folder:
            assert openssl_finds(Path(folder), der) == content
        assert pyhanko_finds(der) == content
        ours = read_signed_content(der)
        key = usable_key(ours.signature_kind, read_leaf(ours.certificate).key)
        check_signature(
            ours.signature_kind, key, ours.signature, ours.signed_attributes,
            usable_hash(ours.hash_name, accept_sha1=hash_name == "sha1"),
        )  # fmt: skip
        assert (ours.content, ours.hash_name, ours.certificate) == (content, hash_name, certificate)
        assert (ours.nonce, ours.card_number) == (nonce, answer["cardSN"] if number else None)
        attributes = cms.ContentInfo.load(der)["content"]["signer_infos"][0]["signed_attrs"]
        assert ("signing_time" in {each["type"].native for each in attributes}) is time

    return prove


def bare(content: bytes, hash_name: str = "sha256") -> Proof:
    """RSASSA-PKCS1-v1_5 over a content."""

    def prove(answer: Answer, hicos: HicosDriver) -> None:
        key = _key(_holder(answer, hicos))
        key.verify(base64.b64decode(answer["signature"]), content, padding.PKCS1v15(), _HASHES[hash_name]())

    return prove


def raw(digest: bytes) -> Proof:
    """The same over a SHA-256 digest whose content nobody has seen."""

    def prove(answer: Answer, hicos: HicosDriver) -> None:
        key = _key(_holder(answer, hicos))
        key.verify(base64.b64decode(answer["signature"]), digest, padding.PKCS1v15(), Prehashed(hashes.SHA256()))

    return prove


def plain(text: str) -> Proof:
    """The plain text."""

    def prove(answer: Answer, _: HicosDriver) -> None:
        assert answer["plain"] == text

    return prove


def field(name: str, value: object, then: Proof) -> Proof:
    """A field of the answer, and another proof."""

    def prove(answer: Answer, hicos: HicosDriver) -> None:
        assert answer[name] == value
        then(answer, hicos)

    return prove


def readers(number: int, *, serials: bool, certificates: bool = False, cards: int | None = None) -> Proof:
    """So many readers, and cards in them; with or without what tells the cards apart."""

    def prove(answer: Answer, hicos: HicosDriver) -> None:
        assert len(answer["slots"]) == number
        tokens = [slot["token"] for slot in answer["slots"] if slot["token"]]
        assert cards is None or len(tokens) == cards
        known = {card.serial for card in hicos.cards.values()}
        for token in tokens:
            assert token["serialNumber"] in (known if serials else {""})
            assert ("certs" in token) is certificates
        if not serials:
            names = [slot["slotDescription"] for slot in answer["slots"]]
            assert names == [f"Reader {place + 1}" for place in range(number)]

    return prove


def by_card(name: str) -> Callable[[Proof], Proof]:
    """Another proof, and that this card made the answer."""

    def both(then: Proof) -> Proof:
        def prove(answer: Answer, hicos: HicosDriver) -> None:
            assert answer["cardSN"] == hicos.cards[name].serial
            then(answer, hicos)

        return prove

    return both


def _key(certificate: bytes) -> rsa.RSAPublicKey:
    key = x509.load_der_x509_certificate(certificate).public_key()
    assert isinstance(key, rsa.RSAPublicKey)
    return key
