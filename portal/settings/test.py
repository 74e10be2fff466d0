"""The test suite: same security as everywhere, and a throw-away SQLite file (threads share it, unlike one in memory).

`./dev test portal --postgres` names a PostgreSQL and a Redis of its own instead.
"""

import os
import tempfile
from pathlib import Path

from portal.settings.base import *  # noqa: F403
from portal.settings.stores import cache, postgresql, sqlite

SECRET_KEY = "test-only-" + "0123456789abcdef" * 4
_file = Path(tempfile.gettempdir()) / f"cardlogin-portal-test-{os.getpid()}.sqlite3"
_address = os.environ.get("CARDLOGIN_TEST_DATABASE_URL", "")
DATABASES = postgresql(_address) if _address else sqlite(_file, TEST={"NAME": _file})
if not _address:  # nothing of it is kept, so nobody waits for the disk
    DATABASES["default"]["OPTIONS"]["init_command"] += " PRAGMA synchronous=OFF;"
CACHES = cache(os.environ.get("CARDLOGIN_TEST_CACHE_URL", ""))
ALLOWED_HOSTS = ["portal.test"]
CARDLOGIN_ORIGIN = "https://portal.test"
# Argon2 is slow on purpose; one test looks at the hasher that is really used.
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
# The limits have a test of their own that switches them on.
ACCOUNT_RATE_LIMITS = False
CARDLOGIN_SEAL_KEYS = ("test-only-seal-" + "0123456789abcdef" * 2,)
CARDLOGIN_TEXT_GATEWAY = "portal.messages.gateway.OutboxGateway"
# The keys above are known to everybody.
CARDLOGIN_ONLY_HERE = True
