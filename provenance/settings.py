"""
Every setting, from the environment.

With nothing set this is a complete Beantrail on one machine: SQLite, jobs run by ``manage.py keep``, keys made once
under ``data/``. Such a site answers to localhost (and to the host of PUBLIC_URL) and nobody else.

Naming ALLOWED_HOSTS, or an https PUBLIC_URL, makes it a production site: then SECRET_KEY and KEY_ENCRYPTION_KEY must
come from the environment (the latter from another place where KEY_BACKEND says so), cookies travel by https only, and
static files come from ``collectstatic``.
"""

import os
import secrets
import sqlite3
from base64 import b64decode, b64encode
from collections.abc import Callable
from pathlib import Path
from tempfile import gettempdir
from typing import Any
from urllib.parse import urlsplit

import environ
from django.core.exceptions import ImproperlyConfigured

BASE_DIR = Path(__file__).resolve().parent.parent
env = environ.Env()


def one_of(name: str, allowed: tuple[str, ...], default: str) -> str:
    value = env.str(name, default=default)
    if value not in allowed:
        raise ImproperlyConfigured(f"{name} is {value!r}; it must be one of: {', '.join(allowed)}.")
    return value


def yes_or_no(name: str, default: bool) -> bool:
    return one_of(name, ("true", "false"), "true" if default else "false") == "true"


def web_address(name: str, default: str) -> str:
    value = env.str(name, default=default).rstrip("/")
    parts = urlsplit(value)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.path or parts.query or parts.fragment:
        raise ImproperlyConfigured(f"{name} is {value!r}; write it like https://beantrail.example, without a path.")
    return value


def kept_secret(name: str, file: Path, make: Callable[[], str]) -> str:
    """The secret from the environment or, outside production, from a file made once that only its owner reads."""
    if value := env.str(name, default=""):
        return value
    if PRODUCTION:
        raise ImproperlyConfigured(f"{name} is not set. A production site takes it from the environment.")
    file.parent.mkdir(parents=True, exist_ok=True)
    draft = file.with_name(f"{file.name}.{os.getpid()}")
    try:
        # Web server and keep start together: whoever links first wins, and a reader never sees half a key.
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as stream:
            stream.write(make())
            stream.flush()
            os.fsync(stream.fileno())
        os.link(draft, file)
    except FileExistsError:
        pass
    finally:
        draft.unlink(missing_ok=True)
    return file.read_text().strip()


def thirty_two_bytes(name: str, text: str) -> bytes:
    try:
        key = b64decode(text, validate=True)
    except ValueError as error:
        raise ImproperlyConfigured(f"{name} is not base64.") from error
    if len(key) != 32:
        raise ImproperlyConfigured(f"{name} holds {len(key)} bytes; it must be 32 bytes in base64.")
    return key


# Where things are

DATA_DIR = BASE_DIR / env.str("DATA_DIR", default="data")
FENCE_DIR = Path(BASE_DIR / env.str("FENCE_DIR", default=str(DATA_DIR / "fence")))
MEDIA_ROOT = Path(BASE_DIR / env.str("MEDIA_DIR", default=str(DATA_DIR / "media")))
STATIC_URL = "/static/"

PUBLIC_URL = web_address("PUBLIC_URL", "http://localhost:8000")
TRAIL_HOST = env.str("TRAIL_HOST", default=urlsplit(PUBLIC_URL).netloc)
TRAIL_LOG = env.str("TRAIL_LOG", default="main")

# Being a witness for others: under which name, how many requests a minute from one address; alone, without a trail.
WITNESS_NAME = env.str("WITNESS_NAME", default=f"{TRAIL_HOST}/witness")
WITNESS_RATE = env.int("WITNESS_RATE", default=120)
WITNESS_ONLY = yes_or_no("WITNESS_ONLY", default=False)
# With this token a mirror here gives out entries that their log keeps for auditors; to nobody where it is not set.
MIRROR_TOKEN = env.str("MIRROR_TOKEN", default="")

# The log commits to an index of itself at most this many seconds after the last time; only that goes to witnesses.
INDEX_EVERY = env.int("INDEX_EVERY", default=60)

# Who witnesses our log: a C2SP tlog-policy file of the operator's; none where not named. Nobody is asked more often
# than every so many seconds, unless somebody waits; a checkpoint without its quorum after so many hours is a fault.
WITNESS_POLICY = BASE_DIR / env.str("WITNESS_POLICY") if env.str("WITNESS_POLICY", default="") else None
WITNESS_EVERY = env.int("WITNESS_EVERY", default=60)
WITNESS_TIMEOUT = env.int("WITNESS_TIMEOUT", default=5)
WITNESS_LATE_HOURS = env.int("WITNESS_LATE_HOURS", default=24)

