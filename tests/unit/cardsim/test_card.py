"""The card's answers, APDU by APDU, without any reader."""

from collections.abc import Callable

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa

from cardsim.card.image import CardImage
from cardsim.card.pin import LastFailure, pad
from cardsim.card.piv import PivCard
from cardsim.tlv import decode, encode

MakeCard = Callable[..., PivCard]
AID = "A000000308000010000100"
DIGEST_INFO = bytes.fromhex("3031300d060960864801650304020105000420")


def ask(card: PivCard, text: str) -> str:
    return card.transmit(bytes.fromhex(text)).hex()


def verify(card: PivCard, pin: str) -> str:
    return ask(card, "0020008008" + pad(pin).hex())


def collect(card: PivCard, first: bytes) -> bytes:
    """The whole answer, by GET RESPONSE as a host does it."""
    answer = card.transmit(first)
    data = answer[:-2]
    while answer[-2] == 0x61:
        answer = card.transmit(bytes([0, 0xC0, 0, 0, answer[-1]]))
        data += answer[:-2]
    assert answer[-2:] == b"\x90\x00"
    return data


def authenticate(card: PivCard, key: int, algorithm: int, data: bytes) -> bytes:
    """GENERAL AUTHENTICATE with command chaining; the bytes of the answer's 82."""
    body = encode(0x7C, encode(0x82, b"") + encode(0x81, data))
    while len(body) > 255:
        part, body = body[:255], body[255:]
        assert card.transmit(bytes([0x10, 0x87, algorithm, key, 255]) + part) == b"\x90\x00"
    whole = collect(card, bytes([0, 0x87, algorithm, key, len(body)]) + body + b"\x00")
    return decode(decode(whole)[0x7C])[0x82]


def certificate(card: PivCard, tag: str) -> x509.Certificate:
    data = collect(card, bytes.fromhex(f"00cb3fff055c03{tag}00"))
    return x509.load_der_x509_certificate(decode(decode(data)[0x53])[0x70])


def padded(message: bytes) -> bytes:
    digest = hashes.Hash(hashes.SHA256())
    digest.update(message)
    info = DIGEST_INFO + digest.finalize()
    return b"\x00\x01" + b"\xff" * (253 - len(info)) + b"\x00" + info


def test_select_answers_any_prefix_from_nine_bytes(card: PivCard) -> None:
    expected = "61114f0600001000010079074f05a0000003089000"
    for size in (9, 10, 11):
        assert ask(card, f"00a40400{size:02x}{AID[: 2 * size]}00") == expected


@pytest.mark.parametrize("aid", [AID[:16], AID + "00", "A000000308000010000200", "D27600012401"])
def test_other_applications_are_not_there(card: PivCard, aid: str) -> None:
    assert ask(card, f"00a40400{len(aid) // 2:02x}{aid}00") == "6a82"


def test_a_short_answer_is_continued_by_get_response(card: PivCard) -> None:
    assert ask(card, "00cb3fff055c035fc10508")[16:18] == "61"
    whole = certificate(card, "5fc105")
    assert whole.subject.get_attributes_for_oid(x509.NameOID.COMMON_NAME)[0].value == "王小明"


def test_get_response_without_anything_pending(card: PivCard) -> None:
    assert ask(card, "00c0000000") == "6985"
    ask(card, "00cb3fff055c035fc10508")
    ask(card, "00200080")
    assert ask(card, "00c0000000") == "6985"


def test_discovery_and_key_history(card: PivCard) -> None:
    assert ask(card, "00cb3fff035c017e00") == "7e124f0ba0000003080000100001005f2f0240009000"
    assert ask(card, "00cb3fff055c035fc10c00") == "5308c10100c20100fe009000"


def test_the_identifier_holds_the_image_s_guid(card: PivCard, citizen: CardImage) -> None:
    body = decode(decode(collect(card, bytes.fromhex("00cb3fff055c035fc10200")))[0x53])
    assert body[0x34] == citizen.guid


