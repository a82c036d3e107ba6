"""Which judge answers: the endpoint that is set, else the one built in."""

from __future__ import annotations

from django.conf import settings
from django.utils.module_loading import import_string

from signals_app.judging.model_server.learned import Learned
from signals_app.judging.offline import MODEL as OFFLINE
from signals_app.judging.offline import OfflineJudge
from signals_app.judging.questions import Judge

#: By name, as Django names its backends: the client weighs 50 MB, and neither the pages nor
#: the ticks ever ask an endpoint.
ENDPOINT_JUDGE = "signals_app.judging.model_server.client.EndpointJudge"


def is_offline() -> bool:
    return not (settings.JUDGE_BASE_URL or settings.JUDGE_API_KEY)


def model_in_use() -> str:
    """Return the name that is recorded with each classification of a signal that chose no model."""
    return OFFLINE if is_offline() else str(settings.JUDGE_MODEL)


def load_client() -> None:
    """Load what `open_judge` needs, for processes that are about to be forked."""
    if not is_offline():
        import_string(ENDPOINT_JUDGE)


def open_judge(learned: dict[str, Learned]) -> Judge:
    """Open the judge for the event loop that is running; close it there. learned: what is known, by
    model."""
    if is_offline():
        return OfflineJudge()
    judge: Judge = import_string(ENDPOINT_JUDGE)(learned)
    return judge
