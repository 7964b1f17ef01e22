"""Read one file without being held up, led astray or flooded by what stands under its name."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

from happysad.config import Limits
from happysad.errors import SourceError

_CHUNK = 1024 * 1024
_CODES = {
    errno.ENOENT: ("missing", "There is no such file."),
    errno.ENOTDIR: ("missing", "There is no such file."),
    errno.EACCES: ("permission_denied", "The file may not be read; check its permissions."),
    errno.EPERM: ("permission_denied", "The file may not be read; check its permissions."),
    errno.ELOOP: ("symbolic_link", "A symbolic link, which is not followed; name its target."),
    errno.ENXIO: ("not_a_file", "Not a regular file but a pipe, socket or device."),
    errno.ENODEV: ("not_a_file", "Not a regular file but a pipe, socket or device."),
    errno.EISDIR: ("not_a_file", "Not a regular file but a folder."),
    errno.ENAMETOOLONG: ("missing", "The name is too long for a file."),
}


def read_file(path: str | Path, *, limits: Limits = Limits(), follow: bool = False) -> bytes:
    """Return the bytes of a regular file.

    Args:
        path: of the file; undecodable bytes in it as Python's ``surrogateescape`` has them.
        limits: ``max_bytes`` holds while reading, also for a file that grows.
        follow: also read what a symbolic link points to.

    Raises:
        SourceError: ``missing``, ``permission_denied``, ``not_a_file``, ``symbolic_link``,
            ``too_many_bytes`` or, for other trouble while reading, ``vanished``.
    """
    name = os.fspath(path)
    try:
        # Non-blocking: opening a pipe that nobody writes to would wait for ever.
        flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
        flags |= getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_NOCTTY", 0)
        if not follow:
            flags |= getattr(os, "O_NOFOLLOW", 0)
        handle = os.open(name, flags)
    except (OSError, ValueError) as error:
        raise _refusal(error, name) from error
    try:
        return _read(handle, name, limits)
    except OSError as error:
        raise _refusal(error, name) from error
    finally:
        os.close(handle)


def _read(handle: int, name: str, limits: Limits) -> bytes:
    status = os.fstat(handle)
    if not stat.S_ISREG(status.st_mode):
        kind = "a folder" if stat.S_ISDIR(status.st_mode) else "a pipe, socket or device"
        raise SourceError("not_a_file", f"Not a regular file but {kind}.", name)
    # Look at the size before reading, and at the bytes that come, because files can grow.
    if status.st_size > limits.max_bytes:
        raise _too_many(status.st_size, limits, name)
    data = bytearray()
    while piece := os.read(handle, _CHUNK):
        data += piece
        if len(data) > limits.max_bytes:
            raise _too_many(len(data), limits, name)
    return bytes(data)


def _too_many(size: int, limits: Limits, name: str) -> SourceError:
    msg = f"The file has {size:,} bytes or more; the limit is {limits.max_bytes:,}."
    return SourceError("too_many_bytes", msg, name)


def _refusal(error: OSError | ValueError, name: str) -> SourceError:
    """Translate what the operating system says."""
    number = error.errno if isinstance(error, OSError) else None
    if number in _CODES:
        code, message = _CODES[number]
        return SourceError(code, message, name)
    if isinstance(error, ValueError):
        return SourceError("missing", "No file can have a name with a null character.", name)
    return SourceError("vanished", f"The file could not be read to its end ({error}).", name)
