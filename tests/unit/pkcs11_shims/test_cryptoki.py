"""The C boundary: structures, loading, and answers that no module should give."""

import ctypes
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pkcs11_shims import cryptoki
from pkcs11_shims.cryptoki import Layout, Library
from pkcs11_shims.returncodes import ReturnCodeError
from tests.unit.pkcs11_shims.fake_module import CERTIFICATE, FakeCard, FakeModule, FakeSlot, certificate


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> FakeModule:
    """A module with one card."""
    module = FakeModule(FakeSlot())
    module.load(monkeypatch)
    return module


def code_of(call: object, *arguments: object) -> int:
    """The return code that a call ends with."""
    assert callable(call)
    with pytest.raises(ReturnCodeError) as caught:
        call(*arguments)
    return caught.value.code


def test_structures_have_the_sizes_of_the_c_header_on_64_bit_systems() -> None:
    layout = Layout(packed=False)
    assert layout.token_info.size == 208 - 4  # without the padding at its end
    assert layout.slot_info.size == 112 - 4
    assert (layout.attribute.size, layout.first_function, layout.pss.size) == (24, 8, 24)


def test_structures_are_packed_and_numbers_have_32_bits_on_windows() -> None:
    layout = Layout(packed=True)
    assert layout.number.size == 4
    assert layout.token_info.size == 160
    assert layout.slot_info.size == 104
    assert (layout.attribute.size, layout.first_function, layout.pss.size) == (16, 2, 12)


def test_packed_module_is_understood(monkeypatch: pytest.MonkeyPatch) -> None:
    module = FakeModule(FakeSlot(), FakeSlot(), packed=True)
    module.load(monkeypatch)
    library = Library("/x.dll", packed=True)
    assert library.slots() == [0, 1]
    assert library.token_info(1).serial == "TP00000000000001"


@pytest.mark.parametrize("content", [b"", b"text", b"\x7fELF" + bytes(100)])
def test_file_that_is_no_library_does_not_load(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "x.so").write_bytes(content)
    with pytest.raises(OSError, match=r"x\.so"):
        Library(str(tmp_path / "x.so"))


def test_library_that_is_no_pkcs11_module_says_so() -> None:
    with pytest.raises(AttributeError):
        Library("libc.so.6")


@pytest.mark.parametrize("name", ["C_GetFunctionList", "C_Initialize"])
def test_module_that_does_not_start(fake: FakeModule, name: str) -> None:
    fake.answers[name] = 0x5
    assert code_of(Library, "/x.so") == 0x5


def test_module_that_was_started_already_is_no_obstacle(fake: FakeModule) -> None:
    fake.answers["C_Initialize"] = 0x191
    assert Library("/x.so").slots() == [0]


def test_function_that_is_missing_from_the_list_is_not_called(fake: FakeModule) -> None:
    fake.missing = {"C_GetTokenInfo"}
    assert code_of(Library("/x.so").token_info, 0) == 0x54


def test_nothing_that_changes_a_pin_or_a_card_can_be_called() -> None:
    assert not set(cryptoki._FUNCTIONS) & {
        "C_InitToken", "C_InitPIN", "C_SetPIN", "C_CreateObject", "C_CopyObject", "C_DestroyObject",
        "C_SetAttributeValue", "C_GenerateKey", "C_GenerateKeyPair", "C_WrapKey", "C_UnwrapKey", "C_DeriveKey",
    }  # fmt: skip


@pytest.mark.parametrize("count", [cryptoki.MAX_SLOTS + 1, 2**31, 2**62, 2**64 - 1])
def test_garbage_number_of_slots_is_an_error(fake: FakeModule, count: int) -> None:
    def lie(present: int, places: int | None, place: int) -> int:
        fake.write(place, count)
        return 0

    fake.answers["C_GetSlotList"] = lie
    assert code_of(Library("/x.so").slots) == 0x5


