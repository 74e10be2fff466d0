"""One log-in, one signature, one log-out: with the certificate that was shown, and never a try too many."""

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pkcs11_shims import cryptoki
from pkcs11_shims.discovery import Found
from pkcs11_shims.errors import CardError, Fault
from pkcs11_shims.keys import CardCertificate, Scheme
from pkcs11_shims.session import Module
from tests.unit.pkcs11_shims.fake_module import (
    CERTIFICATE,
    READY,
    FakeCard,
    FakeModule,
    FakeSlot,
    certificate,
    private_key,
)
from tests.unit.pkcs11_shims.test_session_fake import DRIVER, TOKEN, Make, fault_of, make

__all__ = ["make"]

PIN = "123456"
MODULUS = CERTIFICATE[40:200]  # lies in the certificate
SHOWN = CardCertificate(b"SIGN", "cert1", CERTIFICATE)
PINPAD = READY | cryptoki.PROTECTED_PATH
Desk = tuple[Module, FakeModule]


@pytest.fixture
def desk(make: Make) -> Desk:
    """A module with a card in its reader."""
    return make(FakeSlot())


def sign(module: Module, pin: str | None = PIN, scheme: Scheme = Scheme.PKCS1, shown: CardCertificate = SHOWN) -> bytes:
    """A signature with the shown certificate."""
    return module.sign(TOKEN, shown, pin, b"payload", scheme)


def use(fake: FakeModule, *objects: dict[int, bytes], flags: int = READY) -> None:
    """Puts a card with these objects into the reader, under the same number."""
    fake.slots[0].card = FakeCard(objects=list(objects), flags=flags)


def test_one_login_one_signature_one_logout(desk: Desk) -> None:
    module, fake = desk
    assert sign(module) == fake.signature
    order = [
        name for name in fake.calls if name in ("C_OpenSession", "C_Login", "C_Sign", "C_Logout", "C_CloseSession")
    ]
    assert order == ["C_OpenSession", "C_Login", "C_Sign"]
    module.release()
    module.release()
    assert fake.calls[-2:] == ["C_Logout", "C_CloseSession"]
    assert fake.calls.count("C_Logout") == fake.calls.count("C_CloseSession") == 1
    assert fake.logins == [(cryptoki.USER, b"123456")]


def test_second_signature_ends_the_login_of_the_first(desk: Desk) -> None:
    module, fake = desk
    assert [sign(module), sign(module)] == [fake.signature] * 2
    module.release()
    assert fake.calls.count("C_Logout") == fake.calls.count("C_CloseSession") == 2
    assert not fake.sessions


@pytest.mark.parametrize(
    ("scheme", "mechanism", "parameter"),
    [
        (Scheme.PKCS1, 0x1, b""),
        (Scheme.PSS, 0xD, b"".join(value.to_bytes(8, "little") for value in (0x250, 2, 32))),
        (Scheme.ECDSA, 0x1041, b""),
    ],
)
def test_mechanism_and_payload_reach_the_card(desk: Desk, scheme: Scheme, mechanism: int, parameter: bytes) -> None:
    module, fake = desk
    sign(module, scheme=scheme)
    assert fake.signed == [(mechanism, parameter, 1, b"payload")]


def test_driver_that_fails_the_question_for_the_length_is_never_asked_it(desk: Desk) -> None:
    """HiCOS 3.1 answers it with CKR_BUFFER_TOO_SMALL, which ends the signature in python-pkcs11 0.10.1."""
    module, fake = desk
    rooms: list[int | None] = []

    def note(session: int, data: int, size: int, room: int | None, place: int) -> int:
        rooms.append(room)
        return fake._sign(session, data, size, room, place)

    fake.answers["C_Sign"] = note
    assert sign(module) == fake.signature
    assert len(rooms) == 1
    assert rooms[0] is not None


def test_driver_that_wants_more_room_gets_it_without_a_second_login(desk: Desk) -> None:
    module, fake = desk
    fake.signature = b"s" * 1000
    assert sign(module) == fake.signature
    assert [fake.calls.count(name) for name in ("C_Login", "C_SignInit", "C_Sign")] == [1, 1, 2]


def test_signature_that_never_fits_is_an_error_after_one_login(desk: Desk) -> None:
    module, fake = desk
    fake.answers["C_Sign"] = 0x150
    assert fault_of(lambda: sign(module)) is Fault.CARD_ERROR
    assert len(fake.logins) == 1


