"""The settings of a public installation: complete ones pass the deployment check, each gap stops the start."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.portal.data.production import KEYS, complete
from tests.portal.test_configuration import run
from tests.stand.waiting import LIMIT


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """A complete environment."""
    return complete(tmp_path)


def said(environment: dict[str, str]) -> str:
    """What the settings complain about, or what they are."""
    code = (
        "from django.core.exceptions import ImproperlyConfigured\n"
        "try:\n from portal.settings import production as p\n"
        "except ImproperlyConfigured as e: print(e)\n"
        "else: print('fine', p.ALLOWED_HOSTS, len(p.CARDLOGIN_SEAL_KEYS), p.EMAIL_USE_TLS, p.EMAIL_USE_SSL,"
        " p.DATABASES['default']['ENGINE'], p.CARDLOGIN_PKI, p.DEBUG, p.CARDLOGIN_OUTBOX, p.CARDLOGIN_OLD_WAY)"
    )
    root = Path(__file__).parents[3]
    done = subprocess.run([sys.executable, "-c", code], env=environment, cwd=root, capture_output=True, text=True,
                          timeout=LIMIT, check=False)  # fmt: skip
    assert done.stderr == ""
    return done.stdout.strip()


def test_complete_settings(environment: dict[str, str]) -> None:
    postgresql = "django.db.backends.postgresql"
    assert said(environment) == f"fine ['portal.example'] 2 True False {postgresql} None False False False"


def test_deployment_check_finds_nothing(environment: dict[str, str]) -> None:
    # Without the addresses: the checks of caches and databases want to reach them.
    del environment["CARDLOGIN_DATABASE_URL"], environment["CARDLOGIN_CACHE_URL"]
    done = run(environment, "check", "--deploy", "--fail-level", "DEBUG")
    assert done.returncode == 0, done.stderr
    assert "no issues" in done.stdout


def test_nothing_set_names_everything_at_once() -> None:
    told = said({"PATH": os.environ["PATH"]})
    for name in (
        "CARDLOGIN_SECRET_KEY", "CARDLOGIN_SEAL_KEYS", "CARDLOGIN_STATE", "CARDLOGIN_ORIGIN", "CARDLOGIN_CRL_HOSTS",
        "CARDLOGIN_MAIL_HOST", "CARDLOGIN_MAIL_FROM", "CARDLOGIN_TEXT_URL", "CARDLOGIN_TEXT_TOKEN",
    ):  # fmt: skip
        assert f"{name} is not " in told, name


@pytest.mark.parametrize(
    ("name", "value", "complaint"),
    [
        ("CARDLOGIN_SECRET_KEY", "short-secret-1", "CARDLOGIN_SECRET_KEY is weak"),
        ("CARDLOGIN_SECRET_KEY", "a" * 64, "CARDLOGIN_SECRET_KEY is weak"),
        ("CARDLOGIN_SECRET_KEY", "django-insecure-" + KEYS[0], "CARDLOGIN_SECRET_KEY is weak"),
        ("CARDLOGIN_SECRET_KEY", KEYS[1], "must all be different"),
        ("CARDLOGIN_SEAL_KEYS_FILE", "", "CARDLOGIN_SEAL_KEYS is not set"),
        ("CARDLOGIN_STATE", "/nonexistent", "CARDLOGIN_STATE is not a folder"),
        ("CARDLOGIN_DATABASE_URL", "postgresql://u:db-secret-1@db.portal.example/portal", "by TLS only"),
        ("CARDLOGIN_DATABASE_URL", "mysql://u:db-secret-1@db/portal", "must begin with postgresql://"),
        ("CARDLOGIN_CACHE_URL", "redis://:db-secret-1@cache.portal.example", "by TLS only"),
        ("CARDLOGIN_ORIGIN", "http://portal.example", "CARDLOGIN_ORIGIN is not https"),
        ("CARDLOGIN_ORIGIN", "https://*.portal.example", "CARDLOGIN_ORIGIN is not https"),
        ("CARDLOGIN_ORIGIN", "https://portal.example/", "CARDLOGIN_ORIGIN is not https"),
        ("CARDLOGIN_ORIGIN", "https://192.0.2.1", "CARDLOGIN_ORIGIN is not https"),
        ("CARDLOGIN_ORIGIN", "https://localhost", "CARDLOGIN_ORIGIN is not https"),
        ("CARDLOGIN_PROXIES", "many", "CARDLOGIN_PROXIES is not a number"),
        ("CARDLOGIN_PROFILE", "lenient", "CARDLOGIN_PROFILE is one of modern, egov-compat"),
        ("CARDLOGIN_OLD_WAY", "on", "CARDLOGIN_OLD_WAY=on needs CARDLOGIN_PROFILE=egov-compat"),
        ("CARDLOGIN_OLD_WAY", "yes", "CARDLOGIN_OLD_WAY is one of on, off"),
        ("CARDLOGIN_CRL_HOSTS", " , ", "CARDLOGIN_CRL_HOSTS is not set"),
        ("CARDLOGIN_MAIL_TLS", "none", "CARDLOGIN_MAIL_TLS is one of starttls, tls"),
        ("CARDLOGIN_MAIL_PASSWORD", "", "CARDLOGIN_MAIL_PASSWORD is not set"),
        ("CARDLOGIN_MAIL_FROM", "portal", "CARDLOGIN_MAIL_FROM is no mail address"),
        ("CARDLOGIN_TEXT_URL", "http://text.portal.example/", "does not begin with https://"),
    ],
)
def test_one_gap_stops_the_start(environment: dict[str, str], name: str, value: str, complaint: str) -> None:
    told = said({**environment, name: value})
    assert complaint in told
    assert ";" not in told, "one gap, one complaint"
    assert "secret-1" not in told


def test_commands_and_server_stop_too(environment: dict[str, str]) -> None:
    environment["CARDLOGIN_SECRET_KEY"] = ""
    done = run(environment, "check")
    assert done.returncode != 0
    assert "CARDLOGIN_SECRET_KEY is not set" in done.stderr


def confirmer_folder(folder: Path) -> Path:
    """What the ministry gives an installation: keys of its own, and who vouches for the service."""
    folder.mkdir()
    for name in ("client.pem", "client.key", "authorities.pem"):
        (folder / name).write_text("PEM")
        (folder / name).chmod(0o600)
    return folder


def test_confirmer_is_an_address_and_a_folder(environment: dict[str, str], tmp_path: Path) -> None:
    folder = confirmer_folder(tmp_path / "confirmer")
    asks = {"CARDLOGIN_CONFIRMER_URL": "https://check.portal.example/", "CARDLOGIN_CONFIRMER_FOLDER": str(folder)}
    assert said({**environment, **asks}).startswith("fine")


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"CARDLOGIN_CONFIRMER_URL": "http://check.portal.example/"}, "does not begin with https://"),
        ({"CARDLOGIN_CONFIRMER_FOLDER": ""}, "CARDLOGIN_CONFIRMER_FOLDER is not set"),
        ({"CARDLOGIN_CONFIRMER": "office.confirmer"}, "are both set"),
        ({"key": "missing"}, "CARDLOGIN_CONFIRMER_FOLDER has no client.key"),
        ({"key": "readable"}, "chmod o-rwx"),
    ],
)
def test_confirmer_that_cannot_be_asked_stops_the_start(
    environment: dict[str, str], tmp_path: Path, change: dict[str, str], complaint: str
) -> None:
    folder = confirmer_folder(tmp_path / "confirmer")
    if change.get("key") == "missing":
        (folder / "client.key").unlink()
    elif change.get("key") == "readable":
        (folder / "client.key").chmod(0o644)
    asks = {"CARDLOGIN_CONFIRMER_URL": "https://check.portal.example/", "CARDLOGIN_CONFIRMER_FOLDER": str(folder)}
    assert complaint in said({**environment, **asks, **change})
