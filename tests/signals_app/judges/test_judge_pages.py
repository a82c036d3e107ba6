"""Making, changing, testing and putting away a judge by its pages."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from core import sealing
from signals_app.definition import states as signal_states
from signals_app.judge_endpoints import editing, states, testing
from signals_app.judging import judge_in_use
from signals_app.judging.model_server import endpoints
from signals_app.models import (
    Classification,
    JudgeChange,
    JudgeEndpoint,
    JudgeState,
    JudgeTest,
    Signal,
)
from signals_app.queue.pumping import endpoint_tests
from teams.models import AuditEntry, Project
from tests.fake_judge import Answer, FakeJudge, error, verdict
from tests.html import html_of
from tests.signals_app import conversations
from tests.signals_app.judges.making import endpoint
from tests.traces.arrivals import member

pytestmark = pytest.mark.django_db(transaction=True)
Line = Callable[..., list[Classification]]


@pytest.fixture
def project() -> Project:
    return conversations.project()


@pytest.fixture
def admin(client: Client, project: Project) -> Client:
    client.force_login(member(project, "admin"))
    return client


def url(project: Project, path: str = "") -> str:
    return f"/p/{project.slug}/settings/judges/{path}"


def filled(base_url: str, **fields: str) -> dict[str, str]:
    return {
        "name": "Mine",
        "base_url": base_url,
        "key": "sk-mine",
        "model": "little",
        "price_input_usd": "2",
        "price_cached_usd": "",
        "price_output_usd": "10",
        "concurrency": "4",
        "timeout_s": "30",
        **fields,
    }


def test_a_judge_is_made_tested_and_its_key_sealed(
    admin: Client, project: Project, run_line: Line
) -> None:
    with FakeJudge([verdict("true", "They give up.")]) as judge:
        said = admin.post(url(project, "new/"), filled(judge.url + "/"), follow=True)
        own = JudgeEndpoint.objects.get()
        assert "Asking about the built-in example" in html_of(said)
        assert endpoint_tests.wait()
        run_line()
    (request,) = judge.requests
    assert request.headers["authorization"] == "Bearer sk-mine"
    assert "hopeless" in request.text
    page = html_of(admin.get(url(project, f"{own.uuid}/")))
    assert "found the" in page
    assert "They give up." in page
    assert "held to a JSON schema" in page
    assert "sk-mine" not in page
    assert (own.base_url, sealing.unseal(own.sealed_key)) == (judge.url, "sk-mine")
    test = JudgeTest.objects.get()
    assert test.input_tokens
    assert test.cost_usd
    assert JudgeState.objects.get(endpoint=own).last_success_at
    assert "sk-mine" not in str(list(AuditEntry.objects.values()))
    assert AuditEntry.objects.filter(action="judge.made").count() == 1


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        pytest.param(error(401, "invalid api key"), "refused the API key", id="wrong key"),
        pytest.param(error(429, "slow down"), "asked for a rest", id="busy"),
        pytest.param(Answer("I do not know."), "no usable answer", id="nonsense"),
        pytest.param(None, "could not be reached", id="away"),
    ],
)
def test_a_test_that_fails_says_why_in_words(
    answer: Answer | None, said: str, admin: Client, project: Project, run_line: Line
) -> None:
    with FakeJudge([answer or Answer()]) as judge:
        own = endpoint(project, judge.url if answer else "http://127.0.0.1:19991/v1")
        admin.post(url(project, f"{own.uuid}/test/"))
        run_line()
    page = html_of(admin.get(url(project, f"{own.uuid}/")))
    assert said in page
    assert "No answer" in page
    assert "resume the signal" not in page


def test_a_second_press_waits_for_the_first_test(admin: Client, project: Project) -> None:
    own = endpoint(project, "http://127.0.0.1:19991/v1")
    for _ in range(3):
        admin.post(url(project, f"{own.uuid}/test/"))
    assert JudgeTest.objects.count() == 1


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"base_url": "http://10.0.0.7:8000/v1"}, "OUTBOUND_ALLOW=127.0.0.1,10.0.0.7"),
        ({"base_url": "http://169.254.169.254/v1"}, "OUTBOUND_ALLOW"),
        ({"base_url": "ftp://example.org"}, "begins with https://"),
        ({"base_url": "https://user:word@example.org/v1"}, "no user name and no password"),
        ({"base_url": "https://example.org/v1?key=x"}, "no question mark"),
        ({"name": " "}, "Give the judge a name."),
        ({"name": "Taken"}, "of this name already"),
        ({"model": ""}, "Say which model is asked."),
        ({"key": "sk-\u00e9"}, "plain characters"),
        ({"price_output_usd": ""}, "Give both prices, or none"),
        ({"price_input_usd": "-1"}, "greater than or equal to 0"),
        ({"concurrency": "0"}, "greater than or equal to 1"),
        ({"timeout_s": "301"}, "Between 1 and 300 seconds."),
    ],
)
def test_what_cannot_be_is_refused_at_its_field(
    fields: dict[str, str], said: str, admin: Client, project: Project
) -> None:
    endpoint(project, "http://127.0.0.1:19991/v1", name="Taken")
    answer = admin.post(url(project, "new/"), filled("http://127.0.0.1:19991/v1") | fields)
    assert answer.status_code == 422
    assert said in html_of(answer)
    assert "sk-mine" not in html_of(answer)
    assert JudgeEndpoint.objects.count() == 1


def test_a_local_server_says_which_lines_the_operator_sets(
    admin: Client, project: Project, settings: Any
) -> None:
    settings.OUTBOUND_ALLOW, settings.OUTBOUND_HTTP = [], False
    page = html_of(admin.get(url(project, "new/?preset=ollama")))
    assert "OUTBOUND_ALLOW=127.0.0.1" in page
    assert "OUTBOUND_HTTP=true" in page
    assert "http://127.0.0.1:11434/v1" in page


@pytest.mark.parametrize("role", ["member", "viewer"])
def test_only_who_manages_may_change_judges(role: str, client: Client, project: Project) -> None:
    own = endpoint(project, "http://127.0.0.1:19991/v1", "sk-mine")
    client.force_login(member(project, role))
    one = f"{own.uuid}/"
    for path in ("new/", one, f"{one}test/", "default/", f"{one}archive/", f"{one}restore/"):
        assert client.post(url(project, path)).status_code == 403, path
    assert client.get(url(project, one)).status_code == 200
    assert client.get(url(project)).status_code == 200


def test_a_stored_key_is_sent_to_no_other_address(admin: Client, project: Project) -> None:
    own = endpoint(project, "http://127.0.0.1:19991/v1", "sk-mine", name="Mine")
    moved = filled("http://127.0.0.1:19992/v1", key="")
    answer = admin.post(url(project, f"{own.uuid}/"), moved)
    assert answer.status_code == 422
    assert "Type the key in anew" in html_of(answer)
    admin.post(url(project, f"{own.uuid}/"), moved | {"key": "sk-new"})
    own.refresh_from_db()
    assert (own.base_url, sealing.unseal(own.sealed_key)) == ("http://127.0.0.1:19992/v1", "sk-new")


def test_a_change_of_model_is_marked_for_signals_that_it_answers_and_forgets_its_rest(
    admin: Client, project: Project
) -> None:
    own = endpoint(project, "http://127.0.0.1:19991/v1", "sk-mine", name="Mine", is_default=True)
    follows = conversations.signal(project, name="follows")
    conversations.signal(project, name="another's", judge_model="large")
    now = timezone.now()
    endpoints.rest("little", now + timedelta(hours=1), "busy", now, judge_in_use.of_row(own))
    admin.post(url(project, f"{own.uuid}/"), filled(own.base_url, key="", model="larger"))
    own.refresh_from_db()
    assert (own.model, own.revision) == ("larger", 2)
    assert endpoints.at_rest(now) == []
    (change,) = JudgeChange.objects.all()
    assert change.signal == follows
    assert (change.before, change.after) == (
        "Mine · little at 127.0.0.1:19991",
        "Mine · larger at 127.0.0.1:19991",
    )


def test_the_default_is_chosen_and_taken_back(admin: Client, project: Project) -> None:
    own = endpoint(project, "http://127.0.0.1:19991/v1")
    signal = conversations.signal(project)
    admin.post(url(project, "default/"), {"judge": str(own.uuid)})
    assert judge_in_use.defaults_of([project.pk]) == {project.pk: own}
    admin.post(url(project, "default/"))
    assert judge_in_use.defaults_of([project.pk]) == {}
    assert JudgeChange.objects.filter(signal=signal).count() == 2


def test_a_judge_that_a_signal_has_chosen_is_not_put_away(admin: Client, project: Project) -> None:
    own = endpoint(project, "http://127.0.0.1:19991/v1")
    signal = conversations.signal(project)
    signal.versions.update(endpoint=own)
    answer = admin.post(url(project, f"{own.uuid}/archive/"))
    assert answer.status_code == 422
    assert signal.name in html_of(answer)
    with pytest.raises(states.CannotArchive):
        states.archive(own, None, timezone.now())
    signal_states.archive(signal, None, timezone.now())
    admin.post(url(project, f"{own.uuid}/archive/"))
    own.refresh_from_db()
    assert own.archived_at
    admin.post(url(project, f"{own.uuid}/restore/"))
    own.refresh_from_db()
    assert own.archived_at is None


def test_signals_that_a_judge_has_stopped_are_resumed_together(
    admin: Client, project: Project
) -> None:
    own = endpoint(project, "http://127.0.0.1:19991/v1", is_default=True)
    for name in ("one", "two"):
        signal = conversations.signal(project, name=name)
        signal_states.block(signal.pk, "The judge refused the API key.", timezone.now())
    paused = conversations.signal(project, name="by a person")
    signal_states.pause(paused, None, timezone.now())
    page = html_of(admin.get(url(project, f"{own.uuid}/")))
    assert "The judge refused the API key." in page
    admin.post(url(project, f"{own.uuid}/resume/"))
    assert set(Signal.objects.values_list("name", "state")) == {
        ("one", "active"),
        ("two", "active"),
        ("by a person", "paused"),
    }


def test_a_test_without_a_worker_says_so(admin: Client, project: Project) -> None:
    own = endpoint(project, "http://127.0.0.1:19991/v1")
    test = testing.test(own, timezone.now() - testing.PATIENCE * 2)
    page = html_of(admin.get(url(project, f"{own.uuid}/")))
    assert "No worker has run yet" in page
    assert test.finished_at is None


def test_a_project_has_a_bounded_number_of_judges(project: Project) -> None:
    for number in range(editing.MOST_JUDGES):
        endpoint(project, "http://127.0.0.1:19991/v1", name=f"{number}")
    given = editing.Settings(name="More", base_url="http://127.0.0.1:19991/v1", model="m")
    with pytest.raises(Exception, match="at most 20 judges"):
        editing.create(project, given, None, timezone.now())
