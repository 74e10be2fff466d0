"""What pages of the old component have a card do: both drivers, every form and hash, told by others to be right."""

from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from agent.card.old_asks import CmsAsk, DecryptAsk, Hash, OldAsk, Pkcs1Ask, RawAsk, Signed
from cardsim.hicos.driver import HicosDriver
from cardsim.hicos.faults import PinCodes, SlotState, garbage, other_key, remove
from cardsim.hicos.faults import answer as answers
from tests.card.conftest import Desk
from tests.card.driver import Driver
from tests.card.old_asks import answer, ask, listing
from tests.stand.hicos import start_hicos
from tests.stand.parts import PIN
from tests.unit.agent.cms_oracles import openssl_finds, openssl_verifies, pyhanko_finds
from tests.unit.agent.envelopes import (
    KEY,
    block,
    digest_info,
    envelope,
    openssl_encrypts,
    padded,
    recipient,
    three_des,
)

WRONG = "000000"
HASHES = get_args(Hash)
TEXT = "待簽訊息 TBS".encode()
FORMS = {
    "three DES": ("-des3",),
    "AES 128": ("-aes-128-cbc",),
    "AES 192": ("-aes-192-cbc",),
    "AES 256": ("-aes256",),
    "key identifier": ("-des3", "-keyid"),
    "in pieces of unknown length": ("-des3", "-stream"),
}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory, pki: Path) -> HicosDriver:
    """The driver with the cards of a citizen, a company and somebody whose certificates have expired."""
    cards = (pki / "cards" / f"{name}.json" for name in ("citizen", "company", "expired"))
    return start_hicos(tmp_path_factory.mktemp("hicos") / "cards", *cards)


@pytest.fixture
def hicos(made: HicosDriver) -> HicosDriver:
    """The citizen's card in reader 1, three tries, no fault."""
    made.reset()
    return made


@pytest.fixture
def driver(hicos: HicosDriver) -> Iterator[Driver]:
    """A process with the driver in it; there is no PC/SC service."""
    environment = {**hicos.environment, "PCSCLITE_CSOCK_NAME": "/nonexistent/pcscd"}
    started = Driver(environment, "hca", str(hicos.module))
    yield started
    started.stop()


def found(driver: Driver, old: OldAsk) -> list[tuple[str, str | None]]:
    """CKA_ID and problem of what a look finds."""
    return [(key_id, problem) for _, problem, _, _, key_id in ask(driver, old)]


def signed(driver: Driver, old: OldAsk) -> Signed:
    """What the first card signs."""
    assert found(driver, old)[0][1] is None
    made = answer(driver, PIN).signed
    assert made is not None
    return made


def check(made: Signed, name: Hash, content: bytes, folder: Path) -> None:
    """Returns when OpenSSL and PyCA find a bare signature right."""
    key = x509.load_der_x509_certificate(made.certificate).public_key()
    assert isinstance(key, rsa.RSAPublicKey)
    key.verify(made.value, content, padding.PKCS1v15(), getattr(hashes, name.upper())())
    assert openssl_verifies(folder, made.certificate, made.value, content, name)


def certificate_of(hicos: HicosDriver, key_id: str, card: str = "citizen") -> bytes:
    """A certificate of a card."""
    (item,) = [one for one in hicos.cards[card].contents.items if one.key_id == key_id]
    return item.certificate


def encryption_certificate(driver: Driver) -> bytes:
    """The one certificate that something may be encrypted for."""
    tokens = [reader.token for reader in listing(driver).readers if reader.token is not None]
    (der,) = [item.der for item in tokens[0].certificates if "keyEncipherment" in item.usage]
    return der


@pytest.mark.parametrize("name", HASHES)
def test_bare_signature_with_every_hash(driver: Driver, hicos: HicosDriver, name: Hash, tmp_path: Path) -> None:
    made = signed(driver, OldAsk(Pkcs1Ask(TEXT, name)))
    check(made, name, TEXT, tmp_path)
    assert made.certificate == certificate_of(hicos, "SIGN")
    assert made.card_number == hicos.cards["citizen"].serial


@pytest.mark.parametrize("name", HASHES)
def test_raw_signature_over_a_digest_of_the_pages(driver: Driver, name: Hash, tmp_path: Path) -> None:
    check(signed(driver, OldAsk(RawAsk(digest_info(name, TEXT)))), name, TEXT, tmp_path)


