"""What the loading rules of PKCS#11 modules need to know of Windows: system calls that give the facts as text."""

import ctypes
import hashlib
import os
import sysconfig
from collections.abc import Iterator
from contextlib import contextmanager
from ctypes import wintypes
from pathlib import Path

from agent.platform.rights import FileRights, processor, sddl_rights

_FILE_OBJECT, _OWNER, _DACL = 1, 1, 4
_SDDL_REVISION = 1
_TOKEN_QUERY, _TOKEN_USER = 8, 1
_MAX_PATH = 260
_READ, _SHARE_READING_ONLY, _OPEN_EXISTING = 0x80000000, 1, 3
# More than any driver; they have a few megabytes.
_MAX_DRIVER = 64 * 1024 * 1024
_TOKEN_ROOM = 256

advapi = ctypes.WinDLL("advapi32", use_last_error=True)  # type: ignore[attr-defined,unused-ignore]
kernel = ctypes.WinDLL("kernel32", use_last_error=True)  # type: ignore[attr-defined,unused-ignore]
kernel.GetCurrentProcess.restype = wintypes.HANDLE
kernel.LocalFree.argtypes = [ctypes.c_void_p]
kernel.CreateFileW.restype = wintypes.HANDLE
kernel.CreateFileW.argtypes = [
    wintypes.LPCWSTR, wintypes.DWORD, wintypes.DWORD, ctypes.c_void_p, wintypes.DWORD, wintypes.DWORD, wintypes.HANDLE
]  # fmt: skip
advapi.OpenProcessToken.argtypes = [wintypes.HANDLE, wintypes.DWORD, ctypes.c_void_p]
advapi.GetTokenInformation.argtypes = [
    wintypes.HANDLE, ctypes.c_int, ctypes.c_void_p, wintypes.DWORD, ctypes.c_void_p
]  # fmt: skip
advapi.ConvertSidToStringSidW.argtypes = [ctypes.c_void_p, ctypes.c_void_p]
advapi.ConvertSecurityDescriptorToStringSecurityDescriptorW.argtypes = [
    ctypes.c_void_p, wintypes.DWORD, wintypes.DWORD, ctypes.c_void_p, ctypes.c_void_p
]  # fmt: skip
advapi.GetNamedSecurityInfoW.argtypes = [
    wintypes.LPCWSTR, ctypes.c_int, wintypes.DWORD, *[ctypes.c_void_p] * 5
]  # fmt: skip

PACKED_STRUCTURES = True
SYSTEM = "windows"
# The interpreter's own kind: a program for another processor may run by translation.
_KIND = sysconfig.get_platform().removeprefix("win-").replace("win32", "i386")
PROCESSOR = processor(_KIND, ctypes.sizeof(ctypes.c_void_p))


def file_rights(path: Path) -> FileRights:
    """The rights of a file or folder; raises OSError."""
    descriptor = ctypes.c_void_p()
    wanted = _OWNER | _DACL
    error = advapi.GetNamedSecurityInfoW(
        str(path), _FILE_OBJECT, wanted, None, None, None, None, ctypes.byref(descriptor)
    )
    if error:
        raise OSError(error, "GetNamedSecurityInfo")
    text = ctypes.c_wchar_p()
    done = advapi.ConvertSecurityDescriptorToStringSecurityDescriptorW(
        descriptor, _SDDL_REVISION, wanted, ctypes.byref(text), None
    )
    kernel.LocalFree(descriptor)
    return sddl_rights(_taken(done, text), _user())


def path_places() -> dict[str, str]:
    """What a path of the catalogue may begin with: the system's own folder, not what the environment says it is."""
    room = ctypes.create_unicode_buffer(_MAX_PATH)
    length = kernel.GetSystemWindowsDirectoryW(room, _MAX_PATH)
    return {"%SystemRoot%": room.value} if 0 < length < _MAX_PATH else {}


@contextmanager
def snapshot(path: Path) -> Iterator[tuple[str, str]]:
    """A driver's content as it is now: its SHA-256 (hex), and a name by which exactly that is loaded meanwhile.

    It is the file's own: while it is open here, nobody may write to it, rename it or remove it, nor a folder above it.
    Raises OSError for a file that cannot be read or is too long.
    """
    handle = kernel.CreateFileW(str(path), _READ, _SHARE_READING_ONLY, None, _OPEN_EXISTING, 0, None)
    if handle is None or handle == wintypes.HANDLE(-1).value:
        raise OSError("CreateFile")
    import msvcrt

    descriptor = msvcrt.open_osfhandle(handle, os.O_RDONLY)  # type: ignore[attr-defined,unused-ignore]
    with os.fdopen(descriptor, "rb") as file:
        content = file.read(_MAX_DRIVER + 1)
        if len(content) > _MAX_DRIVER:
            raise OSError("too long for a driver")
        yield hashlib.sha256(content).hexdigest(), str(path)


def _user() -> str:
    """The SID of the user whose process this is."""
    token, room, length = wintypes.HANDLE(), ctypes.create_string_buffer(_TOKEN_ROOM), wintypes.DWORD()
    if not advapi.OpenProcessToken(kernel.GetCurrentProcess(), _TOKEN_QUERY, ctypes.byref(token)):
        raise OSError("OpenProcessToken")
    done = advapi.GetTokenInformation(token, _TOKEN_USER, room, _TOKEN_ROOM, ctypes.byref(length))
    kernel.CloseHandle(token)
    if not done:
        raise OSError("GetTokenInformation")
    text = ctypes.c_wchar_p()
    sid = ctypes.c_void_p.from_buffer(room)  # TOKEN_USER begins with the pointer to the SID
    return _taken(advapi.ConvertSidToStringSidW(sid, ctypes.byref(text)), text)


def _taken(done: int, text: ctypes.c_wchar_p) -> str:
    """A text that the system has allocated, freed."""
    if not done or text.value is None:
        raise OSError("security descriptor")
    value = text.value
    kernel.LocalFree(ctypes.cast(text, ctypes.c_void_p))
    return value
