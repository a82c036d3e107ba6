from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules


class SignalsConfig(AppConfig):
    """The app of signals. Its folder is not called `signals`, since that is what Django calls its
    own notifications, and a top-level module of that name would be taken for them; addresses,
    templates and labels say "signals".
    """

    name = "signals_app"
    verbose_name = "Signals"

    def ready(self) -> None:
        """Find what other apps add to the pages of signals: their `signal_panels` register it."""
        autodiscover_modules("signal_panels")
