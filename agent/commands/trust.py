"""`cardlogin trust`: which browsers trust the agent's TLS identity, and how to make them or to take it back."""

import argparse
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from agent.commands.table import Commands
from agent.messages import mark as _
from agent.messages import terminal_language, translator
from agent.settings import SettingsError, read_settings_of

if TYPE_CHECKING:  # cryptography is loaded by the command alone, never by the daemon
    from certs.store import Plan, Root, Store
    from certs.trust import Row

_SYSTEM_JOURNAL = Path("/var/lib/cardlogin/trust.journal")
_OK, _UNFINISHED, _FAILED = 0, 1, 2
_ACTIONS: Mapping[str, str] = {
    "status": "show which stores trust the identity (status 0: all of them)",
    "install": "make them trust it",
    "remove": "take everything out again",
    "dry-run": "show what install would do (status 0: nothing)",
}
# Messages of the catalogues, by the names that certs uses.
_KINDS = {
    "chromium": _("Chromium, Chrome, Edge"),
    "firefox": _("Firefox"),
    "firefox-policies": _("Firefox policies"),
    "debian": _("System"),
    "windows": _("Windows"),
    "macos": _("macOS keychain"),
}
_STATES = {"trusted": _("trusted"), "present": _("there, not trusted"), "absent": _("not trusted")}
_REMOVED = _("removed")
_NOTES = {
    "next_start": _("the browser is running and sees it at its next start"),
    "asks": _("the system asks for confirmation"),
}
_FAULTS = {
    "identity_missing": _("not made yet; run: cardlogin trust install"),
    "identity_outdated": _("made by an earlier version; run: cardlogin trust install"),
    "identity_exposed": _("others may have read its key; run: cardlogin trust install"),
    "identity_unreadable": _("damaged; run: cardlogin trust install --new-identity"),
    "identity_expired": _("expired; check the clock, then run: cardlogin trust install --new-identity"),
    "identity_ending": _("ends soon; run: cardlogin trust install --new-identity"),
    "clock_wrong": _("the clock is before the identity was made; set the clock"),
}


class TrustError(Exception):
    """The command cannot do anything; the text says why."""


@dataclass(frozen=True)
class _Scope:
    """Whose stores: the user's, or the whole computer's."""

    identity: Path
    journal: Path
    stores: "list[Store]"


def add(commands: Commands) -> None:
    """Puts `trust` into the table."""
    parser = commands.add_parser("trust", help="make browsers trust this computer's agent, or take it back")
    parser.add_argument(
        "action", choices=_ACTIONS, help="; ".join(f"{name}: {text}" for name, text in _ACTIONS.items())
    )
    parser.add_argument("--settings", type=Path, help="settings file (TOML) instead of the user's own")
    parser.add_argument("--new-identity", action="store_true", help="install: first make a new identity (new prompts)")
    parser.add_argument("--system", action="store_true", help="the stores of the whole computer (administrator)")
    parser.add_argument("--identity", type=Path, help="with --system: the user's identity folder")
    parser.set_defaults(command=trust)


def trust(arguments: argparse.Namespace) -> int:
    """Runs the command: 0 when all is as asked for, 1 when some store is not, 2 when nothing could be done."""
    from filelock import Timeout

    from certs.life import IdentityError
    from certs.private import check_folder, lock_file
    from certs.store import StoreError

    # Names of folders may have characters that the terminal lacks.
    if hasattr(sys.stdout, "reconfigure"):
        sys.stdout.reconfigure(errors="replace")
    try:
        scope = _scope(arguments)
        scope.journal.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        check_folder(scope.journal.parent)
        with lock_file(scope.journal.with_suffix(".lock"), timeout=30):
            return _run(arguments.action, scope, new=arguments.new_identity)
    except Timeout:
        problem = "another trust command is running"
    except (TrustError, StoreError, IdentityError, SettingsError, OSError) as error:
        problem = str(error)
    print(f"cardlogin: {problem}", file=sys.stderr)
    return _FAILED


