"""The list for old pages: facts of certificates and keys, hostile ones too, and readers of several drivers."""

import hashlib
import unicodedata
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import ExtensionOID, NameOID
from hypothesis import given
from hypothesis import strategies as st

from agent.card.answers.directory import directory_attributes
from agent.card.answers.listed import MAX_FOUND, MAX_READERS, make_listing
from agent.card.answers.listed_facts import listed_certificate, listed_key
from agent.card.frames import MAX_FRAME, HostAnswer, encode
from agent.card.old_asks import ListedCertificate
from pkcs11_shims.cryptoki import LibraryInfo, SlotInfo, TokenInfo
from pkcs11_shims.errors import CardError, Fault
from pkcs11_shims.keys import CardCertificate, CardPublicKey
from pkcs11_shims.session import CardToken, Slot
from tests.unit.agent.card_fakes import DRIVER
from tests.unit.agent.certificates import Key, certificate, name
from tests.unit.cardlogin_server import pki
from tests.unit.cardlogin_server.pki import Profile, company, issue

EC_KEY = ec.generate_private_key(ec.SECP256R1())
USAGES = (
    "digital_signature", "content_commitment", "key_encipherment", "data_encipherment", "key_agreement",
    "key_cert_sign", "crl_sign", "encipher_only", "decipher_only",
)  # fmt: skip


def listed(der: bytes, key_id: bytes = b"SIGN", label: str = "cert1") -> ListedCertificate:
    """What is told of a certificate."""
    found = listed_certificate(CardCertificate(key_id, label, der))
    assert found is not None
    return found


def usage(*names: str) -> x509.KeyUsage:
    """A key usage."""
    return x509.KeyUsage(**{name: name in names for name in USAGES})


def with_extension(*extensions: x509.ExtensionType) -> ListedCertificate:
    """What is told of a certificate with those extensions and no other."""
    return listed(certificate(EC_KEY, digital_signature=None, more=extensions))


def attributes(*pairs: tuple[str, bytes]) -> x509.UnrecognizedExtension:
    """Subject directory attributes; each value is its DER."""
    items = b"".join(pki.der(0x30, x509_oid(kind) + pki.der(0x31, value)) for kind, value in pairs)
    return x509.UnrecognizedExtension(ExtensionOID.SUBJECT_DIRECTORY_ATTRIBUTES, pki.der(0x30, items))


def x509_oid(dotted: str) -> bytes:
    """The DER of an OID."""
    from asn1crypto.core import ObjectIdentifier

    encoded: bytes = ObjectIdentifier(dotted).dump()
    return encoded


def utf8(text: str) -> bytes:
    """The DER of a text."""
    return pki.der(0x0C, text.encode())


def test_citizens_certificate_with_every_fact() -> None:
    der = issue(Profile()).der
    found = listed(der)
    loaded = x509.load_der_x509_certificate(der)
    assert found.subject_dn == "C=TW,CN=王小明,serialNumber=0000000112345678"
    assert (found.subject_cn, found.subject_id, found.email) == ("王小明", "6789", "")
    assert found.issuer_dn.startswith("C=TW,O=行政院,")
    assert (found.label, found.key_id, found.der, found.usage) == ("cert1", b"SIGN", der, "digitalSignature")
    assert found.serial == "5CDD0D3A0A9A356F464B9EA110ACB5C2"
    assert found.not_before == loaded.not_valid_before_utc.timestamp()
    assert found.not_after == loaded.not_valid_after_utc.timestamp()
    assert found.signature_algorithm == "1.2.840.113549.1.1.11"
    assert found.thumbprint == hashlib.sha1(der, usedforsecurity=False).hexdigest().upper()


def test_companys_number_is_its_id() -> None:
    assert len(listed(issue(company()).der).subject_id) == 8


def test_end_after_2038_is_the_true_one() -> None:
    end = datetime(2046, 1, 1, tzinfo=UTC)
    assert listed(certificate(EC_KEY, not_after=end)).not_after == end.timestamp()


