"""Every message of the code is in every catalogue, translated; and no other language stands anywhere else."""

import ast
import io
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po

from tests.dev.messages import (
    DOMAINS,
    REFERENCE_LANGUAGE,
    SOURCE_LANGUAGE,
    Domain,
    as_mo,
    as_po,
    extracted,
    untranslated,
    updated,
)

ROOT = Path(__file__).parents[2]
HAN = re.compile(r"[\u3001-\u300f\u3400-\u9fff]")
IN_EVERY_LANGUAGE = [(domain, language) for domain in DOMAINS for language in domain.languages]
PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|\{\w*\}|%[sd]")


def names(pair: object) -> str:
    return pair.name if isinstance(pair, Domain) else str(pair)


def catalogue(domain: Domain, language: str) -> Catalog:
    return read_po(io.BytesIO(domain.po(language).read_bytes()), locale=language)


@pytest.mark.parametrize("domain", DOMAINS, ids=names)
def test_both_languages_are_there(domain: Domain) -> None:
    assert {REFERENCE_LANGUAGE, SOURCE_LANGUAGE} <= set(domain.languages)


@pytest.mark.parametrize(("domain", "language"), IN_EVERY_LANGUAGE, ids=names)
def test_catalogue_holds_what_the_code_says(domain: Domain, language: str) -> None:
    there = {(message.id, message.context) for message in catalogue(domain, language) if message.id}
    assert there == {(message.id, message.context) for message in extracted(domain) if message.id}


@pytest.mark.parametrize(("domain", "language"), IN_EVERY_LANGUAGE, ids=names)
def test_nothing_is_untranslated_or_fuzzy(domain: Domain, language: str) -> None:
    held = catalogue(domain, language)
    assert [message.id for message in untranslated(held)] == []
    assert not held.obsolete


@pytest.mark.parametrize(("domain", "language"), IN_EVERY_LANGUAGE, ids=names)
def test_files_are_as_the_tool_writes_them(domain: Domain, language: str) -> None:
    made = updated(domain, language, extracted(domain))
    assert domain.po(language).read_bytes() == as_po(made), "run ./dev messages"
    assert domain.mo(language).read_bytes() == as_mo(made), "run ./dev messages"


@pytest.mark.parametrize(("domain", "language"), IN_EVERY_LANGUAGE, ids=names)
def test_translations_keep_their_placeholders(domain: Domain, language: str) -> None:
    for message in catalogue(domain, language):
        ids, texts = (one if isinstance(one, (tuple, list)) else (one,) for one in (message.id, message.string))
        wanted = [set(PLACEHOLDER.findall(str(text))) for text in ids]
        for text in texts if message.id else ():
            assert set(PLACEHOLDER.findall(str(text))) in wanted, message.id


@pytest.mark.parametrize("domain", DOMAINS, ids=names)
def test_messages_are_english_in_the_code_and_chinese_in_their_catalogue(domain: Domain) -> None:
    assert [message.id for message in extracted(domain) if HAN.search(str(message.id))] == []
    same = [message.id for message in catalogue(domain, REFERENCE_LANGUAGE) if message.id == message.string]
    assert [text for text in same if re.search(r"[a-z]{3,}.* [a-z]{3,}", str(text))] == []


# Data, each with its reason; everything else that people read comes from a catalogue.
DATA = {
    "agent/card/prompts/origin_text.py": "letters that look like a slash or a dot",
    "agent/web/hipki/codes.py": "what the old component's numbers are called: pages show them as they come",
    "cardlogin_server/browser/messages.js": "made from the catalogue by ./dev messages",
    "cardlogin_server/certificates/anchors/__init__.py": "the names of authorities, as their certificates have them",
    "cardlogin_server/certificates/families.py": "the names of authorities, as their certificates have them",
    "cardlogin_server/identity/confirm.py": "what the ministry's service answers",
    "cardlogin_server/identity/identifiers/postcode.py": "the names of counties",
    "cardlogin_server/identity/identifiers/telephone.py": "the words that people type before an extension",
    "pkcs11_shims/atr.toml": "the names of kinds of cards",
    "pkcs11_shims/families.toml": "the names of authorities and of their pages",
    "portal/accounts/passwords.py": "words that a password may not consist of",
}
CODE = ("agent", "certs", "pkcs11_shims", "cardlogin_server", "portal")
SUFFIXES = {".py", ".html", ".txt", ".js", ".mjs", ".css", ".toml"}


def sources() -> Iterator[Path]:
    listed = subprocess.run(["git", "ls-files", "-z", *CODE], cwd=ROOT, capture_output=True, text=True, check=True)
    for name in filter(None, listed.stdout.split("\0")):
        path = ROOT / name
        if path.suffix in SUFFIXES and not {"locale", "migrations", "dist"} & set(path.parts) and path.exists():
            yield path


def spoken(path: Path) -> str:
    """What a file may show to somebody: its text without comments, docstrings and regular expressions' classes."""
    text = path.read_text()
    if path.suffix != ".py":
        return re.sub(r"(?ms)^\s*#.*?$|^\s*//.*?$|/\*.*?\*/|\{#.*?#\}|\{% comment %\}.*?\{% endcomment %\}", "", text)
    tree = ast.parse(text)
    silent = {
        id(body[0].value)
        for node in ast.walk(tree)
        if (body := getattr(node, "body", None)) and isinstance(body, list) and isinstance(body[0], ast.Expr)
    }
    strings = (node for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str))
    return "\n".join(str(node.value) for node in strings if id(node) not in silent)


def test_no_chinese_text_outside_catalogues_and_data() -> None:
    found = {str(path.relative_to(ROOT)): HAN.findall(spoken(path)) for path in sources()}
    speaking = {name: "".join(letters[:20]) for name, letters in found.items() if letters}
    assert set(speaking) == set(DATA), speaking
