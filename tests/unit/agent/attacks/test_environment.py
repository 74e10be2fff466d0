"""The environment of the session, written by other programs: it makes the card host load and reach nothing."""

import asyncio
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from agent import platform
from agent.card.frames import HostSetup
from agent.card.process import HostProcess
from agent.child import child_command
from tests.stand.screen import Screen
from tests.stand.waiting import LIMIT

WHO = "another program of the same user"

EVIL = (
    "LD_PRELOAD", "LD_LIBRARY_PATH", "LD_AUDIT", "GLIBC_TUNABLES", "GCONV_PATH", "LOCPATH", "NLSPATH", "LC_MESSAGES",
    "LANGUAGE", "PATH", "TMPDIR", "BASH_ENV", "IFS", "PYTHONPATH", "PYTHONHOME", "PYTHONSTARTUP", "PYTHONINSPECT",
    "PYTHONUSERBASE", "PYTHONPLATLIBDIR", "TCLLIBPATH", "TCL_LIBRARY", "TK_LIBRARY", "TCL8_6_TM_PATH", "XENVIRONMENT",
    "XMODIFIERS", "XLOCALEDIR", "XCOMPOSEFILE", "GTK_MODULES", "GTK3_MODULES", "GTK_PATH", "GTK2_RC_FILES",
    "GTK_IM_MODULE", "GTK_IM_MODULE_FILE", "GTK_EXE_PREFIX", "GIO_EXTRA_MODULES", "GDK_PIXBUF_MODULE_FILE",
    "QT_PLUGIN_PATH", "QT_QPA_PLATFORM_PLUGIN_PATH", "QT_QPA_PLATFORMTHEME", "FONTCONFIG_FILE", "FONTCONFIG_PATH",
    "OPENSSL_CONF", "OPENSSL_MODULES", "OPENSSL_ENGINES", "SSL_CERT_FILE", "P11_KIT_SERVER_ADDRESS", "PKCS11_MODULE",
    "OPENSC_DRIVER", "XDG_DATA_HOME", "XDG_DATA_DIRS", "XDG_CONFIG_DIRS", "DBUS_SESSION_BUS_ADDRESS", "TERMINFO",
    "TERMCAP", "TERMINFO_DIRS", "LIBPCSCLITE_DELEGATE", "PCSCLITE_DEBUG", "PINENTRY_PROGRAM", "SSH_ASKPASS",
)  # fmt: skip


def environment_of_host(setup: HostSetup) -> dict[str, str]:
    """What a card host of this process is given."""

    async def look() -> bytes:
        host = await HostProcess.start(setup)
        try:
            return await asyncio.to_thread(Path(f"/proc/{host._process.pid}/environ").read_bytes)
        finally:
            await host.end()

    content = asyncio.run(look())
    return dict(item.decode().split("=", 1) for item in content.split(b"\0") if item)


@pytest.mark.parametrize("name", EVIL)
def test_variable(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str) -> None:
    """A variable that names code or a place of code reaches the process that gets the PIN"""
    if name.startswith(("LD_", "GLIBC_")):  # not to steer this test's own children
        monkeypatch.setitem(os.environ._data, name.encode(), b"evil")  # type: ignore[attr-defined]
    else:
        monkeypatch.setenv(name, str(tmp_path / "evil"))
    assert name not in environment_of_host(HostSetup())


def test_all_others(monkeypatch: pytest.MonkeyPatch) -> None:
    """A variable that nobody has thought of reaches it"""
    monkeypatch.setenv("CARDLOGIN_ANYTHING", "evil")
    assert set(environment_of_host(HostSetup())) <= set(platform.HOST_ENVIRONMENT)


def test_list_is_exactly_that() -> None:
    """A further variable is let through without a reason"""
    source = Path(platform.harden.__code__.co_filename).read_text("utf-8")
    as_lang = {"LC_ALL", "LC_CTYPE"}
    assert set(platform.HOST_ENVIRONMENT) == {
        "DISPLAY", "XAUTHORITY", "WAYLAND_DISPLAY", "XDG_RUNTIME_DIR", "HOME", "XDG_CONFIG_HOME", "GTK_THEME", "TERM",
        "LANG", "LC_ALL", "LC_CTYPE", "PCSCLITE_CSOCK_NAME", "SOFTHSM2_CONF",
    }  # fmt: skip
    for name in set(platform.HOST_ENVIRONMENT) - as_lang:
        quoted = "PCSC_SOCKET" if name == platform.PCSC_SOCKET else f'"{name}"'
        assert f"    {quoted},  # " in source, f"{name} has a reason"


def _link(folder: Path) -> Path:
    (folder / "link").symlink_to("/etc/passwd")
    return folder / "link"


def _owned(folder: Path) -> Path:
    (folder / "x").touch()
    os.chown(folder / "x", 65534, 65534)
    return folder / "x"


def _beneath(folder: Path) -> Path:
    (folder / "theirs").mkdir()
    (folder / "theirs" / "x").touch()
    os.chown(folder / "theirs", 65534, 65534)
    return folder / "theirs" / "x"


SOCKETS: dict[str, Callable[[Path], Path | str]] = {
    "of the user's own": _owned,
    "in a folder of the user's": _beneath,
    "by a link": _link,
    "by a relative name": lambda folder: os.path.relpath("/etc/passwd"),
    "not there": lambda folder: folder / "nothing",
    "nothing": lambda folder: "",
    "by a way back": lambda folder: "/etc/../etc/passwd",
}


@pytest.mark.parametrize("kind", SOCKETS)
def test_service_of_another_program(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, kind: str) -> None:
    """The PIN goes to a PC/SC service that the session's environment names"""
    monkeypatch.setenv("PCSCLITE_CSOCK_NAME", str(SOCKETS[kind](tmp_path)))
    assert "PCSCLITE_CSOCK_NAME" not in environment_of_host(HostSetup())


def test_service_of_the_system_and_of_a_developer(monkeypatch: pytest.MonkeyPatch) -> None:
    """The service that root alone can name, or that the settings name, is not reached any more"""
    monkeypatch.setenv("PCSCLITE_CSOCK_NAME", "/etc/passwd")
    assert (environment_of_host(HostSetup()))["PCSCLITE_CSOCK_NAME"] == "/etc/passwd"
    assert (environment_of_host(HostSetup(pcsc="/own/comm")))["PCSCLITE_CSOCK_NAME"] == "/own/comm"


@pytest.mark.parametrize("name", [".Xft.tcl", ".Xft.py", ".Tk.tcl", ".Tk.py", ".tk.tcl", ".wishrc", ".tclshrc"])
def test_profile_of_the_toolkit(screen: Screen, tmp_path: Path, name: str) -> None:
    """A profile in the user's home is run when the window opens"""
    mark = tmp_path / "ran"
    (tmp_path / name).write_text(
        f"open('{mark}', 'w')\n" if name.endswith(".py") else f"close [open {mark} w]\n", "utf-8"
    )
    command = child_command("agent.card.prompts.prompt_window")
    assert command[1] == "-I", "Tk's profiles are not read in isolated mode"
    code = command[-1].partition("from agent.card")[0] + (
        "from agent.card.prompts.prompt_window import open_window; from agent.card.frames import HostSetup;"
        "sys.exit(0 if open_window(HostSetup()) else 1)"
    )
    environment = {"HOME": str(tmp_path), "DISPLAY": screen.display}
    subprocess.run([sys.executable, "-I", "-c", code], env=environment, check=True, timeout=LIMIT)
    assert not mark.exists()
