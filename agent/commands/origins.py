"""`origins`: which sites this user has allowed or refused; a running daemon follows at once."""

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from agent.commands.table import Commands

if TYPE_CHECKING:
    from agent.permissions import Decision, Permissions


def add(commands: Commands) -> None:
    """Puts `origins` and its own commands into the table."""
    parser = commands.add_parser("origins", help="list, allow or refuse sites")
    parser.add_argument("--settings", type=Path, help="settings file (TOML) instead of the user's own")
    actions = parser.add_subparsers(dest="action", required=True)
    actions.add_parser("list", help="print the remembered decisions")
    for name, help_ in (
        ("allow", "let a site ask, also about reader and card"),
        ("deny", "refuse a site"),
        ("revoke", "forget what was decided about a site"),
    ):
        action = actions.add_parser(name, help=help_)
        action.add_argument("origin", help="such as https://portal.example")
        if name == "allow":
            action.add_argument(
                "--page-pin", action="store_true",
                help="its pages written for the old component may also send the PIN that a person types into them",
            )  # fmt: skip
    actions.add_parser("reset", help="forget all decisions, also those of a damaged file")
    parser.set_defaults(command=origins)


def origins(arguments: argparse.Namespace) -> int:
    """Does what `action` says; 2 when it cannot, 1 when there was nothing to revoke."""
    from agent.permissions import FILE, Permissions, PermissionsError
    from agent.settings import SettingsError, read_settings_of

    try:
        return _act(Permissions(read_settings_of(arguments.settings).state / FILE), arguments)
    except (SettingsError, PermissionsError) as error:
        print(f"cardlogin: {error}", file=sys.stderr)
        return 2


def _act(permissions: "Permissions", arguments: argparse.Namespace) -> int:
    if arguments.action == "list":
        for origin, decision in permissions.all().items():
            print(_line(origin, decision))
        return 0
    if arguments.action == "reset":
        permissions.reset()
        return 0
    changed = permissions.decide(arguments.origin, _decision(arguments))
    if arguments.action == "revoke" and not changed:
        print(f"cardlogin: nothing was decided about {arguments.origin}", file=sys.stderr)
        return 1
    return 0


def _line(origin: str, decision: "Decision") -> str:
    from agent.permissions import Decision

    if decision is Decision.PAGE_PIN:
        return f"{Decision.ALLOW:5}  {origin}  --page-pin"
    return f"{decision:5}  {origin}"


def _decision(arguments: argparse.Namespace) -> "Decision | None":
    from agent.permissions import Decision

    if arguments.action == "revoke":
        return None
    if arguments.action == "allow" and arguments.page_pin:
        return Decision.PAGE_PIN
    return Decision(arguments.action)