# When nothing more is taken in: so many statements wait for their place in the log, the oldest of them so many seconds,
# or a volume has so few megabytes left.
WAITING_LIMIT = env.int("WAITING_LIMIT", default=100_000)
WAITING_AGE_LIMIT = env.int("WAITING_AGE_LIMIT", default=3_600)
DISK_FLOOR_MB = env.int("DISK_FLOOR_MB", default=100)

# Servers in one's own network that may be asked all the same, by http too: "127.0.0.1:8001, witness.internal:443".
OUTSIDE_PRIVATE_HOSTS = [host.strip().lower() for host in env.list("OUTSIDE_PRIVATE_HOSTS", default=[])]

# The fork guard: which installation this is (else the file ``instance`` beside the fence says it), and where the world
# is served the checkpoint, when that is another server: https://cdn.example/log/{name}/{number}/checkpoint
INSTANCE_ID = env.str("INSTANCE_ID", default="")
PUBLIC_CHECKPOINT_URL = env.str("PUBLIC_CHECKPOINT_URL", default="")

# Where else the log lies as static files: a folder that a web server serves, a Django storage by its name in STORAGES,
# or a bucket (requirements-s3.txt; its keys come from AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY).
EXPORT_DIR = BASE_DIR / env.str("EXPORT_DIR") if env.str("EXPORT_DIR", default="") else None
EXPORT_S3_BUCKET = env.str("EXPORT_S3_BUCKET", default="")
EXPORT_STORAGE = env.str("EXPORT_STORAGE", default="s3" if EXPORT_S3_BUCKET else "")
# The statements themselves too, though genesis keeps them for auditors: only to a place that the public cannot read.
EXPORT_ENTRIES = yes_or_no("EXPORT_ENTRIES", default=False)

# What kind of site this is

PRODUCTION = bool(env.str("ALLOWED_HOSTS", default="")) or PUBLIC_URL.startswith("https://")
DEBUG = yes_or_no("DEBUG", default=False)

# Who may reach it

ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=[]) or ["localhost", "127.0.0.1", "[::1]"]
if urlsplit(PUBLIC_URL).hostname not in ALLOWED_HOSTS:
    ALLOWED_HOSTS.append(urlsplit(PUBLIC_URL).hostname)

SECRET_KEY = kept_secret("SECRET_KEY", DATA_DIR / "secret-key", lambda: secrets.token_urlsafe(48))
# The master key, under which every private key and all withheld values lie sealed: docs/operations.md, "Keys".
KEY_BACKEND = env.str("KEY_BACKEND", default="environment")
KEY_ENCRYPTION_KEY_FILE = env.str("KEY_ENCRYPTION_KEY_FILE", default="")
if KEY_BACKEND == "environment":
    KEY_ENCRYPTION_KEY = thirty_two_bytes(
        "KEY_ENCRYPTION_KEY",
        kept_secret(
            "KEY_ENCRYPTION_KEY", DATA_DIR / "key-encryption-key", lambda: b64encode(secrets.token_bytes(32)).decode()
        ),
    )

HTTPS = PUBLIC_URL.startswith("https://")
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE_SSL_REDIRECT = HTTPS
SECURE_HSTS_SECONDS = 63_072_000 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = HTTPS
# The proxy must set this header itself and drop the one that a client sends.
BEHIND_PROXY = yes_or_no("BEHIND_PROXY", default=False)
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if BEHIND_PROXY else None
# In which header that proxy names the country of a request, for example CF-IPCountry; it must drop a client's own.
COUNTRY_HEADER = env.str("COUNTRY_HEADER", default="")
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$", r"^metrics$"]
CSRF_TRUSTED_ORIGINS = [PUBLIC_URL]
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_AGE = 60 * 60 * 24 * 14
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'self'"],
        "img-src": ["'self'", "data:"],
        "object-src": ["'none'"],
        "base-uri": ["'none'"],
        "form-action": ["'self'"],
        "frame-ancestors": ["'none'"],
    }
}

DATA_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 2_000
DATA_UPLOAD_MAX_NUMBER_FILES = 10
FILE_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024
FILE_UPLOAD_PERMISSIONS = 0o600

# What it is made of

INSTALLED_APPS = [
    "provenance.apps.ProvenanceConfig",
    "provenance.members",
    "provenance.jobs",
    "provenance.bags",
    "provenance.trail",
    "provenance.witness",
    "provenance.shelf",
    "provenance.audit",
    "farms",
    "shipments",
    "provenance.apps.BeantrailAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.forms",
    "rest_framework",
    "rest_framework.authtoken",
    "drf_spectacular",
    "csp",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    # Before the policy, which says nothing of styles and scripts and is as long as some of them.
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]

