"""The tables of signals: what is asked, what waits to be judged, and what came of it."""

from signals_app.models.classifications import Classification, CountHorizon, LabelCount, Remark
from signals_app.models.jobs import JudgeJob, Run
from signals_app.models.judge_endpoints import (
    EnvironmentJudge,
    JudgeChange,
    JudgeEndpoint,
    JudgeTest,
)
from signals_app.models.judge_state import JudgeState
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
from signals_app.models.spending import Budget, JudgeSpend, RateStep
from signals_app.models.trials import Trial, TrialResult

__all__ = [
    "Budget",
    "Classification",
    "CountHorizon",
    "EnvironmentJudge",
    "JudgeChange",
    "JudgeEndpoint",
    "JudgeJob",
    "JudgeSpend",
    "JudgeState",
    "JudgeTest",
    "LabelCount",
    "Outcome",
    "RateStep",
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
