"""The command line: parses, calls one verb, prints the noun that comes back.

One file per command. A command's file is imported when that command runs, and the verb inside it
when the arguments are known to be right, so ``--help`` and ``predict`` stay quick.
"""

from __future__ import annotations

import sys


def main() -> None:
    """Run the ``happysad`` command and end the process with its exit code."""
    for stream in (sys.stdout, sys.stderr):
        # A file name may hold bytes that the terminal's encoding lacks; it is shown, never fatal.
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    from happysad.cli.app import app

    app(prog_name="happysad")
