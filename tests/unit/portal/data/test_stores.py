"""Addresses of databases and caches: what is taken, what is refused, and that no complaint repeats a password."""

from pathlib import Path

import pytest

from portal.settings.stores import AddressRefused, cache, crosses_a_network_unprotected, database

FILE = Path("/state/portal.sqlite3")


def test_without_addresses_everything_is_in_one_sqlite_file() -> None:
    found = database("", FILE)["default"]
    assert (found["ENGINE"], found["NAME"]) == ("django.db.backends.sqlite3", FILE)
    assert cache("")["default"]["BACKEND"] == "django.core.cache.backends.db.DatabaseCache"


def test_postgresql_over_a_network() -> None:
    address = (
        "postgresql://portal:p%40ss%2Fword@db.portal.example:5433/portal?sslmode=verify-full&sslrootcert=/etc/db.pem"
    )
    found = database(address, FILE)["default"]
    assert found["ENGINE"] == "django.db.backends.postgresql"
    named = {name: found[name] for name in ("NAME", "USER", "PASSWORD", "HOST", "PORT")}
    assert named == {
        "NAME": "portal",
        "USER": "portal",
        "PASSWORD": "p@ss/word",
        "HOST": "db.portal.example",
        "PORT": "5433",
    }
    assert found["OPTIONS"]["sslmode"] == "verify-full"
    assert "lock_timeout=10s" in found["OPTIONS"]["options"]


def test_postgresql_by_socket() -> None:
    found = database("postgresql:///portal?host=/run/postgresql", FILE)["default"]
    assert (found["HOST"], found["PORT"], found["USER"]) == ("/run/postgresql", "", "")


@pytest.mark.parametrize(
    ("address", "reason"),
    [
        ("mysql://portal:secret-1@db/portal", "must begin with postgresql://"),
        ("postgres://portal:secret-1@db/portal", "must begin with postgresql://"),
        ("secret-1", "must begin with"),
        ("postgresql:portal?password=secret-1", "no address"),
        ("postgresql://portal:secret-1@db:99999/portal", "no address"),
        ("postgresql://portal:secret-1@db:port/portal", "no address"),
        ("postgresql://portal:secret-1@[db/portal", "no address"),
        ("postgresql://portal:secret-1@db/portal#more", "no address"),
        ("postgresql://portal:secret-1@db/", "name of the database is missing"),
        ("postgresql://portal:secret-1@db/a/b", "name of the database is missing"),
        ("postgresql://portal:secret-1@db/portal?sslmode=prefer", "sslmode is one of"),
        ("postgresql://portal:secret-1@db/portal?options=-c", "this option is not known: options"),
        ("postgresql://portal:secret-1@db/portal?host=/run", "named twice"),
        ("postgresql:///portal?host=run", "whole path"),
    ],
)
def test_database_address_is_refused(address: str, reason: str) -> None:
    with pytest.raises(AddressRefused, match=reason) as refused:
        database(address, FILE)
    assert "secret-1" not in str(refused.value)


@pytest.mark.parametrize(
    "address",
    [
        "redis://127.0.0.1:6379/1",
        "rediss://portal:pass@cache.portal.example:6380/0",
        "unix:///run/redis/redis.sock?db=1",
    ],
)
def test_redis(address: str) -> None:
    found = cache(address)["default"]
    assert found["BACKEND"] == "django.core.cache.backends.redis.RedisCache"
    assert found["LOCATION"] == address
    assert found["OPTIONS"]["socket_timeout"] == 5


@pytest.mark.parametrize(
    "address",
    ["memcached://:secret-1@cache", "redis:///0", "unix://run/redis.sock", "redis://:secret-1@cache:99999", "secret-1"],
)
def test_cache_address_is_refused(address: str) -> None:
    with pytest.raises(AddressRefused) as refused:
        cache(address)
    assert "secret-1" not in str(refused.value)


@pytest.mark.parametrize(
    ("address", "unprotected"),
    [
        ("", False),
        ("postgresql:///portal?host=/run/postgresql", False),
        ("postgresql://127.0.0.1/portal", False),
        ("postgresql://db.portal.example/portal", True),
        ("postgresql://db.portal.example/portal?sslmode=require", True),
        ("postgresql://db.portal.example/portal?sslmode=verify-full", True),
        ("postgresql://db.portal.example/portal?sslmode=require&sslrootcert=/etc/db.pem", True),
        ("postgresql://db.portal.example/portal?sslmode=verify-full&sslrootcert=/etc/db.pem", False),
        ("redis://localhost", False),
        ("redis://cache.portal.example", True),
        ("rediss://cache.portal.example", True),
        ("rediss://cache.portal.example?ssl_ca_certs=/etc/cache.pem", False),
        ("unix:///run/redis.sock", False),
    ],
)
def test_what_crosses_a_network_unprotected(address: str, unprotected: bool) -> None:
    assert crosses_a_network_unprotected(address) is unprotected
