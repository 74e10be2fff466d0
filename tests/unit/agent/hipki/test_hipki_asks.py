"""From the fields of an old page's request to what the card is asked for: every field, and each way to get it wrong."""

import hashlib
from base64 import b64encode
from collections.abc import Mapping

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.card.answers import cms
from agent.card.frames import MAX_FRAME, HostOrder, encode
from agent.card.old_asks import CmsAsk, DecryptAsk, ListAsk, OldAsk, Pkcs1Ask, RawAsk
from agent.web.hipki import asks
from agent.web.hipki.asks import (
    MAX_CONTENT,
    MAX_NONCE,
    Request,
    check_pin_length,
    decrypt_request,
    fingerprint,
    list_request,
    sign_request,
)
from agent.web.hipki.codes import Major, OldError

SIGN = {"func": "MakeSignature", "tbs": "TBS"}
DECRYPT = {"func": "DecryptData", "cipher": "QUJD"}
# What clients send for an option that they do not use.
LEFT_OUT = ("", "__NotExistedTag__", None)
# RFC 8017, 9.2, note 1.
PREFIXES = {
    "sha1": "3021300906052b0e03021a05000414",
    "sha256": "3031300d060960864801650304020105000420",
    "sha384": "3041300d060960864801650304020205000430",
    "sha512": "3051300d060960864801650304020305000440",
}


def base64(content: bytes) -> str:
    """As pages write bytes."""
    return b64encode(content).decode()


def digest_info(name: str) -> bytes:
    """The DigestInfo of a hash of something."""
    return bytes.fromhex(PREFIXES[name]) + hashlib.new(name, b"file").digest()


def refused(fields: Mapping[str, object]) -> int:
    """The number by which a request for a signature is refused."""
    with pytest.raises(OldError) as caught:
        sign_request(fields)
    assert caught.value.failure == "request_malformed"
    return caught.value.ret_code


def test_least_request_is_a_log_in() -> None:
    assert sign_request(SIGN) == Request(OldAsk(CmsAsk(b"TBS", "sha256")))


def test_whole_request() -> None:
    fields: dict[str, object] = {
        "func": "MakeSignature",
        "tbs": "5Lit",
        "tbsEncoding": "base64",
        "signatureType": "PKCS7",
        "hashAlgorithm": "SHA512",
        "pin": "12+4%&",
        "nonce": "n 1",
        "withCardSN": "true",
        "slotDescription": "CASTLES EZ100PU 00 00",
        "withSCAP": "true",
        "checkValidity": "true",
        "keyidb64": "U0lHTg==",
        "withCert": "true",
        "withKey": "true",
        "withSPKI": "true",
        "withSigningTime": "false",
        "something": {"else": [1]},
    }
    work = CmsAsk("中".encode(), "sha512", "n 1", card_number=True, signing_time=False)
    ask = OldAsk(work, reader="CASTLES EZ100PU 00 00", key_id=b"SIGN", check_validity=True)
    assert sign_request(fields) == Request(ask, "12+4%&", scap=True)


@pytest.mark.parametrize("value", LEFT_OUT)
def test_options_that_are_left_out_change_nothing(value: object) -> None:
    names = (
        "tbsEncoding signatureType hashAlgorithm pin nonce withCardSN slotDescription withSCAP checkValidity keyidb64 "
        "withSigningTime withCert"
    )
    assert sign_request(SIGN | dict.fromkeys(names.split(), value)) == sign_request(SIGN)
    names = "cipherType plainEncoding pin slotDescription keyidb64"
    assert decrypt_request(DECRYPT | dict.fromkeys(names.split(), value)) == decrypt_request(DECRYPT)


@pytest.mark.parametrize("fields", [{}, {"tbs": None}, {"tbs": "__NotExistedTag__"}])
@pytest.mark.parametrize("form", ["PKCS7", "PKCS1", "RAW"])
def test_nothing_to_sign_is_told(fields: dict[str, object], form: str) -> None:
    assert refused({"signatureType": form} | fields) == Major.TBS_MISSING


@pytest.mark.parametrize("encoding", ["NONE", "base64"])
def test_empty_content_can_be_signed(encoding: str) -> None:
    # The window warns of it.
    assert sign_request({"tbs": "", "tbsEncoding": encoding}).ask.work == CmsAsk(b"")


@pytest.mark.parametrize("encoding", ["NONE", "none", ""])
def test_text_is_signed_as_utf8(encoding: str) -> None:
    assert sign_request({"tbs": "a+b%&= 中文\r\n", "tbsEncoding": encoding}).ask.work == CmsAsk(
        "a+b%&= 中文\r\n".encode()
    )


