"""The bundle: one file with everything that predicting needs, written whole or not at all.

A neighbour each does the parts: ``container`` the file around it, ``document`` the manifest's
JSON, ``graph`` the look into the network, ``foreign`` the recognition of other formats.
"""

from __future__ import annotations

import errno
import hashlib
import os
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from happysad.bundle import container, document, foreign, graph, ports
from happysad.bundle.manifest import KINDS, Golden, Manifest, Member, golden_file, graph_file
from happysad.config import Limits
from happysad.durable import replacing
from happysad.errors import BundleError, SourceError
from happysad.sources.read import read_file

if TYPE_CHECKING:
    from collections.abc import Mapping

SUFFIX = ".happysad"

_MANIFEST = "manifest.json"
_MAX_MANIFEST_BYTES = 48 << 20


@dataclass(frozen=True, slots=True)
class Bundle:
    """A saved model.

    Attributes:
        manifest: what it says of itself.
        graphs: graph name → serialised ONNX model; its ports are those of ``bundle.ports``.
            Kind ``scene``: the graph ``scene`` takes ``pixels`` (uint8 or float32, shape
            (N, height, width, 3), 0 to 255, RGB) and gives ``probability``: float32 of shape
            (N, 1) for a sigmoid, (N, classes) for a softmax. Kind ``two-view``: ``scene`` takes
            uint8 ``pixels`` and gives ``features`` of shape (N, D) and ``grid`` of shape
            (N, rows, columns, D), whose mean over the cells the features are; ``expression``
            takes face crops, uint8 of shape (F, side, side, 3), and gives ``features`` of shape
            (F, E); ``finder`` is what ``faces.finder`` runs.
        golden: PNG bytes of the pictures whose answers the manifest knows.
        path: file it was read from or written to; not part of its identity.
    """

    manifest: Manifest
    graphs: Mapping[str, bytes]
    golden: tuple[bytes, ...] = ()
    path: Path | None = field(default=None, compare=False)


def write(path: Path | str, bundle: Bundle) -> Bundle:
    """Write a bundle to one file; equal bundles give equal files.

    The file appears whole: a temporary neighbour is written, flushed to disk and renamed. When
    that fails, an older file of the name is as it was.

    Args:
        path: file to write; its folder is made where it is missing.
        bundle: graphs, pictures and manifest. The manifest's table of files is computed here.

    Returns:
        The bundle as ``read`` will return it.

    Raises:
        BundleError: the bundle is not one that ``read`` would accept, or the file cannot be
            written (no room, no permission, …).
        UsageError: the manifest's options are no plain values.
    """
    path = Path(path)
    try:
        pieces = list(container.pack(_members(bundle)))
        written = _bundle(b"".join(pieces), path)
    except BundleError as error:
        msg = f"The model cannot be saved as {str(path)!r}, because it would not load: {error}."
        raise BundleError(msg) from error
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with replacing(path) as file:
            file.writelines(pieces)
    except OSError as error:
        reason = os.strerror(error.errno) if error.errno else str(error)
        kept = "; the file that was there is unchanged" if path.exists() else ""
        what = "Free some room" if error.errno in {errno.ENOSPC, errno.EDQUOT} else "Check it"
        msg = f"The model cannot be saved as {str(path)!r}: {reason}{kept}. {what} and try again."
        raise BundleError(msg) from error
    return written


def read(path: Path | str) -> Bundle:
    """Read a bundle and check every byte of it.

    Raises:
        BundleError: there is no such file, it is damaged, of a newer format version, or of a
            foreign format (then the message names the import command).
    """
    path = Path(path)
    try:
        return _bundle(_read_file(path), path)
    except BundleError as error:
        msg = f"The model {str(path)!r} cannot be loaded: {error}."
        raise BundleError(msg) from error


def _members(bundle: Bundle) -> dict[str, bytes]:
    """Return the files of the bundle, the manifest with its table of files first."""
    if len(bundle.golden) != len(bundle.manifest.golden):
        msg = (
            f"it holds {len(bundle.golden)} golden pictures and "
            f"{len(bundle.manifest.golden)} answers to them; give one answer to each"
        )
        raise BundleError(msg)
    graphs = {graph_file(name): data for name, data in sorted(bundle.graphs.items())}
    pictures = {golden_file(index): data for index, data in enumerate(bundle.golden)}
    manifest = replace(
        bundle.manifest,
        graphs={n: _member(graph_file(n), data) for n, data in sorted(bundle.graphs.items())},
        golden=tuple(
            Golden(_member(file, data), known.probabilities)
            for (file, data), known in zip(pictures.items(), bundle.manifest.golden, strict=True)
        ),
    )
    return {_MANIFEST: document.to_json(manifest), **graphs, **pictures}


def _member(file: str, data: bytes) -> Member:
    return Member(file, hashlib.sha256(data).hexdigest(), len(data))


def _read_file(path: Path) -> bytes:
    """Return the bytes of a regular file within the size limit."""
    if path.is_dir():
        kind = foreign.recognise_folder(path)
        raise BundleError(foreign.refusal(path, kind) if kind else "it is a folder")
    most = Limits(max_bytes=container.MAX_FILE_BYTES + _MAX_MANIFEST_BYTES)
    try:
        return read_file(path, limits=most, follow=True)
    except SourceError as error:
        raise BundleError(error.message.rstrip(".")) from error


def _bundle(data: bytes, path: Path) -> Bundle:
    members = _unpack(data, path)
    text = members.pop(_MANIFEST)
    if len(text) > _MAX_MANIFEST_BYTES:
        msg = f"its manifest has {len(text)} bytes, more than {_MAX_MANIFEST_BYTES}"
        raise BundleError(msg)
    manifest = document.from_json(bytes(text))
    _check_members(manifest, members)
    graphs = {name: bytes(members[member.file]) for name, member in manifest.graphs.items()}
    ports.check(manifest, {name: graph.inspect(onnx) for name, onnx in graphs.items()})
    golden = tuple(bytes(members[known.member.file]) for known in manifest.golden)
    return Bundle(manifest, graphs, golden, path)


def _unpack(data: bytes, path: Path) -> dict[str, memoryview]:
    try:
        members = container.unpack(data)
    except BundleError as error:
        kind = foreign.recognise(data)
        if kind is None:
            raise
        raise BundleError(foreign.refusal(path, kind)) from error
    if next(iter(members), None) != _MANIFEST:
        msg = "it is no happysad bundle"
        raise BundleError(msg)
    return members


def _check_members(manifest: Manifest, members: Mapping[str, memoryview]) -> None:
    expected = [*manifest.graphs.values(), *(known.member for known in manifest.golden)]
    names = sorted(KINDS[manifest.kind])
    if list(manifest.graphs) != names:
        msg = f"a bundle of kind '{manifest.kind}' holds the graphs {', '.join(names)}"
        raise BundleError(msg)
    if [member.file for member in expected] != list(members):
        msg = "the files it holds are not those that its manifest lists"
        raise BundleError(msg)
    for member in expected:
        data = members[member.file]
        good = len(data) == member.bytes and hashlib.sha256(data).hexdigest() == member.sha256
        if not good:
            msg = f"its file {member.file!r} is damaged"
            raise BundleError(msg)
