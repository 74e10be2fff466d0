"""What a public installation is told by its environment; for tests that need a complete one."""

import os
from pathlib import Path

KEYS = ["".join(chr(33 + (number * step) % 90) for number in range(64)) for step in (1, 7, 11)]


def complete(folder: Path) -> dict[str, str]:
    """A complete environment, as docs/operating.md tells it; the folder is the state's and holds the sealing keys."""
    sealing = folder / "seal.key"
    sealing.write_text(f"{KEYS[1]}\n{KEYS[2]}\n")
    sealing.chmod(0o600)
    return {
        "PATH": os.environ["PATH"],
        "DJANGO_SETTINGS_MODULE": "portal.settings.production",
        "CARDLOGIN_STATE": str(folder),
        "CARDLOGIN_SECRET_KEY": KEYS[0],
        "CARDLOGIN_SEAL_KEYS_FILE": str(sealing),
        "CARDLOGIN_DATABASE_URL": "postgresql:///portal?host=/run/postgresql",
        "CARDLOGIN_CACHE_URL": "unix:///run/redis/redis.sock",
        "CARDLOGIN_ORIGIN": "https://portal.example",
        "CARDLOGIN_PROXIES": "1",
        "CARDLOGIN_CRL_HOSTS": "lists.portal.example",
        "CARDLOGIN_MAIL_HOST": "mail.portal.example",
        "CARDLOGIN_MAIL_USER": "portal",
        "CARDLOGIN_MAIL_PASSWORD": "mail-secret-1",
        "CARDLOGIN_MAIL_FROM": "Portal <no-reply@portal.example>",
        "CARDLOGIN_TEXT_URL": "https://text.portal.example/send",
        "CARDLOGIN_TEXT_TOKEN": "text-secret-1",
    }
