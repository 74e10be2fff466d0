"""The functions of PKCS#11 2.40 that a signature, a decryption and a list need, by ctypes; one thread for each module.

Functions that set, change or unblock a PIN, or write to a card, are not in the table: nothing here can call them.
"""

import ctypes
import struct
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any, TypeAlias

from pkcs11_shims import returncodes
from pkcs11_shims.returncodes import ReturnCodeError

MAX_SLOTS = 128
MAX_OBJECTS = 32
# RSA with 4096 bits signs with 512 bytes; a driver that still finds that too small is asked once more with the other.
SIGNATURE_BUFFER, LARGE_BUFFER = 512, 8192

# PKCS#11 v2.40, pkcs11t.h.
CLASS, LABEL, VALUE, KEY_TYPE, ID = 0x0, 0x3, 0x11, 0x100, 0x102
MODULUS, PUBLIC_EXPONENT, EC_PARAMS, EC_POINT = 0x120, 0x122, 0x180, 0x181
ALWAYS_AUTHENTICATE = 0x202
CERTIFICATE, PUBLIC_KEY, PRIVATE_KEY = 0x1, 0x2, 0x3
RSA, EC = 0x0, 0x3
RSA_PKCS, RSA_PKCS_PSS, ECDSA = 0x1, 0xD, 0x1041
SHA256, MGF1_SHA256 = 0x250, 0x2
SERIAL_SESSION = 0x4
USER, CONTEXT_SPECIFIC = 1, 2
USER_PIN_INITIALIZED, PROTECTED_PATH, TOKEN_INITIALIZED = 0x8, 0x100, 0x400
USER_PIN_FINAL_TRY, USER_PIN_LOCKED = 0x20000, 0x40000

# Places in CK_FUNCTION_LIST, in the order of pkcs11f.h, and what each function takes: n a number, p a pointer.
_FUNCTIONS = {
    "C_Initialize": (0, "p"),
    "C_Finalize": (1, "p"),
    "C_GetInfo": (2, "p"),
    "C_GetSlotList": (4, "npp"),
    "C_GetSlotInfo": (5, "np"),
    "C_GetTokenInfo": (6, "np"),
    "C_OpenSession": (12, "nnppp"),
    "C_CloseSession": (13, "n"),
    "C_Login": (18, "nnpn"),
    "C_Logout": (19, "n"),
    "C_GetAttributeValue": (24, "nnpn"),
    "C_FindObjectsInit": (26, "npn"),
    "C_FindObjects": (27, "npnp"),
    "C_FindObjectsFinal": (28, "n"),
    "C_DecryptInit": (33, "npn"),
    "C_Decrypt": (34, "npnpp"),
    "C_SignInit": (42, "npn"),
    "C_Sign": (43, "npnpp"),
}
# What a card says of an attribute that it does not have or does not give.
_NO_VALUE = frozenset(
    {
        returncodes.FUNCTION_FAILED,
        returncodes.ATTRIBUTE_SENSITIVE,
        returncodes.ATTRIBUTE_TYPE_INVALID,
        returncodes.BUFFER_TOO_SMALL,
    }
)
Function = Callable[..., int]


Room: TypeAlias = "ctypes.Array[ctypes.c_char]"


class Layout:
    """How the structures of PKCS#11 lie in memory: as the system's compiler does it, or packed as on Windows.

    PKCS#11 v2.40, 2.1: on Windows structures have no padding, and a CK_ULONG has 32 bits there.
    """

    def __init__(self, *, packed: bool) -> None:
        pointer = ("Q" if ctypes.sizeof(ctypes.c_void_p) == 8 else "L") if packed else "P"
        order = "<" if packed else "@"
        self.number = struct.Struct(f"{order}L")
        self.info = struct.Struct(f"{order}2B32sL32s2B")
        self.slot_info = struct.Struct(f"{order}64s32sL4B")
        self.token_info = struct.Struct(f"{order}32s32s16s16s11L4B16s")
        self.attribute = struct.Struct(f"{order}L{pointer}L")  # CK_ATTRIBUTE and CK_MECHANISM alike
        self.pss = struct.Struct(f"{order}3L")
        self.pointer = struct.Struct(f"{order}{pointer}")
        self.first_function = struct.calcsize(f"{order}BB0{pointer}")


@dataclass(frozen=True)
class LibraryInfo:
    """CK_INFO as far as it is of use: what a driver says of itself; versions as major and minor number."""

    manufacturer: str
    description: str
    cryptoki: tuple[int, int]
    version: tuple[int, int]


@dataclass(frozen=True)
class SlotInfo:
    """CK_SLOT_INFO as far as it is of use; `name` is the reader's, cut to 64 bytes by the standard."""

    name: str
    manufacturer: str
    flags: int


@dataclass(frozen=True)
class TokenInfo:
    """CK_TOKEN_INFO as far as it is of use; the texts are stripped of what drivers fill them up with."""

    label: str
    manufacturer: str
    model: str
    serial: str
    flags: int
    min_pin: int = 0
    max_pin: int = 0


