"""ONNX Runtime for browsers: where its files come from.

They are 14 MB that most people never need, so happysad does not carry them. Whoever exports gets
one pinned version through npm, or names files that are already there; every byte is checked.
"""

from __future__ import annotations

import contextlib
import hashlib
import shutil
import subprocess
import tarfile
import tempfile
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from happysad.bundle import shelf
from happysad.durable import replacing
from happysad.errors import BundleError

if TYPE_CHECKING:
    from collections.abc import Mapping

PACKAGE: Final = "onnxruntime-web@1.30.0"

MODULE: Final = "ort.wasm.bundle.min.mjs"
PROGRAM: Final = "ort-wasm-simd-threaded.wasm"

SHA512: Final[Mapping[str, str]] = MappingProxyType(
    {
        MODULE: (
            "d4a705f0258065eaad4dcbcb80a3ed38c5c86e459e87ef8b0c24290e14390115"
            "711c02f554d2f9aebd0e23e3314db98d200365744fc0feaf8ee2048a81232359"
        ),
        PROGRAM: (
            "1adeded62203219fcf5c484cfce5657aa5875689b490423f86cf1ca1dd1cad77"
            "15f630c6337f41db71ee42794e3a00ce0b7c78939a71220b5d83368bf6ea7730"
        ),
    }
)
"""File in the package's folder ``dist`` → digest. The program runs with and without threads."""

_SECONDS = 600


def files(source: Path | None = None) -> dict[str, bytes]:
    """Return the files that a page needs, name → bytes.

    Args:
        source: the package as npm packs it (``.tgz``), or a folder with its files, say
            ``node_modules/onnxruntime-web``; None for what an earlier export kept, else npm.

    Raises:
        BundleError: they are not there, are those of another version, or npm cannot get them.
    """
    if source is not None:
        return _checked(_read(source), str(source))
    kept = shelf.home() / "runtime" / PACKAGE.replace("@", "-")
    with contextlib.suppress(BundleError):
        return _checked(_in_folder(kept), str(kept))
    found = _from_npm()
    _keep(found, kept)
    return found


def _read(source: Path) -> dict[str, bytes]:
    if source.is_dir():
        return _in_folder(source / "dist" if (source / "dist").is_dir() else source)
    if not source.is_file():
        msg = f"There is no {str(source)!r}. {_how()}"
        raise BundleError(msg)
    return _in_package(source)


def _in_folder(folder: Path) -> dict[str, bytes]:
    return {name: (folder / name).read_bytes() for name in SHA512 if (folder / name).is_file()}


def _in_package(path: Path) -> dict[str, bytes]:
    """Return the files in a packed package; nothing is unpacked to the disk."""
    found = {}
    try:
        with tarfile.open(path) as package:
            for name in SHA512:
                member = package.extractfile(f"package/dist/{name}")
                if member is not None:
                    found[name] = member.read()
    except (tarfile.TarError, KeyError, OSError, EOFError) as error:
        msg = f"{str(path)!r} is no package of {PACKAGE}: {error}. {_how()}"
        raise BundleError(msg) from error
    return found


def _checked(found: dict[str, bytes], source: str) -> dict[str, bytes]:
    for name, digest in SHA512.items():
        if name not in found:
            msg = f"{source!r} holds no {name}. {_how()}"
            raise BundleError(msg)
        if hashlib.sha512(found[name]).hexdigest() != digest:
            msg = f"The {name} in {source!r} is not the one of {PACKAGE}. {_how()}"
            raise BundleError(msg)
    return found


def _from_npm() -> dict[str, bytes]:
    """Let npm get the package, from wherever it is set up to get packages."""
    npm = shutil.which("npm")
    if npm is None:
        msg = f"The page needs {PACKAGE}, and there is no npm here to get it. {_how()}"
        raise BundleError(msg)
    with tempfile.TemporaryDirectory() as folder:
        command = [npm, "pack", PACKAGE, "--ignore-scripts", "--silent"]
        try:
            subprocess.run(  # noqa: S603 - a fixed command; nothing of the package is run
                command,
                cwd=folder,
                check=True,
                capture_output=True,
                stdin=subprocess.DEVNULL,
                timeout=_SECONDS,
            )
        except (OSError, subprocess.SubprocessError) as error:
            msg = f"npm could not get {PACKAGE}: {_reason(error)}. {_how()}"
            raise BundleError(msg) from error
        packed = next(Path(folder).glob("*.tgz"), Path(folder) / "nothing.tgz")
        return _checked(_in_package(packed), PACKAGE)


def _reason(error: Exception) -> str:
    said = (getattr(error, "stderr", None) or b"").decode(errors="replace").strip()
    return " ".join((said or str(error)).split())[-200:]


def _keep(found: Mapping[str, bytes], folder: Path) -> None:
    """Keep the files for the next export; a home that cannot be written must not cost this one."""
    with contextlib.suppress(OSError):
        folder.mkdir(parents=True, exist_ok=True)
        for name, data in found.items():
            with replacing(folder / name) as file:
                file.write(data)


def _how() -> str:
    packed = f"{PACKAGE.replace('@', '-')}.tgz"
    return (
        f"On a machine with npm and a network, 'npm pack {PACKAGE}' writes {packed}; name that "
        f"file with: happysad export MODEL --to web --runtime {packed}"
    )
