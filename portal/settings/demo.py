"""The demonstration on one computer; everything that differs from machine to machine comes from the environment."""

from pathlib import Path
from urllib.parse import urlsplit

from portal.settings.base import *  # noqa: F403
from portal.settings.base import (
    CARDLOGIN_AGENT_HTTP_PORT,
    CARDLOGIN_AGENT_PORTS,
    CARDLOGIN_PROFILE,
    content_security_policy,
)  # fmt: skip
from portal.settings.environment import Environment
from portal.settings.stores import cache, database

_environment = Environment()
STATE = Path(_environment.required("CARDLOGIN_STATE"))
SECRET_KEY = _environment.required("CARDLOGIN_SECRET_KEY")
CARDLOGIN_SEAL_KEYS = (_environment.required("CARDLOGIN_SEAL_KEY"),)
CARDLOGIN_PROFILE = _environment.text("CARDLOGIN_PROFILE", CARDLOGIN_PROFILE)
DATABASES = database(_environment.text("CARDLOGIN_DATABASE_URL"), STATE / "portal.sqlite3")
CACHES = cache(_environment.text("CARDLOGIN_CACHE_URL"))

CARDLOGIN_ORIGIN = _environment.text("CARDLOGIN_ORIGIN")
CARDLOGIN_PKI = _environment.text("CARDLOGIN_PKI")
CARDLOGIN_CRL_HOSTS = _environment.listed("CARDLOGIN_CRL_HOSTS")
CARDLOGIN_CONFIRMER_URL = _environment.text("CARDLOGIN_CONFIRMER_URL")
CARDLOGIN_CONFIRMER_FOLDER = _environment.text("CARDLOGIN_CONFIRMER_FOLDER")
CARDLOGIN_CONFIRMER = "portal.cards.confirmer.over_https" if CARDLOGIN_CONFIRMER_URL else None
# Shared by all processes: a revocation list that one of them has fetched is known to every other.
CARDLOGIN_CRL_FOLDER = str(STATE / "lists")
CARDLOGIN_AGENT_PORTS = tuple(map(int, _environment.listed("CARDLOGIN_AGENT_PORTS"))) or CARDLOGIN_AGENT_PORTS
CARDLOGIN_AGENT_HTTP_PORT = _environment.number("CARDLOGIN_AGENT_HTTP_PORT", CARDLOGIN_AGENT_HTTP_PORT, 0, 65535)
_environment.finish()
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
