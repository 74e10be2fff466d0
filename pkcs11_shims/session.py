"""One loaded module: tokens, certificates, PIN state and one signature. All calls must come from one thread."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import pkcs11
from pkcs11 import MGF, Attribute, Mechanism, ObjectClass, TokenFlag, exceptions
from pkcs11.types import SignMixin

from pkcs11_shims.discovery import Found
from pkcs11_shims.errors import CardError, Fault
from pkcs11_shims.keys import CardCertificate, Scheme
from pkcs11_shims.returncodes import card_error, tries_of_status

# What a card may hold; a real one has about five certificates of 2 KiB.
MAX_CERTIFICATES = 16
MAX_CERTIFICATE = 16 * 1024

_MECHANISMS: dict[Scheme, tuple[Mechanism, object]] = {
    Scheme.PKCS1: (Mechanism.RSA_PKCS, None),
    Scheme.PSS: (Mechanism.RSA_PKCS_PSS, (Mechanism.SHA256, MGF.SHA256, 32)),
    Scheme.ECDSA: (Mechanism.ECDSA, None),
}

Transmit = Callable[[str, bytes], int | None]


@dataclass(frozen=True)
class CardToken:
    """A card in a reader; equal as long as it is the same card."""

    reader: str
    serial: str
    manufacturer: str
    slot: int = 0  # a card with two PINs shows as two slots of one reader


class Module:
    """A loaded driver.

    Raises CardError(no_driver) when the module cannot be loaded. The process ends after every order, which frees what
    python-pkcs11 leaks (a failed log-in leaves its session open).
    """

    def __init__(self, found: Found) -> None:
        self.driver = found.driver
        self._slots: dict[CardToken, pkcs11.Slot] = {}
        try:
            self._lib = pkcs11.lib(str(found.path))
        except exceptions.PKCS11Error as error:
            raise CardError(Fault.NO_DRIVER, detail=type(error).__name__) from None

    def tokens(self) -> list[CardToken]:
        """The cards that can be used now; a slot that fails is passed over, so it never hides the others.

        Raises CardError(no_reader) without any slot, CardError(no_card) when none holds a token.
        """
        with _translated():
            slots = self._lib.get_slots()
        if not slots:
            raise CardError(Fault.NO_READER)
        self._slots = {token: slot for slot in slots if (token := _token(slot)) is not None}
        if not self._slots:
            raise CardError(Fault.NO_CARD)
        return list(self._slots)

    def certificates(self, token: CardToken) -> list[CardCertificate]:
        """The certificates that the card shows without a PIN."""
        with _translated(), self._find(token).open() as session:
            # list(): a half-read search holds the session.
            found = list(session.get_objects({Attribute.CLASS: ObjectClass.CERTIFICATE}))[:MAX_CERTIFICATES]
            return [item for certificate in found if (item := _certificate(certificate)) is not None]

    def tries_left(self, token: CardToken, transmit: Transmit) -> int | None:
        """PIN tries left, read anew: from the card where its family can tell, else from the token flags.

        `transmit` sends an APDU to the card in a reader and returns the status word. None means that nothing is known
        beyond "not locked and not the last try".
        """
        with _translated():
            flags = self._find(token).flags
        if TokenFlag.USER_PIN_LOCKED in flags:
            return 0
        question = next((item for item in self.driver.tries if item.manufacturer == token.manufacturer), None)
        status = transmit(token.reader, question.apdu) if question else None
        exact = tries_of_status(status) if status is not None else None
        if exact is None and TokenFlag.USER_PIN_FINAL_TRY in flags:
            return 1
        return exact

    def sign(self, token: CardToken, key_id: bytes, pin: str, payload: bytes, scheme: Scheme) -> bytes:
        """The raw signature over `payload`, whose form `scheme` names.

        Spends a PIN try when the PIN is wrong and never repeats one. Raises CardError.
        """
        mechanism, parameter = _MECHANISMS[scheme]
        with _translated():
            session = self._find(token).open(user_pin=pin)
            search = {Attribute.CLASS: ObjectClass.PRIVATE_KEY, Attribute.ID: key_id}
            keys = list(session.get_objects(search))
            if len(keys) != 1 or not isinstance(keys[0], SignMixin):
                raise CardError(Fault.NO_CERTIFICATE, detail="private key")
            return bytes(keys[0].sign(payload, mechanism=mechanism, mechanism_param=parameter))

    def _find(self, token: CardToken) -> pkcs11.Token:
        """The token in its slot, provided that it is still the same card there."""
        slot = self._slots.get(token)
        if slot is None or _token(slot) != token:
            raise CardError(Fault.CARD_REMOVED)
        return slot.get_token()


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except exceptions.PKCS11Error as error:
        raise card_error(error) from None


def _token(slot: pkcs11.Slot) -> CardToken | None:
    try:
        token = slot.get_token()
    except (exceptions.PKCS11Error, UnicodeDecodeError):
        return None
    if TokenFlag.TOKEN_INITIALIZED not in token.flags:
        return None
    serial = token.serial.decode("utf-8", "replace").strip()
    return CardToken(slot.slot_description.strip(), serial, token.manufacturer_id.strip(), slot.slot_id)


def _certificate(item: pkcs11.Object) -> CardCertificate | None:
    try:
        key_id, der = item[Attribute.ID], item[Attribute.VALUE]
    except exceptions.PKCS11Error:
        return None
    return CardCertificate(bytes(key_id), _label(item), bytes(der)) if len(der) <= MAX_CERTIFICATE else None


def _label(item: pkcs11.Object) -> str:
    try:
        return str(item[Attribute.LABEL])
    except (exceptions.PKCS11Error, UnicodeDecodeError):  # old cards have labels in Big5
        return ""
