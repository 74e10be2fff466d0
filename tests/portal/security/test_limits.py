"""Every limit that the code asks for has a number in every installation (ASVS 2.3.2, 2.4.1)."""

import ast
import re

from portal.settings import base
from tests.unit.portal.security.test_source import CODE, relative

_RATE = re.compile(r"[1-9][0-9]*/[1-9]?[0-9]*[mhd]/(ip|user|key)")
# Where the name of a limit is passed on.
_CALLS: dict[str, str | int] = {"ratelimit.consume": "action", "count": 1, "ratelimit.clear": "action"}


def asked() -> dict[str, str]:
    """The names of all limits in the portal's code, with a place of each."""
    found: dict[str, str] = {}
    for path in CODE:
        if not relative(path).startswith("portal/"):
            continue
        tree = ast.parse(path.read_text("utf-8"))
        constants = {
            node.targets[0].id: node.value.value
            for node in tree.body
            if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name)
            and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
        }  # fmt: skip
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and (place := _CALLS.get(ast.unparse(node.func))) is not None:
                name = _name(node, place, constants)
                if name:
                    found[name] = f"{relative(path)}:{node.lineno}"
    return found


def _name(node: ast.Call, place: str | int, constants: dict[str, str]) -> str:
    if isinstance(place, int):
        value = node.args[place] if len(node.args) > place else None
    else:
        value = next((one.value for one in node.keywords if one.arg == place), None)
    if isinstance(value, ast.Name):
        return constants.get(value.id, "")
    return value.value if isinstance(value, ast.Constant) and isinstance(value.value, str) else ""


def test_every_limit_has_a_number() -> None:
    limits = base.ACCOUNT_RATE_LIMITS
    assert isinstance(limits, dict)
    found = asked()
    assert len(found) > 10
    assert {name: place for name, place in found.items() if name not in limits} == {}


def test_numbers_are_limits() -> None:
    assert isinstance(base.ACCOUNT_RATE_LIMITS, dict)
    for name, rates in base.ACCOUNT_RATE_LIMITS.items():
        assert all(_RATE.fullmatch(rate) for rate in rates.split(",")), name
