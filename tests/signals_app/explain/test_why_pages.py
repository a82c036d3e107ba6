"""Why a target has a label or none: on its own page, beside traces and sessions, and the retry."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from core.background import heartbeats
from core.ids import session_key
from signals_app import sampling
from signals_app.definition import versions
from signals_app.labels import count_changes
from signals_app.models import Classification, JudgeJob, LabelCount, Signal
from signals_app.queue import queueing
from signals_app.queue.jobs import HELD_UNTIL
from teams.models import Project
from tests.fake_judge import verdict
from tests.html import html_of
from tests.signals_app import conversations
from tests.signals_app.conftest import StartJudge
from tests.signals_app.labelled import label, new_signal
from tests.signals_app.waiting import job_of
from tests.traces.arrivals import arrive, member, new_project, span_id_of, trace_id_of, turn
from traces.models import Agent, Trace

pytestmark = pytest.mark.django_db
A = trace_id_of("a")


@pytest.fixture
def project() -> Project:
    """With one settled trace "a" in the session "chat"."""
    made = new_project()
    arrive(made, *turn("a", session__id="chat"))
    return made


def signal_of(project: Project, since_hours: int = 1, **changes: Any) -> Signal:
    """Active since before the traffic settled."""
    signal = new_signal(Agent.objects.get(project=project), **changes)
    before = timezone.now() - timedelta(hours=since_hours)
    Signal.objects.filter(pk=signal.pk).update(activated_at=before)
    signal.refresh_from_db()
    return signal


def why_url(signal: Signal, target: str = f"trace:{A.hex}") -> str:
    return f"/p/{signal.project.slug}/signals/{signal.uuid}/why/?target={target}"


def retry_url(signal: Signal) -> str:
    return f"/p/{signal.project.slug}/signals/{signal.uuid}/retry-target/"


def page_of(client: Client, url: str) -> str:
    response = client.get(url)
    assert response.status_code == 200
    return " ".join(html_of(response).split())


def queue(signal: Signal, **changes: Any) -> JudgeJob:
    now = timezone.now()
    queueing.insert([job_of(signal, A, now)], now - timedelta(minutes=3))
    JudgeJob.objects.update(**changes or {"attempts": 0})
    return JudgeJob.objects.get()


def test_a_label_is_explained_with_what_it_took(reader: Client, project: Project) -> None:
    signal = signal_of(project)
    told: dict[str, Any] = {
        "explanation": "<i>It swears.</i>",
        "judge_model": "little-judge",
        "cut_chars": 1234,
    }
    label(signal, "true", target=A, input_tokens=900, output_tokens=7, **told)
    page = page_of(reader, why_url(signal))
    assert "&lt;i&gt;It swears.&lt;/i&gt;" in page
    assert "little-judge" in page
    assert "900 in, 7 out" in page
    assert "1,234 characters in the middle" in page
    assert "Judge it again" not in page


def test_a_target_outside_the_sample_shows_its_place_and_the_rate(
    reader: Client, project: Project
) -> None:
    signal = signal_of(project, sample_rate=0.000001)
    place = sampling.place(signal.sampling_salt, A.hex)
    page = page_of(reader, why_url(signal))
    assert "No label: sampled out" in page
    assert f"its place is {place:.9g}" in page
    assert "0.0001 %" in page


def test_an_open_trace_says_since_when_and_until_when(reader: Client, project: Project) -> None:
    signal = signal_of(project)
    now = timezone.now()
    Trace.objects.filter(project_id=project.pk).update(
        settled_at=None, last_received_at=now, due_at=now + timedelta(minutes=5)
    )
    page = page_of(reader, why_url(signal))
    assert "No label: not settled" in page
    assert "It settles in 4 min" in page
    assert 'hx-trigger="every 5s"' in page


def test_what_waits_shows_its_place_behind_others(reader: Client, project: Project) -> None:
    signal = signal_of(project)
    job = queue(signal)
    JudgeJob.objects.bulk_create(
        JudgeJob(
            **{
                **{f.name: getattr(job, f.name) for f in JudgeJob._meta.concrete_fields},
                "id": job.id + 1000 + n,
                "target": uuid4(),
                "available_at": job.available_at - timedelta(minutes=1),
            }
        )
        for n in range(2)
    )
    page = page_of(reader, why_url(signal))
    assert "It waits to be judged, for 3 min" in page
    assert '<dt>Place in the queue</dt><dd class="figure">3</dd>' in page


def test_a_held_target_says_what_its_judge_said(reader: Client, project: Project) -> None:
    signal = signal_of(project)
    queue(signal, available_at=HELD_UNTIL, last_error="The judge refused the key.")
    page = page_of(reader, why_url(signal))
    assert "No label: held" in page
    assert "The judge refused the key." in page


def test_what_waits_without_a_worker_says_so(reader: Client, project: Project) -> None:
    signal = signal_of(project)
    queue(signal)
    assert "No worker is running" in page_of(reader, why_url(signal))
    heartbeats.write("sweep", timezone.now())
    assert "No worker is running" not in page_of(reader, why_url(signal))


def test_a_trace_leads_to_its_model_calls_and_its_session(reader: Client, project: Project) -> None:
    call = f"span:{A.hex}:{span_id_of('a', 'chat').hex()}"
    spans = signal_of(project, scope="span", name="Spans")
    assert f"?target={call}" in page_of(reader, why_url(spans))
    assert "No label: passed over" in page_of(reader, why_url(spans, call))
    root = f"span:{A.hex}:{span_id_of('a', 'root').hex()}"
    assert "of the kind “agent”" in page_of(reader, why_url(spans, root))
    sessions = signal_of(project, scope="session", name="Sessions")
    key = session_key(sessions.agent_id, "chat")
    assert f"?target=session:{key.hex}" in page_of(reader, why_url(sessions))
    assert "No label: passed over" in page_of(reader, why_url(sessions, f"session:{key.hex}"))


def test_plain_ids_are_understood(reader: Client, project: Project) -> None:
    assert "passed over" in page_of(reader, why_url(signal_of(project), str(A)))
    sessions = signal_of(project, scope="session", name="Sessions")
    assert "passed over" in page_of(reader, why_url(sessions, "chat"))
    assert "Ask why" in page_of(reader, why_url(sessions, ""))


def test_the_trace_of_another_agent_is_none_of_its_business(
    reader: Client, project: Project
) -> None:
    signal = signal_of(project)
    arrive(project, *turn("b", agent="other"))
    page = page_of(reader, why_url(signal, f"trace:{trace_id_of('b').hex}"))
    assert "No label: other agent" in page


def test_what_an_older_version_said_is_kept_in_sight(reader: Client, project: Project) -> None:
    signal = signal_of(project)
    label(signal, "true", target=A, explanation="The first reading.", revision=1, is_current=False)
    label(signal, "false", target=A, explanation="The second reading.", revision=2)
    page = page_of(reader, why_url(signal))
    assert page.index("The second reading.") < page.index("The first reading.")


@pytest.mark.parametrize(
    "target",
    [
        "nonsense",
        "trace:12",
        f"trace:{UUID(int=7).hex}",
        f"session:{UUID(int=7).hex}",
        f"span:{A.hex}:0000000000000000",
        "trace:%00",
    ],
)
def test_what_is_no_target_is_not_found(client: Client, project: Project, target: str) -> None:
    client.force_login(member(project))
    signal = signal_of(project)
    assert client.get(why_url(signal, target)).status_code == 404
    assert client.post(retry_url(signal), {"target": target}).status_code == 404


def test_a_target_of_another_project_is_not_found(reader: Client, project: Project) -> None:
    theirs = new_project("Theirs")
    arrive(theirs, *turn("theirs"))
    target = f"trace:{trace_id_of('theirs').hex}"
    assert reader.get(why_url(signal_of(project), target)).status_code == 404


def test_a_stranger_finds_nothing(client: Client, project: Project) -> None:
    signal = signal_of(project)
    client.force_login(member(new_project("Theirs")))
    assert client.get(why_url(signal)).status_code == 404
    assert client.post(retry_url(signal), {"target": f"trace:{A.hex}"}).status_code == 404


def test_the_page_and_the_retry_have_one_verb_each(client: Client, project: Project) -> None:
    client.force_login(member(project))
    signal = signal_of(project)
    assert client.post(why_url(signal)).status_code == 405
    assert client.get(retry_url(signal)).status_code == 405


def test_a_reader_sees_no_retry_and_is_refused_it(reader: Client, project: Project) -> None:
    signal = signal_of(project)
    label(signal, None, target=A, reason="It timed out.")
    page = page_of(reader, why_url(signal))
    assert "Judging it failed: It timed out." in page
    assert "Judge it again" not in page
    assert reader.post(retry_url(signal), {"target": f"trace:{A.hex}"}).status_code == 403
    assert not JudgeJob.objects.exists()


@pytest.mark.parametrize("outcome", ["failed", "refused", "skipped"])
def test_a_member_has_one_target_judged_again(
    client: Client, project: Project, outcome: str
) -> None:
    client.force_login(member(project))
    signal = signal_of(project)
    label(signal, None, target=A, outcome=outcome, reason="It timed out.")
    label(signal, None, target=trace_id_of("b"))
    assert "Judge it again" in page_of(client, why_url(signal))
    page = client.post(retry_url(signal), {"target": f"trace:{A.hex}"}, follow=True)
    assert "It waits to be judged again." in html_of(page)
    assert "No label: waiting" in html_of(page)
    assert [job.target for job in JudgeJob.objects.all()] == [A]
    assert [row.target for row in Classification.objects.all()] == [trace_id_of("b")]
    assert_counts_agree()


def assert_counts_agree() -> None:
    fields = ("grain", "source", "outcome", "bucket", "n")
    kept = set(LabelCount.objects.exclude(n=0).values_list(*fields))
    count_changes.recount()
    assert kept == set(LabelCount.objects.values_list(*fields))


def test_a_retry_of_what_a_run_judged_counts_at_its_targets_time(
    client: Client, project: Project
) -> None:
    client.force_login(member(project))
    signal = signal_of(project)
    long_ago = timezone.now() - timedelta(days=3)
    label(signal, None, target=A, at=long_ago, source="run", run_id=12345)
    client.post(retry_url(signal), {"target": f"trace:{A.hex}"})
    job = JudgeJob.objects.get()
    assert (job.source, job.run_id, job.target_time) == ("run", None, long_ago)


def test_a_label_stands_until_it_has_been_judged_again(client: Client, project: Project) -> None:
    client.force_login(member(project))
    signal = signal_of(project)
    label(signal, "true", target=A)
    assert "Judge it again" in page_of(client, why_url(signal))
    for _ in range(2):  # a second click asks for nothing more
        page = client.post(retry_url(signal), {"target": f"trace:{A.hex}"}, follow=True)
        assert "It waits to be judged again." in html_of(page)
        assert "Until then what was judged before stands: “true”." in html_of(page)
    assert Classification.objects.get().is_current
    job = JudgeJob.objects.get()
    assert (job.target, job.version_id) == (A, signal.live_version_id)
    assert job.revision == Classification.objects.get().revision + 1
    assert_counts_agree()


def test_what_was_never_judged_is_not_judged_again(client: Client, project: Project) -> None:
    client.force_login(member(project))
    signal = signal_of(project)
    page = client.post(retry_url(signal), {"target": f"trace:{A.hex}"}, follow=True)
    assert "has not judged it" in html_of(page)
    assert not JudgeJob.objects.exists()


def test_a_paused_signal_takes_nothing_back(client: Client, project: Project) -> None:
    client.force_login(member(project))
    signal = signal_of(project)
    label(signal, None, target=A)
    Signal.objects.update(state="paused")
    page = client.post(retry_url(signal), {"target": f"trace:{A.hex}"}, follow=True)
    assert "only an active one judges again" in html_of(page)
    assert Classification.objects.count() == 1


def test_a_retry_without_a_target_says_so(client: Client, project: Project) -> None:
    client.force_login(member(project))
    page = client.post(retry_url(signal_of(project)), follow=True)
    assert "Choose what is to be judged again." in html_of(page)


def test_the_trace_page_answers_for_every_signal_of_its_agent(
    reader: Client, project: Project
) -> None:
    one = signal_of(project, name="Frustration")
    signal_of(project, name="Draft", active=False)
    signal_of(project, name="Sessions", scope="session")
    archived = signal_of(project, name="Archived")
    Signal.objects.filter(pk=archived.pk).update(state="archived")
    label(one, "true", target=A, explanation="They swear.")
    url = f"/p/{project.slug}/traces/{A.hex}/"
    replies = reader.get(url).context["replies"]
    assert {reply.title: reply.summary for reply in replies} == {
        "Draft": "draft",
        "Frustration": "true",
        "Sessions": "other scope",
    }
    assert "They swear." in page_of(reader, url)
    call = span_id_of("a", "chat").hex()
    replies = reader.get(f"{url}?span={call}").context["replies"]
    assert {reply.summary for reply in replies} == {"other scope"}


def test_the_session_page_answers_too(reader: Client, project: Project) -> None:
    signal = signal_of(project, name="Sessions", scope="session", sample_rate=0.000001)
    key = session_key(signal.agent_id, "chat")
    replies = reader.get(f"/p/{project.slug}/sessions/{key.hex}/").context["replies"]
    assert [(reply.title, reply.summary) for reply in replies] == [("Sessions", "sampled out")]


def test_many_signals_take_as_many_queries_as_few(reader: Client, project: Project) -> None:
    url = f"/p/{project.slug}/traces/{A.hex}/"
    label(signal_of(project, name="0"), "true", target=A)
    reader.get(url)
    with CaptureQueriesContext(connection) as few:
        reader.get(url)
    for number in range(1, 6):
        label(signal_of(project, name=str(number)), "true", target=A)
    with CaptureQueriesContext(connection) as many:
        reader.get(url)
    assert len(many) == len(few)


def test_the_answer_alone_goes_to_htmx(reader: Client, project: Project) -> None:
    url = why_url(signal_of(project))
    part = html_of(reader.get(url, headers={"HX-Request": "true", "HX-Target": "why"}))
    assert "passed over" in part
    assert "<html" not in part


def test_the_work_of_our_own_judge_is_named(reader: Client, project: Project) -> None:
    signal = signal_of(project)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE span SET flags = flags | 4")
    assert "No label: our own judge" in page_of(reader, why_url(signal))


def test_a_new_version_looks_forward_only(reader: Client, project: Project) -> None:
    signal = signal_of(project)
    version = signal.live_version
    assert version is not None
    versions.add(
        signal,
        type=version.type,
        prompt="Another question?",
        labels=version.labels,
        sample_rate=version.sample_rate,
    )
    assert "before version 2 was made" in page_of(reader, why_url(signal))


@pytest.mark.django_db(transaction=True)
def test_a_retried_target_gets_its_label(
    client: Client,
    start_judge: StartJudge,
    run_line: Callable[..., list[Classification]],
) -> None:
    judge = start_judge([verdict("nonsense")])
    project = conversations.project()
    signal = conversations.signal(project)
    [trace_id] = conversations.send_traces(project, 1, now=timezone.now())
    run_line()
    judge.script = [verdict("true")]
    client.force_login(member(project))
    client.post(retry_url(signal), {"target": f"trace:{trace_id.hex()}"})
    assert [(each.outcome, each.label) for each in run_line()] == [("labelled", "true")]
    assert_counts_agree()
    assert "No label" not in page_of(client, why_url(signal, f"trace:{trace_id.hex()}"))
