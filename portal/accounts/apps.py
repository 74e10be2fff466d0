"""Registration of the accounts application."""

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    """The accounts application."""

    name = "portal.accounts"
    label = "accounts"
