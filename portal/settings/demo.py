"""The demonstration on one computer, and nowhere else: what it sends is shown to everybody who opens the outbox page.

Everything that differs from machine to machine comes from the environment.
"""

import re
from pathlib import Path
from urllib.parse import urlsplit

from portal.settings.base import *  # noqa: F403
from portal.settings.base import (
    CARDLOGIN_AGENT_HTTP_PORT,
    CARDLOGIN_AGENT_MINIMUM,
    CARDLOGIN_AGENT_NEWEST,
    CARDLOGIN_AGENT_PORTS,
    CARDLOGIN_PROFILE,
    content_security_policy,
)  # fmt: skip
from portal.settings.environment import Environment
from portal.settings.state import keep_private
from portal.settings.stores import cache, database

_environment = Environment()
keep_private()
STATE = Path(_environment.required("CARDLOGIN_STATE"))
SECRET_KEY = _environment.key(_environment.required("CARDLOGIN_SECRET_KEY"), "CARDLOGIN_SECRET_KEY")
CARDLOGIN_SEAL_KEYS = (_environment.key(_environment.required("CARDLOGIN_SEAL_KEY"), "CARDLOGIN_SEAL_KEY"),)
CARDLOGIN_PROFILE = _environment.text("CARDLOGIN_PROFILE", CARDLOGIN_PROFILE)
CARDLOGIN_OLD_WAY = (
    CARDLOGIN_PROFILE == "egov-compat" and _environment.chosen("CARDLOGIN_OLD_WAY", ("on", "off"), "on") == "on"
)
DATABASES = database(_environment.text("CARDLOGIN_DATABASE_URL"), STATE / "portal.sqlite3")
CACHES = cache(_environment.text("CARDLOGIN_CACHE_URL"))

CARDLOGIN_ORIGIN = _environment.required("CARDLOGIN_ORIGIN")
# This computer, or a name that the public DNS never has (RFC 6761), which a test's browser takes for a public one.
if not re.fullmatch(
    r"https://(?:localhost|127\.0\.0\.1|\[::1\]|(?:[a-z0-9-]+\.)+(?:test|localhost))(?::[1-9][0-9]{0,4})?|",
    CARDLOGIN_ORIGIN,
):
    _environment.complain(
        "CARDLOGIN_ORIGIN: the demonstration is for this computer (https://localhost); "
        "a public site has DJANGO_SETTINGS_MODULE=portal.settings.production"
    )
CARDLOGIN_PKI = _environment.text("CARDLOGIN_PKI")
CARDLOGIN_CRL_HOSTS = _environment.listed("CARDLOGIN_CRL_HOSTS")
CARDLOGIN_CONFIRMER_URL = _environment.text("CARDLOGIN_CONFIRMER_URL")
CARDLOGIN_CONFIRMER_FOLDER = _environment.text("CARDLOGIN_CONFIRMER_FOLDER")
CARDLOGIN_CONFIRMER = "portal.cards.confirmer.over_https" if CARDLOGIN_CONFIRMER_URL else None
# Shared by all processes: a revocation list that one of them has fetched is known to every other.
CARDLOGIN_CRL_FOLDER = str(STATE / "lists")
CARDLOGIN_AGENT_PORTS = tuple(map(int, _environment.listed("CARDLOGIN_AGENT_PORTS"))) or CARDLOGIN_AGENT_PORTS
CARDLOGIN_AGENT_HTTP_PORT = _environment.number("CARDLOGIN_AGENT_HTTP_PORT", CARDLOGIN_AGENT_HTTP_PORT, 0, 65535)
CARDLOGIN_AGENT_NEWEST = _environment.version("CARDLOGIN_AGENT_NEWEST", CARDLOGIN_AGENT_NEWEST)
CARDLOGIN_AGENT_MINIMUM = _environment.version("CARDLOGIN_AGENT_MINIMUM", CARDLOGIN_AGENT_MINIMUM)
_environment.finish()
CONTENT_SECURITY_POLICY = content_security_policy(CARDLOGIN_AGENT_PORTS, CARDLOGIN_AGENT_HTTP_PORT)

_host = urlsplit(CARDLOGIN_ORIGIN).hostname or ""
ALLOWED_HOSTS = [f"[{_host}]" if ":" in _host else _host]
if _host == "localhost":
    # A browser keeps this rule for all ports of a name, and localhost belongs to other programs as well.
    SECURE_HSTS_SECONDS = 0

# Nothing leaves this computer: what would be sent is shown on the outbox page.
EMAIL_BACKEND = "portal.messages.outbox.OutboxMailBackend"
CARDLOGIN_TEXT_GATEWAY = "portal.messages.gateway.OutboxGateway"
CARDLOGIN_OUTBOX = True
# portal.serving refuses to listen on a network.
CARDLOGIN_ONLY_HERE = True
