"""Registration of the audit application."""

from django.apps import AppConfig


class AuditConfig(AppConfig):
    """The audit log."""

    name = "portal.audit"
    label = "audit"
