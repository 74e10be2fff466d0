"""The diagrams of docs/architecture.md: whole, readable in light and dark, and of the tree as it is."""

import re
from pathlib import Path
from xml.etree import ElementTree

import pytest

from tests.stand.parts import ROOT

IMAGES = ROOT / "docs" / "images"
SVG = "{http://www.w3.org/2000/svg}"
DIAGRAMS = sorted(IMAGES.glob("*.svg"))
BOXES = ("agent", "cardlogin_server", "cardsim", "certs", "pkcs11_shims", "portal", "tests")
# What a person who looks for a room has no need of: folders of data, and rooms that are named by the room around them.
UNNAMED = {
    "migrations",
    "management",
    "commands",
    "locale",
    "anchors",
    "standins",
    "identifiers",
    "fetching",
    "django",
    "templatetags",
}


def texts(path: Path) -> list[tuple[str, str]]:
    """Class and text of every text in a diagram, in their order."""
    root = ElementTree.parse(path).getroot()  # noqa: S314 (our own file)
    return [(element.get("class", ""), element.text or "") for element in root.iter(f"{SVG}text")]


def rooms() -> dict[str, set[str]]:
    """The rooms that the diagram names, by package."""
    found: dict[str, set[str]] = {}
    package = ""
    for kind, text in texts(IMAGES / "rooms.svg"):
        if kind == "title":
            package = text.rstrip("/")
            found[package] = set()
        elif kind == "name":
            found[package] |= set(text.split(", "))
    return found


@pytest.mark.parametrize("path", DIAGRAMS, ids=lambda path: path.stem)
def test_diagram_is_described_and_has_colours_for_dark(path: Path) -> None:
    root = ElementTree.parse(path).getroot()  # noqa: S314 (our own file)
    assert all(root.findtext(f"{SVG}{name}") for name in ("title", "desc"))
    light, dark = (root.findtext(f"{SVG}style") or "").split("prefers-color-scheme: dark")
    named = {name for element in root.iter() for name in (element.get("class") or "").split()}
    coloured = {name for name in named if re.search(rf"\.{name}\b[^{{]*{{[^}}]*(fill|stroke): #", light)}
    assert coloured
    assert all(re.search(rf"\.{name}\b", dark) for name in coloured)
    assert f"images/{path.name}" in (ROOT / "docs" / "architecture.md").read_text("utf-8")


def test_every_box_of_the_diagram_is_a_package() -> None:
    assert sorted(rooms()) == list(BOXES)


def test_rooms_of_the_diagram_are_those_of_the_tree() -> None:
    for package, named in rooms().items():
        assert all((ROOT / package / room).is_dir() for room in named), package
        if not named:
            continue
        here = {path.parent.relative_to(ROOT / package) for path in (ROOT / package).glob("*/**/__init__.py")}
        missing = {str(room) for room in here if room.name not in UNNAMED} - named
        assert not missing, package
