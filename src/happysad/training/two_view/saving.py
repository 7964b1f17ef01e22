"""From learned heads to a bundle: the base model's graphs, calibration, and the manifest."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from happysad.bundle.archive import Bundle
from happysad.bundle.manifest import OFF_TOPIC
from happysad.faces.weighing import Weigher
from happysad.judge.calibration import apply_temperature, fit_temperature
from happysad.judge.decision import choose_unsure_below
from happysad.training.two_view import PRESET

if TYPE_CHECKING:
    from collections.abc import Mapping

    from happysad.bundle.manifest import Manifest
    from happysad.training.two_view.embed import Embedded
    from happysad.training.two_view.heads import Heads

LIBRARIES = ("happysad", "numpy", "onnxruntime", "pillow")


def bundle_of(
    heads: Heads,
    validation: Embedded,
    *,
    base: Bundle,
    origin: Mapping[str, Any],
) -> Bundle:
    """Return heads on the graphs of a base model, calibrated on the validation part.

    The pictures that the base model was trained on shaped this one, too, and its manifest lists
    them. Without training, the base's licence and notes hold for its graphs. Its head
    ``off_topic`` goes along where the classes are its own: it tells what is neither of those.

    Args:
        heads: what was learned.
        validation: the pictures to calibrate on.
        base: the model whose graphs are used.
        origin: the manifest's fields from ``training.origin``.
    """
    known = base.manifest
    same = known.knows(validation.classes)
    kept = {name: head for name, head in known.heads.items() if same or name != OFF_TOPIC}
    manifest = replace(
        known,
        preset=PRESET,
        classes=validation.classes,
        heads={**kept, "scene": heads.scene, "faces": heads.faces},
        off_topic_above=known.off_topic_above if same else 1.0,
        fusion=dict(heads.fusion),
        temperature=1.0,
        unsure_below=0.0,
        scores={},
        baseline=None,
        notes=_notes(base),
        golden=(),
        **{**origin, "training": (*known.training, *origin["training"])},
    )
    return Bundle(calibrated(manifest, validation), base.graphs)


def calibrated(manifest: Manifest, validation: Embedded) -> Manifest:
    """Return a manifest with the temperature and the threshold that suit some pictures."""
    raw = Weigher(manifest).probabilities(validation.embeddings)
    temperature = fit_temperature(raw, validation.labels)
    rows = apply_temperature(raw, temperature)
    return replace(
        manifest,
        temperature=temperature,
        unsure_below=choose_unsure_below(rows, validation.labels),
    )


def _notes(base: Bundle) -> str:
    known = base.manifest
    digests = ", ".join(f"{name} {known.graphs[name].sha256[:16]}" for name in sorted(known.graphs))
    said = f"The graphs are those of the model '{known.name}' ({digests}). {known.notes}"
    return said.strip()
