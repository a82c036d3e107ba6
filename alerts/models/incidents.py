"""That Signals itself is in trouble, by cause: opened when it is found, closed when it is over."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from signals_app.models import Signal
from teams.models import Project, Team


class Cause(models.TextChoices):
    SIGNAL_STOPPED = "signal_stopped", "A signal stopped itself"
    JUDGE = "judge", "The judge does not answer"
    WORKER = "worker", "No worker is running"
    NO_LABELS = "no_labels", "Traffic comes, but no labels"
    DISK = "disk", "The disk is nearly full"
    BUDGET = "budget", "Most of the budget is spent"
    BUDGET_SPENT = "budget_spent", "The budget is spent"
    BACKUP = "backup", "There is no new backup"


class IncidentQuerySet(models.QuerySet["Incident"]):
    def open(self) -> IncidentQuerySet:
        return self.filter(ended_at=None)

    def of_team(self, team_id: int) -> IncidentQuerySet:
        return self.filter(team_id=team_id)


class Incident(models.Model):
    """One cause of trouble of one team, for as long as it lasts.

    subject: what the cause is about, within the team: a signal's UUID, a judge's model, a project's
    UUID, or "".
    project: where the links of its messages lead; one of those concerned.
    """

    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="incidents")
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="incidents")
    signal = models.ForeignKey(
        Signal, on_delete=models.CASCADE, null=True, blank=True, related_name="incidents"
    )
    cause = models.CharField(max_length=14, choices=Cause.choices)
    subject = models.CharField(max_length=200, blank=True, default="")
    words = models.TextField()  # what is wrong and what to do about it
    began_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)

    objects = IncidentQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["team", "cause", "subject"],
                condition=Q(ended_at=None),
                name="a_cause_of_trouble_is_open_once",
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_cause_display()} {self.subject}".strip()
