"""The picture and the sound of a question: each for its own kind, as long as the question lives."""

from io import BytesIO
from random import Random

from allauth.core.internal import ratelimit
from captcha.models import CaptchaStore
from captcha.views import captcha_image
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.utils import timezone
from django.views.decorators.http import require_safe
from ranged_response import RangedFileResponse  # type: ignore[import-untyped]

from portal.captcha.questions import to_speak
from portal.captcha.sound import spoken
from portal.sealing import index


@require_safe
def picture(request: HttpRequest, key: str) -> HttpResponse:
    """Answer the picture (PNG) of a question that is open and to be read; 410 for any other."""
    challenge = _challenge(key)
    if challenge is None or to_speak(challenge) is not None:
        return HttpResponse(status=410)
    drawn: HttpResponse = captcha_image(request, key)
    return drawn


@require_safe
def sound(request: HttpRequest, key: str) -> HttpResponseBase:
    """Answer the sound (WAV) of a question that is open and to be heard; 410 for any other, 429 for too many.

    One question always sounds the same, so nothing is won by hearing it often; nobody can tell what it is made of.
    Parts are answered (RFC 9110, 14), because some browsers play nothing else.
    """
    challenge = _challenge(key)
    asked = to_speak(challenge) if challenge is not None else None
    if asked is None:
        return HttpResponse(status=410)
    if not _may_hear(request, key):
        return HttpResponse(status=429)
    language, text = asked
    made = spoken(text, language, Random(index(key, "captcha sound")))  # noqa: S311 - noise, no secret
    answer: HttpResponseBase = RangedFileResponse(request, BytesIO(made), content_type="audio/wav")
    return answer


def _challenge(key: str) -> str | None:
    if len(key) != 40:
        return None
    open_ones = CaptchaStore.objects.filter(hashkey=key, expiration__gt=timezone.now())
    challenge: str | None = open_ones.values_list("challenge", flat=True).first()
    return challenge


def _may_hear(request: HttpRequest, key: str) -> bool:
    used = ratelimit.consume(request, app="allauth.account", action="captcha_sound", key=key, limit_get=True)
    return used is not None
