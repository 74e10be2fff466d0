"""The lock files leave nothing to a resolver: what a registry offers on some later day makes no difference."""

import re
import tomllib
from functools import cache
from importlib.metadata import distribution
from itertools import chain
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]
LOCKS = {path.stem: path for path in sorted((ROOT / "requirements").glob("*.lock"))}
# The text that people and machines follow to set something up.
INSTRUCTIONS = [
    ROOT / "dev",
    ROOT / ".ci" / "run",
    *ROOT.glob("*.md"),
    *ROOT.glob("docs/**/*.md"),
    *ROOT.glob("cardlogin_server/**/*.md"),
]


@cache
def pins(lock: str) -> dict[str, Requirement]:
    """The pinned requirements of a lock file by name, those for this system and this Python only."""
    text = LOCKS[lock].read_text().replace("\\\n", " ")
    found = [Requirement(line.split(" --hash")[0]) for line in text.splitlines() if line and not line.startswith("#")]
    return {canonicalize_name(one.name): one for one in found if one.marker is None or one.marker.evaluate()}


def declared(lock: str) -> list[Requirement]:
    """What pyproject.toml asks for and the lock file is made from."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    groups = project["dependency-groups"]
    texts = {
        "build": groups["build"],
        "agent": project["project"]["dependencies"],
        "portal": groups["portal"],
        "dev": [*project["project"]["dependencies"], *chain.from_iterable(groups.values())],
    }[lock]
    return [Requirement(text) for text in texts]


def needs(lock: str) -> list[tuple[str, Requirement]]:
    """Every requirement that applies here, with who has it: the project's, and those of all locked packages."""
    found = [("pyproject.toml", one) for one in declared(lock)]
    seen = set[tuple[str, str]]()
    for _, one in found:
        for extra in ("", *one.extras):
            name = canonicalize_name(one.name)
            if (name, extra) not in seen:
                seen.add((name, extra))
                found += [(name, more) for more in requirements(name, extra)]
    return found


def requirements(name: str, extra: str) -> list[Requirement]:
    found = [Requirement(text) for text in distribution(name).requires or ()]
    return [one for one in found if one.marker is None or one.marker.evaluate({"extra": extra})]


@pytest.mark.parametrize("lock", LOCKS)
def test_no_requirement_is_left_to_a_resolver(lock: str) -> None:
    for who, need in needs(lock):
        pin = pins(lock).get(canonicalize_name(need.name))
        assert pin, f"{who} needs {need}, and {lock}.lock does not hold it"
        (version,) = pin.specifier
        assert version.operator == "=="
        assert need.specifier.contains(version.version, prereleases=True), f"{who} needs {need}, locked is {pin}"


@pytest.mark.parametrize("lock", LOCKS)
def test_nothing_is_locked_that_nobody_needs(lock: str) -> None:
    wanted = {canonicalize_name(need.name) for _, need in needs(lock)}
    assert set(pins(lock)) <= wanted


@pytest.mark.parametrize("lock", LOCKS)
def test_every_pin_has_a_hash_and_no_address(lock: str) -> None:
    text = LOCKS[lock].read_text()
    assert "://" not in text
    for entry in re.split(r"\n(?=\S)", text.strip()):
        assert "--hash=sha256:" in entry, entry


@pytest.mark.parametrize("lock", sorted(set(LOCKS) - {"dev"}))
def test_what_is_tested_is_what_is_installed(lock: str) -> None:
    for name, pin in pins(lock).items():
        assert str(pins("dev")[name].specifier) == str(pin.specifier)


def test_the_tests_run_with_what_is_locked() -> None:
    assert {name: distribution(name).version for name in pins("dev")} == {
        name: next(iter(pin.specifier)).version for name, pin in pins("dev").items()
    }


@pytest.mark.parametrize("path", INSTRUCTIONS, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_instruction_lets_an_installer_resolve(path: Path) -> None:
    for line in path.read_text().replace("\\\n", " ").splitlines():
        if re.search(r"\bpip\b.* (install|wheel)\b", line):
            assert "--no-deps" in line, line
        assert not re.search(r"\b(uv sync|uv add|npm install|npm i|npx|pipx)\b", line), line
