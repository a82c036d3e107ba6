from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules


class TracesConfig(AppConfig):
    name = "traces"

    def ready(self) -> None:
        """Find what other apps add to the explorer: their `explorer` modules register it."""
        autodiscover_modules("explorer")
