"""Readers, cards, certificates and keys as the old component lists them, of both drivers."""

import hashlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from cardsim.hicos.driver import HicosDriver
from cardsim.hicos.faults import CHANGING_CALLS, GARBAGE_TEXT, SlotState, answer
from tests.card.conftest import Desk
from tests.card.driver import Driver
from tests.card.old_asks import listing
from tests.stand.hicos import start_hicos

READER = "Simulated reader 1"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory, pki: Path) -> HicosDriver:
    """The driver with the cards of a citizen and a company."""
    cards = (pki / "cards" / f"{name}.json" for name in ("citizen", "company"))
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


def test_list_without_certificates_opens_no_session(driver: Driver, hicos: HicosDriver) -> None:
    found = listing(driver, certificates=False)
    (reader,) = found.readers
    assert (found.description, found.manufacturer) == ("HiCOS PKI Smart Card (simulated)", "CardLogin simulator")
    assert (found.cryptoki_version, found.library_version) == ((2, 20), (3, 1))
    assert (reader.slot, reader.name, reader.manufacturer, reader.flags) == (1, READER, "CardLogin simulator", 7)
    token = reader.token
    assert token is not None
    assert (token.label, token.manufacturer) == ("HiCOS PKI Smart Card", "Chunghwa TeleCom Co., Ltd.")
    assert (token.model, token.serial) == ("T7S000000000001", hicos.cards["citizen"].serial)
    assert (token.min_pin, token.max_pin, token.flags) == (6, 8, 0x40D)
    assert (token.certificates, token.keys) == ((), ())
    assert "C_OpenSession" not in hicos.calls()


def test_certificates_of_the_holder_and_of_the_issuers_with_every_fact(driver: Driver, hicos: HicosDriver) -> None:
    token = listing(driver).readers[0].token
    assert token is not None
    ids = [item.key_id for item in token.certificates]
    assert ids == [b"SIGN", b"KEYX", b"CACert", b"ROOTCACert"]
    assert [item.label for item in token.certificates] == ["cert1", "cert2", "CACert", "ROOTCACert"]
    assert [item.usage for item in token.certificates] == [
        "digitalSignature", "keyEncipherment|dataEncipherment", "keyCertSign|cRLSign", "keyCertSign|cRLSign",
    ]  # fmt: skip
    stored = {item.key_id.encode(): item.certificate for item in hicos.cards["citizen"].contents.items}
    for item in token.certificates:
        certificate = x509.load_der_x509_certificate(item.der)
        assert item.der == stored[item.key_id]
        assert item.thumbprint == hashlib.sha1(item.der, usedforsecurity=False).hexdigest().upper()
        assert int(item.serial, 16) == certificate.serial_number
        assert item.serial == item.serial.upper()
        assert len(item.serial) % 2 == 0
        assert item.not_before == int(certificate.not_valid_before_utc.timestamp())
        assert item.not_after == int(certificate.not_valid_after_utc.timestamp())
        assert item.signature_algorithm == "1.2.840.113549.1.1.11"
    signing = token.certificates[0]
    subject = x509.load_der_x509_certificate(signing.der).subject
    number = subject.get_attributes_for_oid(x509.NameOID.SERIAL_NUMBER)[0].value
    assert signing.subject_dn == f"C=TW,CN=王小明,serialNumber={number!s}"
    assert signing.subject_cn == "王小明"
    assert signing.issuer_dn.startswith("C=TW,O=行政院,OU=")
    assert len(signing.subject_id) == 4


def test_public_keys_are_those_of_the_certificates(driver: Driver) -> None:
    token = listing(driver).readers[0].token
    assert token is not None
    assert [(key.key_id, key.label, key.type) for key in token.keys] == [
        (b"SIGN", "cert1", 0), (b"KEYX", "cert2", 0), (b"CACert", "CACert", 0),
    ]  # fmt: skip
    for key, item in zip(token.keys, token.certificates, strict=False):
        public = x509.load_der_x509_certificate(item.der).public_key()
        assert key.spki == public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def test_company_is_listed_with_its_number(driver: Driver, hicos: HicosDriver) -> None:
    hicos.insert(hicos.cards["company"])
    token = listing(driver).readers[0].token
    assert token is not None
    signing = token.certificates[0]
    assert len(signing.subject_id) == 8
    assert signing.subject_dn.endswith(f",serialNumber={signing.subject_id}")


@pytest.mark.parametrize(
    "state", [SlotState.EMPTY, SlotState.UNINITIALISED, SlotState.FAILING, SlotState.EXCLUSIVE, SlotState.FOREIGN]
)
def test_every_reader_is_there_and_an_odd_one_hides_no_card(
    driver: Driver, hicos: HicosDriver, state: SlotState
) -> None:
    hicos.place(1, state)
    hicos.insert(hicos.cards["company"], 2)
    odd, good = listing(driver).readers
    assert (odd.name, odd.token) == (READER, None)
    assert good.name == "Simulated reader 2"
    assert good.token is not None
    assert good.token.certificates


def test_computer_without_readers_has_an_empty_list(driver: Driver, hicos: HicosDriver) -> None:
    hicos.unplug(1)
    assert listing(driver).readers == ()


@pytest.mark.parametrize("call", ["C_OpenSession", "C_FindObjectsInit", "C_FindObjects", "C_GetAttributeValue"])
def test_card_that_fails_is_listed_without_what_cannot_be_read(driver: Driver, hicos: HicosDriver, call: str) -> None:
    with hicos.faulty(answer(call, 0x5)):
        token = listing(driver).readers[0].token
    assert token is not None
    assert (token.certificates, token.keys) == ((), ())
    assert token.serial == hicos.cards["citizen"].serial


def test_texts_of_a_hostile_driver_are_harmless(driver: Driver, hicos: HicosDriver) -> None:
    hicos.set(fields=dict.fromkeys(("label", "manufacturer", "model", "serial", "reader"), GARBAGE_TEXT))
    (reader,) = listing(driver).readers
    assert reader.token is not None
    for text in (reader.name, reader.token.label, reader.token.manufacturer, reader.token.model, reader.token.serial):
        assert text.isprintable()


def test_no_pin_and_nothing_that_changes_a_card(driver: Driver, hicos: HicosDriver) -> None:
    listing(driver)
    calls = hicos.calls()
    assert not set(calls) & {"C_Login", "C_SignInit", "C_DecryptInit"} | set(calls) & CHANGING_CALLS
    assert calls.count("C_OpenSession") == calls.count("C_CloseSession")
    assert hicos.overlapping() == []


def test_virtual_card_is_listed_by_the_other_driver(desk: Desk) -> None:
    (token,) = [reader.token for reader in listing(desk.looking).readers if reader.token is not None]
    assert {item.usage for item in token.certificates} == {"digitalSignature", "keyEncipherment|dataEncipherment"}
    assert {key.key_id for key in token.keys} == {item.key_id for item in token.certificates}
