"""Which modules are found, in which order, and which must not be loaded."""

import os
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from agent.platform.modules import PROCESSOR, SYSTEM, file_rights, path_places
from pkcs11_shims.catalogue import Configuration, Driver, read_catalogue
from pkcs11_shims.discovery import FileFacts, Refusal, Survey, System, find_drivers
from pkcs11_shims.errors import CardError, Fault
from tests.unit.pkcs11_shims.test_binary import ARM64, X86_64, elf, fat, mach, pe

Rows = Mapping[str, Driver]
GOOD = FileFacts(trusted_owner=True, group_writes=False, others_write=False)
LINUX = System("x86_64", lambda path: GOOD, {})


def driver(name: str, *paths: Path | str, citizen: bool = True) -> Driver:
    """A row."""
    return Driver(name, citizen, tuple(map(str, paths)), (), ())


def system(machine: str = "x86_64", facts: Mapping[str, FileFacts] | None = None) -> System:
    """A computer where the named files and folders have other facts than good ones."""
    return System(machine, lambda path: (facts or {}).get(path.name, GOOD), {})


@pytest.fixture
def rows(tmp_path: Path) -> Rows:
    """Two drivers for citizens, one for developers, one that is not installed."""
    for name in ("a.so", "b.so", "c.so"):
        (tmp_path / name).write_bytes(elf(62))
    return {
        "a": driver("a", tmp_path / "none.so", tmp_path / "a.so"),
        "b": driver("b", tmp_path / "b.so"),
        "c": driver("c", tmp_path / "c.so", citizen=False),
        "absent": driver("absent", tmp_path / "absent.so"),
    }


def names(survey: Survey) -> list[str]:
    """The names of what is found."""
    return [found.driver.name for found in survey.found]


def test_without_names_all_installed_drivers_for_citizens_are_found_in_the_order_of_the_catalogue(rows: Rows) -> None:
    assert names(find_drivers(rows, LINUX)) == ["a", "b"]


def test_names_decide_the_order_and_admit_a_developers_driver(rows: Rows) -> None:
    assert names(find_drivers(rows, LINUX, ["c", "b", "a"])) == ["c", "b", "a"]


def test_driver_that_is_not_installed_is_passed_over(rows: Rows) -> None:
    assert find_drivers(rows, LINUX, ["absent"]) == Survey((), ())
    assert names(find_drivers(rows, LINUX, ["absent", "b"])) == ["b"]


@pytest.mark.parametrize("wanted", [["nonsense"], ["a", "nonsense"], ["/usr/lib/evil.so"], ["A"], [""]])
def test_unknown_name_is_no_driver_even_beside_a_known_one(rows: Rows, wanted: list[str]) -> None:
    with pytest.raises(CardError) as caught:
        find_drivers(rows, LINUX, wanted)
    assert caught.value.fault is Fault.NO_DRIVER


def test_link_is_resolved_and_a_module_of_several_rows_is_there_once(rows: Rows, tmp_path: Path) -> None:
    (tmp_path / "link.so").symlink_to(tmp_path / "a.so")
    survey = find_drivers({**rows, "x": driver("x", tmp_path / "link.so")}, LINUX, ["x", "a", "b"])
    assert [(found.driver.name, found.path) for found in survey.found] == [
        ("x", tmp_path / "a.so"),
        ("b", tmp_path / "b.so"),
    ]


def test_folder_dangling_link_and_circle_of_links_are_no_modules(tmp_path: Path) -> None:
    (tmp_path / "folder.so").mkdir()
    (tmp_path / "link.so").symlink_to(tmp_path / "nowhere")
    (tmp_path / "circle.so").symlink_to(tmp_path / "circle.so")
    os.mkfifo(tmp_path / "pipe.so")
    paths = [tmp_path / f"{name}.so" for name in ("folder", "link", "circle", "pipe")]
    assert find_drivers({"x": driver("x", *paths, f"{tmp_path}/zero\0.so")}, LINUX) == Survey((), ())


def test_module_planted_in_the_current_directory_is_not_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("evil.so", "%SystemRoot%", "C:\\evil.so", "~"):
        (tmp_path / name).write_bytes(elf(62))
    monkeypatch.chdir(tmp_path)
    row = driver("x", "evil.so", "./evil.so", "%SystemRoot%\\evil.so", "C:\\evil.so", "~/evil.so", "~")
    assert find_drivers({"x": row}, LINUX) == Survey((), ())
    assert find_drivers({}, LINUX, modules=["evil.so", "./evil.so", "~/evil.so"]).found == ()


