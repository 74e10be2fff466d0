"""Windows."""

import ctypes
import struct
from functools import cache
from typing import Any

# What the card host may see of the daemon's environment: where the system is, without which no program starts; the
# user's folders, for Tk and the desktop's settings; and where tokens of software are, for a developer's driver.
HOST_ENVIRONMENT = ("SYSTEMROOT", "WINDIR", "USERPROFILE", "LOCALAPPDATA", "APPDATA", "TEMP", "TMP", "SOFTHSM2_CONF")
PCSC_SOCKET = "PCSCLITE_CSOCK_NAME"  # not known here
WINDOW_FONT = "Microsoft JhengHei UI"

_NO_ERROR_BOXES = 0x0001 | 0x0002  # SEM_FAILCRITICALERRORS | SEM_NOGPFAULTERRORBOX: no crash dump dialogue
_NO_HEAP = 0x0001  # WER_FAULT_REPORTING_FLAG_NOHEAP: what is reported all the same holds no heap
# PROCESS_MITIGATION_POLICY and its flags: no code by legacy hooks; no images from the network or of low integrity.
_MITIGATIONS = {6: 0x1, 10: 0x1 | 0x2}
# The owner may wait for the process, ask whether it runs, end it and put it into a job; nobody may read its memory.
# Without rights of their own ("OW") owners could change this list.
_ACCESS = "D:P(A;;0x00101101;;;OW)"
_SDDL_REVISION_1, _DACL_SECURITY_INFORMATION = 1, 4
_JOB_EXTENDED_LIMITS, _KILL_ON_JOB_CLOSE = 9, 0x2000
# JOBOBJECT_EXTENDED_LIMIT_INFORMATION on 64-bit systems; LimitFlags follow two 64-bit times.
_LIMITS_SIZE, _LIMIT_FLAGS_OFFSET = 144, 16
_SET_QUOTA_AND_TERMINATE = 0x0100 | 0x0001


def may_pass(_name: str, _value: str) -> bool:
    """Whether a variable of HOST_ENVIRONMENT may be believed: none of these names a service."""
    return True


def harden() -> None:
    """Makes a crash of this process end quietly, closes it to other programs, and loads nothing from odd places."""
    kernel32 = _kernel32()
    kernel32.SetErrorMode(_NO_ERROR_BOXES)
    kernel32.WerSetFlags(_NO_HEAP)
    kernel32.SetDllDirectoryW("")  # takes the current directory out of the search for libraries
    for policy, flags in _MITIGATIONS.items():
        kernel32.SetProcessMitigationPolicy(policy, ctypes.byref(ctypes.c_uint32(flags)), 4)
    _restrict_access(kernel32)


def end_with_us(pid: int) -> None:
    """Puts a child into a job that ends with this process, however it ends."""
    kernel32 = _kernel32()
    child = ctypes.c_void_p(kernel32.OpenProcess(_SET_QUOTA_AND_TERMINATE, False, pid))
    kernel32.AssignProcessToJobObject(_job(), child)
    kernel32.CloseHandle(child)


@cache
def _job() -> ctypes.c_void_p:
    """One job for all children; its only handle is never closed, so the system closes it when this process ends."""
    kernel32 = _kernel32()
    job = ctypes.c_void_p(kernel32.CreateJobObjectW(None, None))
    limits = ctypes.create_string_buffer(_LIMITS_SIZE)
    struct.pack_into("<I", limits, _LIMIT_FLAGS_OFFSET, _KILL_ON_JOB_CLOSE)
    kernel32.SetInformationJobObject(job, _JOB_EXTENDED_LIMITS, limits, len(limits))
    return job


def _restrict_access(kernel32: Any) -> None:
    advapi32, descriptor = _library("advapi32"), ctypes.c_void_p()
    itself = ctypes.c_void_p(-1)  # GetCurrentProcess
    if advapi32.ConvertStringSecurityDescriptorToSecurityDescriptorW(
        _ACCESS, _SDDL_REVISION_1, ctypes.byref(descriptor), None
    ):
        advapi32.SetKernelObjectSecurity(itself, _DACL_SECURITY_INFORMATION, descriptor)
        kernel32.LocalFree(descriptor)


def _kernel32() -> Any:
    library = _library("kernel32")
    library.OpenProcess.restype = library.CreateJobObjectW.restype = ctypes.c_void_p
    return library


def _library(name: str) -> Any:
    # From System32 and nowhere else (LOAD_LIBRARY_SEARCH_SYSTEM32).
    return ctypes.WinDLL(f"{name}.dll", winmode=0x00000800)  # type: ignore[attr-defined,unused-ignore]
