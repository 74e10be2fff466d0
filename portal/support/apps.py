"""Registration of the application of manuals and desk."""

from django.apps import AppConfig


class SupportConfig(AppConfig):
    """Manuals and desk."""

    name = "portal.support"
    label = "support"
