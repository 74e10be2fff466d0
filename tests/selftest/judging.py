"""Whether what a run has told is right: what is red, what is left out for it, what people read, what may leave."""

import json
import re
from typing import Any

from agent.selftest import catalogue
from agent.selftest.words import CHECKS, FACTS
from tests.selftest.computer import Computer, Told
from tests.selftest.rows import Row

# Which checks say nothing when another is red: what a person beside the computer would expect.
_CARD = ("token", "certificates", "validity", "chain", "revocation", "pin", "signature", "decryption")
BEHIND: dict[str, tuple[str, ...]] = {
    "clock": ("identity", "tls", "trust", "validity", "chain", "revocation"),
    "ports": ("daemon", "tls"),
    "daemon": ("tls",),
    "host": ("signature", "decryption"),
    "identity": ("tls", "trust"),
    "service": ("reader", "card", *_CARD),
    "reader": ("card", *_CARD),
    "card": _CARD,
    "driver": _CARD,
    "token": _CARD[1:],
    "certificates": ("validity", "chain", "revocation", "signature", "decryption"),
    "validity": ("chain", "revocation"),
    "chain": ("revocation",),
    "pin": ("signature", "decryption"),
}
# What is not made for other reasons than a red check.
_LEFT = {"asked", "browser", "portal"}
_NAME, _VERSION = re.compile(r"[a-z][a-z0-9_]{0,39}"), re.compile(r"[0-9a-z.+]{1,32}")
_MADE, _INSTALLATION = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ"), re.compile(r"[0-9a-f]{32}")
_MAX_REPORT, _MAX_RESULTS, _MAX_FACTS, _MAX_VALUE = 65536, 64, 16, 200
_CHINESE = re.compile(r"[\u4e00-\u9fff]")


def judge(row: Row, told: Told) -> None:
    """Raises AssertionError unless a run has told the right things."""
    seen = f"{told.end['first']} {[(one['check'], one['code']) for one in told.reds]} {told.warnings} {told.errors}"
    assert told.end["first"] == row.first, seen
    assert [one["code"] for one in told.reds] == [*((row.first,) if row.first else ()), *row.also], seen
    assert told.warnings == list(row.warns), seen
    if row.first:
        assert told.reds[0]["check"] == (row.check or catalogue.row(row.first).check), seen
    _judge_skipped(told, seen)
    for line in told.checks.values():
        _judge_words(line)
    assert "Traceback" not in told.errors, told.errors
    assert " check " not in told.errors, told.errors


def _judge_skipped(told: Told, seen: str) -> None:
    """What rests on a red check is not made because of it; everything else is."""
    red = {line["check"] for line in told.reds}
    if told.checks["token"]["sign"] == "ok":
        red.discard("driver")  # another driver reads the card
    hangs = {line["check"] for line in told.reds if line["code"] in ("service_hung", "reader_hung", "card_mute")}
    for name, line in told.checks.items():
        causes = {check for check in red if name in BEHIND.get(check, ())}
        if name == "driver" and line["sign"] == "skip":
            causes |= hangs  # every driver hangs then
        if line["sign"] == "skip" and line["because"] not in _LEFT:
            assert line["because"] in red, f"{name} because {line['because']}: {seen}"
        assert not causes or name in red or line["sign"] == "skip", f"{name} in spite of {causes}: {seen}"
        assert causes or line["sign"] != "skip" or line["because"] in _LEFT, f"{name} not made: {seen}"


def _judge_words(line: dict[str, Any]) -> None:
    """What people read of a code: the catalogue's words in both languages, with steps."""
    if not line["code"]:
        assert line["said"] == {}
        return
    row = catalogue.row(line["code"])
    assert set(line["said"]) == {"zh-Hant", "en"}
    for language, said in line["said"].items():
        assert said == catalogue.said(line["code"], language)
        assert said["steps"]
        assert all(_CHINESE.search(text) for text in (said["meaning"], *said["steps"])) is (language == "zh-Hant")
    assert line["said"]["en"] == {"meaning": row.meaning, "steps": list(row.steps)}
    assert line["picture"] == row.picture
    assert line["sign"] == row.sign


def judge_report(report: dict[str, Any], computer: Computer) -> None:
    """Raises AssertionError unless a receiver takes a report, and nothing in it tells who sits before the computer."""
    text = json.dumps(report, ensure_ascii=False)
    assert len(text.encode()) <= _MAX_REPORT
    assert list(report) == ["format", "installation", "made", "version", "first", "results"]
    assert report["format"] == "cardlogin-report:1"
    assert _INSTALLATION.fullmatch(report["installation"])
    assert _MADE.fullmatch(report["made"])
    assert _VERSION.fullmatch(report["version"])
    assert len(report["results"]) <= _MAX_RESULTS
    known = list(CHECKS)
    assert [known.index(result["check"]) for result in report["results"]] == sorted(
        known.index(result["check"]) for result in report["results"]
    )
    for result in report["results"]:
        assert list(result) == ["check", "sign", "code", "because", "facts"]
        assert result["sign"] in ("ok", "warn", "fail", "skip")
        assert all(_NAME.fullmatch(name) for name in (result["check"], *result["facts"]))
        assert not result["code"] or _NAME.fullmatch(result["code"])
        assert len(result["facts"]) <= _MAX_FACTS
        assert set(result["facts"]) <= set(FACTS)
        for value in result["facts"].values():
            assert len(value) <= _MAX_VALUE
            assert value.isprintable()
    _judge_masks(text, computer)


def _judge_masks(text: str, computer: Computer) -> None:
    for secret in computer.stage.secrets:
        assert secret not in text, f"the report tells {secret}"
    assert str(computer.home) not in text
    assert not re.search(r"\(user [^…]", text)
