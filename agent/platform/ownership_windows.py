"""Windows: where the administrator's settings lie, and whether others could have written them."""

import ctypes
from pathlib import Path

import platformdirs

from agent.platform.ownership_sddl import doubt_of_descriptor

ADMINISTRATOR_FILE = Path(platformdirs.site_config_dir("cardlogin", appauthor=False)) / "agent.toml"
_FILE_OBJECT, _OWNER_AND_DACL, _REVISION = 1, 0x1 | 0x4, 1


def doubt_of(path: Path) -> str:
    """Why a file could have been written by somebody else than an administrator; empty when it could not.

    The folder counts too, because whoever may write there can put another file in its place.
    Raises OSError for a file that cannot be looked at.
    """
    real = path.resolve(strict=True)
    for item in (real, real.parent):
        doubt = doubt_of_descriptor(_descriptor(item))
        if doubt:
            return f"{item} {doubt}"
    return "" if real.is_file() else f"{real} is no file"


def _descriptor(path: Path) -> str:
    security, text = ctypes.c_void_p(), ctypes.c_wchar_p()
    advapi, kernel = ctypes.windll.advapi32, ctypes.windll.kernel32  # type: ignore[attr-defined,unused-ignore]
    error = advapi.GetNamedSecurityInfoW(
        ctypes.c_wchar_p(str(path)), _FILE_OBJECT, _OWNER_AND_DACL, None, None, None, None, ctypes.byref(security)
    )
    if error:
        raise OSError(error, f"no access list of {path}")
    try:
        if not advapi.ConvertSecurityDescriptorToStringSecurityDescriptorW(
            security, _REVISION, _OWNER_AND_DACL, ctypes.byref(text), None
        ):
            raise OSError(kernel.GetLastError(), f"no access list of {path}")
        try:
            return text.value or ""
        finally:
            kernel.LocalFree(text)
    finally:
        kernel.LocalFree(security)
