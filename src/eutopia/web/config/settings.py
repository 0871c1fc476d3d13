"""Django's settings, made from what the installation was given (see `environment`)."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from csp.constants import NONE, SELF
from django.utils.translation import gettext_lazy as _

from eutopia.web.config.environment import mail_server, read_environment
from eutopia.web.foundation.home import prepare_home, read_key
from eutopia.web.foundation.postgres.address import read_address
from eutopia.web.foundation.postgres.cluster import Cluster

_given = read_environment()
_web = Path(__file__).resolve().parents[1]

EUTOPIA_HOME: Path = prepare_home(_given["EUTOPIA_HOME"])
EUTOPIA_TILE_URL: str = _given["EUTOPIA_TILE_URL"]
EUTOPIA_PROXIES: int = _given["EUTOPIA_PROXIES"]
EUTOPIA_OPENID_ISSUER: str = _given["EUTOPIA_OPENID_ISSUER"]
EUTOPIA_OPENID_CLIENT: str = _given["EUTOPIA_OPENID_CLIENT"]
EUTOPIA_OPENID_SECRET: str = _given["EUTOPIA_OPENID_SECRET"]
EUTOPIA_OPENID_DISTRICT: str = _given["EUTOPIA_OPENID_DISTRICT"]

DEBUG: bool = _given["EUTOPIA_DEBUG"]
SECRET_KEY = read_key(EUTOPIA_HOME, "secret")

# --- Parts -----------------------------------------------------------------------------------

INSTALLED_APPS = [
    "eutopia.web.foundation",
    "eutopia.web.territory",
    "eutopia.web.reports",
    "eutopia.web.problems",
    "eutopia.web.programmes",
    "eutopia.web.dialogue",
    "eutopia.web.consultations",
    "eutopia.web.works",
    "eutopia.web.upkeep",
    "eutopia.web.utilities",
    "eutopia.web.providers",
    "eutopia.web.quality",
    "eutopia.web.ledger",
    "eutopia.web.portal",
    "eutopia.web.desk",
    "eutopia.web.api",
    "procrastinate.contrib.django",
    "csp",
    "django_htmx",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.humanize",
    "django.contrib.staticfiles",
]

MIDDLEWARE = [
    "eutopia.web.foundation.headers.SecurityHeaders",
    "django.middleware.security.SecurityMiddleware",
    "csp.middleware.CSPMiddleware",
    "eutopia.web.foundation.static_files.StaticFiles",
    "django.middleware.gzip.GZipMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
]

ROOT_URLCONF = "eutopia.web.config.urls"
WSGI_APPLICATION = "eutopia.web.config.wsgi.application"

TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [_web / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.template.context_processors.static",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "eutopia.web.portal.context.site",
            ],
        },
    }
]

# --- Database --------------------------------------------------------------------------------

EUTOPIA_EMBEDDED = not _given["DATABASE_URL"]
EUTOPIA_CLUSTER = Cluster(EUTOPIA_HOME)
if EUTOPIA_EMBEDDED:
    _place: dict[str, Any] = {
        "NAME": _given["EUTOPIA_DATABASE"],
        "USER": EUTOPIA_CLUSTER.parameters("")["user"],
        "HOST": str(EUTOPIA_CLUSTER.socket_folder),
        "PORT": "5432",
        "OPTIONS": {},
    }
else:
    _place = read_address(_given["DATABASE_URL"])
_place["OPTIONS"] = {"connect_timeout": 10, **_place["OPTIONS"]}
DATABASES: dict[str, dict[str, Any]] = {
    "default": {
        "ENGINE": "django.db.backends.postgresql",
        # One connection a thread, kept: gunicorn's threads are few and long-lived.
        "CONN_MAX_AGE": 300,
        "CONN_HEALTH_CHECKS": True,
        **_place,
    }
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# --- Languages and time ----------------------------------------------------------------------

LANGUAGE_CODE: str = _given["EUTOPIA_LANGUAGE"]
LANGUAGES = [("en", _("English")), ("ru", _("Russian"))]
LOCALE_PATHS = [_web.parent / "locale"]
USE_I18N = True
USE_TZ = True
TIME_ZONE: str = _given["EUTOPIA_TIME_ZONE"]
USE_THOUSAND_SEPARATOR = False
"""Years and numbers of things stay plain; what is counted is formatted by the pages."""

# --- Accounts --------------------------------------------------------------------------------

AUTH_USER_MODEL = "foundation.Account"
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 12},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
LOGIN_URL = "foundation:login"
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = "/"
SESSION_COOKIE_AGE = 9 * 3600
"""A working day: staff log in each morning."""

# --- Security --------------------------------------------------------------------------------

_address = urlsplit(_given["EUTOPIA_URL"])
EUTOPIA_URL: str = _given["EUTOPIA_URL"]
_https = _address.scheme == "https"
ALLOWED_HOSTS = [_address.hostname or "", "127.0.0.1", "localhost", "[::1]"]
CSRF_TRUSTED_ORIGINS = [EUTOPIA_URL]
if EUTOPIA_PROXIES:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")

SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = LANGUAGE_COOKIE_SECURE = _https
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = LANGUAGE_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = LANGUAGE_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_NAME = "__Host-session" if _https else "session"
CSRF_COOKIE_NAME = "__Host-csrf" if _https else "csrf"
SECURE_HSTS_SECONDS = 365 * 24 * 3600 if _https else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = False
"""A municipality's other sites are not ours to bind."""
SECURE_SSL_REDIRECT = _https
SECURE_REDIRECT_EXEMPT = [r"^health$"]
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"

