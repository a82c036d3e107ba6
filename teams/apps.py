from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules


class TeamsConfig(AppConfig):
    name = "teams"

    def ready(self) -> None:
        """Find what other apps show on the settings page: their `settings_panel` registers it."""
        autodiscover_modules("settings_panel")
