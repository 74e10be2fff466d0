"""A driver with settings of ours: for looking, and others while a PIN may be given."""

import os
from dataclasses import replace
from pathlib import Path

import pytest

from pkcs11_shims.catalogue import Configuration
from pkcs11_shims.discovery import Found
from pkcs11_shims.errors import CardError, Fault
from pkcs11_shims.keys import Scheme
from pkcs11_shims.session import Module
from tests.unit.pkcs11_shims.fake_module import FakeModule, FakeSlot
from tests.unit.pkcs11_shims.test_session_fake import DRIVER, TOKEN, fault_of
from tests.unit.pkcs11_shims.test_session_signing import PIN, SHOWN

VARIABLE = "CARDLOGIN_TEST_CONF"
SETTINGS = Configuration("fake", VARIABLE, Path("/looking"), Path("/signing"))
Desk = tuple[Module, FakeModule, list[str]]


@pytest.fixture
def desk(monkeypatch: pytest.MonkeyPatch) -> Desk:
    """A module, and what its settings were at each of its beginnings."""
    monkeypatch.setenv(VARIABLE, "/evil")
    fake, seen = FakeModule(FakeSlot()), list[str]()

    def begin(_: object) -> int:
        seen.append(os.environ[VARIABLE])
        return 0

    fake.answers["C_Initialize"] = begin
    fake.load(monkeypatch)
    return Module(Found(replace(DRIVER, configuration=SETTINGS), Path("/fake.so"))), fake, seen


def sign(module: Module, pin: str | bytearray = PIN) -> bytes:
    """A signature."""
    return module.sign(TOKEN, SHOWN, pin, b"payload", Scheme.PKCS1)


def test_settings_are_never_those_of_the_environment(desk: Desk) -> None:
    module, _, seen = desk
    module.tokens()
    assert seen == ["/looking"]


def test_pin_is_given_under_the_settings_for_signing_only(desk: Desk) -> None:
    module, fake, seen = desk
    module.tokens()
    sign(module)
    assert seen == ["/looking", "/signing"]
    assert fake.calls.index("C_Finalize") < fake.calls.index("C_Login")
    module.release()
    module.tokens()
    assert seen == ["/looking", "/signing", "/looking"]


def test_driver_that_was_made_ready_before_begins_no_second_time(desk: Desk) -> None:
    module, _, seen = desk
    module.guard()
    module.guard()
    sign(module)
    assert seen == ["/looking", "/signing"]


def test_transaction_of_a_failed_log_in_is_ended(desk: Desk) -> None:
    module, fake, seen = desk
    fake.answers["C_Login"] = 0xA0
    assert fault_of(lambda: sign(module)) is Fault.PIN_WRONG
    assert seen == ["/looking", "/signing", "/signing"]
    assert fake.calls.index("C_Login") < len(fake.calls) - fake.calls[::-1].index("C_Finalize") - 1


def test_driver_that_does_not_begin_again_gets_no_pin(desk: Desk) -> None:
    module, fake, _ = desk
    fake.answers["C_Initialize"] = 0x5
    with pytest.raises(CardError):
        sign(module)
    assert "C_Login" not in fake.calls


@pytest.mark.parametrize("code", [0, 0x5, 0xA0])
def test_pin_in_a_buffer_is_wiped_whatever_becomes_of_it(desk: Desk, code: int) -> None:
    module, fake, _ = desk
    pin = bytearray(PIN.encode())
    if code:
        fake.answers["C_Login"] = code
        fault_of(lambda: sign(module, pin))
    else:
        sign(module, pin)
        assert fake.logins == [(1, PIN.encode())]
    assert pin == bytes(len(PIN))
