"""Rules for the whole tree that no other tool checks."""

import ast
import subprocess
from pathlib import Path

import pytest

from tests.dev.errors_page import errors_page

ROOT = Path(__file__).resolve().parents[2]
CODE = (".py", ".c", ".h", ".js", ".ts", ".css", ".html", ".sh")


def tracked() -> list[Path]:
    """The files that git knows."""
    result = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True)
    return [ROOT / name for name in result.stdout.decode().split("\0") if name and (ROOT / name).is_file()]


def test_no_file_of_code_is_longer_than_500_lines() -> None:
    # What is made from other files is nobody's to read.
    code = [path for path in tracked() if path.suffix in CODE and path.parent.name != "dist"]
    assert code
    assert not [path for path in code if len(path.read_text("utf-8").splitlines()) > 500]


# Written in two parts, so that this file does not contain what it looks for.
@pytest.mark.parametrize("host", ["pypi" + ".org", "python" + "hosted", "registry." + "npmjs", "deb.deb" + "ian"])
def test_no_registry_is_named(host: str) -> None:
    texts = {path: path.read_bytes() for path in tracked()}
    assert not [path for path, text in texts.items() if host.encode() in text]


def test_error_catalogue_page_is_up_to_date() -> None:
    assert (ROOT / "docs" / "errors.md").read_text("utf-8") == errors_page()


def test_every_module_says_what_it_is_for() -> None:
    modules = [path for path in tracked() if path.suffix == ".py" and path.stat().st_size]
    silent = [path for path in modules if ast.get_docstring(ast.parse(path.read_text("utf-8"))) is None]
    assert not [path for path in silent if "migrations" not in path.parts]
