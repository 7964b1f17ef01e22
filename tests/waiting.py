"""Waiting for what happens in the background."""

from __future__ import annotations

import time
from collections.abc import Callable

SOON = 240.0  # a busy machine is no fault of ours


def until(condition: Callable[[], object]) -> None:
    """Wait until something holds."""
    end = time.monotonic() + SOON
    while not condition():
        assert time.monotonic() < end, "still not"
        time.sleep(0.02)
