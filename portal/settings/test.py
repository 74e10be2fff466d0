"""The test suite: a throw-away SQLite file (threads share it, unlike one in memory), same security as everywhere."""

import os
import tempfile
from pathlib import Path

from portal.settings.base import *  # noqa: F403
from portal.settings.base import sqlite

SECRET_KEY = "test-only-" + "0123456789abcdef" * 4
_file = Path(tempfile.gettempdir()) / f"cardlogin-portal-test-{os.getpid()}.sqlite3"
DATABASES = sqlite(_file, TEST={"NAME": _file})
ALLOWED_HOSTS = ["portal.test"]
CARDLOGIN_ORIGIN = "https://portal.test"
# Argon2 is slow on purpose; one test looks at the hasher that is really used.
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
# The limits have a test of their own that switches them on.
ACCOUNT_RATE_LIMITS = False
CARDLOGIN_SEAL_KEYS = ("test-only-seal-" + "0123456789abcdef" * 2,)
CARDLOGIN_TEXT_GATEWAY = "portal.messages.gateway.OutboxGateway"
