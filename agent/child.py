"""How this program starts another part of itself as a process of its own."""

import sys
from pathlib import Path

_ROOT = str(Path(__file__).resolve().parents[1])


def child_command(module: str) -> tuple[str, ...]:
    """The constant command that runs `main()` of a module of ours; arguments may follow.

    -I keeps the current directory, PYTHONPATH and the user's site-packages out of the new process. It lives for seconds
    or minutes, so nothing collects its few reference cycles: looking for them costs a twentieth of the time it loads.
    """
    code = f"import gc, sys; gc.disable(); sys.path.insert(0, {_ROOT!r}); from {module} import main; sys.exit(main())"
    return (sys.executable, "-I", "-c", code)