_tiles = f"https://{urlsplit(EUTOPIA_TILE_URL).netloc}" if EUTOPIA_TILE_URL else None
_with_tiles = [SELF, *([_tiles] if _tiles else [])]
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "font-src": [SELF],
        "img-src": [*_with_tiles, "data:", "blob:"],
        "connect-src": _with_tiles,
        "worker-src": [SELF],
        "manifest-src": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
        "base-uri": [NONE],
        **({"upgrade-insecure-requests": True} if _https else {}),
    }
}

DATA_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024
FILE_UPLOAD_PERMISSIONS = 0o600
FILE_UPLOAD_HANDLERS = [
    "eutopia.web.foundation.upload_limit.UploadLimit",
    "django.core.files.uploadhandler.MemoryFileUploadHandler",
    "django.core.files.uploadhandler.TemporaryFileUploadHandler",
]

# --- Static files and uploads ----------------------------------------------------------------

STATIC_URL = "static/"
STATICFILES_DIRS = [_web / "static"]
# Only our own: what packages bring along (another copy of htmx) is not served.
STATICFILES_FINDERS = ["django.contrib.staticfiles.finders.FileSystemFinder"]
STATIC_ROOT = EUTOPIA_HOME / "static"
STATIC_ROOT.mkdir(exist_ok=True)
MEDIA_ROOT = EUTOPIA_HOME / "uploads"
MEDIA_URL = "uploads/"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "eutopia.web.foundation.static_files.ManifestStorage"},
}

# --- Jobs ------------------------------------------------------------------------------------

EUTOPIA_WEB_WORKERS: int = _given["EUTOPIA_WEB_WORKERS"]
EUTOPIA_WEB_THREADS: int = _given["EUTOPIA_WEB_THREADS"]
EUTOPIA_JOB_WORKERS: int = _given["EUTOPIA_JOB_WORKERS"]
PROCRASTINATE_WORKER_DEFAULTS = {"concurrency": EUTOPIA_JOB_WORKERS, "delete_jobs": "never"}

# --- Letters ---------------------------------------------------------------------------------

EUTOPIA_MAIL: str = _given["EUTOPIA_MAIL"]
"""Empty: none are sent, and nobody is asked for an address."""
DEFAULT_FROM_EMAIL: str = _given["EUTOPIA_MAIL_FROM"] or f"eutopia@{_address.hostname}"
EMAIL_FILE_PATH = EUTOPIA_HOME / "letters"
globals().update(mail_server(EUTOPIA_MAIL))

# --- The server's own log --------------------------------------------------------------------

LOGGING: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "line": {"format": "{asctime} {levelname} {name}: {message}", "style": "{"},
    },
    "handlers": {"terminal": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["terminal"], "level": _given["EUTOPIA_LOG_LEVEL"]},
}
