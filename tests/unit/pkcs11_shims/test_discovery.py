"""Which modules are found, in which order, and under which path."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from pkcs11_shims.catalogue import Driver
from pkcs11_shims.discovery import find_drivers
from pkcs11_shims.errors import CardError, Fault


def driver(name: str, *paths: Path | str, citizen: bool = True) -> Driver:
    """A row."""
    return Driver(name, citizen, tuple(map(str, paths)), (), ())


@pytest.fixture
def rows(tmp_path: Path) -> Mapping[str, Driver]:
    """Two drivers for citizens, one for developers, one that is not installed."""
    for name in ("a.so", "b.so", "c.so"):
        (tmp_path / name).write_bytes(b"")
    return {
        "a": driver("a", tmp_path / "none.so", tmp_path / "a.so"),
        "b": driver("b", tmp_path / "b.so"),
        "c": driver("c", tmp_path / "c.so", citizen=False),
        "absent": driver("absent", tmp_path / "absent.so"),
    }


def names(rows: Mapping[str, Driver], *wanted: str) -> list[str]:
    """The names that are found."""
    return [found.driver.name for found in find_drivers(rows, wanted)]


def no_driver(rows: Mapping[str, Driver], *wanted: str) -> bool:
    """Whether nothing is found, with its fault."""
    with pytest.raises(CardError) as caught:
        find_drivers(rows, wanted)
    return caught.value.fault is Fault.NO_DRIVER


def test_without_names_all_installed_drivers_for_citizens_are_found_in_the_order_of_the_catalogue(
    rows: Mapping[str, Driver],
) -> None:
    assert names(rows) == ["a", "b"]


def test_names_decide_the_order_and_admit_a_developers_driver(rows: Mapping[str, Driver]) -> None:
    assert names(rows, "c", "b", "a") == ["c", "b", "a"]


def test_named_driver_that_is_not_installed_is_passed_over(rows: Mapping[str, Driver]) -> None:
    assert names(rows, "absent", "b") == ["b"]


@pytest.mark.parametrize("wanted", [["nonsense"], ["a", "nonsense"], ["/usr/lib/evil.so"], ["A"], [""]])
def test_unknown_name_is_no_driver_even_beside_a_known_one(rows: Mapping[str, Driver], wanted: list[str]) -> None:
    assert no_driver(rows, *wanted)


def test_nothing_installed_is_no_driver(rows: Mapping[str, Driver]) -> None:
    assert no_driver({"absent": rows["absent"]})
    assert no_driver({})


def test_first_existing_path_is_taken(rows: Mapping[str, Driver], tmp_path: Path) -> None:
    (found,) = find_drivers({"a": rows["a"]})
    assert found.path == tmp_path / "a.so"


def test_link_is_resolved_so_that_a_module_is_loaded_under_one_name(rows: Mapping[str, Driver], tmp_path: Path) -> None:
    (tmp_path / "link.so").symlink_to(tmp_path / "a.so")
    (found,) = find_drivers({"x": driver("x", tmp_path / "link.so")})
    assert found.path == tmp_path / "a.so"


def test_folder_and_dangling_link_are_no_modules(tmp_path: Path) -> None:
    (tmp_path / "folder.so").mkdir()
    (tmp_path / "link.so").symlink_to(tmp_path / "nowhere")
    assert no_driver({"x": driver("x", tmp_path / "folder.so", tmp_path / "link.so")})


def test_module_planted_in_the_current_directory_is_not_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "evil.so").write_bytes(b"")
    monkeypatch.chdir(tmp_path)
    assert no_driver({"x": driver("x", "evil.so", "./evil.so")})
