from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules


class AlertsConfig(AppConfig):
    name = "alerts"

    def ready(self) -> None:
        """Find what other apps add to the pages of alerts: their `alert_panels` register it."""
        autodiscover_modules("alert_panels")
