"""One loaded module: tokens, certificates, PIN state and one use of a key. All calls must come from one thread."""

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass

from pkcs11_shims import cryptoki, objects, returncodes
from pkcs11_shims.cryptoki import Library, LibraryInfo, Session, SlotInfo, TokenInfo
from pkcs11_shims.discovery import Found
from pkcs11_shims.errors import CardError, Fault
from pkcs11_shims.keys import AUTHORITY_IDS, CardCertificate, CardPublicKey, Scheme
from pkcs11_shims.objects import MAX_CERTIFICATE
from pkcs11_shims.returncodes import ReturnCodeError, card_error, tries_of_status

# What a card may hold; a real one has about five certificates of 2 KiB.
MAX_CERTIFICATES = MAX_PUBLIC_KEYS = 16

_MECHANISMS: dict[Scheme, tuple[int, tuple[int, ...]]] = {
    Scheme.PKCS1: (cryptoki.RSA_PKCS, ()),
    Scheme.PSS: (cryptoki.RSA_PKCS_PSS, (cryptoki.SHA256, cryptoki.MGF1_SHA256, 32)),
    Scheme.ECDSA: (cryptoki.ECDSA, ()),
}

# What a driver says when the card itself, not what was encrypted, is why nothing comes of a decryption.
_CARD_GONE = frozenset({Fault.CARD_REMOVED, Fault.CARD_UNSUPPORTED, Fault.USER_CANCELLED})

Use = Callable[[Session, int, bytearray | None], bytes]
Transmit = Callable[[str, bytes], int | None]
# With no usable card, what is told of a slot; what is not listed says more than any of these.
_EMPTY = {Fault.CARD_REMOVED: 0, Fault.NO_CARD: 1, Fault.CARD_UNSUPPORTED: 2}


@dataclass(frozen=True)
class CardToken:
    """A card in a reader; equal as long as it is the same card.

    `serial` is the card's number: the label of HiCOS tokens is the same for all cards.
    """

    reader: str
    serial: str
    manufacturer: str
    slot: int = 0  # a card with two PINs shows as two slots of one reader


@dataclass(frozen=True)
class Slot:
    """A slot as the driver tells of it; `token` is what lies in it, `info` what that says of itself."""

    number: int
    reader: SlotInfo
    token: CardToken | None = None
    info: TokenInfo | None = None


@dataclass(frozen=True)
class PinState:
    """What a card tells of its PIN without being given one; `tries_left` is None where it does not tell."""

    tries_left: int | None
    activated: bool  # a PIN has been set
    pinpad: bool  # the PIN is typed on the reader


