"""Judges of a project: made and changed by people who manage it. A key is never given out again."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction

from core import sealing
from signals_app.judge_endpoints import address, use
from signals_app.judging import judge_in_use
from signals_app.judging.model_server import endpoints
from signals_app.models import JudgeEndpoint
from teams import audit
from teams.models import Project, User

MAX_NAME_CHARS, MAX_MODEL_CHARS, MAX_KEY_CHARS = 60, 200, 4000
MOST_CONCURRENCY = 64
MOST_PRICE_USD = 100_000.0
#: Of one project.
MOST_JUDGES = 20

OTHER_PLACE = (
    "Type the key in anew: the one that is stored was given for another address, and is sent to no "
    "other."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What is set of a judge. key: None keeps the one that is stored, "" takes it away.

    price_*: dollars for a million tokens, 0 is free, None is unknown.
    """

    name: str
    base_url: str
    model: str
    key: str | None = None
    price_input_usd: float | None = None
    price_cached_usd: float | None = None
    price_output_usd: float | None = None
    concurrency: int = 8
    timeout_s: float = 60.0


@transaction.atomic
def create(
    project: Project, given: Settings, user: User | None, now: datetime, is_default: bool = False
) -> JudgeEndpoint:
    """Make a judge of a project, its default one if wished. Raises ValidationError by field."""
    Project.objects.select_for_update().get(pk=project.pk)
    endpoint = JudgeEndpoint(project=project, created_by=user)
    if errors := _errors(endpoint, given):
        raise ValidationError(errors)
    _set(endpoint, given)
    endpoint.save()
    audit.record("judge.made", **about(endpoint), after=_values(endpoint))
    if is_default:
        make_default(project, endpoint, user, now)
    return endpoint


@transaction.atomic
def change(endpoint: JudgeEndpoint, given: Settings, user: User | None, now: datetime) -> bool:
    """Change a judge, for pumps that run, too; return whether anything is different.

    What is known of it is forgotten: it rests no more. Signals that it answers get a mark where
    another model or address begins to answer. Raises ValidationError by field.
    """
    locked = JudgeEndpoint.objects.select_for_update().get(pk=endpoint.pk)
    if errors := _errors(locked, given):
        raise ValidationError(errors)
    before, was_called, place = _values(locked), use.words(locked), locked.base_url
    _set(locked, given)
    after = _values(locked)
    if before == after and given.key is None:
        return False
    locked.revision += 1
    locked.save()
    endpoints.forget(locked.pk)
    if (before["model"], place) != (locked.model, locked.base_url):
        use.note_change(use.signals_of(locked), was_called, use.words(locked), user, now)
    if given.key:
        after["key"] = "replaced" if before["key"] == "set" else "set"
    audit.record("judge.changed", **about(locked), before=before, after=after)
    endpoint.refresh_from_db()
    return True


@transaction.atomic
def make_default(
    project: Project, endpoint: JudgeEndpoint | None, user: User | None, now: datetime
) -> None:
    """Have this judge answer all signals that chose none; None: the one of the environment.

    Raises ValidationError with messages for the field judge.
    """
    Project.objects.select_for_update().get(pk=project.pk)
    if endpoint is not None and (
        endpoint.project_id != project.pk or endpoint.archived_at is not None
    ):
        raise ValidationError({"judge": ["Choose a judge of this project that is not archived."]})
    rows = JudgeEndpoint.objects.filter(project=project, is_default=True, archived_at=None)
    old = rows.first()
    if old == endpoint:
        return
    signals = list(use.without_choice(project))
    rows.update(is_default=False)
    if endpoint is not None:
        JudgeEndpoint.objects.filter(pk=endpoint.pk).update(is_default=True)
        endpoint.is_default = True
    names = use.words(old), use.words(endpoint)
    use.note_change(signals, *names, user, now)
    audit.record(
        "judge.made_default",
        kind="judge",
        thing=endpoint.name if endpoint else "the judge of the environment",
        thing_id=endpoint.uuid if endpoint else "",
        project=project,
        before={"judge": names[0]},
        after={"judge": names[1]},
    )


def about(endpoint: JudgeEndpoint) -> dict[str, Any]:
    """Return which judge an entry of the audit log is about."""
    return {
        "kind": "judge",
        "thing": endpoint.name,
        "thing_id": endpoint.uuid,
        "project": endpoint.project_id,
    }