@pytest.mark.parametrize("name", HASHES)
def test_signed_data_with_every_hash(driver: Driver, name: Hash, tmp_path: Path) -> None:
    made = signed(driver, OldAsk(CmsAsk(TEXT, name, nonce="n", card_number=True)))
    assert openssl_finds(tmp_path, made.value) == pyhanko_finds(made.value) == TEXT


@pytest.mark.parametrize("name", HASHES)
def test_virtual_card_signs_in_all_three_forms(desk: Desk, name: Hash, tmp_path: Path) -> None:
    check(signed(desk.looking, OldAsk(Pkcs1Ask(TEXT, name))), name, TEXT, tmp_path)
    check(signed(desk.looking, OldAsk(RawAsk(digest_info(name, TEXT)))), name, TEXT, tmp_path)
    made = signed(desk.looking, OldAsk(CmsAsk(TEXT, name)))
    assert openssl_finds(tmp_path, made.value) == pyhanko_finds(made.value) == TEXT
    desk.looking.do("reset")
    assert desk.card("status")["verified"] is False


@pytest.mark.parametrize("form", FORMS)
def test_card_decrypts_what_openssl_has_encrypted(
    driver: Driver, hicos: HicosDriver, form: str, tmp_path: Path
) -> None:
    content = bytes(range(256)) * 33
    cipher = openssl_encrypts(tmp_path, certificate_of(hicos, "KEYX"), content, *FORMS[form])
    assert found(driver, OldAsk(DecryptAsk(cipher))) == [("KEYX", None), ("SIGN", "certificate_not_wanted")]
    assert answer(driver, PIN).plain == content
    driver.do("reset")
    calls = hicos.calls()
    assert [calls.count(name) for name in ("C_Login", "C_DecryptInit", "C_Decrypt", "C_Logout")] == [1, 1, 1, 1]


def test_card_decrypts_one_block(driver: Driver, hicos: HicosDriver) -> None:
    cipher = block(certificate_of(hicos, "KEYX"), b"secret")
    ask(driver, OldAsk(DecryptAsk(cipher, enveloped=False)))
    assert answer(driver, PIN).plain == b"secret"


def test_virtual_card_decrypts(desk: Desk, tmp_path: Path) -> None:
    holder = encryption_certificate(desk.looking)
    cipher = openssl_encrypts(tmp_path, holder, TEXT, "-des3")
    assert found(desk.looking, OldAsk(DecryptAsk(cipher)))[0][1] is None
    assert answer(desk.looking, PIN).plain == TEXT
    ask(desk.looking, OldAsk(DecryptAsk(block(holder, b"secret"), enveloped=False)))
    assert answer(desk.looking, PIN).plain == b"secret"
    desk.looking.do("reset")
    assert desk.card("status")["verified"] is False
    assert desk.card("status")["tries"] == 3


def test_virtual_card_tells_no_bad_block_from_a_bad_key(desk: Desk, tmp_path: Path) -> None:
    holder = encryption_certificate(desk.looking)
    for old in bad_ciphers(holder):
        ask(desk.looking, old)
        outcome = answer(desk.looking, PIN)
        assert (outcome.code, outcome.tries_left, outcome.plain) == ("cipher_unreadable", None, None)
    assert desk.card("status")["tries"] == 3


def test_bad_block_and_bad_key_are_told_alike(driver: Driver, hicos: HicosDriver, tmp_path: Path) -> None:
    for old in bad_ciphers(certificate_of(hicos, "KEYX")):
        hicos.forget_calls()
        ask(driver, old)
        outcome = answer(driver, PIN)
        assert (outcome.code, outcome.tries_left, outcome.plain) == ("cipher_unreadable", None, None)
        assert "C_Decrypt" in hicos.calls()
        assert "C_Logout" in hicos.calls()  # at once: nothing is left logged in
    assert hicos.cards["citizen"].tries == 3


@pytest.mark.parametrize("code", [0x5, 0x6, 0x20, 0x21, 0x30, 0x40, 0x41, 0x150, 0xFFFFFFFF80000042])
def test_whatever_the_driver_says_of_a_block_is_told_alike(driver: Driver, hicos: HicosDriver, code: int) -> None:
    ask(driver, OldAsk(DecryptAsk(block(certificate_of(hicos, "KEYX"), b"secret"), enveloped=False)))
    with hicos.faulty(answers("C_Decrypt", code)):
        assert answer(driver, PIN).code == "cipher_unreadable"
    assert hicos.cards["citizen"].tries == 3


