"""Keras files from elsewhere, opened in a child process that can do no harm here.

A ``.keras`` or ``.h5`` file is a program in disguise: its configuration names classes to build,
and its parsers are written in C. So it is opened in a process of its own with limits on memory,
time and file size; only layers that ``onnx_layers`` knows may be named in it; Keras' safe mode is
on; and what comes back is an ONNX graph, which the parent inspects like any other.

``convert`` runs in the parent, ``child_main`` in the child.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from happysad.errors import BundleError, HappysadError, MissingExtraError

MAX_FILE_BYTES = 2 << 30
MAX_CONFIG_BYTES = 16 << 20
TOLERANCE = 1e-4
"""How far the graph's probabilities may be from Keras'."""

_SECONDS = 300
# TensorFlow maps far more than it uses.
_MEMORY_BYTES = 24 << 30
_PROGRAM = "from happysad.training.importing import child_main; child_main()"


@dataclass(frozen=True, slots=True)
class Converted:
    """A Keras file as a graph.

    Attributes:
        graph: serialised ONNX model; takes float32 ``pixels`` of 0 to 255.
        width: pixels.
        height: pixels.
        outputs: numbers for each picture.
        scaled_inside: the network divides by 255 itself; otherwise the graph was given that step.
    """

    graph: bytes
    width: int
    height: int
    outputs: int
    scaled_inside: bool


def convert(path: Path) -> Converted:
    """Turn a Keras file into a graph, in a child process.

    Args:
        path: a ``.keras`` or ``.h5`` file.

    Raises:
        BundleError: it is no Keras file, is damaged, names custom code or a layer that cannot be
            saved, or needs too much memory or time.
        MissingExtraError: keras or onnx is not installed.
    """
    with tempfile.TemporaryDirectory(prefix="happysad-import-") as folder:
        setup = {"sys_path": sys.path, "file": str(path.resolve()), "folder": folder}
        try:
            child = subprocess.run(  # noqa: S603 - this interpreter, and a program of ours
                [sys.executable, "-c", _PROGRAM],
                input=json.dumps(setup).encode(),
                capture_output=True,
                timeout=_SECONDS,
                cwd=folder,
                env={**os.environ, "KERAS_HOME": folder, "KERAS_BACKEND": "tensorflow"},
                check=False,
            )
        except subprocess.TimeoutExpired as error:
            msg = f"The file {str(path)!r} took longer than {_SECONDS} s to open and was given up."
            raise BundleError(msg) from error
        return _received(path, Path(folder), child.returncode)


def _received(path: Path, folder: Path, code: int) -> Converted:
    """Return what the child left behind, or its error."""
    try:
        about = json.loads((folder / "about.json").read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        msg = (
            f"The file {str(path)!r} cannot be imported: opening it ended its process "
            f"(exit code {code}). It is damaged, or needs more memory than allowed."
        )
        raise BundleError(msg) from error
    if "missing" in about:
        raise MissingExtraError(about["missing"], "train")
    if "error" in about:
        msg = f"The file {str(path)!r} cannot be imported: {about['error']}"
        raise BundleError(msg)
    return Converted(graph=(folder / "graph.onnx").read_bytes(), **about)


def child_main() -> None:
    """Convert the file that standard input names; the result lies in the folder named there."""
    setup = json.load(sys.stdin)
    sys.path[:] = setup["sys_path"]
    folder = Path(setup["folder"])
    _limit_resources()
    try:
        about = _convert_here(Path(setup["file"]), folder)
    except MissingExtraError as error:
        about = {"missing": error.library}
    except HappysadError as error:
        about = {"error": str(error)}
    # A foreign file makes Keras and h5py raise anything; each is a reason to refuse it.
    except Exception as error:
        text = str(error).strip() or type(error).__name__
        about = {"error": f"Keras does not open it: {text.splitlines()[0][:300]}"}
    (folder / "about.json").write_text(json.dumps(about), encoding="utf-8")


def _limit_resources() -> None:
    """Limit this process; Windows has no such limits, there the time limit alone holds."""
    try:
        import resource
    except ImportError:
        return
    limits = [
        (resource.RLIMIT_AS, _MEMORY_BYTES),
        (resource.RLIMIT_CPU, _SECONDS),
        (resource.RLIMIT_FSIZE, MAX_FILE_BYTES),
        (resource.RLIMIT_CORE, 0),
    ]
    for limit, value in limits:
        hard = resource.getrlimit(limit)[1]
        lowered = value if hard == resource.RLIM_INFINITY else min(value, hard)
        resource.setrlimit(limit, (lowered, lowered))


def _convert_here(path: Path, folder: Path) -> dict[str, Any]:
    from happysad.training.engine import load_keras
    from happysad.training.onnx_writer import write_onnx
    from happysad.training.restore import check_architecture

    kind, text = _configuration(path)
    check_architecture(text)
    keras = load_keras()
    # Keras chooses its parser by the name, which may say something else than the content.
    named = folder / f"model{kind}"
    named.symlink_to(path)
    loaded = keras.models.load_model(named, compile=False, safe_mode=True)
    shape = _picture_shape(loaded)
    inside = _scales_inside(loaded)
    model = loaded if inside else _scaled(keras, loaded)
    graph = write_onnx(model, input_dtype="float32")
    _check_parity(loaded, graph, shape, divide=not inside)
    (folder / "graph.onnx").write_bytes(graph)
    height, width, _ = shape
    outputs = int(loaded.outputs[0].shape[-1])
    return {"width": width, "height": height, "outputs": outputs, "scaled_inside": inside}


def _configuration(path: Path) -> tuple[str, str]:
    """Return the file's kind by content, and its configuration, which names what it builds."""
    if path.stat().st_size > MAX_FILE_BYTES:
        msg = f"it is larger than {MAX_FILE_BYTES >> 30} GiB."
        raise BundleError(msg)
    with path.open("rb") as file:
        head = file.read(8)
    if head.startswith(b"PK"):
        return ".keras", _keras_configuration(path)
    if head == b"\x89HDF\r\n\x1a\n":
        return ".h5", _h5_configuration(path)
    msg = "by its content it is neither a .keras nor an .h5 file."
    raise BundleError(msg)


