"""What the driver thread makes of several readers and cards, with fake modules."""

from collections.abc import Callable
from typing import Any, cast

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa

from agent.card import card as card_module
from agent.card import pcsc
from agent.card.card import Card, Cards
from agent.card.frames import HostOrder, HostSetup
from agent.failures import Code, FailureError
from pkcs11_shims.catalogue import Driver
from pkcs11_shims.errors import CardError, Fault
from pkcs11_shims.keys import CardCertificate, Scheme
from pkcs11_shims.session import CardToken
from tests.stand.asking import signature_is_good
from tests.unit.agent.certificates import certificate
from tests.unit.agent.fakes import CHALLENGE, ORIGIN

ORDER = HostOrder(ORIGIN, CHALLENGE, "zh-Hant")
DRIVER = Driver("fake", True, (), (b"\1",), ())
Tokens = list[CardToken] | CardError


class FakeModule:
    """A module whose answers a test chooses; an error is raised."""

    driver = DRIVER

    def __init__(self, tokens: Tokens, der: dict[str, bytes]) -> None:
        self.list: Tokens = tokens
        self._der = der
        self.tries: int | CardError | None = 3
        self.certificate_error: dict[str, CardError] = {}
        self.signing: Callable[[bytes], bytes] | CardError = CardError(Fault.CARD_ERROR)
        self.payloads: list[tuple[str, bytes, Scheme]] = []

    def tokens(self) -> list[CardToken]:
        """The cards."""
        if isinstance(self.list, CardError):
            raise self.list
        return self.list

    def certificates(self, token: CardToken) -> list[CardCertificate]:
        """One certificate for each card."""
        if token.reader in self.certificate_error:
            raise self.certificate_error[token.reader]
        return [CardCertificate(b"\1", "sign", self._der[token.reader])] if token.reader in self._der else []

    def tries_left(self, token: CardToken, transmit: object) -> int | None:
        """PIN tries."""
        if isinstance(self.tries, CardError):
            raise self.tries
        return self.tries

    def sign(self, token: CardToken, key_id: bytes, pin: str, payload: bytes, scheme: Scheme) -> bytes:
        """A signature."""
        self.payloads.append((pin, payload, scheme))
        if isinstance(self.signing, CardError):
            raise self.signing
        return self.signing(payload)


A, B = CardToken("Reader A", "1", "m"), CardToken("Reader B", "2", "m")


@pytest.fixture
def make(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Cards]:
    """Cards over fake modules; looks after a lost card take no time."""
    monkeypatch.setattr(card_module, "_SETTLE", 0.0, raising=False)

    def build(*modules: FakeModule) -> Cards:
        monkeypatch.setattr(card_module, "_load", lambda names: list(modules))
        return Cards(HostSetup())

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
    # The DigestInfo ends with the digest; cryptography signs the same by its own padding.
    module.signing = lambda payload: _sign_digest(rsa_key, payload)
    return module


def _sign_digest(key: rsa.RSAPrivateKey, payload: bytes) -> bytes:
    from cryptography.hazmat.primitives.asymmetric.utils import Prehashed

    return key.sign(payload[-32:], padding.PKCS1v15(), Prehashed(hashes.SHA256()))


def code_of(call: Callable[[], Any]) -> tuple[Code, int | None]:
    """The failure that a call ends with."""
    with pytest.raises(FailureError) as caught:
        call()
    return caught.value.code, caught.value.tries_left


def test_first_card_that_can_log_in_is_found(make: Callable[..., Cards], module: FakeModule) -> None:
    card = make(module).look(ORDER)[0]
    assert (card.token, card.facts.holder, card.tries_left) == (A, "王小明", 3)


def test_bank_card_in_the_first_reader_does_not_hide_the_citizen_card(
    make: Callable[..., Cards], rsa_key: rsa.RSAPrivateKey
) -> None:
    module = FakeModule([A, B], {B.reader: certificate(rsa_key)})
    assert make(module).look(ORDER)[0].token == B


def test_broken_first_driver_does_not_hide_the_second(make: Callable[..., Cards], module: FakeModule) -> None:
    broken = FakeModule(CardError(Fault.CARD_ERROR), {})
    assert make(broken, module).look(ORDER)[0].token == A


