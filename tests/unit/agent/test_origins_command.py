"""`cardlogin origins`, as a person types it."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.stand.parts import ROOT
from tests.stand.waiting import LIMIT

A = "https://a.example"


@pytest.fixture
def settings(tmp_path: Path) -> Path:
    """A settings file with a state folder of its own."""
    file = tmp_path / "agent.toml"
    file.write_text(f"state = {json.dumps(str(tmp_path / 'state'))}\n")
    return file


def origins(settings: Path, *arguments: str) -> tuple[int, str, str]:
    """Exit status, output and errors of a command."""
    command = [sys.executable, "-m", "agent", "origins", "--settings", str(settings), *arguments]
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=LIMIT)
    return result.returncode, result.stdout, result.stderr


def test_allow_deny_list_revoke(settings: Path) -> None:
    assert origins(settings, "list") == (0, "", "")
    assert origins(settings, "deny", A) == (0, "", "")
    assert origins(settings, "allow", "https://b.example:8443") == (0, "", "")
    assert origins(settings, "list") == (0, f"deny   {A}\nallow  https://b.example:8443\n", "")
    assert origins(settings, "revoke", A) == (0, "", "")
    assert origins(settings, "list") == (0, "allow  https://b.example:8443\n", "")


def test_nothing_to_revoke_is_status_1(settings: Path) -> None:
    assert origins(settings, "revoke", A) == (1, "", f"cardlogin: nothing was decided about {A}\n")


@pytest.mark.parametrize("origin", ["a.example", "https://a.example/", "https://*.gov.example", ""])
def test_what_is_no_origin_is_status_2_and_one_line(settings: Path, origin: str) -> None:
    status, output, errors = origins(settings, "deny", origin)
    assert (status, output, errors.count("\n")) == (2, "", 1)
    assert "https://portal.example" in errors


def test_damaged_file_is_named_and_reset_mends_it(settings: Path, tmp_path: Path) -> None:
    file = tmp_path / "state" / "origins.json"
    file.parent.mkdir()
    file.write_text("{")
    status, output, errors = origins(settings, "list")
    assert (status, output, errors.count("\n")) == (2, "", 1)
    assert str(file) in errors
    assert origins(settings, "reset") == (0, "", "")
    assert origins(settings, "list") == (0, "", "")


def test_settings_that_are_mistyped_are_status_2(settings: Path) -> None:
    assert origins(settings.with_name("none.toml"), "list")[0] == 2


@pytest.mark.parametrize("arguments", [[], ["nonsense"], ["allow"]])
def test_unknown_action_is_status_2_with_usage(settings: Path, arguments: list[str]) -> None:
    status, _, errors = origins(settings, *arguments)
    assert status == 2
    assert errors.startswith("usage: cardlogin origins")


def test_site_that_may_send_pins_is_listed_as_it_was_typed(settings: Path) -> None:
    assert origins(settings, "allow", "--page-pin", A) == (0, "", "")
    assert origins(settings, "list") == (0, f"allow  {A}  --page-pin\n", "")
    assert origins(settings, "allow", A) == (0, "", "")
    assert origins(settings, "list") == (0, f"allow  {A}\n", "")
    assert origins(settings, "deny", "--page-pin", A)[0] == 2