@pytest.mark.parametrize(
    ("command", "status"),
    [
        ("00cb3fff055c035fc10a00", "6a82"),  # no 9C certificate on this card
        ("00cb3fff055c035fc10900", "6982"),  # printed information: PIN first
        ("00cb3fff025c0100", "6a80"),
        ("00cb3fff045c027e7e00", "6a80"),
        ("00cb3fff045d027e7e00", "6a80"),
        ("00cb0000035c017e00", "6a86"),
        ("00a4000002" + "3f00", "6a86"),
        ("0020008106313233343536", "6a88"),
        ("002001800831323334353620ff", "6a86"),
        ("0020008006313233343536", "6700"),
        ("00870799" + "00", "6a88"),
        ("0087119a00", "6a86"),
        ("80cb3fff035c017e00", "6e00"),
        ("00d6000000", "6d00"),
        ("10200080083132333435363738", "6884"),
    ],
)
def test_refusals(card: PivCard, command: str, status: str) -> None:
    assert ask(card, command) == status
    assert card.pin.tries == 3


def test_printed_information_is_absent_after_the_pin(card: PivCard) -> None:
    assert verify(card, "123456") == "9000"
    assert ask(card, "00cb3fff055c035fc10900") == "6a82"


def test_empty_verify_tells_the_tries_and_log_out_forgets(card: PivCard) -> None:
    assert ask(card, "00200080") == "63c3"
    assert verify(card, "123456") == "9000"
    assert ask(card, "00200080") == "9000"
    assert ask(card, "0020ff80") == "9000"
    assert ask(card, "00200080") == "63c3"


def test_reset_forgets_the_pin(card: PivCard) -> None:
    verify(card, "123456")
    card.reset()
    assert ask(card, "00200080") == "63c3"


@pytest.mark.parametrize(("style", "last"), [(None, "6983"), (LastFailure.COUNTER, "63c0")])
def test_three_wrong_pins(make_card: MakeCard, style: LastFailure | None, last: str) -> None:
    card = make_card("citizen", style)
    assert [verify(card, "999999") for _ in range(4)] == ["63c2", "63c1", last, "6983"]
    assert verify(card, "123456") == "6983"
    assert ask(card, "00200080") == "6983"


def test_the_image_says_how_the_last_failure_looks(make_card: MakeCard) -> None:
    card = make_card("citizen2")
    assert [verify(card, "999999") for _ in range(4)] == ["63c2", "63c1", "63c0", "6983"]


def test_change_of_pin(card: PivCard) -> None:
    change = "0024008010" + pad("123456").hex() + pad("87654321").hex()
    assert ask(card, change) == "9000"
    assert verify(card, "123456") == "63c2"
    assert verify(card, "87654321") == "9000"


def test_change_with_a_wrong_pin_costs_a_try_a_malformed_new_one_does_not(card: PivCard) -> None:
    assert ask(card, "0024008010" + pad("000000").hex() + pad("654321").hex()) == "63c2"
    assert ask(card, "0024008010" + pad("123456").hex() + pad("12345").hex()) == "6a80"
    assert ask(card, "0024008008" + pad("123456").hex()) == "6700"
    assert ask(card, "0024008110" + pad("123456").hex() + pad("654321").hex()) == "6a88"
    assert card.pin.tries == 2


def test_unblock_with_the_puk(card: PivCard) -> None:
    for _ in range(3):
        verify(card, "999999")
    assert ask(card, "002c008010" + pad("00000000").hex() + pad("654321").hex()) == "63c2"
    assert ask(card, "002c008010" + pad("12345678").hex() + pad("654321").hex()) == "9000"
    assert verify(card, "654321") == "9000"


def test_rsa_signature_with_chaining(card: PivCard) -> None:
    verify(card, "123456")
    signature = authenticate(card, 0x9A, 0x07, padded(b"hello"))
    public = certificate(card, "5fc105").public_key()
    assert isinstance(public, rsa.RSAPublicKey)
    public.verify(signature, b"hello", padding.PKCS1v15(), hashes.SHA256())


def test_one_pin_serves_several_signatures(card: PivCard) -> None:
    verify(card, "123456")
    assert authenticate(card, 0x9A, 0x07, padded(b"a")) != authenticate(card, 0x9A, 0x07, padded(b"b"))


