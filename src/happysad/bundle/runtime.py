"""Running the graphs of a bundle: the one place where ONNX Runtime is asked, and translated."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np

from happysad.bundle.ports import INPUT, OUTPUT
from happysad.errors import BundleError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from happysad.bundle.archive import Bundle
    from happysad.pictures.prepared import Prepared
    from happysad.records import Face, Views


@dataclass(frozen=True, slots=True)
class Reading:
    """What a model read from one picture.

    Attributes:
        probabilities: of each class, not calibrated, float64 of shape (classes,).
        faces: the faces that were found.
        views: what each view said, for models of two.
        off_topic: probability that the picture is neither, where the model tells.
        scene_map: the scene's logit cell by cell, where it was asked for.
    """

    probabilities: NDArray[np.float64]
    faces: tuple[Face, ...] = ()
    views: Views | None = None
    off_topic: float | None = None
    scene_map: NDArray[np.float64] | None = None


class Network:
    """A graph that takes ``pixels``, ready to run.

    Args:
        onnx: the serialised graph; given to the runtime, not kept.
        arena: keep the memory of the largest run for the next one. Faster where runs are small
            and of few sizes; batches of one graph for ever would cost more than they need.
        shapes: output → sizes after the first, which is the batch's; None for any. ONNX Runtime
            lets a graph give something else than it says.

    Raises:
        BundleError: ONNX Runtime does not accept the graph.
    """

    def __init__(
        self,
        onnx: bytes,
        *,
        arena: bool = False,
        shapes: Mapping[str, tuple[int | None, ...]] = MappingProxyType({}),
    ) -> None:
        self._shapes = shapes
        self._session = _session(onnx, arena=arena)
        port = self._session.get_inputs()[0]
        self._dtype = np.uint8 if "uint8" in port.type else np.float32
        self.shape: tuple[Any, ...] = tuple(port.shape)
        """Sizes of ``pixels``; a name or None where one is free."""

    def run(self, pixels: NDArray[np.generic], *outputs: str) -> list[NDArray[np.float32]]:
        """Return the outputs of these names for one batch.

        Args:
            pixels: array of shape (N, height, width, 3), 0 to 255, RGB.
            *outputs: names of the graph's outputs.

        Raises:
            BundleError: the runtime failed, a number is not finite, or there are more or fewer
                of them than there must be.
        """
        feed = {INPUT: np.ascontiguousarray(pixels, dtype=self._dtype)}
        with _border():
            arrays = [np.asarray(array) for array in self._session.run(list(outputs), feed)]
        if not all(np.isfinite(array).all() for array in arrays):
            msg = "The model's graph gave numbers that are not finite."
            raise BundleError(msg)
        for name, array in zip(outputs, arrays, strict=True):
            sizes = self._shapes.get(name)
            if sizes is not None and not _fits(array.shape, (len(pixels), *sizes)):
                msg = f"The model's graph gave {name!r} in the shape {array.shape}, not as it says."
                raise BundleError(msg)
        return arrays


class SceneNetwork:
    """The graph of a bundle of the kind ``scene``.

    Args:
        bundle: from ``archive.read``.

    Raises:
        BundleError: ONNX Runtime does not accept the graph.
    """

    def __init__(self, bundle: Bundle) -> None:
        # Batches of eight: the arena would keep 318 MB where 227 MB do, measured.
        self._network = Network(bundle.graphs["scene"])
        self._manifest = bundle.manifest

    def read(self, pictures: Sequence[Prepared]) -> list[Reading]:
        """Read some pictures together.

        Raises:
            BundleError: the graph cannot be run or gave something that is no probability.
        """
        rows = self.probabilities(np.stack([item.pixels for item in pictures]))
        return [Reading(row) for row in rows]

    def probabilities(self, pixels: NDArray[np.generic]) -> NDArray[np.float64]:
        """Return uncalibrated probabilities for one batch, shape (N, classes).

        Raises:
            BundleError: the graph gave something that is no probability.
        """
        manifest = self._manifest
        raw = self._network.run(pixels, OUTPUT)[0].astype(np.float64)
        width = 1 if manifest.output == "sigmoid" else len(manifest.classes)
        good = raw.shape == (len(pixels), width)
        if not good or raw.min(initial=0) < -1e-5 or raw.max(initial=0) > 1 + 1e-5:
            msg = f"The model '{manifest.name}' gave numbers that are no probabilities."
            raise BundleError(msg)
        return np.concatenate([1 - raw, raw], axis=1) if width == 1 else raw


def _fits(shape: tuple[int, ...], wanted: tuple[int | None, ...]) -> bool:
    sizes = zip(shape, wanted, strict=False)
    return len(shape) == len(wanted) and all(want in {size, None} for size, want in sizes)


def _session(onnx: bytes, *, arena: bool) -> Any:
    """Return an ONNX Runtime session that is quiet and lets others work."""
    import onnxruntime

    with _border():
        options = onnxruntime.SessionOptions()
        options.log_severity_level = 4  # errors are raised; nothing is printed beside them
        options.enable_cpu_mem_arena = arena
        # Threads that spin while they wait slow the decoding processes down.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        return onnxruntime.InferenceSession(
            onnx, options, providers=["CPUExecutionProvider"], enable_fallback=0
        )


@contextmanager
def _border() -> Iterator[None]:
    """Turn what ONNX Runtime raises into a BundleError."""
    try:
        yield
    # its exceptions have no base class of their own, and differ by release
    except Exception as error:
        reason = " ".join(str(error).split())[:200]
        msg = f"ONNX Runtime cannot run the model's graph: {reason}"
        raise BundleError(msg) from error
