"""How ``train --fine-tune`` goes deeper than the heads: the scene's network learns on, too."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from happysad.bundle.archive import Bundle
from happysad.bundle.manifest import OFF_TOPIC
from happysad.config import require
from happysad.errors import RunError
from happysad.progress import Progress, silent
from happysad.training import run_folder
from happysad.training.checkpoint import load_checkpoint
from happysad.training.engine import require_library
from happysad.training.origin import library_versions
from happysad.training.two_view.embed import Embedded, embed
from happysad.training.two_view.heads import learn_fusion
from happysad.training.two_view.saving import LIBRARIES, calibrated
from happysad.training.weight_layouts import weights_by_layer
from happysad.verbs.recipe import Answered, Learned
from happysad.verbs.train_two_view import TwoViewRecipe

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from happysad.bundle.manifest import Manifest
    from happysad.config import TrainOptions
    from happysad.records import Collection, Entry, Split
    from happysad.training.tuning.scene import TunedScene

_NEEDED = ("keras", "onnx")
_LAST_LAYER = "head.conv"


@dataclass(frozen=True, slots=True)
class Pictures:
    """Labelled pictures as two views see them, and where their files are.

    Attributes:
        root: the collection's folder.
        seen: by the views of the base model.
    """

    root: Path
    seen: Embedded

    @property
    def entries(self) -> tuple[Entry, ...]:
        """The file behind each row."""
        return self.seen.entries

    def rows(self, chosen: Sequence[int]) -> Pictures:
        """Return some of the pictures, in the order asked for."""
        return Pictures(self.root, self.seen.rows(chosen))


class FineTuneRecipe:
    """Training of a model of two views whose scene is fine-tuned where that helps.

    Args:
        options: see ``TwoViewRecipe``.

    Raises:
        UsageError: there is no base model, it has one view or another scene than the one that
            can be fine-tuned, or an option is for networks.
        BundleError: the base model cannot be loaded.
        MissingExtraError: keras or onnx is not installed.
    """

    def __init__(self, options: TrainOptions) -> None:
        for library in _NEEDED:
            require_library(library, "train")
        self._options = options
        self._heads = TwoViewRecipe(options)
        base = self._heads.base
        known = f"{_LAST_LAYER}/kernel" in weights_by_layer(base.graphs["scene"])
        rule = "a model whose scene is the network that happysad fine-tunes, EfficientNet-Lite0"
        require(known, "base", rule, base.manifest.name)

    def check_classes(self, classes: Sequence[str]) -> None:
        """See ``Recipe``."""
        self._heads.check_classes(classes)

    def read(self, collection: Collection, *, folder: Path, progress: Progress) -> Pictures:
        """Read every picture with the base model's views, or take it from the cache."""
        seen = self._heads.read(collection, folder=folder, progress=progress)
        return Pictures(Path(collection.root), seen)

    def learn(
        self,
        parts: Mapping[str, Pictures],
        split: Split,
        *,
        name: str,
        folder: Path,
        resume: bool,
        progress: Progress,
    ) -> Learned:
        """Learn heads, train the scene on from there, and keep what does better on validation."""
        seen = {part: pictures.seen for part, pictures in parts.items()}
        plain = self._heads.learn(
            seen, split, name=name, folder=folder, resume=resume, progress=progress
        )
        tuned = self._tuned(plain.bundle, parts, folder, resume=resume, progress=progress)
        bundle, note = self.choose(plain.bundle, tuned, parts["validation"], progress)
        return Learned(bundle, tuned.history, note)

    def answer(self, bundle: Bundle, part: Pictures) -> list[Answered]:
        """Read the pictures with the learned graphs, and weigh what is seen."""
        kept = bundle.graphs["scene"] == self._heads.base.graphs["scene"]
        return self._heads.answer(bundle, part.seen if kept else self._read_anew(bundle, part))

    def kept(self, folder: Path) -> str:
        """Name the last whole epoch; it is in the checkpoint already."""
        try:
            saved = load_checkpoint(folder)
        except RunError:
            saved = None
        return f"Epoch {saved.epoch} is saved" if saved else self._heads.kept(folder)

    def _tuned(
        self,
        start: Bundle,
        parts: Mapping[str, Pictures],
        folder: Path,
        *,
        resume: bool,
        progress: Progress,
    ) -> TunedScene:
        # Here and not above: everything that can go wrong before has been checked by now, and
        # loading TensorFlow takes seconds.
        progress("loading TensorFlow", 0, 1)
        from happysad.training.tuning import scene
        from happysad.training.tuning.fit import Saves

        progress("loading TensorFlow", 1, 1)
        chosen = scene.Pictures(
            root=parts["train"].root,
            training=parts["train"].entries,
            validation=parts["validation"].entries,
            classes=parts["train"].seen.classes,
        )
        fingerprint = run_folder.read_fingerprint(folder) or {}
        saves = Saves(folder=folder, fingerprint=fingerprint, resume=resume)
        return scene.tune_scene(
            start, chosen, options=self._options, saves=saves, progress=progress
        )

    def choose(
        self, plain: Bundle, tuned: TunedScene, part: Pictures, progress: Progress = silent
    ) -> tuple[Bundle, str]:
        """Return the model that does better on some pictures, and what to say of it.

        Args:
            plain: the model without fine-tuning, which is kept where both do alike.
            tuned: the scene that may take the place of its own.
            part: the validation part.
            progress: told after each picture.
        """
        deeper = with_scene(plain, tuned)
        validation = self._read_anew(deeper, part, progress)
        _, before = self._fused(part.seen, plain.manifest)
        fusion, after = self._fused(validation, deeper.manifest)
        note = _note(tuned, before, after)
        if after >= before:
            manifest = replace(plain.manifest, notes=f"{note} {plain.manifest.notes}")
            return replace(plain, manifest=manifest), note
        if OFF_TOPIC in plain.manifest.heads:
            note = f"{note} It cannot tell any more which pictures are neither class."
        base = self._heads.base.manifest
        notes = f"{note} Everything else is that of the model '{base.name}'. {base.notes}"
        manifest = replace(deeper.manifest, fusion=fusion, notes=notes.strip())
        return replace(deeper, manifest=calibrated(manifest, validation)), note

    def _read_anew(self, bundle: Bundle, part: Pictures, progress: Progress = silent) -> Embedded:
        """Read pictures with the views of a fine-tuned model.

        Raises:
            RunError: one of them cannot be read any more.
        """
        check = self._options.check
        read = embed(
            part.root,
            part.entries,
            base=bundle,
            limits=check.limits,
            workers=check.workers,
            progress=progress,
        )
        embedded = Embedded.of(part.entries, read, classes=part.seen.classes)
        for file, code in embedded.failed.items():
            msg = f"The picture {file!r} cannot be read any more ({code}). Check the folder."
            raise RunError(msg)
        return embedded

    def _fused(self, validation: Embedded, manifest: Manifest) -> tuple[Mapping[str, float], float]:
        """Return how to join a model's heads, and the log loss on pictures left out of that.

        With and without fine-tuning alike. The epoch was chosen on these pictures, too, which
        favours fine-tuning a little; the test part, which chooses nothing, is what tells.
        """
        labels = validation.labels
        fusion, logits = learn_fusion(
            validation.stacked(),
            labels,
            validation.groups,
            known=manifest,
            seed=self._options.seed,
        )
        return fusion, float(np.mean(np.logaddexp(0, logits) - labels * logits))


def with_scene(start: Bundle, tuned: TunedScene) -> Bundle:
    """Return a model with a fine-tuned scene in the place of its own.

    The head ``off_topic`` is left out: it was learned on features that are no more.
    """
    known = start.manifest
    heads = {name: head for name, head in known.heads.items() if name != OFF_TOPIC}
    manifest = replace(
        known,
        heads={**heads, "scene": tuned.head},
        off_topic_above=1.0,
        versions=library_versions((*LIBRARIES, *_NEEDED)),
    )
    return Bundle(manifest, {**start.graphs, "scene": tuned.graph})


def _note(tuned: TunedScene, before: float, after: float) -> str:
    """Say whether it helped, with the numbers that say so."""
    epochs = len(tuned.history["loss"])
    losses = f"log loss on the validation part {before:.3f} without it, {after:.3f} with it"
    if after < before:
        return (
            f"Fine-tuning the scene helped and was kept: {losses}, with the weights of epoch "
            f"{tuned.best_epoch} of {epochs}."
        )
    return f"Fine-tuning the scene did not help and was not kept: {losses}, after {epochs} epochs."