@pytest.mark.parametrize(
    "objects",
    [
        [certificate(der=b"another holder's"), private_key()],
        [certificate(b"KEYX"), private_key()],
        [private_key()],
    ],
    ids=["another certificate", "another id", "no certificate"],
)
def test_card_with_another_certificate_is_noticed_before_the_pin_is_sent(
    desk: Desk, objects: list[dict[int, bytes]]
) -> None:
    module, fake = desk
    use(fake, *objects)
    assert fault_of(lambda: sign(module)) is Fault.CARD_SWAPPED
    assert fake.logins == []
    assert not fake.sessions


@pytest.mark.parametrize(("card", "fault"), [(FakeCard(serial=b"2"), Fault.CARD_SWAPPED), (None, Fault.CARD_REMOVED)])
def test_other_card_or_none_is_noticed_before_the_pin_is_sent(desk: Desk, card: FakeCard | None, fault: Fault) -> None:
    module, fake = desk
    fake.slots[0].card = card
    assert fault_of(lambda: sign(module)) is fault
    assert fake.logins == []


@pytest.mark.parametrize(
    ("code", "fault", "tries"),
    [
        (0xA0, Fault.PIN_WRONG, None),
        (0xA2, Fault.PIN_MALFORMED, None),
        (0xA4, Fault.PIN_LOCKED, 0),
        (0x80000001, Fault.PIN_WRONG, 1),
        (0x80000002, Fault.PIN_WRONG, 2),
        (0xFFFFFFFF80000001, Fault.PIN_WRONG, 1),
        (0xFFFFFFFF80000002, Fault.PIN_WRONG, 2),
        (0x102, Fault.CARD_NOT_ACTIVATED, None),
        (0x50, Fault.USER_CANCELLED, None),
        (0x100, Fault.CARD_ERROR, None),
        (0x32, Fault.CARD_REMOVED, None),
        (0x6, Fault.CARD_ERROR, None),
    ],
)
def test_failed_login_is_told_and_never_repeated(desk: Desk, code: int, fault: Fault, tries: int | None) -> None:
    module, fake = desk
    fake.answers["C_Login"] = code
    with pytest.raises(CardError) as caught:
        sign(module)
    assert (caught.value.fault, caught.value.tries_left) == (fault, tries)
    assert fake.calls.count("C_Login") == 1
    assert "C_Sign" not in fake.calls
    assert not fake.sessions


@pytest.mark.parametrize("function", ["C_SignInit", "C_Sign"])
def test_failure_after_the_login_logs_out_and_closes(desk: Desk, function: str) -> None:
    module, fake = desk
    fake.answers[function] = 0x30
    assert fault_of(lambda: sign(module)) is Fault.CARD_ERROR
    assert fake.calls[-2:] == ["C_Logout", "C_CloseSession"]
    assert len(fake.logins) == 1


def test_failing_logout_does_not_take_the_signature_away(desk: Desk) -> None:
    module, fake = desk
    fake.answers["C_Logout"] = fake.answers["C_CloseSession"] = 0x5
    assert sign(module) == fake.signature
    module.release()


@pytest.mark.parametrize("modulus", [None, b"", MODULUS, b"\0" + MODULUS])
def test_key_is_found_by_its_id_with_or_without_a_modulus(desk: Desk, modulus: bytes | None) -> None:
    module, fake = desk
    use(fake, certificate(), private_key(modulus=modulus))
    assert sign(module)


def test_among_keys_of_one_id_the_certificates_own_is_taken(desk: Desk) -> None:
    module, fake = desk
    use(fake, certificate(), private_key(modulus=b"x" * 160), private_key(modulus=MODULUS))
    sign(module)
    assert [key for _, _, key, _ in fake.signed] == [2]


def test_elliptic_key_is_matched_by_its_point(desk: Desk) -> None:
    module, fake = desk
    other, own = (private_key(more={cryptoki.EC_POINT: b"\4\x41\4" + point}) for point in (b"y" * 64, MODULUS[:64]))
    use(fake, certificate(), other, own)
    sign(module, scheme=Scheme.ECDSA)
    assert [key for _, _, key, _ in fake.signed] == [2]


@pytest.mark.parametrize(
    "keys",
    [[], [private_key(b"KEYX")], [private_key(), private_key()], [private_key(modulus=b"x" * 160)]],
    ids=["none", "another id", "two alike", "another modulus"],
)
def test_no_single_key_for_the_certificate_means_no_signature(desk: Desk, keys: list[dict[int, bytes]]) -> None:
    module, fake = desk
    use(fake, certificate(), *keys)
    assert fault_of(lambda: sign(module)) is Fault.NO_CERTIFICATE
    assert fake.signed == []