@pytest.mark.parametrize("encoding", ["base64", "Base64", "BASE64"])
def test_base64_is_decoded(encoding: str) -> None:
    assert sign_request({"tbs": base64(b"\0\xff+"), "tbsEncoding": encoding}).ask.work == CmsAsk(b"\0\xff+")


@pytest.mark.parametrize(
    ("word", "name"), [("SHA1", "sha1"), ("Sha256", "sha256"), ("sha384", "sha384"), ("SHA512", "sha512")]
)
def test_every_hash_in_every_letter_case(word: str, name: str) -> None:
    cms_work = sign_request(SIGN | {"hashAlgorithm": word}).ask.work
    bare_work = sign_request(SIGN | {"hashAlgorithm": word, "signatureType": "pkcs1"}).ask.work
    assert isinstance(cms_work, CmsAsk)
    assert isinstance(bare_work, Pkcs1Ask)
    assert (cms_work.hash, bare_work.hash) == (name, name)


@pytest.mark.parametrize(
    ("value", "meant"), [("true", True), ("True", True), (True, True), ("false", False), (False, False)]
)
def test_flags_are_words_or_truth(value: object, meant: bool) -> None:
    request = sign_request(SIGN | dict.fromkeys(("withCardSN", "withSigningTime", "withSCAP", "checkValidity"), value))
    work = CmsAsk(b"TBS", card_number=meant, signing_time=meant)
    assert request == Request(OldAsk(work, check_validity=meant), scap=meant)


@pytest.mark.parametrize("name", sorted(PREFIXES))
def test_raw_is_one_digest_info(name: str) -> None:
    info = digest_info(name)
    # What names another hash is not looked at, nor how the text says it is encoded: RAW is always Base64.
    fields = {"tbs": base64(info), "signatureType": "RAW", "hashAlgorithm": "MD5", "tbsEncoding": "NONE"}
    assert sign_request(fields).ask.work == RawAsk(info)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"TBS",
        hashlib.sha256(b"file").digest(),
        digest_info("sha256") + b"\0",
        digest_info("sha256")[:-1],
        digest_info("sha256") + digest_info("sha256"),
        bytes.fromhex(PREFIXES["sha256"]) + bytes(20),
        bytes.fromhex(PREFIXES["sha1"]) + bytes(32),
        bytes.fromhex("3020300c06082a864886f70d020505000410") + bytes(16),  # MD5
        bytes.fromhex("302f300b0609608648016503040201" + "0420") + bytes(32),  # without parameters
        b"\0\1" + b"\xff" * 10 + digest_info("sha256"),
    ],
)
def test_raw_over_anything_else_is_refused(content: bytes) -> None:
    assert refused({"tbs": base64(content), "signatureType": "RAW"}) == Major.BAD_CONTENT


@pytest.mark.parametrize(
    "text",
    ["Q", "QQ", "QQ=", "QQ===", "QR==", "Q Q==", "QQ==\n", "QUJD\r\nQUJD", "QQ==QQ==", "-_==", "中", "==", "%51"],
)
def test_base64_has_one_form(text: str) -> None:
    assert refused({"tbs": text, "tbsEncoding": "base64"}) == Major.BAD_BASE64
    assert refused({"tbs": text, "signatureType": "RAW"}) == Major.BAD_BASE64
    assert refused(SIGN | {"keyidb64": text}) == Major.BAD_BASE64
    with pytest.raises(OldError) as caught:
        decrypt_request({"cipher": text})
    assert caught.value.ret_code == Major.BAD_BASE64


@pytest.mark.parametrize("value", [1, 1.5, [], {}, ["TBS"]])
@pytest.mark.parametrize(
    "name",
    ["tbs", "tbsEncoding", "signatureType", "hashAlgorithm", "pin", "nonce", "withCardSN", "slotDescription",
     "keyidb64", "withSCAP", "checkValidity", "withSigningTime"],
)  # fmt: skip
def test_wrong_type_is_told(name: str, value: object) -> None:
    assert refused(SIGN | {name: value}) == Major.WRONG_TYPE


@pytest.mark.parametrize("name", ["tbs", "tbsEncoding", "pin", "nonce", "slotDescription"])
@pytest.mark.parametrize("value", [True, False])
def test_truth_is_no_text(name: str, value: bool) -> None:
    assert refused(SIGN | {name: value}) == Major.WRONG_TYPE


