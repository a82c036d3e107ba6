"""`signals verify`: a question tried on a sample while the client waits for the answer.

The client gives up after 300 s, so that an answer is given before, with what is there by then.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any, Final

from django.utils import timezone

from api.inf import words
from api.inf.router import Call, Router
from api.inf.routers.definitions import agent_named
from api.inf.shapes import trial_rows
from core.database import release_connection
from signals_app.models import Scope, Signal, Trial
from signals_app.trials import trials
from signals_app.trials.trials import Asked
from traces.models import Agent

router = Router()
Row = dict[str, Any]

#: How long the client is kept waiting, and how often is looked.
PATIENCE_S: Final = 280.0
LOOK_EVERY_S: Final = 0.5


@router.mutation("signals.runVerification")
def verify(call: Call) -> Row:
    """Try a question on the newest targets of a stretch, and answer when all are judged."""
    given = call.given
    asked = _asked(call, agent_named(call, "agentIdentityValue"))
    most = given.whole("sampleSize", trials.USUAL_TARGETS, least=1, most=trials.MOST_TARGETS)
    start, end = given.moment("from"), given.moment("to")
    if start >= end:
        raise given.wrong("to", "The end must come after the beginning.")
    trial = trials.start(asked, start, end, most, None, timezone.now())
    _wait_for(trial, PATIENCE_S)
    return trial_rows.trial_of(call.project, trial)


def _asked(call: Call, agent: Agent) -> Asked:
    """Return what is to be tried. The client says neither scope nor signal: where a signal of the
    agent asks just this, it is that one; else model calls are looked at, as the client says."""
    given = call.given
    kind, prompt = given.text("classifierType"), given.text("prompt")
    names = given.words("labels")
    if (signal := _asking(agent, kind, prompt, names)) and signal.live_version:
        return trials.of_version(signal, signal.live_version)
    return Asked(
        project=call.project,
        agent=agent,
        scope=Scope.SPAN,
        type=kind,
        prompt=prompt,
        labels=words.labels_of(kind, names, given.pairs("labelSentiments")),
    )


def _asking(agent: Agent, kind: str, prompt: str, names: Sequence[str]) -> Signal | None:
    signals = Signal.objects.filter(
        project=agent.project_id,
        agent=agent,
        live_version__type=kind,
        live_version__prompt=prompt.strip(),
    )
    signals = signals.select_related("agent", "live_version", "project__team")
    for signal in signals.order_by("-pk"):
        version = signal.live_version
        if version and words.label_names_of(version) == list(names):
            return signal
    return None


def _wait_for(trial: Trial, patience_s: float) -> None:
    """Wait until nothing of a trial waits to be judged, or until the time is over. The connection
    is given back meanwhile: others need it."""
    deadline = time.monotonic() + patience_s
    while trial.is_running and time.monotonic() < deadline:
        release_connection()
        time.sleep(LOOK_EVERY_S)
        trial.refresh_from_db(fields=["state", "stopped_reason", "finished_at"])
