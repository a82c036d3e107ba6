"""How many spans the teams sent, by day of UTC."""

from __future__ import annotations

from django.db import models


class TeamDay(models.Model):
    """Spans that a team's projects took in a day, as they were accepted: about as many as there
    are (traces/receiving/day_limit.py)."""

    pk = models.CompositePrimaryKey("team_id", "day")
    team_id = models.BigIntegerField()
    day = models.DateField()
    spans = models.BigIntegerField(default=0)

    class Meta:
        db_table = "team_day"
