"""docs/installation*.md, made from the texts of the portal's manual: `python -m tests.dev.installation_pages`."""

import os
from collections.abc import Iterator

import django
from django.utils.translation import override

from tests.dev.prose import wrapped
from tests.stand.parts import ROOT

# The messages are Django's, which wants to know its settings first.
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings.test")
from portal.languages import in_words
from portal.support.installation import SECTIONS, Section, Step

FILES = {"en": "docs/installation.md", "zh-hant": "docs/installation.zh-Hant.md"}
_OTHER = {"en": "[中文說明](installation.zh-Hant.md)", "zh-hant": "[English](installation.md)"}
_NOTE = "<!-- made by tests.dev.installation_pages from portal/support/installation.py -->"
_PICTURES = "../portal/static/portal/manual"


def page(language: str) -> str:
    """The manual in one language, as Markdown."""
    django.setup()
    with override(language):
        parts = [f"# {in_words('Installation and removal')}", _NOTE, _OTHER[language]]
        return wrapped("\n\n".join([*parts, *(text for section in SECTIONS for text in _section(section))]))


def _section(section: Section) -> Iterator[str]:
    yield f"## {in_words(section.title)}"
    yield from map(in_words, section.before)
    if section.steps:
        yield "\n".join(_step(number, step) for number, step in enumerate(section.steps, 1)).rstrip()
    yield from map(in_words, section.after)


def _step(number: int, step: Step) -> str:
    lines = [f"{number}. {in_words(step.text)}"]
    if step.commands:
        lines += ["", "   ```", *(f"   {line}" for line in step.commands), "   ```", ""]
    if step.picture:
        lines += ["", f"   ![{in_words(step.picture.shows)}]({_PICTURES}/{step.picture.file})", ""]
    return "\n".join(lines)


if __name__ == "__main__":
    for language, name in FILES.items():
        (ROOT / name).write_text(page(language), "utf-8")