@pytest.mark.parametrize(
    "fields",
    [
        {"tbsEncoding": "hex"},
        {"tbsEncoding": " base64"},
        {"signatureType": "PKCS8"},
        {"hashAlgorithm": "MD5"},
        {"hashAlgorithm": "SHA-256"},
        {"withCardSN": "yes"},
        {"withSCAP": "1"},
        {"checkValidity": "x"},
        {"withSigningTime": "no"},
        {"nonce": "a\nb"},
        {"nonce": "a\u202eb"},
        {"nonce": "n" * (MAX_NONCE + 1)},
        {"nonce": "中" * 43},
        {"slotDescription": "r" * 256},
        {"keyidb64": base64(bytes(256))},
    ],
)
def test_value_that_is_not_allowed_is_told(fields: dict[str, object]) -> None:
    assert refused(SIGN | fields) == Major.BAD_PARAMETER


def test_nonce_goes_as_far_as_the_signature_takes_it() -> None:
    assert MAX_NONCE == cms.MAX_CLAIM
    nonce = "中" * 42 + "a"
    assert len(nonce.encode()) == MAX_NONCE
    assert sign_request(SIGN | {"nonce": nonce}).ask.work == CmsAsk(b"TBS", nonce=nonce)


def test_signatures_without_attributes_need_no_good_nonce() -> None:
    fields = SIGN | {"signatureType": "PKCS1", "nonce": "n" * 1000, "withCardSN": "true"}
    assert sign_request(fields).ask.work == Pkcs1Ask(b"TBS")


@pytest.mark.parametrize(
    "request_of", [sign_request, decrypt_request, lambda fields: list_request(fields, certificates=True)]
)
def test_number_zero_is_any_reader(request_of: object) -> None:
    assert callable(request_of)
    fields = SIGN | DECRYPT
    assert request_of(fields | {"slotDescription": 0}).ask.reader == ""
    assert request_of(fields | {"slotDescription": "0"}).ask.reader == "0"


