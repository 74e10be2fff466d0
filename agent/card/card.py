"""What the driver thread does with cards: look, watch, use a key once, list, reset.

What reads certificates is imported where it is used: loading it takes as long as everything else here, and the host
does that beside this thread while the driver starts and waits for its readers.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from agent.card import pcsc
from agent.card.drivers import Drivers
from agent.card.fitness import fits_reader, problem
from agent.card.frames import DriverAnswer, HostAnswer, HostOrder, HostSetup, UnansweredError
from agent.failures import Code, FailureError
from agent.platform import modules as platform
from pkcs11_shims.atr import recognise_atr
from pkcs11_shims.catalogue import read_catalogue
from pkcs11_shims.discovery import FileFacts, Survey, System, find_drivers
from pkcs11_shims.errors import CardError, Fault
from pkcs11_shims.families import UNKNOWN, Family, recognise
from pkcs11_shims.keys import CardCertificate, rank
from pkcs11_shims.session import CardToken, Module

if TYPE_CHECKING:
    from agent.card.answers.answer import Prepared
    from agent.card.answers.certificate import CertificateFacts
    from agent.card.old_asks import Listing

# pcscd polls some readers every 400 ms; so long a pulled card may still seem to be there. Seconds, and looks in them.
_SETTLE, _LOOKS = 0.6, 6
# Seconds: a look that took longer is not repeated, because both have to fit into the host's limit for one.
_QUICK = 2.0
# With several readers or drivers the reason that says most is the one to show; the last is the most telling.
_LEAST_TO_MOST_TELLING = (
    Fault.NO_DRIVER,
    Fault.DRIVER_REFUSED,
    Fault.NO_READER,
    Fault.NO_CARD,
    Fault.CARD_REMOVED,
    Fault.CARD_UNSUPPORTED,
    Fault.CARD_SWAPPED,
    Fault.USER_CANCELLED,
    Fault.TIMED_OUT,
    Fault.CARD_ERROR,
    Fault.CIPHER_UNREADABLE,
    Fault.PIN_MALFORMED,
    Fault.PIN_WRONG,
    Fault.NO_CERTIFICATE,
    Fault.CARD_NOT_ACTIVATED,
    Fault.PIN_LOCKED,
)
# Failures before or beside the check of a PIN: nothing to read anew.
_WITHOUT_PIN = frozenset(
    {Fault.CARD_REMOVED, Fault.CARD_SWAPPED, Fault.USER_CANCELLED, Fault.TIMED_OUT, Fault.NO_CERTIFICATE}
)
# What a driver says that has seen no card.
_ABSENT = frozenset({Fault.NO_READER, Fault.NO_CARD, Fault.CARD_REMOVED})
# Reasons behind which PC/SC may know a better one.
_VAGUE = _ABSENT | {Fault.CARD_UNSUPPORTED, Fault.CARD_ERROR}


@dataclass(frozen=True)
class Card:
    """A certificate on a card, as the window shows it; `problem` says why it cannot be used, where it cannot."""

    module: Module
    token: CardToken
    certificate: CardCertificate
    facts: CertificateFacts
    tries_left: int | None
    family: Family = UNKNOWN
    pinpad: bool = False
    problem: Code | None = None


class Cards:
    """The cards of all drivers. Every method belongs to the driver thread and raises FailureError.

    `now` is the computer's clock. What was refused among the drivers, and why, goes to the log.
    """

    def __init__(self, setup: HostSetup, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        try:
            self._drivers = _load(setup)
        except CardError as error:
            raise _failure(error) from None
        if self._drivers.question is None:
            self._need_one()
        self._now = now
        self._touched: set[str] = set()
        self._seats: dict[str, int | None] = {}

    def look(self, order: HostOrder) -> tuple[Card, ...]:
        """All certificates of all cards, read anew: usable ones first, each once; never empty.

        With none at all it raises the reason that says most. A driver, reader or card that fails hides no other.
        Nothing is looked at while a driver waits for the person's word (UnansweredError). An order of an old page that
        names a reader gets the cards in it and no other.
        """
        if (question := self._drivers.question) is not None:
            raise UnansweredError(question)
        self._need_one()
        self._seats.clear()
        begun = time.monotonic()
        cards, told = self._find(order)
        quick = time.monotonic() - begun < _QUICK
        readers = _readers(order) if told and told.fault in _VAGUE else []
        if told and quick and told.fault in _ABSENT and any(reader.present for reader in readers):
            # It came after the drivers had looked: without a second look it would be called unknown, or driverless.
            cards, told = self._find(order)
        if told:
            raise _explain(told, readers)
        return tuple(_once(sorted(cards, key=_place)))

    def answer(self, answer: DriverAnswer) -> None:
        """The person's word on a driver; the next look is made with it."""
        self._drivers.answer(answer)

    def present(self, card: Card) -> bool:
        """Whether the very same card is still in its reader; asks that reader only.

        Also makes the driver ready for a PIN, where it has to be (`Module.guard`); from then on PC/SC is asked instead
        of the driver, which would reset the card each time.
        """
        if not card.module.guards:
            return card.module.present(card.token)
        reader, seat = card.token.reader, pcsc.seat(card.token.reader)
        if card.module.guarded and reader in self._seats:
            return seat is not None and seat == self._seats[reader]
        try:
            card.module.guard()
        except CardError:
            return False
        self._seats[reader] = seat
        return card.module.present(card.token)

    def sign(self, card: Card, pin: str | bytearray | None, order: HostOrder) -> HostAnswer:
        """What the order asks for: a signature or a decryption; without a PIN it is typed on the reader.

        The card stays logged in until `reset`. Spends a PIN try when the PIN is wrong, and then raises with the tries
        read anew. A card that cannot be used is not even asked.
        """
        if card.problem is not None:
            raise FailureError(card.problem, card.tries_left)
        from agent.card.answers.answer import prepare

        prepared = prepare(card.facts, order, card.token.serial)
        self._touched.add(card.token.reader)
        try:
            result = _use_key(card, pin, prepared)
        except CardError as error:
            self.reset()  # at once, and whatever the driver says: it may have failed with the card verified
            raise self._pin_failure(card, error) from None
        try:
            if not prepared.check(result):
                # Another key answered than the one whose certificate was shown.
                raise FailureError(Code.CARD_ERROR)
            return prepared.finish(result)
        except FailureError:
            self.reset()
            raise

    def listing(self, certificates: bool) -> Listing:
        """All readers and their cards, with the certificates and public keys on them where they are asked for.

        No PIN is needed, and no driver is waited for that waits for the person's word. Raises FailureError without any
        driver; a reader, card or certificate that fails hides no other.
        """
        self._need_one()
        from agent.card.answers.listed import make_listing

        return make_listing(self._drivers.modules, certificates)

    def reset(self) -> None:
        """Ends the log-in of the last signature, and resets every card that was given a PIN."""
        for module in self._drivers.modules:
            module.release()
        for reader in self._touched:
            pcsc.reset(reader)
        self._touched.clear()

    def _need_one(self) -> None:
        if not self._drivers.modules:
            raise FailureError(Code.DRIVER_REFUSED if self._drivers.refused else Code.NO_DRIVER)

    def _find(self, order: HostOrder) -> tuple[list[Card], CardError | None]:
        """The certificates of all cards; with none, the reason that says most."""
        cards, reasons = list[Card](), list[CardError]()
        for module in self._drivers.modules:
            for token in _tokens(module, order, reasons):
                try:
                    cards += self._read(module, token, order)
                except CardError as error:
                    reasons.append(error)
        return cards, None if cards else max(reasons, key=lambda reason: _LEAST_TO_MOST_TELLING.index(reason.fault))

    def _read(self, module: Module, token: CardToken, order: HostOrder) -> list[Card]:
        """The certificates of one card; raises CardError(no_certificate) when it shows none of its holder's."""
        found = list(_holders(module.certificates(token)))
        if not found:
            raise CardError(Fault.NO_CERTIFICATE)
        pin, now = module.pin_state(token, pcsc.transmit), self._now()
        return [
            Card(
                module, token, certificate, facts, pin.tries_left, recognise(facts.issuer_names), pin.pinpad,
                problem(facts, certificate.key_id, pin, order, now),
            )
            for certificate, facts in found
        ]  # fmt: skip

    def _goes_away(self, card: Card) -> bool:
        """Whether the card turns out to be gone: a driver says "general error" before PC/SC has noticed."""
        for _ in range(_LOOKS):
            if not self.present(card):
                return True
            time.sleep(_SETTLE / _LOOKS)
        return False

    def _pin_failure(self, card: Card, error: CardError) -> FailureError:
        """The failure with tries left read from the card, because a driver may call the locking try anything."""
        if error.fault in _WITHOUT_PIN:
            return _failure(error)
        if error.fault is Fault.CARD_ERROR and self._goes_away(card):
            return FailureError(Code.CARD_REMOVED)
        try:
            tries = card.module.pin_state(card.token, pcsc.transmit).tries_left
        except CardError:
            tries = None
        tries = error.tries_left if tries is None else tries
        if tries == 0:
            return FailureError(Code.PIN_LOCKED, 0)
        told = Fault.PIN_WRONG if error.fault is Fault.PIN_LOCKED else error.fault
        return FailureError(Code(told.value), tries if told is Fault.PIN_WRONG else None)