def test_failing_question_for_the_number_of_slots_is_no_obstacle(fake: FakeModule) -> None:
    def only_the_list(present: int, places: int | None, count: int) -> int:
        return 0x150 if places is None else fake._getslotlist(present, places, count)

    fake.answers["C_GetSlotList"] = only_the_list
    assert Library("/x.so").slots() == [0]


@pytest.mark.parametrize("found", [cryptoki.MAX_OBJECTS + 1, 2**63])
def test_garbage_number_of_objects_is_an_error_and_ends_the_search(fake: FakeModule, found: int) -> None:
    def lie(session: int, places: int, most: int, count: int) -> int:
        fake.write(count, found)
        return 0

    fake.answers["C_FindObjects"] = lie
    with Library("/x.so").session(0) as session:
        assert code_of(session.find, {}) == 0x5
    assert fake.calls[-2:] == ["C_FindObjectsFinal", "C_CloseSession"]


def test_card_with_endless_objects_is_read_to_a_limit(fake: FakeModule) -> None:
    def endless(session: int, places: int, most: int, count: int) -> int:
        fake.write(count, most)
        return 0

    fake.answers["C_FindObjects"] = endless
    with Library("/x.so").session(0) as session:
        assert len(session.find({})) == cryptoki.MAX_OBJECTS


@pytest.mark.parametrize("length", [17, 2**32, 2**63, 2**64 - 1])
def test_garbage_length_of_an_attribute_is_no_value(fake: FakeModule, length: int) -> None:
    def lie(session: int, handle: int, template: int, count: int) -> int:
        kind, place, _ = fake._attribute(template, 0)
        packed = fake.layout.attribute.pack(kind, place, length)
        ctypes.memmove(template, packed, len(packed))
        return 0

    fake.answers["C_GetAttributeValue"] = lie
    with Library("/x.so").session(0) as session:
        assert session.attribute(0, cryptoki.ID, 16) is None


def test_attribute_is_read_up_to_its_limit(fake: FakeModule) -> None:
    fake.slots[0].card = FakeCard(objects=[certificate()])
    with Library("/x.so").session(0) as session:
        assert session.attribute(0, cryptoki.VALUE, len(CERTIFICATE)) == CERTIFICATE
        assert session.attribute(0, cryptoki.VALUE, len(CERTIFICATE) - 1) is None


@pytest.mark.parametrize("length", [cryptoki.SIGNATURE_BUFFER + 1, 2**64 - 1])
def test_signature_longer_than_its_room_is_an_error(fake: FakeModule, length: int) -> None:
    def lie(session: int, data: int, size: int, room: int | None, place: int) -> int:
        fake.write(place, length)
        return 0

    fake.answers["C_Sign"] = lie
    with Library("/x.so").session(0) as session:
        assert code_of(session.sign, b"payload") == 0x5


def test_session_is_closed_also_when_closing_fails(fake: FakeModule) -> None:
    fake.answers["C_CloseSession"] = 0x32
    with Library("/x.so").session(0):
        pass
    assert fake.calls[-1] == "C_CloseSession"


@given(st.binary(max_size=32), st.binary(max_size=16))
def test_any_bytes_in_the_token_info_are_a_text(label: bytes, serial: bytes) -> None:
    with pytest.MonkeyPatch.context() as patch:
        module = FakeModule(FakeSlot(FakeCard(label=label, serial=serial)))
        module.load(patch)
        info = Library("/x.so").token_info(0)
    assert info.serial == info.serial.strip("\0 \t\r\n")


@given(st.integers(1, 2**64 - 1))
def test_any_return_code_is_one_of_32_bits(code: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        module = FakeModule(FakeSlot())
        module.load(patch)
        module.answers["C_GetTokenInfo"] = code
        assert code_of(Library("/x.so").token_info, 0) == ReturnCodeError(code).code
        assert 0 <= ReturnCodeError(code).code < 2**32