def _keras_configuration(path: Path) -> str:
    with zipfile.ZipFile(path) as archive:
        total = sum(item.file_size for item in archive.infolist())
        config = archive.getinfo("config.json")
        if total > MAX_FILE_BYTES or config.file_size > MAX_CONFIG_BYTES:
            msg = f"it unpacks to {total} bytes, its configuration to {config.file_size}."
            raise BundleError(msg)
        described = json.loads(archive.read(config))
    # How it was compiled names losses and optimizers; Keras skips that part, see ``compile``.
    return json.dumps({**described, "compile_config": None})


def _h5_configuration(path: Path) -> str:
    import h5py

    with h5py.File(path, "r") as file:
        config = file.attrs.get("model_config")
    if config is None:
        msg = "it holds weights alone; save the whole model with model.save(…)."
        raise BundleError(msg)
    text = config.decode("utf-8") if isinstance(config, bytes) else str(config)
    if len(text) > MAX_CONFIG_BYTES:
        msg = f"its configuration has {len(text)} characters."
        raise BundleError(msg)
    return text


def _picture_shape(model: Any) -> tuple[int, int, int]:
    shapes = [tuple(item.shape[1:]) for item in model.inputs]
    good = len(shapes) == 1 and len(shapes[0]) == 3 and shapes[0][2] == 3 and None not in shapes[0]
    if not good:
        msg = f"it does not take one RGB picture of a fixed size, but {shapes}."
        raise BundleError(msg)
    height, width, channels = shapes[0]
    return int(height), int(width), int(channels)


def _scales_inside(model: Any) -> bool:
    """Whether the network's first step brings 0–255 to a small range itself."""
    from happysad.training.onnx_writer import weighted_layers

    for _, layer in weighted_layers(model):
        name = type(layer).__name__
        if name != "InputLayer" and not name.startswith("Random"):
            return name == "Rescaling" and float(np.max(layer.scale)) < 0.1
    return False


def _scaled(keras: Any, model: Any) -> Any:
    """Return the network with a division by 255 before it."""
    pixels = keras.Input(model.inputs[0].shape[1:], name="pixels")
    scaled = keras.layers.Rescaling(1 / 255, name="happysad_scale")(pixels)
    return keras.Model(pixels, model(scaled), name="imported")


def _check_parity(model: Any, graph: bytes, shape: tuple[int, int, int], *, divide: bool) -> None:
    import onnxruntime

    pixels = np.random.default_rng(0).uniform(0, 255, (4, *shape)).astype(np.float32)
    # Called as it is: compiling it, as ``predict`` does, takes longer than four pictures.
    expected = np.asarray(model(pixels / 255 if divide else pixels, training=False))
    session = onnxruntime.InferenceSession(graph, providers=["CPUExecutionProvider"])
    apart = float(np.abs(session.run(None, {"pixels": pixels})[0] - expected).max())
    if not apart <= TOLERANCE:
        msg = f"its graph answers {apart:.2g} apart from Keras."
        raise BundleError(msg)
