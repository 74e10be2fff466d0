"""A public installation: everything by environment variables (docs/operating.md); a gap in them stops the start."""

import re
from pathlib import Path
from urllib.parse import urlsplit

from portal.policy import PROFILES
from portal.settings.base import *  # noqa: F403
from portal.settings.base import CARDLOGIN_AGENT_MINIMUM, CARDLOGIN_AGENT_NEWEST, CARDLOGIN_PROFILE
from portal.settings.environment import Environment
from portal.settings.state import complaint_about, keep_private
from portal.settings.stores import AddressRefused, cache, crosses_a_network_unprotected, database

_environment = Environment()
keep_private()


def _keys(name: str) -> tuple[str, ...]:
    return tuple(_environment.key(value, name) for value in _environment.secret(name).split())


def _address(name: str) -> str:
    value = _environment.secret(name) if _environment.text(name) or _environment.text(f"{name}_FILE") else ""
    try:
        (cache if "CACHE" in name else lambda address: database(address, Path()))(value)
    except AddressRefused as error:
        _environment.complain(f"{name}: {error}")
        return ""
    if crosses_a_network_unprotected(value):
        _environment.complain(
            f"{name}: another machine is reached by TLS only, trusting its own authority "
            "(sslmode=verify-full&sslrootcert=…, rediss://…?ssl_ca_certs=…)"
        )
    return value


def _origin() -> str:
    value = _environment.required("CARDLOGIN_ORIGIN")
    if value and not re.fullmatch(r"https://(?:[a-z0-9-]+\.)+[a-z][a-z0-9-]*(?::[1-9][0-9]{0,4})?", value):
        _environment.complain("CARDLOGIN_ORIGIN is not https:// and a host name in lower case, without a path")
        return ""
    return value


def _confirmer() -> str | None:
    """The dotted name of an operator's own confirmer, or ours where there is an address to ask."""
    own, url = _environment.text("CARDLOGIN_CONFIRMER"), _environment.text("CARDLOGIN_CONFIRMER_URL")
    if own and url:
        _environment.complain("CARDLOGIN_CONFIRMER and CARDLOGIN_CONFIRMER_URL are both set: use one of them")
    if not url:
        return own or None
    if not url.startswith("https://"):
        _environment.complain("CARDLOGIN_CONFIRMER_URL does not begin with https://")
    folder = Path(_environment.required("CARDLOGIN_CONFIRMER_FOLDER") or "/nonexistent")
    for name in ("client.pem", "client.key", "authorities.pem"):
        if not (folder / name).is_file():
            _environment.complain(f"CARDLOGIN_CONFIRMER_FOLDER has no {name}")
    key = folder / "client.key"
    if key.is_file() and key.stat().st_mode & 0o007:
        _environment.complain("CARDLOGIN_CONFIRMER_FOLDER: other users may read or change client.key (chmod o-rwx)")
    return "portal.cards.confirmer.over_https"


# Keys
SECRET_KEY = _environment.key(_environment.secret("CARDLOGIN_SECRET_KEY"), "CARDLOGIN_SECRET_KEY")
CARDLOGIN_SEAL_KEYS = _keys("CARDLOGIN_SEAL_KEYS")
if len({SECRET_KEY, *CARDLOGIN_SEAL_KEYS}) <= len(CARDLOGIN_SEAL_KEYS):
    _environment.complain("CARDLOGIN_SECRET_KEY and CARDLOGIN_SEAL_KEYS must all be different")

# Data
_state = Path(_environment.required("CARDLOGIN_STATE") or "/nonexistent")
if _complaint := complaint_about(_state):
    _environment.complain(f"CARDLOGIN_STATE {_complaint}")
DATABASES = database(_address("CARDLOGIN_DATABASE_URL"), _state / "portal.sqlite3")
CACHES = cache(_address("CARDLOGIN_CACHE_URL"))
CARDLOGIN_CRL_FOLDER = str(_state / "lists")

# Who asks, and where
CARDLOGIN_PROFILE = _environment.chosen("CARDLOGIN_PROFILE", tuple(PROFILES), CARDLOGIN_PROFILE)
CARDLOGIN_OLD_WAY = _environment.chosen("CARDLOGIN_OLD_WAY", ("on", "off"), "off") == "on"
if CARDLOGIN_OLD_WAY and CARDLOGIN_PROFILE != "egov-compat":
    _environment.complain("CARDLOGIN_OLD_WAY=on needs CARDLOGIN_PROFILE=egov-compat")
CARDLOGIN_ORIGIN = _origin()
ALLOWED_HOSTS = [urlsplit(CARDLOGIN_ORIGIN).hostname or ""]
CARDLOGIN_PROXIES = _environment.number("CARDLOGIN_PROXIES", 0, 0, 4)
if CARDLOGIN_PROXIES:
    # Only a balancer can reach the workers then; it must overwrite what a browser sends under this name.
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")

# Cards
CARDLOGIN_PKI = _environment.text("CARDLOGIN_PKI") or None  # type: ignore[assignment]  # None: Taiwan's own, as shipped
CARDLOGIN_CRL_HOSTS = _environment.listed("CARDLOGIN_CRL_HOSTS")
if not CARDLOGIN_CRL_HOSTS:
    _environment.complain("CARDLOGIN_CRL_HOSTS is not set")
CARDLOGIN_CONFIRMER_URL = _environment.text("CARDLOGIN_CONFIRMER_URL")
CARDLOGIN_CONFIRMER_FOLDER = _environment.text("CARDLOGIN_CONFIRMER_FOLDER")
CARDLOGIN_CONFIRMER = _confirmer()
CARDLOGIN_AGENT_NEWEST = _environment.version("CARDLOGIN_AGENT_NEWEST", CARDLOGIN_AGENT_NEWEST)
CARDLOGIN_AGENT_MINIMUM = _environment.version("CARDLOGIN_AGENT_MINIMUM", CARDLOGIN_AGENT_MINIMUM)

# Mail and text messages
EMAIL_HOST = _environment.required("CARDLOGIN_MAIL_HOST")
EMAIL_PORT = _environment.number("CARDLOGIN_MAIL_PORT", 587, 1, 65535)
EMAIL_USE_SSL = _environment.chosen("CARDLOGIN_MAIL_TLS", ("starttls", "tls"), "starttls") == "tls"
EMAIL_USE_TLS = not EMAIL_USE_SSL
EMAIL_HOST_USER = _environment.text("CARDLOGIN_MAIL_USER")
EMAIL_HOST_PASSWORD = _environment.secret("CARDLOGIN_MAIL_PASSWORD") if EMAIL_HOST_USER else ""
DEFAULT_FROM_EMAIL = _environment.required("CARDLOGIN_MAIL_FROM")
if DEFAULT_FROM_EMAIL and "@" not in DEFAULT_FROM_EMAIL:
    _environment.complain("CARDLOGIN_MAIL_FROM is no mail address")
CARDLOGIN_HELP_PHONE = _environment.text("CARDLOGIN_HELP_PHONE")
CARDLOGIN_HELP_MAIL = _environment.text("CARDLOGIN_HELP_MAIL")
CARDLOGIN_TEXT_URL = _environment.required("CARDLOGIN_TEXT_URL")
if CARDLOGIN_TEXT_URL and not CARDLOGIN_TEXT_URL.startswith("https://"):
    _environment.complain("CARDLOGIN_TEXT_URL does not begin with https://")
CARDLOGIN_TEXT_TOKEN = _environment.secret("CARDLOGIN_TEXT_TOKEN")

_environment.finish()
