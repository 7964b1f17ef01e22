"""The bound on what a service takes on: a call has room in the queue, or is sent away at once."""

from __future__ import annotations

import math
import threading
from typing import Final

from happysad.errors import BusyError

_LONGEST_WAIT: Final = 30


class Room:
    """What all calls may hold together, and what they hold now.

    Args:
        most_pictures: that are not answered yet.
        most_bytes: of the bodies of their calls.

    Attributes:
        pictures: that are not answered yet.
        bytes: of the bodies of their calls.
        seconds_each: that a picture takes of late; the one who answers keeps it up to date.
    """

    def __init__(self, *, most_pictures: int, most_bytes: int) -> None:
        self.pictures = 0
        self.bytes = 0
        self.seconds_each = 0.1
        self._most_pictures = most_pictures
        self._most_bytes = most_bytes
        self._lock = threading.Lock()

    @property
    def is_empty(self) -> bool:
        """Whether no call is under way."""
        return self.pictures == 0 and self.bytes == 0

    def lease(self) -> Lease:
        """Return the room of one call, to be used in a ``with`` block."""
        return Lease(self)

    def take(self, *, pictures: int, size: int) -> None:
        """Take room, which has to be given back.

        Raises:
            BusyError: there is too little; none was taken.
        """
        with self._lock:
            if (
                self.pictures + pictures > self._most_pictures
                or self.bytes + size > self._most_bytes
            ):
                raise self._busy()
            self.pictures += pictures
            self.bytes += size

    def give_back(self, *, pictures: int, size: int) -> None:
        """Give room back."""
        with self._lock:
            self.pictures -= pictures
            self.bytes -= size

    def _busy(self) -> BusyError:
        # About when half of what waits will be done.
        seconds = math.ceil(self.pictures * self.seconds_each / 2)
        msg = f"The queue is full: {self.pictures} pictures wait. Come again a little later."
        return BusyError(msg, retry_after=min(max(seconds, 1), _LONGEST_WAIT))


class Lease:
    """Room for one call; it grows as the call's size becomes known.

    Args:
        room: of all calls.
    """

    def __init__(self, room: Room) -> None:
        self._room = room
        self._pictures = 0
        self._bytes = 0

    def __enter__(self) -> Lease:
        return self

    def __exit__(self, *_: object) -> None:
        self._room.give_back(pictures=self._pictures, size=self._bytes)

    def hold(self, *, pictures: int = 0, size: int = 0) -> None:
        """See that there is room for so much in all.

        Args:
            pictures: of the call.
            size: bytes of the call's body.

        Raises:
            BusyError: there is not.
        """
        more = max(0, pictures - self._pictures), max(0, size - self._bytes)
        self._room.take(pictures=more[0], size=more[1])
        self._pictures += more[0]
        self._bytes += more[1]