@pytest.mark.parametrize("code", [0x5, 0x6, 0x11, 0x12, 0x13, 0x150])
def test_key_whose_attributes_cannot_be_read_still_signs(desk: Desk, code: int) -> None:
    module, fake = desk
    good = fake._getattributevalue
    fake.answers["C_GetAttributeValue"] = lambda session, handle, template, count: (
        code if handle == 1 else good(session, handle, template, count)
    )
    assert sign(module) == fake.signature


def test_key_that_asks_for_the_pin_again_gets_the_same_one_once(desk: Desk) -> None:
    module, fake = desk
    use(fake, certificate(), private_key(more={cryptoki.ALWAYS_AUTHENTICATE: b"\1"}))
    sign(module)
    assert fake.logins == [(cryptoki.USER, b"123456"), (cryptoki.CONTEXT_SPECIFIC, b"123456")]
    order = [name for name in fake.calls if name in ("C_SignInit", "C_Login", "C_Sign")]
    assert order == ["C_Login", "C_SignInit", "C_Login", "C_Sign"]


@pytest.mark.parametrize("says", [b"\0", b"", None])
def test_key_that_does_not_ask_again_gets_no_second_login(desk: Desk, says: bytes | None) -> None:
    module, fake = desk
    use(fake, certificate(), private_key(more={} if says is None else {cryptoki.ALWAYS_AUTHENTICATE: says}))
    sign(module)
    assert len(fake.logins) == 1


def test_pinpad_gets_no_pin_from_us(desk: Desk) -> None:
    module, fake = desk
    use(fake, certificate(), private_key(), flags=PINPAD)
    assert sign(module, pin=None) == fake.signature
    assert fake.logins == [(cryptoki.USER, None)]


@pytest.mark.parametrize(
    ("code", "fault"), [(0x50, Fault.USER_CANCELLED), (0x6, Fault.TIMED_OUT), (0x5, Fault.CARD_ERROR)]
)
def test_pinpad_that_was_cancelled_or_left_alone(desk: Desk, code: int, fault: Fault) -> None:
    module, fake = desk
    use(fake, certificate(), private_key(), flags=PINPAD)
    fake.answers["C_Login"] = code
    assert fault_of(lambda: sign(module, pin=None)) is fault
    assert fake.calls.count("C_Login") == 1


@pytest.mark.parametrize(("pin", "flags"), [(None, READY), ("", READY), ("", PINPAD)])
def test_nothing_that_a_driver_may_take_for_an_empty_pin_is_sent(desk: Desk, pin: str | None, flags: int) -> None:
    module, fake = desk
    use(fake, certificate(), private_key(), flags=flags)
    assert fault_of(lambda: sign(module, pin=pin)) is Fault.PIN_MALFORMED
    assert "C_Login" not in fake.calls


@pytest.mark.parametrize("code", [0, 0xA0])
def test_our_copy_of_the_pin_is_wiped(desk: Desk, monkeypatch: pytest.MonkeyPatch, code: int) -> None:
    module, fake = desk
    copies: list[bytearray] = []
    login = cryptoki.Session.login

    def keep(session: cryptoki.Session, user: int, pin: bytearray | None) -> None:
        assert pin is not None
        assert bytes(pin) == b"123456"
        copies.append(pin)
        login(session, user, pin)

    monkeypatch.setattr(cryptoki.Session, "login", keep)
    if code:
        fake.answers["C_Login"] = code
    try:
        sign(module)
    except CardError:
        assert code
    assert copies == [bytearray(6)]


CALLS = sorted(set(cryptoki._FUNCTIONS) - {"C_Initialize"})


@given(st.sampled_from(CALLS), st.integers(1, 2**64 - 1), st.integers(0, 4))
def test_any_function_may_fail_at_any_time_with_any_code(name: str, code: int, after: int) -> None:
    """No traceback, no second log-in, no open session."""
    with pytest.MonkeyPatch.context() as patch:
        fake = FakeModule(FakeSlot())
        fake.load(patch)
        module = Module(Found(DRIVER, Path("/fake.so")))
        good: Callable[..., int] = getattr(fake, f"_{name[2:].lower()}")
        seen = fake.calls.count

        fake.answers[name] = lambda *arguments: code if seen(name) > after else good(*arguments)
        try:
            (token,) = module.tokens()
            (shown,) = module.certificates(token)
            module.pin_state(token, lambda reader, apdu: None)
            assert module.sign(token, shown, PIN, b"payload", Scheme.PKCS1) == fake.signature
        except CardError:
            pass
        except ValueError:  # no certificate was found: the unpacking above
            assert name in ("C_FindObjects", "C_GetAttributeValue", "C_GetSlotList")
        assert fake.calls.count("C_Login") <= 1
