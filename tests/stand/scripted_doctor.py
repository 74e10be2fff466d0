"""A self-test that finds what a test wants: a stand-in for agent.selftest.process, and how a test tells it its plan.

As a program it needs the standard library alone, so that it starts at once.
"""

import json
import sys
import time
from pathlib import Path
from typing import Any

CHECKS = (
    "system", "settings", "portal", "clock", "version", "names", "proxy", "ports", "daemon", "host", "identity", "tls",
    "trust", "browser", "network_access", "popups", "opener", "service", "reader", "card", "driver", "token",
    "certificates", "validity", "chain", "revocation", "pin", "signature", "decryption", "account",
)  # fmt: skip
_TRIALS = ("signature", "decryption")
INSTALLATION = "0123456789abcdef" * 2
HOLDER, SERIAL = "王小明", "4A1F00D2C3B4A596877869504132F0E1"
# What is seen where all is well: name, value, and what may leave the computer where that is less.
_CERTIFICATE = [
    ("holder", HOLDER, "王○○"),
    ("serial", SERIAL, "4A1F…"),
    ("since", "2024-05-01"),
    ("until", "2029-05-01"),
]
_FACTS: dict[str, list[tuple[str, ...]]] = {
    "system": [("system", "Debian GNU/Linux 12"), ("processor", "x86_64")],
    "settings": [("place", "/home/wang/.local/share/cardlogin", "~/.local/share/cardlogin")],
    "portal": [("portal", "https://portal.example")],
    "clock": [("offset", "0")],
    "version": [("version", "0.1.0"), ("newest", "0.1.0")],
    "names": [("name", "localhost"), ("address", "127.0.0.1, ::1")],
    "daemon": [("port", "61171"), ("version", "0.1.0")],
    "identity": [("until", "2036-11-30")],
    "trust": [("store", "NSS (Chromium), NSS (Firefox)")],
    "browser": [("browser", "Chromium 142")],
    "network_access": [("state", "granted")],
    "reader": [("reader", "ACS ACR38U 00 00")],
    "card": [("reader", "ACS ACR38U 00 00"), ("card_kind", "TaiwanID")],
    "driver": [("driver", "libHicos_p11v1.so 3.2.1")],
    "token": [("label", "TP GPKI"), ("card_number", "TP00000000000001", "TP…01")],
    "certificates": [*_CERTIFICATE, ("usage", "digitalSignature"), ("family", "moica"), ("authority", "MOICA")],
    "validity": [("until", "2029-05-01")],
    "chain": [("authority", "MOICA")],
    "revocation": [("host", "moica.nat.gov.tw"), ("status", "good")],
    "pin": [("tries", "3")],
    "signature": [("holder", HOLDER, "王○○"), ("purpose", "test")],
    "decryption": [*_CERTIFICATE, ("usage", "keyEncipherment")],
}  # fmt: skip
# By code: check, sign, picture, and meaning with steps in both languages.
FAULTS: dict[str, tuple[str, str, str, tuple[str, ...], tuple[str, ...]]] = {
    "no_reader": (
        "reader", "fail", "reader",
        ("找不到讀卡機。", "把讀卡機拔下來，再插回電腦的 USB 孔。", "等十秒鐘，讓電腦認出讀卡機。", "按「重新檢測」。"),
        ("No card reader is connected.", "Unplug the reader and plug it into a USB port of the computer itself.",
         "Wait ten seconds until the computer knows it.", "Choose “Check again”."),
    ),
    "card_mute": (
        "card", "fail", "card_up",
        ("讀卡機裡的卡片沒有回應。", "把卡片取出，晶片朝上再插到底。", "用乾布擦拭晶片。", "按「重新檢測」。"),
        ("The card in the reader does not answer.", "Take the card out and push it in again, its chip up.",
         "Wipe the chip with a dry cloth.", "Choose “Check again”."),
    ),
    "clock_wrong": (
        "clock", "fail", "clock",
        ("電腦的時間不正確。", "開啟電腦的日期與時間設定。", "選擇「自動設定時間」。", "按「重新檢測」。"),
        ("The clock of this computer is wrong.", "Open the date and time settings.", "Let the time be set by itself.",
         "Choose “Check again”."),
    ),
    "not_trusted_here": (
        "trust", "fail", "trust",
        ("這個瀏覽器不信任憑證登入元件。", "關閉所有瀏覽器視窗。", "重新安裝憑證登入元件。", "再開啟瀏覽器。"),
        ("This browser does not trust CardLogin.", "Close all windows of the browser.", "Install CardLogin again.",
         "Open the browser again."),
    ),
    "popups_blocked": (
        "popups", "warn", "popup",
        ("瀏覽器擋住了網站的彈出視窗。", "在網址列選擇「一律允許」。"),
        ("The browser blocks windows of the site.", "Choose “Always allow” in the address bar."),
    ),
    "pin_wrong": (
        "signature", "fail", "window",
        ("PIN 碼不正確。", "想清楚後再試一次。"),
        ("The PIN is wrong.", "Think of the right one and try again."),
    ),
    "certificate_ending": (
        "validity", "warn", "",
        ("憑證即將到期。", "到憑證管理中心網站申請展期。"),
        ("The certificate ends soon.", "Ask its issuer for a new one."),
    ),
}  # fmt: skip


