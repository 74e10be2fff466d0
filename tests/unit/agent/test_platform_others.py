"""What Windows and macOS are asked for, checked without them: which calls, with which numbers."""

import ctypes
from typing import Any

import pytest

from agent.platform import macos, windows


class Library:
    """A system library that writes down what it is asked; handles are small numbers."""

    def __init__(self, name: str, log: list[tuple[Any, ...]]) -> None:
        self._name = name
        self._log = log

    def __getattr__(self, function: str) -> Any:
        def call(*arguments: Any) -> int:
            self._log.append((function, *arguments))
            return 7

        setattr(self, function, call)
        return call


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Any, ...]]:
    """What Windows was asked, in order; every library must come from System32."""
    log: list[tuple[Any, ...]] = []

    def load(name: str, winmode: int) -> Library:
        assert winmode == 0x800  # LOAD_LIBRARY_SEARCH_SYSTEM32
        return Library(name, log)

    monkeypatch.setattr(ctypes, "WinDLL", load, raising=False)
    windows._job.cache_clear()
    return log


def names(calls: list[tuple[Any, ...]]) -> list[str]:
    """The functions that were called."""
    return [call[0] for call in calls]


def test_host_shows_no_crash_dialogue_and_reports_no_heap(calls: list[tuple[Any, ...]]) -> None:
    windows.harden()
    assert ("SetErrorMode", 0x3) in calls
    assert ("WerSetFlags", 1) in calls


def test_current_directory_is_no_place_for_libraries(calls: list[tuple[Any, ...]]) -> None:
    windows.harden()
    assert ("SetDllDirectoryW", "") in calls


def test_mitigations_are_four_bytes_of_flags(calls: list[tuple[Any, ...]]) -> None:
    windows.harden()
    asked = [(call[1], call[2]._obj.value, call[3]) for call in calls if call[0] == "SetProcessMitigationPolicy"]
    # ProcessExtensionPointDisablePolicy, ProcessImageLoadPolicy (winnt.h).
    assert asked == [(6, 1, 4), (10, 3, 4)]


def rights_of(sddl: str) -> int:
    """The rights in an access list with one entry, for the owner."""
    head, _, entry = sddl.partition("(")
    assert head == "D:P"  # protected: nothing is inherited
    kind, _, rights, _, _, who = entry.removesuffix(")").split(";")
    assert (kind, who) == ("A", "OW")
    return int(rights, 16)


def test_nobody_may_read_the_memory_of_the_host(calls: list[tuple[Any, ...]]) -> None:
    windows.harden()
    assert names(calls)[-3:] == [
        "ConvertStringSecurityDescriptorToSecurityDescriptorW", "SetKernelObjectSecurity", "LocalFree",
    ]  # fmt: skip
    rights = rights_of(calls[-3][1])
    for forbidden in (0x0002, 0x0008, 0x0010, 0x0020, 0x0040, 0x0400, 0x0800):
        assert not rights & forbidden  # threads, memory, handles, questions in full, suspension (winnt.h)
    assert not rights & 0x000E0000  # READ_CONTROL, WRITE_DAC, WRITE_OWNER
    for needed in (0x00100000, 0x1000, 0x0001, 0x0100):
        assert rights & needed  # SYNCHRONIZE, QUERY_LIMITED_INFORMATION, TERMINATE, SET_QUOTA
    assert calls[-2][2] == 4  # DACL_SECURITY_INFORMATION


class BasicLimits(ctypes.Structure):
    """JOBOBJECT_BASIC_LIMIT_INFORMATION (winnt.h), 64 bits."""

    _fields_ = (  # type: ignore[mutable-override]  # the stub wants a list
        ("PerProcessUserTimeLimit", ctypes.c_int64),
        ("PerJobUserTimeLimit", ctypes.c_int64),
        ("LimitFlags", ctypes.c_uint32),
        ("MinimumWorkingSetSize", ctypes.c_size_t),
        ("MaximumWorkingSetSize", ctypes.c_size_t),
        ("ActiveProcessLimit", ctypes.c_uint32),
        ("Affinity", ctypes.c_size_t),
        ("PriorityClass", ctypes.c_uint32),
        ("SchedulingClass", ctypes.c_uint32),
    )


class ExtendedLimits(ctypes.Structure):
    """JOBOBJECT_EXTENDED_LIMIT_INFORMATION; six counters of input and output stand in the middle."""

    _fields_ = (  # type: ignore[mutable-override]  # the stub wants a list
        ("BasicLimitInformation", BasicLimits),
        ("IoInfo", ctypes.c_uint64 * 6),
        ("ProcessMemoryLimit", ctypes.c_size_t),
        ("JobMemoryLimit", ctypes.c_size_t),
        ("PeakProcessMemoryUsed", ctypes.c_size_t),
        ("PeakJobMemoryUsed", ctypes.c_size_t),
    )


def test_job_ends_its_members_with_its_last_handle(calls: list[tuple[Any, ...]]) -> None:
    windows.end_with_us(4711)
    (limits,) = (call for call in calls if call[0] == "SetInformationJobObject")
    assert (limits[2], limits[4]) == (9, ctypes.sizeof(ExtendedLimits))  # JobObjectExtendedLimitInformation
    found = ExtendedLimits.from_buffer(limits[3])
    assert found.BasicLimitInformation.LimitFlags == 0x2000  # JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE
    assert sum(bytes(limits[3])) == 0x20  # nothing else is limited


def test_children_share_one_job_which_is_never_closed(calls: list[tuple[Any, ...]]) -> None:
    windows.end_with_us(4711)
    windows.end_with_us(4712)
    assert names(calls).count("CreateJobObjectW") == 1
    assert [call[3] for call in calls if call[0] == "OpenProcess"] == [4711, 4712]
    assert names(calls).count("AssignProcessToJobObject") == names(calls).count("CloseHandle") == 2


def test_macos_denies_attaching(monkeypatch: pytest.MonkeyPatch) -> None:
    log: list[tuple[Any, ...]] = []
    monkeypatch.setattr(ctypes, "CDLL", lambda name: Library("libc", log))
    macos.seal()
    assert log == [("ptrace", 31, 0, None, 0)]  # PT_DENY_ATTACH
