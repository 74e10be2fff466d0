"""Any PKCS#11 module called function by function in a child process, with the return codes as they are.

`Cryptoki` is the parent's side; `python -m tests.stand.cryptoki MODULE` is the child, one JSON line per call.
"""

import contextlib
import ctypes
import json
import os
import selectors
import subprocess
import sys
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from ctypes import POINTER, Structure, byref, c_ubyte, c_ulong, c_void_p
from pathlib import Path
from typing import Any, ClassVar

from cardsim.hicos.faults import CALLS

ROOT = Path(__file__).resolve().parents[2]
Answer = dict[str, Any]
MOST = 64


class Died(Exception):
    """The module killed its process; the text is the exit status."""


class Cryptoki:
    """A child process that has loaded a module."""

    def __init__(self, module: Path, environment: Mapping[str, str], *, initialize: bool = True) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.stand.cryptoki", str(module)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={"PATH": "/usr/bin:/bin", **environment},
            cwd=ROOT,
        )
        if initialize:
            self.ok("initialize")

    def send(self, do: str, **arguments: object) -> None:
        """Starts a call."""
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps({"do": do, **arguments}).encode() + b"\n")
        self.process.stdin.flush()

    def answers(self, seconds: float) -> bool:
        """Whether the started call has come back, or its process has ended, within a time."""
        with selectors.DefaultSelector() as selector:
            selector.register(self._output, selectors.EVENT_READ)
            return bool(selector.select(seconds))

    def receive(self) -> Answer:
        """What the started call returned; raises Died."""
        line = self._output.readline()
        if not line:
            raise Died(self.process.wait(20))
        answer: Answer = json.loads(line)
        return answer

    def call(self, do: str, **arguments: object) -> Answer:
        """One call and its answer, which always has "code"; raises Died."""
        self.send(do, **arguments)
        return self.receive()

    def code(self, do: str, **arguments: object) -> int:
        """The return code of one call."""
        return int(self.call(do, **arguments)["code"])

    def ok(self, do: str, **arguments: object) -> Answer:
        """One call that must succeed."""
        answer = self.call(do, **arguments)
        assert answer["code"] == 0, f"{do}: {answer['code']:#x}"
        return answer

    def stop(self) -> None:
        """Ends the child, even if it hangs."""
        self.process.kill()
        self.process.wait()
        for pipe in (self.process.stdin, self.process.stdout):
            if pipe is not None:
                with contextlib.suppress(BrokenPipeError):
                    pipe.close()

    @property
    def _output(self) -> Any:
        return self.process.stdout


class _SlotInfo(Structure):
    _fields_: ClassVar[Any] = [
        ("description", c_ubyte * 64), ("manufacturer", c_ubyte * 32), ("flags", c_ulong), ("versions", c_ubyte * 4),
    ]  # fmt: skip


class _TokenInfo(Structure):
    _fields_: ClassVar[Any] = [
        ("label", c_ubyte * 32), ("manufacturer", c_ubyte * 32), ("model", c_ubyte * 16), ("serial", c_ubyte * 16),
        ("flags", c_ulong), ("sessions", c_ulong * 4), ("pin_max", c_ulong), ("pin_min", c_ulong),
        ("memory", c_ulong * 4), ("versions", c_ubyte * 4), ("time", c_ubyte * 16),
    ]  # fmt: skip


class _SessionInfo(Structure):
    _fields_: ClassVar[Any] = [("slot", c_ulong), ("state", c_ulong), ("flags", c_ulong), ("error", c_ulong)]


class _Mechanism(Structure):
    _fields_: ClassVar[Any] = [("type", c_ulong), ("parameter", c_void_p), ("size", c_ulong)]


class _MechanismInfo(Structure):
    _fields_: ClassVar[Any] = [("least", c_ulong), ("most", c_ulong), ("flags", c_ulong)]


class _Attribute(Structure):
    _fields_: ClassVar[Any] = [("type", c_ulong), ("value", c_void_p), ("size", c_ulong)]


class _FunctionList(Structure):
    _fields_: ClassVar[Any] = [("version", c_ubyte * 2), *((name, c_void_p) for name in CALLS)]


def _texts(info: Structure) -> Answer:
    """The members of a structure: numbers, and byte fields in hexadecimal."""
    found: Answer = {}
    for name, *_ in info._fields_:
        value = getattr(info, name)
        found[name] = value if isinstance(value, int) else bytes(value).hex()
    return found