class Script:
    """The plan of a stand-in, and what it was asked for.

    faults: codes. hold: the check at which it waits for ever, or until `go_on`. pause: seconds before each line.
    raw: lines that it says instead of its own.
    """

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._plan, self._asks, self._gate = (folder / name for name in ("plan.json", "asks.jsonl", "gate"))
        self.plan()

    @property
    def command(self) -> tuple[str, ...]:
        """What starts the stand-in."""
        return (sys.executable, "-I", str(Path(__file__)), *map(str, (self._plan, self._asks, self._gate)))

    def plan(
        self, *faults: str, hold: str = "", pause: float = 0.0, raw: list[str] | None = None, silent: bool = False
    ) -> None:
        """What the next runs find."""
        self._gate.unlink(missing_ok=True)
        self._plan.write_text(
            json.dumps({"faults": faults, "hold": hold, "pause": pause, "raw": raw, "silent": silent}), "utf-8"
        )

    def go_on(self) -> None:
        """Lets a run that waits go on."""
        self._gate.touch()

    def asks(self) -> list[dict[str, Any]]:
        """What runs were asked for so far; `pid` is the process."""
        return [json.loads(line) for line in self._asks.read_text().splitlines()] if self._asks.exists() else []


def line_of(check: str, faults: dict[str, str], trial: str) -> dict[str, Any]:
    """What a check tells: `faults` are codes by check."""
    sign, because, code = "ok", "", faults.get(check, "")
    red = next((name for name in CHECKS if FAULTS.get(faults.get(name, ""), ("", ""))[1] == "fail"), None)
    if code:
        sign = FAULTS[code][1]
    elif check in _TRIALS and check != trial:
        sign, because = "skip", "asked"
    elif red is not None and CHECKS.index("service") < CHECKS.index(red) < CHECKS.index(check):
        sign, because = "skip", red
    facts = [] if sign in ("skip", "fail") else _FACTS.get(check, [])
    return {
        "kind": "check", "check": check, "sign": sign, "code": code, "because": because,
        "facts": [{"name": fact[0], "value": fact[1], "masked": fact[-1]} for fact in facts],
        "seconds": 0.12, "said": _said(code), "picture": FAULTS[code][2] if code else "",
    }  # fmt: skip


def _said(code: str) -> dict[str, Any]:
    if not code:
        return {}
    zh, en = FAULTS[code][3:]
    return {tag: {"meaning": text[0], "steps": text[1:]} for tag, text in (("zh-Hant", zh), ("en", en))}


def end_line(faults: dict[str, str]) -> dict[str, Any]:
    """The last line."""
    header = {
        "format": "cardlogin-report:1", "installation": INSTALLATION, "made": "2026-12-02T17:00:00Z", "version": "0.1.0"
    }  # fmt: skip
    codes = (faults.get(check, "") for check in CHECKS)
    first = next((code for code in codes if code and FAULTS[code][1] == "fail"), "")
    return {"kind": "end", "first": first, "header": header}


def _say(value: object) -> None:
    print(json.dumps(value), flush=True)


def _run(plan: dict[str, Any], ask: dict[str, Any], gate: Path) -> None:
    faults = {FAULTS[code][0]: code for code in plan["faults"]}
    checks = [check for check in CHECKS if not ask["checks"] or check in ask["checks"]]
    _say({"kind": "begin", "checks": checks})
    for check in checks:
        while check == plan["hold"] and not gate.exists():
            time.sleep(0.01)
        time.sleep(plan["pause"])
        _say(line_of(check, faults, ask["trial"]))
    _say(end_line(faults))


def main(plan: Path, asks: Path, gate: Path) -> None:
    """Notes the ask and carries out the plan."""
    import os

    ask = json.loads(sys.stdin.readline())
    with asks.open("a") as file:
        file.write(json.dumps({**ask, "pid": os.getpid()}) + "\n")
    planned = json.loads(plan.read_text("utf-8"))
    if planned["silent"]:
        time.sleep(600)
    if planned["raw"] is None:
        _run(planned, ask, gate)
    else:
        sys.stdout.write("".join(planned["raw"]))


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
