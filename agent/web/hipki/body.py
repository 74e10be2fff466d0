"""The body of a request: `tbsPackage=` and JSON, percent-encoded once in one of several ways."""

# Room for a content of 1 MiB whose every byte is percent-encoded, and for what stands beside it.
MAX_BODY = 3 * 1024 * 1024 + 64 * 1024


def decode(body: bytes) -> dict[str, object]:
    """The fields of a request (hipki.md, 1.1); no body has none.

    Raises OldError(BAD_JSON) for anything but one JSON object of text, OldError(TOO_LARGE) beyond `MAX_BODY`.
    """
    raise NotImplementedError