# Of a certificate that cannot be used, what is told; the first is the one that leaves most to do.
_PROBLEMS = (
    None,
    Code.PIN_LOCKED,
    Code.CARD_NOT_ACTIVATED,
    Code.CERTIFICATE_EXPIRED,
    Code.CERTIFICATE_NOT_YET_VALID,
    Code.CERTIFICATE_NOT_WANTED,
    Code.CERTIFICATE_ENCRYPTION_ONLY,
)


def survey(setup: HostSetup) -> Survey:
    """The drivers of this computer that the settings admit; none is loaded. Raises CardError(no_driver)."""
    return find_drivers(read_catalogue(platform.SYSTEM), this_system(), setup.drivers, setup.modules)


def _load(setup: HostSetup) -> Drivers:
    return Drivers(survey(setup), setup.answers, Module)


def this_system() -> System:
    """What the loading rules need to know of this computer."""
    return System(
        platform.PROCESSOR,
        lambda path: FileFacts(*platform.file_rights(path)),
        platform.path_places(),
        platform.PACKED_STRUCTURES,
    )


def _tokens(module: Module, order: HostOrder, reasons: list[CardError]) -> list[CardToken]:
    """The cards in the reader that is named, or in all."""
    try:
        found = [token for token in module.tokens() if fits_reader(token.reader, order)]
    except CardError as error:
        reasons.append(error)
        return []
    if not found:
        reasons.append(CardError(Fault.NO_CARD))
    return found


