"""Writes the history of the demo: 14 days that end when its project was made."""

from __future__ import annotations

from collections.abc import Sequence

from django.db import connection

from demo.conversations import Conversation
from demo.traffic import history
from teams.models import Project
from traces.ingest import writer


def load(project: Project, recorded: Sequence[Conversation]) -> None:
    """Write each visit as if it was received at its end, so that it has long been quiet.

    Ids and times follow from the project alone: loading again adds nothing, and what an
    interrupted start left out is filled in.
    """
    connection.ensure_connection()
    for visit in history(recorded, project.created_at):
        writer.write(
            connection.connection,
            project.pk,
            visit.records(),
            now=visit.end,
            session_idle_s=project.session_idle_s,
        )