def test_falsified_length_of_the_plain_text_is_no_plain_text(driver: Driver, hicos: HicosDriver) -> None:
    ask(driver, OldAsk(DecryptAsk(block(certificate_of(hicos, "KEYX"), b"secret"), enveloped=False)))
    with hicos.faulty(garbage("C_Decrypt")):
        assert answer(driver, PIN).code == "cipher_unreadable"


def test_card_pulled_while_it_decrypts_is_told_as_such(driver: Driver, hicos: HicosDriver) -> None:
    ask(driver, OldAsk(DecryptAsk(block(certificate_of(hicos, "KEYX"), b"secret"), enveloped=False)))
    with hicos.faulty(remove("C_Decrypt")):
        assert answer(driver, PIN).code == "card_removed"


def test_what_was_encrypted_for_another_card_asks_for_no_pin(
    driver: Driver, hicos: HicosDriver, tmp_path: Path
) -> None:
    cipher = openssl_encrypts(tmp_path, certificate_of(hicos, "SIGN", "company"), TEXT, "-des3")
    ask(driver, OldAsk(DecryptAsk(cipher)))
    assert answer(driver, PIN).code == "cipher_unreadable"
    assert "C_Login" not in hicos.calls()


@pytest.mark.parametrize("codes", [PinCodes.VENDOR, PinCodes.EXTENDED, PinCodes.WIDE])
def test_wrong_pin_of_a_decryption_is_told_until_the_card_locks(
    driver: Driver, hicos: HicosDriver, codes: PinCodes
) -> None:
    hicos.set(pin_codes=codes)
    ask(driver, OldAsk(DecryptAsk(block(certificate_of(hicos, "KEYX"), b"secret"), enveloped=False)))
    outcomes = [answer(driver, WRONG) for _ in range(3)]
    assert [(outcome.code, outcome.tries_left) for outcome in outcomes] == [
        ("pin_wrong", 2), ("pin_wrong", 1), ("pin_locked", 0),
    ]  # fmt: skip
    assert "C_Decrypt" not in hicos.calls()


@pytest.mark.parametrize("work", [Pkcs1Ask(TEXT), RawAsk(digest_info("sha256", TEXT)), CmsAsk(TEXT)])
def test_signature_of_another_key_never_leaves(
    driver: Driver, hicos: HicosDriver, work: Pkcs1Ask | RawAsk | CmsAsk
) -> None:
    ask(driver, OldAsk(work))
    with hicos.faulty(other_key()):
        outcome = answer(driver, PIN)
    assert (outcome.code, outcome.signed) == ("card_error", None)


def test_expired_certificate_is_used_unless_its_validity_is_asked_for(driver: Driver, hicos: HicosDriver) -> None:
    hicos.insert(hicos.cards["expired"])
    assert ("SIGN", None) in found(driver, OldAsk(CmsAsk(TEXT)))
    assert ("SIGN", "certificate_expired") in found(driver, OldAsk(CmsAsk(TEXT), check_validity=True))


def test_only_the_reader_and_the_key_that_are_named(driver: Driver, hicos: HicosDriver) -> None:
    hicos.insert(hicos.cards["company"], 2)
    both = found(driver, OldAsk(CmsAsk(TEXT)))
    assert [key_id for key_id, problem in both if problem is None] == ["SIGN", "SIGN"]
    hicos.forget_calls()
    first = signed(driver, OldAsk(CmsAsk(TEXT), reader="Simulated reader 2"))
    assert first.certificate == certificate_of(hicos, "SIGN", "company")
    named = found(driver, OldAsk(CmsAsk(TEXT), key_id=b"SIGN02"))
    assert {problem for _, problem in named} == {"certificate_not_wanted", "certificate_encryption_only"}


def test_reader_without_a_card_is_told_though_another_has_one(driver: Driver, hicos: HicosDriver) -> None:
    hicos.place(2, SlotState.EMPTY)
    assert ask(driver, OldAsk(CmsAsk(TEXT), reader="Simulated reader 2"))["code"] in ("no_card", "no_service")


def bad_ciphers(certificate: bytes) -> Iterator[OldAsk]:
    """Blocks and envelopes that go wrong at the padding of RSA, at the key, and at the padding of the content."""
    no_block = bytes(255) + b"\2"
    yield OldAsk(DecryptAsk(no_block, enveloped=False))
    good = three_des(padded(TEXT))
    for bad in (no_block, block(certificate, KEY[:16]), block(certificate, KEY + b"x")):
        yield OldAsk(DecryptAsk(envelope(recipient(certificate, bad), encrypted=good)))
    yield OldAsk(DecryptAsk(envelope(recipient(certificate, block(certificate, KEY)), encrypted=three_des(bytes(16)))))
