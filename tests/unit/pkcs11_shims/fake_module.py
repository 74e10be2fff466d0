"""A PKCS#11 module in Python, called through real C pointers: what a driver may answer, right and wrong."""

import ctypes
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest

from pkcs11_shims import cryptoki
from pkcs11_shims.cryptoki import Layout

SERIAL = "TP00000000000001"
MANUFACTURER = "Chunghwa TeleCom Co., Ltd."
READY = cryptoki.TOKEN_INITIALIZED | cryptoki.USER_PIN_INITIALIZED
NO_INFORMATION = ctypes.c_ulong(-1).value
CERTIFICATE = b"certificate" + bytes(range(256))
Attributes = dict[int, bytes]
Answer = int | Callable[..., int]


def certificate(key_id: bytes = b"SIGN", der: bytes = CERTIFICATE, label: bytes = b"cert1") -> Attributes:
    """A certificate object."""
    return {cryptoki.CLASS: number(cryptoki.CERTIFICATE), cryptoki.ID: key_id, cryptoki.VALUE: der,
            cryptoki.LABEL: label}  # fmt: skip


def private_key(key_id: bytes = b"SIGN", modulus: bytes | None = None, more: Attributes | None = None) -> Attributes:
    """A private key object; one without a modulus is what HiCOS shows."""
    key = {cryptoki.CLASS: number(cryptoki.PRIVATE_KEY), cryptoki.ID: key_id} | (more or {})
    return key if modulus is None else key | {cryptoki.MODULUS: modulus}


def number(value: int) -> bytes:
    """A CK_ULONG of this system."""
    return Layout(packed=False).number.pack(value)


@dataclass
class FakeCard:
    """A card in a slot."""

    serial: bytes = SERIAL.encode()
    manufacturer: bytes = MANUFACTURER.encode()
    flags: int = READY
    label: bytes = b"HiCOS PKI Smart Card"
    model: bytes = b"T7S"
    pin: bytes = b"123456"
    objects: list[Attributes] = field(default_factory=lambda: [certificate(), private_key()])


@dataclass
class FakeSlot:
    """A reader; without a card its token is not present."""

    card: FakeCard | None = field(default_factory=FakeCard)
    description: bytes = b"Reader 00 00"


