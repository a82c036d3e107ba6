"""A question put to a judge because somebody pressed “Test it”, about a built-in example.

A pump asks it, since that is what asks the judge later on: from the same machine, by the same way.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from django.db import connection
from django.utils import timezone

from signals_app.definition import starters
from signals_app.judging import judge_in_use, prompt
from signals_app.judging.endpoint import Endpoint
from signals_app.judging.model_server import endpoints
from signals_app.judging.model_server.learned import Learned
from signals_app.judging.questions import (
    Ask,
    Resting,
    Retryable,
    Ruling,
    SignalBlocked,
    Target,
    failed,
)
from signals_app.models import JudgeEndpoint, JudgeTest, Outcome
from traces.records import Part
from traces.transcript import Entry, Transcript, Turn

log = logging.getLogger(__name__)

#: A test whose pump died is asked again after so long: longer than any time-out.
LOST_AFTER: Final = timedelta(minutes=15)
#: Whoever presses the button again and again waits for those before.
AT_ONCE: Final = 4

EXAMPLE: Final = (
    ("user", "My parcel should have been here on Monday. Where is it?"),
    ("assistant", "I am sorry to hear that. Could you tell me the number of your order?"),
    ("user", "I have told you twice already! This is hopeless, I give up."),
    ("assistant", "I am sorry. I cannot find an order without its number."),
)

TAKE = """
UPDATE signals_app_judgetest SET taken_at = %(now)s
WHERE id IN (
    SELECT id FROM signals_app_judgetest
    WHERE finished_at IS NULL AND (taken_at IS NULL OR taken_at < %(lost)s)
    ORDER BY asked_at LIMIT %(most)s FOR UPDATE SKIP LOCKED)
RETURNING id
"""

InThread = Callable[[Callable[[], Any]], Awaitable[Any]]


@dataclass(frozen=True, slots=True)
class Taken:
    """A test that this process asks now."""

    id: int
    endpoint: Endpoint


def wait() -> bool:
    """Say whether a test waits for a pump."""
    return JudgeTest.objects.filter(finished_at=None, taken_at=None).exists()


def take() -> list[Taken]:
    """Take some tests that nobody has taken."""
    now = timezone.now()
    with connection.cursor() as cursor:
        cursor.execute(TAKE, {"now": now, "lost": now - LOST_AFTER, "most": AT_ONCE})
        pks = [row[0] for row in cursor.fetchall()]
    rows = JudgeTest.objects.filter(pk__in=pks).select_related("endpoint") if pks else []
    return [Taken(row.pk, judge_in_use.of_row(row.endpoint)) for row in rows]


def example(model: str, endpoint: Endpoint) -> Ask:
    """Return the question of a test: whether a user is frustrated, who plainly is."""
    entries = [
        Entry(
            role=role,
            kind="message",
            trace_id="0" * 32,
            span_id="0" * 16,
            start_ns=0,
            duration_ns=0,
            parts=(Part("text", text),),
        )
        for role, text in EXAMPLE
    ]
    asked = starters.BY_KEY["user_frustration"]
    labels = tuple((label["name"], label["meaning"]) for label in asked.labels)
    code = prompt.fence_code(b"", "test")
    target = Target(Transcript([Turn("0" * 32, 0, entries)]), "trace", code)
    question = prompt.Question(asked.prompt, labels)
    return Ask(target, question, model, asked.key, endpoint)


class EndpointTests:
    """The tests that one pump has under way."""

    def __init__(self) -> None:
        self.under_way: set[asyncio.Task[None]] = set()

    def __bool__(self) -> bool:
        return bool(self.under_way)

    def start(self, taken: Sequence[Taken], in_thread: InThread) -> None:
        """Ask them, each with a client of its own; in_thread: runs what touches the database."""
        for each in taken:
            task = asyncio.create_task(_ask(each, in_thread))
            self.under_way.add(task)
            task.add_done_callback(self.under_way.discard)

    def cancel(self) -> None:
        """Give up what is under way; another pump asks it once it counts as lost."""
        for task in self.under_way:
            task.cancel()


async def _ask(taken: Taken, in_thread: InThread) -> None:
    endpoint = taken.endpoint
    judge = judge_in_use.open_judge(endpoint, {})
    try:
        ruling = await judge.ask(example(endpoint.model, endpoint))
    except (Retryable, Resting) as error:
        ruling = failed(str(error), endpoint.model)
    except SignalBlocked as error:
        ruling = failed(_for_a_test(str(error)), endpoint.model)
    except Exception as error:  # a fault of ours is the test's answer, too
        log.exception("testing judge %s failed", endpoint.id)
        ruling = failed(f"Our own error while asking: {type(error).__name__}.", endpoint.model)
    finally:
        await judge.close()
    learned = judge.learned.get(endpoint.model, Learned())
    await in_thread(lambda: finish(taken, ruling, learned, timezone.now()))


def _for_a_test(words: str) -> str:
    """Return what a judge said to a test, in which no signal waits to be resumed."""
    for end in (", then resume the signal.", " Then resume the signal."):
        if words.endswith(end):
            return f"{words.removesuffix(end).rstrip('.')}."
    return words


def finish(taken: Taken, ruling: Ruling, learned: Learned, now: datetime) -> None:
    """Keep what came of a test, for its page and for the state of the judge."""
    endpoint, model = taken.endpoint, taken.endpoint.model
    is_good = ruling.outcome in {Outcome.LABELLED, Outcome.SKIPPED}
    words = ruling.explanation or ruling.reason
    JudgeTest.objects.filter(pk=taken.id).update(
        finished_at=now,
        is_good=is_good,
        words=words,
        label=ruling.label or "",
        answer_form=learned.form if is_good else "",
        model=model,
        latency_ms=ruling.latency_ms,
        input_tokens=ruling.usage.input_tokens,
        output_tokens=ruling.usage.output_tokens,
        cached_tokens=ruling.usage.cached_tokens,
        cost_usd=ruling.cost_usd,
    )
    if not JudgeEndpoint.objects.filter(pk=endpoint.id, revision=endpoint.revision).exists():
        return  # it was changed meanwhile: this says nothing of what it is now
    if is_good:
        endpoints.note_success(model, now, endpoint)
        endpoints.remember(model, learned, now, endpoint)
    else:
        endpoints.note_error(model, words, now, endpoint)
