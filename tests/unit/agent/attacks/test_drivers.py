"""Drivers that nobody has installed: none runs where the PIN is without the person's word on its very content.

The victim is a real user without rights, in a process of his own that is hardened as the card host is.
"""

import json
import os
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pkcs11_shims.catalogue import SYSTEMS, read_catalogue
from tests.stand.parts import ROOT
from tests.stand.waiting import LIMIT

WHO = "another program of the same user"

VICTIM, OTHER = 65534, 1
# Writes down that it ran, as one that steals a PIN would.
SPY = """
#include <fcntl.h>
#include <unistd.h>
__attribute__((constructor)) static void run(void) { close(open(MARK, O_CREAT | O_WRONLY, 0644)); }
"""
# Looks for drivers, answers what is asked, and tells what it has come to.
HOST = """
import json, os, sys
sys.path.insert(0, {root!r})
import agent.platform.linux  # before the rights to read Python are gone
from agent import platform as hardening
from agent.card.drivers import Drivers
from agent.card.frames import DriverAnswer
from agent.platform import modules as platform
from msgspec import structs
from pkcs11_shims.catalogue import Driver, read_catalogue
from pkcs11_shims.discovery import FileFacts, System, find_drivers
spec = json.loads(sys.argv[1])
if os.geteuid() == 0:
    os.setgroups([]); os.setgid({victim}); os.setuid({victim})
hardening.harden()
system = System(platform.PROCESSOR, lambda path: FileFacts(*platform.file_rights(path)), {{"~": spec["home"]}})
rows = read_catalogue("linux") if spec["catalogue"] else {{}}
answers = [DriverAnswer(*item) for item in spec["answers"]]
drivers = Drivers(find_drivers(rows, system, (), spec["modules"]), answers)
asked = drivers.question
if asked is not None and spec["then"]:
    exec(spec["then"])
    drivers.answer(structs.replace(asked, allowed=True))
again = drivers.question
print(json.dumps([asked and [asked.path, asked.sha256], again and [again.path, again.sha256], drivers.refused]))
"""


class Home:
    """The victim's home, and what his card host makes of the drivers in it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "home"
        self.folder.mkdir(parents=True)
        os.chown(self.folder, VICTIM, VICTIM)
        for above in (folder, *folder.parents):
            if above.name.startswith(("pytest-", "popen-")) or above == folder:
                above.chmod(0o755)
        self.marks = folder / "marks"
        self.marks.mkdir()
        self.marks.chmod(0o777)

    def spy(self, path: Path, owner: int = VICTIM, *, mark: str = "ran") -> Path:
        """A library that leaves a mark when it is loaded."""
        path.parent.mkdir(parents=True, exist_ok=True)
        for above in (path.parent, *path.parent.parents):
            if self.folder in (above, *above.parents):
                os.chown(above, VICTIM, VICTIM)
        defined = f'-DMARK="{self.marks / mark}"'
        command = ["cc", "-shared", "-fPIC", "-x", "c", defined, "-o", str(path), "-"]
        subprocess.run(command, input=SPY, text=True, check=True, timeout=LIMIT)
        path.chmod(0o644)
        os.chown(path, owner, owner)
        return path

    def host(
        self, *modules: Path, catalogue: bool = False, answers: tuple[tuple[str, str, bool], ...] = (), then: str = ""
    ) -> Any:
        """What is asked first, what after a yes (with `then` done before it), and whether anything was refused."""
        spec = {
            "home": str(self.folder), "catalogue": catalogue, "answers": answers, "then": then,
            "modules": [os.fsdecode(module) for module in modules],
        }  # fmt: skip
        result = subprocess.run(
            [sys.executable, "-I", "-c", HOST.format(root=str(ROOT), victim=VICTIM), json.dumps(spec)],
            capture_output=True, text=True, check=False, timeout=LIMIT,
        )  # fmt: skip
        assert result.returncode == 0, result.stderr
        return json.loads(result.stdout)

    def ran(self, mark: str = "ran") -> bool:
        """Whether a spy was loaded."""
        return (self.marks / mark).exists()


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """A home; only the administrator can make files of several users."""
    assert os.geteuid() == 0, "these attacks need a second user: run as root, as in the container"
    return Home(tmp_path)


FOREIGN = sorted(
    path
    for system in SYSTEMS
    for row in read_catalogue(system).values()
    for path in row.paths
    if path.startswith("~") and path not in read_catalogue("linux")[row.name].paths
)


@pytest.mark.parametrize("path", FOREIGN)
def test_place_of_another_system(home: Home, path: str) -> None:
    """A driver is put where only another system has one"""
    home.spy(home.folder / path.removeprefix("~/"))
    asked, _, _ = home.host(catalogue=True)
    assert asked is None, "it is not even looked at"
    assert not home.ran()


def test_own_driver_without_a_word(home: Home) -> None:
    """A driver of the user's own is loaded before anybody was asked"""
    module = home.spy(home.folder / "lib" / "spy.so")
    asked, _, _ = home.host(module)
    assert asked[0] == str(module)
    assert not home.ran()


def test_allowed_driver_is_loaded(home: Home) -> None:
    """The person's yes is kept back (a yes loads the file, now and with the next host)"""
    module = home.spy(home.folder / "lib" / "spy.so")
    asked, again, _ = home.host(module, then="pass")
    assert home.ran()
    assert again is None
    (home.marks / "ran").unlink()
    assert home.host(module, answers=((*asked, True),))[0] is None
    assert home.ran()


