"""p11-kit's configuration, as administrators and packages write it."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pkcs11_shims.p11kit import MAX_FILE, module_names, parse


def names(folder: Path, **files: str) -> list[str]:
    """The modules of a folder with these files."""
    made = []
    for name, text in files.items():
        made.append(folder / f"{name}.module")
        made[-1].write_text(text)
    return module_names(made)


def test_modules_are_told_in_the_order_of_their_files(tmp_path: Path) -> None:
    assert names(tmp_path, b="module: b.so\n", a="# text\n\nmodule: /usr/lib/a.so\npriority: 1\n") == [
        "/usr/lib/a.so",
        "b.so",
    ]


@pytest.mark.parametrize(
    "text",
    [
        "", "module:\n", "# module: a.so\n", "priority: 1\n", "remote: |bwrap\n",
        "module: a.so\ntrust-policy: yes\n", "module: a.so\ntrust-policy: YES\n",
        "module: p11-kit-proxy.so\n", "module: /usr/lib/pkcs11/p11-kit-client.so\n", "module: p11-kit-trust.so\n",
        "module: a.so\nenable-in: firefox, chromium\n", "module: a.so\nenable-in:\n",
        "module: a.so\ndisable-in: cardlogin\n", "module: a.so\ndisable-in: firefox cardlogin\n",
        "module: " + "x" * MAX_FILE, "module: a.so\nlabel: \udcff",
    ],
)  # fmt: skip
def test_what_is_not_for_us_is_left_out(tmp_path: Path, text: str) -> None:
    (tmp_path / "x.module").write_bytes(text.encode("utf-8", "surrogateescape"))
    assert module_names([tmp_path / "x.module"]) == []


@pytest.mark.parametrize(
    "text",
    [
        "module: a.so\nenable-in: cardlogin\n",
        "module: a.so\nenable-in: firefox,cardlogin\n",
        "module: a.so\ndisable-in: p11-kit-proxy\n",
        "module: a.so\ntrust-policy: no\n",
        "  module :  a.so  \r\n",
    ],
)
def test_what_is_for_us_is_told(tmp_path: Path, text: str) -> None:
    assert names(tmp_path, x=text) == ["a.so"]


def test_administrators_file_changes_single_fields_of_the_packages(tmp_path: Path) -> None:
    for folder, text in (("package", "module: a.so\npriority: 1\n"), ("own", "disable-in: cardlogin\n")):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "a.module").write_text(text)
    package, own = tmp_path / "package" / "a.module", tmp_path / "own" / "a.module"
    assert module_names([package]) == ["a.so"]
    assert module_names([package, own]) == []


def test_file_that_is_not_there_says_nothing(tmp_path: Path) -> None:
    assert module_names([tmp_path / "none.module"]) == []


@given(st.text(max_size=300))
def test_any_text_is_read(text: str) -> None:
    assert all(name == name.strip() for name in parse(text))