def test_content_has_at_most_one_mebibyte() -> None:
    assert MAX_CONTENT == cms.MAX_CONTENT == 1024 * 1024
    content = bytes(MAX_CONTENT)
    assert sign_request({"tbs": base64(content), "tbsEncoding": "base64"}).ask.work == CmsAsk(content)
    assert sign_request({"tbs": "a" * MAX_CONTENT}).ask.work == CmsAsk(b"a" * MAX_CONTENT)
    assert decrypt_request({"cipher": base64(content)}).ask.work == DecryptAsk(content)
    for size in (MAX_CONTENT + 1, MAX_CONTENT + 2, MAX_CONTENT + 100):
        assert refused({"tbs": base64(bytes(size)), "tbsEncoding": "base64"}) == Major.TOO_LARGE
    assert refused({"tbs": "a" * (MAX_CONTENT + 1)}) == Major.TOO_LARGE
    assert refused({"tbs": "中" * (MAX_CONTENT // 3 + 1)}) == Major.TOO_LARGE


def test_largest_request_has_room_in_a_frame() -> None:
    fields = {
        "tbs": "\1" * MAX_CONTENT,
        "nonce": "n" * MAX_NONCE,
        "slotDescription": "中" * 255,
        "keyidb64": base64(bytes(255)),
    }
    assert len(encode(HostOrder("https://" + "a" * 253, "", "zh-Hant", old=sign_request(fields).ask))) < MAX_FRAME


@pytest.mark.parametrize(
    ("fields", "work", "as_text"),
    [
        ({}, DecryptAsk(b"ABC"), True),
        ({"cipherType": "PKCS7", "plainEncoding": "NONE"}, DecryptAsk(b"ABC"), True),
        ({"cipherType": "pkcs1", "plainEncoding": "Base64"}, DecryptAsk(b"ABC", enveloped=False), False),
    ],
)
def test_decryption(fields: dict[str, object], work: DecryptAsk, as_text: bool) -> None:
    fields = DECRYPT | {"pin": "123456", "slotDescription": "R", "keyidb64": "S0VZWA=="} | fields
    assert decrypt_request(fields) == Request(OldAsk(work, reader="R", key_id=b"KEYX"), "123456", as_text=as_text)


@pytest.mark.parametrize(
    ("fields", "ret_code"),
    [
        ({"cipher": ""}, Major.CIPHER_MISSING),
        ({"cipher": "__NotExistedTag__"}, Major.CIPHER_MISSING),
        ({"cipher": 1}, Major.WRONG_TYPE),
        ({"cipher": base64(bytes(MAX_CONTENT + 1))}, Major.TOO_LARGE),
        ({"cipherType": "RAW"}, Major.BAD_PARAMETER),
        ({"plainEncoding": "hex"}, Major.BAD_PARAMETER),
        ({"pin": 123456}, Major.WRONG_TYPE),
    ],
)
def test_decryption_that_is_refused(fields: dict[str, object], ret_code: int) -> None:
    with pytest.raises(OldError) as caught:
        decrypt_request(DECRYPT | fields)
    assert caught.value.ret_code == ret_code


def test_list_has_no_pin() -> None:
    fields: dict[str, object] = {"func": "GetUserCert", "pin": "123456", "slotDescription": "R"}
    assert list_request(fields, certificates=True) == Request(OldAsk(ListAsk(certificates=True), reader="R"))
    assert list_request({}, certificates=False) == Request(OldAsk(ListAsk()))


@pytest.mark.parametrize("pin", ["", "123456", "1234567", "12345678", "aB+%&~!", "______"])
def test_pin_that_a_card_can_have(pin: str) -> None:
    check_pin_length(sign_request(SIGN | {"pin": pin}))


@pytest.mark.parametrize(
    "pin",
    ["1", "12345", "123456789", "1" * 100_000, "12345 ", "12345\n", "123456\n", "１２３４５６", "pin中碼1", "\x7f" * 6],
)
def test_pin_that_no_card_can_have_is_told_without_a_try(pin: str) -> None:
    with pytest.raises(OldError) as caught:
        check_pin_length(sign_request(SIGN | {"pin": pin}))
    error = caught.value
    assert (error.ret_code, error.last_error, error.failure) == (0x76100006, 0xA2, "pin_malformed")
    assert str(error) == "0x76100006"


def test_neither_pin_nor_content_is_in_the_repr() -> None:
    request = sign_request({"tbs": "a secret", "pin": "24681357"})
    assert request.pin == "24681357"
    assert "24681357" not in repr(request)
    assert "secret" not in repr(request)


def test_pin_is_not_in_the_ask() -> None:
    assert b"24681357" not in msgspec.json.encode(sign_request(SIGN | {"pin": "24681357"}).ask)


def test_fingerprint_is_of_all_but_the_pin() -> None:
    request = sign_request(SIGN | {"pin": "123456"})
    again = sign_request(SIGN | {"pin": "654321", "func": "", "unknown": 1})
    assert fingerprint(request) == fingerprint(again)
    assert len(fingerprint(request)) == hashlib.sha256().digest_size
    daemon = msgspec.structs.replace(request.ask, permitted=True, repeated=True, pin="123456")
    assert fingerprint(Request(daemon)) == fingerprint(request)


def test_every_difference_is_in_the_fingerprint() -> None:
    sign: list[dict[str, object]] = [
        {},
        {"tbs": "TBS "},
        {"hashAlgorithm": "SHA1"},
        {"nonce": "1"},
        {"withCardSN": "true"},
        {"withSigningTime": "false"},
        {"withSCAP": "true"},
        {"checkValidity": "true"},
        {"slotDescription": "R"},
        {"keyidb64": "U0lHTg=="},
        {"signatureType": "PKCS1"},
        {"signatureType": "RAW", "tbs": base64(digest_info("sha1"))},
    ]
    decrypt: list[dict[str, object]] = [{}, {"cipher": "QUJE"}, {"cipherType": "PKCS1"}, {"plainEncoding": "base64"}]
    requests = [sign_request(SIGN | fields) for fields in sign]
    requests += [decrypt_request(DECRYPT | fields) for fields in decrypt]
    requests += [list_request({}, certificates=certificates) for certificates in (True, False)]
    assert len({fingerprint(request) for request in requests}) == len(requests)


values = st.none() | st.booleans() | st.integers() | st.floats() | st.lists(st.integers()) | st.sampled_from(
    ["", "0", "true", "false", "NONE", "base64", "PKCS7", "PKCS1", "RAW", "SHA1", "sha256", "QUJD", "__NotExistedTag__"]
) | st.text(st.characters(exclude_categories=["Cs"]), max_size=200)  # fmt: skip
NAMES = (
    "tbs cipher tbsEncoding signatureType hashAlgorithm pin nonce withCardSN slotDescription withSCAP checkValidity "
    "keyidb64 withSigningTime cipherType plainEncoding func other"
)
names = st.sampled_from(NAMES.split())


@given(st.dictionaries(names, values, max_size=8))
def test_any_fields_are_a_request_or_an_old_error(fields: dict[str, object]) -> None:
    for request_of in (sign_request, decrypt_request, lambda fields: list_request(fields, certificates=False)):
        try:
            request = request_of(fields)
            check_pin_length(request)
        except OldError as error:
            numbers = (error.ret_code, error.last_error)
        else:
            numbers = (Major.OK, 0)
            assert asks.fingerprint(request)
        assert numbers[0] in set(Major)
