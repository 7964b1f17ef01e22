"""Learning to read two views: a head on the scene, a head on the faces, and their fusion.

The fusion is learned on what the heads say of pictures of folds that they were not fitted to
(stacking, Wolpert, *Neural Networks* 5, 1992), so that it does not trust the longer head for
having learned its pictures by heart.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from happysad.bundle.manifest import Head
from happysad.errors import CollectionError
from happysad.faces.fusion import TERMS
from happysad.faces.weighing import sigmoid
from happysad.training.two_view.grouped import Chosen, Path, choose_head, deal_folds
from happysad.training.two_view.logistic import Basis, fit_columns

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from happysad.bundle.manifest import Manifest
    from happysad.training.two_view.embedding import Embeddings

    Array = NDArray[np.float64]

_FUSION_RIDGE = 10.0
_CLASS_TERMS = ("bias", "no_face")


@dataclass(frozen=True, slots=True)
class Heads:
    """What was learned on top of the views.

    Attributes:
        scene: from the features of a whole picture to the logit of the positive class.
        faces: likewise from those of one face.
        fusion: term → weight, see ``faces.fusion.TERMS``.
        out_of_fold: logit of every picture by heads and fusion of the other folds, shape (N,);
            None where a class has too few pictures to leave some out.
        path: how the scene's head did with each strength of its ridge; None likewise.
    """

    scene: Head
    faces: Head
    fusion: Mapping[str, float]
    out_of_fold: Array | None
    path: Path | None

    def logits(self, embeddings: Embeddings) -> Array:
        """Return the logit of the positive class of every picture, shape (N,)."""
        scene = _read(self.scene, embeddings.scene)
        terms = embeddings.evidence(scene, _read(self.faces, embeddings.faces))
        result: Array = terms @ [self.fusion[name] for name in TERMS]
        return result


def _read(head: Head, features: NDArray[np.float32]) -> Array:
    said: NDArray[np.float32] = features @ np.asarray(head.weights, np.float32)
    return said.astype(np.float64) + head.bias


def learn_heads(
    embeddings: Embeddings,
    labels: NDArray[np.integer],
    groups: Sequence[str],
    *,
    classes: Sequence[str],
    base: Manifest,
    seed: int = 1,
    weights: NDArray[np.floating] | None = None,
) -> Heads:
    """Learn heads and fusion from labelled pictures.

    Every strength is chosen by cross-validation over whole groups. Where the classes are those
    of the base model, its own heads are what the ridge may pull towards, so that a few pictures
    change them a little and many change them a lot.

    Args:
        embeddings: of N pictures, by the graphs of the base model.
        labels: 0 or 1, the class index of each picture, shape (N,).
        groups: duplicate group of each picture.
        classes: the two class names in label order.
        base: the manifest of the base model.
        seed: for dealing groups to folds.
        weights: how much each picture counts, shape (N,); all 1 by default.
    """
    folds = deal_folds(labels, groups, seed=seed)
    counted = np.ones(len(labels)) if weights is None else np.asarray(weights, np.float64)
    same = base.knows(classes)
    targets = np.asarray(labels, np.float64)
    scene = choose_head(
        embeddings.scene,
        targets,
        folds,
        weights=counted,
        prior=base.heads["scene"] if same else None,
    )
    faces = _face_head(embeddings, targets, folds, counted, base=base, same=same)
    if folds is None or scene.out_of_fold is None:
        return Heads(scene.head, faces.head, _fusion_of(base, same=same), None, None)
    terms = embeddings.evidence(scene.out_of_fold, _read_out_of_fold(faces, embeddings))
    fusion, out_of_fold = _learn_fusion(terms, targets, folds, counted, base=base, same=same)
    return Heads(scene.head, faces.head, fusion, out_of_fold, scene.path)


def out_of_fold(
    embeddings: Embeddings,
    labels: NDArray[np.integer],
    groups: Sequence[str],
    *,
    classes: Sequence[str],
    base: Manifest,
    seed: int = 1,
) -> Array:
    """Return what models that did not see a picture's group say of it, shape (N, 2).

    Args: as for ``learn_heads``.

    Raises:
        CollectionError: a class has a single group of pictures.
    """
    heads = learn_heads(embeddings, labels, groups, classes=classes, base=base, seed=seed)
    if heads.out_of_fold is None:
        msg = (
            f"The classes {' and '.join(map(repr, classes))} need two groups of pictures each, "
            "so that a model that saw one can be asked about the other. Add pictures that differ."
        )
        raise CollectionError(msg)
    positive = sigmoid(heads.out_of_fold)
    return np.stack([1 - positive, positive], axis=1)


def learn_fusion(
    embeddings: Embeddings,
    labels: NDArray[np.integer],
    groups: Sequence[str],
    *,
    known: Manifest,
    seed: int = 1,
) -> tuple[dict[str, float], Array]:
    """Learn anew how the heads of a model are joined, from pictures they were not fitted to.

    Args:
        embeddings: of N pictures, by the graphs of that model.
        labels: 0 or 1, the class index of each picture, shape (N,).
        groups: duplicate group of each picture.
        known: the model's manifest; the ridge pulls towards its fusion.
        seed: for dealing groups to folds.

    Returns:
        Term → weight; and the logit of every picture by a fusion of the other folds, shape (N,),
        or by the known one where a class has too few pictures to leave some out.
    """
    scene, faces = (
        features @ np.asarray(known.heads[name].weights) + known.heads[name].bias
        for name, features in (("scene", embeddings.scene), ("faces", embeddings.faces))
    )
    terms = embeddings.evidence(scene, faces)
    folds = deal_folds(labels, groups, seed=seed)
    if folds is None:
        fusion = _fusion_of(known, same=True)
        return fusion, terms @ np.array(list(fusion.values()))
    targets, weights = np.asarray(labels, np.float64), np.ones(len(labels))
    return _learn_fusion(terms, targets, folds, weights, base=known, same=True)


def _face_head(
    embeddings: Embeddings,
    targets: Array,
    folds: NDArray[np.int64] | None,
    weights: Array,
    *,
    base: Manifest,
    same: bool,
) -> Chosen:
    """Learn to read one face from the labels of the pictures they are in."""
    owners = embeddings.owners
    prior = base.heads["faces"] if same else None
    if len(np.unique(targets[owners])) < 2:  # nothing to tell apart
        silent = Head((0.0,) * embeddings.faces.shape[1], 0.0)
        return Chosen(prior or silent, 0.0, None, None)
    # A crowd has one label: its faces share the weight of a picture.
    shared = weights[owners] / np.bincount(owners)[owners]
    mine = None if folds is None else folds[owners]
    return choose_head(embeddings.faces, targets[owners], mine, weights=shared, prior=prior)


def _read_out_of_fold(faces: Chosen, embeddings: Embeddings) -> Array:
    if faces.out_of_fold is not None:
        return faces.out_of_fold
    # The head is the base model's, or says nothing: these pictures had no part in it.
    said: Array = embeddings.faces @ np.asarray(faces.head.weights) + faces.head.bias
    return said


def _fusion_of(base: Manifest, *, same: bool) -> dict[str, float]:
    """Return the base model's fusion, without what it knows of its own classes."""
    return {name: 0.0 if name in _CLASS_TERMS and not same else base.fusion[name] for name in TERMS}


def _learn_fusion(
    terms: Array,
    targets: Array,
    folds: NDArray[np.int64],
    weights: Array,
    *,
    base: Manifest,
    same: bool,
) -> tuple[dict[str, float], Array]:
    """Return the fusion's weights, and every picture's logit by a fusion of the other folds."""
    count = int(folds.max()) + 1
    left_out = np.concatenate(
        [folds[:, None] == np.arange(count), np.zeros((len(folds), 1), bool)], axis=1
    )
    known = np.array(list(_fusion_of(base, same=same).values()))
    fits = fit_columns(
        Basis.of(terms[:, 1:]),
        targets,
        ridges=np.full(count + 1, _FUSION_RIDGE),
        weights=np.where(left_out, 0.0, weights[:, None]),
        priors=np.repeat(known[1:, None], count + 1, axis=1),
    )
    learned = [float(fits.intercepts[-1]), *fits.weights[:, -1].tolist()]
    return dict(zip(TERMS, learned, strict=True)), fits.logits[np.arange(len(folds)), folds]
