"""Where an event comes from: the request that is being answered, or the job that runs; nobody has to hand it over."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from django.core.management.base import BaseCommand
from django.http import HttpRequest, HttpResponse
from typing_extensions import override

from portal.sealing import index

Handler = Callable[[HttpRequest], HttpResponse]
_network_address: ContextVar[str] = ContextVar("network_address", default="")
_job: ContextVar[str] = ContextVar("job", default="")


def known_origin(get_response: Handler) -> Handler:
    """Return a middleware that has every event of a request bear its network address.

    Comes after `portal.proxies.client_address`, which says whose address that is.
    """

    def note_and_go_on(request: HttpRequest) -> HttpResponse:
        with asked_from(request.META.get("REMOTE_ADDR", "")):
            return get_response(request)

    return note_and_go_on


def network_address() -> str:
    """The network address that the request being answered comes from; an empty text where there is none."""
    return _network_address.get()


@contextmanager
def asked_from(address: str) -> Iterator[None]:
    """Have events bear the address of a request that is long answered: what it has set off is done by a job."""
    token = _network_address.set(address)
    try:
        yield
    finally:
        _network_address.reset(token)


class Job(BaseCommand):
    """A management command whose events say who had it run: `by`, of the outermost where one runs another."""

    by = "operator"

    @override
    def execute(self, *args: Any, **options: Any) -> str | None:
        """Run the command."""
        with _as_job(_job.get() or self.by):
            return super().execute(*args, **options)


@contextmanager
def _as_job(name: str) -> Iterator[None]:
    token = _job.set(name)
    try:
        yield
    finally:
        _job.reset(token)


def job() -> str:
    """Who had the job run that runs now ("operator", "nightly"); an empty text where none does."""
    return _job.get()


def hashed_address(request: HttpRequest | None) -> str:
    """The keyed hash of the network address of this request, or the one being answered; empty where there is none."""
    address = request.META.get("REMOTE_ADDR", "") if request is not None else _network_address.get()
    return index(address, "address") if address else ""
