"""One django-q2 cluster, whose processes never outlive each other."""

from __future__ import annotations

from django.core.management.base import BaseCommand
from django_q.cluster import Cluster

from core.background import long_tasks
from runner import die_with_parent


class Command(BaseCommand):
    help = "Runs one django-q2 cluster (Q_CLUSTER_NAME says which); the worker starts two."

    def handle(self, *args: object, **options: object) -> None:
        long_tasks.listen()
        # Without this, killing the first process leaves the others judging unwatched.
        die_with_parent.tie_forks()
        Cluster().start()
