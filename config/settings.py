"""Settings, all from the environment (docs/configuration.md explains each one)."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured

from config import database, env, secret
from config.signin_settings import *  # noqa: F403

BASE_DIR = Path(__file__).resolve().parent.parent
VERSION = "0.1.0"
env_file = Path(env.text("ENV_FILE", str(BASE_DIR / ".env")))
env.load_file(env_file)

DATA_DIR = Path(env.text("DATA_DIR", str(BASE_DIR / "var"))).resolve()
DEBUG = env.flag("DEBUG", False)
SECRET_KEY = env.text("SECRET_KEY") or secret.stored_key(DATA_DIR)
ENCRYPTION_KEY = env.text("ENCRYPTION_KEY") or secret.stored_key(DATA_DIR, "encryption_key")
#: "" where the key was made, and lies in DATA_DIR.
CHOSEN_KEYS = {name: env.text(name) for name in ("SECRET_KEY", "ENCRYPTION_KEY")}
HOST = env.text("HOST", "127.0.0.1")
PORT = env.integer("PORT", 8799, least=1)
BASE_URL = env.text("BASE_URL", f"http://127.0.0.1:{PORT}").rstrip("/")
# Links in e-mails are made from BASE_URL, whatever name a request was sent to.
ALLOWED_HOSTS = env.words("ALLOWED_HOSTS") or [
    "localhost",
    "127.0.0.1",
    "[::1]",
    urlsplit(BASE_URL).hostname or "",
]
BEHIND_TLS = BASE_URL.startswith("https://")
# A proxy that is not trusted does not say that the browser came by TLS: BASE_URL does.
CSRF_TRUSTED_ORIGINS = env.words("CSRF_TRUSTED_ORIGINS") + (
    [f"https://{urlsplit(BASE_URL).netloc}"] if BEHIND_TLS else []
)
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = BEHIND_TLS
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if BEHIND_TLS else None
ACCOUNT_DEFAULT_HTTP_PROTOCOL = "https" if BEHIND_TLS else "http"
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = not BEHIND_TLS  # browsers allow it on localhost alone
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
# For a server on the internet: `manage.py check --deploy` refuses what is not safe there.
PRODUCTION = env.flag("PRODUCTION", False)
SECURE_HSTS_SECONDS = env.integer("HSTS_SECONDS", 31_536_000)
SECURE_HSTS_INCLUDE_SUBDOMAINS = env.flag("HSTS_SUBDOMAINS", False)
SECURE_SSL_REDIRECT = PRODUCTION and BEHIND_TLS
# Probes and scrapers call the port itself, not the proxy.
SECURE_REDIRECT_EXEMPT = [r"^(healthz|readyz|metrics)$"]
# Both are promises about other names than this one: HSTS_SUBDOMAINS makes the first.
SILENCED_SYSTEM_CHECKS = ["security.W005", "security.W021"]

INSTALLED_APPS = [
    "runner",
    "demo",
    "api",
    "alerts",
    "signals_app",
    "traces",
    "teams",
    "core",
    "allauth",
    "allauth.account",
    "allauth.idp.oidc",
    "allauth.mfa",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
    "allauth.usersessions",
    "csp",
    "django_htmx",
    "django_q",
    "heroicons",
    "core.admin_site.apps.OperatorAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.humanize",
    "django.contrib.messages",
    "django.contrib.postgres",
    "django.contrib.sessions",
    "django.contrib.staticfiles",
]

MIDDLEWARE = [
    "core.http.proxies.TrustedProxiesMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "core.middleware.NothingKeptMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "core.acting.middleware.WhoActsMiddleware",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "core.middleware.ViewerZoneMiddleware",
    "teams.signin.sessions.SeenMiddleware",
    "core.middleware.NoBlankPageMiddleware",
]

CSRF_FAILURE_VIEW = "core.errors.not_from_here"

ROOT_URLCONF = "config.urls"
ASGI_APPLICATION = "config.asgi.application"

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
                "teams.context_processors.navigation",
                "teams.context_processors.signing_in",
                "signals_app.context_processors.judge_in_use",
            ],
            "builtins": [
                "core.templatetags.show",
                "core.templatetags.ranges",
                "heroicons.templatetags.heroicons",
            ],
        },
    }
]

DATABASE_URL = env.text("DATABASE_URL")
DATABASES = {"default": database.settings(DATABASE_URL, DATA_DIR)}
# Device codes of OAuth and limits of sign-ins must be the same in all web processes.
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "api_cache",
        "OPTIONS": {"MAX_ENTRIES": 20_000},
    }
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# Programs that act for a person (api/oauth): they register themselves, and the person lets them in.
IDP_OIDC_ADAPTER = "api.oauth.adapter.OidcAdapter"
IDP_OIDC_PRIVATE_KEY = secret.stored_rsa_key(DATA_DIR)
IDP_OIDC_DCR_ENABLED = True
IDP_OIDC_DCR_REQUIRES_INITIAL_ACCESS_TOKEN = False
IDP_OIDC_ACCESS_TOKEN_EXPIRES_IN = 12 * 3600
IDP_OIDC_REFRESH_TOKEN_EXPIRES_IN = 30 * 86_400
IDP_OIDC_DEVICE_CODE_EXPIRES_IN = 600
IDP_OIDC_RATE_LIMITS = {"client_registration": "20/m/ip"}

EMAIL_HOST = env.text("EMAIL_HOST")
EMAIL_BACKEND = (
    "core.mail.EmailBackend" if EMAIL_HOST else "django.core.mail.backends.console.EmailBackend"
)
EMAIL_PORT = env.integer("EMAIL_PORT", 587)
EMAIL_HOST_USER = env.text("EMAIL_HOST_USER")
EMAIL_HOST_PASSWORD = env.text("EMAIL_HOST_PASSWORD")
EMAIL_USE_TLS = env.flag("EMAIL_USE_TLS", True)
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = env.text("EMAIL_FROM", "signals@localhost")

LANGUAGE_CODE = "en-us"
USE_I18N = False
USE_TZ = True
TIME_ZONE = "UTC"

STATIC_URL = "static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = DEBUG
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}

# plotly.js writes style elements at run time, hence unsafe-inline for styles alone.
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'none'"],
        "script-src": ["'self'"],
        "style-src": ["'self'", "'unsafe-inline'"],
        "img-src": ["'self'", "data:", "blob:"],
        "connect-src": ["'self'"],
        "font-src": ["'self'"],
        "form-action": ["'self'"],
        "frame-ancestors": ["'none'"],
        "base-uri": ["'none'"],
    }
}

# How long a page of traces waits for the database: for its rows, and for counts beside them.
SEARCH_PATIENCE_MS = env.integer("SEARCH_PATIENCE_MS", 4000, least=1)
COUNT_PATIENCE_MS = env.integer("COUNT_PATIENCE_MS", 50, least=1)

# Ingest
INGEST_MAX_BYTES = env.integer("INGEST_MAX_BYTES", 64 * 1024 * 1024, least=1024)
INGEST_MAX_SPANS = env.integer("INGEST_MAX_SPANS", 20_000, least=1)
AGENT_FROM_SERVICE_NAME = env.flag("AGENT_FROM_SERVICE_NAME", True)

# What each team may have, and take in a day of UTC; 0: as much as it likes.
TEAM_SPANS_PER_DAY = env.integer("TEAM_SPANS_PER_DAY", 0, least=0)
TEAM_JUDGE_CALLS_PER_DAY = env.integer("TEAM_JUDGE_CALLS_PER_DAY", 0, least=0)
TEAM_MEMBERS_MAX = env.integer("TEAM_MEMBERS_MAX", 0, least=0)
TEAM_PROJECTS_MAX = env.integer("TEAM_PROJECTS_MAX", 0, least=0)

# The doors beside the pages
API_CALLS_PER_MINUTE = env.integer("API_CALLS_PER_MINUTE", 600, least=1)

# From traffic to label
TRACE_QUIET_S = env.decimal("TRACE_QUIET_S", 10)
TRACE_MAX_WAIT_S = env.decimal("TRACE_MAX_WAIT_S", 120)
SESSION_IDLE_S = env.integer("SESSION_IDLE_S", 600, least=1)
MAX_REVISIONS = env.integer("MAX_REVISIONS", 5, least=1)
RETENTION_DAYS = env.integer("RETENTION_DAYS", 0)
AUDIT_DAYS = env.integer("AUDIT_DAYS", 365)
ADMIN_NEEDS_MFA = env.flag("ADMIN_NEEDS_MFA", False)
DISK_FREE_MIN_MB = env.integer("DISK_FREE_MIN_MB", 1_000)
READY_DISK_MB = env.integer("READY_DISK_MB", 100)
READY_QUEUE_S = env.integer("READY_QUEUE_S", 900)

# Backups
BACKUP_DIR = env.text("BACKUP_DIR")
BACKUP_EVERY_H = env.integer("BACKUP_EVERY_H", 24, least=1)
BACKUP_AT = env.time_of_day("BACKUP_AT")
BACKUP_KEEP = env.integer("BACKUP_KEEP", 7, least=1)
BACKUP_PASSPHRASE = env.text("BACKUP_PASSPHRASE")
if BACKUP_DIR and len(BACKUP_PASSPHRASE) < 12:
    raise ImproperlyConfigured("BACKUP_DIR needs a BACKUP_PASSPHRASE of 12 characters at least")

JUDGE_BASE_URL = env.text("JUDGE_BASE_URL", "", "OPENAI_BASE_URL")
JUDGE_API_KEY = env.text("JUDGE_API_KEY", "", "OPENAI_API_KEY")
JUDGE_MODEL = env.text("JUDGE_MODEL", "gpt-5.4-mini", "OPENAI_MODEL")
JUDGE_CONCURRENCY = env.integer("JUDGE_CONCURRENCY", 16, least=1)
JUDGE_PUMPS = env.integer("JUDGE_PUMPS", 2, least=1)
JUDGE_TIMEOUT_S = env.decimal("JUDGE_TIMEOUT_S", 60, least=0.1)
#: The longest time-out that a judge of a project may have.
JUDGE_MOST_TIMEOUT_S = 300.0
JUDGE_MODELS = env.words("JUDGE_MODELS")
PROJECT_JUDGES = env.flag("PROJECT_JUDGES", True)
#: How long a pump works before it makes place for another; a stop does not wait for it.
JUDGE_PUMP_S = 300.0
JUDGE_LEASE_S = env.decimal("JUDGE_LEASE_S", 60, least=1)
JUDGE_MAX_ATTEMPTS = env.integer("JUDGE_MAX_ATTEMPTS", 6, least=1)
JUDGE_RETRY_BASE_S = env.decimal("JUDGE_RETRY_BASE_S", 15)
JUDGE_MAX_INPUT_CHARS = env.integer("JUDGE_MAX_INPUT_CHARS", 60_000, least=1000)
JUDGE_MAX_OUTPUT_TOKENS = env.integer("JUDGE_MAX_OUTPUT_TOKENS", 4096, least=16)
JUDGE_EXTRA_BODY = env.mapping("JUDGE_EXTRA_BODY", refused=("model", "messages", "stream", "n"))
JUDGE_PRICE_INPUT_USD = env.decimal("JUDGE_PRICE_INPUT_USD", 0)
JUDGE_PRICE_CACHED_USD = env.decimal("JUDGE_PRICE_CACHED_USD", 0)
JUDGE_PRICE_OUTPUT_USD = env.decimal("JUDGE_PRICE_OUTPUT_USD", 0)

# Messages to people
SLACK_CLIENT_ID = env.text("SLACK_CLIENT_ID")
SLACK_CLIENT_SECRET = env.text("SLACK_CLIENT_SECRET")
SLACK_API_URL = env.text("SLACK_API_URL", "https://slack.com/api/")
OUTBOUND_ALLOW = env.hosts("OUTBOUND_ALLOW")
OUTBOUND_HTTP = env.flag("OUTBOUND_HTTP", False)
DELIVERY_LEASE_S = env.decimal("DELIVERY_LEASE_S", 90, least=1)

# Background work: ticks in one django-q2 cluster, judging in another, so that a
# backlog of judging never delays a tick. The reasons stand in docs/architecture.md.
WORKER_STALE_S = env.decimal("WORKER_STALE_S", 90, least=5)
Q_CLUSTER = {
    "name": "signals",
    "orm": "default",
    "broker_class": "runner.clusters.broker.Broker",
    "poll": 0.5,
    # One for the sweep and one for the demo, which loop all the time, one for sending messages,
    # which waits for other people's servers, and one for the rest: alerts are never late.
    "workers": 4,
    "queue_limit": 1,
    "timeout": 120,
    "retry": 900,
    "ack_failures": True,
    "max_attempts": 1,
    "save_limit": -1,
    "catch_up": False,
    # A worker that has grown to 800 MB (in kB here) leaves after its task and is forked afresh.
    "max_rss": 800_000,
    "label": "Queue",
    "ALT_CLUSTERS": {
        "judge": {
            "workers": JUDGE_PUMPS,
            # A pump's budget, the longest call that may hang as it ends, the longest that it may
            # have begun meanwhile, and time to write what came of it.
            "timeout": int(JUDGE_PUMP_S + 2 * max(JUDGE_TIMEOUT_S, JUDGE_MOST_TIMEOUT_S)) + 60,
            "retry": 4 * int(JUDGE_PUMP_S + 2 * max(JUDGE_TIMEOUT_S, JUDGE_MOST_TIMEOUT_S)) + 660,
            "scheduler": False,
        }
    },
}

DEMO = env.flag("DEMO", True)
WEB_WORKERS = env.integer("WEB_WORKERS", 2, least=1)
WEB_CONNECTIONS = env.integer("WEB_CONNECTIONS", 10, least=2)
OTLP_GRPC_PORT = env.integer("OTLP_GRPC_PORT", 0)
METRICS_TOKEN = env.text("METRICS_TOKEN")
LOG_LEVEL = env.text("LOG_LEVEL", "INFO").upper()
LOG_FORMAT = env.choice("LOG_FORMAT", "line", ("line", "json"))

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "handlers": {"stderr": {"class": "core.logs.handler.Handler", "format": LOG_FORMAT}},
    "root": {"handlers": ["stderr"], "level": LOG_LEVEL},
    "loggers": {
        "httpx2": {"level": "WARNING"},
        "slack_sdk": {"level": "CRITICAL"},  # it says again what we raise, with the body
        "django.server": {"level": "WARNING"},
        "_granian": {"handlers": ["stderr"], "level": "WARNING", "propagate": False},
        # Each connection that cannot be made is a line; who needed it says so once.
        "psycopg.pool": {"level": "ERROR"},
        "mcp": {"level": "WARNING"},  # at INFO a line for every call
        # At INFO it writes two lines for every task, beats included.
        "django-q": {"level": "WARNING"},
    },
}

#: What the `.env` file sets and none of the above has read; the launcher says so.
UNKNOWN_SETTINGS = env.unknown_names(env_file)
