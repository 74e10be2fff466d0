"""Which language a page of ours speaks: the person's choice, else the browser's languages, else Chinese."""

import re

from aiohttp import web

from agent.messages import DEFAULT, languages

COOKIE = "cardlogin_language"  # set by pages/language.js when a person switches
# A language range with its weight (RFC 9110, 12.5.4); what is written in another way is passed over.
_RANGE = re.compile(r"([A-Za-z]{2,8})(?:-[A-Za-z0-9]{1,8})*(?:\s*;\s*q=([01](?:\.[0-9]{0,3})?))?")


def language_of(request: web.Request) -> str:
    """The language of a page that is to be answered."""
    chosen = request.cookies.get(COOKIE)
    return chosen if chosen in languages() else accepted(request.headers.get("Accept-Language", ""))


def accepted(header: str) -> str:
    """The language that a browser likes best among ours; its country does not count, zh-TW is answered in zh-Hant."""
    ranges = [match for part in header.split(",") if (match := _RANGE.fullmatch(part.strip()))]
    wished = sorted(ranges, key=lambda match: -float(match[2] or 1))
    ours = {tag.partition("-")[0]: tag for tag in languages()}
    return next((ours[match[1].lower()] for match in wished if match[1].lower() in ours and match[2] != "0"), DEFAULT)
