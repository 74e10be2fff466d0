"""Registration of the member application."""

from django.apps import AppConfig


class MemberConfig(AppConfig):
    """The member's area."""

    name = "portal.member"
    label = "member"
