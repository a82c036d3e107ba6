"""Claimed jobs made ready to be asked: which of them still want an answer, and what they ask."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from signals_app.judging.questions import failed, skipped
from signals_app.models import Scope
from signals_app.queue import asking, loading
from signals_app.queue.asking import Fate
from signals_app.queue.completing import Done
from signals_app.queue.jobs import Job
from signals_app.queue.pumping.lanes import Work


@dataclass(slots=True)
class Prepared:
    """dropped: nobody wants them any more. on_hold: their signal is stopped. done: nothing can be
    asked about them. works: the others, those about one target behind the first of them."""

    dropped: list[Job] = field(default_factory=list)
    on_hold: list[Job] = field(default_factory=list)
    done: list[Done] = field(default_factory=list)
    works: list[Work] = field(default_factory=list)


def prepare(batch: Sequence[Job]) -> Prepared:
    """Read what the jobs need, each target once. Queries, no writes."""
    wanted = asking.wanted_by(batch)
    prepared = Prepared()
    judged: list[Job] = []
    places = {Fate.DROP: prepared.dropped, Fate.HOLD: prepared.on_hold, Fate.JUDGE: judged}
    for job in batch:
        places[asking.fate(job, wanted)].append(job)
    is_read = not all(asking.judge_of(job, wanted).endpoint.is_offline for job in judged)
    loaded = loading.load(judged, is_read)
    first: dict[tuple[object, ...], Work] = {}  # by endpoint and target
    for job in judged:
        target = loaded[job.target_key]
        if target.trouble:
            prepared.done.append(Done(job, failed(target.trouble)))
            continue
        if not target.transcript.has_content:
            prepared.done.append(Done(job, skipped(asking.NO_CONTENT[Scope(job.scope)])))
            continue
        work = Work(job, asking.ask_of(job, target, wanted))
        leader = first.setdefault((work.endpoint.id, *job.target_key), work)
        if leader is not work:
            leader.followers.append(work)
    prepared.works = list(first.values())
    return prepared
