from importlib import import_module

from django.apps import AppConfig


class CoreConfig(AppConfig):
    name = "core"

    def ready(self) -> None:
        """Enter the checks of `manage.py check --deploy`."""
        import_module("core.http.production")
