"""`cardlogin trust` as a person runs it: a home with Chromium and Firefox, the real certutil, exit statuses."""

import json
import os
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest

from certs.authority import make_identity
from certs.folder import write_identity
from certs.journal import Journal
from certs.life import MANIFEST, ROOT, read_life
from certs.nss import NssStore
from certs.store import Kind, State, read_root
from tests.stand.parts import ROOT as HOUSE
from tests.stand.waiting import LIMIT


class Person:
    """Somebody with a home folder, a Chromium that was never started, and a Firefox profile."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.state = home / "state"
        self.profile = home / ".mozilla" / "firefox" / "a.default"
        self.profile.mkdir(parents=True)
        subprocess.run(["certutil", "-d", f"sql:{self.profile}", "-N", "--empty-password"], check=True, timeout=LIMIT)
        (self.profile.parent / "profiles.ini").write_text("[Profile0]\nIsRelative=1\nPath=a.default\n")
        (home / ".config" / "chromium").mkdir(parents=True)
        self.settings = home / "agent.toml"
        self.settings.write_text(f"state = {json.dumps(str(self.state))}\n")

    def trust(self, *arguments: str, **environment: str) -> tuple[int, str]:
        """Runs the command: status, and everything it said."""
        command = [sys.executable, "-m", "agent", "trust", *arguments]
        if "--system" not in arguments:
            command += ["--settings", str(self.settings)]
        env = {
            **os.environ,
            "HOME": str(self.home),
            "XDG_DATA_HOME": "",
            "XDG_CONFIG_HOME": "",
            "LC_ALL": "zh_TW.UTF-8",
            **environment,
        }
        result = subprocess.run(
            command, cwd=HOUSE, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=LIMIT, check=False
        )
        text = result.stdout.decode(environment.get("PYTHONIOENCODING", "utf-8"), "replace")
        assert "Traceback" not in text
        return result.returncode, text

    def states(self) -> list[State]:
        """What the two databases make of the root."""
        root = read_root(self.state / "identity" / ROOT)
        places = (self.home / ".local/share/pki/nssdb", self.profile)
        return [NssStore(Kind.FIREFOX, place).verify(root) for place in places]


@pytest.fixture
def person(tmp_path: Path) -> Person:
    """A person."""
    return Person(tmp_path)


def chinese(text: str) -> bool:
    """Whether a text is in Chinese."""
    return any("\u4e00" <= c <= "\u9fff" for c in text)


def test_from_install_to_remove(person: Person) -> None:
    status, text = person.trust("install")
    assert status == 0
    assert chinese(text)
    assert person.states() == [State.TRUSTED] * 2
    assert str(person.profile) in text
    status, text = person.trust("status")
    assert (status, text.count("已信任")) == (0, 2)
    assert person.trust("dry-run")[0] == 0
    status, text = person.trust("remove")
    assert (status, text.count("已移除")) == (0, 2)
    assert person.states() == [State.ABSENT] * 2
    assert not (person.home / ".local").exists()
    assert not (person.state / "trust.journal").exists()
    assert person.trust("remove") == (0, "沒有需要變更的項目\n")


def test_dry_run_names_every_step_and_does_none(person: Person) -> None:
    write_identity(person.state / "identity", make_identity())
    status, text = person.trust("dry-run")
    assert status == 1
    assert [line.split()[4] for line in text.splitlines() if "→" in line] == ["-N", "-A", "-A"]
    assert person.states() == [State.ABSENT] * 2
    assert not (person.state / "trust.journal").exists()


def test_status_before_anything_is_made(person: Person) -> None:
    assert person.trust("status") == (
        2, f"cardlogin: identity_missing: {person.state}/identity (cardlogin trust install)\n",
    )  # fmt: skip


def test_status_of_an_identity_that_is_not_trusted_is_1(person: Person) -> None:
    write_identity(person.state / "identity", make_identity())
    status, text = person.trust("status")
    assert (status, text.count("未信任")) == (1, 2)


def test_install_without_any_browser_is_1(person: Person, tmp_path: Path) -> None:
    home = tmp_path / "empty"
    home.mkdir()
    path = tmp_path / "bin"
    path.mkdir()
    status, text = person.trust("install", HOME=str(home), PATH=str(path))
    assert status == 1
    assert chinese(text)


def test_missing_certutil_names_the_package_and_installs_later(person: Person, tmp_path: Path) -> None:
    path = tmp_path / "bin"
    path.mkdir()
    status, text = person.trust("install", PATH=str(path))
    assert status == 1
    assert text.count("libnss3-tools") == 2
    assert person.trust("install")[0] == 0


def test_new_identity_takes_the_place_of_the_old_in_all_stores(person: Person) -> None:
    person.trust("install")
    old = read_root(person.state / "identity" / ROOT)
    assert person.trust("install", "--new-identity")[0] == 0
    assert person.states() == [State.TRUSTED] * 2
    assert NssStore(Kind.FIREFOX, person.profile).verify(old) is State.ABSENT
    assert [entry.der == old.der for entry in Journal(person.state / "trust.journal").entries()] == [False] * 2
    person.trust("remove")
    assert person.states() == [State.ABSENT] * 2


def test_identity_of_an_earlier_version_is_replaced_by_installing(person: Person) -> None:
    identity = person.state / "identity"
    identity.mkdir(parents=True)
    (identity / ROOT).write_bytes(make_identity().root)
    status, text = person.trust("status")
    assert status == 1
    assert "identity_outdated" in text
    assert person.trust("install")[0] == 0
    assert read_life(identity).leaves


@pytest.mark.parametrize(
    ("days", "named"), [(-3700, "identity_expired"), (-3600, "identity_ending"), (30, "clock_wrong")]
)
def test_status_names_what_is_wrong_with_the_identity(person: Person, days: int, named: str) -> None:
    from datetime import UTC, datetime

    write_identity(person.state / "identity", make_identity(datetime.now(UTC) + timedelta(days=days)))
    person.trust("install")
    status, text = person.trust("status")
    (line,) = [line for line in text.splitlines() if named in line]
    assert status == 1
    assert chinese(line)


def test_damaged_manifest_says_what_to_do_and_that_helps(person: Person) -> None:
    person.trust("install")
    (person.state / "identity" / MANIFEST).write_text("{")
    assert person.trust("install")[0] == 2
    status, text = person.trust("status")
    assert status == 1
    assert "--new-identity" in text
    assert person.trust("install", "--new-identity")[0] == 0
    assert person.trust("status")[0] == 0


def test_removing_works_without_the_identity(person: Person) -> None:
    person.trust("install")
    root = read_root(person.state / "identity" / ROOT)
    for file in (person.state / "identity").iterdir():
        file.unlink()
    assert person.trust("remove")[0] == 0
    assert NssStore(Kind.FIREFOX, person.profile).verify(root) is State.ABSENT


def test_root_that_could_vouch_for_other_sites_is_never_installed(person: Person, tmp_path: Path) -> None:
    """Somebody puts a root of their own into the state folder."""
    evil = tmp_path / "evil"
    command = [
        "openssl",
        "req",
        "-x509",
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:P-256",
        "-nodes",
        "-days",
        "30",
        "-subj",
    ]
    subject = "/CN=CardLogin localhost root 0123456789abcdef"
    subprocess.run(
        [*command, subject, "-keyout", str(evil), "-out", str(evil) + ".pem"], check=True, capture_output=True
    )
    write_identity(person.state / "identity", make_identity())
    (person.state / "identity" / ROOT).write_bytes(Path(f"{evil}.pem").read_bytes())
    status, text = person.trust("install")
    assert status == 2
    assert "not a root that CardLogin made" in text
    assert person.states() == [State.ABSENT] * 2


def test_two_commands_at_once_both_end_well(person: Person) -> None:
    command = [sys.executable, "-m", "agent", "trust", "install", "--settings", str(person.settings)]
    env = {**os.environ, "HOME": str(person.home), "XDG_DATA_HOME": "", "XDG_CONFIG_HOME": ""}
    programs = [subprocess.Popen(command, cwd=HOUSE, env=env, stdout=subprocess.DEVNULL) for _ in range(3)]
    assert [program.wait(LIMIT) for program in programs] == [0] * 3
    assert len(Journal(person.state / "trust.journal").entries()) == 2


def test_terminal_without_chinese_is_no_error(person: Person) -> None:
    status, text = person.trust("install", PYTHONIOENCODING="ascii")
    assert (status, text.count("    trusted")) == (0, 2)


def test_one_language_at_a_time(person: Person) -> None:
    assert not chinese(person.trust("install", LC_ALL="en_GB.UTF-8")[1])
    assert " trusted" not in person.trust("status")[1]


@pytest.mark.parametrize("arguments", [[], ["nonsense"], ["install", "--nonsense"]])
def test_wrong_usage_is_status_2(person: Person, arguments: list[str]) -> None:
    assert person.trust(*arguments)[0] == 2


def test_bad_settings_are_one_line_and_status_2(person: Person) -> None:
    person.settings.write_text("[web]\nport = 1\n")
    status, text = person.trust("status")
    assert (status, text.count("\n")) == (2, 1)


def test_system_stores_need_the_users_identity(person: Person) -> None:
    """And the administrator: whoever runs this test is told one or the other."""
    status, text = person.trust("status", "--system")
    assert status == 2
    assert "--identity FOLDER" in text or "needs the administrator" in text


def test_running_daemon_never_loads_what_the_command_needs() -> None:
    code = (
        "import sys, agent.daemon, agent.__main__; "
        "print(sorted({'cryptography', 'certs.trust', 'certs.authority'} & set(sys.modules)))"
    )
    result = subprocess.run(
        [sys.executable, "-c", code], cwd=HOUSE, capture_output=True, text=True, check=True, timeout=LIMIT
    )
    assert result.stdout.strip() == "[]"
