"""`doctor`: tests this computer link by link, and says which is broken and what to do."""

import argparse
import asyncio
import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from agent.commands.table import Commands
from agent.messages import terminal_language

if TYPE_CHECKING:  # loaded by the command alone
    from agent.selftest.ask import Ask
    from agent.selftest.results import CheckLine

OK, FAILED, NOT_RUN, WARNED = 0, 1, 2, 3
_REPORTS = (".json", ".html")


def add(commands: Commands) -> None:
    """Puts `doctor` into the table."""
    parser = commands.add_parser(
        "doctor", help="test this computer and say which link is broken (status 0: none, 1: one is, 3: warnings only)"
    )
    parser.add_argument("--settings", type=Path, help="settings file (TOML) instead of the user's own")
    parser.add_argument("--check", action="append", default=[], metavar="NAME", help="only this check; may be repeated")
    parser.add_argument("--portal", default="", metavar="ORIGIN", help="also ask this portal: https://portal.example")
    parser.add_argument(
        "--trial", choices=("signature", "decryption"), default="", help="try that with the card and PIN"
    )
    parser.add_argument("--json", action="store_true", help="print the report: names and numbers are masked")
    parser.add_argument("--report", type=Path, metavar="FILE", help="also write the report, to a .json or .html file")
    parser.add_argument("--watch", action="store_true", help="again whenever a reader or card comes or goes")
    parser.set_defaults(command=doctor)


def doctor(arguments: argparse.Namespace) -> int:
    """Runs the self-test; 0 all right, 1 a check failed, 2 it could not be run, 3 warnings only."""
    from agent.selftest.engine import Unknown

    # Names of folders and readers may have characters that the terminal lacks.
    if hasattr(sys.stdout, "reconfigure"):
        sys.stdout.reconfigure(errors="replace")
    try:
        ask = _ask(arguments)
        if arguments.watch:
            return asyncio.run(_watch(ask, arguments))
        return asyncio.run(_once(ask, arguments))
    except Unknown as error:
        problem = f"no such check: {error}"
    except (ValueError, OSError) as error:
        problem = str(error)
    except KeyboardInterrupt:
        return OK
    print(f"cardlogin: {problem}", file=sys.stderr)
    return NOT_RUN


def _ask(arguments: argparse.Namespace) -> "Ask":
    from agent.selftest.ask import Ask
    from agent.selftest.portal_look import ORIGIN
    from agent.settings import SettingsError, read_settings_of

    if arguments.report is not None and arguments.report.suffix not in _REPORTS:
        raise ValueError(f"{arguments.report}: a report is a .json or .html file")
    portal = arguments.portal
    if not portal:
        try:
            portal = read_settings_of(arguments.settings).selftest.portal
        except (SettingsError, OSError):
            portal = ""  # a check's finding
    if portal and not ORIGIN.fullmatch(portal):
        raise ValueError(f"{portal}: an origin like https://portal.example")
    language = terminal_language(os.environ, sys.stdout.encoding)
    settings = "" if arguments.settings is None else str(arguments.settings)
    return Ask(settings, language, portal, tuple(arguments.check), arguments.trial)


async def _once(ask: "Ask", arguments: argparse.Namespace) -> int:
    from agent.selftest.engine import run
    from agent.selftest.order import NAMES
    from agent.selftest.printing import Printer
    from agent.selftest.report import page, report
    from agent.selftest.results import LEFT, BeginLine, EndLine

    printer, found, made = Printer(ask.language), dict[str, "CheckLine"](), dict[str, Any]()
    order: tuple[str, ...] = ()
    async for line in run(ask):
        if isinstance(line, BeginLine):
            order = line.checks
        elif isinstance(line, EndLine):
            made = report(line.header, [found[name] for name in order], line.first)
        else:
            found[line.check] = line
        if not arguments.json:
            printer.take(line)
    text = json.dumps(made, ensure_ascii=False, indent=None if arguments.watch else 1)
    if arguments.json:
        print(text, flush=True)
    if arguments.report is not None:
        arguments.report.write_text(text if arguments.report.suffix == ".json" else page(made, ask.language), "utf-8")
    signs = {line.sign for line in found.values()}
    # A check that is asked for alone may be kept from being made by one that has failed and is not shown.
    blocked = any(line.because in NAMES and line.because not in LEFT for line in found.values())
    return FAILED if "fail" in signs or blocked else WARNED if "warn" in signs else OK


async def _watch(ask: "Ask", arguments: argparse.Namespace) -> int:
    """Again and again, until Ctrl-C: what was found last is what counts."""
    from agent.readers import Event, ReaderWatch

    loop, changed = asyncio.get_running_loop(), asyncio.Event()

    def tell(_event: Event) -> None:
        loop.call_soon_threadsafe(changed.set)

    watch = ReaderWatch(tell)
    watch.start()
    try:
        while True:
            changed.clear()
            await _once(ask, arguments)
            await changed.wait()
            await asyncio.sleep(0.5)  # a reader that comes brings its card a moment later
    finally:
        watch.stop()
