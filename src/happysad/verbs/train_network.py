"""How ``train`` fits a network of ``training.networks``: decode once, then epochs in Keras."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from happysad.errors import RunError
from happysad.predictor import Predictor
from happysad.training.checkpoint import load_checkpoint
from happysad.training.engine import require_library
from happysad.training.examples import DecodeOptions, Examples, decode_examples
from happysad.training.networks import find_network
from happysad.training.origin import fingerprint
from happysad.training.run_folder import plain_options
from happysad.verbs.recipe import Answered, Learned

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from happysad.bundle.archive import Bundle
    from happysad.config import TrainOptions
    from happysad.progress import Progress
    from happysad.records import Collection, Split

# How the work is done, what the split says better, and what other presets build on.
_NOT_DECISIVE = ("cache_mib", "tensorboard", "check", "split", "base")


class NetworkRecipe:
    """Training of a network from its initial weights.

    Args:
        options: the preset names the network.

    Raises:
        UsageError: there is no such network.
        MissingExtraError: keras is not installed.
    """

    def __init__(self, options: TrainOptions) -> None:
        require_library("keras", "train")
        self._options = options
        self._network = find_network(options.preset)

    def check_classes(self, classes: Sequence[str]) -> None:
        """See ``Recipe``."""
        self._network.check_classes(classes)

    def read(self, collection: Collection, *, folder: Path, progress: Progress) -> Examples:
        """Decode every picture once."""
        options = self._options
        return decode_examples(
            Path(collection.root),
            collection.entries,
            collection.classes,
            options=DecodeOptions(
                preprocessing=self._network.preprocessing,
                limits=options.check.limits,
                workers=options.check.workers,
                cache_mib=options.cache_mib,
                cache_folder=folder,
            ),
            progress=progress,
        )

    def learn(
        self,
        parts: Mapping[str, Examples],
        split: Split,
        *,
        name: str,
        folder: Path,
        resume: bool,
        progress: Progress,
    ) -> Learned:
        """Fit epoch by epoch, with a checkpoint after each."""
        # Here and not above: everything that can go wrong before has been checked by now, and
        # loading TensorFlow takes seconds.
        progress("loading TensorFlow", 0, 1)
        from happysad.training.fit import fit
        from happysad.training.saving import bundle_of

        progress("loading TensorFlow", 1, 1)
        fitted = fit(
            self._network,
            parts["train"],
            parts["validation"],
            options=self._options,
            folder=folder,
            fingerprint=self._fingerprint(parts),
            resume=resume,
            progress=progress,
        )
        bundle = bundle_of(
            fitted,
            self._network,
            parts["train"],
            parts["validation"],
            name=name,
            options=self._options,
            split=split,
        )
        return Learned(bundle, fitted.history)

    def answer(self, bundle: Bundle, part: Examples) -> list[Answered]:
        """Ask the saved graph, with the runtime that will run it."""
        return [Answered(row) for row in Predictor(bundle).probabilities(part.pixels)]

    def kept(self, folder: Path) -> str:
        """Name the last whole epoch; it is in the checkpoint already."""
        try:
            saved = load_checkpoint(folder)
        except RunError:
            saved = None
        return f"Epoch {saved.epoch} is saved" if saved else "No epoch was finished yet"

    def _fingerprint(self, parts: Mapping[str, Examples]) -> dict[str, object]:
        plain = plain_options(self._options)
        decisive = {name: plain[name] for name in plain if name not in _NOT_DECISIVE}
        return fingerprint(decisive, {part: item.entries for part, item in parts.items()})
