"""The one exception a command turns into a one-line message and exit status 2."""


class SimulatorError(Exception):
    """A mistake or a missing part that the caller can act on; the text is one plain sentence."""
