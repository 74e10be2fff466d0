"""The manual of failures from the catalogues: `python -m tests.dev.failure_manual` writes its three files.

`docs/failures/README.md` and `zh-Hant.md` are for people, `portal/support/manual.json` is what the portal's pages show.
"""

import json
import re
import tomllib
from collections.abc import Iterator
from functools import cache
from typing import Any

from agent.card.prompts.texts import FAMILIES
from agent.messages import translator
from agent.selftest import catalogue
from agent.selftest.words import CHECKS, FACTS, SIGNS
from cardlogin_server.browser_failures import BROWSER_FAILURES
from cardlogin_server.failures import CardLoginError
from cardlogin_server.messages import translate
from tests.dev.failure_manual_words import WORDS
from tests.dev.prose import LONGEST, wrapped
from tests.stand.parts import ROOT

LANGUAGES = ("zh-Hant", "en")
PAGES = {"en": ROOT / "docs/failures/README.md", "zh-Hant": ROOT / "docs/failures/zh-Hant.md"}
MANUAL = ROOT / "portal/support/manual.json"
_REQUESTS = ""  # the check of codes that a page's request meets


def manual() -> dict[str, Any]:
    """What the portal shows: every code of the agent, of the page's half and of the server library, by check."""
    entries = sorted(_entries(), key=lambda entry: _place(entry[1]["check"]))
    return {
        "codes": dict(entries),
        "checks": {name: _agent(text) for name, text in CHECKS.items()},
        "facts": {name: _agent(text) for name, text in FACTS.items()},
        "families": {key: _family(key, row) for key, row in _families().items()},
    }


def as_json(made: dict[str, Any]) -> str:
    """The file of the portal."""
    return json.dumps(made, ensure_ascii=False, indent=1) + "\n"


def page(made: dict[str, Any], language: str) -> str:
    """The manual in one language, as Markdown."""
    words = WORDS[language]
    groups = [(check, _codes_of(made, check)) for check in (*CHECKS, _REQUESTS)]
    parts = [words["head"], *_contents(made, groups, language)]
    for check, codes in groups:
        parts.append(f"## {_title(made, check, language)}")
        parts += [_chapter(code, made["codes"][code], language) for code in codes]
    parts += [f"## {words['families']}", words["families_how"], _families_table(made, language)]
    parts += [_guide(row, language) for row in made["families"].values()]
    return _in_lines("\n\n".join(parts) + "\n")


def _entries() -> Iterator[tuple[str, dict[str, Any]]]:
    """Code and entry; a code that several places have is the agent's, and the others' sentences stand beside it."""
    elsewhere = _elsewhere()
    for code in catalogue.codes():
        yield code, _entry_of_agent(code) | _also(code, elsewhere.pop(code, {}))
    for code, sentences in elsewhere.items():
        (source, meaning), *_ = sentences.items()
        row = _more()[code]
        said = {language: {"meaning": meaning[language], **row[language]} for language in LANGUAGES}
        yield code, {"check": row["check"], "sign": row["sign"], "source": source, "said": said}


def _entry_of_agent(code: str) -> dict[str, Any]:
    row = catalogue.row(code)
    said = {}
    for language in LANGUAGES:
        text = translator(language).gettext
        lists = {name: [text(line) for line in getattr(row, name)] for name in ("steps", "ask")}
        said[language] = {"meaning": text(row.meaning), "cause": text(row.cause), **lists}
    return {"check": row.check, "sign": row.sign, "source": "agent", "said": said}


def _also(code: str, sentences: dict[str, dict[str, str]]) -> dict[str, Any]:
    """What a page says of the same code, where it says it in other words than the agent."""
    own = {language: catalogue.said(code, language)["meaning"] for language in LANGUAGES}
    others = {source: meaning for source, meaning in sentences.items() if meaning != own}
    return {"also": others} if others else {}


@cache
def _sentences() -> tuple[tuple[str, str, str], ...]:
    browser = ((code, "browser", row.meaning) for code, row in BROWSER_FAILURES.items())
    server = ((kind.code, "server", kind.meaning) for kind in CardLoginError.__subclasses__())
    return (*browser, *server)


def _elsewhere() -> dict[str, dict[str, dict[str, str]]]:
    """By code and source: what the code means, in every language."""
    found: dict[str, dict[str, dict[str, str]]] = {}
    for code, source, meaning in _sentences():
        found.setdefault(code, {})[source] = {language: translate(meaning, language) for language in LANGUAGES}
    return found


