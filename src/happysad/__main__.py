"""``python -m happysad`` is the ``happysad`` command."""

from __future__ import annotations

from happysad.cli import main

if __name__ == "__main__":
    main()
