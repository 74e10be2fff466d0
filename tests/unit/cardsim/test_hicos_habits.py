"""The HiCOS-like driver does what the real one does, as far as that is known (texts, objects, signatures)."""

import pytest
from cryptography import x509

from cardsim.hicos.driver import HicosDriver
from cardsim.hicos.faults import GARBAGE_TEXT
from tests.stand.cryptoki import Cryptoki
from tests.stand.hicos import MESSAGE, Class, logged_in, public_key, signing_key, texts, verify

VALUE, LABEL, ID, MODULUS, MODULUS_BITS = 0x11, 0x03, 0x102, 0x120, 0x121


def test_token_texts_and_flags(client: Cryptoki, hicos: HicosDriver) -> None:
    token = client.ok("token")
    assert bytes.fromhex(token["label"]) == b"HiCOS PKI Smart Card".ljust(32)
    assert bytes.fromhex(token["manufacturer"]) == b"Chunghwa TeleCom Co., Ltd. ".ljust(32)
    assert bytes.fromhex(token["model"]) == b"T7S000000000001\t"
    serial = bytes.fromhex(token["serial"]).decode()
    assert serial == hicos.cards["citizen"].serial
    assert len(serial) == 16
    assert serial[:2].isalpha()
    assert serial[2:].isdigit()
    assert token["flags"] == 0x1 | 0x4 | 0x8 | 0x400  # RNG, LOGIN_REQUIRED, USER_PIN_INITIALIZED, TOKEN_INITIALIZED
    assert (token["pin_min"], token["pin_max"]) == (6, 8)


def test_two_cards_differ_only_in_their_serial_number(client: Cryptoki, hicos: HicosDriver) -> None:
    hicos.insert(hicos.cards["citizen2"], slot=2)
    assert client.ok("slots")["ids"] == [1, 2]
    first, second = client.ok("token", slot=1), client.ok("token", slot=2)
    assert first.pop("serial") != second.pop("serial")
    assert first == second


def test_objects_before_and_after_login(client: Cryptoki) -> None:
    session = int(client.ok("open")["session"])
    assert texts(client, session, Class.CERTIFICATE, ID) == ["CACert", "KEYX", "ROOTCACert", "SIGN"]
    assert texts(client, session, Class.CERTIFICATE, LABEL) == ["CACert", "ROOTCACert", "cert1", "cert2"]
    assert len(client.ok("find", session=session, kind=Class.PUBLIC)["handles"]) == 3
    assert len(client.ok("find", session=session, kind=Class.DATA)["handles"]) == 2
    assert client.ok("find", session=session, kind=Class.PRIVATE)["handles"] == []
    assert client.ok("find", session=session)["count"] == 9
    client.ok("login", session=session, pin="123456")
    assert texts(client, session, Class.PRIVATE, ID) == ["KEYX", "SIGN"]
    client.ok("logout", session=session)
    assert client.ok("find", session=session, kind=Class.PRIVATE)["handles"] == []


def test_certificates_are_those_of_the_image_and_its_authorities(client: Cryptoki, hicos: HicosDriver) -> None:
    session = int(client.ok("open")["session"])
    handles = client.ok("find", session=session, kind=Class.CERTIFICATE)["handles"]
    on_card = {client.ok("attribute", session=session, handle=one, type=VALUE)["value"] for one in handles}
    items = {
        one.key_id: x509.load_der_x509_certificate(one.certificate) for one in hicos.cards["citizen"].contents.items
    }
    assert on_card == {one.certificate.hex() for one in hicos.cards["citizen"].contents.items}
    items["SIGN"].verify_directly_issued_by(items["CACert"])
    items["KEYX"].verify_directly_issued_by(items["CACert"])
    items["CACert"].verify_directly_issued_by(items["ROOTCACert"])


