"""./dev bench hipki: how fast pages of the old component are answered, in both browsers, beside a bare page."""

import json
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import quote

from agent.permissions import Decision
from tests.dev.own_network import alone
from tests.dev.rows import Row, write_rows
from tests.hipki.portals import Kind, Portal
from tests.hipki.rows import Brand, Cards
from tests.hipki.stage import PORT, Stage, Theatre
from tests.hipki.styles_signing import SIGN
from tests.stand.parts import ROOT, free_port, make_pki
from tests.stand.screen import Screen
from tests.stand.waiting import wait_until

OPENED, SIGNED = 100, 20
# ms that the strictest clients wait for the first message, and what a whole signature may take (hipki.md, 0).
STRICTEST, WHOLE = 500, 1000


def bench() -> int:
    """Measures in a network of its own, because the port is fixed; prints the table and writes build/."""
    return subprocess.run(alone([sys.executable, "-m", "tests.dev.bench_hipki"]), cwd=ROOT, check=False).returncode


def _bench() -> None:
    with tempfile.TemporaryDirectory(prefix="cardlogin-bench-") as name:
        folder = Path(name)
        make_pki(folder / "pki", free_port())
        screen = Screen.start(folder)
        try:
            with Stage(_made(folder / "stage"), folder / "pki", screen) as stage:
                rows = [row for brand in Brand for row in _measure(Theatre(stage), brand)]
        finally:
            screen.stop()
    print("\npages of the old component, medians [p10-p90]")
    for row in rows:
        print(row.line())
    write_rows(rows, OPENED, "bench-hipki.json")


def _made(folder: Path) -> Path:
    folder.mkdir()
    return folder


def _measure(theatre: Theatre, brand: Brand) -> list[Row]:
    stage = theatre.stage
    stage.set(Cards.ONE)
    portal, bare = stage.portals[Kind.PUBLIC], stage.portals[Kind.PLAIN_LOOPBACK]
    stage.agent.decide(portal.origin, Decision.PAGE_PIN)
    try:
        floor = Row(f"bare page, {brand}", "ms", _opened(theatre, brand, f"{bare.origin}/bare.html"))
        ours = _opened(theatre, brand, f"http://localhost:{PORT}/popupForm")
        signed = _signed(theatre, brand, portal)
    finally:
        theatre.close()
    return [
        Row(f"window to first message, {brand}", "ms", ours, STRICTEST).against(floor),
        floor,
        Row(f"  95 of 100 under, {brand}", "ms", [sorted(ours)[len(ours) * 95 // 100 - 1]], STRICTEST),
        Row(f"  the slowest, {brand}", "ms", [max(ours)]),
        Row(f"  later than {STRICTEST} ms, {brand}", "", [_late(ours)], 0),
        Row(f"  later than {STRICTEST} ms, bare page, {brand}", "", [_late(floor.values)]),
        Row(f"click to signature, without a person, {brand}", "ms", signed, WHOLE),
    ]


def _late(milliseconds: Sequence[float]) -> float:
    return float(sum(value > STRICTEST for value in milliseconds))


def _opened(theatre: Theatre, brand: Brand, address: str) -> list[float]:
    """From `window.open` to the first message, one window after the other."""
    print(f"bench: {brand} opens {address} × {OPENED} …", flush=True)
    portal = theatre.stage.portals[Kind.PUBLIC]
    return _clicked(theatre, brand, portal, f"{portal.origin}/clock.html?address={quote(address, safe='')}", OPENED)


def _signed(theatre: Theatre, brand: Brand, portal: Portal) -> list[float]:
    """From `window.open` to the answer, with the PIN that the page sends; the first one is not counted."""
    print(f"bench: {brand} signs × {SIGNED} …", flush=True)
    style = {"encode": "values", "request": {**SIGN, "tbs": "TBS"}, "checks": ["zero"]}
    return _clicked(theatre, brand, portal, portal.page(style), SIGNED)


def _clicked(theatre: Theatre, brand: Brand, portal: Portal, page: str, runs: int) -> list[float]:
    portal.said.clear()
    tab = theatre.browser(brand).open(page)
    for number in range(runs + 1):
        tab.click("#go")
        wait_until(lambda number=number: len(portal.said) > number)
        wait_until(lambda: not theatre.browser(brand).others(tab))
    said = portal.said[1:]
    tab.close()
    if any(answer.get("verdict", "answered") != "answered" for answer in said):
        raise SystemExit(f"bench: {json.dumps(said[0])}")
    return [answer["ms"] if "ms" in answer else answer["times"]["whole"] for answer in said]


if __name__ == "__main__":
    _bench()
