"""Steps shown to people, and done."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Sequence
from typing import Any

from signals_cli.as_code.document import Row
from signals_cli.as_code.plan import Present, Step
from signals_cli.client import Client
from signals_cli.output.screen import Screen
from signals_cli.output.text import as_json, clean, line

SIGNS = {"create": ("+", "green"), "edit": ("~", "yellow"), "archive": ("-", "red")}


def present(rest: Client, agents: Collection[str] = ()) -> Present:
    """Return what the server has. agents: as the file calls them."""
    alerts = _all(rest, "/alerts", {})
    kinds = {each.get("kind") for alert in alerts for each in alert.get("channels") or ()}
    slack = rest.get("/channels").get("slack_channels") if "slack" in kinds else {}
    by_agent = {
        agent: {row["id"] for row in _all(rest, "/signals", {"agent": agent})} for agent in agents
    }
    return Present(_all(rest, "/signals", {"fields": "full"}), alerts, slack or {}, by_agent)


def agent_words(rest: Client, signals: Sequence[Row]) -> dict[str, str]:
    """Return what to call each agent, by its id: its name, unless another one answers to that."""
    agents = {row["agent"]["id"]: row["agent"]["name"] for row in signals}
    words = {}
    for key, name in agents.items():
        (page,) = rest.rows("/signals", {"agent": name}, 1)
        is_meant = all(row["agent"]["id"] == key for row in page["items"])
        is_alone = list(agents.values()).count(name) == 1
        words[key] = name if is_meant and is_alone else key
    return words


def _all(rest: Client, path: str, query: dict[str, str]) -> list[Any]:
    """Return a list whole, the archived ones too."""
    found: dict[str, Any] = {}
    for state in ("", "archived"):
        for page in rest.rows(path, {**query, "state": state}, 0):
            found |= {row["id"]: row for row in page["items"]}
    return list(found.values())


def show(screen: Screen, steps: Sequence[Step]) -> None:
    """Show what would be done, with all differences."""
    from rich.text import Text

    for step in steps:
        sign, colour = SIGNS.get(step.action, ("~", "yellow"))
        of = "agent" if step.noun == "signal" else "signal"
        words = (
            f"{sign} {step.action} {step.noun} {line(step.name)!r} of {of} {line(step.within)!r}"
        )
        screen.draw(Text(words, style=f"bold {colour}"))
        for name, (old, new) in step.changes.items():
            for text, style in _difference(name, old, new):
                screen.draw(Text(f"    {text}", style=style))


def _difference(name: str, old: Any, new: Any) -> list[tuple[str, str]]:
    if not (isinstance(old, str) and isinstance(new, str) and "\n" in old.strip() + new.strip()):
        return [(f"{name}: {_short(old)} → {_short(new)}", "")]
    lines = difflib.unified_diff(clean(old).splitlines(), clean(new).splitlines(), lineterm="", n=2)
    colours = {"+": "green", "-": "red"}
    return [(f"{name}:", "")] + [
        (f"  {each}", colours.get(each[0], "dim")) for each in list(lines)[3:]
    ]


def _short(value: Any) -> str:
    return line(value if isinstance(value, str) else as_json(value), 300)


def perform(rest: Client, known: Present, step: Step, made: dict[tuple[str, ...], str]) -> None:
    """Do one step. made: the ids of what earlier steps have made."""
    root = "/signals" if step.noun == "signal" else "/alerts"
    if step.action == "create":
        body = dict(step.body)
        if step.noun == "alert":
            body["signal"] = _id_of_signal(known, step.of, made)
        answer = rest.post(root, body)
        made[(*(step.of if step.noun == "alert" else (step.within,)), step.name)] = answer["id"]
        return
    key = (*step.of, step.name) if step.noun == "alert" else step.of
    target = step.target or made[key]
    if step.action == "edit":
        rest.patch(f"{root}/{target}", step.body)
    else:
        rest.post(f"{root}/{target}/{step.action}")


def _id_of_signal(known: Present, of: tuple[str, str], made: dict[tuple[str, ...], str]) -> str:
    if of in made:
        return made[of]
    signal = known.signal(*of)
    assert signal is not None, "a signal of the file is there, or was made by a step before"
    return str(signal["id"])
