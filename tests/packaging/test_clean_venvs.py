"""Every distribution and every extra, each in a clean environment: it needs nothing that it does not declare."""

import re
from pathlib import Path

import pytest

from tests.packaging import clean
from tests.portal.data.production import complete as production_environment

IMPORT_ALL = """
import importlib, os, pkgutil, sys
if "DJANGO_SETTINGS_MODULE" in os.environ:
    import django
    django.setup()
names, left_out = sys.argv[1].split(), tuple(sys.argv[2].split())
for package in names:
    for found in pkgutil.walk_packages(importlib.import_module(package).__path__, package + "."):
        if not found.name.startswith(left_out) and not found.name.endswith("__main__"):
            importlib.import_module(found.name)
            print(found.name)
"""
# Its names are those of Windows' own libraries, so it can be loaded there only.
WINDOWS_ONLY = "agent.platform.modules_windows"
WITH_DJANGO = "cardlogin_server.contrib.django"
# Settings that want another environment than production's.
OTHER_SETTINGS = "portal.settings.demo portal.settings.test"
SITE = """
SECRET_KEY = "x" * 50
INSTALLED_APPS = ["django.contrib.auth", "django.contrib.contenttypes", "cardlogin_server.contrib.django"]
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}}
FILES = "django.core.cache.backends.filebased.FileBasedCache"
CACHES = {"default": {"BACKEND": FILES, "LOCATION": __file__ + ".cache"}}
CARDLOGIN_ORIGIN = "https://portal.example"
CARDLOGIN_PKI = None
CARDLOGIN_CRL_HOSTS = ["crl.example"]
CARDLOGIN_POLICIES = ["1.2.3"]
"""


@pytest.fixture(scope="module")
def server_wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The server library's wheel."""
    return clean.build(clean.ROOT / "cardlogin_server", tmp_path_factory.mktemp("server"))


def imported(environment: clean.Clean, packages: str, left_out: str = "-", **more: str) -> list[str]:
    return environment.run("python", "-W", "error", "-c", IMPORT_ALL, packages, left_out, more=more).split()


def test_agent(tmp_path: Path) -> None:
    wheel = clean.build(clean.ROOT, tmp_path / "wheel")
    environment = clean.make(tmp_path / "venv")
    clean.install_wheel(environment, wheel)
    assert "agent.card.host" in imported(environment, "agent certs pkcs11_shims", WINDOWS_ONLY)
    environment.run("python", "-c", "from agent.selftest.verdict import Rules, SelftestSettings as S; Rules(S())")
    said = environment.run("cardlogin", "--help")
    commands = re.findall(r"^ {4}(\w+)", said, re.MULTILINE)
    assert {"run", "doctor", "trust", "origins", "version"} <= set(commands)
    for command in commands:
        assert "usage: cardlogin" in environment.run("cardlogin", command, "--help")


@pytest.mark.parametrize("extra", ["", "redis"])
def test_server_library(server_wheel: Path, tmp_path: Path, extra: str) -> None:
    environment = clean.make(tmp_path / "venv")
    clean.install_wheel(environment, server_wheel, extra)
    assert "cardlogin_server.stores.redis" in imported(
        environment, "cardlogin_server", "cardlogin_server.contrib.django"
    )
    assert "usage:" in environment.run("python", "-m", "cardlogin_server", "crl", "refresh", "--help")
    environment.run("python", "-c", "import cardlogin_server; cardlogin_server.Anchors.taiwan()")
    if extra:
        environment.run("python", "-c", f"import {extra}")


def test_server_library_for_django(server_wheel: Path, tmp_path: Path) -> None:
    environment = clean.make(tmp_path / "venv")
    clean.install_wheel(environment, server_wheel, "django")
    (tmp_path / "site_settings.py").write_text(SITE)
    site = {"DJANGO_SETTINGS_MODULE": "site_settings", "PYTHONPATH": str(tmp_path)}
    assert "cardlogin_server.contrib.django.backend" in imported(environment, "cardlogin_server", **site)
    assert "no issues" in environment.run("python", "-m", "django", "check", more=site)
    assert "challenges: ok" in environment.run("python", "-m", "django", "cardlogin_check", more=site)


def test_portal_as_its_operating_page_installs_it(tmp_path: Path) -> None:
    page = (clean.ROOT / "docs" / "operating.md").read_text()
    assert "pip install --no-deps --require-hashes --no-build-isolation -r requirements/portal.lock" in page
    environment = clean.make(tmp_path / "venv")
    clean.install_locked(environment, list(clean.entries("portal").values()))
    complete = production_environment(tmp_path) | {"PYTHONPATH": str(clean.ROOT)}
    modules = imported(environment, "cardlogin_server portal", OTHER_SETTINGS, **complete)
    assert {"portal.urls", "portal.wsgi", "cardlogin_server.contrib.django.backend"} <= set(modules)
    assert "no issues" in environment.run("python", "-m", "portal", "check", "--deploy", more=complete)
