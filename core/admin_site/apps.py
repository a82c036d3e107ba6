"""Django's admin with a site of our own, in the place of `django.contrib.admin`."""

from __future__ import annotations

from django.contrib.admin.apps import AdminConfig


class OperatorAdminConfig(AdminConfig):
    default_site = "core.admin_site.site.OperatorSite"
