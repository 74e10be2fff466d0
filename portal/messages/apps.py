"""Registration of the messages application."""

from django.apps import AppConfig


class MessagesConfig(AppConfig):
    """Mail and text messages."""

    name = "portal.messages"
    label = "cardlogin_messages"