ROOT_URLCONF = "provenance.urls"
WSGI_APPLICATION = "provenance.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    }
]
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    # Pictures and papers, sealed; below MEDIA_DIR, or in a bucket (requirements-s3.txt).
    "attachments": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "provenance.collecting.NamedByContent"
        if PRODUCTION
        else "django.contrib.staticfiles.storage.StaticFilesStorage",
        # Uploads are for the site alone; these are for everybody, and often collected by another user.
        "OPTIONS": {"file_permissions_mode": 0o644},
    },
}
if EXPORT_S3_BUCKET:
    STORAGES["s3"] = {
        "BACKEND": "storages.backends.s3.S3Storage",
        "OPTIONS": {
            "bucket_name": EXPORT_S3_BUCKET,
            "endpoint_url": env.str("EXPORT_S3_ENDPOINT", default="") or None,
            "location": env.str("EXPORT_S3_PREFIX", default=""),
        },
    }
if ATTACHMENTS_S3_BUCKET := env.str("ATTACHMENTS_S3_BUCKET", default=""):
    STORAGES["attachments"] = {
        "BACKEND": "storages.backends.s3.S3Storage",
        "OPTIONS": {
            "bucket_name": ATTACHMENTS_S3_BUCKET,
            "endpoint_url": env.str("ATTACHMENTS_S3_ENDPOINT", default="") or None,
            "location": env.str("ATTACHMENTS_S3_PREFIX", default=""),
        },
    }
# Outside production the files are served from where they lie, so nothing has to be collected first.
WHITENOISE_USE_FINDERS = not PRODUCTION
STATIC_ROOT = BASE_DIR / "staticfiles" if PRODUCTION else None

if WITNESS_ONLY:
    # No members, no log-in, no cookies: what is left answers logs and shows one page.
    INSTALLED_APPS = ["provenance.apps.LoneWitnessConfig", "django.contrib.staticfiles", "csp"]
    FOR_MEMBERS = ("django.contrib.sessions", "django.contrib.auth", "django.contrib.messages")
    MIDDLEWARE = [each for each in MIDDLEWARE if not each.startswith(FOR_MEMBERS)]
    TEMPLATES[0]["DIRS"] = [BASE_DIR / "templates" / "witness" / "alone", BASE_DIR / "templates"]
    TEMPLATES[0]["OPTIONS"] = {"context_processors": ["django.template.context_processors.request"]}
    STATICFILES_DIRS = [BASE_DIR / "provenance" / "static"]
    ROOT_URLCONF = "provenance.witness_urls"

# Where it keeps things

# Versions before this one can damage a WAL database when two connections write and checkpoint at once.
WAL_IS_SAFE = sqlite3.sqlite_version_info >= (3, 51, 3)


def sqlite(file: Path) -> dict[str, Any]:
    file.parent.mkdir(parents=True, exist_ok=True)
    return {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": file,
        "CONN_MAX_AGE": None,
        # Threads and other processes cannot share an in-memory database, so tests get a file too.
        "TEST": {"NAME": Path(gettempdir()) / f"beantrail-test-{os.getpid()}.sqlite3"},
        "OPTIONS": {
            "timeout": 20,
            "transaction_mode": "IMMEDIATE",
            "init_command": (
                # Counts for a new file only, so it comes first. Two statements leave a fifth of 4 KB empty.
                "PRAGMA page_size=8192;"
                f"PRAGMA journal_mode={'WAL' if WAL_IS_SAFE else 'TRUNCATE'};"
                "PRAGMA synchronous=FULL;"
                "PRAGMA foreign_keys=ON;"
                "PRAGMA recursive_triggers=ON;"
                "PRAGMA secure_delete=ON;"
            ),
        },
    }


def database() -> dict[str, Any]:
    if not (url := env.str("DATABASE_URL", default="")):
        return sqlite(DATA_DIR / ("witness.sqlite3" if WITNESS_ONLY else "beantrail.sqlite3"))
    if url.startswith("sqlite:///"):
        return sqlite(BASE_DIR / url.removeprefix("sqlite:///"))
    if not url.startswith(("postgres://", "postgresql://")):
        raise ImproperlyConfigured("DATABASE_URL must start with postgres:// or sqlite:///.")
    settings = env.db_url("DATABASE_URL")
    options = {"connect_timeout": 5, **settings.get("OPTIONS", {})}
    if "," in settings["HOST"]:
        # Of several servers only the one that takes writes is of use: after a failover that is another one.
        options["target_session_attrs"] = "read-write"
    return {**settings, "OPTIONS": options, "CONN_MAX_AGE": 60, "CONN_HEALTH_CHECKS": True}


