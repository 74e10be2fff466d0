"""What the driver thread does with cards: look, watch, sign once, reset."""

import time
from dataclasses import dataclass

from agent.card import pcsc
from agent.card.answers import prepare
from agent.card.certificate import CertificateFacts, read_certificate
from agent.card.frames import HostAnswer, HostOrder, HostSetup
from agent.card.token import card_input
from agent.failures import Code, FailureError
from pkcs11_shims.catalogue import read_catalogue
from pkcs11_shims.discovery import find_drivers
from pkcs11_shims.errors import CardError, Fault
from pkcs11_shims.families import UNKNOWN, Family
from pkcs11_shims.keys import Candidate, CardCertificate, Scheme, choose
from pkcs11_shims.session import CardToken, Module

# pcscd polls some readers every 400 ms; so long a pulled card may still seem to be there. Seconds, and looks in them.
_SETTLE, _LOOKS = 0.6, 6


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
    """The cards of all drivers. Every method belongs to the driver thread and raises FailureError."""

    def __init__(self, setup: HostSetup) -> None:
        try:
            self._modules = _load(setup.drivers)
        except CardError as error:
            raise _failure(error) from None
        self._touched: set[str] = set()

    def look(self, order: HostOrder) -> tuple[Card, ...]:
        """The certificates in all readers, read anew; never empty."""
        try:
            return (self._first(),)
        except CardError as error:
            raise _failure(error) from None

    def present(self, card: Card) -> bool:
        """Whether the very same card is still in its reader."""
        try:
            return card.token in card.module.tokens()
        except CardError:
            return False

    def sign(self, card: Card, pin: str, order: HostOrder) -> HostAnswer:
        """The answer; spends a PIN try when the PIN is wrong, and then raises with the tries read anew."""
        prepared = prepare(card.facts, order)
        payload = card_input(card.facts, prepared.message)
        scheme = Scheme.ECDSA if card.facts.elliptic else Scheme.PKCS1
        self._touched.add(card.token.reader)
        try:
            signature = card.module.sign(card.token, card.certificate.key_id, pin, payload, scheme)
        except CardError as error:
            raise self._pin_failure(card, error) from None
        if not card.facts.verifies(signature, prepared.message):
            # Another key answered than the one whose certificate was shown.
            raise FailureError(Code.CARD_ERROR)
        return prepared.finish(signature)

    def reset(self) -> None:
        """Resets every card that was given a PIN."""
        for reader in self._touched:
            pcsc.reset(reader)
        self._touched.clear()

    def _first(self) -> Card:
        reasons: list[CardError] = []
        for module in self._modules:
            try:
                tokens = module.tokens()
            except CardError as error:
                reasons.append(error)
                continue
            for token in tokens:
                try:
                    return _read(module, token)
                except CardError as error:
                    reasons.append(error)
        raise max(reasons, key=lambda reason: _TELLING.index(reason.fault))

    def _goes_away(self, card: Card) -> bool:
        """Whether the card turns out to be gone: a driver says "general error" before PC/SC has noticed."""
        for _ in range(_LOOKS):
            if not self.present(card):
                return True
            time.sleep(_SETTLE / _LOOKS)
        return False

    def _pin_failure(self, card: Card, error: CardError) -> FailureError:
        """The failure with tries left read from the card, because a driver may call the locking try merely wrong."""
        if error.fault not in (Fault.PIN_WRONG, Fault.PIN_LOCKED):
            lost = error.fault is Fault.CARD_ERROR and self._goes_away(card)
            return FailureError(Code.CARD_REMOVED) if lost else _failure(error)
        try:
            tries = card.module.tries_left(card.token, pcsc.transmit)
        except CardError:
            tries = None
        tries = error.tries_left if tries is None else tries
        return FailureError(Code.PIN_LOCKED if tries == 0 else Code.PIN_WRONG, tries)


# With several readers or drivers the reason that says most is the one to show; the last is the most telling.
_TELLING = (
    Fault.NO_DRIVER,
    Fault.NO_READER,
    Fault.NO_CARD,
    Fault.CARD_REMOVED,
    Fault.CARD_ERROR,
    Fault.PIN_MALFORMED,
    Fault.PIN_WRONG,
    Fault.NO_CERTIFICATE,
    Fault.PIN_LOCKED,
)


def _load(names: tuple[str, ...]) -> list[Module]:
    modules: list[Module] = []
    for found in find_drivers(read_catalogue(), names):
        try:
            modules.append(Module(found))
        except CardError:
            continue  # one broken driver does not hide the others
    if not modules:
        raise CardError(Fault.NO_DRIVER)
    return modules


def _read(module: Module, token: CardToken) -> Card:
    facts: dict[CardCertificate, CertificateFacts] = {}
    for certificate in module.certificates(token):
        try:
            facts[certificate] = read_certificate(certificate.der)
        except ValueError:
            continue
    candidates = [Candidate(item, fact.digital_signature) for item, fact in facts.items()]
    chosen = choose(candidates, module.driver.signing_ids)
    return Card(module, token, chosen, facts[chosen], module.tries_left(token, pcsc.transmit))


def _failure(error: CardError) -> FailureError:
    return FailureError(Code(error.fault.value), error.tries_left)
