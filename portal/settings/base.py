"""What is true in every installation: applications, security headers, cookies, accounts, limits."""

from pathlib import Path
from typing import Any

import relying_party

PORTAL = Path(__file__).resolve().parent.parent
BROWSER_CLIENT = Path(relying_party.__path__[0]) / "browser"


def content_security_policy(agent_ports: tuple[int, ...], http_port: int) -> dict[str, Any]:
    """Return django-csp's setting: own files only, and the component on this computer's published ports."""
    agent = [f"https://localhost:{port}" for port in agent_ports]
    if http_port:
        agent.append(f"http://localhost:{http_port}")
    return {
        "DIRECTIVES": {
            "default-src": ["'none'"],
            "script-src": ["'self'"],
            "style-src": ["'self'"],
            "img-src": ["'self'"],
            "connect-src": ["'self'", *agent],
            "form-action": ["'self'"],
            "base-uri": ["'none'"],
            "frame-ancestors": ["'none'"],
        }
    }


def sqlite(path: Path, **more: Any) -> dict[str, dict[str, Any]]:
    """Return DATABASES for one SQLite file that several processes may write to at once.

    IMMEDIATE takes the write lock when a transaction begins, so that a waiting writer waits (10 s) and
    never fails half-way; WAL lets readers go on meanwhile.
    """
    options = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 10,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
    }
    return {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": path, "OPTIONS": options, **more}}


DEBUG = False
ROOT_URLCONF = "portal.urls"
WSGI_APPLICATION = "portal.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.staticfiles",
    "allauth",
    "allauth.account",
    "csp",
    "relying_party.contrib.django",
    "portal.accounts",
    "portal.cards",
]

MIDDLEWARE = [
    "portal.limits.body_limit",
    "django.middleware.security.SecurityMiddleware",
    "csp.middleware.CSPMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
]

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [PORTAL / "templates"],
        "APP_DIRS": False,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
            ],
        },
    }
]

# Language and time
LANGUAGE_CODE = "zh-hant"
TIME_ZONE = "Asia/Taipei"
USE_TZ = True
USE_I18N = True

# Static files: WhiteNoise finds them where they lie, so there is no build step and a restart costs nothing.
STATIC_URL = "/static/"
STATICFILES_DIRS = [PORTAL / "static", ("cardlogin", BROWSER_CLIENT)]
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = False

# Challenges, rate limits: in the database, so that every worker process sees the same. The table is made by
# `migrate` (portal.cards.apps). Room for many entries, because a full table drops live ones.
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "portal_cache",
        "OPTIONS": {"MAX_ENTRIES": 200_000},
    }
}

# Accounts
AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "member"
ACCOUNT_ADAPTER = "portal.accounts.adapter.AccountAdapter"
ACCOUNT_FORMS = {"login": "portal.accounts.forms.PasswordLoginForm"}
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_LOGOUT_REDIRECT_URL = "home"
ACCOUNT_PRESERVE_USERNAME_CASING = False
ACCOUNT_SESSION_REMEMBER = False
# No registration yet, so no unconfirmed account can exist; registration brings "mandatory".
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_RATE_LIMITS: dict[str, str] | bool = {"card_challenge": "60/m/ip", "card_login": "60/m/ip"}

# Sessions and cookies: the __Host- prefix binds a cookie to this host and to TLS.
SESSION_COOKIE_NAME = "__Host-session"
SESSION_COOKIE_SECURE = True
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_AGE = 8 * 3600
SESSION_EXPIRE_AT_BROWSER_CLOSE = True
CSRF_COOKIE_NAME = "__Host-csrf"
CSRF_COOKIE_SECURE = True
CSRF_COOKIE_HTTPONLY = True
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_FAILURE_VIEW = "portal.views.csrf_failure"

# Headers
SECURE_SSL_REDIRECT = True
SECURE_HSTS_SECONDS = 365 * 24 * 3600
SECURE_HSTS_INCLUDE_SUBDOMAINS = True
SECURE_HSTS_PRELOAD = True
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
# Plain "same-origin" would cut the tie to the component's window, which answers the log-in page by postMessage.
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin-allow-popups"
X_FRAME_OPTIONS = "DENY"

# Largest honest body: a token of 10,000 characters, percent-encoded in a form.
DATA_UPLOAD_MAX_MEMORY_SIZE = 48 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 20

# Card log-in. Empty values are reported by the system checks of relying_party.contrib.django.
CARDLOGIN_ORIGIN = ""
CARDLOGIN_PKI = ""
CARDLOGIN_CRL_HOSTS: tuple[str, ...] = ()
CARDLOGIN_AGENT_PORTS: tuple[int, ...] = (61171, 61172, 61173)
CARDLOGIN_AGENT_HTTP_PORT = 61170  # popups, where a browser does not trust the component's certificate
# Assurance level 3 of the Government PKI: certificates on a card, handed over in person.
CARDLOGIN_POLICIES = ("2.16.886.101.0.3.3",)
CONTENT_SECURITY_POLICY = content_security_policy(CARDLOGIN_AGENT_PORTS, CARDLOGIN_AGENT_HTTP_PORT)

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "loggers": {
        "portal": {"handlers": ["console"], "level": "INFO", "propagate": True},
        "django": {"handlers": ["console"], "level": "WARNING", "propagate": True},
    },
}
