"""What is true in every installation: applications, security headers, cookies, accounts, limits."""

from pathlib import Path
from typing import Any

import django.forms
from django.utils.translation import to_language

import cardlogin_server
from portal.settings.stores import cache

PORTAL = Path(__file__).resolve().parent.parent
BROWSER_CLIENT = Path(cardlogin_server.__path__[0]) / "browser"


def content_security_policy(agent_ports: tuple[int, ...], http_port: int) -> dict[str, Any]:
    """Return django-csp's setting: own files only, and the component on this computer's published ports."""
    schemes = ("https", "http") if http_port else ("https",)
    agent = [f"{scheme}://localhost:{port}" for scheme in schemes for port in agent_ports]
    return {
        "DIRECTIVES": {
            "default-src": ["'none'"],
            "object-src": ["'none'"],
            "script-src": ["'self'"],
            "style-src": ["'self'"],
            "img-src": ["'self'"],
            "media-src": ["'self'"],
            "connect-src": ["'self'", *agent],
            "form-action": ["'self'"],
            "base-uri": ["'none'"],
            "frame-ancestors": ["'none'"],
        }
    }


def languages(folder: Path, default: str) -> list[tuple[str, str]]:
    """Return Django's LANGUAGES: one for each catalogue, the default first; a name stands in the catalogue itself."""
    found = {to_language(path.parts[-3]) for path in folder.glob("*/LC_MESSAGES/django.mo")}
    return [(code, code) for code in (default, *sorted(found - {default}))]


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
    "allauth.mfa",
    "allauth.usersessions",
    "captcha",
    "csp",
    "cardlogin_server.contrib.django",
    "portal.audit",
    "portal.messages",
    "portal.accounts",
    "portal.cards",
    "portal.registration",
    "portal.member",
    "portal.selftest",
    "portal.support",
]

# The first two add headers to whatever the others answer, refusals included; a form is read in one place. The language
# is known to all that can answer a page; the files of WhiteNoise have none.
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "csp.middleware.CSPMiddleware",
    "portal.proxies.client_address",
    "portal.audit.origin.known_origin",
    "portal.limits.known_methods",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "portal.limits.not_kept",
    "portal.limits.body_limit",
    "portal.limits.readable_form",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "portal.accounts.session_life.session_life",
    "portal.accounts.devices.device_cookie",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
]

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        # Django's own form templates come last: ours give fields and their errors a place.
        "DIRS": [PORTAL / "templates", Path(django.forms.__path__[0]) / "templates"],
        "APP_DIRS": False,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "portal.language_switch.language_context",
                "portal.language_switch.help_desk_context",
            ],
            "builtins": ["portal.tags"],
        },
    }
]

FORM_RENDERER = "django.forms.renderers.TemplatesSetting"

# Languages: a further one is a catalogue in locale/ and nothing else. The choice is kept in a cookie; before that the
# browser's Accept-Language counts, and the default where it names none of them.
LANGUAGE_CODE = "zh-hant"
LOCALE_PATHS = [PORTAL / "locale"]
LANGUAGES = languages(LOCALE_PATHS[0], LANGUAGE_CODE)
LANGUAGE_COOKIE_NAME = "__Host-language"
LANGUAGE_COOKIE_SECURE = True
LANGUAGE_COOKIE_HTTPONLY = True
LANGUAGE_COOKIE_SAMESITE = "Lax"
LANGUAGE_COOKIE_AGE = 365 * 24 * 3600
TIME_ZONE = "Asia/Taipei"
USE_TZ = True
USE_I18N = True

# Static files: WhiteNoise finds them where they lie, so there is no build step and a restart costs nothing.
STATIC_URL = "/static/"
STATICFILES_DIRS = [PORTAL / "static", ("cardlogin", BROWSER_CLIENT)]
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = False
WHITENOISE_ALLOW_ALL_ORIGINS = False  # no other site has any use for them

# Challenges, rate limits: in the database, so that every worker process sees the same; Redis by address.
CACHES = cache("")

# Accounts
AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [{"NAME": "portal.accounts.passwords.PolicyValidator"}]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "member"
ACCOUNT_ADAPTER = "portal.accounts.adapter.AccountAdapter"
ACCOUNT_FORMS = {"login": "portal.accounts.forms.PasswordLoginForm"}
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_LOGOUT_REDIRECT_URL = "home"
ACCOUNT_PRESERVE_USERNAME_CASING = False
ACCOUNT_SESSION_REMEMBER = False
# An account stays inactive until portal.registration has seen its mail address confirmed; allauth need not ask again.
ACCOUNT_EMAIL_VERIFICATION = "none"
# Failed passwords of one account are counted by portal.accounts.lockout; here only those of one network address.
ACCOUNT_RATE_LIMITS: dict[str, str] | bool = {
    "login_failed": "30/m/ip",
    # A card is never blocked: one session, or one browser that is known, is limited by itself; a network address,
    # which a whole office may have, only where the machine is at stake.
    "card_session": "60/m/key",
    "card_address": "600/m/ip",
    "registration": "60/m/ip",
    "registration_done": "30/h/ip",
    "id_check": "10/m/ip",
    "confirm_code": "20/m/ip",
    "resend": "1/3m/key",
    "confirm_mail": "5/h/key",
    "mail_change": "5/h/user",
    # Recovery of access: steps from one network address, and codes sent to one account or mail address.
    "recovery": "30/m/ip,200/h/ip",
    "recovery_known": "30/m/key,200/h/key",
    "recovery_send": "5/h/key,10/d/key",
    # The share of those that one network address, or one browser the account knows, may have.
    "recovery_send_here": "3/h/key",
    # Codes of one account's second factor; how many in all is counted by portal.accounts.lockout.
    "second_factor": "5/5m/key,50/d/key",
    # Reports of the self-test, which are kept for thirty days; an office behind one address has several.
    "report": "20/h/ip",
    # The sound of one question, which a browser may fetch in parts; making one costs a tenth of a second.
    "captcha_sound": "20/5m/key,40/m/ip",
}
MFA_ADAPTER = "portal.member.second_factor.SealedMfa"

