"""The tables of signals: what is asked, what waits to be judged, and what came of it."""

from signals_app.models.classifications import Classification, CountHorizon, LabelCount, Remark
from signals_app.models.jobs import JudgeJob, Run
from signals_app.models.judge_state import JudgeEndpoint
from signals_app.models.signals import (
    Outcome,
    ReasonCode,
    Scope,
    Sentiment,
    Signal,
    SignalVersion,
    Source,
    StateChange,
)
from signals_app.models.trials import Trial, TrialResult

__all__ = [
    "Classification",
    "CountHorizon",
    "JudgeEndpoint",
    "JudgeJob",
    "LabelCount",
    "Outcome",
    "ReasonCode",
    "Remark",
    "Run",
    "Scope",
    "Sentiment",
    "Signal",
    "SignalVersion",
    "Source",
    "StateChange",
    "Trial",
    "TrialResult",
]
