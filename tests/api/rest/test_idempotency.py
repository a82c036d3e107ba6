"""A create that is sent twice with one Idempotency-Key makes one thing."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import RequestFactory
from django.utils import timezone

from api.models import IdempotentCall
from api.rest import idempotency
from api.rest.callers import Caller
from api.rest.problems import Refused
from teams.models import Project, Team
from tests.traces.arrivals import new_project

pytestmark = pytest.mark.django_db
NOW = timezone.now()


class Making:
    """Makes a team with every call, and answers its name."""

    def __init__(self, status: int = 201) -> None:
        self.status, self.calls = status, 0

    def __call__(self) -> HttpResponse:
        self.calls += 1
        Team.objects.create(name=f"team {self.calls}")
        return HttpResponse(f'{{"n": {self.calls}}}', status=self.status)


def send(project: Project, act: Making, key: str | None = "k", body: str = "{}") -> Any:
    headers = {} if key is None else {"Idempotency-Key": key}
    request = RequestFactory().post(
        "/api/v1/signals", body, content_type="application/json", headers=headers
    )
    return idempotency.once(request, Caller(project), NOW, act)


def test_the_second_answer_is_the_first_one_again(project: Project) -> None:
    act = Making()
    first, second = send(project, act), send(project, act)
    assert (first.content, first.status_code) == (second.content, second.status_code)
    assert second["Idempotency-Replayed"] == "true"
    assert act.calls == 1


def test_without_a_key_each_call_makes_its_own(project: Project) -> None:
    act = Making()
    send(project, act, key=None)
    send(project, act, key=None)
    assert act.calls == 2


def test_a_key_that_was_sent_with_another_body_is_refused(project: Project) -> None:
    send(project, Making())
    with pytest.raises(Refused) as refusal:
        send(project, Making(), body='{"name": "other"}')
    assert refusal.value.code == "idempotency_key_reused"


def test_the_same_key_in_another_project_is_another_key(project: Project) -> None:
    act = Making()
    send(project, act)
    send(new_project("other"), act)
    assert act.calls == 2


def test_a_refusal_leaves_nothing_and_may_be_mended_under_the_same_key(project: Project) -> None:
    teams = Team.objects.count()
    send(project, Making(status=422))
    assert (Team.objects.count(), IdempotentCall.objects.count()) == (teams, 0)
    assert send(project, Making(), body='{"mended": true}').status_code == 201


@pytest.mark.parametrize("key", ["", "x" * 256, "line\tbreak", "é"])
def test_a_key_that_is_none_is_refused(project: Project, key: str) -> None:
    with pytest.raises(Refused) as refusal:
        send(project, Making(), key=key)
    assert refusal.value.field == "Idempotency-Key"


def test_answers_are_forgotten_after_a_day(project: Project) -> None:
    send(project, Making())
    assert idempotency.prune(NOW + timedelta(hours=23)) == 0
    assert idempotency.prune(NOW + timedelta(hours=25)) == 1