def _scope(arguments: argparse.Namespace) -> _Scope:
    from certs.trust import system_stores, user_stores

    if not arguments.system:
        settings = read_settings_of(arguments.settings)
        stores = user_stores(Path.home(), os.environ)
        return _Scope(settings.state / "identity", settings.state / "trust.journal", stores)
    if not hasattr(os, "geteuid") or os.geteuid() != 0:
        raise TrustError("--system needs the administrator (root)")
    if arguments.new_identity or (arguments.identity is None and arguments.action != "remove"):
        raise TrustError("--system takes the user's identity: --identity FOLDER")
    return _Scope(arguments.identity or Path(os.devnull), _SYSTEM_JOURNAL, system_stores())


def _run(action: str, scope: _Scope, *, new: bool) -> int:
    from certs.folder import ensure_identity, replace_identity
    from certs.journal import Journal
    from certs.life import ROOT
    from certs.trust import Trust, take_back

    journal = Journal(scope.journal)
    if action == "remove" and not (scope.identity / ROOT).exists():
        return _done(take_back(journal), _REMOVED)
    if action == "install" and scope.journal != _SYSTEM_JOURNAL:
        (replace_identity if new else ensure_identity)(scope.identity)
    subject = Trust(_root(scope.identity), scope.stores, journal)
    if action == "install":
        return _done(subject.install(), _STATES["trusted"], changed=False) if scope.stores else _no_stores()
    if action == "remove":
        return _done(subject.remove(), _REMOVED)
    return _shown(subject.look(), steps=action == "dry-run") | _faults(
        scope.identity, system=scope.journal == _SYSTEM_JOURNAL
    )


def _root(identity: Path) -> "Root":
    """The root, if it is one that can vouch for this computer only: nothing else goes into a store."""
    from certs.authority import vouches_for_this_computer_only
    from certs.life import ROOT
    from certs.store import read_root

    if not (identity / ROOT).exists():
        raise TrustError(f"identity_missing: {identity} (cardlogin trust install)")
    root = read_root(identity / ROOT)
    if not vouches_for_this_computer_only(root.der):
        raise TrustError(f"{root.path}: not a root that CardLogin made")
    return root


def _faults(identity: Path, *, system: bool) -> int:
    """Tells what is wrong with the identity itself; an administrator's is the one of another user."""
    from certs.life import IdentityError, choose, read_life

    try:
        fault = choose(read_life(identity, identity.stat().st_uid if system else None), datetime.now(UTC)).fault
    except IdentityError as error:
        fault = error.fault
    if fault is None:
        return _OK
    print(f"{fault.value}: {_said(_FAULTS[fault.value])}")
    return _UNFINISHED


def _shown(rows: "list[Row]", *, steps: bool) -> int:
    """Prints how the stores are, and what installing would do; the status says whether anything is to be done."""
    for row in rows:
        print(f"{_said(_KINDS[row.kind])}  {row.place}")
        if row.plan is None:
            print(f"    {_failed(row)}")
            continue
        print(f"    {_said(_STATES[row.plan.state])}")
        for step in row.plan.steps if steps else ():
            print(f"    → {step}")
        _note(row.plan if row.plan.steps else None)
    if not rows:
        return _no_stores()
    return _OK if all(row.plan and not row.plan.steps for row in rows) else _UNFINISHED


def _done(rows: "list[Row]", result: str, *, changed: bool = True) -> int:
    """Prints what was done in which store; `changed`: every row is a change, even without steps."""
    for row in rows:
        print(f"{_said(_KINDS[row.kind])}  {row.place}")
        print(f"    {_said(result) if row.plan else _failed(row)}")
        _note(row.plan if row.plan and (changed or row.plan.steps) else None)
    if not rows:
        print(_said(_("nothing to do")))
    return _UNFINISHED if any(row.error for row in rows) else _OK


def _note(plan: "Plan | None") -> None:
    if plan is not None and plan.note is not None:
        print(f"    {_said(_NOTES[plan.note])}")


def _no_stores() -> int:
    print(_said(_("no browser's store was found")))
    return _UNFINISHED


def _failed(row: "Row") -> str:
    return _said(_("failed: {error}")).format(error=row.error)


def _said(message: str) -> str:
    return translator(terminal_language(os.environ, sys.stdout.encoding)).gettext(message)
