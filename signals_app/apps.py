from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules


class SignalsConfig(AppConfig):
    name = "signals_app"
    verbose_name = "Signals"

    def ready(self) -> None:
        """Find what other apps add to the pages of signals: their `signal_panels` register it."""
        autodiscover_modules("signal_panels")