@pytest.mark.parametrize(
    ("names", "text"),
    [
        (("digital_signature",), "digitalSignature"),
        (("data_encipherment", "key_encipherment"), "keyEncipherment|dataEncipherment"),
        (("crl_sign", "key_cert_sign"), "keyCertSign|cRLSign"),
        (("key_agreement",), "keyAgreement"),
        (("key_agreement", "encipher_only"), "keyAgreement|encipherOnly"),
        (("content_commitment", "digital_signature"), "digitalSignature|nonRepudiation"),
    ],
)
def test_usage_in_the_order_of_its_bits(names: tuple[str, ...], text: str) -> None:
    assert with_extension(usage(*names)).usage == text


def test_certificate_without_usage_has_none() -> None:
    assert with_extension().usage == ""


@pytest.mark.parametrize(
    ("pairs", "told"),
    [
        ([("2.16.886.1.100.2.51", utf8("1234"))], "1234"),
        ([("2.16.886.1.100.2.101", utf8("12345678"))], "12345678"),
        ([("2.16.886.1.100.2.102", bytes.fromhex("06036086") + b"\x01")], None),
        ([("2.16.886.1.100.2.1", utf8("x")), ("2.16.886.1.100.2.51", utf8("1234"))], "1234"),
        ([("2.16.886.1.100.2.51", b"\x04\4\1\2\3\4")], ""),
        ([("2.16.886.1.100.2.51", b"")], ""),
        ([("2.16.886.1.100.2.51", utf8("12\u202e34"))], "12\N{REPLACEMENT CHARACTER}34"),
        ([], ""),
    ],
)
def test_subject_id(pairs: list[tuple[str, bytes]], told: str | None) -> None:
    if told is None:
        pairs, told = [("2.16.886.1.100.2.102", x509_oid("2.16.886.101.20003"))], "2.16.886.101.20003"
    assert with_extension(attributes(*pairs)).subject_id == told


@given(st.binary(max_size=300))
def test_any_directory_attributes_are_read_or_empty(content: bytes) -> None:
    assert all(isinstance(text, str) for text in directory_attributes(content).values())


def test_address_of_the_alternative_name_comes_before_that_of_the_name() -> None:
    both = name((NameOID.COMMON_NAME, "x"), (NameOID.EMAIL_ADDRESS, "old@example.tw"))
    alternative = x509.SubjectAlternativeName([x509.RFC822Name("new@example.tw")])
    assert listed(certificate(EC_KEY, both, more=[alternative])).email == "new@example.tw"
    assert listed(certificate(EC_KEY, both)).email == "old@example.tw"


@pytest.mark.parametrize("value", ["1,serialNumber=9", "O=x", "a,b", "a=b", "x,CN=別人,serialNumber=1"])
def test_no_value_makes_another_part_or_another_number(value: str) -> None:
    """Pages split at commas and take what is behind the last "="."""
    subject = name((NameOID.SERIAL_NUMBER, "4711"), (NameOID.COUNTRY_NAME, "TW"), (NameOID.COMMON_NAME, value))
    found = listed(certificate(EC_KEY, subject)).subject_dn
    parts = found.split(",")
    assert [part.split("=")[0] for part in parts] == ["C", "CN", "serialNumber"]
    assert parts[-1].split("=")[-1] == "4711"
    assert len(found.split("=")) == 4