# Sessions and cookies: the __Host- prefix binds a cookie to this host and to TLS.
SESSION_COOKIE_NAME = "__Host-session"
SESSION_COOKIE_SECURE = True
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
# Longer than any session may be idle; the limits themselves are the profile's (portal.accounts.session_life).
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

# Largest honest bodies, percent-encoded in a form: a token of 10,000 characters; and, at the two addresses that take
# one (portal.limits), a report of the self-test of 64 KiB.
CARDLOGIN_LARGEST_FORM = 48 * 1024
DATA_UPLOAD_MAX_MEMORY_SIZE = 208 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 20

# How many balancers stand between browsers and this portal (portal.proxies).
CARDLOGIN_PROXIES = 0

# Policy profile (portal.policy): "modern" or "egov-compat".
CARDLOGIN_PROFILE = "modern"
# Whether the old log-in page for the component this one replaces is served beside the new one (portal.cards.old_way);
# in the profile "egov-compat" only.
CARDLOGIN_OLD_WAY = False
# Secrets that ID numbers are encrypted and found with, the newest first; one of its own, because SECRET_KEY is changed
# more lightly.
CARDLOGIN_SEAL_KEYS: tuple[str, ...] = ()

# The picture of the captcha (django-simple-captcha); questions, answers and sounds are ours (portal.captcha).
CAPTCHA_FONT_SIZE = 44
CAPTCHA_TIMEOUT = 5  # minutes
CAPTCHA_LETTER_ROTATION = (-25, 25)

# Who confirms that an ID number belongs to a card (cardlogin_server.identity.confirm): dotted name of a function that
# returns an IdentityConfirmer; with one, a card that is not bound can open the account whose stored ID number it
# belongs to. None: only the last four characters, which the card holds, are compared.
CARDLOGIN_CONFIRMER: str | None = None
# For "portal.cards.confirmer.over_https": its address, and the folder with client.pem, client.key, authorities.pem.
CARDLOGIN_CONFIRMER_URL = ""
CARDLOGIN_CONFIRMER_FOLDER = ""

# Mail and text messages
EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = "no-reply@portal.example"
CARDLOGIN_TEXT_GATEWAY = "portal.messages.gateway.HttpGateway"
CARDLOGIN_TEXT_URL = ""
CARDLOGIN_TEXT_TOKEN = ""
# The page that shows what would have been sent; only for development.
CARDLOGIN_OUTBOX = False
# Whether no other computer may reach this installation: settings that are not for the public (portal.serving).
CARDLOGIN_ONLY_HERE = False

# Telephone and mail address of the help desk, at the foot of every page; what is empty is not shown.
CARDLOGIN_HELP_PHONE = ""
CARDLOGIN_HELP_MAIL = ""

# Card log-in. Empty values are reported by the system checks of cardlogin_server.contrib.django.
CARDLOGIN_ORIGIN = ""
CARDLOGIN_PKI = ""
CARDLOGIN_CRL_HOSTS: tuple[str, ...] = ()
CARDLOGIN_AGENT_PORTS: tuple[int, ...] = (61171, 61172, 61173)
# Releases of the component, which the self-test compares its own with: the newest, and the oldest that works here.
CARDLOGIN_AGENT_NEWEST = "0.1.0"
CARDLOGIN_AGENT_MINIMUM = "0.1.0"
CARDLOGIN_AGENT_HTTP_PORT = 61170  # popups, where a browser does not trust the component's certificate
# Assurance level 3 of the Government PKI: certificates on a card, handed over in person.
CARDLOGIN_POLICIES = ("2.16.886.101.0.3.3",)
CONTENT_SECURITY_POLICY = content_security_policy(CARDLOGIN_AGENT_PORTS, CARDLOGIN_AGENT_HTTP_PORT)

# One handler for everybody: the program, its libraries and, once the application is loaded, the server. gunicorn's
# logger has handlers of its own otherwise, whose lines hold what a browser sent.
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"()": "portal.log_lines.LineFormatter"}},
    "filters": {"request": {"()": "portal.log_lines.RequestFilter"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line", "filters": ["request"]}},
    "root": {"handlers": ["console"], "level": "WARNING"},
    "loggers": {
        "portal": {"level": "INFO"},
        "django": {"handlers": [], "level": "WARNING"},
        "gunicorn.error": {"handlers": [], "level": "WARNING", "propagate": True},
    },
}
