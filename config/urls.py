from django.contrib import admin
from django.urls import include, path

urlpatterns = [
    path("", include("teams.urls")),
    path("", include("api.urls")),
    path("", include("alerts.urls")),
    path("", include("signals_app.urls")),
    path("", include("traces.urls")),
    path("accounts/", include("allauth.account.urls")),
    path("admin/", admin.site.urls),
]

handler400 = "core.errors.bad_request"
handler403 = "core.errors.forbidden"
handler404 = "core.errors.not_found"
handler500 = "core.errors.server_error"
