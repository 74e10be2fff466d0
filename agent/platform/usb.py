"""Which devices are connected by USB, for hints to people: Linux tells by /sys, elsewhere nothing is known."""

from contextlib import suppress
from pathlib import Path

_DEVICES = Path("/sys/bus/usb/devices")
_MOST = 256


def usb_devices(folder: Path = _DEVICES) -> frozenset[str]:
    """The numbers of the devices as in "0ca6:0010" (vendor:product, lower case)."""
    found = set[str]()
    for device in sorted(folder.glob("*"))[:_MOST]:
        with suppress(OSError):
            numbers = [(device / name).read_text("ascii", "replace").strip() for name in ("idVendor", "idProduct")]
            found.add(":".join(numbers).lower())
    return frozenset(found)
