"""System checks, the demo's settings in a process of their own, and what the server needs to come up."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.apps import apps
from django.core.checks import run_checks
from django.core.management import call_command
from pytest_django import Settings

from cardlogin_server.contrib.django.parts import forget, verifier
from tests.portal.pki import Pki
from tests.stand.databases import own_stores
from tests.stand.waiting import LIMIT


def _ids() -> list[str]:
    return [message.id or "" for message in run_checks(app_configs=list(apps.get_app_configs()))]


def test_good_settings_have_nothing_to_report() -> None:
    assert _ids() == []


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("CARDLOGIN_ORIGIN", "", ["cardlogin.E001"]),
        ("CARDLOGIN_ORIGIN", "http://portal.test", ["cardlogin.E001"]),
        ("CARDLOGIN_ORIGIN", "https://portal.test/", ["cardlogin.E001"]),
        ("CARDLOGIN_PKI", "", ["cardlogin.E002", "cardlogin.E002"]),
        ("CARDLOGIN_PKI", "/nonexistent", ["cardlogin.E002", "cardlogin.E002"]),
        ("CARDLOGIN_CRL_HOSTS", (), ["cardlogin.E003"]),
    ],
)
def test_missing_setting_is_reported(settings: Settings, name: str, value: object, expected: list[str]) -> None:
    setattr(settings, name, value)
    assert _ids() == expected


def test_verifier_is_built_once_and_refuses_an_empty_folder(settings: Settings, tmp_path: Path) -> None:
    assert verifier() is verifier()
    forget()
    settings.CARDLOGIN_PKI = str(tmp_path)
    with pytest.raises(ValueError, match="anchor"):
        verifier()


@pytest.mark.django_db
def test_migrations_are_complete() -> None:
    call_command("makemigrations", check=True, dry_run=True, verbosity=0)


def demo_environment(state: Path, pki: Pki) -> dict[str, str]:
    """What the demo sets for the portal."""
    return {
        "PATH": os.environ["PATH"],
        "DJANGO_SETTINGS_MODULE": "portal.settings.demo",
        "CARDLOGIN_STATE": str(state),
        "CARDLOGIN_ORIGIN": "https://portal.test:8443",
        "CARDLOGIN_PKI": str(pki.folder),
        "CARDLOGIN_CRL_HOSTS": "127.0.0.1:8080",
        "CARDLOGIN_AGENT_PORTS": "50001, 50002",
        "CARDLOGIN_SECRET_KEY": "".join(chr(33 + number % 90) for number in range(80)),
        "CARDLOGIN_SEAL_KEY": "".join(chr(34 + number % 90) for number in range(80)),
        **own_stores(state),
    }


def run(environment: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    """One command of the portal under the demo's settings."""
    command = [sys.executable, "-W", "error", "-m", "portal", *arguments]
    root = Path(__file__).parents[2]
    return subprocess.run(
        command, env=environment, cwd=root, capture_output=True, text=True, timeout=LIMIT, check=False
    )


def test_demo_settings_pass_the_deployment_check(tmp_path: Path, pki: Pki) -> None:
    environment = demo_environment(tmp_path, pki)
    environment.pop("CARDLOGIN_DATABASE_URL", None)  # the tests' own role may do everything, which is reported
    done = run(environment, "check", "--deploy", "--fail-level", "DEBUG")
    assert done.returncode == 0, done.stderr
    assert "no issues" in done.stdout


def test_demo_settings_name_what_is_missing(tmp_path: Path, pki: Pki) -> None:
    for name in ("CARDLOGIN_STATE", "CARDLOGIN_SECRET_KEY", "CARDLOGIN_SEAL_KEY"):
        environment = demo_environment(tmp_path, pki)
        del environment[name]
        done = run(environment, "check")
        assert done.returncode != 0
        assert f"{name} is not set" in done.stderr


def test_migrate_makes_the_cache_table_and_runs_twice(tmp_path: Path, pki: Pki) -> None:
    environment = demo_environment(tmp_path, pki)
    for _ in range(2):
        done = run(environment, "migrate", "--verbosity", "0")
        assert (done.returncode, done.stderr) == (0, "")
    code = "from django.core.cache import cache; print(cache.add('a', 1), cache.add('a', 1))"
    assert run(environment, "shell", "--no-imports", "-c", code).stdout.split() == ["True", "False"]
