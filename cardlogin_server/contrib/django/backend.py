"""An authentication backend: ``authenticate(request, card_token=..., card_challenge=...)``."""

from collections.abc import Callable, Mapping
from typing import Any

from django.conf import settings
from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.base_user import AbstractBaseUser
from django.http import HttpRequest
from django.utils.module_loading import import_string
from typing_extensions import override

from cardlogin_server import Identity, Purpose
from cardlogin_server.contrib.django.parts import verify


class CardBackend(ModelBackend):
    """Logs in the user whom the function named by CARDLOGIN_USER_OF finds for an ``Identity``.

    The function (a dotted path) gets the identity and returns a user or None; it should look the user up by
    ``identity.binding_key`` and by nothing else.
    """

    @override
    def authenticate(  # type: ignore[override]
        self,
        request: HttpRequest | None,
        card_token: str | Mapping[str, object] = "",
        card_challenge: str = "",
        **_: Any,
    ) -> AbstractBaseUser | None:
        """The active user of the card, or None; raises a subclass of CardLoginError when the card is refused."""
        if request is None or not card_token:
            return None
        identity = verify(request.session, card_token, card_challenge, Purpose.LOGIN)
        user_of: Callable[[Identity], Any] = import_string(getattr(settings, "CARDLOGIN_USER_OF", ""))
        user = user_of(identity)
        return user if user is not None and self.user_can_authenticate(user) else None