class Library:
    """A loaded and initialised module.

    Every method raises ReturnCodeError. Loading raises OSError for a file that is no library of this process's kind,
    AttributeError for one that is no PKCS#11 module.
    """

    def __init__(self, path: str, *, packed: bool = False) -> None:
        self.layout = Layout(packed=packed)
        # An absolute path: Windows then looks for further libraries beside it and in the system folder only.
        library = ctypes.CDLL(path)
        self._functions = self._table(library.C_GetFunctionList)
        self._initialise()

    def restart(self) -> None:
        """Has the module begin anew, with what its settings say now; its sessions are gone."""
        with suppress(ReturnCodeError):
            self.call("C_Finalize", None)
        self._initialise()

    def call(self, name: str, *arguments: object) -> None:
        """One call, outside of Python's lock."""
        try:
            code = self._functions[name](*arguments)
        except OSError:  # an access violation inside the module, which Windows lets us survive
            code = returncodes.GENERAL_ERROR
        if code != returncodes.OK:
            raise ReturnCodeError(code)

    def info(self) -> LibraryInfo:
        """What the module says of itself."""
        room = ctypes.create_string_buffer(self.layout.info.size + 64)
        self.call("C_GetInfo", room)
        major, minor, manufacturer, _, description, *version = self.layout.info.unpack_from(room)
        return LibraryInfo(_text(manufacturer), _text(description), (major, minor), (version[0], version[1]))

    def slots(self) -> list[int]:
        """The slots, with and without a token, looked for anew."""
        count = self.number(0)
        # The question for the number makes a module look at its readers (PKCS#11 v2.40, 5.5); its answer is not needed.
        with suppress(ReturnCodeError):
            self.call("C_GetSlotList", 0, None, count)
        count, room = self.number(MAX_SLOTS), ctypes.create_string_buffer(MAX_SLOTS * self.layout.number.size)
        self.call("C_GetSlotList", 0, room, count)
        return self.numbers(room, count, MAX_SLOTS)

    def slot_info(self, slot: int) -> SlotInfo:
        """What a slot says of its reader."""
        room = ctypes.create_string_buffer(self.layout.slot_info.size + 64)
        self.call("C_GetSlotInfo", slot, room)
        name, manufacturer, flags, *_ = self.layout.slot_info.unpack_from(room)
        return SlotInfo(_text(name), _text(manufacturer), flags)

    def token_info(self, slot: int) -> TokenInfo:
        """What the token in a slot says of itself."""
        room = ctypes.create_string_buffer(self.layout.token_info.size + 64)
        self.call("C_GetTokenInfo", slot, room)
        label, manufacturer, model, serial, flags, *more = self.layout.token_info.unpack_from(room)
        longest, shortest = more[4:6]
        return TokenInfo(_text(label), _text(manufacturer), _text(model), _text(serial), flags, shortest, longest)

    @contextmanager
    def session(self, slot: int) -> Iterator["Session"]:
        """A read-only session, closed afterwards whatever happens; closing the last one logs out."""
        handle = self.number(0)
        self.call("C_OpenSession", slot, SERIAL_SESSION, None, None, handle)
        session = Session(self, self.read(handle))
        try:
            yield session
        finally:
            with suppress(ReturnCodeError):
                self.call("C_CloseSession", session.handle)

    def number(self, value: int) -> Room:
        """Room for a CK_ULONG."""
        return ctypes.create_string_buffer(self.layout.number.pack(value), self.layout.number.size)

    def read(self, room: Room) -> int:
        """The CK_ULONG in its room."""
        (value,) = self.layout.number.unpack_from(room)
        return int(value)

    def numbers(self, room: Room, count: Room, most: int) -> list[int]:
        """The CK_ULONGs that a module wrote into room for `most`."""
        found = self.read(count)
        if found > most:  # more than there was room for: nothing that it wrote can be believed
            raise ReturnCodeError(returncodes.GENERAL_ERROR)
        size = self.layout.number.size
        return [int(self.layout.number.unpack_from(room, size * index)[0]) for index in range(found)]

    def _initialise(self) -> None:
        # No locks asked for: all calls come from one thread.
        try:
            self.call("C_Initialize", None)
        except ReturnCodeError as error:
            if error.code != returncodes.ALREADY_INITIALIZED:
                raise

    def _table(self, get_list: Any) -> Mapping[str, Function]:
        get_list.restype, get_list.argtypes = ctypes.c_ulong, [ctypes.c_void_p]
        place = ctypes.c_void_p()
        code = get_list(ctypes.byref(place))
        if code != returncodes.OK or not place.value:
            raise ReturnCodeError(code or returncodes.GENERAL_ERROR)
        start, size = place.value + self.layout.first_function, self.layout.pointer.size
        return {name: self._function(start + size * at, takes) for name, (at, takes) in _FUNCTIONS.items()}

    def _function(self, place: int, takes: str) -> Function:
        (address,) = self.layout.pointer.unpack(ctypes.string_at(place, self.layout.pointer.size))
        if not address:
            return lambda *_: returncodes.FUNCTION_NOT_SUPPORTED
        kinds = [ctypes.c_ulong if kind == "n" else ctypes.c_void_p for kind in takes]
        return ctypes.CFUNCTYPE(ctypes.c_ulong, *kinds)(address)


