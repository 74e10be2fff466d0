"""The agent's catalogues: which languages there are, and no Chinese text beside them."""

import ast
import re
from pathlib import Path

import pytest

import agent
from agent import messages
from agent.messages import languages, name_of, terminal_language, translator

ROOT = Path(agent.__file__).parent.parent
CHINESE = re.compile(r"[\u4e00-\u9fff]")
# The script of a name is looked at by these characters, and one is the zero of Chinese dates.
KNOWN = {"agent/card/prompts/origin_text.py": 1, "agent/web/hipki/codes.py": 30}


def test_languages_are_those_of_the_folders_the_default_first() -> None:
    assert languages() == ("zh-Hant", "en")
    assert [name_of(language) for language in languages()] == ["中文", "English"]


def test_further_language_is_a_catalogue_and_nothing_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for language, folder in (("zh-Hant", "zh_Hant"), ("en", "nan_Latn_TW")):
        place = tmp_path / folder / "LC_MESSAGES"
        place.mkdir(parents=True)
        source = messages._CATALOGUES / language.replace("-", "_") / "LC_MESSAGES" / "agent.mo"
        (place / "agent.mo").write_bytes(source.read_bytes())
    monkeypatch.setattr(messages, "_CATALOGUES", tmp_path)
    languages.cache_clear()
    try:
        assert languages() == ("zh-Hant", "nan-Latn-TW")
        assert name_of("nan-Latn-TW") == "English"
    finally:
        languages.cache_clear()
        translator.cache_clear()


def test_language_without_a_catalogue_is_an_error_and_no_silent_english() -> None:
    with pytest.raises(FileNotFoundError):
        translator("tlh")


def texts(path: Path) -> list[str]:
    """The texts of a program that are no docstrings."""
    tree = ast.parse(path.read_text("utf-8"))
    told = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    strings = (node for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str))
    return [str(node.value) for node in strings if id(node) not in told]


@pytest.mark.parametrize("package", ["agent", "certs", "pkcs11_shims"])
def test_no_chinese_text_outside_the_catalogues(package: str) -> None:
    found: dict[str, int] = {}
    for path in sorted((ROOT / package).rglob("*.py")):
        count = sum(bool(CHINESE.search(text)) for text in texts(path))
        if count:
            found[path.relative_to(ROOT).as_posix()] = count
    assert {name: count for name, count in found.items() if KNOWN.get(name) != count} == {}


def test_no_chinese_text_in_pages_and_their_scripts() -> None:
    pages = sorted((ROOT / "agent" / "web" / "pages").iterdir())
    assert len(pages) >= 8
    assert [path.name for path in pages if CHINESE.search(path.read_text("utf-8"))] == []


@pytest.mark.parametrize(
    ("environment", "encoding", "language"),
    [
        ({}, "utf-8", "zh-Hant"),
        ({"LANG": "zh_TW.UTF-8"}, "utf-8", "zh-Hant"),
        ({"LANG": "en_GB.UTF-8"}, "utf-8", "en"),
        ({"LANG": "zh_TW.UTF-8", "LC_ALL": "en_US.UTF-8"}, "utf-8", "en"),
        ({"LANG": "zh_TW.UTF-8", "LC_MESSAGES": "C"}, "utf-8", "en"),
        ({"LANG": "de_DE.UTF-8"}, "utf-8", "zh-Hant"),
        ({"LANG": "zh_TW.Big5"}, "big5", "zh-Hant"),
        ({"LANG": "zh_TW"}, "ascii", "en"),
        ({"LANG": "zh_TW"}, None, "en"),
        ({"LANG": "zh_TW"}, "no such encoding", "en"),
    ],
)
def test_language_of_a_terminal(environment: dict[str, str], encoding: str | None, language: str) -> None:
    assert terminal_language(environment, encoding) == language
