from django.urls import path

from teams import views

urlpatterns = [
    path("", views.home, name="home"),
    path("enter/<str:token>/", views.sign_in_by_link, name="sign_in_by_link"),
    path("healthz", views.health, name="health"),
]
