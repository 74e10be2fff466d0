"""The demonstration on one computer; everything that differs from machine to machine comes from the environment."""

import os
from pathlib import Path
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured

from portal.settings.base import *  # noqa: F403
from portal.settings.base import (
    CARDLOGIN_AGENT_HTTP_PORT,
    CARDLOGIN_AGENT_PORTS,
    CARDLOGIN_PROFILE,
    content_security_policy,
    sqlite,
)  # fmt: skip


def _required(name: str) -> str:
    value = os.environ.get(name, "")
    if not value:
        raise ImproperlyConfigured(f"the environment variable {name} is not set")
    return value


def _list(name: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in os.environ.get(name, "").split(",") if part.strip())


STATE = Path(_required("CARDLOGIN_STATE"))
SECRET_KEY = _required("CARDLOGIN_SECRET_KEY")
CARDLOGIN_SEAL_KEYS = (_required("CARDLOGIN_SEAL_KEY"),)
CARDLOGIN_PROFILE = os.environ.get("CARDLOGIN_PROFILE", CARDLOGIN_PROFILE)
DATABASES = sqlite(STATE / "portal.sqlite3")

CARDLOGIN_ORIGIN = os.environ.get("CARDLOGIN_ORIGIN", "")
CARDLOGIN_PKI = os.environ.get("CARDLOGIN_PKI", "")
CARDLOGIN_CRL_HOSTS = _list("CARDLOGIN_CRL_HOSTS")
CARDLOGIN_AGENT_PORTS = tuple(map(int, _list("CARDLOGIN_AGENT_PORTS"))) or CARDLOGIN_AGENT_PORTS
CARDLOGIN_AGENT_HTTP_PORT = int(os.environ.get("CARDLOGIN_AGENT_HTTP_PORT", CARDLOGIN_AGENT_HTTP_PORT))
CONTENT_SECURITY_POLICY = content_security_policy(CARDLOGIN_AGENT_PORTS, CARDLOGIN_AGENT_HTTP_PORT)

_host = urlsplit(CARDLOGIN_ORIGIN).hostname or ""
ALLOWED_HOSTS = [_host] if _host else []
if _host == "localhost":
    # A browser keeps this rule for all ports of a name, and localhost belongs to other programs as well.
    SECURE_HSTS_SECONDS = 0

# Nothing leaves this computer: what would be sent is shown on the outbox page.
EMAIL_BACKEND = "portal.messages.outbox.OutboxMailBackend"
CARDLOGIN_TEXT_GATEWAY = "portal.messages.gateway.OutboxGateway"
CARDLOGIN_OUTBOX = True
