"""The answers to old pages: each field with its type, and nothing hostile that goes through."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent import VERSION
from agent.card.frames import HostAnswer
from agent.card.old_asks import ListedCertificate, ListedKey, ListedReader, ListedToken, Listing, Signed
from agent.failures import Code, FailureError
from agent.web.hipki.answers import SERVER_VERSION, decrypted, failed, listed, masked, signed, unsupported
from agent.web.hipki.asks import Request, decrypt_request, sign_request
from agent.web.hipki.codes import Major, OldError, of_failure

SIGN = sign_request({"tbs": "TBS"})
CERTIFICATE = ListedCertificate(
    label="cert1",
    usage="digitalSignature",
    serial="0A0B",
    subject_dn="C=TW,CN=王小明,serialNumber=0000000000000000",
    issuer_dn="C=TW,O=行政院,OU=內政部憑證管理中心",
    subject_cn="王小明",
    subject_id="1234",
    email="a@example.tw",
    not_before=1735689600,
    not_after=2208988799,
    signature_algorithm="1.2.840.113549.1.1.11",
    thumbprint="0F" * 20,
    key_id=b"SIGN",
    der=b"0\x82",
)
TOKEN = ListedToken(
    "HiCOS PKI Smart Card", "Chunghwa TeleCom Co., Ltd.", "T7S", "TP00000000000001", 6, 8, 1037,
    (CERTIFICATE,), (ListedKey(b"SIGN", "K1", 0, b"0\x81"),),
)  # fmt: skip
READERS = (ListedReader(0, "Reader name 0", "Maker", 7, TOKEN), ListedReader(1, "Reader name 1", "Maker", 6))
LISTING = Listing(READERS, "Maker", "Module", (2, 4), (1, 0))
FUNCTIONS = {
    "MakeSignature": "sign",
    "sign": "sign",
    "GetUserCert": "pkcs11info",
    "CheckEnvir": "pkcs11info",
    "pkcs11info": "pkcs11info",
    "DecryptData": "decrypt",
    "decrypt": "decrypt",
    "umakeSig": "umakeSig",
    "makeCsr": "csr",
    "writecert": "writeCert",
    "changeUserPINCode": "changeUserPINCode",
    "unblockCard": "unblockCard",
}


def told(text: str) -> dict[str, Any]:
    """An answer as a page reads it."""
    fields: dict[str, Any] = json.loads(text)
    return fields


def test_signature() -> None:
    assert told(signed(HostAnswer(signed=Signed(b"sig", b"cert", "TP00000000000001")), SIGN)) == {
        "func": "sign",
        "ret_code": 0,
        "last_error": 0,
        "signature": "c2ln",
        "certb64": "Y2VydA==",
        "cardSN": "TP00000000000001",
        "version": "2.3.2",
        "serverVersion": "1.3.8",
    }


def test_authorisation_of_a_supplementary_card_is_empty_and_only_where_it_is_asked_for() -> None:
    answer = HostAnswer(signed=Signed(b"sig", b"cert", ""))
    assert "SCAP" not in told(signed(answer, SIGN))
    assert told(signed(answer, sign_request({"tbs": "TBS", "withSCAP": "true"})))["SCAP"] == ""


@pytest.mark.parametrize("minimum", ["1.3.4.103328", "1.3.4.13", "1.3.4.3", "1.3.4.103305", "1.3.4.10"])
def test_version_is_new_enough_for_pages_that_compare_it_as_text(minimum: str) -> None:
    assert minimum <= SERVER_VERSION


@pytest.mark.parametrize(
    ("encoding", "plain", "expected"),
    [("NONE", "文 a+b\0".encode(), "文 a+b\0"), ("base64", b"\0\xff", "AP8="), ("NONE", b"", "")],
)
def test_plain_text(encoding: str, plain: bytes, expected: str) -> None:
    request = decrypt_request({"cipher": "QUJD", "plainEncoding": encoding})
    assert told(decrypted(HostAnswer(plain=plain), request)) == {
        "func": "decrypt",
        "ret_code": 0,
        "last_error": 0,
        "plain": expected,
        "version": "2.3.2",
        "serverVersion": "1.3.8",
    }


def test_plain_text_that_is_none_is_told() -> None:
    with pytest.raises(OldError) as caught:
        decrypted(HostAnswer(plain=b"\xff"), decrypt_request({"cipher": "QUJD"}))
    assert (caught.value.ret_code, caught.value.failure) == (0x76400002, "cipher_unreadable")
    assert caught.value.__cause__ is None


@pytest.mark.parametrize("make", [signed, decrypted])
def test_host_that_answers_something_else_has_failed(make: Any) -> None:
    with pytest.raises(OldError) as caught:
        make(HostAnswer(listing=LISTING), SIGN)
    assert (caught.value.ret_code, caught.value.failure) == (Major.NO_ANSWER, "host_failed")


def test_list_with_certificates() -> None:
    assert told(listed(LISTING, certificates=True)) == {
        "func": "pkcs11info",
        "ret_code": 0,
        "last_error": 0,
        "cryptokiVersion": 2.04,
        "flags": 0,
        "libraryDescription": "Module",
        "libraryVersion": 1.0,
        "manufacturerID": "Maker",
        "version": "2.3.2",
        "serverVersion": "1.3.8",
        "installedModule": [
            {"description": "HiPKILocalSignServer", "version": "1.3.8"},
            {"description": "CardLogin", "version": VERSION},
        ],
        "slots": [
            {
                "slotID": 0,
                "slotDescription": "Reader name 0",
                "manufacturerID": "Maker",
                "hardwareVersion": 0,
                "firmwareVersion": 0,
                "flags": 7,
                "token": {
                    "label": "HiCOS PKI Smart Card",
                    "manufacturerID": "Chunghwa TeleCom Co., Ltd.",
                    "model": "T7S",
                    "serialNumber": "TP00000000000001",
                    "ulMinPinLen": 6,
                    "ulMaxPinLen": 8,
                    "flags": 1037,
                    "certs": [
                        {
                            "label": "cert1",
                            "usage": "digitalSignature",
                            "sn": "0A0B",
                            "subjectDN": "C=TW,CN=王小明,serialNumber=0000000000000000",
                            "issuerDN": "C=TW,O=行政院,OU=內政部憑證管理中心",
                            "subjectCN": "王小明",
                            "subjectID": "1234",
                            "email": "a@example.tw",
                            "notBefore": "250101000000Z",
                            "notAfter": "391231235959Z",
                            "notBeforeT": 1735689600,
                            "notAfterT": 2208988799,
                            "signatureAlgorithm": "1.2.840.113549.1.1.11",
                            "thumbprint": "0F" * 20,
                            "id": "U0lHTg==",
                            "certb64": "MII=",
                        }
                    ],
                    "keys": [{"id": "U0lHTg==", "label": "K1", "type": 0, "keyb64": "MIE="}],
                },
            },
            {
                "slotID": 1,
                "slotDescription": "Reader name 1",
                "manufacturerID": "Maker",
                "hardwareVersion": 0,
                "firmwareVersion": 0,
                "flags": 6,
                "token": None,
            },
        ],
    }


def test_list_without_certificates_has_none_even_where_they_are_known() -> None:
    token = told(listed(LISTING, certificates=False))["slots"][0]["token"]
    assert token["serialNumber"] == "TP00000000000001"
    assert not {"certs", "keys"} & set(token)


def test_card_without_certificates_has_an_empty_list_of_them() -> None:
    empty = ListedToken("", "", "", "", 6, 8, 0)
    token = told(listed(Listing((ListedReader(0, "R", "", 7, empty),)), certificates=True))["slots"][0]["token"]
    assert (token["certs"], token["keys"]) == ([], [])


def test_card_that_the_driver_does_not_know_is_called_unknown() -> None:
    slots = told(listed(Listing((ListedReader(0, "R", "", 7), ListedReader(1, "S", "", 6))), certificates=True))[
        "slots"
    ]
    assert [slot["token"] for slot in slots] == ["unknown token", None]


def test_no_reader_is_an_empty_list() -> None:
    assert told(listed(Listing(), certificates=True))["slots"] == []
    assert told(masked([]))["slots"] == []


@pytest.mark.parametrize(
    ("version", "number"),
    [((2, 4), 2.04), ((2, 40), 2.4), ((3, 0), 3.0), ((1, 1), 1.01), ((2, 255), 2.255), ((0, 0), 0)],
)
def test_version_is_a_number(version: tuple[int, int], number: float) -> None:
    answer = told(listed(Listing(cryptoki_version=version, library_version=version), certificates=False))
    assert (answer["cryptokiVersion"], answer["libraryVersion"]) == (number, number)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "700101000000Z"),
        (-1, "691231235959Z"),
        (2524607999, "491231235959Z"),
        (2524608000, "20500101000000Z"),
        (253402300799, "99991231235959Z"),
        (253402300800, ""),
        (-(10**30), ""),
    ],
)
def test_time_as_certificates_write_it(seconds: int, text: str) -> None:
    certificate = ListedCertificate("", "", "", "", "", "", "", "", seconds, seconds, "", "", b"", b"")
    token = ListedToken("", "", "", "", 6, 8, 0, (certificate,))
    listing = Listing((ListedReader(0, "R", "", 7, token),))
    answer = told(listed(listing, certificates=True))["slots"][0]["token"]["certs"][0]
    assert (answer["notBefore"], answer["notAfter"]) == (text, text)
    assert (answer["notBeforeT"], answer["notAfterT"]) == (seconds, seconds)


def test_strangers_learn_how_many_readers_there_are_and_where_a_card_is() -> None:
    text = masked([True, False, True])
    slots = told(text)["slots"]
    assert [slot["slotDescription"] for slot in slots] == ["Reader 1", "Reader 2", "Reader 3"]
    assert [isinstance(slot["token"], dict) for slot in slots] == [True, False, True]
    assert {slot["token"]["serialNumber"] for slot in slots if slot["token"]} == {""}
    assert VERSION not in text


def test_what_strangers_learn_is_the_same_on_every_computer() -> None:
    # Nothing but the readers may differ: no text of a driver, a reader or a card can come in.
    assert masked([True]) == masked([True])
    first, second = told(masked([True]))["slots"][0], told(masked([True, True]))["slots"][1]
    assert first | {"slotID": 1, "slotDescription": "Reader 2"} == second


@pytest.mark.parametrize(("func", "name"), FUNCTIONS.items())
def test_function_of_an_error_is_that_of_the_answer(func: str, name: str) -> None:
    assert told(failed(func, OldError(Major.NO_CARD)))["func"] == name
    assert told(unsupported(func))["func"] == name


@pytest.mark.parametrize("func", ["", "Sign", "sign ", "<script>", '"', "\ud800", "x" * 10_000, "ret_code"])
def test_function_that_nobody_knows_does_not_come_back(func: str) -> None:
    assert told(failed(func, OldError(Major.NO_CARD)))["func"] == ""
    assert told(unsupported(func))["func"] == ""


def test_wrong_pin() -> None:
    assert told(failed("sign", of_failure(FailureError(Code.PIN_WRONG, 2)))) == {
        "func": "sign",
        "ret_code": 1980760070,
        "last_error": -2147483646,
        "message": "IC卡登入失敗",
        "message2": "PIN碼錯誤，剩餘兩次機會",
        "serverVersion": "1.3.8",
        "failure": "pin_wrong",
    }


@pytest.mark.parametrize("func", ["pkcs11info", "CheckEnvir", "GetUserCert"])
def test_error_of_a_list_has_a_list_of_readers(func: str) -> None:
    answer = told(failed(func, OldError(Major.NOT_PERMITTED)))
    assert (answer["ret_code"], answer["slots"]) == (1979711537, [])


def test_error_of_ours_alone_has_no_stable_code() -> None:
    assert "failure" not in told(failed("sign", OldError(Major.NO_ANSWER)))


def test_unsupported_function_points_to_the_issuers() -> None:
    answer = told(unsupported("changeUserPINCode"))
    assert (answer["ret_code"], answer["last_error"], answer["message"]) == (1979711502, 0, "不支援的方法")
    assert "https://moica.nat.gov.tw/" in answer["message2"]
    assert "https://moeaca.nat.gov.tw/" in answer["message2"]


texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
numbers = st.integers(0, 2**32)
certificates = st.builds(
    ListedCertificate, *[texts] * 8, st.integers(), st.integers(), texts, texts, st.binary(), st.binary()
)
keys = st.builds(ListedKey, st.binary(), texts, numbers, st.binary())
tokens = st.builds(
    ListedToken, texts, texts, texts, texts, numbers, numbers, numbers, st.tuples(certificates), st.tuples(keys)
)
readers = st.builds(ListedReader, numbers, texts, texts, numbers, st.none() | tokens)
versions = st.tuples(st.integers(0, 255), st.integers(0, 255))
listings = st.builds(Listing, st.lists(readers, max_size=3).map(tuple), texts, texts, versions, versions)


@given(listings, st.booleans())
def test_any_listing_is_json_whose_texts_come_through(listing: Listing, certificates: bool) -> None:
    answer = told(listed(listing, certificates=certificates))
    assert [slot["slotDescription"] for slot in answer["slots"]] == [reader.name for reader in listing.readers]
    for slot, reader in zip(answer["slots"], listing.readers, strict=True):
        if reader.token is not None:
            assert slot["token"]["serialNumber"] == reader.token.serial
            assert ("certs" in slot["token"]) is certificates


def test_pin_of_a_request_is_in_no_answer() -> None:
    request: Request = sign_request({"tbs": "TBS", "pin": "24681357"})
    assert "24681357" not in signed(HostAnswer(signed=Signed(b"sig", b"cert", "")), request)
