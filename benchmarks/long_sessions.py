"""What the page of a long session and its reading for the judge cost.

    python -m benchmarks.long_sessions [--only 1,3] [--profile]

Starts a database of its own and writes sessions through the real writer: agents that repeat the
whole conversation in each model call, agents that repeat the latest messages, agents that repeat
nothing. Of the page and of the judge it tells the wall time, the growth of the process while it
worked, and how many bytes of JSON the payloads hold that were read.
"""

from __future__ import annotations

import argparse
import cProfile
import ctypes
import gc
import json
import pstats
import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from benchmarks import own_database

Message = dict[str, Any]
AGENT = "support"
WORDS = ("refund", "order", "flight", "booking", "delay", "invoice", "seat", "card", "payment")


@dataclass(frozen=True)
class Shape:
    """A session: its turns, model calls a turn, characters a turn, messages carried along."""

    name: str
    turns: int
    calls: int
    chars: int
    history: int | None = None  # None: all of them


SHAPES = (
    Shape("100 turns of 4 calls, all repeated", 100, 4, 1700),
    Shape("400 turns of 4 calls, all repeated", 400, 4, 1700),
    Shape("2,000 turns of 2 kB, nothing repeated", 2000, 1, 2000, 0),
    Shape("2,000 turns of 2 kB, latest 40 messages repeated", 2000, 1, 2000, 40),
    Shape("2,000 turns of 2 kB, all repeated", 2000, 1, 2000),
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else "")
    parser.add_argument("--only", default="1,2,3,4", help="numbers of the sessions")
    parser.add_argument("--profile", action="store_true", help="print where the time goes")
    args = parser.parse_args()
    values = f"[{args.only}], {args.profile}"
    own_database.run(f"from benchmarks.long_sessions import measure; measure({values})")


def measure(only: list[int], profile: bool) -> None:
    """Measure in this process, which has the settings of the benchmark."""
    from django.test import Client
    from django.urls import reverse

    from signals_app.judging import prompt
    from signals_app.queue import loading
    from teams.models import Membership, User
    from tests.signals_app import conversations
    from traces.models import Session

    project = conversations.project("bench")
    user = User.objects.create_user("bench@example.com")
    Membership.objects.create(team=project.team, user=user, role="owner")
    client = Client(SERVER_NAME="localhost")
    client.force_login(user)
    for number in only:
        shape = SHAPES[number - 1]
        size = write_session(project, f"chat-{number}", shape)
        key = Session.objects.get(project_id=project.pk, session_id=f"chat-{number}").key

        def page(address: str = reverse("session", args=[project.slug, key])) -> int:
            response = client.get(address)
            assert response.status_code == 200
            return len(response.content)

        def judge(key: UUID = key) -> int:
            said = loading.read(project.pk, "session", key, 0)
            return len(prompt.evidence(said, "session", "code", 60_000).text)

        print(f"{number}. {shape.name}: {size / 1e6:.0f} MB of JSON", flush=True)
        for name, work in (("page", page), ("judge", judge)):
            work()
            report(name, work, profile)


def report(name: str, work: Callable[[], int], profile: bool) -> None:
    gc.collect()
    give_memory_back()
    reset_peak()
    before_kb = memory_kb("VmRSS")
    started, started_cpu = time.perf_counter(), time.process_time()
    size = work()
    took, cpu = time.perf_counter() - started, time.process_time() - started_cpu
    grown = (memory_kb("VmHWM") - before_kb) / 1024
    read = bytes_read(work)
    print(f"  {name:<6} {took:6.2f} s ({cpu:.2f} s CPU), {grown:6.1f} MB more, {read[0]:,} payloads"
          f" of {read[1] / 1e6:.1f} MB read, {size:,} characters out", flush=True)  # fmt: skip
    if profile:
        profiler = cProfile.Profile()
        profiler.runcall(work)
        pstats.Stats(profiler).sort_stats("tottime").print_stats(25)


def give_memory_back() -> None:
    ctypes.CDLL(None).malloc_trim(0)


def reset_peak() -> None:
    Path("/proc/self/clear_refs").write_text("5")


def memory_kb(name: str) -> int:
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(f"{name}:"))


