"""Every word that the vendor's command line has for a thing of ours, in both directions.

Its `disabled` is our paused, its rates are whole percents, its binary signals name no labels, and
its runs end as completed or failed. Nothing else translates.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from api.inf.errors import refused
from signals_app.judging.verdict import BINARY
from signals_app.models import Outcome, Run, Sentiment, Signal, SignalVersion
from traces.records import KINDS

#: Fields of our verbs, as the flags and inputs of the client name them.
FIELDS: Final[Mapping[str | None, str]] = {
    "sample_rate": "sampleRatePercent",
    "rate": "sampleRatePercent",
    "type": "classifierType",
    "label": "stringLabel",
    "min_labels": "minLabelCount",
    "cooldown_min": "cooldownMinutes",
    "signal": "signalId",
    "slack_channel": "slackChannelId",
    "start": "from",
    "end": "to",
}

STATES: Final[Mapping[str, str]] = {
    Signal.State.DRAFT: "draft",
    Signal.State.ACTIVE: "active",
    Signal.State.PAUSED: "disabled",
    Signal.State.ARCHIVED: "disabled",  # beside `archivedAt`
}
RUNS: Final[Mapping[str, str]] = {
    Run.State.RUNNING: "running",
    Run.State.DONE: "completed",
    Run.State.CANCELLED: "failed",  # the client waits for one of these two
}
LABELS: Final[Mapping[str, str]] = {Outcome.LABELLED: "completed"}
RANGES: Final[Mapping[str, timedelta]] = {
    "1h": timedelta(hours=1),
    "6h": timedelta(hours=6),
    "12h": timedelta(hours=12),
    **{f"{days}d": timedelta(days=days) for days in (1, 3, 7, 14, 30, 90)},
}
STEPS: Final[Mapping[str, timedelta]] = {
    "1m": timedelta(minutes=1),
    "1h": timedelta(hours=1),
    "1d": timedelta(days=1),
}
#: Our kinds of span by theirs; what we call "other" is both of the last two.
KIND_OF: Final[Mapping[str, str]] = {
    **{kind.upper(): kind for kind in KINDS if kind != "other"},
    "UNKNOWN": "other",
    "SPAN": "other",
}

NO_RATE = (
    "A signal must have a rate above 0 %. To have it judge nothing, disable it:"
    " inf signals disable <signalId>."
)
BINARY_SENTIMENTS: Final[Mapping[str, str]] = {"true": "negative", "false": "positive"}


def moment(at: datetime | None) -> str | None:
    """Return a moment as the client prints it, in UTC with milliseconds."""
    if at is None:
        return None
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def percent_of(rate: float) -> int:
    """Return a rate in whole percents, at least 1: nothing that judges is shown as 0 %."""
    return max(1, round(rate * 100))


def rate_of(percent: int, live: float | None = None) -> float:
    """Return the rate that a percentage means.

    live: the rate that was shown to whoever sends all values again. It stays what it was, where
    it is no whole percentage. Raises Refused for 0.
    """
    if percent == 0:
        raise refused(NO_RATE, field="sampleRatePercent")
    if live is not None and percent == percent_of(live):
        return live
    return percent / 100


def label_names_of(version: SignalVersion) -> list[str]:
    """Return the labels that the client names: of a binary signal none."""
    return [] if version.type == SignalVersion.Type.BINARY else version.label_names


def sentiments_of(version: SignalVersion) -> dict[str, str]:
    return {label["name"]: label["sentiment"] for label in version.labels}


def labels_of(
    kind: str,
    names: Sequence[str],
    sentiments: Mapping[str, str],
    before: Sequence[Mapping[str, Any]] = (),
) -> list[dict[str, str]]:
    """Return labels as a version has them, with the meaning that a label of that name had before.

    Raises Refused where the sentiments are not those of just these labels.
    """
    wanted = list(BINARY) if kind == SignalVersion.Type.BINARY else list(names)
    given = dict(sentiments) or _usual(kind, wanted)
    if set(given) != set(wanted):
        said = f"It must cover exactly {', '.join(wanted) or 'the labels'}."
        raise refused(said, field="labelSentiments")
    meanings = {str(label["name"]): str(label.get("meaning", "")) for label in before}
    return [
        {"name": name, "sentiment": given[name], "meaning": meanings.get(name, "")}
        for name in wanted
    ]


def _usual(kind: str, names: Sequence[str]) -> dict[str, str]:
    if kind == SignalVersion.Type.BINARY:
        return dict(BINARY_SENTIMENTS)
    others = dict.fromkeys(names, str(Sentiment.NEGATIVE))
    return others | {name: str(Sentiment.POSITIVE) for name in names[:1]}


def kind_of(observation: str) -> str:
    """Return our kind of span. Raises Refused for one that is not known."""
    if observation not in KIND_OF:
        raise refused(f"Choose one of {', '.join(KIND_OF)}.", field="observationKinds")
    return KIND_OF[observation]


def observation_of(kind: str) -> str:
    return "UNKNOWN" if kind == "other" else kind.upper()
