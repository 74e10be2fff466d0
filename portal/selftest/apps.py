"""Registration of the self-test's application."""

from django.apps import AppConfig


class SelfTestConfig(AppConfig):
    """The self-test."""

    name = "portal.selftest"
    label = "selftest"
