"""Pages are shown under known names only, since links in e-mails are made from the name."""

from __future__ import annotations

import pytest
from django.test import Client

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1:8799", "[::1]:8799"])
def test_this_machine_is_known_by_its_own_names(client: Client, host: str) -> None:
    assert client.get("/accounts/login/", headers={"host": host}).status_code == 200


def test_another_name_is_refused_with_the_settings_that_allow_it(client: Client) -> None:
    answer = client.get("/accounts/login/", headers={"host": "evil.example"})
    assert answer.status_code == 400
    assert "add it to ALLOWED_HOSTS or BASE_URL" in answer.content.decode()
