"""``import``: a Keras file of the tutorial lineage becomes an ordinary saved model."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from happysad.bundle import archive
from happysad.bundle.archive import SUFFIX, Bundle
from happysad.bundle.manifest import Manifest
from happysad.config import Preprocessing, require
from happysad.errors import BundleError, UsageError
from happysad.predictor import with_golden
from happysad.training.run_folder import now

_NOTES = (
    "Imported from the Keras file {name!r}. Which pictures it was trained on is not known, so "
    "copies of them are not reported; its probabilities are not calibrated and have not been "
    "judged. Judge it with: happysad evaluate"
)


def import_model(file: str | Path, *, classes: Sequence[str], out: Path | None = None) -> Path:
    """Turn a ``.keras`` or ``.h5`` file into a saved model that answers the same.

    Made for models that take RGB pictures, resized to a fixed size as ``tf.image.resize`` does
    and divided by 255, and answer one sigmoid number: above 0.5 the second class. A softmax over
    all classes works too, and a network that scales 0–255 itself is recognised. The file is opened
    in a guarded process of its own; custom code in it is refused.

    Args:
        file: the Keras file.
        classes: class names in the model's label order.
        out: bundle to write; by default ``file`` with the suffix ``.happysad``.

    Returns:
        Path of the bundle.

    Raises:
        UsageError: the number of classes is not that of the model's output.
        BundleError: the file is no Keras file, is damaged, holds custom code or layers that
            cannot be saved; or the bundle exists already or cannot be written.
        MissingExtraError: the extra ``train`` is not installed.
    """
    from happysad.training.importing import convert

    file = Path(file)
    out = out or file.with_suffix(SUFFIX)
    require(len(classes) >= 2, "classes", "two names or more", tuple(classes))
    if not file.is_file():
        msg = f"There is no file {str(file)!r} to import."
        raise BundleError(msg)
    if out.exists():
        msg = f"The model {str(out)!r} exists already. Name another file with 'out'."
        raise BundleError(msg)
    converted = convert(file)
    _require_classes(classes, converted.outputs)
    manifest = Manifest(
        name=file.stem,
        created=now(),
        preset="imported",
        classes=tuple(classes),
        preprocessing=Preprocessing(
            width=converted.width, height=converted.height, resample="point"
        ),
        output="sigmoid" if converted.outputs == 1 else "softmax",
        licence="as the imported file",
        notes=_NOTES.format(name=file.name),
    )
    archive.write(out, with_golden(Bundle(manifest, {"scene": converted.graph})))
    return out


def _require_classes(classes: Sequence[str], outputs: int) -> None:
    expected = 2 if outputs == 1 else outputs
    if len(classes) != expected:
        msg = (
            f"The model tells {expected} classes apart. Got {len(classes)}: {', '.join(classes)}. "
            "Name them all with 'classes', in the model's label order."
        )
        raise UsageError(msg)
