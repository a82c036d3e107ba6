"""Which judge answers: one of the project's own, else the one of the environment, else the one
that is built in."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol
from urllib.parse import urlsplit

from django.conf import settings
from django.utils.module_loading import import_string

from core import sealing
from signals_app.judging import endpoint as endpoints
from signals_app.judging.endpoint import Chosen, Endpoint, Prices
from signals_app.judging.model_server.learned import Learned
from signals_app.judging.offline import MODEL as OFFLINE
from signals_app.judging.offline import OfflineJudge
from signals_app.judging.questions import Judge
from signals_app.models import JudgeEndpoint

#: By name, as Django names its backends: the client weighs 50 MB, and neither the pages nor
#: the ticks ever ask an endpoint.
ENDPOINT_JUDGE = "signals_app.judging.model_server.client.EndpointJudge"

NO_OWN = "Judges of projects are switched off on this server (PROJECT_JUDGES)."


class Choosing(Protocol):
    """What says which judge is asked: a version, a trial, or a question that is not saved yet."""

    @property
    def endpoint(self) -> JudgeEndpoint | None: ...

    @property
    def judge_model(self) -> str: ...


def is_offline() -> bool:
    """Say whether the environment names no judge, so that the one built in answers."""
    return not (settings.JUDGE_BASE_URL or settings.JUDGE_API_KEY)


def environment() -> Endpoint:
    """Return the judge that the settings name, else the one built in."""
    if is_offline():
        return OFFLINE_ENDPOINT
    return Endpoint(
        id=endpoints.ENVIRONMENT,
        model=settings.JUDGE_MODEL,
        base_url=settings.JUDGE_BASE_URL,
        api_key=settings.JUDGE_API_KEY,
        prices=_prices_of_environment(),
        concurrency=settings.JUDGE_CONCURRENCY,
        timeout_s=settings.JUDGE_TIMEOUT_S,
    )


OFFLINE_ENDPOINT = Endpoint(id=endpoints.OFFLINE, model=OFFLINE, concurrency=1000)


def _prices_of_environment() -> Prices:
    """Return the prices of the settings, where 0 stands for one that nobody has set."""
    read, wrote = settings.JUDGE_PRICE_INPUT_USD, settings.JUDGE_PRICE_OUTPUT_USD
    if not (read or wrote):
        return Prices()
    return Prices(read, settings.JUDGE_PRICE_CACHED_USD or None, wrote)


def model_in_use() -> str:
    """Return the model of the environment's judge."""
    return environment().model


def of_row(row: JudgeEndpoint) -> Endpoint:
    """Return a project's judge as it is asked, with its key unsealed."""
    key, trouble = "", ""
    try:
        key = sealing.unseal(row.sealed_key) if row.has_key else ""
    except sealing.Unsealable:
        trouble = f"The key of the judge {row.name} cannot be read any more. Type it in once more"
    if not settings.PROJECT_JUDGES:
        trouble = NO_OWN.rstrip(".")
    if row.archived_at is not None:
        trouble = f"The judge {row.name} was archived. Restore it, or give the signal another one"
    return Endpoint(
        id=row.pk,
        model=row.model,
        name=row.name,
        base_url=row.base_url,
        api_key=key,
        prices=Prices(row.price_input_usd, row.price_cached_usd, row.price_output_usd),
        concurrency=row.concurrency,
        timeout_s=row.timeout_s,
        revision=row.revision,
        trouble=trouble,
    )


def defaults_of(project_ids: Iterable[int]) -> dict[int, JudgeEndpoint]:
    """Return by project the judge that answers where nothing else is chosen; nothing where that is
    the environment's."""
    if not settings.PROJECT_JUDGES:
        return {}
    rows = JudgeEndpoint.objects.filter(
        project_id__in=set(project_ids), is_default=True, archived_at=None
    )
    return {row.project_id: row for row in rows}


def chosen(choosing: Choosing, default: JudgeEndpoint | None) -> Chosen:
    """Return the judge of a version. default: the project's own, if it has one."""
    row = choosing.endpoint or (None if choosing.judge_model else default)
    if row is not None:
        own = of_row(row)
        return Chosen(own, own.model, own.trouble)
    if choosing.judge_model == OFFLINE:
        return Chosen(OFFLINE_ENDPOINT, OFFLINE)
    judge = environment()
    if judge.is_offline:
        return Chosen(judge, OFFLINE)
    model = choosing.judge_model or judge.model
    return Chosen(judge, model, why_no_model(model))


def chosen_for(project_id: int, choosing: Choosing) -> Chosen:
    """Return the judge of one version of a project."""
    return chosen(choosing, defaults_of([project_id]).get(project_id))


@dataclass(frozen=True, slots=True)
class _NoChoice:
    endpoint: JudgeEndpoint | None = None
    judge_model: str = ""


def default_for(project_id: int) -> Chosen:
    """Return the judge that answers in a project where nothing is chosen."""
    return chosen_for(project_id, _NoChoice())


def models_of_environment() -> list[str]:
    """Return the models that a signal may choose at the environment's judge, its own first; only
    that one where the operator names none."""
    if is_offline():
        return [OFFLINE]
    return list(dict.fromkeys([settings.JUDGE_MODEL, *settings.JUDGE_MODELS]))


def why_no_model(model: str) -> str:
    """Say why the environment's judge may not be asked for a model; "" where it may."""
    allowed = settings.JUDGE_MODELS
    if not allowed or model in {*allowed, settings.JUDGE_MODEL, OFFLINE}:
        return ""
    names = ", ".join(models_of_environment())
    return f"The operator of this server allows these models: {names}."


def host_of(base_url: str) -> str:
    """Return host and port of an address, for people; "" where there is none."""
    return urlsplit(base_url).netloc


def load_client() -> None:
    """Load what `open_judge` needs, for processes that are about to be forked."""
    if not is_offline() or JudgeEndpoint.objects.filter(archived_at=None).exists():
        import_string(ENDPOINT_JUDGE)


def open_judge(endpoint: Endpoint, learned: dict[str, Learned]) -> Judge:
    """Open the judge for the event loop that is running; close it there. learned: what is known, by
    model."""
    if endpoint.is_offline:
        return OfflineJudge()
    judge: Judge = import_string(ENDPOINT_JUDGE)(endpoint, learned)
    return judge
