"""What somebody names on a command line → one source after the other."""

from __future__ import annotations

import glob
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final, Literal

from happysad.config import FetchOptions, Limits
from happysad.errors import SourceError, UsageError
from happysad.sources.read import read_file

Kind = Literal["file", "url", "bytes"]

_SCHEMES: Final = ("http://", "https://")
_PATTERN_SIGNS: Final = frozenset("*?[")
# A list of names is text; every picture format has one of these bytes within its first few.
_BINARY_SIGNS: Final = frozenset(range(9)) | frozenset(range(14, 32)) - {27}
_MAGIC: Final = (b"\xff\xd8", b"\x89PNG", b"GIF8", b"RIFF", b"BM", b"II*\x00", b"MM\x00*")


@dataclass(frozen=True, slots=True)
class Source:
    """One picture that is asked for, not read yet.

    Attributes:
        name: the path, URL or ``-``; undecodable bytes of a path as ``surrogateescape`` has them.
        kind: where ``load`` gets the bytes.
        data: the bytes themselves, for ``bytes`` alone.
    """

    name: str
    kind: Kind
    data: bytes | None = None


def expand(
    arguments: Iterable[str | Path], *, recursive: bool = False, stdin: BinaryIO | None = None
) -> Iterator[Source]:
    """Turn files, folders, patterns, URLs and ``-`` into sources, in order.

    Args:
        arguments: paths, glob patterns, URLs, or ``-`` for what comes on standard input: the
            bytes of one picture, or a list of paths and URLs, one a line.
        recursive: also go into folders of folders; symbolic links are not followed.
        stdin: what ``-`` reads.

    Yields:
        Sources. A file that is named is yielded even where it does not exist: saying so is the
        reader's part, for that item alone. Of folders, regular files without a leading dot.

    Raises:
        UsageError: ``-`` without standard input.
    """
    for argument in arguments:
        name = os.fspath(argument)
        if name == "-":
            yield from _from_stdin(stdin, recursive=recursive)
        else:
            yield from _from_name(name, recursive=recursive)


def load(
    source: Source, *, limits: Limits = Limits(), fetch_options: FetchOptions = FetchOptions()
) -> bytes:
    """Return the bytes of a source.

    Args:
        source: from ``expand``.
        limits: what a picture may cost.
        fetch_options: for URLs.

    Raises:
        SourceError: the bytes cannot be had.
    """
    if source.kind == "url":
        # Loads the HTTP library, which files do not need.
        from happysad.sources.fetch import fetch

        return fetch(source.name, options=fetch_options, limits=limits)
    if source.kind == "file":
        # Named by the user, so a link is meant; folders are walked without following any.
        return read_file(source.name, limits=limits, follow=True)
    data = source.data or b""
    if len(data) > limits.max_bytes:
        msg = f"The input has more than {limits.max_bytes:,} bytes, which is the limit."
        raise SourceError("too_many_bytes", msg, source.name)
    return data


def is_url(name: str) -> bool:
    """Tell whether a name is meant as a web address."""
    return name.lower().startswith(_SCHEMES)


def _from_name(name: str, *, recursive: bool) -> Iterator[Source]:
    if is_url(name):
        yield Source(name, "url")
    elif Path(name).is_dir():
        yield from _from_folder(name, recursive=recursive)
    elif not os.path.lexists(name) and _PATTERN_SIGNS & set(name):
        yield from _from_pattern(name, recursive=recursive)
    else:
        yield Source(name, "file")


def _from_pattern(pattern: str, *, recursive: bool) -> Iterator[Source]:
    matches = sorted(glob.glob(pattern, recursive=True))  # noqa: PTH207 - absolute patterns too
    if not matches:
        # One line about the pattern as it stands is better than silence.
        yield Source(pattern, "file")
    for match in matches:
        if Path(match).is_dir():
            if recursive:
                yield from _from_folder(match, recursive=True)
        else:
            yield Source(match, "file")


def _from_folder(folder: str, *, recursive: bool) -> Iterator[Source]:
    """Walk without recursion of our own and without links, in the order of the names."""
    waiting = [folder]
    while waiting:
        files, folders = _list(waiting.pop())
        for path in files:
            yield Source(path, "file")
        if recursive:
            waiting.extend(reversed(folders))


def _list(folder: str) -> tuple[list[str], list[str]]:
    """Return the paths of a folder's files and folders; a closed folder counts as a file.

    Reading it then gives the reason for that item, and the others go on.
    """
    files, folders = [], []
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                if entry.name.startswith("."):
                    continue
                if entry.is_file(follow_symlinks=False):
                    files.append(entry.path)
                elif entry.is_dir(follow_symlinks=False):
                    folders.append(entry.path)
    except OSError:
        return [folder], []
    return sorted(files), sorted(folders)


def _from_stdin(stdin: BinaryIO | None, *, recursive: bool) -> Iterator[Source]:
    if stdin is None:
        msg = "The source '-' stands for standard input, but there is none. Name a file instead."
        raise UsageError(msg)
    head = stdin.read(64)
    if _is_list(head):
        yield from _from_lines(head, stdin, recursive=recursive)
    else:
        # One byte more than allowed is enough to see that it is too much.
        yield Source("-", "bytes", head + stdin.read(Limits().max_bytes + 1))


def _is_list(head: bytes) -> bool:
    return not head.startswith(_MAGIC) and bool(head) and not _BINARY_SIGNS & set(head)


def _from_lines(head: bytes, stdin: BinaryIO, *, recursive: bool) -> Iterator[Source]:
    """Read names as they come; a program may write them one by one and wait for the answers."""
    whole = head[: head.rfind(b"\n") + 1]
    begun = head[len(whole) :]
    for line in (*whole.splitlines(), begun + stdin.readline()):
        yield from _from_line(line, recursive=recursive)
    for line in stdin:
        yield from _from_line(line, recursive=recursive)


def _from_line(line: bytes, *, recursive: bool) -> Iterator[Source]:
    name = os.fsdecode(line.rstrip(b"\r\n"))
    if name:
        yield from _from_name(name, recursive=recursive)