@pytest.mark.parametrize("how", ["in its place", "written over"])
def test_swap_between_question_and_answer(home: Home, how: str) -> None:
    """The file is another one when the person has said yes"""
    module = home.spy(home.folder / "lib" / "shown.so", mark="shown")
    evil = home.spy(home.folder / "lib" / "evil.so", mark="evil")
    swap = f"os.rename({str(evil)!r}, {str(module)!r})"
    if how == "written over":
        swap = f"open({str(module)!r}, 'r+b').write(open({str(evil)!r}, 'rb').read())"
    asked, again, _ = home.host(module, then=swap)
    assert again[0] == asked[0], "it is asked about again"
    assert again[1] != asked[1]
    assert not home.ran("evil")


def test_swap_between_look_and_load(home: Home) -> None:
    """The file is another one when the loader gets it"""
    module = home.spy(home.folder / "lib" / "shown.so", mark="shown")
    evil = home.spy(home.folder / "lib" / "evil.so", mark="evil")
    swap = (
        "load = drivers._load\n"
        "def late(found):\n"
        f"    os.rename({str(evil)!r}, {str(module)!r})\n"
        "    return load(found)\n"
        "drivers._load = late\n"
    )
    home.host(module, then=swap)
    assert home.ran("shown")
    assert not home.ran("evil")


def test_yes_of_earlier_for_a_changed_file(home: Home) -> None:
    """An answer of earlier is used for other content under the same path"""
    module = home.spy(home.folder / "lib" / "spy.so")
    asked, _, _ = home.host(module)
    module.write_bytes(module.read_bytes() + b"\0")
    assert home.host(module, answers=((*asked, True),))[0][0] == str(module)
    assert not home.ran()


def test_no_of_earlier(home: Home) -> None:
    """A driver that was not allowed is loaded by the next host"""
    module = home.spy(home.folder / "lib" / "spy.so")
    asked, _, _ = home.host(module)
    assert home.host(module, answers=((*asked, False),)) == [None, None, True]
    assert not home.ran()


@pytest.mark.parametrize("answered", [False, True], ids=["unasked", "allowed"])
def test_file_of_another_user(home: Home, answered: bool) -> None:
    """A driver of another user is loaded, even with an answer that allows it"""
    module = home.spy(home.folder / "lib" / "spy.so", OTHER)
    digest = subprocess.run(["sha256sum", module], capture_output=True, text=True, check=True).stdout.split()[0]
    answers = ((str(module), digest, True),) if answered else ()
    assert home.host(module, answers=answers) == [None, None, True]
    assert not home.ran()


@pytest.mark.parametrize("where", ["link in the home", "installed file in the home's folder", "link among folders"])
def test_installed_file_by_a_way_of_the_users(home: Home, where: str) -> None:
    """A file of the administrator's is named by a way that the user can change"""
    kept = home.spy(home.folder.parent / "kept" / "spy.so", 0)
    os.chown(kept.parent, 0, 0)
    ways: dict[str, Callable[[], Path]] = {
        "link in the home": lambda: _link(home.folder / "spy.so", kept),
        "installed file in the home's folder": lambda: home.spy(home.folder / "spy.so", 0),
        "link among folders": lambda: _link(home.folder / "kept", kept.parent) / "spy.so",
    }
    assert home.host(ways[where]())[0] is not None
    assert not home.ran()


@pytest.mark.parametrize("name", ["p11-kit-proxy.so", "libp11-kit.so.0"])
def test_module_that_loads_the_users_configuration(home: Home, name: str) -> None:
    """An installed module is named that loads what the user's own configuration says"""
    module = home.spy(home.folder.parent / "kept" / name, 0)
    assert home.host(module) == [None, None, True]
    assert not home.ran()


def _link(path: Path, target: Path) -> Path:
    path.symlink_to(target)
    return path


def _pipe(path: Path) -> Path:
    os.mkfifo(path)
    os.chown(path, VICTIM, VICTIM)
    return path


def _socket(path: Path) -> Path:
    with socket.socket(socket.AF_UNIX) as sock:
        sock.bind(str(path))
    return path


def _folder(path: Path) -> Path:
    path.mkdir()
    return path


def _sparse(path: Path) -> Path:
    with path.open("wb") as file:
        file.write(Path("/usr/lib/softhsm/libsofthsm2.so").read_bytes()[:4096])
        file.truncate(10 << 30)
    os.chown(path, VICTIM, VICTIM)
    return path


ODD: dict[str, Callable[[Path], Path]] = {
    "pipe": _pipe,
    "socket": _socket,
    "endless device": lambda path: _link(path, Path("/dev/zero")),
    "folder": _folder,
    "link to nowhere": lambda path: _link(path, Path("/nowhere/x.so")),
    "link to itself": lambda path: _link(path, path),
    "ten gigabytes without content": _sparse,
}


@pytest.mark.parametrize("kind", ODD)
def test_what_is_no_driver(home: Home, kind: str) -> None:
    """Something that is no library lies where a driver is looked for"""
    assert home.host(ODD[kind](home.folder / "x.so")) == [None, None, True]


@pytest.mark.parametrize("name", ["a\nb.so", "a\u202eos.b.so", "a\u00a0b.so", f"{'long' * 60}/{'long' * 60}.so"])
def test_name_that_cannot_be_shown(home: Home, name: str) -> None:
    """A driver's name would show the person another file than the one that is loaded"""
    assert home.host(home.spy(home.folder / name)) == [None, None, True]
    assert not home.ran()