class Module:
    """The child's side: each method is a call that the parent may ask for."""

    def __init__(self, path: str) -> None:
        library = ctypes.CDLL(path)
        found = POINTER(_FunctionList)()
        library.C_GetFunctionList.restype = c_ulong
        assert library.C_GetFunctionList(byref(found)) == 0
        self._list = found.contents

    def _call(self, name: str, *arguments: object) -> int:
        function = ctypes.CFUNCTYPE(c_ulong)(getattr(self._list, name))
        return int(function(*arguments))

    def raw(self, name: str) -> Answer:
        """Any function with nothing but zeros: only for calls that a fault answers, or before C_Initialize."""
        return {"code": self._call(name, *([c_void_p(0)] * 8))}

    def forked(self, name: str) -> Answer:
        """The same in a child of this process; "status" is how that child ended."""
        child = os.fork()
        if child == 0:
            self.raw(name)
            os._exit(77)
        return {"code": 0, "status": os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])}

    def beside(self, name: str, other: str) -> Answer:
        """Two functions at once, each in its thread; "codes" are what they return."""
        with ThreadPoolExecutor(2) as threads:
            codes = [one["code"] for one in threads.map(self.raw, (name, other))]
        return {"code": 0, "codes": codes}

    def initialize(self) -> Answer:
        """C_Initialize without arguments."""
        return {"code": self._call("C_Initialize", None)}

    def finalize(self) -> Answer:
        """C_Finalize."""
        return {"code": self._call("C_Finalize", None)}

    def slots(self, present: bool = True) -> Answer:
        """C_GetSlotList."""
        ids, count = (c_ulong * MOST)(), c_ulong(MOST)
        code = self._call("C_GetSlotList", c_ubyte(present), ids, byref(count))
        return {"code": code, "count": count.value, "ids": list(ids)[: min(count.value, MOST)]}

    def slot(self, slot: int) -> Answer:
        """C_GetSlotInfo."""
        info = _SlotInfo()
        return {"code": self._call("C_GetSlotInfo", c_ulong(slot), byref(info)), **_texts(info)}

    def token(self, slot: int = 1) -> Answer:
        """C_GetTokenInfo."""
        info = _TokenInfo()
        return {"code": self._call("C_GetTokenInfo", c_ulong(slot), byref(info)), **_texts(info)}

    def mechanisms(self, slot: int = 1) -> Answer:
        """C_GetMechanismList."""
        types, count = (c_ulong * MOST)(), c_ulong(MOST)
        code = self._call("C_GetMechanismList", c_ulong(slot), types, byref(count))
        return {"code": code, "count": count.value, "types": list(types)[: min(count.value, MOST)]}

    def mechanism(self, type: int, slot: int = 1) -> Answer:
        """C_GetMechanismInfo."""
        info = _MechanismInfo()
        code = self._call("C_GetMechanismInfo", c_ulong(slot), c_ulong(type), byref(info))
        return {"code": code, **_texts(info)}

    def open(self, slot: int = 1) -> Answer:
        """C_OpenSession, read-only."""
        session = c_ulong()
        code = self._call("C_OpenSession", c_ulong(slot), c_ulong(4), None, None, byref(session))
        return {"code": code, "session": session.value}

    def close(self, session: int) -> Answer:
        """C_CloseSession."""
        return {"code": self._call("C_CloseSession", c_ulong(session))}

    def close_all(self, slot: int = 1) -> Answer:
        """C_CloseAllSessions."""
        return {"code": self._call("C_CloseAllSessions", c_ulong(slot))}

    def session(self, session: int) -> Answer:
        """C_GetSessionInfo."""
        info = _SessionInfo()
        return {"code": self._call("C_GetSessionInfo", c_ulong(session), byref(info)), **_texts(info)}

    def login(self, session: int, pin: str | None, user: int = 1) -> Answer:
        """C_Login; without a PIN a null pointer."""
        raw = pin.encode() if pin is not None else None
        return {"code": self._call("C_Login", c_ulong(session), c_ulong(user), raw, c_ulong(len(raw or b"")))}

    def logout(self, session: int) -> Answer:
        """C_Logout."""
        return {"code": self._call("C_Logout", c_ulong(session))}

    def find(self, session: int, kind: int | None = None) -> Answer:
        """All objects, or those of one CKA_CLASS; the first code that is not 0 is told."""
        wanted = c_ulong(kind or 0)
        search = _Attribute(0, ctypes.addressof(wanted), ctypes.sizeof(wanted))
        handles, count = (c_ulong * MOST)(), c_ulong()
        code = self._call("C_FindObjectsInit", c_ulong(session), byref(search), c_ulong(kind is not None))
        if code == 0:
            code = self._call("C_FindObjects", c_ulong(session), handles, c_ulong(MOST), byref(count))
            self._call("C_FindObjectsFinal", c_ulong(session))
        return {"code": code, "count": count.value, "handles": list(handles)[: min(count.value, MOST)]}

    def attribute(self, session: int, handle: int, type: int, size: int | None = 4096) -> Answer:
        """C_GetAttributeValue of one attribute; without a size only its length is asked for."""
        room = ctypes.create_string_buffer(size or 1)
        wanted = _Attribute(type, ctypes.addressof(room) if size else None, size or 0)
        code = self._call("C_GetAttributeValue", c_ulong(session), c_ulong(handle), byref(wanted), c_ulong(1))
        return {"code": code, "length": wanted.size, "value": room.raw[: wanted.size if code == 0 else 0].hex()}

    def sign_init(self, session: int, key: int, mechanism: int = 1) -> Answer:
        """C_SignInit; the mechanism is CKM_RSA_PKCS unless told."""
        wanted = _Mechanism(mechanism, None, 0)
        return {"code": self._call("C_SignInit", c_ulong(session), byref(wanted), c_ulong(key))}

    def sign(self, session: int, data: str, size: int | None = 512, final: bool = False) -> Answer:
        """C_Sign over hexadecimal data (or C_SignFinal); without a size only the length is asked for."""
        raw, length = bytes.fromhex(data), c_ulong(size or 0)
        room = ctypes.create_string_buffer(size) if size else None
        message: list[object] = [] if final else [raw, c_ulong(len(raw))]
        code = self._call("C_SignFinal" if final else "C_Sign", c_ulong(session), *message, room, byref(length))
        signature = room.raw[: length.value] if room and code == 0 else b""
        return {"code": code, "length": length.value, "signature": signature.hex()}


def main() -> None:
    """Answers calls until standard input ends. The answers have their own descriptor: a driver may print."""
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "w")
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    module = Module(sys.argv[1])
    for line in sys.stdin:
        order = json.loads(line)
        answers.write(json.dumps(getattr(module, order.pop("do"))(**order)) + "\n")
        answers.flush()


if __name__ == "__main__":
    main()
