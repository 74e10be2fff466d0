"""Linux and macOS: how many files and connections this process may have open."""

import contextlib
import resource

_WANTED = 4096


def raise_file_limit() -> int:
    """Raises the soft limit of open files as far as the hard one lets it, at most to 4096; returns what it is now."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY:
        return _WANTED
    target = _WANTED if hard == resource.RLIM_INFINITY else min(_WANTED, hard)
    if soft < target:
        with contextlib.suppress(OSError, ValueError):  # macOS has limits of its own above the hard one
            resource.setrlimit(resource.RLIMIT_NOFILE, (target, hard))
    return min(_WANTED, resource.getrlimit(resource.RLIMIT_NOFILE)[0])
