"""The command line: parses, calls one verb, prints the noun that comes back.

One file per command. A command's file is imported when that command runs, and the verb inside it
when the arguments are known to be right, so ``--help`` and ``predict`` stay quick.
"""

from __future__ import annotations

import atexit
import gc
import os
import sys
from contextlib import suppress


def main() -> None:
    """Run the ``happysad`` command and end the process with its exit code."""
    # A start makes many objects that stay, and numpy's thread pool for matrices that never come;
    # collecting and starting those would take a tenth of a cold prediction.
    gc.set_threshold(100_000)
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    for stream in (sys.stdout, sys.stderr):
        # A file name may hold bytes that the terminal's encoding lacks; it is shown, never fatal.
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    from happysad.cli.app import app

    try:
        app(prog_name="happysad")
    except SystemExit as end:
        _leave(end.code)


def _leave(code: object) -> None:
    """End the process at once; taking a whole interpreter apart is a tenth of a cold prediction.

    What was registered to run at the end has run, and what was printed is out.
    """
    atexit._run_exitfuncs()
    try:
        sys.stdout.flush()
    except BrokenPipeError:  # the reader has seen enough, as in ``happysad … | head``
        code = 1
    with suppress(OSError):
        sys.stderr.flush()
    os._exit(code if isinstance(code, int) else int(code is not None))
