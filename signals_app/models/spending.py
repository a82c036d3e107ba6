"""What judging took, what a project may spend, and how far its sample rates are lowered."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from teams.models import Project


class JudgeSpend(models.Model):
    """What judging took in one quarter of an hour, by signal, source and kind of outcome.

    Only ever added to, in the transaction that takes the job: what was spent stays spent, also
    where the label is gone. bucket: the quarter in which the judge was done. signal_id: 0 for
    trials of questions that were never saved. source: live, run or trial. kind: as in
    labels/outcomes.py. priced, told, told_cached: of how many answers price, tokens and cached
    tokens are known. Cached tokens are part of the input.
    """

    pk = models.CompositePrimaryKey("project_id", "bucket", "signal_id", "source", "kind")
    project_id = models.BigIntegerField()
    bucket = models.DateTimeField()
    signal_id = models.BigIntegerField()
    source = models.CharField(max_length=5)
    kind = models.CharField(max_length=20)
    n = models.BigIntegerField()
    priced = models.BigIntegerField(default=0)
    told = models.BigIntegerField(default=0)
    told_cached = models.BigIntegerField(default=0)
    input_tokens = models.BigIntegerField(default=0)
    cached_tokens = models.BigIntegerField(default=0)
    output_tokens = models.BigIntegerField(default=0)
    cost_usd = models.FloatField(default=0)

    class Meta:
        db_table = "judge_spend"


class Budget(models.Model):
    """What judging of a project may take in a calendar month of UTC."""

    class Unit(models.TextChoices):
        USD = "usd", "US dollars"
        LABELS = "labels", "labels"

    project = models.OneToOneField(Project, on_delete=models.CASCADE, related_name="budget")
    unit = models.CharField(max_length=6, choices=Unit.choices)
    amount = models.FloatField()
    set_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    set_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(amount__gt=0), name="a_budget_is_above_nothing"),
        ]

    def __str__(self) -> str:
        return f"{self.amount:g} {self.unit} a month"


class RateStep(models.Model):
    """From when on the sample rates of a project's versions are multiplied by which factor.

    A target is included by the factor of the moment in which it began, so that it is in or out
    for good; `since` is never in the past when it is written. No row: 1.
    """

    class Why(models.TextChoices):
        FORECAST = "forecast", "The month would have taken more than the budget"
        SPENT = "spent", "The budget is spent"
        EASED = "eased", "The rest of the budget allows more"
        MONTH = "month", "A new month began"
        CHANGED = "changed", "The budget was changed"
        REMOVED = "removed", "The budget was removed"

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="rate_steps")
    since = models.DateTimeField()
    factor = models.FloatField()
    why = models.CharField(max_length=8, choices=Why.choices)
    spent = models.FloatField()  # of the month until then, in the budget's unit
    amount = models.FloatField(null=True)  # of the budget then; NULL: there was none any more
    unit = models.CharField(max_length=6, choices=Budget.Unit.choices)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["project", "since"], name="a_rate_has_one_step_at_a_moment"
            ),
            models.CheckConstraint(
                condition=Q(factor__gte=0, factor__lte=1), name="a_factor_lies_between_0_and_1"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.factor:g} since {self.since:%Y-%m-%d %H:%M}"
