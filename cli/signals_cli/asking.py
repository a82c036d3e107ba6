"""What makes a question, as flags say it: `create`, `edit` and `verify` send the same fields."""

from __future__ import annotations

from typing import Any

from signals_cli import flags
from signals_cli.commanding import text_of
from signals_cli.errors import WrongValue


def question(
    *,
    type_: str | None,
    prompt: str,
    prompt_file: str,
    label: list[str] | None,
    sentiment: list[str] | None,
    meaning: list[str] | None,
    judge: str | None,
    judge_model: str | None,
    known: list[dict[str, Any]] | None = None,
) -> dict[str, Any]:
    """Return the fields that were given.

    known: the labels that there are, which `--sentiment` and `--meaning` alone change.
    """
    body: dict[str, Any] = {}
    if type_:
        body["type"] = type_
    if prompt or prompt_file:
        body["prompt"] = text_of(prompt, prompt_file, "prompt").rstrip("\n")
    if judge is not None:
        body["judge"] = judge
    if judge_model is not None:
        body["judge_model"] = judge_model
    is_binary = type_ == "binary" or (not type_ and not label and _is_value(sentiment))
    if is_binary and label:
        raise WrongValue("--label: a binary signal has the labels true and false.")
    if is_binary and sentiment:
        body["sentiment"] = _of_binary(sentiment)
    elif label or sentiment or meaning:
        body["labels"] = _labels(label, sentiment, meaning, known or [])
    return body


def _is_value(sentiment: list[str] | None) -> bool:
    """Say whether one sentiment was given without a label: that of a binary signal."""
    return bool(sentiment) and all(
        "=" not in each or each.partition("=")[0] in ("true", "false") for each in sentiment or ()
    )


def _of_binary(sentiment: list[str]) -> str:
    """Return the sentiment of `true`; `false=positive` says that `true` is negative."""
    opposite = {"positive": "negative", "negative": "positive"}
    said = set()
    for each in sentiment:
        name, sign, value = each.rpartition("=")
        said.add(opposite.get(value, value) if sign and name == "false" else value)
    if len(said) > 1:
        raise WrongValue("--sentiment: true and false are opposites.")
    return str(said.pop())


def _labels(
    label: list[str] | None,
    sentiment: list[str] | None,
    meaning: list[str] | None,
    known: list[dict[str, Any]],
) -> list[dict[str, Any]]:
    names = flags.parts(label)
    before = {each["name"]: each for each in known}
    rows: dict[str, dict[str, Any]] = {
        name: _kept(before.get(name, {"name": name})) for name in names or before
    }
    fields = {
        "sentiment": flags.pairs(sentiment, "--sentiment"),
        "meaning": flags.pairs(meaning, "--meaning"),
    }
    for field, given in fields.items():
        for name, value in given.items():
            if name not in rows:
                raise WrongValue(f"--{field}: there is no label {name!r}; give it as --label too.")
            rows[name][field] = value
    return [{"sentiment": "neutral", **row} for row in rows.values()]


def _kept(row: dict[str, Any]) -> dict[str, Any]:
    return {name: row[name] for name in ("name", "sentiment", "meaning") if row.get(name)}
