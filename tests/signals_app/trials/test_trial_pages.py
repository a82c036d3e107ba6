"""The test dialog and its pages: who may, what is said, and that nothing becomes a label."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from signals_app.models import Classification, JudgeJob, LabelCount, Outcome, Signal, Trial
from signals_app.trials import trials
from teams.models import Project
from tests.html import html_of
from tests.signals_app.signals.test_creating_a_signal import filled, with_labels
from tests.traces.arrivals import arrive, member, new_project, trace_id_of, turn
from traces.models import Agent

pytestmark = [pytest.mark.django_db, pytest.mark.slow]
TARGETS = {"try-count": "20", "try-range": "7d"}
PART = {"HX-Request": "true", "HX-Target": "trial"}


@pytest.fixture
def project() -> Project:
    project = new_project()
    arrive(project, *(span for n in range(4) for span in turn(f"t{n}", said=f"Question {n}")))
    return project


@pytest.fixture
def agent(project: Project) -> Agent:
    return Agent.objects.get(project=project)


@pytest.fixture
def trial(signal: Signal) -> Trial:
    return tried(signal)


def tried(signal: Signal) -> Trial:
    assert signal.live_version is not None
    asked, now = trials.of_version(signal, signal.live_version), timezone.now()
    return trials.start(asked, now - timedelta(days=1), now, 20, None, now)


def judged(trial: Trial, *labels: str | None) -> Trial:
    """As if the judge had said these, the newest target first; None is a failure."""
    for position, label in enumerate(labels):
        said = {"outcome": Outcome.LABELLED if label else Outcome.FAILED, "label": label}
        said |= {"explanation": f"Because {position}."} if label else {"reason": "Too long."}
        trial.results.filter(position=position).update(**said)
    Trial.objects.filter(pk=trial.pk).update(state=Trial.State.DONE)
    trial.refresh_from_db()
    return trial


def of_signal(signal: Signal, verb: str) -> str:
    return f"/p/{signal.project.slug}/signals/{signal.uuid}/{verb}/"


def of_trial(trial: Trial, verb: str = "") -> str:
    return f"/p/{trial.project.slug}/trials/{trial.uuid}/{verb}{'/' if verb else ''}"


def of_form(project: Project) -> str:
    return f"/p/{project.slug}/signals/try/"


def nothing_counts() -> bool:
    return not (Classification.objects.exists() or LabelCount.objects.exists())


# The dialog of a signal


def test_the_dialog_shows_the_live_question_and_asks_for_twenty(
    writer: Client, signal: Signal
) -> None:
    page = html_of(writer.get(of_signal(signal, "test")))
    assert signal.live_version is not None
    assert signal.live_version.prompt.splitlines()[0] in page
    assert 'name="try-count" value="20"' in page
    assert page.lstrip().startswith("<!doctype html>")
    part = html_of(writer.get(of_signal(signal, "test"), headers=PART))
    assert part.lstrip().startswith('<section id="trial"')


def test_the_version_on_screen_is_tried(writer: Client, signal: Signal) -> None:
    version = signal.live_version
    assert version is not None
    sent = {"prompt": version.prompt.replace("\n", "\r\n"), "version": "1", **TARGETS}
    response = writer.post(of_signal(signal, "try"), sent)
    trial = Trial.objects.get()
    assert response["Location"] == of_trial(trial)
    assert (trial.signal, trial.version, trial.prompt) == (signal, version, version.prompt)
    assert trial.results.count() == 4
    assert JudgeJob.objects.filter(version_id=-trial.pk, signal_id=0).count() == 4
    assert nothing_counts()


def test_a_changed_question_is_tried_and_not_saved(writer: Client, signal: Signal) -> None:
    writer.post(of_signal(signal, "try"), {"prompt": "Anything else?", "version": "1", **TARGETS})
    trial = Trial.objects.get()
    assert (trial.prompt, trial.version) == ("Anything else?", None)
    assert signal.versions.count() == 1


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        ({"try-count": "0"}, "Choose 1 to 100 targets."),
        ({"try-count": "101"}, "Choose 1 to 100 targets."),
        ({"try-count": "many"}, "Choose 1 to 100 targets."),
        ({"try-range": "custom"}, "Say when the range begins."),
        ({"try-range": "ever"}, "Select a valid choice"),
        ({"prompt": " "}, "Say what the judge should decide."),
        (
            {
                "try-range": "custom",
                "try-since": "2020-01-01T00:00",
                "try-until": "2020-01-02T00:00",
            },
            "has no finished traces in this range",
        ),
    ],
)
def test_bad_input_is_said_and_nothing_typed_is_lost(
    writer: Client, signal: Signal, sent: dict[str, str], said: str
) -> None:
    response = writer.post(of_signal(signal, "try"), {"prompt": "My own?", **TARGETS, **sent})
    assert response.status_code == 422
    assert said in html_of(response)
    if "prompt" not in sent:
        assert "My own?" in html_of(response)
    assert not Trial.objects.exists()


# The form that makes a signal


def test_the_unsaved_form_is_tried(writer: Client, project: Project, agent: Agent) -> None:
    sent = filled(agent, name="", percent="") | with_labels(
        ("good", "positive"), ("bad", "negative")
    )
    response = writer.post(of_form(project), sent | TARGETS, headers=PART)
    assert response.status_code == 200
    trial = Trial.objects.get()
    assert (trial.signal, trial.version, trial.prompt) == (None, None, sent["prompt"])
    assert (trial.type, trial.label_names) == ("string", ["good", "bad"])
    part = html_of(response)
    assert part.lstrip().startswith('<section id="trial"')
    assert f'hx-get="{of_trial(trial)}?inline=1"' in part
    assert not Signal.objects.exists()
    assert nothing_counts()


def test_the_model_of_the_unsaved_form_is_asked(
    writer: Client, project: Project, agent: Agent
) -> None:
    writer.post(of_form(project), filled(agent, judge_model="model-2") | TARGETS)
    assert Trial.objects.get().judge_model == "model-2"


def test_without_scripts_the_unsaved_form_leads_to_a_page(
    writer: Client, project: Project, agent: Agent
) -> None:
    response = writer.post(of_form(project), filled(agent) | TARGETS)
    assert response["Location"] == of_trial(Trial.objects.get())


def test_the_form_says_what_cannot_be_tried(writer: Client, project: Project, agent: Agent) -> None:
    sent = filled(agent, prompt="") | {"try-count": "200", "try-range": "7d"}
    response = writer.post(of_form(project), sent, headers=PART)
    assert response.status_code == 422
    part = html_of(response)
    assert '<a href="#id_prompt"' in part
    assert "Choose 1 to 100 targets." in part
    assert not Trial.objects.exists()


def test_the_form_is_tried_again_on_the_same_targets(
    writer: Client, project: Project, agent: Agent
) -> None:
    writer.post(of_form(project), filled(agent) | TARGETS)
    first = judged(Trial.objects.get(), "true", "true", "true", "false")
    arrive(project, *turn("newer", at=timezone.now() - timedelta(minutes=30)))
    sent = filled(agent, prompt="Otherwise?") | TARGETS | {"on": str(first.uuid)}
    writer.post(of_form(project), sent, headers=PART)
    second = Trial.objects.exclude(pk=first.pk).get()
    assert second.before == first
    same = [row.target for row in first.results.all()]
    assert [row.target for row in second.results.all()] == same
    assert trace_id_of("newer") not in same


def test_the_create_form_offers_a_try(writer: Client, project: Project, agent: Agent) -> None:
    page = html_of(writer.get(f"/p/{project.slug}/signals/new/"))
    assert f'formaction="{of_form(project)}"' in page
    assert 'form="create"' in page


# A trial's page


def test_a_running_trial_shows_progress_and_looks_again_by_itself(
    writer: Client, trial: Trial
) -> None:
    trial.results.filter(position=0).update(outcome=Outcome.LABELLED, label="true")
    part = html_of(writer.get(of_trial(trial), headers=PART))
    assert "1 of 4 judged" in part
    assert 'hx-trigger="every 1s"' in part
    assert "Cancel test" in part
    assert "<select" not in part


def test_a_finished_trial_shows_each_target_and_the_distribution(
    writer: Client, project: Project, trial: Trial
) -> None:
    judged(trial, "true", "false", "true", None)
    response = writer.get(of_trial(trial))
    page = html_of(response)
    assert "hx-trigger" not in page.partition('id="trial"')[2].partition(">")[0]
    assert [(s.name, s.n) for s in response.context["figures"].segments] == [
        ("true", 2),
        ("false", 1),
    ]
    assert f'href="/p/{project.slug}/traces/{trace_id_of("t0").hex}/"' in page
    for words in ("Question 3", "Because 1.", "Too long.", "1 failed", "4 of 4 judged"):
        assert words in page


def test_marks_make_an_agreement(writer: Client, trial: Trial) -> None:
    judged(trial, "true", "false", "true", None)
    assert "3 of 3" in html_of(writer.get(of_trial(trial)))
    writer.post(of_trial(trial, "mark"), {"position": "1", "wanted": "true"})
    page = html_of(writer.get(of_trial(trial)))
    assert "2 of 3" in page
    assert "1 marked as wrong" in page
    assert "you say true" in page
    writer.post(of_trial(trial, "mark"), {"position": "1", "wanted": ""})
    assert "3 of 3" in html_of(writer.get(of_trial(trial)))
    assert nothing_counts()


@pytest.mark.parametrize(
    "sent", [{}, {"position": "x"}, {"position": "0", "wanted": "perhaps"}, {"position": "90"}]
)
def test_a_mark_that_makes_no_sense_is_refused(
    writer: Client, trial: Trial, sent: dict[str, str]
) -> None:
    response = writer.post(of_trial(trial, "mark"), sent)
    assert response.status_code == 422
    assert "Nothing was marked." in html_of(response)


def test_a_changed_question_shows_its_flips(writer: Client, trial: Trial) -> None:
    judged(trial, "true", "false", "true", None)
    writer.post(of_trial(trial, "mark"), {"position": "0", "wanted": "false"})
    response = writer.post(of_trial(trial, "again"), {"prompt": "Is it really so?"})
    after = Trial.objects.exclude(pk=trial.pk).get()
    assert response["Location"] == of_trial(after)
    assert (after.before, after.prompt, after.version) == (trial, "Is it really so?", None)
    judged(after, "false", "true", "true", "true")
    shown = writer.get(of_trial(after))
    figures = shown.context["figures"]
    assert (figures.flips, figures.both) == (2, 3)
    assert (figures.agreed, figures.labelled, figures.agreed_before) == (4, 4, 2)
    page = html_of(shown)
    assert page.count('class="is-flip"') == 2
    assert "Before: Because 0." in page
    assert nothing_counts()


def test_an_empty_question_is_not_tried_again(writer: Client, trial: Trial) -> None:
    response = writer.post(of_trial(trial, "again"), {"prompt": ""})
    assert response.status_code == 422
    assert "Say what the judge should decide." not in html_of(response)  # it still runs
    judged(trial, "true")
    response = writer.post(of_trial(trial, "again"), {"prompt": ""})
    assert "Say what the judge should decide." in html_of(response)


def test_a_trial_is_cancelled(writer: Client, trial: Trial) -> None:
    response = writer.post(of_trial(trial, "cancel"), headers=PART)
    assert "0 of 4 judged, then cancelled" in html_of(response)
    trial.refresh_from_db()
    assert trial.state == Trial.State.CANCELLED
    assert not JudgeJob.objects.exists()


def test_a_trial_that_its_judge_stopped_says_why(writer: Client, trial: Trial) -> None:
    words = "401: the key is refused."
    Trial.objects.update(state=Trial.State.STOPPED, stopped_reason=words)
    assert words in html_of(writer.get(of_trial(trial)))


def test_words_of_the_traffic_are_escaped(writer: Client, trial: Trial) -> None:
    trial.results.update(outcome="labelled", label="true", explanation="<script>alert(1)</script>")
    assert "<script>alert" not in html_of(writer.get(of_trial(trial)))


# Who may


def posts(trial: Trial) -> list[str]:
    assert trial.signal is not None
    return [
        of_signal(trial.signal, "try"),
        of_form(trial.project),
        *(of_trial(trial, verb) for verb in ("cancel", "mark", "again")),
    ]


def test_a_reader_may_look_at_a_trial_and_do_nothing(client: Client, trial: Trial) -> None:
    client.force_login(member(trial.project, "viewer"))
    page = client.get(of_trial(trial))
    assert page.status_code == 200
    assert "Cancel test" not in html_of(page)
    assert trial.signal is not None
    assert client.get(of_signal(trial.signal, "test")).status_code == 403
    assert [client.post(url).status_code for url in posts(trial)] == [403] * 5
    trial.refresh_from_db()
    assert trial.is_running


def test_a_stranger_finds_nothing(client: Client, trial: Trial) -> None:
    client.force_login(member(new_project("Theirs")))
    assert trial.signal is not None
    assert client.get(of_trial(trial)).status_code == 404
    assert client.get(of_signal(trial.signal, "test")).status_code == 404
    assert [client.post(url).status_code for url in posts(trial)] == [404] * 5


def test_a_trial_of_another_project_is_not_there(client: Client, trial: Trial) -> None:
    theirs = new_project("Theirs")
    client.force_login(member(theirs))
    assert client.get(f"/p/{theirs.slug}/trials/{trial.uuid}/").status_code == 404


def test_verbs_are_posted_and_pages_are_read(writer: Client, trial: Trial) -> None:
    assert trial.signal is not None
    assert [writer.get(url).status_code for url in posts(trial)] == [405] * 5
    assert writer.post(of_trial(trial)).status_code == 405
    assert writer.post(of_signal(trial.signal, "test")).status_code == 405


def test_more_targets_cost_no_more_queries(
    writer: Client, project: Project, signal: Signal
) -> None:
    def queries(most: int) -> int:
        assert signal.live_version is not None
        asked, now = trials.of_version(signal, signal.live_version), timezone.now()
        first = trials.start(asked, now - timedelta(days=1), now, most, None, now)
        after = trials.again(judged(first, "true"), asked, None, now)
        with CaptureQueriesContext(connection) as captured:
            writer.get(of_trial(after), headers=PART)
        return len(captured)

    queries(1)  # the first page that is opened is remembered
    assert queries(1) == queries(4) <= 14


@pytest.mark.parametrize("number", ["9" * 5_000, "99999999999", "-1", "\u0663", "x", ""])
def test_a_version_that_cannot_be_is_the_live_one(
    writer: Client, signal: Signal, number: str
) -> None:
    path = f"/p/{signal.project.slug}/signals/{signal.uuid}/test/"
    page = writer.get(path, {"version": number})
    assert page.status_code == 200
    assert page.context["version"].number == 1
