"""A signal and an alert as code, reached from their pages."""

from __future__ import annotations

import pytest
import yaml
from django.test import Client

from signals_app.models import Signal
from teams.models import Project
from tests.alerts.watched import alert_of
from tests.api.rest.calling import reading
from tests.html import html_of

pytestmark = pytest.mark.django_db


def test_a_signals_page_leads_to_it_as_code(reader: Client, signal: Signal) -> None:
    page = f"/p/{signal.project.slug}/signals/{signal.uuid}/"
    assert f'href="{page}code/"' in html_of(reader.get(page))
    code = html_of(reader.get(f"{page}code/"))
    assert "signals apply" in code
    assert "signals create" in code
    assert f"name: {signal.name}" in code


def test_an_alerts_page_leads_to_it_as_code(reader: Client, signal: Signal) -> None:
    alert = alert_of(signal)
    page = f"/p/{signal.project.slug}/alerts/{alert.uuid}/"
    assert f'href="{page}code/"' in html_of(reader.get(page))
    assert "signals alerts create" in html_of(reader.get(f"{page}code/"))


def test_the_file_of_an_alert_names_its_signal_and_no_secret(
    project: Project, signal: Signal
) -> None:
    alert = alert_of(signal, cooldown_min=60)
    alert.destinations.create(kind="webhook", address="https://example.com/s3cret")
    code = reading(project).get(f"/alerts/{alert.uuid}/code").json()
    (row,) = yaml.safe_load(code["yaml"])["signals"]
    assert (row["name"], row["agent"]) == (signal.name, signal.agent.name)
    assert row["alerts"][0]["cooldown_min"] == 60
    assert "s3cret" not in str(code)
    assert "webhook is a secret" in code["leaves_out"][0]
