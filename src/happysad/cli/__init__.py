"""The command line: parses, calls one verb, prints the noun that comes back.

One file per command. A command's file is imported when that command runs, and the verb inside it
when the arguments are known to be right, so ``--help`` and ``predict`` stay quick.
"""

from __future__ import annotations

import gc
import os
import sys


def main() -> None:
    """Run the ``happysad`` command and end the process with its exit code."""
    # A start makes many objects that stay, and numpy's thread pool for matrices that never come;
    # together with the final round of collecting they cost an eighth of a cold prediction.
    gc.set_threshold(100_000)
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    for stream in (sys.stdout, sys.stderr):
        # A file name may hold bytes that the terminal's encoding lacks; it is shown, never fatal.
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    from happysad.cli.app import app

    try:
        app(prog_name="happysad")
    finally:
        gc.freeze()
