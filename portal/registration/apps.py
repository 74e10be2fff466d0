"""Registration of this application, which brings a management command."""

from django.apps import AppConfig


class RegistrationConfig(AppConfig):
    """Registration and confirmation."""

    name = "portal.registration"
    label = "cardlogin_registration"