class Session:
    """An open session. Every method raises ReturnCodeError."""

    def __init__(self, library: Library, handle: int) -> None:
        self._library = library
        self.handle = handle

    def find(self, attributes: Mapping[int, bytes | int]) -> list[int]:
        """Handles of the objects that have these attributes, at most 32."""
        layout = self._library.layout
        values = [layout.number.pack(value) if isinstance(value, int) else value for value in attributes.values()]
        rooms = [ctypes.create_string_buffer(value, len(value)) for value in values]
        template = b"".join(
            layout.attribute.pack(kind, ctypes.addressof(room), len(room))
            for kind, room in zip(attributes, rooms, strict=True)
        )
        self._library.call("C_FindObjectsInit", self.handle, template, len(attributes))
        try:
            return self._found()
        finally:
            with suppress(ReturnCodeError):
                self._library.call("C_FindObjectsFinal", self.handle)

    def attribute(self, handle: int, kind: int, limit: int) -> bytes | None:
        """The value of an attribute, None where there is none or it is longer than `limit` bytes.

        The room is given at once, because drivers answer the question for the length wrongly.
        """
        library, room = self._library, ctypes.create_string_buffer(limit)
        template = ctypes.create_string_buffer(library.layout.attribute.pack(kind, ctypes.addressof(room), limit))
        try:
            library.call("C_GetAttributeValue", self.handle, handle, template, 1)
        except ReturnCodeError as error:
            if error.code in _NO_VALUE:
                return None
            raise
        length = library.layout.attribute.unpack_from(template)[2]
        # "No information" is the largest number there is.
        return room.raw[:length] if length <= limit else None

    def login(self, user: int, pin: bytearray | None) -> None:
        """Checks a PIN, or lets the reader's own keys ask for it; spends a try when it is wrong."""
        if pin is None:
            self._library.call("C_Login", self.handle, user, None, 0)
            return
        # The card's driver reads our only copy, which the caller wipes.
        room = (ctypes.c_char * len(pin)).from_buffer(pin)
        self._library.call("C_Login", self.handle, user, room, len(pin))

    def logout(self) -> None:
        """Ends the log-in, as far as the driver does."""
        with suppress(ReturnCodeError):
            self._library.call("C_Logout", self.handle)

    def begin_signature(self, key: int, mechanism: int, parameter: tuple[int, ...] = ()) -> None:
        """Says with which key and mechanism the next signature is made; the parameter is that of PSS."""
        self._begin("C_SignInit", key, mechanism, parameter)

    def begin_decryption(self, key: int, mechanism: int) -> None:
        """Says with which key and mechanism the next block is decrypted."""
        self._begin("C_DecryptInit", key, mechanism)

    def sign(self, payload: bytes) -> bytes:
        """The signature."""
        return self._result("C_Sign", payload)

    def decrypt(self, block: bytes) -> bytes:
        """What was encrypted, without its padding."""
        return self._result("C_Decrypt", block)

    def _begin(self, function: str, key: int, mechanism: int, parameter: tuple[int, ...] = ()) -> None:
        layout = self._library.layout
        room = ctypes.create_string_buffer(layout.pss.pack(*parameter) if parameter else b"")
        place, size = (ctypes.addressof(room), layout.pss.size) if parameter else (0, 0)
        self._library.call(function, self.handle, layout.attribute.pack(mechanism, place, size), key)

    def _result(self, function: str, data: bytes) -> bytes:
        """What comes of the data. Its length is not asked for first: HiCOS 3.1 fails that question."""
        try:
            return self._call_with_room(function, data, SIGNATURE_BUFFER)
        except ReturnCodeError as error:
            if error.code != returncodes.BUFFER_TOO_SMALL:
                raise
        # The operation is still under way then (PKCS#11 v2.40, 5.2): no second log-in, no second use of the key.
        return self._call_with_room(function, data, LARGE_BUFFER)

    def _call_with_room(self, function: str, data: bytes, size: int) -> bytes:
        room, length = ctypes.create_string_buffer(size), self._library.number(size)
        self._library.call(function, self.handle, data, len(data), room, length)
        made = self._library.read(length)
        if made > size:
            raise ReturnCodeError(returncodes.GENERAL_ERROR)
        return room.raw[:made]

    def _found(self) -> list[int]:
        library, handles = self._library, list[int]()
        while len(handles) < MAX_OBJECTS:
            room, count = ctypes.create_string_buffer(MAX_OBJECTS * library.layout.number.size), library.number(0)
            library.call("C_FindObjects", self.handle, room, MAX_OBJECTS, count)
            found = library.numbers(room, count, MAX_OBJECTS)
            if not found:
                break
            handles += found
        return handles[:MAX_OBJECTS]


def _text(field: bytes) -> str:
    # Blanks fill a field by the standard; HiCOS leaves a tab, others zeros. Bytes that are no UTF-8 (Big5 of old cards)
    # stay told apart, because a serial number is what tells cards apart.
    return field.decode("utf-8", "backslashreplace").strip("\0 \t\r\n")