def bytes_read(work: Callable[[], int]) -> tuple[int, int]:
    """Return how many payloads `work` decompresses, and the bytes that they hold."""
    import zstandard

    from traces.store import payload

    class Counting:
        sizes: list[int] = []

        def __init__(self, real: Any) -> None:
            self.real = real

        def decompress(self, raw: bytes, *args: Any, **more: Any) -> bytes:
            self.sizes.append(zstandard.frame_content_size(raw))
            found: bytes = self.real.decompress(raw, *args, **more)
            return found

    real = payload._codecs.decompressor
    Counting.sizes = []
    payload._codecs.decompressor = Counting(real)  # type: ignore[assignment]
    try:
        work()
    finally:
        payload._codecs.decompressor = real
    return len(Counting.sizes), sum(Counting.sizes)


def write_session(project: Any, session: str, shape: Shape) -> int:
    """Write a session of this shape, an hour old; the bytes of JSON in its payloads."""
    import zstandard

    from tests.signals_app import conversations
    from traces.store.payload import pack

    chance = random.Random(session)
    history: list[Message] = []
    begun = datetime.now(UTC) - timedelta(hours=6)
    size = 0
    spans: list[Any] = []
    for turn in range(shape.turns):
        spans += spans_of_turn(chance, shape, session, turn, history, begun)
        if len(spans) >= 100 or turn == shape.turns - 1:
            conversations.send(project, spans)
            size += sum(zstandard.frame_content_size(pack(span)) for span in spans)
            spans = []
    return size


def spans_of_turn(
    chance: random.Random,
    shape: Shape,
    session: str,
    turn: int,
    history: list[Message],
    begun: datetime,
) -> list[Any]:
    from traces.records import SpanRecord

    trace_id = chance.randbytes(16)
    at = int((begun + timedelta(seconds=10 * turn)).timestamp() * 1e9)
    piece = shape.chars // (2 * shape.calls)
    kept = len(history) if shape.history is None else shape.history
    asked = [said("user", text(chance, piece))]
    carried = history[len(history) - kept :]
    spans = []
    root_id = chance.randbytes(8)

    def span(name: str, start: int, lasts: int, parent: bytes | None, **more: Any) -> None:
        attributes = {
            "gen_ai.agent.name": AGENT,
            "gen_ai.conversation.id": session,
            **{key.replace("__", "."): value for key, value in more.items()},
        }
        spans.append(
            SpanRecord(
                trace_id=trace_id,
                span_id=root_id if parent is None else chance.randbytes(8),
                parent_span_id=parent,
                name=name,
                otel_kind=1,
                start_ns=at + start * 1_000_000,
                end_ns=at + (start + lasts) * 1_000_000,
                status_code=0,
                status_message="",
                attributes=attributes,
                events=[],
                links=[],
                resource={"service.name": AGENT},
                scope_name="bench",
                scope_version="1",
            )
        )

    fresh = list(asked)
    for call in range(shape.calls):
        is_last = call == shape.calls - 1
        call_id = f"call_{turn}_{call}"
        if is_last:
            answer = said("assistant", text(chance, piece))
        else:
            arguments = {"query": text(chance, piece // 4)}
            part = {"type": "tool_call", "id": call_id, "name": "look_up", "arguments": arguments}
            answer = {"role": "assistant", "parts": [part]}
        span(
            "chat", 10 + call * 1000, 500, root_id,
            gen_ai__operation__name="chat",
            gen_ai__input__messages=json.dumps([*carried, *fresh]),
            gen_ai__output__messages=json.dumps([answer]),
        )  # fmt: skip
        fresh.append(answer)
        if not is_last:
            result = text(chance, 2 * piece)
            span(
                "execute_tool look_up", 600 + call * 1000, 300, root_id,
                gen_ai__operation__name="execute_tool",
                gen_ai__tool__name="look_up",
                gen_ai__tool__call__id=call_id,
                gen_ai__tool__call__arguments=json.dumps(arguments),
                gen_ai__tool__call__result=result,
            )  # fmt: skip
            told = {"type": "tool_call_response", "id": call_id, "response": result}
            fresh.append({"role": "tool", "parts": [told]})
    span(
        "invoke_agent support", 0, 5000, None,
        gen_ai__operation__name="invoke_agent",
        gen_ai__input__messages=json.dumps(asked),
        gen_ai__output__messages=json.dumps([answer]),
    )  # fmt: skip
    history += fresh
    return spans


def said(role: str, words: str) -> Message:
    return {"role": role, "parts": [{"type": "text", "content": words}]}


def text(chance: random.Random, chars: int) -> str:
    found: list[str] = []
    while sum(map(len, found)) + len(found) < chars:
        found += [chance.choice(WORDS), f"{chance.getrandbits(20):x}"]
    return " ".join(found)


if __name__ == "__main__":
    main()
