"""The judges that a project brings itself, what a test of one said, and when a signal's changed."""

from __future__ import annotations

import uuid
from contextlib import suppress

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q

from signals_app.models.signals import Signal
from teams.models import Project


class JudgeEndpoint(models.Model):
    """An OpenAI-compatible server with a model, as a project uses it.

    Prices are dollars for a million tokens: 0 is free, NULL is unknown. `revision` grows with every
    change that a running pump must know.
    """

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="judges")
    name = models.CharField(max_length=60)
    base_url = models.CharField(max_length=500)
    sealed_key = models.BinaryField(default=b"")  # core/sealing.py; empty: it wants no key
    model = models.CharField(max_length=200)
    price_input_usd = models.FloatField(null=True, blank=True)
    price_cached_usd = models.FloatField(null=True, blank=True)  # NULL: as other input
    price_output_usd = models.FloatField(null=True, blank=True)
    concurrency = models.PositiveSmallIntegerField(default=8)
    timeout_s = models.FloatField(default=60)
    is_default = models.BooleanField(default=False)
    revision = models.PositiveIntegerField(default=1)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)
    archived_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["project", "name"],
                condition=Q(archived_at__isnull=True),
                name="a_projects_judges_differ_in_name",
            ),
            models.UniqueConstraint(
                fields=["project"],
                condition=Q(is_default=True, archived_at__isnull=True),
                name="a_project_has_one_default_judge",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def has_key(self) -> bool:
        return bool(bytes(self.sealed_key))

    @classmethod
    def named(cls, project: Project, said: str) -> JudgeEndpoint:
        """Return the judge of a project that is called so, or has this id.

        Raise ValidationError by field: judge.
        """
        text = said.strip()
        rows = cls.objects.filter(project=project, archived_at=None)
        wanted = Q(name=text)
        with suppress(ValueError):
            wanted |= Q(uuid=uuid.UUID(text))
        found = rows.filter(wanted).first()
        if found is None:
            names = ", ".join(rows.order_by("name").values_list("name", flat=True))
            known = f"Its judges: {names}." if names else "It has none of its own."
            raise ValidationError({"judge": [f"The project has no judge “{text[:80]}”. {known}"]})
        return found


class JudgeTest(models.Model):
    """One question put to an endpoint by hand, and what came of it. A pump asks it."""

    endpoint = models.ForeignKey(JudgeEndpoint, on_delete=models.CASCADE, related_name="tests")
    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    asked_at = models.DateTimeField()
    taken_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    is_good = models.BooleanField(default=False)
    words = models.TextField(blank=True, default="")  # the error, or the judge's reason
    label = models.TextField(blank=True, default="")
    answer_form = models.CharField(max_length=12, blank=True, default="")
    model = models.TextField(blank=True, default="")
    latency_ms = models.IntegerField(null=True)
    input_tokens = models.IntegerField(null=True)
    output_tokens = models.IntegerField(null=True)
    cached_tokens = models.IntegerField(null=True)
    cost_usd = models.FloatField(null=True)

    class Meta:
        indexes = [
            # What a pump looks for every second.
            models.Index(
                fields=["asked_at"],
                condition=Q(finished_at__isnull=True),
                name="judge_tests_to_ask",
            ),
            # The newest test of an endpoint.
            models.Index(fields=["endpoint", "-asked_at"], name="judge_tests_newest"),
        ]

    def __str__(self) -> str:
        return f"test of {self.endpoint}"


class JudgeChange(models.Model):
    """From when on another judge answers a signal without a new version of it.

    before, after: name, model and host of the judges, as they were called then.
    """

    signal = models.ForeignKey(Signal, on_delete=models.CASCADE, related_name="judge_changes")
    at = models.DateTimeField()
    before = models.TextField()
    after = models.TextField()
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )

    class Meta:
        # The marks on a signal's charts.
        indexes = [models.Index(fields=["signal", "at"], name="judge_changes_of_a_signal")]

    def __str__(self) -> str:
        return f"{self.before} to {self.after}"


class EnvironmentJudge(models.Model):
    """The judge that the environment named when a worker started last: one row at most."""

    model = models.TextField()
    host = models.TextField(blank=True)  # and port; "" for the judge built in

    def __str__(self) -> str:
        return f"{self.model} at {self.host}" if self.host else self.model
