"""Environment variables: exact values, secrets in files, all complaints together and none with a value in it."""

from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from portal.settings.environment import Environment


def complaint(environment: Environment) -> str:
    with pytest.raises(ImproperlyConfigured) as raised:
        environment.finish()
    return str(raised.value)


def test_values() -> None:
    environment = Environment({"A": " one ", "B": "7", "C": "a, b,, c ,", "D": "secret", "EMPTY": " "})
    assert environment.text("A") == "one"
    assert environment.text("EMPTY", "other") == environment.text("MISSING", "other") == "other"
    assert environment.number("B", 1, 0, 9) == 7
    assert environment.number("MISSING", 1, 0, 9) == 1
    assert environment.listed("C") == ("a", "b", "c")
    assert environment.secret("D") == "secret"
    environment.finish()


def test_every_gap_is_named_at_once() -> None:
    environment = Environment({"N": "12a"})
    environment.required("ONE")
    environment.secret("TWO")
    environment.number("N", 1, 0, 9)
    said = complaint(environment)
    assert "ONE is not set" in said
    assert "TWO is not set, and neither is TWO_FILE" in said
    assert "N is not a number from 0 to 9" in said


@pytest.mark.parametrize("value", ["-1", "10", "1.5", "１", "1e3", "9" * 30, "0x1"])
def test_what_is_no_number(value: str) -> None:
    environment = Environment({"N": value})
    assert environment.number("N", 3, 0, 9) == 3
    assert "N is not a number" in complaint(environment)


def test_secret_in_a_file(tmp_path: Path) -> None:
    file = tmp_path / "key"
    file.write_text("in the file\n")
    file.chmod(0o640)
    environment = Environment({"KEY_FILE": str(file)})
    assert environment.secret("KEY") == "in the file"
    environment.finish()


@pytest.mark.parametrize(
    ("content", "mode", "reason"),
    [
        (b"open to all", 0o644, "other users of this machine"),
        (b"writable to all", 0o602, "other users of this machine"),
        (b"", 0o600, "not a text"),
        (b"x" * 5000, 0o600, "not a text"),
        (b"\xff\xfe", 0o600, "not a text"),
        (None, 0, "cannot be read"),
    ],
)
def test_file_that_is_refused(tmp_path: Path, content: bytes | None, mode: int, reason: str) -> None:
    file = tmp_path / "key"
    if content is not None:
        file.write_bytes(content)
        file.chmod(mode)
    environment = Environment({"KEY_FILE": str(file)})
    assert environment.secret("KEY") == ""
    said = complaint(environment)
    assert "KEY_FILE" in said
    assert reason in said
    assert "to all" not in said


def test_secret_told_twice_is_refused(tmp_path: Path) -> None:
    environment = Environment({"KEY": "value-1", "KEY_FILE": str(tmp_path / "key")})
    assert environment.secret("KEY") == ""
    said = complaint(environment)
    assert "both set" in said
    assert "value-1" not in said
