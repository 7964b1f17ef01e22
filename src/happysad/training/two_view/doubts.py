"""Doubting labels: two kinds of model learn from the other pictures and are asked about each one.

The linear heads know what the base model knows, the kernel learns what they cannot bend to; a
logistic regression weighs the two, and ``judge.suspects`` makes of it how likely each label is
wrong. No picture is judged by a model that saw it or a near copy of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from happysad.bundle.manifest import OFF_TOPIC
from happysad.collection.survey import Doubt
from happysad.faces.weighing import sigmoid
from happysad.judge.suspects import suspect
from happysad.progress import Progress, silent
from happysad.training.two_view.grouped import deal_folds
from happysad.training.two_view.heads import out_of_fold
from happysad.training.two_view.kernel import both_views, landmark_features, out_of_fold_scores
from happysad.training.two_view.logistic import fit_logistic

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from happysad.bundle.manifest import Manifest
    from happysad.training.two_view.embed import Embedded
    from happysad.training.two_view.embedding import Embeddings

    Array = NDArray[np.float64]

_STEP = "doubting labels"
_RIDGE = 1.0


@dataclass(frozen=True, slots=True)
class Doubts:
    """What is said of the labels of a folder.

    Attributes:
        by_file: file → what is said of its label.
        expected: about how many labels are wrong.
    """

    by_file: Mapping[str, Doubt]
    expected: float


def doubt_labels(
    embedded: Embedded, *, base: Manifest, seed: int = 1, progress: Progress = silent
) -> Doubts:
    """Say of each label how likely it is to be wrong, from pictures and labels alone.

    Args:
        embedded: the pictures of two classes, by the graphs of the base model.
        base: its manifest; a head ``off_topic`` also tells which pictures show neither class,
            where the classes are its own.
        seed: for folds and landmarks.
        progress: told of the steps.

    Raises:
        CollectionError: a class has a single group of pictures.
    """
    embeddings = embedded.stacked()
    probabilities = left_out_probabilities(
        embeddings,
        embedded.labels,
        embedded.groups,
        classes=embedded.classes,
        base=base,
        seed=seed,
        progress=progress,
    )
    suspects = suspect(probabilities, embedded.labels)
    aside = _off_topic(embeddings, embedded.classes, base)
    doubts = {
        entry.file: Doubt(float(wrong), embedded.classes[suggested], neither)
        for entry, wrong, suggested, neither in zip(
            embedded.entries, suspects.wrong, suspects.suggested, aside, strict=True
        )
    }
    return Doubts(doubts, suspects.expected)


def left_out_probabilities(
    embeddings: Embeddings,
    labels: NDArray[np.integer],
    groups: Sequence[str],
    *,
    classes: Sequence[str],
    base: Manifest,
    seed: int = 1,
    progress: Progress = silent,
) -> Array:
    """Return what models that did not see a picture's group say of it, shape (N, 2).

    Args:
        embeddings: of N pictures, by the graphs of the base model.
        labels: 0 or 1, shape (N,).
        groups: duplicate group of each picture.
        classes: the two class names in label order.
        base: the manifest of the base model.
        seed: for folds and landmarks.
        progress: told of the two kinds of model.

    Raises:
        CollectionError: a class has a single group of pictures.
    """
    progress(_STEP, 0, 2)
    linear = out_of_fold(embeddings, labels, groups, classes=classes, base=base, seed=seed)
    progress(_STEP, 1, 2)
    folds = deal_folds(labels, groups, seed=seed)
    if folds is None:  # out_of_fold has refused such a folder
        raise AssertionError
    features = landmark_features(both_views(embeddings), seed=seed)
    bent = out_of_fold_scores(features, labels, folds)
    progress(_STEP, 2, 2)
    said = np.stack([np.log(linear[:, 1] / linear[:, 0]), bent], axis=1)
    said /= np.maximum(said.std(axis=0), 1e-6)
    weights, bias = fit_logistic(said, np.asarray(labels, np.float64), ridge=_RIDGE)
    positive = sigmoid(said @ weights + bias)
    return np.stack([1 - positive, positive], axis=1)


def _off_topic(
    embeddings: Embeddings, classes: Sequence[str], base: Manifest
) -> list[float | None]:
    """Return the probability of showing neither class where the base model would abstain for it.

    What it learned to take for neither of its own classes says nothing of others.
    """
    head = base.heads.get(OFF_TOPIC)
    if head is None or not base.knows(classes):
        return [None] * len(embeddings)
    logits = embeddings.scene.astype(np.float64) @ np.asarray(head.weights) + head.bias
    above = base.off_topic_above
    return [value if value > above else None for value in sigmoid(logits).tolist()]
