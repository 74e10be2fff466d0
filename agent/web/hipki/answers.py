"""The JSON texts that pages get."""

from base64 import b64encode
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import msgspec

from agent import VERSION
from agent.card.frames import HostAnswer
from agent.card.old_asks import ListedCertificate, ListedKey, ListedReader, ListedToken, Listing
from agent.failures import Code
from agent.web.hipki.asks import Request
from agent.web.hipki.codes import MAJOR_TEXTS, MINOR_TEXTS, UNSUPPORTED_TEXT, Major, OldError
from agent.web.hipki.slots import masked_name

# Pages compare it as text with the least that they accept (hipki.md, 1.8), and expect another one of the program that
# did the work of the old component.
SERVER_VERSION, HELPER_VERSION = "1.3.8", "2.3.2"
_LIST = "pkcs11info"
# What answers are called, by what requests are called (hipki.md, 1.10 and 1.2).
_FUNCTIONS = {
    "MakeSignature": "sign",
    "GetUserCert": _LIST,
    "CheckEnvir": _LIST,
    "DecryptData": "decrypt",
    "makeCsr": "csr",
    "writecert": "writeCert",
} | {
    name: name
    for name in (
        "sign", _LIST, "decrypt", "csr", "writeCert", "umakeSig", "getChallenge", "changeUserPINCode",
        "bulidUnblockCardRequest", "unblockCard", "bulidResetUserPINRequest", "resetUserPIN", "openCard",
        "sendCommand_PrintImageb64toPrinter", "sendCommand_PrintImageb64toCardPrinter", "sendCommand_PrintCardCtrl",
        "ListEID", "GetEIDPublicData", "GetEIDHouseHoldData", "GetEIDPrivateDataStep1", "GetEIDPrivateDataStep2",
        "ChangePinEID", "BulidUnblockCardRequestEID", "UnblockCardEID",
    )
}  # fmt: skip
# CK_SLOT_INFO and CK_TOKEN_INFO: of a removable device (and a token in it); of a card with a PIN and a random source.
_TOKEN_PRESENT, _REMOVABLE_DEVICE, _CARD = 0x1, 0x6, 0x40D
_MASKED_TOKEN = ListedToken("", "", "", "", min_pin=6, max_pin=8, flags=_CARD)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# RFC 5280, 4.1.2.5: a time of this year and later has four digits of its year.
_END_OF_UTC_TIME = 2050
_Object = dict[str, object]


def signed(answer: HostAnswer, request: Request) -> str:
    """The answer of `/sign`; raises OldError where the host has no signature in its answer.

    `SCAP` is empty: authorisations of supplementary cards are not read, and a card that is none has none either.
    """
    if answer.signed is None:
        raise OldError(Major.NO_ANSWER, failure=Code.HOST_FAILED.value)
    result: _Object = {
        "signature": _base64(answer.signed.value),
        "certb64": _base64(answer.signed.certificate),
        "cardSN": answer.signed.card_number,
    }
    return _succeeded("sign", result | ({"SCAP": ""} if request.scap else {}))


def decrypted(answer: HostAnswer, request: Request) -> str:
    """The answer of `/decrypt`, plain text as text or Base64.

    Raises OldError where the host has none in its answer; PLAIN_NOT_TEXT where it was to be text and is not of UTF-8.
    """
    if answer.plain is None:
        raise OldError(Major.NO_ANSWER, failure=Code.HOST_FAILED.value)
    try:
        plain = answer.plain.decode() if request.as_text else _base64(answer.plain)
    except UnicodeDecodeError:
        raise OldError(Major.PLAIN_NOT_TEXT, failure=Code.CIPHER_UNREADABLE.value) from None
    return _succeeded("decrypt", {"plain": plain})


def listed(listing: Listing, *, certificates: bool) -> str:
    """The answer of `/pkcs11info` to a site that is permitted; certificates and keys only where they are asked for."""
    return _listed(listing, VERSION, certificates=certificates)


def masked(cards: Sequence[bool], only: str = "") -> str:
    """The answer of `/pkcs11info` to strangers: for each reader whether a card is in it, and nothing that names it.

    Neither the version of this program: no site gets it without a permission. `only`: the one reader that is asked
    for, by the name that strangers are told.
    """
    readers = [
        ListedReader(number, masked_name(number + 1), "", _REMOVABLE_DEVICE | card, _MASKED_TOKEN if card else None)
        for number, card in enumerate(cards)
        if only in ("", masked_name(number + 1))
    ]
    return _listed(Listing(tuple(readers)), "", certificates=False)


