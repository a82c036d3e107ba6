"""The pages of runs: what is said before one starts, how it goes on, what one may do."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django.utils.html import escape

from signals_app.definition import states, versions
from signals_app.models import Classification, JudgeJob, Run, Signal
from signals_app.runs import runs
from teams.models import Project
from tests.signals_app.labelled import label, new_signal
from tests.traces.arrivals import arrive, member, new_project, trace_id_of, turn
from traces.models import Agent

pytestmark = [pytest.mark.django_db, pytest.mark.slow]
HTMX = {"HTTP_HX_REQUEST": "true"}


@pytest.fixture
def project() -> Project:
    project = new_project()
    for number in range(10):
        arrive(project, *turn(f"t{number}"))
    return project


@pytest.fixture
def signal(project: Project) -> Signal:
    return new_signal(Agent.objects.get(project=project), scope="trace", sample_rate=1)


def url_of(signal: Signal, path: str = "runs/") -> str:
    return f"/p/{signal.project.slug}/signals/{signal.uuid}/{path}"


def started(signal: Signal, hours: int = 24) -> Run:
    now = timezone.now()
    run = runs.start(signal, now - timedelta(hours=hours), now, None, None, now)
    runs.feed(now)
    run.refresh_from_db()
    return run


def with_tokens(signal: Signal, **more: Any) -> None:
    label(signal, "true", 4, input_tokens=1000, output_tokens=50, **more)


def words(response: Any) -> str:
    return " ".join(response.content.decode().split())


def test_the_page_says_what_a_run_would_find_as_a_plain_get(writer: Client, signal: Signal) -> None:
    label(signal, "true", target=trace_id_of("t0"))
    label(signal, None, target=trace_id_of("t1"), reason="It broke.")
    since = timezone.localtime() - timedelta(days=2)
    query = f"?since={since:%Y-%m-%dT%H:%M}&until=&percent=100"
    response = writer.get(url_of(signal, f"runs/new/{query}"))
    preview = response.context["preview"]
    assert (preview.matched, preview.sampled, preview.labelled) == (10, 10, 1)
    assert (preview.unlabelled, preview.to_judge) == (1, 8)
    assert "Judge 8 traces" in words(response)


def test_htmx_gets_the_preview_alone_and_the_errors_of_the_fields(
    writer: Client, signal: Signal
) -> None:
    url = url_of(signal, "runs/new/?since=nonsense&until=&percent=300")
    response = writer.get(url, headers={"HX-Request": "true", "HX-Target": "run-preview"})
    page = words(response)
    assert response.status_code == 200
    assert "<html" not in page
    assert "Enter a valid date/time." in page
    assert "100 % is all there is." in page
    assert 'id="id_since_errors" hx-swap-oob="true"' in page
    assert 'id="run-preview"' in page


def test_without_a_price_the_cost_is_a_dash_with_its_reason(
    writer: Client, signal: Signal, settings: Any
) -> None:
    settings.JUDGE_API_KEY = "key"
    with_tokens(signal)
    page = writer.get(url_of(signal, "runs/new/"))
    assert page.context["estimate"].tokens == 10 * 1050
    assert "unknown: JUDGE_PRICE_INPUT_USD" in words(page)


def test_with_a_price_the_cost_is_by_the_mean_of_what_was_judged(
    writer: Client, signal: Signal, settings: Any
) -> None:
    settings.JUDGE_API_KEY = "key"
    settings.JUDGE_PRICE_INPUT_USD, settings.JUDGE_PRICE_OUTPUT_USD = 2.0, 10.0
    with_tokens(signal)
    estimate = writer.get(url_of(signal, "runs/new/")).context["estimate"]
    assert estimate.cost_usd == pytest.approx(10 * (1000 * 2 + 50 * 10) / 1e6)
    assert estimate.measured == 4


def test_a_new_signal_is_estimated_by_others_that_read_the_same_targets(
    writer: Client, signal: Signal, settings: Any
) -> None:
    settings.JUDGE_API_KEY = "key"
    before = writer.get(url_of(signal, "runs/new/"))
    assert before.context["estimate"].measured == 0
    assert "A guess, by the text of the newest 5 traces" in words(before)
    with_tokens(new_signal(signal.agent, "jailbreak_attempt", name="Other", scope="trace"))
    assert writer.get(url_of(signal, "runs/new/")).context["estimate"].tokens == 10 * 1050


def test_the_offline_judge_takes_no_tokens_and_the_page_says_so(
    writer: Client, signal: Signal
) -> None:
    assert "the built-in judge uses no tokens" in words(writer.get(url_of(signal, "runs/new/")))


def test_starting_leads_to_the_page_of_the_run(writer: Client, signal: Signal) -> None:
    since = timezone.localtime() - timedelta(days=2)
    given = {"since": since.strftime("%Y-%m-%dT%H:%M"), "until": "", "percent": "40"}
    response = writer.post(url_of(signal, "runs/start/"), given)
    run = Run.objects.get()
    assert response["Location"] == url_of(signal, f"runs/{run.uuid}/")
    assert (run.sample_rate, run.version_id) == (0.4, signal.live_version_id)
    assert run.created_by == signal.project.team.members.get()
    assert "Finding targets" in words(writer.get(response["Location"]))


def test_starting_keeps_the_chosen_range(writer: Client, signal: Signal) -> None:
    html = writer.get(url_of(signal, "runs/new/?range=24h")).content.decode()
    start = url_of(signal, "runs/start/?range=24h")
    assert f'action="{start}"' in html
    assert '<input type="hidden" name="range" value="24h">' in html  # the preview keeps it
    since = timezone.localtime() - timedelta(days=2)
    given = {"since": since.strftime("%Y-%m-%dT%H:%M"), "until": "", "percent": "40"}
    response = writer.post(start, given)
    run = Run.objects.get()
    assert response["Location"] == url_of(signal, f"runs/{run.uuid}/?range=24h")
    for verb, back in {"cancel": f"runs/{run.uuid}/", "retry": f"runs/{run.uuid}/"}.items():
        done = writer.post(url_of(signal, f"runs/{run.uuid}/{verb}/?range=24h"))
        assert done["Location"] == url_of(signal, f"{back}?range=24h")


def test_a_chosen_range_of_ones_own_is_what_the_run_would_judge(
    writer: Client, signal: Signal
) -> None:
    since = timezone.localtime() - timedelta(days=2)
    query = f"?range=custom&since={since:%Y-%m-%dT%H:%M}"
    form = writer.get(url_of(signal, f"runs/new/{query}")).context["form"]
    assert form.errors == {}
    assert form.rate == 1


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"since": ""}, "Say when the run begins."),
        ({"since": "2999-01-01T00:00"}, "a run is over past traffic"),
        ({"until": "2020-01-01T00:00"}, "The end must come after the beginning."),
        ({"since": "2001-01-01T00:00"}, "A run is over at most 400 days."),
        ({"percent": "0"}, "Sample at least 0.0001 %."),
        ({"percent": "nan"}, "Enter a number."),
        ({"percent": ""}, "Say which share of the targets is judged."),
    ],
)
def test_bad_input_starts_nothing_and_is_said_at_its_field(
    writer: Client, signal: Signal, change: dict[str, str], said: str
) -> None:
    good = {"since": timezone.localtime().strftime("%Y-%m-01T00:00"), "until": "", "percent": "5"}
    response = writer.post(url_of(signal, "runs/start/"), good | change)
    assert response.status_code == 422
    assert said in words(response)
    assert not Run.objects.exists()


def test_a_signal_that_its_judge_has_stopped_is_not_run(writer: Client, signal: Signal) -> None:
    states.block(signal.pk, "The key is refused.", timezone.now())
    since = timezone.localtime() - timedelta(days=1)
    given = {"since": since.strftime("%Y-%m-%dT%H:%M"), "until": "", "percent": "5"}
    response = writer.post(url_of(signal, "runs/start/"), given)
    assert response.status_code == 422
    assert "The judge has stopped this signal." in words(response)


def test_the_page_of_a_run_says_how_far_it_is_and_how_long_it_takes(
    writer: Client, signal: Signal
) -> None:
    run = started(signal)
    Run.objects.update(created_at=timezone.now() - timedelta(minutes=3))
    judged = list(JudgeJob.objects.order_by("id")[:5])
    JudgeJob.objects.filter(id__in=[job.id for job in judged]).delete()
    at = timezone.now() - timedelta(seconds=60)
    for job in judged:
        name = "true" if job is not judged[0] else None
        label(signal, name, target=job.target, run_id=run.pk, source="run", created_at=at,
              reason="" if name else "It broke.")  # fmt: skip
    response = writer.get(url_of(signal, f"runs/{run.uuid}/"))
    progress = response.context["progress"]
    assert (progress.judged, progress.total, progress.labelled) == (5, 10, 4)
    assert progress.per_minute == pytest.approx(5, rel=0.1)
    assert progress.left_s == pytest.approx(60, rel=0.1)
    page = words(response)
    assert "5 of 10 judged (50.0 %)" in page
    assert "It broke." in page
    assert "Retry 1 failed" in page
    assert 'data-refresh-s="2"' in page


def test_the_page_of_a_run_that_is_done_asks_no_more(writer: Client, signal: Signal) -> None:
    run = started(signal)
    url = url_of(signal, f"runs/{run.uuid}/")
    under_way = writer.get(url).context["stamp"]
    assert writer.get(url, headers={"X-Shown": under_way}).status_code == 204
    JudgeJob.objects.all().delete()
    runs.feed(timezone.now())
    page = words(writer.get(url, headers={"X-Shown": under_way}))
    assert "Done" in page
    assert "data-refresh" not in page


def test_figures_of_a_run_lead_to_the_rows_behind_them(writer: Client, signal: Signal) -> None:
    run = started(signal)
    label(signal, "true", 2, run_id=run.pk, source="run", at=run.end - timedelta(minutes=1))
    label(signal, None, run_id=run.pk, source="run", reason="It broke.", at=run.end)
    page = writer.get(url_of(signal, f"runs/{run.uuid}/"))
    labels = page.context["labels_url"]
    for more, rows in (("&label=true", 2), ("&outcome=failed", 1)):
        assert f'href="{escape(labels + more)}#labels"' in page.content.decode()
        assert len(writer.get(labels + more).context["rows"]) == rows


def test_cancelling_drops_what_waits_and_says_how_much(writer: Client, signal: Signal) -> None:
    run = started(signal)
    response = writer.post(url_of(signal, f"runs/{run.uuid}/cancel/"), follow=True)
    assert "10 waiting targets were dropped" in words(response)
    assert not JudgeJob.objects.exists()
    again = writer.post(url_of(signal, f"runs/{run.uuid}/cancel/"), follow=True)
    assert "This run is cancelled already." in words(again)


def test_failures_are_retried_from_the_run_and_from_the_signal(
    writer: Client, signal: Signal
) -> None:
    run = started(signal)
    JudgeJob.objects.all().delete()
    label(signal, None, 2, run_id=run.pk, source="run", reason="It broke.")
    said = words(writer.post(url_of(signal, f"runs/{run.uuid}/retry/"), follow=True))
    assert "2 targets are judged again." in said
    assert JudgeJob.objects.filter(run_id=run.pk).count() == 2
    label(signal, None, reason="It broke.")
    assert "Retry failed and refused" in words(writer.get(url_of(signal, "")))
    said = words(writer.post(url_of(signal, "retry/"), follow=True))
    assert "1 target is judged again." in said
    assert not Classification.objects.exists()
    said = words(writer.post(url_of(signal, "retry/"), follow=True))
    assert "nothing is retried" in said


def test_the_signals_page_lists_its_newest_runs(writer: Client, signal: Signal) -> None:
    for hours in range(1, 6):
        started(signal, hours)
    page = writer.get(url_of(signal, ""))
    assert len(page.context["runs"]) == 3
    everything = writer.get(url_of(signal))
    assert len(everything.context["runs"]) == 5
    shown = {"X-Shown": everything.context["stamp"]}
    assert writer.get(url_of(signal), headers=shown).status_code == 204


def test_many_runs_cost_no_more_queries_than_one(writer: Client, signal: Signal) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert writer.get(url_of(signal)).status_code == 200
        return len(captured)

    started(signal, 1)
    queries()  # the first page that is opened is remembered
    before = queries()
    for hours in range(2, 8):
        run = started(signal, hours)
        label(signal, "true", run_id=run.pk, source="run")
    assert queries() == before


def test_a_run_of_an_older_version_keeps_its_labels_and_colours(
    writer: Client, signal: Signal
) -> None:
    run = started(signal)
    label(signal, "true", 3, run_id=run.pk, source="run")
    labels = [
        {"name": "good", "sentiment": "positive", "meaning": ""},
        {"name": "bad", "sentiment": "negative", "meaning": ""},
    ]
    versions.add(signal, type="string", prompt="p", labels=labels, sample_rate=1)
    segments = writer.get(url_of(signal, f"runs/{run.uuid}/")).context["row"].segments
    assert [(segment.name, segment.n) for segment in segments] == [("true", 3), ("false", 0)]


def test_a_run_of_another_signal_is_not_found(writer: Client, signal: Signal) -> None:
    run = started(signal)
    other = new_signal(signal.agent, "jailbreak_attempt", name="Other")
    for method, path in (("get", ""), ("post", "cancel/"), ("post", "retry/")):
        assert getattr(writer, method)(url_of(other, f"runs/{run.uuid}/{path}")).status_code == 404
    assert writer.get(url_of(signal, f"runs/{uuid4()}/")).status_code == 404
    run.refresh_from_db()
    assert run.state == Run.State.RUNNING


def test_a_reader_looks_at_runs_but_starts_cancels_and_retries_none(
    client: Client, project: Project, signal: Signal
) -> None:
    run = started(signal)
    client.force_login(member(project, "viewer"))
    assert client.get(url_of(signal)).status_code == 200
    page = client.get(url_of(signal, f"runs/{run.uuid}/"))
    assert "Cancel run" not in words(page)
    assert client.get(url_of(signal, "runs/new/")).status_code == 403
    for path in ("runs/start/", f"runs/{run.uuid}/cancel/", f"runs/{run.uuid}/retry/", "retry/"):
        assert client.post(url_of(signal, path)).status_code == 403
        assert client.get(url_of(signal, path)).status_code == 405
