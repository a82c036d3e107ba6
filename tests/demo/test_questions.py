"""The demo's four signals: asked once, over the whole history, and then live."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.utils import timezone
from pytest_django.fixtures import Settings

from alerts.models import Alert, Destination
from demo import load, people, questions
from demo.recording import conversations
from signals_app.definition import states, versions
from signals_app.models import JudgeJob, Run, Signal, Source
from signals_app.runs import runs
from teams.models import ApiKey, Project, User
from traces.models import Session, Trace

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def few(settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A twentieth of the recording is enough to see what is asked about it."""
    settings.DATA_DIR = tmp_path
    monkeypatch.setattr(load, "conversations", lambda: conversations()[:10])


def rates() -> set[float]:
    versions_live = [signal.live_version for signal in Signal.objects.all()]
    return {version.sample_rate for version in versions_live if version}


def test_four_signals_from_the_templates_are_active() -> None:
    load.ensure()
    found = Signal.objects.values_list("template", "scope", "state")
    assert sorted(found) == [
        ("laziness_refusal", "trace", "active"),
        ("sentiment", "trace", "active"),
        ("task_outcome", "session", "active"),
        ("user_frustration", "session", "active"),
    ]
    assert rates() == {1.0}


def test_two_alerts_watch_them_and_send_nothing() -> None:
    load.ensure()
    load.ensure()
    found = Alert.objects.order_by("name").values_list("name", "signal__name", "state")
    assert list(found) == [
        ("Many users sound negative", "Sentiment", "on"),
        ("More tasks fail", "Task outcome", "on"),
    ]
    assert not Destination.objects.exists()


def test_a_run_labels_the_whole_history_and_nothing_of_it_counts_as_live() -> None:
    load.ensure()
    assert not JudgeJob.objects.exists()
    while runs.feed(timezone.now()):
        pass
    assert set(JudgeJob.objects.values_list("source", flat=True)) == {Source.RUN}
    turns = sum(len(conversation.turns) for conversation in conversations()[:10])
    assert JudgeJob.objects.filter(scope="trace").count() == 2 * turns
    assert JudgeJob.objects.filter(scope="session").count() == 2 * 10


def test_the_history_is_settled_before_anything_is_asked() -> None:
    load.ensure()
    assert not Trace.objects.filter(settled_at=None).exists()
    assert not Session.objects.filter(settled_at=None).exists()


def test_loading_twice_makes_nothing_twice() -> None:
    load.ensure()
    load.ensure()
    made = (Signal, Run, Project, User, ApiKey)
    assert [model.objects.count() for model in made] == [4, 4, 1, 1, 1]


def test_a_load_that_was_cut_off_is_completed(monkeypatch: pytest.MonkeyPatch) -> None:
    def cut_off(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(questions, "ask_all", cut_off)
        with pytest.raises(KeyboardInterrupt):
            load.ensure()
    before = Trace.objects.count()
    load.ensure()
    assert Trace.objects.count() == before
    assert Signal.objects.count() == Run.objects.count() == 4


def test_what_people_changed_stays() -> None:
    load.ensure()
    signal = Signal.objects.get(template="sentiment")
    states.archive(signal, None, timezone.now())
    states.pause(Signal.objects.get(template="task_outcome"), None, timezone.now())
    load.ensure()
    assert Signal.objects.count() == 4
    assert Signal.objects.get(template="task_outcome").state == Signal.State.PAUSED
    assert Signal.objects.get(template="sentiment").state == Signal.State.ARCHIVED


def test_a_real_judge_reads_a_tenth(settings: Settings) -> None:
    settings.JUDGE_BASE_URL = "http://127.0.0.1:9/v1"
    load.ensure()
    assert rates() == {0.1}
    assert set(Run.objects.values_list("sample_rate", flat=True)) == {0.1}


def test_a_judge_that_came_later_reads_a_tenth_of_what_nobody_changed(settings: Settings) -> None:
    load.ensure()
    edited = Signal.objects.get(template="sentiment")
    version = edited.live_version
    assert version is not None
    versions.add(edited, type=version.type, prompt="Other?", labels=version.labels, sample_rate=1.0)
    settings.JUDGE_API_KEY = "sk-x"
    load.ensure()
    load.ensure()
    left = {s.template: s.live_version.sample_rate for s in Signal.objects.all() if s.live_version}
    assert left == {
        "sentiment": 1.0,
        "task_outcome": 0.1,
        "user_frustration": 0.1,
        "laziness_refusal": 0.1,
    }
    assert {s.versions.count() for s in Signal.objects.all()} == {2}


def test_a_stranger_is_not_a_member_of_the_demo() -> None:
    load.ensure()
    stranger = User.objects.create_user("stranger@example.com")
    assert not Project.objects.of(stranger).exists()
    assert Project.objects.of(people.ensure_user()).get().is_demo
