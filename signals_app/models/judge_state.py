"""What pumps know together of each judge."""

from __future__ import annotations

from django.db import models


class JudgeState(models.Model):
    """What we learned about one judge: whether it must rest, what requests it takes, and how
    much it reads (model_server/learned.py). endpoint: NULL is the one of the environment."""

    key = models.CharField(max_length=64, primary_key=True)  # model_server/endpoints.py, `key`
    endpoint = models.ForeignKey(
        "signals_app.JudgeEndpoint", on_delete=models.CASCADE, null=True, related_name="states"
    )
    base_url = models.TextField()
    model = models.TextField()
    answer_form = models.CharField(max_length=12, blank=True, default="")
    manners = models.JSONField(default=dict, blank=True)  # Learned.manners
    room_tokens = models.IntegerField(null=True)  # of a transcript, by our own estimate
    context_tokens = models.IntegerField(null=True)  # as the server says or shows
    cuts_silently = models.BooleanField(default=False)  # it leaves out what does not fit
    context_learned_at = models.DateTimeField(null=True)
    lanes = models.FloatField(null=True)  # questions that a pump keeps there (model_server/pace.py)
    lanes_learned_at = models.DateTimeField(null=True)
    paused_until = models.DateTimeField(null=True)
    last_error = models.TextField(blank=True, default="")
    last_error_at = models.DateTimeField(null=True)
    last_success_at = models.DateTimeField(null=True)

    @property
    def is_failing(self) -> bool:
        """Whether it has only failed since its last answer."""
        if self.last_error_at is None:
            return False
        return self.last_success_at is None or self.last_success_at < self.last_error_at