def _set(endpoint: JudgeEndpoint, given: Settings) -> None:
    endpoint.name = given.name.strip()
    endpoint.base_url = address.plain(given.base_url)
    endpoint.model = given.model.strip()
    if given.key is not None:
        key = given.key.strip()
        endpoint.sealed_key = sealing.seal(key) if key else b""
    endpoint.price_input_usd = given.price_input_usd
    endpoint.price_cached_usd = given.price_cached_usd
    endpoint.price_output_usd = given.price_output_usd
    endpoint.concurrency, endpoint.timeout_s = given.concurrency, given.timeout_s


def _values(endpoint: JudgeEndpoint) -> dict[str, Any]:
    """Return what is set, as the audit log keeps it: of the key only whether there is one."""
    names = ("name", "base_url", "model", "concurrency", "timeout_s")
    prices = ("price_input_usd", "price_cached_usd", "price_output_usd")
    values = {name: getattr(endpoint, name) for name in (*names, *prices)}
    return values | {"key": "set" if endpoint.has_key else "none"}


def _errors(endpoint: JudgeEndpoint, given: Settings) -> dict[str, list[str]]:
    errors = {
        "name": _wrong_name(endpoint, given.name.strip()),
        "base_url": _wrong_address(endpoint, given),
        "model": _wrong_text(given.model, MAX_MODEL_CHARS, "Say which model is asked."),
        "key": _wrong_key(endpoint, given),
        "concurrency": "",
        "timeout_s": "",
    }
    if not 1 <= given.concurrency <= MOST_CONCURRENCY:
        errors["concurrency"] = f"Between 1 and {MOST_CONCURRENCY} questions at a time."
    if not 1 <= given.timeout_s <= settings.JUDGE_MOST_TIMEOUT_S:
        errors["timeout_s"] = f"Between 1 and {settings.JUDGE_MOST_TIMEOUT_S:g} seconds."
    for name in ("price_input_usd", "price_cached_usd", "price_output_usd"):
        price = getattr(given, name)
        if price is not None and not (math.isfinite(price) and 0 <= price <= MOST_PRICE_USD):
            errors[name] = "A price is 0 or more dollars for a million tokens."
    one_price = (given.price_input_usd is None) != (given.price_output_usd is None)
    if one_price:
        missing = "price_input_usd" if given.price_input_usd is None else "price_output_usd"
        errors[missing] = "Give both prices, or none: with one alone no cost is known."
    return {field: [words] for field, words in errors.items() if words}


def _wrong_name(endpoint: JudgeEndpoint, name: str) -> str:
    if words := _wrong_text(name, MAX_NAME_CHARS, "Give the judge a name."):
        return words
    others = JudgeEndpoint.objects.filter(project=endpoint.project_id, archived_at=None)
    others = others.exclude(pk=endpoint.pk) if endpoint.pk else others
    if others.filter(name=name).exists():
        return "The project has a judge of this name already."
    if endpoint.pk is None and others.count() >= MOST_JUDGES:
        return f"A project has at most {MOST_JUDGES} judges. Archive one first."
    return ""


def _wrong_text(text: str, most: int, missing: str) -> str:
    text = text.strip()
    if not text:
        return missing
    if not text.isprintable():
        return "One line without control characters."
    return f"At most {most} characters." if len(text) > most else ""


def _wrong_address(endpoint: JudgeEndpoint, given: Settings) -> str:
    if not settings.PROJECT_JUDGES:
        return judge_in_use.NO_OWN
    base_url = address.plain(given.base_url)
    if endpoint.pk and base_url == endpoint.base_url:
        return ""  # where it was allowed once, its state says what is wrong now
    return address.refusal(base_url) if base_url else "Say where the server is."


def _wrong_key(endpoint: JudgeEndpoint, given: Settings) -> str:
    """Say what is wrong with a key. A stored one is sent only to the place that it was given for:
    whoever may change the address must not get at it by naming a server of their own."""
    if given.key is None:
        is_moved = address.plain(given.base_url) != endpoint.base_url
        return OTHER_PLACE if endpoint.pk and endpoint.has_key and is_moved else ""
    key = given.key.strip()
    if len(key) > MAX_KEY_CHARS or not (key.isascii() and key.isprintable()):
        return "A key is one line of plain characters."
    return ""
