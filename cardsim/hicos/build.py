"""Compiles the module when its source has changed."""

import hashlib
import os
import subprocess
import tempfile
from pathlib import Path

from cardsim.errors import SimulatorError

SOURCE = Path(__file__).parent
"""Where the C files lie."""
HEADERS = "/usr/include/p11-kit-1"
"""Where Debian's libp11-kit-dev (and Fedora's p11-kit-devel) put pkcs11.h."""
COMPILE = (
    "gcc", "-std=gnu11", "-O1", "-fPIC", "-Wall", "-Wextra", "-Wno-unused-parameter", f"-I{HEADERS}",
)  # fmt: skip
"""The compiler with the options that hold for every file."""
# Symbolic: SoftHSM2 in the same process has functions of the same names.
_LINK = ("-shared", "-Wl,-Bsymbolic,-z,now", "-lpthread", "-ldl")


def sources() -> list[Path]:
    """The C files, in a fixed order."""
    return sorted(SOURCE.glob("*.c"))


def build(cache: Path) -> Path:
    """The absolute path of the module, compiled into `cache` unless the same source was compiled there before.

    Safe to call from several processes at once. Raises SimulatorError when the compiler or a header is missing.
    """
    module = cache.resolve() / f"hicos-{_fingerprint()}.so"
    if module.is_file():
        return module
    try:
        module.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".hicos-", dir=module.parent) as folder:
            fresh = Path(folder) / "module.so"
            _compile(fresh)
            fresh.chmod(0o755)  # whatever the umask: drivers that others may write are refused
            fresh.rename(module)
    except OSError as error:
        raise SimulatorError(f"cannot write the module to {cache}: {error.strerror}") from None
    return module


def _fingerprint() -> str:
    digest = hashlib.sha256(" ".join((*COMPILE, *_LINK)).encode())
    for file in sorted(SOURCE.glob("*.[ch]")):
        digest.update(f"\n{file.name}\n".encode() + file.read_bytes())
    return digest.hexdigest()[:16]


def _compile(out: Path) -> None:
    command = [*COMPILE, *map(str, sources()), *_LINK, "-o", str(out)]
    if not Path(HEADERS, "p11-kit", "pkcs11.h").is_file():
        raise SimulatorError("the PKCS#11 header is missing; install the Debian package libp11-kit-dev")
    try:
        environment = {**os.environ, "LC_ALL": "C"}
        result = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=120)
    except FileNotFoundError:
        raise SimulatorError("the C compiler is missing; install the Debian packages gcc and libc6-dev") from None
    if result.returncode != 0:
        raise SimulatorError(f"the module does not compile: {result.stderr.strip()[:500]}")