def test_unreadable_certificate_is_passed_over(make: Callable[..., Cards], rsa_key: rsa.RSAPrivateKey) -> None:
    module = FakeModule([A, B], {A.reader: b"garbage", B.reader: certificate(rsa_key)})
    assert make(module).look(ORDER)[0].token == B


@pytest.mark.parametrize("digital_signature", [False, None])
def test_encryption_certificate_is_never_chosen(
    make: Callable[..., Cards], rsa_key: rsa.RSAPrivateKey, digital_signature: bool | None
) -> None:
    module = FakeModule([A], {A.reader: certificate(rsa_key, digital_signature=digital_signature)})
    assert code_of(lambda: make(module).look(ORDER)) == (Code.NO_CERTIFICATE, None)


@pytest.mark.parametrize(
    ("faults", "told"),
    [
        ([Fault.NO_READER, Fault.NO_CARD], Code.NO_CARD),
        ([Fault.NO_CARD, Fault.NO_READER], Code.NO_CARD),
        ([Fault.CARD_ERROR, Fault.NO_CARD], Code.CARD_ERROR),
        ([Fault.NO_READER, Fault.NO_READER], Code.NO_READER),
        ([Fault.NO_CERTIFICATE, Fault.NO_CARD], Code.NO_CERTIFICATE),
        ([Fault.PIN_LOCKED, Fault.NO_CERTIFICATE], Code.PIN_LOCKED),
    ],
)
def test_most_telling_reason_is_told(make: Callable[..., Cards], faults: list[Fault], told: Code) -> None:
    assert code_of(lambda: make(*(FakeModule(CardError(fault), {}) for fault in faults)).look(ORDER))[0] is told


@pytest.mark.parametrize("fault", list(Fault))
def test_every_fault_of_a_driver_has_its_code(make: Callable[..., Cards], fault: Fault) -> None:
    assert code_of(lambda: make(FakeModule(CardError(fault), {})).look(ORDER))[0].value == fault.value


def test_same_card_is_present_and_another_is_not(make: Callable[..., Cards], module: FakeModule) -> None:
    cards = make(module)
    card = cards.look(ORDER)[0]
    assert cards.present(card)
    module.list = [CardToken(A.reader, "another card", "m")]
    assert not cards.present(card)
    module.list = CardError(Fault.NO_CARD)
    assert not cards.present(card)


def test_signature_becomes_a_token_that_verifies(
    make: Callable[..., Cards], module: FakeModule, resets: list[str]
) -> None:
    cards = make(module)
    token = cards.sign(cards.look(ORDER)[0], "123456", ORDER).token
    assert token is not None
    fields = {
        "algorithm": token.algorithm, "unverifiedCertificate": token.unverified_certificate,
        "signature": token.signature,
    }  # fmt: skip
    assert signature_is_good(fields, ORIGIN, CHALLENGE)
    assert [pin for pin, _, _ in module.payloads] == ["123456"]
    cards.reset()
    cards.reset()
    assert resets == [A.reader]


def test_signature_of_another_key_than_the_one_shown_is_refused(make: Callable[..., Cards], module: FakeModule) -> None:
    other = rsa.generate_private_key(65537, 2048)
    module.signing = lambda payload: _sign_digest(other, payload)
    cards = make(module)
    card = cards.look(ORDER)[0]
    assert code_of(lambda: cards.sign(card, "123456", ORDER)) == (Code.CARD_ERROR, None)


@pytest.mark.parametrize("signature", [b"", b"\0", b"\xff" * 256, b"x" * 10_000])
def test_garbage_in_place_of_a_signature_is_refused(
    make: Callable[..., Cards], module: FakeModule, signature: bytes
) -> None:
    module.signing = lambda _: signature
    cards = make(module)
    card = cards.look(ORDER)[0]
    assert code_of(lambda: cards.sign(card, "123456", ORDER)) == (Code.CARD_ERROR, None)


