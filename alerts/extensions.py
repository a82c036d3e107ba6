"""Where later apps add to the pages of alerts, without alerts knowing them.

An app registers a link in its module `alert_panels`, which `AlertsConfig` finds.
"""

from __future__ import annotations

from alerts.models import Alert
from core.ui.page_links import PageLinks

page_links: PageLinks[Alert] = PageLinks()
