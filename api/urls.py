from collections.abc import Iterable

from django.urls import URLPattern, URLResolver, include, path, re_path

from api.cli.views import signals_pyz
from api.inf import file_views as inf_files
from api.inf import views as inf
from api.pages.code import views as code
from api.pages.programs import views as programs
from api.rest import views
from api.rest.application import api
from api.rest.door import for_strangers


def opened(patterns: Iterable[URLPattern | URLResolver]) -> list[URLPattern | URLResolver]:
    """Open the addresses of REST to strangers: its own door asks who they are."""
    made = list(patterns)
    for pattern in made:
        if isinstance(pattern, URLPattern):
            pattern.callback = for_strangers(pattern.callback)
    return made


rest = api.urls
urlpatterns = [
    path("", include("api.oauth.urls")),
    path("account/programs/", programs.programs, name="programs"),
    path("account/programs/end/", programs.program_end, name="program_end"),
    path("p/<slug:slug>/signals/<uuid:uuid>/code/", code.signal_code, name="signal_code"),
    path("p/<slug:slug>/alerts/<uuid:uuid>/code/", code.alert_as_code, name="alert_code"),
    path("cli/signals.pyz", signals_pyz, name="signals_pyz"),
    path("api/v1/openapi.json", views.openapi, name="openapi"),
    path("api/v1/docs", views.docs, name="api_docs"),
    path("api/v1/", (opened(rest[0]), rest[1], rest[2])),
    path("inf/api/auth/<path:rest>", inf.sign_in, name="inf_sign_in"),
    re_path(r"^inf/+upload/traces/part$", inf_files.part, name="inf_part"),
    path("inf/exports/<str:token>/traces.jsonl.gz", inf_files.export, name="inf_export"),
    re_path(r"^inf(?:/(?P<name>.*))?$", inf.procedure, name="inf_procedure"),
    re_path(r"^api/v1(?:/.*)?$", views.nowhere, name="api_nowhere"),
]
