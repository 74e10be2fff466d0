"""The one place that knows which operating system this is; every module offers the same names."""

import sys

if sys.platform == "win32":
    from agent.platform.windows import HOST_ENVIRONMENT, WINDOW_FONT, harden
else:
    from agent.platform.posix import HOST_ENVIRONMENT, WINDOW_FONT, harden

__all__ = ["HOST_ENVIRONMENT", "WINDOW_FONT", "harden"]
