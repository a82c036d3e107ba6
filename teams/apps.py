from importlib import import_module

from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules


class TeamsConfig(AppConfig):
    name = "teams"

    def ready(self) -> None:
        """Find what other apps show on the settings page (their `settings_panel` registers it), and
        listen to what people do with their accounts, for the audit log."""
        import_module("teams.signin.receivers").connect()
        autodiscover_modules("settings_panel")
        import_module("teams.audit.sign_ins").listen()
