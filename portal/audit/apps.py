"""Registration of the audit application."""

from django.apps import AppConfig
from django.core.checks import Tags, register
from typing_extensions import override

from portal.audit.checks import append_only_role


class AuditConfig(AppConfig):
    """The audit log."""

    name = "portal.audit"
    label = "audit"

    @override
    def ready(self) -> None:
        """Register the check of the database role."""
        register(append_only_role, Tags.database, deploy=True)
