"""The project's settings for tests: a data folder of their own, nothing of the user's.

Parallel test processes inherit the folder's name, so that one database serves all.
"""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

#: Whoever runs the tests may have a judge, a mail server or a database of their own set.
LEAVE_OUT = (
    *("JUDGE_", "OPENAI_", "EMAIL_", "SLACK_", "OUTBOUND_", "DELIVERY_"),
    *("TRACE_", "SESSION_", "INGEST_", "WORKER_", "WEB_", "DISK_", "READY_", "METRICS_", "LOG_"),
    *("SIGNUP", "OIDC_LOGIN_", "HSTS_"),
)
LEAVE_OUT_NAMES = {
    "PRODUCTION",
    "TRUSTED_PROXIES",
    "BASE_URL",
    "DEMO",
    "PORT",
    "HOST",
    "SECRET_KEY",
    "DEBUG",
    "ALLOWED_HOSTS",
}

for name in list(os.environ):
    if name.startswith(LEAVE_OUT) or name in LEAVE_OUT_NAMES:
        del os.environ[name]


def data_folder() -> Path:
    """Made once a run; the database's account must be able to pass through it."""
    if inherited := os.environ.get("TEST_DATA_DIR"):
        return Path(inherited)
    made = Path(tempfile.mkdtemp(prefix="signals-test-"))
    made.chmod(0o711)
    os.environ["TEST_DATA_DIR"] = str(made)
    return made


os.environ["DATA_DIR"] = str(data_folder())
os.environ["ENV_FILE"] = os.devnull
os.environ["SECRET_KEY"] = "only-for-tests"
os.environ["ENCRYPTION_KEY"] = "only-for-tests"

from config.settings import *  # noqa: E402, F403

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
# A machine that runs tests in parallel may be slow: only the tests of patience are impatient.
SEARCH_PATIENCE_MS = COUNT_PATIENCE_MS = 60_000
# What one test's limits remember is no other test's business, and few tests need two processes.
CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
# Each test's client starts the middleware anew: WhiteNoise would read 200 files for it.
WHITENOISE_AUTOREFRESH = True
