"""Fake modules under the driver thread, and what tests ask of them."""

from collections.abc import Callable
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from agent.card import card as card_module
from agent.card import pcsc
from agent.card.card import Cards
from agent.card.frames import HostOrder, HostSetup
from agent.failures import Code, FailureError
from pkcs11_shims.catalogue import Driver
from pkcs11_shims.errors import CardError, Fault
from pkcs11_shims.keys import CardCertificate, Scheme
from pkcs11_shims.session import CardToken, PinState
from tests.unit.agent.certificates import card_signs, certificate
from tests.unit.agent.fakes import CHALLENGE, ORIGIN

ORDER = HostOrder(ORIGIN, CHALLENGE, "zh-Hant")
DRIVER = Driver("fake", True, (), (b"\1", b"\2"), ())
NOW = datetime(2027, 1, 1, tzinfo=UTC)
READY = PinState(3, activated=True, pinpad=False)
Tokens = list[CardToken] | CardError


class FakeModule:
    """A module whose answers a test chooses; an error is raised. Certificates by reader: one, or by CKA_ID."""

    driver = DRIVER
    guards = guarded = False

    def __init__(self, tokens: Tokens, der: dict[str, bytes | dict[bytes, bytes]]) -> None:
        self.list: Tokens = tokens
        self._der = der
        self.state: PinState | CardError = READY
        self.certificate_error: dict[str, CardError] = {}
        self.signing: Callable[[bytes, Scheme], bytes] | CardError = CardError(Fault.CARD_ERROR)
        self.payloads: list[tuple[str | None, bytes, Scheme]] = []
        self.releases = 0
        self.asked = 0

    def tokens(self) -> list[CardToken]:
        """The cards."""
        if isinstance(self.list, CardError):
            raise self.list
        return self.list

    def present(self, token: CardToken) -> bool:
        """Whether a card is there."""
        self.asked += 1
        return not isinstance(self.list, CardError) and token in self.list

    def certificates(self, token: CardToken) -> list[CardCertificate]:
        """What lies on a card."""
        if token.reader in self.certificate_error:
            raise self.certificate_error[token.reader]
        found = self._der.get(token.reader, {})
        by_id = found if isinstance(found, dict) else {b"\1": found}
        return [CardCertificate(key_id, "sign", der) for key_id, der in by_id.items()]

    def pin_state(self, token: CardToken, transmit: object) -> PinState:
        """PIN tries and flags."""
        if isinstance(self.state, CardError):
            raise self.state
        return self.state

    def sign(self, token: CardToken, shown: CardCertificate, pin: str | None, payload: bytes, scheme: Scheme) -> bytes:
        """A signature."""
        self.payloads.append((pin, payload, scheme))
        if isinstance(self.signing, CardError):
            raise self.signing
        return self.signing(payload, scheme)

    def guard(self) -> None:
        """Makes ready for a PIN, unless that fails."""
        if isinstance(self.list, CardError):
            raise self.list
        self.guarded = True

    def release(self) -> None:
        """Counts."""
        self.releases += 1


A, B = CardToken("Reader A", "1", "m"), CardToken("Reader B", "2", "m")


@pytest.fixture
def make(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Cards]:
    """Cards over fake modules; looks after a lost card take no time."""
    monkeypatch.setattr(card_module, "_SETTLE", 0.0, raising=False)
    monkeypatch.setattr(pcsc, "readers", lambda: [])

    def build(*modules: FakeModule, now: datetime = NOW) -> Cards:
        monkeypatch.setattr(
            card_module, "_load", lambda setup: SimpleNamespace(modules=list(modules), question=None, refused=False)
        )
        return Cards(HostSetup(), lambda: now)

    return build


@pytest.fixture
def resets(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The readers whose cards were reset."""
    done: list[str] = []
    monkeypatch.setattr(pcsc, "reset", done.append)
    return done


@pytest.fixture
def module(rsa_key: rsa.RSAPrivateKey) -> FakeModule:
    """A module with one good card in reader A."""
    module = FakeModule([A], {A.reader: certificate(rsa_key)})
    module.signing = lambda payload, scheme: card_signs(rsa_key, payload, scheme)
    return module


def code_of(call: Callable[[], Any]) -> tuple[Code, int | None]:
    """The failure that a call ends with."""
    with pytest.raises(FailureError) as caught:
        call()
    return caught.value.code, caught.value.tries_left
