"""What is offered of several drivers, readers, cards and certificates, and what is told when there is nothing."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID

from agent.card import card as card_module
from agent.card import pcsc
from agent.card.card import Card, Cards
from agent.card.frames import HostOrder, HostSetup
from agent.card.pcsc import Reader
from agent.failures import Code, FailureError
from agent.order import Wanted
from pkcs11_shims.discovery import Found, Refusal, Survey
from pkcs11_shims.errors import CardError, Fault
from pkcs11_shims.session import CardToken, PinState
from tests.stand.softhsm import MODULE
from tests.unit.agent.card_fakes import DRIVER, ORDER, READY, A, B, FakeModule, code_of, make, module, resets
from tests.unit.agent.certificates import certificate, name
from tests.unit.agent.fakes import CHALLENGE, ORIGIN

__all__ = ["make", "module", "resets"]


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


@pytest.mark.parametrize(
    ("faults", "told"),
    [
        ([Fault.NO_READER, Fault.NO_CARD], Code.NO_CARD),
        ([Fault.CARD_UNSUPPORTED, Fault.NO_CARD], Code.CARD_UNSUPPORTED),
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


# Several certificates: which are offered, in which order, and what is said of the others.


def offered(cards: Cards, wanted: Wanted = Wanted()) -> list[tuple[bytes, Code | None]]:  # noqa: B008
    """CKA_ID and problem of what is offered, in order."""
    found = cards.look(HostOrder(ORIGIN, CHALLENGE, "zh-Hant", wanted=wanted))
    return [(card.certificate.key_id, card.problem) for card in found]


def module_of(card: Card) -> object:
    """The fake module of a card."""
    return card.module


@pytest.mark.parametrize("digital_signature", [False, None])
def test_encryption_certificate_is_explained_and_never_first(
    make: Callable[..., Cards], rsa_key: rsa.RSAPrivateKey, digital_signature: bool | None
) -> None:
    other = certificate(rsa_key, digital_signature=digital_signature)
    module = FakeModule([A], {A.reader: {b"\1": other, b"\2": certificate(rsa_key)}})
    assert offered(make(module)) == [(b"\2", None), (b"\1", Code.CERTIFICATE_ENCRYPTION_ONLY)]
    alone = FakeModule([A], {A.reader: other})
    assert offered(make(alone)) == [(b"\1", Code.CERTIFICATE_ENCRYPTION_ONLY)]


def test_usable_certificates_come_in_the_order_of_the_drivers_row(
    make: Callable[..., Cards], rsa_key: rsa.RSAPrivateKey
) -> None:
    ids = [b"\x09", b"\2", b"\x08", b"\1"]
    module = FakeModule([A], {A.reader: {key_id: certificate(rsa_key, key_id.hex()) for key_id in ids}})
    assert [key_id for key_id, _ in offered(make(module))] == [b"\1", b"\2", b"\x09", b"\x08"]


def test_certificates_of_all_readers_and_drivers_are_offered(
    make: Callable[..., Cards], rsa_key: rsa.RSAPrivateKey
) -> None:
    first = FakeModule([A, B], {A.reader: certificate(rsa_key, "甲"), B.reader: certificate(rsa_key, "乙")})
    second = FakeModule([B], {B.reader: certificate(rsa_key, "丙")})
    found = make(first, second).look(ORDER)
    assert [(card.facts.holder, card.token, module_of(card)) for card in found] == [
        ("甲", A, first),
        ("乙", B, first),
        ("丙", B, second),
    ]


def test_same_card_seen_by_two_drivers_is_offered_once_by_the_first(
    make: Callable[..., Cards], rsa_key: rsa.RSAPrivateKey
) -> None:
    der = certificate(rsa_key)
    first, second = FakeModule([A], {A.reader: der}), FakeModule([A], {A.reader: der})
    assert [module_of(card) for card in make(first, second).look(ORDER)] == [first]
    # The driver that can use it wins.
    first.state = replace(READY, activated=False)
    assert [module_of(card) for card in make(first, second).look(ORDER)] == [second]


def test_certificate_of_an_issuer_is_never_offered(make: Callable[..., Cards], rsa_key: rsa.RSAPrivateKey) -> None:
    authority = certificate(rsa_key, more=[x509.BasicConstraints(ca=True, path_length=0)])
    module = FakeModule([A], {A.reader: {b"\1": authority, b"\2": certificate(rsa_key)}})
    assert offered(make(module)) == [(b"\2", None)]
    assert code_of(lambda: make(FakeModule([A], {A.reader: authority})).look(ORDER))[0] is Code.NO_CERTIFICATE


@pytest.mark.parametrize(
    ("now", "problem"),
    [
        (datetime(2025, 12, 31, 23, 59, 59, tzinfo=UTC), Code.CERTIFICATE_NOT_YET_VALID),
        (datetime(2026, 1, 1, tzinfo=UTC), None),
        (datetime(2031, 5, 6, 15, 59, 59, tzinfo=UTC), None),
        (datetime(2031, 5, 6, 16, tzinfo=UTC), Code.CERTIFICATE_EXPIRED),
    ],
)
def test_validity_is_told_by_the_computers_clock(
    make: Callable[..., Cards], module: FakeModule, now: datetime, problem: Code | None
) -> None:
    assert offered(make(module, now=now)) == [(b"\1", problem)]


@pytest.mark.parametrize(
    ("state", "problem"),
    [
        (PinState(0, activated=True, pinpad=False), Code.PIN_LOCKED),
        (PinState(None, activated=False, pinpad=False), Code.CARD_NOT_ACTIVATED),
        (PinState(1, activated=True, pinpad=False), None),
        (PinState(None, activated=True, pinpad=False), None),
    ],
)
def test_locked_or_not_activated_card_is_explained(
    make: Callable[..., Cards], module: FakeModule, state: PinState, problem: Code | None
) -> None:
    module.state = state
    (card,) = make(module).look(ORDER)
    assert (card.problem, card.tries_left) == (problem, state.tries_left)


@pytest.fixture
def gpki(rsa_key: rsa.RSAPrivateKey) -> FakeModule:
    """A module with a citizen's certificate as the government's profile has it."""
    issuer = name((NameOID.ORGANIZATION_NAME, "行政院"), (NameOID.ORGANIZATIONAL_UNIT_NAME, "內政部憑證管理中心"))
    subject = name((NameOID.COMMON_NAME, "王小明"), (NameOID.SERIAL_NUMBER, "0000000112345678"))
    policy = x509.PolicyInformation(x509.ObjectIdentifier("2.16.886.101.0.3.3"), None)
    der = certificate(rsa_key, subject, issuer=issuer, more=[x509.CertificatePolicies([policy])])
    return FakeModule([A], {A.reader: der})


@pytest.mark.parametrize(
    ("wanted", "usable"),
    [
        (Wanted(), True),
        (Wanted(issuer="內政部憑證管理中心"), True),
        (Wanted(issuer="行政院"), True),
        (Wanted(issuer="工商憑證管理中心"), False),
        (Wanted(issuer="內政部"), False),
        (Wanted(policy="2.16.886.101.0.3.3"), True),
        (Wanted(policy="2.16.886.101.0.3"), False),
        (Wanted(subject_serial="0000000112345678"), True),
        (Wanted(subject_serial="112345678"), False),
        (Wanted("內政部憑證管理中心", "2.16.886.101.0.3.3", "0000000112345678"), True),
        (Wanted("內政部憑證管理中心", "2.16.886.101.0.3.0", "0000000112345678"), False),
    ],
)
def test_portal_may_ask_by_issuer_policy_and_subject(
    make: Callable[..., Cards], gpki: FakeModule, wanted: Wanted, usable: bool
) -> None:
    assert offered(make(gpki), wanted) == [(b"\1", None if usable else Code.CERTIFICATE_NOT_WANTED)]


def test_family_is_told_by_the_issuer(make: Callable[..., Cards], gpki: FakeModule, module: FakeModule) -> None:
    assert [card.family.key for card in make(gpki, module).look(ORDER)] == ["moica", "unknown"]


@pytest.mark.parametrize(
    "problem", [code for code in Code if code.value.startswith("certificate_")] + [Code.PIN_LOCKED]
)
def test_card_with_a_problem_is_never_given_a_pin(
    make: Callable[..., Cards], module: FakeModule, resets: list[str], problem: Code
) -> None:
    cards = make(module)
    card = replace(cards.look(ORDER)[0], problem=problem)
    assert code_of(lambda: cards.sign(card, "123456", ORDER))[0] is problem
    cards.reset()
    assert (module.payloads, resets) == ([], [])


def test_card_whose_pin_state_fails_does_not_hide_the_next(
    make: Callable[..., Cards], module: FakeModule, rsa_key: rsa.RSAPrivateKey
) -> None:
    broken = FakeModule([B], {B.reader: certificate(rsa_key, "別人")})
    broken.state = CardError(Fault.CARD_ERROR)
    assert [card.token for card in make(broken, module).look(ORDER)] == [A]


# Nothing at all: why.

GPKI, NHI = (
    bytes.fromhex("3BB813008131FA524348544D4F494341A5"),
    bytes.fromhex("3BEE00008131FE4580318066409093060F17830F9000F3"),
)


def reader(atr: bytes = b"", *, present: bool = True, exclusive: bool = False, mute: bool = False) -> Reader:
    """A reader with a card."""
    return Reader("Reader", atr, present, exclusive, mute)


EMPTY, BANK = reader(present=False), reader(b"\x3b\x00")


@pytest.mark.parametrize(
    ("fault", "readers", "told"),
    [
        (Fault.NO_READER, [], Code.NO_READER),
        (Fault.NO_CARD, [EMPTY], Code.NO_CARD),
        (Fault.NO_CARD, [BANK], Code.NO_CERTIFICATE),
        (Fault.NO_CARD, [reader(NHI)], Code.CARD_UNSUPPORTED),
        (Fault.CARD_UNSUPPORTED, [reader(NHI)], Code.CARD_UNSUPPORTED),
        (Fault.CARD_UNSUPPORTED, [BANK], Code.CARD_UNSUPPORTED),
        (Fault.NO_CARD, [EMPTY, reader(GPKI)], Code.NO_DRIVER),
        (Fault.CARD_UNSUPPORTED, [reader(GPKI)], Code.NO_DRIVER),
        (Fault.CARD_UNSUPPORTED, [reader(NHI), reader(GPKI)], Code.NO_DRIVER),
        (Fault.CARD_ERROR, [reader(GPKI, exclusive=True)], Code.CARD_BUSY),
        (Fault.NO_CARD, [EMPTY, reader(exclusive=True)], Code.CARD_BUSY),
        (Fault.CARD_ERROR, [BANK], Code.CARD_ERROR),
        (Fault.CARD_ERROR, [EMPTY], Code.CARD_ERROR),
        (Fault.NO_CARD, [reader(mute=True)], Code.CARD_ERROR),
        (Fault.NO_CERTIFICATE, [reader(NHI)], Code.NO_CERTIFICATE),
    ],
)
def test_without_a_certificate_pcsc_is_asked_for_a_better_reason(
    make: Callable[..., Cards], monkeypatch: pytest.MonkeyPatch, fault: Fault, readers: list[Reader], told: Code
) -> None:
    cards = make(FakeModule(CardError(fault), {}))
    monkeypatch.setattr(pcsc, "readers", lambda: readers)
    assert code_of(lambda: cards.look(ORDER))[0] is told


@pytest.mark.parametrize("fault", [Fault.NO_READER, Fault.NO_CARD, Fault.CARD_ERROR])
def test_service_that_does_not_run_is_told(
    make: Callable[..., Cards], monkeypatch: pytest.MonkeyPatch, fault: Fault
) -> None:
    def nobody() -> list[Reader]:
        raise FailureError(Code.NO_SERVICE)

    cards = make(FakeModule(CardError(fault), {}))
    monkeypatch.setattr(pcsc, "readers", nobody)
    assert code_of(lambda: cards.look(ORDER))[0] is Code.NO_SERVICE


@pytest.mark.parametrize("fault", [Fault.NO_READER, Fault.NO_CARD, Fault.CARD_REMOVED])
@pytest.mark.parametrize("atr", [GPKI, BANK.atr])
def test_card_that_comes_while_the_drivers_look_is_found_and_not_called_unknown(
    make: Callable[..., Cards], module: FakeModule, monkeypatch: pytest.MonkeyPatch, fault: Fault, atr: bytes
) -> None:
    there, module.list = module.list, CardError(fault)

    def comes() -> list[Reader]:
        module.list = there
        return [EMPTY, reader(atr)]

    cards = make(module)
    monkeypatch.setattr(pcsc, "readers", comes)
    assert cards.look(ORDER)[0].token == A


def test_slow_driver_is_not_asked_twice_so_that_its_reader_is_not_taken_for_hung(
    make: Callable[..., Cards], module: FakeModule, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks = list[str]()

    def slow() -> list[CardToken]:
        looks.append("look")
        raise CardError(Fault.NO_CARD)

    cards = make(module)
    monkeypatch.setattr(module, "tokens", slow)
    monkeypatch.setattr(pcsc, "readers", lambda: [BANK])
    assert code_of(lambda: cards.look(ORDER))[0] is Code.NO_CERTIFICATE
    assert len(looks) == 2
    monkeypatch.setattr(card_module, "_QUICK", 0.0)
    assert code_of(lambda: cards.look(ORDER))[0] is Code.NO_CERTIFICATE
    assert len(looks) == 3


# Loading.


@pytest.mark.parametrize("names", [("nonexistent",), ("opensc", "nonexistent"), ("../../tmp/evil.so",), ("",)])
def test_driver_that_is_not_in_the_catalogue_is_no_driver(names: tuple[str, ...]) -> None:
    assert code_of(lambda: Cards(HostSetup(names)))[0] is Code.NO_DRIVER


def test_driver_that_is_not_installed_is_no_driver() -> None:
    assert code_of(lambda: Cards(HostSetup(("hca",))))[0] is Code.NO_DRIVER


def test_refused_driver_is_told_with_its_reason_in_the_log(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    module = tmp_path / "own.so"
    module.write_bytes(Path(MODULE).read_bytes())
    module.chmod(0o666)
    assert code_of(lambda: Cards(HostSetup(("hca",), (str(module),))))[0] is Code.DRIVER_REFUSED
    assert capfd.readouterr().err == "card host: driver refused: 'own.so (writable)'\n"


def test_file_that_is_no_module_is_refused_and_hides_no_other(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    loaded: list[str] = []

    def load(found: Found) -> FakeModule:
        if found.driver.name == "broken":
            raise CardError(Fault.DRIVER_REFUSED, detail="load")
        loaded.append(found.driver.name)
        return FakeModule([], {})

    found = tuple(Found(replace(DRIVER, name=each), Path(each)) for each in ("broken", "good"))
    monkeypatch.setattr(card_module, "Module", load)
    monkeypatch.setattr(card_module, "find_drivers", lambda *_: Survey(found, (Refusal("other", "kind"),)))
    Cards(HostSetup())
    assert loaded == ["good"]
    assert capfd.readouterr().err.splitlines() == [
        "card host: driver refused: 'other (kind)'",
        "card host: driver refused: 'broken (load)'",
    ]
