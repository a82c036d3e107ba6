from django.urls import path

from alerts.pages.overview import unsubscribe_views, views

urlpatterns = [
    path("p/<slug:slug>/overview/", views.overview, name="overview"),
    path("p/<slug:slug>/overview/save/", views.overview_save, name="overview_save"),
    path("p/<slug:slug>/overview/stop/", views.overview_stop, name="overview_stop"),
    path("p/<slug:slug>/overview/test/", views.overview_test, name="overview_test"),
    path(
        "unsubscribe/<str:token>/",
        unsubscribe_views.overview_unsubscribe,
        name="overview_unsubscribe",
    ),
]
