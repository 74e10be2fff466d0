"""Registration with Django."""

from django.apps import AppConfig
from typing_extensions import override


class CardLoginConfig(AppConfig):
    """Card log-in: no models, no templates; system checks and one management command."""

    name = "cardlogin_server.contrib.django"
    label = "cardlogin"

    @override
    def ready(self) -> None:
        """Register the system checks."""
        from cardlogin_server.contrib.django import checks  # noqa: F401
