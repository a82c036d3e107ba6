"""The daily overview: who wants it when, and which days have had theirs."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from alerts.models.channels import Kind
from teams.models import Project, User


class OverviewSubscriptionQuerySet(models.QuerySet["OverviewSubscription"]):
    def of(self, project: Project, user: User) -> OverviewSubscription | None:
        """Return a person's own, whether on or off."""
        return self.filter(project=project, user=user).select_related("project", "user").first()

    def wanted(self) -> OverviewSubscriptionQuerySet:
        """Return those that are on, of people who are still in the team and may still sign in."""
        subscriptions = self.filter(is_on=True, user__is_active=True, project__deleted_at=None)
        subscriptions = subscriptions.filter(project__team__memberships__user=F("user"))
        return subscriptions.select_related("project", "user").order_by("pk")


class OverviewSubscription(models.Model):
    """One member who wants a project's overview each day at `hour` in their own time zone.

    created_at: since when it has been on; turned on anew, it begins anew.
    """

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    project = models.ForeignKey(
        Project, on_delete=models.CASCADE, related_name="overview_subscriptions"
    )
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="overview_subscriptions"
    )
    is_on = models.BooleanField(default=True)
    hour = models.PositiveSmallIntegerField(default=8)
    kind = models.CharField(
        max_length=7, choices=[(Kind.EMAIL, "E-mail"), (Kind.SLACK, "Slack")], default=Kind.EMAIL
    )
    address = models.TextField(blank=True, default="")  # a Slack channel's id
    address_name = models.TextField(blank=True, default="")
    created_at = models.DateTimeField(auto_now_add=True)
    changed_at = models.DateTimeField(auto_now=True)

    objects = OverviewSubscriptionQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["project", "user"], name="a_member_has_one_overview_of_a_project"
            ),
            models.CheckConstraint(
                condition=Q(hour__gte=0, hour__lte=23), name="an_overview_is_sent_at_an_hour"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.project} for {self.user}"


class OverviewQuerySet(models.QuerySet["Overview"]):
    def newest_of(self, subscription: OverviewSubscription) -> OverviewQuerySet:
        """Return the newest overviews with their deliveries."""
        newest_first = self.filter(subscription=subscription).order_by("-day")
        return newest_first.prefetch_related("deliveries")


class Overview(models.Model):
    """That a subscription's day was reported, and the time that it covers: [start, end)."""

    subscription = models.ForeignKey(
        OverviewSubscription, on_delete=models.CASCADE, related_name="overviews"
    )
    day = models.DateField()  # in the subscriber's zone: the day that is reported
    start = models.DateTimeField()
    end = models.DateTimeField()
    created_at = models.DateTimeField()

    objects = OverviewQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["subscription", "day"], name="a_day_is_reported_once")
        ]

    def __str__(self) -> str:
        return f"{self.subscription} on {self.day}"