def failed(func: str, error: OldError) -> str:
    """An error; `func` is that of the request or of the answer. Only names that are known come back.

    `failure`, our stable code where there is one, is for pages that know us: the old component has no such field.
    """
    return _failed(func, error, MINOR_TEXTS.get(error.last_error, ""))


def unsupported(func: str) -> str:
    """The answer to what we do not do: changing and unblocking PINs, printing, the CA's tools."""
    return _failed(func, OldError(Major.UNSUPPORTED), UNSUPPORTED_TEXT)


def _failed(func: str, error: OldError, message2: str) -> str:
    name = _FUNCTIONS.get(func, "")
    answer: _Object = {
        "func": name,
        "ret_code": int(error.ret_code),
        "last_error": error.last_error,
        "message": MAJOR_TEXTS[error.ret_code],
        "message2": message2,
        "serverVersion": SERVER_VERSION,
    }
    # Some pages count the readers before they look for an error (hipki.md, 1.3).
    return _json(
        answer | ({"slots": []} if name == _LIST else {}) | ({"failure": error.failure} if error.failure else {})
    )


def _listed(listing: Listing, version: str, *, certificates: bool) -> str:
    result: _Object = {
        "cryptokiVersion": _number(listing.cryptoki_version),
        "flags": 0,
        "libraryDescription": listing.description,
        "libraryVersion": _number(listing.library_version),
        "manufacturerID": listing.manufacturer,
        "installedModule": [
            {"description": "HiPKILocalSignServer", "version": SERVER_VERSION},
            {"description": "CardLogin", "version": version},
        ],
        "slots": [_slot(reader, certificates) for reader in listing.readers],
    }
    return _succeeded(_LIST, result)


def _slot(reader: ListedReader, certificates: bool) -> _Object:
    # Of a card that the driver does not know the old component says so in words (hipki.md, 1.3).
    unknown = "unknown token" if reader.flags & _TOKEN_PRESENT else None
    return {
        "slotID": reader.slot,
        "slotDescription": reader.name,
        "manufacturerID": reader.manufacturer,
        "hardwareVersion": 0,
        "firmwareVersion": 0,
        "flags": reader.flags,
        "token": unknown if reader.token is None else _token(reader.token, certificates),
    }


def _token(token: ListedToken, certificates: bool) -> _Object:
    card: _Object = {
        "label": token.label,
        "manufacturerID": token.manufacturer,
        "model": token.model,
        "serialNumber": token.serial,
        "ulMinPinLen": token.min_pin,
        "ulMaxPinLen": token.max_pin,
        "flags": token.flags,
    }
    if certificates:
        card["certs"] = [_certificate(certificate) for certificate in token.certificates]
        card["keys"] = [_key(key) for key in token.keys]
    return card


def _certificate(certificate: ListedCertificate) -> _Object:
    return {
        "label": certificate.label,
        "usage": certificate.usage,
        "sn": certificate.serial,
        "subjectDN": certificate.subject_dn,
        "issuerDN": certificate.issuer_dn,
        "subjectCN": certificate.subject_cn,
        "subjectID": certificate.subject_id,
        "email": certificate.email,
        "notBefore": _time(certificate.not_before),
        "notAfter": _time(certificate.not_after),
        "notBeforeT": certificate.not_before,
        "notAfterT": certificate.not_after,
        "signatureAlgorithm": certificate.signature_algorithm,
        "thumbprint": certificate.thumbprint,
        "id": _base64(certificate.key_id),
        "certb64": _base64(certificate.der),
    }


def _key(key: ListedKey) -> _Object:
    return {"id": _base64(key.key_id), "label": key.label, "type": key.type, "keyb64": _base64(key.spki)}


def _number(version: tuple[int, int]) -> float:
    """A version as the number that pages read: 2.04 for (2, 4), the minor one in hundredths (PKCS#11, CK_VERSION)."""
    major, minor = version
    return float(f"{major}.{minor:02}")


def _time(seconds: int) -> str:
    """A time as certificates write it (UTCTime, or GeneralizedTime from 2050 on); empty for one of no calendar."""
    try:
        time = _EPOCH + timedelta(seconds=seconds)
    except OverflowError:
        return ""
    # Without strftime: it writes years before 1000 in another way on some systems.
    year = f"{time.year % 100:02}" if time.year < _END_OF_UTC_TIME else f"{time.year}"
    return f"{year}{time:%m%d%H%M%S}Z"


def _succeeded(func: str, result: _Object) -> str:
    answer: _Object = {"func": func, "ret_code": int(Major.OK), "last_error": 0}
    return _json(answer | result | {"version": HELPER_VERSION, "serverVersion": SERVER_VERSION})


def _base64(content: bytes) -> str:
    return b64encode(content).decode()


def _json(answer: _Object) -> str:
    return msgspec.json.encode(answer).decode()