DATABASES = {"default": database()}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

REDIS_URL = env.str("REDIS_URL", default="")
if REDIS_URL and not REDIS_URL.startswith(("redis://", "rediss://", "unix://")):
    raise ImproperlyConfigured("REDIS_URL must start with redis://, rediss:// or unix://.")
CACHES = {
    "default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": REDIS_URL}
    if REDIS_URL
    else {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}
}

# Celery only wakes a worker; what is to be done stands in the database. So losing a message loses nothing, and a
# broker that is away must not hold up the page that submits a job.
CELERY_BROKER_URL = REDIS_URL or "memory://"
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_PUBLISH_RETRY = False
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_TRANSPORT_OPTIONS = {"visibility_timeout": 3600, "socket_connect_timeout": 2, "socket_timeout": 10}

# Who people are

AUTH_USER_MODEL = "members.User"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "landing"
LOGOUT_REDIRECT_URL = "landing"

# The API

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "rest_framework.authentication.TokenAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_THROTTLE_CLASSES": [
        "rest_framework.throttling.AnonRateThrottle",
        "rest_framework.throttling.UserRateThrottle",
    ],
    "DEFAULT_THROTTLE_RATES": {
        "anon": env.str("API_RATE_ANONYMOUS", default="300/min"),
        "user": env.str("API_RATE_USER", default="1200/min"),
    },
    # Without a proxy nobody may name an address of his own in X-Forwarded-For, and so begin a new count.
    "NUM_PROXIES": 1 if BEHIND_PROXY else 0,
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Beantrail",
    "DESCRIPTION": "Every coffee lot's journey as signed events, in open formats, checkable offline.",
    "VERSION": "1",
    "OAS_VERSION": "3.1.0",
    "SERVE_INCLUDE_SCHEMA": False,
    # The words of a list stand in the list.
    "ENUM_GENERATE_CHOICE_DESCRIPTION": False,
    "SERVE_PERMISSIONS": ["rest_framework.permissions.AllowAny"],
}

# Language and time

# Shoppers read in their own language (shelf/languages.py); everybody else reads English.
LANGUAGE_CODE = "en"
LANGUAGES = [
    ("en", "English"),
    ("de", "Deutsch"),
    ("fr", "Français"),
    ("es", "Español"),
    ("pt", "Português"),
    ("it", "Italiano"),
]
LOCALE_PATHS = [BASE_DIR / "provenance" / "shelf" / "locale"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"

# Mail, metrics and logging

EMAIL_CONFIG = env.email_url("EMAIL_URL", default="consolemail://")
vars().update(EMAIL_CONFIG)
DEFAULT_FROM_EMAIL = SERVER_EMAIL = env.str("MAIL_FROM", default="beantrail@localhost")

# Texts to growers' telephones: docs/operations.md, "Texts for receipts".
TEXT_GATEWAY = one_of("TEXT_GATEWAY", ("console", "file", "http"), "console")
TEXT_DIR = Path(BASE_DIR / env.str("TEXT_DIR", default=str(DATA_DIR / "texts")))
TEXT_GATEWAY_URL = env.str("TEXT_GATEWAY_URL", default="")
TEXT_GATEWAY_SECRET = env.str("TEXT_GATEWAY_SECRET", default="")
TEXT_GATEWAY_TIMEOUT = env.int("TEXT_GATEWAY_TIMEOUT", default=10)
if TEXT_GATEWAY == "http" and not ("={to}" in TEXT_GATEWAY_URL and "={text}" in TEXT_GATEWAY_URL):
    raise ImproperlyConfigured(
        "TEXT_GATEWAY_URL must say where number and words go, like https://gateway.example/send?to={to}&text={text}."
    )

# Who may read /metrics from elsewhere, as "Authorization: Bearer …"; this machine may where no proxy stands before it.
METRICS_TOKEN = env.str("METRICS_TOKEN", default="")

# Neither client addresses nor paths nor form contents are logged: provenance/journal.py.
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {"without_paths": {"()": "provenance.journal.WithoutPaths"}},
    "formatters": {"line": {"()": "provenance.journal.Line"}, "json": {"()": "provenance.journal.Json"}},
    "handlers": {
        "console": {
            "class": "logging.StreamHandler",
            "formatter": one_of("LOG_FORMAT", ("line", "json"), "line"),
            "filters": ["without_paths"],
        }
    },
    "root": {"handlers": ["console"], "level": one_of("LOG_LEVEL", ("DEBUG", "INFO", "WARNING", "ERROR"), "INFO")},
    "loggers": {
        "django": {"handlers": ["console"], "level": "WARNING", "propagate": False},
    },
}
