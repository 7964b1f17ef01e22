"""How ``train`` learns heads on the two views of a base model: read once, fit in seconds."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict
from typing import TYPE_CHECKING

import numpy as np

from happysad.bundle import archive, shelf
from happysad.bundle.seen import SeenIndex
from happysad.config import TrainOptions, require
from happysad.errors import UsageError
from happysad.faces.weighing import Weigher
from happysad.judge.calibration import apply_temperature
from happysad.pictures.signature import from_hex
from happysad.records import STRENGTH
from happysad.training import run_folder
from happysad.training.checkpoint import refuse_changes
from happysad.training.origin import fingerprint, origin
from happysad.training.two_view import PRESET
from happysad.training.two_view.embed import Embedded, embed_collection, views_digest
from happysad.training.two_view.heads import Heads, learn_heads
from happysad.training.two_view.saving import LIBRARIES, bundle_of
from happysad.verbs.recipe import Answered, Learned

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from happysad.bundle.archive import Bundle
    from happysad.progress import Progress
    from happysad.records import Collection, Split
    from happysad.verbs.recipe import History

_DECISIVE = ("preset", "seed", "class_weights")
_FOR_TUNING = ("fine_tune", "epochs", "batch_size", "learning_rate", "patience")
_FOR_NETWORKS = ("augment", "keep_best", "tensorboard")
_STEP = "learning heads"


class TwoViewRecipe:
    """Training of a model of two views.

    Args:
        options: ``base`` names the model whose views are used.

    Attributes:
        base: that model.

    Raises:
        UsageError: there is no base model, it has one view, or an option is for epochs.
        BundleError: the base model cannot be loaded.
    """

    def __init__(self, options: TrainOptions) -> None:
        _refuse_options_for_epochs(options)
        self._options = options
        self.base = load_base(options.base)
        self._known = SeenIndex(self.base.manifest.training)

    def check_classes(self, classes: Sequence[str]) -> None:
        """Two classes, no more."""
        require(
            len(classes) == 2,
            "preset",
            "one for as many classes as there are folders; two-view tells two apart, the networks "
            "of the other presets (--preset seed) any number",
            f"{PRESET} for {len(classes)} classes: {', '.join(classes)}",
        )

    def read(self, collection: Collection, *, folder: Path, progress: Progress) -> Embedded:  # noqa: ARG002 - the cache is shared by all runs
        """Read every picture with the base model's views, or take it from the cache."""
        check = self._options.check
        return embed_collection(
            collection,
            base=self.base,
            limits=check.limits,
            workers=check.workers,
            progress=progress,
        )

    def learn(
        self,
        parts: Mapping[str, Embedded],
        split: Split,
        *,
        name: str,
        folder: Path,
        resume: bool,
        progress: Progress,
    ) -> Learned:
        """Fit the heads and calibrate them; there is nothing to go on with but the cache."""
        self._note_fingerprint(parts, folder, resume=resume)
        progress(_STEP, 0, 1)
        heads = self._heads(parts["train"])
        entries = (*parts["train"].entries, *parts["validation"].entries)
        told = origin(
            name, options=self._options, split=split, entries=entries, libraries=LIBRARIES
        )
        bundle = bundle_of(heads, parts["validation"], base=self.base, origin=told)
        progress(_STEP, 1, 1)
        return Learned(bundle, _history(heads))

    def answer(self, bundle: Bundle, part: Embedded) -> list[Answered]:
        """Weigh what the views saw, with the code that weighs it for ``predict``."""
        manifest = bundle.manifest
        weigher = Weigher(manifest)
        rows = apply_temperature(weigher.probabilities(part.embeddings), manifest.temperature)
        return [
            Answered(
                row,
                weigher.weigh(embedding).off_topic,
                self._known.match(entry.sha256, from_hex(entry.signature)),
            )
            for row, embedding, entry in zip(rows, part.embeddings, part.entries, strict=True)
        ]

    def kept(self, folder: Path) -> str:  # noqa: ARG002 - see Recipe
        """The pictures read so far are in the cache."""
        return "What was read of the pictures is kept"

    def _heads(self, training: Embedded) -> Heads:
        base = self.base.manifest
        weights = None
        if self._options.class_weights:
            counts = np.bincount(training.labels, minlength=2)
            weights = (len(training) / (2 * np.maximum(counts, 1)))[training.labels]
        return learn_heads(
            training.stacked(),
            training.labels,
            training.groups,
            classes=training.classes,
            base=base,
            seed=self._options.seed,
            weights=weights,
        )

    def _note_fingerprint(
        self, parts: Mapping[str, Embedded], folder: Path, *, resume: bool
    ) -> None:
        """Write down what decides the result, or hold it against what a former start wrote."""
        plain = run_folder.plain_options(self._options)
        names = (*_DECISIVE, *_FOR_TUNING) if self._options.fine_tune else _DECISIVE
        decisive = {name: plain[name] for name in names}
        decisive["views of the base"] = views_digest(self.base)[:16]
        decisive["heads of the base"] = _digest(self.base)
        now = fingerprint(decisive, {part: item.entries for part, item in parts.items()})
        before = run_folder.read_fingerprint(folder) if resume else None
        if before is None:
            run_folder.write_fingerprint(folder, now)
            return
        refuse_changes(before, now)


def load_base(name: str) -> Bundle:
    """Return the model whose views a training builds on.

    Args:
        name: a bundle, the folder of a run, or ``default`` for the model that came with happysad.

    Raises:
        UsageError: none came with happysad, or the model has one view.
        BundleError: it cannot be loaded.
    """
    if name == "default" and shelf.shipped() is None:
        msg = (
            f"The preset '{PRESET}' builds on a model of two views, and none came with this "
            "happysad. Name one with --base FILE, or train a network of its own with "
            "--preset seed."
        )
        raise UsageError(msg)
    bundle = archive.read(shelf.find(name))
    if bundle.manifest.kind != "two-view":
        msg = (
            f"The 'base' option must be a model of two views. Got {name!r}, which was made with "
            f"the preset {bundle.manifest.preset!r}."
        )
        raise UsageError(msg)
    return bundle


def _refuse_options_for_epochs(options: TrainOptions) -> None:
    usual = TrainOptions()
    for name in _FOR_NETWORKS if options.fine_tune else (*_FOR_TUNING, *_FOR_NETWORKS):
        value = getattr(options, name)
        if value != getattr(usual, name):
            way = "--fine-tune or --preset seed" if name in _FOR_TUNING else "--preset seed"
            msg = (
                f"The '{name}' option is for networks that are trained in epochs; the preset "
                f"'{PRESET}' is not. Leave it out, or add {way}. Got {value!r}."
            )
            raise UsageError(msg)


def _digest(base: Bundle) -> str:
    """Return hex of what the heads are pulled towards."""
    known = base.manifest
    heads = {name: asdict(head) for name, head in known.heads.items()}
    parts = [known.classes, heads, dict(known.fusion)]
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:16]


def _history(heads: Heads) -> History:
    """Return the path of the scene's head, in the words of a history."""
    path = heads.path
    if path is None:
        return {}
    columns = {
        STRENGTH: path.strengths,
        "loss": path.loss,
        "accuracy": path.accuracy,
        "val_loss": path.held_out,
        "val_accuracy": path.held_out_accuracy,
    }
    return {name: tuple(map(float, values)) for name, values in columns.items()}
