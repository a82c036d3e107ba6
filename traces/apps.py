from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules


class TracesConfig(AppConfig):
    name = "traces"

    def ready(self) -> None:
        """Find what other apps add to the explorer, and what of theirs follows an agent that is
        merged, or is erased with traffic, or goes by age: their modules `explorer`,
        `agent_moves`, `erased_with_traffic` and `old_labels` register it."""
        autodiscover_modules("explorer", "agent_moves", "erased_with_traffic", "old_labels")