@cache
def _more() -> dict[str, Any]:
    return tomllib.loads((ROOT / "docs/failures/more.toml").read_text("utf-8"))


@cache
def _families() -> dict[str, Any]:
    return tomllib.loads((ROOT / "pkcs11_shims/families.toml").read_text("utf-8"))


def _family(key: str, row: dict[str, Any]) -> dict[str, Any]:
    told = _more()["families"][key]
    return {
        "said": _agent(FAMILIES[key]),
        "page": row.get("unlock_page", ""),
        "telephone": row.get("telephone", ""),
        "source": row["source"],
        "source_said": {language: told[language]["source"] for language in LANGUAGES},
        "guide": {language: told[language]["guide"] for language in LANGUAGES},
    }


def _agent(message: str) -> dict[str, str]:
    return {language: translator(language).gettext(message) for language in LANGUAGES}


def _place(check: str) -> int:
    return list(CHECKS).index(check) if check else len(CHECKS)


def _codes_of(made: dict[str, Any], check: str) -> list[str]:
    return [code for code, entry in made["codes"].items() if entry["check"] == check]


def _title(made: dict[str, Any], check: str, language: str) -> str:
    return made["checks"][check][language] if check else WORDS[language]["requests"]


def _contents(made: dict[str, Any], groups: list[tuple[str, list[str]]], language: str) -> Iterator[str]:
    words = WORDS[language]
    rows = [
        f"| {_title(made, check, language)} | {words['comma'].join(f'[`{code}`](#{code})' for code in codes)} |"
        for check, codes in groups
    ]
    yield "\n".join([f"| {words['check']} | {words['codes']} |", "|---|---|", *rows])


def _chapter(code: str, entry: dict[str, Any], language: str) -> str:
    words, said = WORDS[language], entry["said"][language]
    sign = translator(language).gettext(SIGNS[entry["sign"]])
    gap = words["gap"]
    seen = [f"**{words['seen']}**{gap}{said['meaning']}"]
    seen += [f"{words['also_' + source]}{gap}{meaning[language]}" for source, meaning in entry.get("also", {}).items()]
    steps = "\n".join(f"{number}. {step}" for number, step in enumerate(said["steps"], 1))
    questions = "\n".join(f"- {question}" for question in said["ask"])
    return "\n\n".join(
        [
            f'<a id="{code}"></a>',
            f"### `{code}`",
            f"{words['sign']}{gap}{sign} · {words['source']}{gap}{words[entry['source']]}",
            *seen,
            f"**{words['cause']}**{gap}{said['cause']}",
            f"**{words['steps']}**",
            steps,
            f"**{words['ask']}**",
            questions,
        ]
    )


def _families_table(made: dict[str, Any], language: str) -> str:
    words = WORDS[language]
    rows = [
        (row["said"][language], row["page"] or "–", row["telephone"] or "–", row["source_said"][language])
        for row in made["families"].values()
    ]
    head = " | ".join(words[name] for name in ("family", "page", "telephone", "from"))
    return "\n".join([f"| {head} |", "|---|---|---|---|", *(f"| {' | '.join(row)} |" for row in rows)])


def _guide(row: dict[str, Any], language: str) -> str:
    steps = "\n".join(f"{number}. {step}" for number, step in enumerate(row["guide"][language], 1))
    return f"**{row['said'][language]}**\n\n{steps}"


def _in_lines(text: str) -> str:
    """The text in lines that are short enough: at blanks, and in Chinese behind a comma or a full stop."""
    return "\n".join(_short(line) for line in wrapped(text).splitlines()) + "\n"


def _short(line: str) -> str:
    if len(line) <= LONGEST or line.startswith("|"):
        return line
    cut = max((found.end() for found in re.finditer("[，。；：、）]", line[: LONGEST - 10])), default=0)
    if not cut:
        return line
    indent = re.match(r"(?:\d+\.|-) ", line)
    return line[:cut] + "\n" + " " * (indent.end() if indent else 0) + _short(line[cut:])


def main() -> None:
    """Writes the three files."""
    made = manual()
    MANUAL.parent.mkdir(exist_ok=True)
    MANUAL.write_text(as_json(made), "utf-8")
    for language, path in PAGES.items():
        path.write_text(page(made, language), "utf-8")


if __name__ == "__main__":
    main()
