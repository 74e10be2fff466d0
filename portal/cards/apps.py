"""Registration of the cards application."""

from typing import Any

from django.apps import AppConfig
from django.contrib.auth.signals import user_logged_out
from django.core.management import call_command
from django.db.models.signals import post_migrate
from django.http import HttpRequest
from typing_extensions import override


class CardsConfig(AppConfig):
    """The cards application."""

    name = "portal.cards"
    label = "cards"

    @override
    def ready(self) -> None:
        """Register the making of the cache table, and that a log-out drops a verified card."""
        post_migrate.connect(_make_cache_table, sender=self)
        user_logged_out.connect(_drop_verified_card)


def _drop_verified_card(request: HttpRequest, **_: Any) -> None:
    from portal.cards import pending  # its models can be loaded only now

    pending.drop(request.session)


def _make_cache_table(using: str, **_: Any) -> None:
    # After every `migrate`, and not as a migration: the table follows CACHES (none for Redis), and someone who
    # comes back from Redis would find the migration already done. Does nothing when the table is there.
    call_command("createcachetable", database=using, verbosity=0)
