"""Where data and short-lived counts are kept: SQLite and its own cache table, or PostgreSQL and Redis by address."""

from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

_SSL_MODES = ("disable", "require", "verify-ca", "verify-full")
_SAFE_HOSTS = ("localhost", "127.0.0.1", "::1")
_POSTGRESQL_OPTIONS = ("host", "sslmode", "sslrootcert")
_SECONDS = 5


class AddressRefused(Exception):
    """An address of a database or cache that cannot be used; the text says why and never holds the address."""


def database(address: str, otherwise: Path) -> dict[str, dict[str, Any]]:
    """DATABASES for `postgresql://user:password@host:port/name`, or for the SQLite file `otherwise` without an address.

    `?host=/folder` names the folder of a Unix socket; `sslmode` and `sslrootcert` are libpq's. Raises AddressRefused.
    """
    return postgresql(address) if address else sqlite(otherwise)


def cache(address: str) -> dict[str, dict[str, Any]]:
    """CACHES for `redis://`, `rediss://` (TLS) or `unix://`; without an address, a table of the database.

    Challenges and rate limits are in it, so every worker process must be given the same one. A table needs room for
    many entries, because a full one drops live ones; for the same reason Redis must not evict (noeviction).
    Raises AddressRefused.
    """
    if not address:
        return {
            "default": {
                # The table is made by `migrate` (portal.cards.apps).
                "BACKEND": "django.core.cache.backends.db.DatabaseCache",
                "LOCATION": "portal_cache",
                "OPTIONS": {"MAX_ENTRIES": 200_000},
            }
        }
    parts = _split(address, ("redis", "rediss", "unix"))
    if parts.scheme == "unix" and (parts.hostname or not parts.path.startswith("/")):
        raise AddressRefused("a socket is named by its whole path: unix:///path")
    if parts.scheme != "unix" and not parts.hostname:
        raise AddressRefused("the host is missing")
    return {
        "default": {
            "BACKEND": "django.core.cache.backends.redis.RedisCache",
            "LOCATION": address,
            "KEY_PREFIX": "cardlogin",
            # A server that does not answer must not hold every thread.
            "OPTIONS": {"socket_timeout": _SECONDS, "socket_connect_timeout": _SECONDS},
        }
    }


def sqlite(path: Path, **more: Any) -> dict[str, dict[str, Any]]:
    """DATABASES for one SQLite file that several processes may write to at once.

    IMMEDIATE takes the write lock when a transaction begins, so that a waiting writer waits (10 s) and
    never fails half-way; WAL lets readers go on meanwhile.
    """
    options = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 10,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
    }
    return {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": path, "OPTIONS": options, **more}}


def postgresql(address: str) -> dict[str, dict[str, Any]]:
    """DATABASES for a PostgreSQL address; a waiting writer waits 10 s, as with SQLite. Raises AddressRefused."""
    parts = _split(address, ("postgresql",))
    options = dict(parse_qsl(parts.query, keep_blank_values=True))
    if unknown := [name for name in options if name not in _POSTGRESQL_OPTIONS]:
        raise AddressRefused(f"this option is not known: {unknown[0][:40]}")
    name = unquote(parts.path.removeprefix("/"))
    if not name or "/" in name:
        raise AddressRefused("the name of the database is missing")
    host = _host(parts, options.pop("host", ""))
    if options.get("sslmode", "disable") not in _SSL_MODES:
        raise AddressRefused(f"sslmode is one of {', '.join(_SSL_MODES)}")
    return {
        "default": {
            "ENGINE": "django.db.backends.postgresql",
            "NAME": name,
            "USER": unquote(parts.username or ""),
            "PASSWORD": unquote(parts.password or ""),
            "HOST": host,
            "PORT": str(parts.port or ""),
            "CONN_MAX_AGE": 60,
            "CONN_HEALTH_CHECKS": True,
            "OPTIONS": {
                "connect_timeout": _SECONDS,
                "options": "-c lock_timeout=10s -c statement_timeout=30s -c idle_in_transaction_session_timeout=60s",
                **options,
            },
        }
    }


def crosses_a_network_unprotected(address: str) -> bool:
    """Whether what is said to this server could be read or changed on its way.

    That is: another machine, and no TLS, or none that trusts one authority only (ASVS 12.3.4).
    """
    parts = urlsplit(address)
    if not parts.hostname or parts.hostname in _SAFE_HOSTS:
        return False
    options = dict(parse_qsl(parts.query))
    if parts.scheme == "postgresql":
        return options.get("sslmode") != "verify-full" or not options.get("sslrootcert")
    return parts.scheme != "rediss" or not options.get("ssl_ca_certs")


def _host(parts: SplitResult, folder: str) -> str:
    if not folder:
        return parts.hostname or ""
    if parts.hostname:
        raise AddressRefused("the host is named twice")
    if not folder.startswith("/"):
        raise AddressRefused("?host= names the folder of a socket by its whole path")
    return folder


def _split(address: str, schemes: tuple[str, ...]) -> SplitResult:
    try:
        parts = urlsplit(address)
        parts.port  # noqa: B018 - read here, because a wrong one raises
    except ValueError:
        raise AddressRefused("this is no address") from None
    if parts.scheme not in schemes:
        raise AddressRefused(f"it must begin with {' or '.join(f'{scheme}://' for scheme in schemes)}")
    if parts.fragment or not address.startswith(f"{parts.scheme}://"):
        raise AddressRefused("this is no address")
    return parts