def test_elliptic_card_gets_the_bare_digest(make: Callable[..., Cards]) -> None:
    module = FakeModule([A], {A.reader: certificate(ec.generate_private_key(ec.SECP384R1()))})
    cards = make(module)
    card = cards.look(ORDER)[0]
    code_of(lambda: cards.sign(card, "123456", ORDER))
    ((_, payload, scheme),) = module.payloads
    assert (len(payload), scheme) == (48, Scheme.ECDSA)


def fail_with(
    cards: Cards, module: FakeModule, error: CardError, tries: int | CardError | None
) -> tuple[Code, int | None]:
    """How a signature ends when the driver says `error` and tells `tries` afterwards."""
    card = cards.look(ORDER)[0]
    module.signing, module.tries = error, tries
    return code_of(lambda: cards.sign(card, "123456", ORDER))


@pytest.mark.parametrize(
    ("error", "tries", "told"),
    [
        (CardError(Fault.PIN_WRONG), 2, (Code.PIN_WRONG, 2)),
        (CardError(Fault.PIN_WRONG), 0, (Code.PIN_LOCKED, 0)),
        (CardError(Fault.PIN_WRONG, 2), None, (Code.PIN_WRONG, 2)),
        (CardError(Fault.PIN_WRONG, 2), 1, (Code.PIN_WRONG, 1)),
        (CardError(Fault.PIN_WRONG, 2), CardError(Fault.CARD_ERROR), (Code.PIN_WRONG, 2)),
        (CardError(Fault.PIN_WRONG), None, (Code.PIN_WRONG, None)),
        (CardError(Fault.PIN_LOCKED, 0), 0, (Code.PIN_LOCKED, 0)),
        (CardError(Fault.PIN_LOCKED, 0), None, (Code.PIN_LOCKED, 0)),
        (CardError(Fault.PIN_MALFORMED), 3, (Code.PIN_MALFORMED, None)),
        (CardError(Fault.CARD_REMOVED), 3, (Code.CARD_REMOVED, None)),
        (CardError(Fault.NO_CERTIFICATE), 3, (Code.NO_CERTIFICATE, None)),
    ],
)
def test_tries_are_read_anew_after_a_failure(
    make: Callable[..., Cards], module: FakeModule, error: CardError, tries: int | CardError | None,
    told: tuple[Code, int | None],
) -> None:  # fmt: skip
    assert fail_with(make(module), module, error, tries) == told
    assert len(module.payloads) == 1, "a PIN try was spent twice"


@pytest.mark.parametrize(("there", "told"), [(True, Code.CARD_ERROR), (False, Code.CARD_REMOVED)])
def test_general_error_is_a_removed_card_when_the_card_is_gone(
    make: Callable[..., Cards], module: FakeModule, there: bool, told: Code
) -> None:
    cards = make(module)
    card = cards.look(ORDER)[0]
    module.signing = CardError(Fault.CARD_ERROR)
    module.list = [A] if there else CardError(Fault.NO_CARD)
    assert code_of(lambda: cards.sign(card, "123456", ORDER)) == (told, None)


def test_card_is_reset_also_after_a_failed_signature(
    make: Callable[..., Cards], module: FakeModule, resets: list[str]
) -> None:
    cards = make(module)
    fail_with(cards, module, CardError(Fault.PIN_WRONG), 2)
    cards.reset()
    assert resets == [A.reader]


def test_card_that_was_only_looked_at_is_not_reset(
    make: Callable[..., Cards], module: FakeModule, resets: list[str]
) -> None:
    cards = make(module)
    cards.look(ORDER)[0]
    cards.reset()
    assert resets == []


@pytest.mark.parametrize("names", [("nonexistent",), ("opensc", "nonexistent"), ("../../tmp/evil.so",), ("",)])
def test_driver_that_is_not_in_the_catalogue_is_no_driver(names: tuple[str, ...]) -> None:
    assert code_of(lambda: Cards(HostSetup(names)))[0] is Code.NO_DRIVER


def test_cards_are_compared_by_what_identifies_them() -> None:
    nothing = cast(Any, None)
    assert Card(nothing, A, nothing, nothing, 3) != Card(nothing, B, nothing, nothing, 3)