class FakeModule:
    """The functions of a module.

    `answers` replaces a function by a return code or by another function; `calls` holds the names of all calls,
    `logins` user type and PIN (None: typed on the reader), `signed` mechanism, parameter, key and payload, `decrypted`
    the same of what was decrypted, which becomes `plain`.
    """

    def __init__(self, *slots: FakeSlot, packed: bool = False) -> None:
        self.layout = Layout(packed=packed)
        self.slots = dict(enumerate(slots))
        self.answers: dict[str, Answer] = {}
        self.calls: list[str] = []
        self.logins: list[tuple[int, bytes | None]] = []
        self.signed: list[tuple[int, bytes, int, bytes]] = []
        self.decrypted: list[tuple[int, bytes, int, bytes]] = []
        self.plain = b"plain"
        self.missing: set[str] = set()
        self.signature = b"s" * 256
        self.sessions: dict[int, int] = {}
        self.logged_in = False
        self._search: list[int] = []
        self._mechanism: tuple[int, bytes, int] = (0, b"", 0)
        self._keep: list[Any] = []

    def load(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Every library that is loaded from now on is this module."""
        monkeypatch.setattr(ctypes, "CDLL", lambda path: self)

    @property
    def C_GetFunctionList(self) -> Any:
        """The only function that a library shows by its name."""
        table = ctypes.create_string_buffer(self.layout.first_function + 68 * self.layout.pointer.size)
        for name, (at, takes) in cryptoki._FUNCTIONS.items():
            kinds = [ctypes.c_ulong if kind == "n" else ctypes.c_void_p for kind in takes]
            callback = ctypes.CFUNCTYPE(ctypes.c_ulong, *kinds)(self._function(name))
            address = 0 if name in self.missing else ctypes.cast(callback, ctypes.c_void_p).value
            self.layout.pointer.pack_into(table, self.layout.first_function + at * self.layout.pointer.size, address)
            self._keep.append(callback)
        self._keep.append(table)

        def get(place: int) -> int:
            ctypes.memmove(place, ctypes.byref(ctypes.c_void_p(ctypes.addressof(table))), self.layout.pointer.size)
            return self.answer_of("C_GetFunctionList")

        self._keep.append(ctypes.CFUNCTYPE(ctypes.c_ulong, ctypes.c_void_p)(get))
        return self._keep[-1]

    def answer_of(self, name: str) -> int:
        """The return code that was chosen for a function, CKR_OK otherwise."""
        answer = self.answers.get(name, 0)
        return answer if isinstance(answer, int) else 0

    def write(self, place: int, value: int) -> None:
        """A CK_ULONG."""
        ctypes.memmove(place, self.layout.number.pack(value), self.layout.number.size)

    def read(self, place: int) -> int:
        """A CK_ULONG."""
        (value,) = self.layout.number.unpack(ctypes.string_at(place, self.layout.number.size))
        return int(value)

    def _function(self, name: str) -> Callable[..., int]:
        def call(*arguments: Any) -> int:
            self.calls.append(name)
            answer = self.answers.get(name)
            if isinstance(answer, int):
                return answer
            return (answer or getattr(self, f"_{name[2:].lower()}"))(*arguments)

        return call

    def _initialize(self, arguments: object) -> int:
        return 0

    def _finalize(self, reserved: object) -> int:
        return 0

    def _getslotlist(self, present: int, places: int | None, count: int) -> int:
        if places is not None and self.read(count) < len(self.slots):
            return 0x150
        for index, slot in enumerate(self.slots):
            if places is not None:
                self.write(places + index * self.layout.number.size, slot)
        self.write(count, len(self.slots))
        return 0

    def _getslotinfo(self, slot: int, place: int) -> int:
        if slot not in self.slots:
            return 0x3
        info = self.layout.slot_info.pack(self.slots[slot].description.ljust(64), b"maker".ljust(32), 1, 0, 0, 0, 0)
        ctypes.memmove(place, info, len(info))
        return 0

    def _gettokeninfo(self, slot: int, place: int) -> int:
        card = self.slots[slot].card if slot in self.slots else None
        if card is None:
            return 0xE0
        info = self.layout.token_info.pack(
            card.label.ljust(32), card.manufacturer.ljust(32), card.model.ljust(16), card.serial.ljust(16), card.flags,
            *[0] * 10, 0, 0, 0, 0, b"",
        )  # fmt: skip
        ctypes.memmove(place, info, len(info))
        return 0

    def _opensession(self, slot: int, flags: int, application: object, notify: object, place: int) -> int:
        handle = 100 + len(self.calls)
        self.sessions[handle] = slot
        self.write(place, handle)
        return 0

    def _closesession(self, session: int) -> int:
        del self.sessions[session]
        self.logged_in = bool(self.sessions) and self.logged_in
        return 0

    def _login(self, session: int, user: int, pin: int | None, length: int) -> int:
        typed = None if pin is None else ctypes.string_at(pin, length)
        self.logins.append((user, typed))
        self.logged_in = typed in (None, self._card(session).pin)
        return 0 if self.logged_in else 0xA0

    def _logout(self, session: int) -> int:
        self.logged_in = False
        return 0

    def _findobjectsinit(self, session: int, template: int, count: int) -> int:
        wanted = [self._attribute(template, index) for index in range(count)]
        self._search = [
            handle
            for handle, item in enumerate(self._card(session).objects)
            if all(item.get(kind) == ctypes.string_at(place, length) for kind, place, length in wanted)
            and (self.logged_in or item[cryptoki.CLASS] != number(cryptoki.PRIVATE_KEY))
        ]
        return 0

    def _findobjects(self, session: int, places: int, most: int, count: int) -> int:
        found, self._search = self._search[:most], self._search[most:]
        for index, handle in enumerate(found):
            self.write(places + index * self.layout.number.size, handle)
        self.write(count, len(found))
        return 0

    def _findobjectsfinal(self, session: int) -> int:
        return 0

    def _getattributevalue(self, session: int, handle: int, template: int, count: int) -> int:
        kind, place, room = self._attribute(template, 0)
        value = self._card(session).objects[handle].get(kind)
        length = NO_INFORMATION if value is None or len(value) > room else len(value)
        packed = self.layout.attribute.pack(kind, place, length)
        ctypes.memmove(template, packed, len(packed))
        if value is None:
            return 0x12
        ctypes.memmove(place, value, min(len(value), room))
        return 0x150 if len(value) > room else 0

    def _getinfo(self, place: int) -> int:
        info = self.layout.info.pack(2, 20, b"maker".ljust(32), 0, b"a driver".ljust(32), 3, 1)
        ctypes.memmove(place, info, len(info))
        return 0

    def _signinit(self, session: int, mechanism: int, key: int) -> int:
        kind, place, length = self._attribute(mechanism, 0)
        self._mechanism = (kind, ctypes.string_at(place, length) if place else b"", key)
        return 0

    def _sign(self, session: int, data: int, length: int, room: int | None, size: int) -> int:
        return self._give(self.signature, self.signed, data, length, room, size)

    _decryptinit = _signinit

    def _decrypt(self, session: int, data: int, length: int, room: int | None, size: int) -> int:
        return self._give(self.plain, self.decrypted, data, length, room, size)

    def _give(
        self, result: bytes, done: list[tuple[int, bytes, int, bytes]], data: int, length: int, room: int | None,
        size: int,
    ) -> int:  # fmt: skip
        if room is None or self.read(size) < len(result):
            return 0x150
        done.append((*self._mechanism, ctypes.string_at(data, length)))
        ctypes.memmove(room, result, len(result))
        self.write(size, len(result))
        return 0

    def _attribute(self, template: int, index: int) -> tuple[int, int, int]:
        size = self.layout.attribute.size
        kind, place, length = self.layout.attribute.unpack(ctypes.string_at(template + index * size, size))
        return kind, place or 0, length

    def _card(self, session: int) -> FakeCard:
        card = self.slots[self.sessions[session]].card
        assert card is not None
        return card
