"""The computer itself, and the agent's own settings."""

import platform as this
import re
from typing import ClassVar

from agent.failures import Code
from agent.permissions import FILE, Permissions, PermissionsError
from agent.selftest.context import Context
from agent.selftest.results import Outcome, bad, good
from certs.private import UnsafeError, check_folder

# The oldest that current browsers run on, and those whose makers still mend them (by their published dates).
_OLDEST = {"Windows": (10,), "Darwin": (21,)}
_MENDED = {"debian": (11,), "ubuntu": (22, 4), "fedora": (41,), "linuxmint": (21,)}
_GLIBC = (2, 28)  # what our libraries are built for (PEP 600: manylinux_2_28)


def judge(system: str, release: str, distribution: str, version: str, libc: str) -> str:
    """The code for an operating system; empty for one that is good."""
    if system == "Linux":
        if libc and _numbers(libc) < _GLIBC:
            return "system_unsupported"
        return "system_old" if version and _numbers(version) < _MENDED.get(distribution, ()) else ""
    if system not in _OLDEST or _numbers(release) < _OLDEST[system]:
        return "system_unsupported"
    return "system_old" if system == "Windows" and _numbers(release) < (11,) else ""


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(number) for number in re.findall(r"[0-9]{1,6}", version))


class System:
    """The operating system and its version."""

    name: ClassVar[str] = "system"
    needs: ClassVar[tuple[str, ...]] = ()

    async def run(self, context: Context) -> Outcome:
        """By name and version."""
        facts: dict[str, str] = {}
        if this.system() == "Linux":
            try:
                facts = this.freedesktop_os_release()
            except OSError:
                facts = {}
        named = facts.get("PRETTY_NAME", f"{this.system()} {this.release()}")
        libc = this.libc_ver()
        code = judge(
            this.system(), this.release(), facts.get("ID", ""), facts.get("VERSION_ID", ""),
            libc[1] if libc[0] == "glibc" else "",
        )  # fmt: skip
        return (
            bad(code, system=named, processor=this.machine()) if code else good(system=named, processor=this.machine())
        )


class SettingsFile:
    """The files that the agent goes by: settings, state folder, decisions about sites."""

    name: ClassVar[str] = "settings"
    needs: ClassVar[tuple[str, ...]] = ()

    async def run(self, context: Context) -> Outcome:
        """Whether they can be read and belong to this user alone."""
        state = context.settings.state
        if context.settings_fault:
            return bad("settings_bad", place=context.settings_fault)
        try:
            if state.exists():
                check_folder(state)
        except UnsafeError as error:
            return bad("state_unsafe", place=str(error))
        try:
            Permissions(state / FILE).all()
        except PermissionsError as error:
            return bad(Code.PERMISSIONS_UNREADABLE, place=str(error))
        return good(place=str(state))