def test_home_is_the_systems_and_not_the_environments(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("real", "planted"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "x.dylib").write_bytes(mach(X86_64))
    monkeypatch.setenv("HOME", str(tmp_path / "planted"))
    computer = System("x86_64", lambda path: GOOD, {"~": str(tmp_path / "real")})
    (found,) = find_drivers({"x": driver("x", "~/x.dylib")}, computer).found
    assert found.path == tmp_path / "real" / "x.dylib"
    assert path_places()["~"] != str(tmp_path / "planted")


def test_folder_of_windows_is_the_systems(tmp_path: Path) -> None:
    (tmp_path / "System32").mkdir()
    (tmp_path / "System32" / "x.dll").write_bytes(pe(0x8664))
    computer = System("x86_64", lambda path: GOOD, {"%SystemRoot%": str(tmp_path)}, packed=True)
    (found,) = find_drivers({"x": driver("x", "%SystemRoot%\\System32\\x.dll")}, computer).found
    assert found.path == tmp_path / "System32" / "x.dll"
    assert found.packed


BAD_OWNER = FileFacts(trusted_owner=False, group_writes=False, others_write=False)
GROUP = FileFacts(trusted_owner=True, group_writes=True, others_write=False)
OTHERS = FileFacts(trusted_owner=True, group_writes=False, others_write=True)
USERS = FileFacts(trusted_owner=True, group_writes=False, others_write=False, user_writes=True)
STICKY = FileFacts(trusted_owner=True, group_writes=True, others_write=True, keeps_entries=True)


@pytest.mark.parametrize(
    ("facts", "reason"),
    [
        ({"x.so": BAD_OWNER}, "owner"),
        ({"near": BAD_OWNER}, "owner"),
        ({"x.so": GROUP}, "writable"),
        ({"near": GROUP}, "writable"),
        ({"x.so": OTHERS}, "writable"),
        ({"near": OTHERS}, "writable"),
        ({"near": STICKY}, "writable"),
        ({"far": OTHERS}, "writable"),
        ({"far": STICKY}, ""),
        ({"far": GROUP}, ""),
        ({"far": BAD_OWNER}, ""),
        ({}, ""),
    ],
)
def test_file_that_others_could_change_is_refused(tmp_path: Path, facts: dict[str, FileFacts], reason: str) -> None:
    module = tmp_path / "far" / "near" / "x.so"
    module.parent.mkdir(parents=True)
    module.write_bytes(elf(62))
    survey = find_drivers({"x": driver("x", module)}, system(facts=facts))
    assert survey.refused == ((Refusal("x", reason),) if reason else ())
    assert len(survey.found) == (not reason)


@pytest.mark.parametrize(("facts", "installed"), [(GOOD, True), (STICKY, True), (GROUP, False), (USERS, False)])
def test_folder_on_the_way_decides_whether_it_is_installed(tmp_path: Path, facts: FileFacts, installed: bool) -> None:
    """A folder such as /tmp keeps what lies in it for its owner, even where a group may write there."""
    module = tmp_path / "far" / "near" / "x.so"
    module.parent.mkdir(parents=True)
    module.write_bytes(elf(62))
    (found,) = find_drivers({"x": driver("x", module)}, system(facts={"far": facts})).found
    assert found.installed is installed


@pytest.mark.parametrize(
    ("machine", "head", "loads"),
    [
        ("x86_64", elf(62), True),
        ("x86_64", elf(3, 1), False),
        ("x86", elf(62), False),
        ("arm64", elf(62), False),
        ("x86_64", pe(0x8664), True),
        ("x86", pe(0x8664), False),
        ("arm64", mach(X86_64), False),
        ("arm64", fat(X86_64, ARM64), True),
        ("x86_64", b"#!/bin/sh\n", False),
        ("x86_64", b"", False),
    ],
)
def test_file_for_another_processor_is_refused(tmp_path: Path, machine: str, head: bytes, loads: bool) -> None:
    (tmp_path / "x.so").write_bytes(head)
    survey = find_drivers({"x": driver("x", tmp_path / "x.so")}, system(machine))
    assert (len(survey.found), survey.refused) == ((1, ()) if loads else (0, (Refusal("x", "kind"),)))


def test_next_candidate_is_taken_when_the_first_does_not_fit(tmp_path: Path) -> None:
    (tmp_path / "System32").write_bytes(pe(0x8664))
    (tmp_path / "SysWOW64").write_bytes(pe(0x14C))
    survey = find_drivers({"x": driver("x", tmp_path / "System32", tmp_path / "SysWOW64")}, system("x86"))
    assert [found.path.name for found in survey.found] == ["SysWOW64"]
    assert survey.refused == ()


def test_refused_driver_does_not_hide_the_others(rows: Rows) -> None:
    survey = find_drivers(rows, system(facts={"a.so": OTHERS}))
    assert (names(survey), survey.refused) == (["b"], (Refusal("a", "writable"),))


def test_file_whose_facts_cannot_be_read_is_refused(rows: Rows) -> None:
    def unreadable(path: Path) -> FileFacts:
        raise PermissionError

    survey = find_drivers(rows, System("x86_64", unreadable, {}), ["b"])
    assert survey == Survey((), (Refusal("b", "unreadable"),))


def test_administrators_modules_come_first_with_default_quirks(rows: Rows, tmp_path: Path) -> None:
    (tmp_path / "own.so").write_bytes(elf(62))
    survey = find_drivers(rows, LINUX, modules=[str(tmp_path / "own.so")])
    assert names(survey) == ["own.so", "a", "b"]
    assert survey.found[0].driver.signing_ids == (b"SIGN", b"\1")
    assert survey.found[0].driver.tries == ()


@pytest.mark.parametrize(
    ("path", "reason"), [("x.so", "relative"), ("", "relative"), ("~/x.so", "relative"), ("/nowhere/x.so", "missing")]
)
def test_administrators_module_that_is_not_there_is_told(path: str, reason: str) -> None:
    survey = find_drivers({}, LINUX, modules=[path])
    assert [item.reason for item in survey.refused] == [reason]
    assert "/" not in survey.refused[0].driver


@pytest.fixture
def p11_kit(tmp_path: Path) -> dict[str, Driver]:
    """A row of p11-kit with a module by path, one by name, and one that points out of p11-kit's folder."""
    for folder in ("modules", "pkcs11", "elsewhere"):
        (tmp_path / folder).mkdir()
    for module in ("pkcs11/named.so", "elsewhere/path.so", "elsewhere/evil.so"):
        (tmp_path / module).write_bytes(elf(62))
    lines = (f"{tmp_path}/elsewhere/path.so", "named.so", "../elsewhere/evil.so")
    for name, line in enumerate(lines, 1):
        (tmp_path / "modules" / f"{name}.module").write_text(f"module: {line}\n")
    configured, folders = (str(tmp_path / "modules"), str(tmp_path / "none")), (str(tmp_path / "pkcs11"),)
    return {"p11-kit": Driver("p11-kit", False, (), (b"\1",), (), configured, folders)}


def test_configured_modules_of_p11_kit_are_found_by_path_and_by_name(p11_kit: dict[str, Driver]) -> None:
    survey = find_drivers(p11_kit, LINUX, ["p11-kit"])
    assert names(survey) == ["p11-kit:path.so", "p11-kit:named.so"]
    assert survey.found[0].driver.signing_ids == (b"\1",)


@pytest.mark.parametrize("weak", ["modules", "1.module"])
def test_configuration_that_others_may_write_is_not_read(p11_kit: dict[str, Driver], weak: str) -> None:
    assert "p11-kit:path.so" not in names(find_drivers(p11_kit, system(facts={weak: OTHERS}), ["p11-kit"]))


def test_module_of_p11_kit_is_checked_like_any_other(p11_kit: dict[str, Driver]) -> None:
    survey = find_drivers(p11_kit, system(facts={"named.so": GROUP}), ["p11-kit"])
    assert (names(survey), survey.refused) == (["p11-kit:path.so"], (Refusal("p11-kit:named.so", "writable"),))


def test_this_computers_own_modules_pass_the_real_rules() -> None:
    real = System(PROCESSOR, lambda path: FileFacts(*file_rights(path)), path_places())
    survey = find_drivers(read_catalogue(SYSTEM), real, ["opensc", "softhsm2", "p11-kit"])
    assert [found.driver.name for found in survey.found] == ["opensc", "softhsm2"], "p11-kit configures the same two"
    assert survey.refused == ()


def test_module_in_a_folder_that_others_may_write_is_refused_by_the_real_rules(tmp_path: Path) -> None:
    real = System(PROCESSOR, lambda path: FileFacts(*file_rights(path)), path_places())
    module = tmp_path / "x.so"
    module.write_bytes(Path("/usr/lib/softhsm/libsofthsm2.so").read_bytes()[:4096])
    assert len(find_drivers({"x": driver("x", module)}, real).found) == 1
    tmp_path.chmod(0o777)
    assert find_drivers({"x": driver("x", module)}, real).refused == (Refusal("x", "writable"),)
    tmp_path.chmod(0o700)
    module.chmod(0o666)
    assert find_drivers({"x": driver("x", module)}, real).refused == (Refusal("x", "writable"),)


def test_settings_of_a_driver_go_by_its_file_whoever_names_it(rows: Rows, tmp_path: Path) -> None:
    settings = Configuration("own", "OWN_CONF", tmp_path / "looking", tmp_path / "signing")
    rows = {**rows, "absent": replace(rows["absent"], configuration=settings)}
    (tmp_path / "libown-2.so").write_bytes(elf(62))
    survey = find_drivers(rows, LINUX, modules=[str(tmp_path / "libown-2.so")])
    assert [found.driver.configuration for found in survey.found] == [settings, None, None]
