"""One log-in, one decryption, one log-out; and what a list needs: both with the care of a signature."""

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pkcs11_shims import cryptoki
from pkcs11_shims.discovery import Found
from pkcs11_shims.errors import CardError, Fault
from pkcs11_shims.keys import CardPublicKey
from pkcs11_shims.session import Module
from tests.unit.pkcs11_shims.fake_module import READY, FakeCard, FakeModule, FakeSlot, certificate, private_key
from tests.unit.pkcs11_shims.test_session_fake import DRIVER, TOKEN, Make, fault_of, make
from tests.unit.pkcs11_shims.test_session_signing import PIN, SHOWN, Desk, desk, sign

__all__ = ["desk", "make"]

BLOCK = b"b" * 256
USES = ("C_OpenSession", "C_Login", "C_DecryptInit", "C_Decrypt", "C_Logout", "C_CloseSession")


def decrypt(module: Module, pin: str | bytearray | None = PIN) -> bytes:
    """What the shown certificate's key makes of a block."""
    return module.decrypt(TOKEN, SHOWN, pin, BLOCK)


def test_one_login_one_decryption_one_logout(desk: Desk) -> None:
    module, fake = desk
    assert decrypt(module) == b"plain"
    module.release()
    assert [name for name in fake.calls if name in USES] == list(USES)
    assert fake.logins == [(cryptoki.USER, b"123456")]
    ((mechanism, parameter, _, block),) = fake.decrypted
    assert (mechanism, parameter, block) == (cryptoki.RSA_PKCS, b"", BLOCK)


@pytest.mark.parametrize("length", [0, 1, 501])
def test_plain_text_of_any_length_comes_without_asking_for_it(desk: Desk, length: int) -> None:
    module, fake = desk
    fake.plain = b"p" * length
    assert decrypt(module) == fake.plain
    assert fake.calls.count("C_Decrypt") == 1


def test_larger_room_is_given_once_and_without_a_second_login(desk: Desk) -> None:
    module, fake = desk
    fake.plain = b"p" * 600
    assert decrypt(module) == fake.plain
    assert [fake.calls.count(name) for name in ("C_Login", "C_DecryptInit", "C_Decrypt")] == [1, 1, 2]


def test_key_that_asks_again_gets_the_pin_for_itself(desk: Desk) -> None:
    module, fake = desk
    again = private_key(more={cryptoki.ALWAYS_AUTHENTICATE: b"\1"})
    fake.slots[0].card = FakeCard(objects=[certificate(), again], flags=READY)
    assert decrypt(module) == b"plain"
    assert fake.logins == [(cryptoki.USER, b"123456"), (cryptoki.CONTEXT_SPECIFIC, b"123456")]


@given(st.integers(1, 2**64 - 1))
def test_every_code_of_a_decryption_is_told_alike_unless_the_card_is_gone(code: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        fake = FakeModule(FakeSlot())
        fake.load(patch)
        module = Module(Found(DRIVER, Path("/fake.so")))
        fake.answers["C_Decrypt"] = code
        with pytest.raises(CardError) as caught:
            decrypt(module)
    expected = (Fault.CIPHER_UNREADABLE, Fault.CARD_REMOVED, Fault.CARD_UNSUPPORTED, Fault.USER_CANCELLED)
    assert caught.value.fault in expected
    if caught.value.fault is Fault.CIPHER_UNREADABLE:
        assert (caught.value.detail, caught.value.tries_left) == ("", None)
    assert not fake.sessions


@pytest.mark.parametrize("code", [0x20, 0x21, 0x40, 0x41, 0x5, 0x6, 0xA0, 0xA4, 0x80000002])
def test_codes_of_bad_padding_are_told_alike(desk: Desk, code: int) -> None:
    module, fake = desk
    fake.answers["C_Decrypt"] = code
    assert fault_of(lambda: decrypt(module)) is Fault.CIPHER_UNREADABLE


@pytest.mark.parametrize("code", [0, 0xA0, 0x5])
def test_pin_is_wiped_whatever_happens(desk: Desk, code: int) -> None:
    module, fake = desk
    if code:
        fake.answers["C_Login"] = code
    pin = bytearray(b"123456")
    try:
        decrypt(module, pin)
    except CardError:
        assert code
    assert pin == bytes(6)
    assert fake.calls.count("C_Login") == 1


def test_exchanged_card_gets_no_pin(desk: Desk) -> None:
    module, fake = desk
    fake.slots[0].card = FakeCard(objects=[certificate(der=b"another certificate"), private_key()], flags=READY)
    assert fault_of(lambda: decrypt(module)) is Fault.CARD_SWAPPED
    assert "C_Login" not in fake.calls


def test_decryption_ends_the_login_of_a_signature(desk: Desk) -> None:
    module, fake = desk
    sign(module)
    decrypt(module)
    module.release()
    assert fake.calls.count("C_Login") == fake.calls.count("C_Logout") == 2
    assert not fake.sessions


def test_public_keys_are_read_with_both_parts(make: Make) -> None:
    def key(kind: int, **parts: bytes) -> dict[int, bytes]:
        names = {getattr(cryptoki, name.upper()): value for name, value in parts.items()}
        common = {cryptoki.CLASS: number(cryptoki.PUBLIC_KEY), cryptoki.KEY_TYPE: number(kind)}
        return {**common, cryptoki.ID: b"K", cryptoki.LABEL: b"label", **names}

    rsa = key(cryptoki.RSA, modulus=b"m", public_exponent=b"e")
    ec = key(cryptoki.EC, ec_params=b"c", ec_point=b"p")
    silent = {cryptoki.CLASS: number(cryptoki.PUBLIC_KEY)}
    module, _ = make(FakeSlot(FakeCard(objects=[rsa, silent, ec])))
    assert module.public_keys(TOKEN) == [
        CardPublicKey(b"K", "label", 0, (b"m", b"e")), CardPublicKey(b"K", "label", 3, (b"c", b"p")),
    ]  # fmt: skip


def number(value: int) -> bytes:
    """A CK_ULONG."""
    return value.to_bytes(8, "little")


def test_every_slot_is_told_with_and_without_a_card(make: Make) -> None:
    module, fake = make(FakeSlot(), FakeSlot(None))
    first, second = module.slots()
    assert first.token == TOKEN
    assert first.info is not None
    assert (first.number, second.number, second.token, second.info) == (0, 1, None, None)
    assert "C_OpenSession" not in fake.calls
    about = module.info()
    assert (about.manufacturer, about.description, about.cryptoki, about.version) == (
        "maker", "a driver", (2, 20), (3, 1),
    )  # fmt: skip


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
        for step in (
            module.info, module.slots, lambda: module.all_certificates(TOKEN), lambda: module.public_keys(TOKEN),
            lambda: decrypt(module),
        ):  # fmt: skip
            with suppress(CardError):
                step()
        module.release()
        assert fake.calls.count("C_Login") <= 1
