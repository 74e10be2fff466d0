"""The one place that knows which operating system this is; every module offers the same names."""

import sys

if sys.platform == "win32":
    from agent.platform.files_windows import raise_file_limit
    from agent.platform.holder import holder_of
    from agent.platform.memory_windows import release_memory
    from agent.platform.names import browsers_find
    from agent.platform.ownership_windows import ADMINISTRATOR_FILE, doubt_of
    from agent.platform.peer_windows import peer_is_ours
    from agent.platform.windows import HOST_ENVIRONMENT, PCSC_SOCKET, WINDOW_FONT, end_with_us, harden, may_pass
else:
    from agent.platform.files_posix import raise_file_limit
    from agent.platform.memory_posix import release_memory
    from agent.platform.ownership_posix import ADMINISTRATOR_FILE, doubt_of
    from agent.platform.posix import HOST_ENVIRONMENT, PCSC_SOCKET, WINDOW_FONT, end_with_us, harden, may_pass

    if sys.platform == "darwin":
        from agent.platform.holder import holder_of
        from agent.platform.names_macos import browsers_find
        from agent.platform.peer_macos import peer_is_ours
    else:
        from agent.platform.holder_linux import holder_of
        from agent.platform.names import browsers_find
        from agent.platform.peer_linux import peer_is_ours

__all__ = [
    "ADMINISTRATOR_FILE",
    "HOST_ENVIRONMENT",
    "PCSC_SOCKET",
    "WINDOW_FONT",
    "browsers_find",
    "doubt_of",
    "end_with_us",
    "harden",
    "holder_of",
    "may_pass",
    "peer_is_ours",
    "raise_file_limit",
    "release_memory",
]