@given(st.text(max_size=16), st.text("0A,=: ", min_size=1, max_size=16))
def test_any_texts_are_harmless_and_keep_their_place(common: str, number: str) -> None:
    subject = name((NameOID.COMMON_NAME, common or "x"), (NameOID.SERIAL_NUMBER, number))
    found = listed_certificate(CardCertificate(b"SIGN", common, certificate(EC_KEY, subject)))
    if found is not None:
        # Blanks of every width are letters' room, as the one between Chinese names; what moves or hides text is not.
        kinds = {unicodedata.category(character) for character in found.subject_dn + found.label}
        assert not kinds & {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
        assert [part.split("=")[0] for part in found.subject_dn.split(",")] == ["CN", "serialNumber"]


def test_unknown_parts_of_a_name_are_named_by_their_oid() -> None:
    subject = name((x509.ObjectIdentifier("1.2.3.4"), "odd"), (NameOID.COMMON_NAME, "x"))
    assert listed(certificate(EC_KEY, subject)).subject_dn == "1.2.3.4=odd,CN=x"


def test_name_of_many_and_long_parts_is_cut() -> None:
    subject = name(*[(NameOID.ORGANIZATIONAL_UNIT_NAME, "x" * 500)] * 20)
    assert len(listed(certificate(EC_KEY, subject)).subject_dn) < 16 * 140


@pytest.mark.parametrize("der", [b"", b"garbage", b"\x30\x80" * 500, bytes(16 * 1024 + 1)])
def test_what_is_no_certificate_is_left_out(der: bytes) -> None:
    assert listed_certificate(CardCertificate(b"SIGN", "cert1", der)) is None


def test_certificate_of_any_key_is_listed() -> None:
    assert listed(certificate(ed25519.Ed25519PrivateKey.generate())).subject_cn == "王小明"


def spki(key: Key) -> bytes:
    """SubjectPublicKeyInfo of a key."""
    return key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


P256 = bytes.fromhex("06082a8648ce3d030107")


def point(key: ec.EllipticCurvePrivateKey) -> bytes:
    """The uncompressed point."""
    return key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


def test_public_key_comes_from_its_certificate_and_else_from_its_parts(rsa_key: rsa.RSAPrivateKey) -> None:
    numbers = rsa_key.public_key().public_numbers()
    parts = (numbers.n.to_bytes(256), numbers.e.to_bytes(3))
    mine, other = (CardCertificate(key_id, "", certificate(EC_KEY)) for key_id in (b"SIGN", b"KEYX"))
    bare = listed_key(CardPublicKey(b"SIGN", "K1", 0, parts), [other])
    assert bare is not None
    assert (bare.spki, bare.key_id, bare.label, bare.type) == (spki(rsa_key), b"SIGN", "K1", 0)
    by_certificate = listed_key(CardPublicKey(b"SIGN", "K1", 0, (b"", b"")), [other, mine])
    assert by_certificate is not None
    assert by_certificate.spki == spki(EC_KEY)


@pytest.mark.parametrize("wrap", [lambda bare: bare, lambda bare: b"\4" + bytes([len(bare)]) + bare])
def test_point_comes_bare_or_in_an_octet_string(wrap: Any) -> None:
    found = listed_key(CardPublicKey(b"SIGN", "", 3, (P256, wrap(point(EC_KEY)))), [])
    assert found is not None
    assert found.spki == spki(EC_KEY)


@pytest.mark.parametrize(
    "key",
    [
        CardPublicKey(b"SIGN", "", 0, (b"", b"")),
        CardPublicKey(b"SIGN", "", 0, (b"\1", b"\1")),
        CardPublicKey(b"SIGN", "", 0, (b"\xff" * 1024, b"\1\0\1")),
        CardPublicKey(b"SIGN", "", 0, (b"\xfe" * 256, b"\2")),
        CardPublicKey(b"SIGN", "", 3, (P256, b"\4" * 65)),
        CardPublicKey(b"SIGN", "", 3, (P256, b"\4")),
        CardPublicKey(b"SIGN", "", 3, (b"\x06\1\1", point(EC_KEY))),
        CardPublicKey(b"SIGN", "", 2**64 - 1, (b"x", b"y")),
    ],
)
def test_key_that_shows_nothing_of_use_is_left_out(key: CardPublicKey) -> None:
    assert listed_key(key, []) is None


TOKEN = CardToken("Reader A", "TP1", "maker", 1)
INFO = TokenInfo("label", "maker", "model", "TP1", 0x40D, 6, 8)


class FakeDriver:
    """A driver with slots that a test chooses; every card has the same things on it."""

    driver = DRIVER

    def __init__(self, *slots: Slot, found: list[CardCertificate] | CardError | None = None) -> None:
        self._slots, self.found = slots, found if found is not None else []
        self.named: LibraryInfo | CardError = LibraryInfo("maker", "driver", (2, 40), (3, 1))

    def slots(self) -> list[Slot]:
        """The slots; without any the driver fails."""
        if not self._slots:
            raise CardError(Fault.CARD_ERROR)
        return list(self._slots)

    def info(self) -> LibraryInfo:
        """The driver."""
        if isinstance(self.named, CardError):
            raise self.named
        return self.named

    def all_certificates(self, token: CardToken) -> list[CardCertificate]:
        """The certificates."""
        if isinstance(self.found, CardError):
            raise self.found
        return self.found

    def public_keys(self, token: CardToken) -> list[CardPublicKey]:
        """None."""
        raise CardError(Fault.CARD_ERROR)


def slot(reader: str, *, card: bool = True, number: int = 1) -> Slot:
    """A slot of a reader."""
    about = SlotInfo(reader, "maker", 7)
    return Slot(number, about, TOKEN, INFO) if card else Slot(number, about)


def readers(*drivers: Any) -> list[tuple[str, bool]]:
    """Name of each reader that is listed, and whether a card is in it."""
    return [(reader.name, reader.token is not None) for reader in make_listing(drivers, True).readers]


def test_each_reader_once_by_the_driver_that_can_use_the_card() -> None:
    one = FakeDriver(slot("A", card=False), slot("B"), slot("B", number=2))
    two = FakeDriver(slot("A"), slot("C", card=False))
    assert readers(one, two) == [("A", True), ("B", True), ("C", False)]


def test_driver_that_fails_hides_no_other() -> None:
    assert readers(FakeDriver(), FakeDriver(slot("A"))) == [("A", True)]
    assert readers(FakeDriver()) == []


def test_slot_without_a_name_is_left_out_and_the_list_ends_somewhere() -> None:
    many = [slot(f"Reader {number}", card=False) for number in range(50)]
    assert len(readers(FakeDriver(slot(""), *many))) == MAX_READERS


def test_driver_with_a_card_tells_of_itself() -> None:
    one, two = FakeDriver(slot("A", card=False)), FakeDriver(slot("B"))
    two.named = LibraryInfo("other", "text\n", (2, 20), (1, 0))
    found = make_listing([one, two], False)  # type: ignore[list-item]
    assert (found.manufacturer, found.description, found.cryptoki_version) == ("other", "text�", (2, 20))


def test_broken_card_hides_no_other() -> None:
    good = CardCertificate(b"SIGN", "cert1", certificate(EC_KEY))
    broken = FakeDriver(slot("A"), found=CardError(Fault.CARD_ERROR))
    found = make_listing([broken, FakeDriver(slot("B"), found=[good, CardCertificate(b"X", "", b"junk")])], True)  # type: ignore[list-item]
    first, second = (reader.token for reader in found.readers)
    assert first is not None
    assert second is not None
    assert first.certificates == ()
    assert [item.key_id for item in second.certificates] == [b"SIGN"]


def test_largest_list_fits_into_the_frame() -> None:
    filler = x509.UnrecognizedExtension(x509.ObjectIdentifier("1.2.3"), bytes(15 * 1024))
    big = CardCertificate(b"SIGN", "x" * 256, certificate(EC_KEY, "\N{PILE OF POO}" * 16, more=[filler]))
    driver = FakeDriver(*(slot(f"Reader {number}") for number in range(MAX_READERS)), found=[big] * 16)
    found = make_listing([driver], True)  # type: ignore[list-item]
    assert len(found.readers) == MAX_READERS
    assert len(msgspec.json.encode(found)) < MAX_FOUND + 64 * 1024
    assert len(encode(HostAnswer(listing=found))) < MAX_FRAME