class Module:
    """A loaded driver.

    Raises CardError(driver_refused) when the module cannot be loaded or does not start.
    """

    def __init__(self, found: Found) -> None:
        self.driver = found.driver
        self._left = ExitStack()
        self.guarded = False
        self._configure()
        try:
            self._library = Library(found.name or str(found.path), packed=found.packed)
        except OSError:  # the loader's text names the path
            raise CardError(Fault.DRIVER_REFUSED, detail="load") from None
        except AttributeError:
            raise CardError(Fault.DRIVER_REFUSED, detail="no PKCS#11 module") from None
        except ReturnCodeError as error:
            raise CardError(Fault.DRIVER_REFUSED, detail=str(error)) from None

    @property
    def guards(self) -> bool:
        """Whether `guard` makes a difference: the driver has settings of ours for signing."""
        return self.driver.configuration is not None

    def guard(self) -> None:
        """Has the card reset with the end of each transaction, before anybody else gets it, until `tokens` is called.

        The driver begins anew for it and reads its cards again, so it is done while the person types, where it can be.
        From then on each question to a card resets it. Does nothing for a driver without settings of ours. Raises
        CardError(driver_refused) when the driver does not start again.
        """
        if self.guards and not self.guarded:
            self._restart(guarded=True)

    def tokens(self) -> list[CardToken]:
        """The cards that can be used now; a slot that fails is passed over, so it never hides the others.

        Without any, raises CardError: no_reader without slots, no_card, or what the most telling slot failed with.
        """
        slots = self._numbers()
        if not slots:
            raise CardError(Fault.NO_READER)
        tokens, failures = list[CardToken](), [CardError(Fault.NO_CARD)]
        for slot in slots:
            try:
                tokens.append(self._token(slot))
            except CardError as error:
                failures.append(error)
        if not tokens:
            raise max(failures, key=lambda failure: _EMPTY.get(failure.fault, len(_EMPTY)))
        return tokens

    def info(self) -> LibraryInfo:
        """What the driver says of itself."""
        with _translated():
            return self._library.info()

    def slots(self) -> list[Slot]:
        """All slots, those without a card too; one that cannot even be named is left out."""
        found = list[Slot]()
        for number in self._numbers():
            with suppress(ReturnCodeError):
                found.append(self._slot(number))
        return found

    def present(self, token: CardToken) -> bool:
        """Whether the very same card is still in its reader; asks that one slot only."""
        try:
            return self._token(token.slot) == token
        except CardError:
            return False

    def certificates(self, token: CardToken) -> list[CardCertificate]:
        """The certificates that the card shows without a PIN, except those of issuers; labels may be empty."""
        with _translated(), self._session(token) as session:
            return objects.read_all(session, cryptoki.CERTIFICATE, _holders_certificate, MAX_CERTIFICATES)

    def all_certificates(self, token: CardToken) -> list[CardCertificate]:
        """The certificates that the card shows without a PIN, at most 16, those of issuers too; labels may be empty."""
        with _translated(), self._session(token) as session:
            return objects.read_all(session, cryptoki.CERTIFICATE, objects.certificate, MAX_CERTIFICATES)

    def public_keys(self, token: CardToken) -> list[CardPublicKey]:
        """The public keys that the card shows without a PIN, at most 16."""
        with _translated(), self._session(token) as session:
            return objects.read_all(session, cryptoki.PUBLIC_KEY, objects.public_key, MAX_PUBLIC_KEYS)

    def pin_state(self, token: CardToken, transmit: Transmit) -> PinState:
        """The state of the PIN, read anew: tries from the card where its family can tell, else from the token flags.

        `transmit` sends an APDU to the card in a reader and returns the status word. Tries None means that nothing is
        known beyond "not locked and not the last try".
        """
        flags = self._same(token).flags
        return PinState(
            self._tries(token, flags, transmit),
            activated=bool(flags & cryptoki.USER_PIN_INITIALIZED),
            pinpad=bool(flags & cryptoki.PROTECTED_PATH),
        )

    def sign(
        self,
        token: CardToken,
        certificate: CardCertificate,
        pin: str | bytearray | None,
        payload: bytes,
        scheme: Scheme,
    ) -> bytes:
        """The raw signature over `payload`, whose form `scheme` names; without a PIN the reader's keys ask for it.

        A PIN in a bytearray is wiped once the log-in was tried; a text is copied, and cannot be.
        Spends a PIN try when the PIN is wrong and never repeats one: one log-in, one signature. Raises CardError, with
        the card logged out; card_swapped, with no try spent, unless the card still holds exactly this certificate.
        After a signature `release` has to be called: a driver that hangs or crashes in the log-out must not take the
        signature away, for which the person has typed a PIN.
        """
        mechanism, parameter = _MECHANISMS[scheme]

        def signature(session: Session, key: int, secret: bytearray | None) -> bytes:
            session.begin_signature(key, mechanism, parameter)
            _log_in_again(session, key, secret)
            return session.sign(payload)

        return self._use(token, certificate, pin, signature)

    def decrypt(
        self, token: CardToken, certificate: CardCertificate, pin: str | bytearray | None, block: bytes
    ) -> bytes:
        """What is in a block of RSAES-PKCS1-v1_5 (RFC 8017, 7.2); in everything else as `sign`.

        Whatever a driver says of a block that it cannot decrypt, CardError(cipher_unreadable) is raised.
        """

        def plain(session: Session, key: int, secret: bytearray | None) -> bytes:
            session.begin_decryption(key, cryptoki.RSA_PKCS)
            _log_in_again(session, key, secret)
            try:
                return session.decrypt(block)
            except ReturnCodeError as error:
                if card_error(error).fault in _CARD_GONE:
                    raise
                # No number: a card and its driver must not tell why (RFC 8017, 7.2.2, note).
                raise CardError(Fault.CIPHER_UNREADABLE) from None

        return self._use(token, certificate, pin, plain)

    def _use(self, token: CardToken, certificate: CardCertificate, pin: str | bytearray | None, use: Use) -> bytes:
        self.release()
        self.guard()
        if pin is not None and not pin:
            raise CardError(Fault.PIN_MALFORMED)
        if pin is None and not self._same(token).flags & cryptoki.PROTECTED_PATH:
            # A driver might take "no PIN" for an empty one, and count it.
            raise CardError(Fault.PIN_MALFORMED, detail="no PIN-pad")
        secret = bytearray(pin, "utf-8") if isinstance(pin, str) else pin
        try:
            with _translated(), ExitStack() as stack:
                session = stack.enter_context(self._session(token))
                _check_same(session, certificate)
                _log_in(session, secret)
                stack.callback(session.logout)
                result = use(session, objects.private_key(session, certificate), secret)
                self._left = stack.pop_all()
                return result
        except CardError:
            if self.guarded:
                self._let_go()
            raise
        finally:
            if secret is not None:
                secret[:] = bytes(len(secret))

    def release(self) -> None:
        """Logs out after the use of a key, and closes its session; does nothing the second time."""
        self._left.close()

    def _restart(self, *, guarded: bool) -> None:
        self.release()
        self.guarded = guarded
        self._configure()
        try:
            self._library.restart()
        except ReturnCodeError as error:
            raise CardError(Fault.DRIVER_REFUSED, detail=str(error)) from None

    def _let_go(self) -> None:
        """Ends the transaction that OpenSC 0.23 keeps after a C_Login that failed: nobody else would get the card."""
        with suppress(CardError):
            self._restart(guarded=True)

    def _configure(self) -> None:
        settings = self.driver.configuration
        if settings is not None:
            os.environ[settings.variable] = str(settings.signing if self.guarded else settings.looking)

    def _numbers(self) -> list[int]:
        """The numbers of all slots, looked for anew."""
        if self.guarded:
            self._restart(guarded=False)
        with _translated():
            return self._library.slots()

    def _slot(self, number: int) -> Slot:
        reader = self._library.slot_info(number)
        try:
            info = self._library.token_info(number)
        except ReturnCodeError:
            return Slot(number, reader)
        if not info.flags & cryptoki.TOKEN_INITIALIZED:
            return Slot(number, reader)
        return Slot(number, reader, _card_token(reader.name, info, number), info)

    def _token(self, slot: int) -> CardToken:
        with _translated():
            reader, info = self._library.slot_info(slot).name, self._library.token_info(slot)
        if not info.flags & cryptoki.TOKEN_INITIALIZED:
            raise CardError(Fault.NO_CARD)
        return _card_token(reader, info, slot)

    def _same(self, token: CardToken) -> TokenInfo:
        """What the token in its slot says of itself, provided that it is still the same card there."""
        with _translated():
            reader, info = self._library.slot_info(token.slot).name, self._library.token_info(token.slot)
        if _card_token(reader, info, token.slot) != token:
            raise CardError(Fault.CARD_SWAPPED)
        return info

    @contextmanager
    def _session(self, token: CardToken) -> Iterator[Session]:
        self._same(token)
        with self._library.session(token.slot) as session:
            yield session

    def _tries(self, token: CardToken, flags: int, transmit: Transmit) -> int | None:
        if flags & cryptoki.USER_PIN_LOCKED:
            return 0
        question = next((item for item in self.driver.tries if item.manufacturer == token.manufacturer), None)
        status = transmit(token.reader, question.apdu) if question else None
        exact = tries_of_status(status) if status is not None else None
        return 1 if exact is None and flags & cryptoki.USER_PIN_FINAL_TRY else exact


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except ReturnCodeError as error:
        raise card_error(error) from None


