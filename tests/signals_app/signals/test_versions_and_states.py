"""What makes a signal that can be judged, and what its states allow."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from signals_app.definition import states, versions
from signals_app.definition.starters import TEMPLATES, Template
from signals_app.models import Signal
from teams.models import Project
from tests.signals_app import conversations

pytestmark = pytest.mark.django_db

GOOD = {"name": "good", "sentiment": "positive", "meaning": ""}
BAD = {"name": "bad", "sentiment": "negative", "meaning": ""}


def make(project: Project, **changes: Any) -> Signal:
    values: dict[str, Any] = {
        "project": project,
        "agent": conversations.agent(project),
        "name": "Mood",
        "scope": "trace",
        "type": "string",
        "prompt": "How is the mood?",
        "labels": [GOOD, BAD],
        "sample_rate": 0.5,
    }
    return versions.create(**(values | changes))


@pytest.mark.parametrize("template", TEMPLATES, ids=[template.key for template in TEMPLATES])
def test_every_template_makes_a_valid_signal(template: Template) -> None:
    signal = conversations.signal(conversations.project(), template.key, scope=template.scope)
    version = signal.live_version
    assert version is not None
    assert (version.number, signal.state) == (1, Signal.State.ACTIVE)
    assert len(template.prompt) > 800
    assert "nsure" in template.prompt or "If two labels fit" in template.prompt


WRONG = [
    ("labels", {"labels": [GOOD]}, "between 2 and 10"),
    ("labels", {"labels": [GOOD | {"name": str(n)} for n in range(11)]}, "between 2 and 10"),
    ("labels", {"labels": [GOOD, BAD | {"name": "Good "}]}, "same name"),
    ("labels", {"labels": [BAD, BAD | {"name": "worse"}]}, "positive"),
    ("labels", {"labels": [GOOD, BAD | {"name": " "}]}, "needs a name"),
    ("labels", {"labels": [GOOD, BAD | {"name": "a\nb"}]}, "one line"),
    ("labels", {"labels": [GOOD, BAD | {"sentiment": "sad"}]}, "positive, neutral or negative"),
    ("labels", {"type": "binary"}, "exactly the labels"),
    ("prompt", {"prompt": "  "}, "Say what"),
    ("prompt", {"prompt": "x" * 20_001}, "At most"),
    ("sample_rate", {"sample_rate": 0}, "above 0"),
    ("sample_rate", {"sample_rate": 1.01}, "above 0"),
    ("sample_rate", {"sample_rate": float("nan")}, "above 0"),
    ("type", {"type": "number"}, "binary or string"),
    ("scope", {"scope": "day"}, "span, trace or session"),
    ("name", {"name": ""}, "Give the signal a name"),
    ("name", {"name": "x" * 101}, "At most 100"),
]


@pytest.mark.parametrize(("field", "changes", "words"), WRONG)
def test_what_cannot_be_judged_is_refused_at_its_field(
    field: str, changes: dict[str, Any], words: str
) -> None:
    with pytest.raises(ValidationError) as refused:
        make(conversations.project(), **changes)
    assert words in " ".join(refused.value.message_dict[field])
    assert not Signal.objects.exists()


def test_an_agents_signals_differ_in_name_until_one_is_archived() -> None:
    project = conversations.project()
    first = make(project)
    with pytest.raises(ValidationError, match="already"):
        make(project)
    states.archive(first, None, timezone.now())
    assert make(project).name == "Mood"


def test_an_agent_of_another_project_is_refused() -> None:
    other = conversations.agent(conversations.project("Other"))
    with pytest.raises(ValidationError) as refused:
        make(conversations.project(), agent=other)
    assert "agent" in refused.value.message_dict


def test_a_binary_signals_sentiment_turns_round_for_false() -> None:
    labels = versions.binary_labels("negative", "yes", "no")
    assert [(label["name"], label["sentiment"]) for label in labels] == [
        ("true", "negative"),
        ("false", "positive"),
    ]
    assert {label["sentiment"] for label in versions.binary_labels("neutral")} == {"neutral"}


def test_a_new_version_is_live_at_once_and_the_old_one_stays() -> None:
    signal = make(conversations.project())
    versions.add(signal, type="string", prompt="New?", labels=[GOOD, BAD], sample_rate=1.0)
    assert signal.live_version is not None
    assert (signal.live_version.number, signal.live_version.prompt) == (2, "New?")
    assert list(signal.versions.order_by("number").values_list("number", flat=True)) == [1, 2]


def test_states_lead_where_they_should() -> None:
    now = timezone.now()
    signal = make(conversations.project())
    with pytest.raises(states.CannotChange, match="Only an active signal"):
        states.pause(signal, None, now)
    states.activate(signal, None, now)
    assert (signal.state, signal.activated_at) == ("active", now)
    assert states.pause(signal, None, now) == 0
    states.resume(signal, None, timezone.now())
    assert (signal.state, signal.activated_at) == ("active", now)
    states.block(signal.pk, "The key is wrong.", timezone.now())
    signal.refresh_from_db()
    assert (signal.state, signal.paused_reason) == ("paused", "The key is wrong.")
    states.archive(signal, None, now)
    with pytest.raises(states.CannotChange, match="archived"):
        states.activate(signal, None, now)


def test_blocking_leaves_a_signal_that_a_person_paused_as_it_is() -> None:
    signal = make(conversations.project())
    states.activate(signal, None, timezone.now())
    states.pause(signal, None, timezone.now())
    states.block(signal.pk, "The key is wrong.", timezone.now())
    signal.refresh_from_db()
    assert signal.paused_reason == ""