def _readers(order: HostOrder) -> list[pcsc.Reader]:
    return [reader for reader in pcsc.readers() if fits_reader(reader.name, order)]


def _use_key(card: Card, pin: str | bytearray | None, prepared: Prepared) -> bytes:
    """A signature, or what was in an encrypted block; nothing where the card could not decrypt it."""
    if prepared.scheme is not None:
        return card.module.sign(card.token, card.certificate, pin, prepared.payload, prepared.scheme)
    try:
        return card.module.decrypt(card.token, card.certificate, pin, prepared.payload)
    except CardError as error:
        if error.fault is not Fault.CIPHER_UNREADABLE:
            raise
    if not card.module.present(card.token):
        raise CardError(Fault.CARD_REMOVED)
    return b""  # told only when everything else has been done as with a block that could be decrypted


def _holders(certificates: Iterable[CardCertificate]) -> Iterator[tuple[CardCertificate, CertificateFacts]]:
    """The certificates that may be the holder's: unreadable ones and those of issuers are never offered."""
    from agent.card.answers.certificate import read_certificate

    for certificate in certificates:
        try:
            facts = read_certificate(certificate.der)
        except ValueError:
            continue
        if not facts.authority:
            yield certificate, facts


def _place(card: Card) -> tuple[int, int]:
    return _PROBLEMS.index(card.problem), rank(card.certificate.key_id, card.module.driver.signing_ids)


def _once(cards: Iterable[Card]) -> Iterator[Card]:
    """Each certificate once: two drivers may show the same card."""
    seen: set[bytes] = set()
    for card in cards:
        if card.certificate.der not in seen:
            seen.add(card.certificate.der)
            yield card


def _explain(told: CardError, readers: Iterable[pcsc.Reader]) -> FailureError:
    """The failure for "no certificate at all"; PC/SC may know better where the drivers' reason is vague."""
    return FailureError(_better_code(told.fault, readers)) if told.fault in _VAGUE else _failure(told)


def _better_code(fault: Fault, readers: Iterable[pcsc.Reader]) -> Code:
    cards = [reader for reader in readers if reader.present]
    kinds = [kind for reader in cards if (kind := recognise_atr(reader.atr)) is not None]
    if any(reader.exclusive for reader in cards):
        return Code.CARD_BUSY
    if fault is Fault.CARD_ERROR or any(reader.mute for reader in cards):
        return Code.CARD_ERROR
    if any(kind.certificate for kind in kinds):  # its driver is missing
        return Code.NO_DRIVER
    if kinds:
        return Code.CARD_UNSUPPORTED
    return Code.NO_CERTIFICATE if cards and fault is not Fault.CARD_UNSUPPORTED else Code(fault.value)


def _failure(error: CardError) -> FailureError:
    return FailureError(Code(error.fault.value), error.tries_left)
