"""The report: what may leave this computer, and nothing else (docs/protocol, the report of the self-test)."""

import html
import logging
import re
import secrets
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from agent import VERSION
from agent.messages import mark as _
from agent.messages import translator
from agent.selftest import catalogue
from agent.selftest.results import CheckLine, Header
from agent.selftest.words import CHECKS, FACTS, SIGNS
from certs.private import read_private, replace_file

FORMAT = "cardlogin-report:1"
# A number made for reports alone, so that support sees which come from one computer; it tells nothing of it.
_FILE, _NUMBER = "installation", re.compile(r"[0-9a-f]{32}")
_TITLE = _("Self-test report")
_LOG = logging.getLogger(__name__)


def header(state: Path) -> Header:
    """What a report begins with; the installation's number is made with the first."""
    return Header(FORMAT, _installation(state / _FILE), f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}", VERSION)


def report(head: Header, lines: Iterable[CheckLine], first: str) -> dict[str, Any]:
    """The report of a run: the facts as they may leave the computer."""
    results = [
        {
            "check": line.check, "sign": line.sign, "code": line.code, "because": line.because,
            "facts": {fact.name: fact.masked for fact in line.facts},
        }
        for line in lines
    ]  # fmt: skip
    return {
        "format": head.format, "installation": head.installation, "made": head.made, "version": head.version,
        "first": first, "results": results,
    }  # fmt: skip


def page(made: Mapping[str, Any], language: str) -> str:
    """The report as a page of its own, without anything from elsewhere."""
    say = translator(language).gettext
    rows = "".join(_row(result, language) for result in made["results"])
    title = html.escape(say(_TITLE))
    return (
        f'<!DOCTYPE html><html lang="{html.escape(language)}"><meta charset="utf-8"><title>{title}</title>'
        "<style>body{font:16px sans-serif;max-width:60rem;margin:1rem auto;padding:0 1rem}"
        "td,th{text-align:left;vertical-align:top;padding:.3rem;border-bottom:1px solid #888}</style>"
        f"<h1>{title}</h1><p>{html.escape(made['made'])} · CardLogin {html.escape(made['version'])} · "
        f"{html.escape(made['installation'])}</p><table>{rows}</table></html>"
    )


def _row(result: Mapping[str, Any], language: str) -> str:
    say = translator(language).gettext
    said = catalogue.said(result["code"], language)["meaning"] if result["code"] else ""
    facts = "; ".join(f"{say(FACTS[name])}: {value}" for name, value in result["facts"].items())
    cells = (say(CHECKS[result["check"]]), say(SIGNS[result["sign"]]), result["code"], said, facts)
    return "<tr>" + "".join(f"<td>{html.escape(cell)}</td>" for cell in cells) + "</tr>"


def _installation(path: Path) -> str:
    try:
        known = read_private(path, 64).decode("ascii", "replace").strip()
    except OSError:
        known = ""
    if _NUMBER.fullmatch(known):
        return known
    number = secrets.token_hex(16)
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        replace_file(path, number.encode("ascii"))
    except OSError as error:
        _LOG.warning("the number of this installation is not remembered: %s", error.strerror)
    return number
