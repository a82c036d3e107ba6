from django.urls import path

from runner.pages.health import views

urlpatterns = [path("health/", views.health, name="health")]