def _card_token(reader: str, info: TokenInfo, slot: int) -> CardToken:
    return CardToken(reader, info.serial, info.manufacturer, slot)


def _holders_certificate(session: Session, handle: int) -> CardCertificate | None:
    found = objects.certificate(session, handle)
    return None if found and found.key_id in AUTHORITY_IDS else found


def _check_same(session: Session, certificate: CardCertificate) -> None:
    handles = session.find({cryptoki.CLASS: cryptoki.CERTIFICATE, cryptoki.ID: certificate.key_id})
    if certificate.der not in [session.attribute(handle, cryptoki.VALUE, MAX_CERTIFICATE) for handle in handles]:
        raise CardError(Fault.CARD_SWAPPED)


def _log_in(session: Session, secret: bytearray | None) -> None:
    try:
        session.login(cryptoki.USER, secret)
    except ReturnCodeError as error:
        if secret is None and error.code == returncodes.FUNCTION_FAILED:
            # What a PIN-pad's own time limit becomes, where it is not FUNCTION_CANCELED.
            raise CardError(Fault.TIMED_OUT, detail=str(error)) from None
        raise


def _log_in_again(session: Session, key: int, secret: bytearray | None) -> None:
    """Where a key asks for it: for this key alone (PKCS#11 v2.40, 4.9).

    The PIN was right a moment ago, so no try is at stake.
    """
    if any(objects.readable(session, key, cryptoki.ALWAYS_AUTHENTICATE) or b""):
        session.login(cryptoki.CONTEXT_SPECIFIC, secret)