def test_the_encryption_key_decrypts(card: PivCard) -> None:
    public = certificate(card, "5fc10b").public_key()
    assert isinstance(public, rsa.RSAPublicKey)
    verify(card, "123456")
    block = authenticate(card, 0x9D, 0x07, public.encrypt(b"secret", padding.PKCS1v15()))
    assert block[:2] == b"\x00\x02"
    assert block.endswith(b"\x00secret")


def test_ec_signature(make_card: MakeCard) -> None:
    card = make_card("ec")
    verify(card, "123456")
    digest = hashes.Hash(hashes.SHA256())
    digest.update(b"hello")
    signature = authenticate(card, 0x9A, 0x11, digest.finalize())
    public = certificate(card, "5fc105").public_key()
    assert isinstance(public, ec.EllipticCurvePublicKey)
    public.verify(signature, b"hello", ec.ECDSA(hashes.SHA256()))


def test_no_signature_without_pin(card: PivCard) -> None:
    body = encode(0x7C, encode(0x82, b"") + encode(0x81, padded(b"x")))
    assert card.transmit(b"\x10\x87\x07\x9a\xff" + body[:255]) == b"\x90\x00"
    assert card.transmit(b"\x00\x87\x07\x9a" + bytes([len(body) - 255]) + body[255:]) == b"\x69\x82"


@pytest.mark.parametrize(
    "body",
    [
        encode(0x7C, encode(0x82, b"") + encode(0x81, bytes(100))),
        encode(0x7C, encode(0x81, bytes(100))),
        encode(0x7C, encode(0x82, b"x") + encode(0x81, bytes(100))),
        encode(0x7C, encode(0x82, b"") + encode(0x85, bytes(100))),
        encode(0x7D, b""),
        b"\x7c\x05",
        b"\x00",
    ],
)
def test_malformed_signature_requests(card: PivCard, body: bytes) -> None:
    verify(card, "123456")
    assert card.transmit(bytes([0, 0x87, 0x07, 0x9A, len(body)]) + body) == b"\x6a\x80"


def test_a_number_above_the_modulus_is_refused(card: PivCard) -> None:
    verify(card, "123456")
    body = encode(0x7C, encode(0x82, b"") + encode(0x81, b"\xff" * 256))
    card.transmit(b"\x10\x87\x07\x9a\xff" + body[:255])
    assert card.transmit(b"\x00\x87\x07\x9a" + bytes([len(body) - 255]) + body[255:]) == b"\x6a\x80"


def test_a_broken_chain_is_forgotten(card: PivCard) -> None:
    assert ask(card, "1087079a02aabb") == "9000"
    assert ask(card, "0087079d02aabb") == "6883"
    assert ask(card, "1087079a02aabb") == "9000"
    assert ask(card, "00cb3fff035c017e00") == "6883"
    assert ask(card, "00cb3fff035c017e00").endswith("9000")


def test_a_chain_has_an_end(card: PivCard) -> None:
    answers = [card.transmit(b"\x10\x87\x07\x9a\xff" + bytes(255)) for _ in range(5)]
    assert answers == [b"\x90\x00"] * 4 + [b"\x67\x00"]


def test_cards_without_certificates(make_card: MakeCard) -> None:
    empty, encryption = make_card("empty"), make_card("encryption-only")
    assert ask(empty, "00cb3fff055c035fc10500") == "6a82"
    assert ask(empty, "00cb3fff055c035fc10b00") == "6a82"
    assert ask(encryption, "00cb3fff055c035fc10500") == "6a82"
    assert verify(empty, "123456") == "9000"
    usage = certificate(encryption, "5fc10b").extensions.get_extension_for_class(x509.KeyUsage).value
    assert usage.key_encipherment
    assert not usage.digital_signature


def test_an_unexpected_fault_becomes_6f00(card: PivCard, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(field: bytes) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(card.pin, "check", broken)
    assert verify(card, "123456") == "6f00"
    assert ask(card, "00200080") == "63c3"
