"""Every error that happysad raises on purpose.

    HappysadError
    ├── UsageError               the call itself is wrong: an option, a name, a folder layout
    │   └── MissingExtraError    a library of an optional extra is not installed
    ├── PictureError             one picture cannot be used; its code is a stable word
    │   └── SourceError          the bytes could not be had: missing, forbidden, refused, too slow
    ├── CollectionError          a labelled folder cannot be worked with as it is
    ├── BundleError              a saved model is damaged, foreign or from another format version
    ├── RunError                 a training run cannot start, go on or be saved
    ├── LabelError               the labels of a pool cannot be kept or read
    │   └── ConflictError        somebody else, or another window, has answered in between
    └── ServiceError             a service that answers for pictures cannot be reached, or refuses
        └── BusyError            it has too much to do; it says when to come again

An error message says what was wrong, the value received and what to do next. The command line
prints the message alone; a traceback means a defect in happysad.
"""

from __future__ import annotations

import os
import shlex
import sys


class HappysadError(Exception):
    """The root: catch it to catch everything that happysad raises on purpose."""


class UsageError(HappysadError, ValueError):
    """The call itself is wrong; nothing was done."""


class MissingExtraError(UsageError):
    """A library that belongs to an optional extra is not installed.

    Args:
        library: import name that was looked for.
        extra: name of the extra that installs it.
    """

    def __init__(self, library: str, extra: str) -> None:
        self.library = library
        self.extra = extra
        super().__init__(
            f"This needs the library '{library}', which is not installed. "
            f"Install it with: {how_to_install(extra)}"
        )


def how_to_install(extra: str = "") -> str:
    """Return the command that adds an extra to this Python, or happysad's core."""
    active = os.environ.get("VIRTUAL_ENV") or os.environ.get("CONDA_PREFIX")
    # Where no environment is active, the first pip on the path is often another Python's.
    pip = "pip" if active == sys.prefix else f"{shlex.quote(sys.executable)} -m pip"
    return f"{pip} install 'happysad[{extra}]'" if extra else f"{pip} install happysad"


class PictureError(HappysadError):
    """One picture cannot be used.

    Args:
        code: stable word for machines, e.g. ``truncated`` (see ``records.CODES``).
        message: one sentence for people, without the source's name.
        source: where the picture came from: a path, a URL, ``-``, ``array``.
    """

    def __init__(self, code: str, message: str, source: str = "") -> None:
        self.code = code
        self.message = message
        self.source = source
        super().__init__(f"{source}: {message} [{code}]" if source else f"{message} [{code}]")

    def __reduce__(self) -> tuple[type[PictureError], tuple[str, str, str]]:
        """Errors travel between processes."""
        return type(self), (self.code, self.message, self.source)


class SourceError(PictureError):
    """The bytes of a picture could not be had."""


class CollectionError(HappysadError):
    """A labelled folder cannot be worked with as it is."""


class BundleError(HappysadError):
    """A saved model is damaged, foreign, or written in a format this version does not read."""


class RunError(HappysadError):
    """A training run cannot start, go on or be saved."""


class LabelError(HappysadError):
    """The labels of a pool cannot be kept or read."""


class ConflictError(LabelError):
    """A label follows one that is no longer the last: look again, then answer."""


class ServiceError(HappysadError):
    """A service that answers for pictures cannot be reached, or refuses a call.

    Args:
        message: what it said, or why there was no answer.
        status: HTTP status code; 0 where there was no answer.
        request_id: by which the service's log knows the call.
    """

    def __init__(self, message: str, *, status: int = 0, request_id: str = "") -> None:
        self.status = status
        self.request_id = request_id
        super().__init__(message)


class BusyError(ServiceError):
    """A service has as much to do as it takes on; the call was not begun.

    Args:
        message: what it said.
        retry_after: seconds after which to come again.
        status: HTTP status code.
        request_id: by which the service's log knows the call.
    """

    def __init__(
        self, message: str, *, retry_after: int, status: int = 503, request_id: str = ""
    ) -> None:
        self.retry_after = retry_after
        super().__init__(message, status=status, request_id=request_id)
