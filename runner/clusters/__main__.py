"""The watchdog as a process of its own, which loads the settings and none of the apps."""

from __future__ import annotations

import os

from django.conf import settings
from django.utils.log import configure_logging

from runner.clusters import watchdog

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
configure_logging(settings.LOGGING_CONFIG, settings.LOGGING)
watchdog.run()