def test_private_key_does_not_tell_its_bits(client: Cryptoki, hicos: HicosDriver) -> None:
    session = logged_in(client)
    key = signing_key(client, session)
    assert client.code("attribute", session=session, handle=key, type=MODULUS_BITS) == 0x12
    modulus = client.ok("attribute", session=session, handle=key, type=MODULUS)["value"]
    assert int(modulus, 16) == public_key(hicos.cards["citizen"], "SIGN").public_numbers().n


@pytest.mark.parametrize("size", [None, 1, 255])
def test_length_of_a_signature_cannot_be_asked_for(client: Cryptoki, hicos: HicosDriver, size: int | None) -> None:
    session = logged_in(client)
    client.ok("sign_init", session=session, key=signing_key(client, session))
    assert client.code("sign", session=session, data=MESSAGE, size=size) == 0x150
    signature = client.ok("sign", session=session, data=MESSAGE, size=256)["signature"]  # still active
    verify(public_key(hicos.cards["citizen"], "SIGN"), signature)


def test_length_query_of_a_signature_in_parts(client: Cryptoki) -> None:
    session = logged_in(client)
    client.ok("sign_init", session=session, key=signing_key(client, session), mechanism=0x40)
    assert client.code("sign", session=session, data="", size=None, final=True) == 0x150
    assert client.ok("sign", session=session, data="", final=True)["length"] == 256


def test_length_query_can_be_answered(client: Cryptoki, hicos: HicosDriver) -> None:
    hicos.set(length_query=True)
    session = logged_in(client)
    client.ok("sign_init", session=session, key=signing_key(client, session))
    assert client.ok("sign", session=session, data=MESSAGE, size=None)["length"] == 256
    verify(public_key(hicos.cards["citizen"], "SIGN"), client.ok("sign", session=session, data=MESSAGE)["signature"])


def test_mechanisms(client: Cryptoki) -> None:
    types = client.ok("mechanisms")["types"]
    assert {0x01, 0x03, 0x06, 0x0D, 0x40, 0x41, 0x42, 0x1041} <= set(types)
    assert client.ok("mechanism", type=0x01)["least"] == client.ok("mechanism", type=0x01)["most"] == 2048
    assert client.ok("mechanism", type=0x0D)["flags"] & 0x2800 == 0x800  # PSS: sign, not verify
    assert client.code("mechanism", type=0x12345) == 0x70


def test_texts_can_be_anything(client: Cryptoki, hicos: HicosDriver) -> None:
    names = ("label", "manufacturer", "model", "serial", "reader")
    hicos.set(fields=dict.fromkeys(names, GARBAGE_TEXT))
    token = client.ok("token")
    for name in names[:4]:
        raw = bytes.fromhex(token[name])
        assert raw == GARBAGE_TEXT[: len(raw)]
        with pytest.raises(UnicodeDecodeError):
            raw.decode()
    assert bytes.fromhex(client.ok("slot", slot=1)["description"]) == GARBAGE_TEXT[:64]
    hicos.set(fields={})
    assert bytes.fromhex(client.ok("token")["label"]) == b"HiCOS PKI Smart Card".ljust(32)


def test_sessions(client: Cryptoki) -> None:
    session = int(client.ok("open")["session"])
    assert client.ok("session", session=session)["slot"] == 1
    client.ok("close", session=session)
    assert client.code("session", session=session) == 0xB3
    assert client.code("close", session=session) == 0xB3
    other = int(client.ok("open")["session"])
    client.ok("close_all")
    assert client.code("find", session=other) == 0xB3
    assert client.code("close_all", slot=7) == client.code("token", slot=7) == client.code("open", slot=7) == 0x3


def test_start_and_end(client: Cryptoki) -> None:
    assert client.code("initialize") == 0x191
    client.ok("finalize")
    assert client.code("slots") == client.code("finalize") == 0x190
    client.ok("initialize")
    assert client.ok("slots")["ids"] == [1]


def test_without_its_configuration_it_does_not_start(hicos: HicosDriver) -> None:
    client = Cryptoki(hicos.module, {}, initialize=False)
    try:
        assert client.code("initialize") == 0x5
    finally:
        client.stop()
