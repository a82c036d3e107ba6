"""A server on the internet: what a start refuses, and that nothing is left to warn of."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from pytest_django.fixtures import Settings

from core.http import production
from runner import launcher
from tests.traces.arrivals import member, new_project

SAFE: dict[str, Any] = {
    "PRODUCTION": True,
    "BASE_URL": "https://signals.example.com",
    "ALLOWED_HOSTS": ["signals.example.com"],
    "SECRET_KEY": "0123456789abcdefghijklmnopqrstuvwxyz" * 2,
}


@pytest.fixture
def safe(settings: Settings) -> Settings:
    for name, value in SAFE.items():
        setattr(settings, name, value)
    settings.SILENCED_SYSTEM_CHECKS = [
        *(f"security.W{number:03}" for number in (4, 5, 8, 12, 16, 21)),
    ]
    return settings


def test_a_safe_server_starts(safe: Settings) -> None:
    assert production.why_refused() == []
    launcher.check_production()


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("DEBUG", True, "DEBUG=false"),
        ("BASE_URL", "http://signals.example.com", "BASE_URL=https://"),
        ("ALLOWED_HOSTS", ["*"], "ALLOWED_HOSTS=signals.example.com"),
        ("SECRET_KEY", "short", "50 random characters"),
        ("OIDC_LOGIN_ISSUER", "http://login.example.com", "OIDC_LOGIN_ISSUER"),
    ],
)
def test_what_is_not_safe_refuses_the_start_and_says_what_to_set(
    safe: Settings, name: str, value: Any, words: str
) -> None:
    setattr(safe, name, value)
    with pytest.raises(launcher.Refused, match=r"PRODUCTION=true refuses this start\.") as refused:
        launcher.check_production()
    assert words in str(refused.value)


def test_an_open_door_needs_mail(safe: Settings) -> None:
    safe.SIGNUP = "open"
    assert production.why_refused() == []
    safe.EMAIL_BACKEND = "django.core.mail.backends.console.EmailBackend"
    assert "SIGNUP=invite" in " ".join(production.why_refused())


def test_a_server_on_ones_own_machine_refuses_nothing(settings: Settings) -> None:
    settings.DEBUG = True
    launcher.check_production()


@pytest.mark.slow
def test_the_check_for_deployment_is_silent_in_production() -> None:
    given = {
        "PATH": os.environ["PATH"],
        "ENV_FILE": os.devnull,
        "DATA_DIR": os.environ["TEST_DATA_DIR"],
        "PRODUCTION": "true",
        "BASE_URL": "https://signals.example.com",
    }
    command = [sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING"]
    done = subprocess.run(
        command, cwd=settings.BASE_DIR, env=given, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert "no issues" in done.stdout


@pytest.mark.django_db
def test_no_page_of_a_signed_in_person_is_kept(client: Client) -> None:
    project = new_project()
    client.force_login(member(project))
    for page in ("signals", "traces", "sessions", "agents", "alerts", "settings", "overview"):
        answer = client.get(f"/p/{project.slug}/{page}/")
        assert answer.status_code == 200
        assert answer["Cache-Control"] == "no-store", page
    assert "no-store" in client.get("/account/")["Cache-Control"]
    assert client.get("/p/nowhere/traces/")["Cache-Control"] == "no-store"


@pytest.mark.django_db
def test_what_says_otherwise_itself_may_be_kept(client: Client) -> None:
    assert client.get("/cli/signals.pyz")["Cache-Control"].startswith("public")
