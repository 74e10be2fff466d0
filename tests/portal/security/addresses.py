"""Every address of the portal, from its own list, so that none can be forgotten."""

from collections.abc import Iterator
from typing import NamedTuple

from django.urls import URLPattern, URLResolver, get_resolver

_SAMPLES = {"int": "1", "slug": "x"}


class Address(NamedTuple):
    """A path with sample values in it, and the pattern's name."""

    path: str
    name: str


def addresses() -> list[Address]:
    """All of them, the same list for every test."""
    return list(_below(get_resolver(), "/"))


def _below(resolver: URLResolver, path: str) -> Iterator[Address]:
    for pattern in resolver.url_patterns:
        here = path + _filled(pattern)
        if isinstance(pattern, URLResolver):
            yield from _below(pattern, here)
        else:
            yield Address(here, pattern.name or "")


def _filled(pattern: URLPattern | URLResolver) -> str:
    text = str(pattern.pattern)
    for name, converter in pattern.pattern.converters.items():
        kind = type(converter).__name__.removesuffix("Converter").lower()
        text = text.replace(f"<{kind}:{name}>", _SAMPLES[kind])
    return text
