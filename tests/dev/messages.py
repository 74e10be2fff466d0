"""./dev messages: brings the message catalogues in line with the code, and compiles them.

Messages are English in the code. Each distribution has one gettext domain with a catalogue for each language; a new
language is a new folder below `locale/` with an empty catalogue. Nothing is ever guessed: a new message has no
translation until a person writes one, and one that the code no longer has is dropped.
"""

import io
import subprocess
import sys
import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import DEFAULT_KEYWORDS, extract, extract_python
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from typing_extensions import override

ROOT = Path(__file__).parents[2]
SOURCE_LANGUAGE = "en"
REFERENCE_LANGUAGE = "zh_Hant"
_TABLES = {"agent/failures.toml", "agent/selftest/catalogue.toml"}
_KEYWORDS = {**DEFAULT_KEYWORDS, "gettext_lazy": None, "ngettext_lazy": (1, 2), "pgettext_lazy": ((1, "c"), 2)}

Found = tuple[int, str, Any, list[str]]  # what Babel wants of a method: line, function, text, comments


@dataclass(frozen=True)
class Domain:
    """The messages of one distribution: `name` is gettext's domain, `package` the folder with code and `locale/`."""

    name: str
    package: str
    more: tuple[str, ...] = ()

    @property
    def locale(self) -> Path:
        """The folder of the catalogues."""
        return ROOT / self.package / "locale"

    @property
    def languages(self) -> list[str]:
        """The languages that have a folder, as gettext writes them."""
        return sorted(path.name for path in self.locale.iterdir() if (path / "LC_MESSAGES").is_dir())

    def po(self, language: str) -> Path:
        """The catalogue that people edit."""
        return self.locale / language / "LC_MESSAGES" / f"{self.name}.po"

    def mo(self, language: str) -> Path:
        """The compiled catalogue that programs read."""
        return self.po(language).with_suffix(".mo")


DOMAINS = (
    Domain("agent", "agent", ("certs", "pkcs11_shims")),
    Domain("cardlogin_server", "cardlogin_server"),
    Domain("django", "portal"),
)


def messages() -> int:
    """Writes and compiles all catalogues; the status is 1 while a message lacks a translation, and each is named."""
    missing = 0
    for domain in DOMAINS:
        template = extracted(domain)
        for language in domain.languages:
            catalogue = updated(domain, language, template)
            domain.po(language).write_bytes(as_po(catalogue))
            domain.mo(language).write_bytes(as_mo(catalogue))
            for message in untranslated(catalogue):
                missing += 1
                print(f"{domain.po(language).relative_to(ROOT)}: no translation: {message.id!r}", file=sys.stderr)
    # A process of its own, because a process reads a catalogue once.
    subprocess.run([sys.executable, "-m", "tests.dev.browser_messages"], cwd=ROOT, check=True)
    return 1 if missing else 0


def extracted(domain: Domain) -> Catalog:
    """Returns the messages that the domain's code and templates hold, in the order of files and lines."""
    catalogue = Catalog(domain=domain.name, project="CardLogin", charset="utf-8")
    for path in _sources(domain):
        name = path.relative_to(ROOT).as_posix()
        with path.open("rb") as file:
            for _, text, comments, context in extract(_method(path), file, _KEYWORDS, ("Translators:",)):
                catalogue.add(text, locations=[(name, 0)], auto_comments=comments, context=context)
    return catalogue


def updated(domain: Domain, language: str, template: Catalog) -> Catalog:
    """Returns the language's catalogue with exactly the template's messages; English ones stand for themselves."""
    path = domain.po(language)
    old = _read(path, language) if path.exists() else Catalog()
    new = Catalog(locale=language, domain=domain.name, project="CardLogin", charset="utf-8", fuzzy=False)
    for message in template:
        if message.id:
            known = old.get(_first(message.id), message.context)
            text = known.string if known and _filled(known) else _own(message, language)
            new.add(message.id, text, message.locations, auto_comments=message.auto_comments, context=message.context)
    return new


def untranslated(catalogue: Catalog) -> list[Message]:
    """Returns the messages that have no text, or one that nobody has looked at (fuzzy)."""
    return [message for message in catalogue if message.id and (message.fuzzy or not _filled(message))]


def as_po(catalogue: Catalog) -> bytes:
    """Returns the catalogue as text: the same for the same messages, on any day and any machine."""
    buffer = io.BytesIO()
    write_po(buffer, catalogue, width=120, omit_header=True, include_lineno=False)
    header = (
        f'msgid ""\nmsgstr ""\n"Language: {catalogue.locale_identifier}\\n"\n'
        '"Content-Type: text/plain; charset=utf-8\\n"\n'
        f'"Plural-Forms: {catalogue.plural_forms}\\n"\n\n'
    )
    return header.encode() + buffer.getvalue()


def as_mo(catalogue: Catalog) -> bytes:
    """Returns the compiled form of what `as_po` writes, so that the two can be compared byte for byte."""
    plain = _Plain(locale=catalogue.locale, domain=catalogue.domain, charset="utf-8", fuzzy=False)
    for message in catalogue:
        if message.id:
            plain.add(message.id, message.string, context=message.context)
    buffer = io.BytesIO()
    write_mo(buffer, plain)
    return buffer.getvalue()


class _Plain(Catalog):
    """A catalogue whose header says nothing of the day and of Babel's version: compiled anew, it is the same."""

    @property  # type: ignore[misc]  # nothing here sets it
    @override
    def mime_headers(self) -> list[tuple[str, str]]:
        """What gettext reads, and no more."""
        return [("Content-Type", "text/plain; charset=utf-8"), ("Plural-Forms", self.plural_forms)]


def _read(path: Path, language: str) -> Catalog:
    with path.open("rb") as file:
        return read_po(file, locale=language)


def _sources(domain: Domain) -> Iterator[Path]:
    for package in (domain.package, *domain.more):
        for path in sorted((ROOT / package).rglob("*")):
            if path.suffix in {".py", ".html", ".txt"} or path.relative_to(ROOT).as_posix() in _TABLES:
                yield path


def _method(path: Path) -> Any:
    if path.suffix == ".py":
        return "python"
    return _extract_catalogue if path.suffix == ".toml" else _extract_template


def _extract_catalogue(file: IO[bytes], *_: object, options: object) -> Iterator[Found]:
    """What a catalogue of failures says to people: meanings and remedies, causes, steps and questions."""
    for row in tomllib.loads(file.read().decode()).values():
        for field in ("meaning", "remedy", "cause"):
            if field in row:
                yield 0, "_", row[field], []
        for field in ("steps", "ask"):
            for text in row.get(field, ()):
                yield 0, "_", text, []


def _extract_template(file: IO[bytes], keywords: Any, comment_tags: Any, options: Any) -> Iterable[Any]:
    """Django's templates, by Django's own translation of a template into Python-like lines."""
    from django.utils.translation.template import templatize

    lines = templatize(file.read().decode(), origin=getattr(file, "name", None))
    return extract_python(io.BytesIO(lines.encode()), keywords, comment_tags, {"encoding": "utf-8"})


def _first(text: Any) -> str:
    return str(text[0] if isinstance(text, (tuple, list)) else text)


def _filled(message: Message) -> bool:
    texts = message.string if isinstance(message.string, (tuple, list)) else (message.string,)
    return all(texts)


def _own(message: Message, language: str) -> Any:
    return message.id if language == SOURCE_LANGUAGE else ("", "") if message.pluralizable else ""
