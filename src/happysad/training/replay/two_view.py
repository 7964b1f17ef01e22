"""Learning heads on the views of a base model, a hundred times in a minute."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from happysad.faces.fusion import TERMS
from happysad.judge.queries.features import condensed
from happysad.training.replay.learner import Learned
from happysad.training.two_view.heads import learn_heads
from happysad.training.two_view.logistic import Basis, fit_columns

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from happysad.bundle.manifest import Head, Manifest
    from happysad.records import Entry
    from happysad.training.two_view.embed import Embedded
    from happysad.training.two_view.embedding import Embeddings
    from happysad.training.two_view.heads import Heads

    Array = NDArray[np.float64]
    Rows = NDArray[np.int64]

_MEMBERS = 8
# For features of length 1; see training.two_view.grouped.STRENGTHS.
_MEMBER_RIDGE = 0.1
_FURTHEST = 60.0


class TwoViewLearner:
    """Heads and their fusion, as ``train`` learns them.

    Args:
        embedded: the pictures.
        base: manifest of the model whose views saw them.
    """

    def __init__(self, embedded: Embedded, *, base: Manifest) -> None:
        self.summary = f"heads on the views of {base.name}"
        self.entries: tuple[Entry, ...] = embedded.entries
        self.labels: Rows = embedded.labels
        self.features: Array = condensed(_both_views(embedded.stacked()))
        self._embeddings = embedded.stacked()
        self._groups = np.array(embedded.groups, object)
        self._classes = embedded.classes
        self._base = base

    def learn(self, rows: Rows, *, seed: int, committee: bool = False) -> Learned:
        """Fit the heads with cross-validated ridges; a committee is fitted to bootstraps."""
        heads = learn_heads(
            self._embeddings.rows(rows),
            self.labels[rows],
            self._groups[rows].tolist(),
            classes=self._classes,
            base=self._base,
            seed=seed,
        )
        members = self._committee(rows, seed) if committee else None
        return Learned(_both(self._logits(heads)), members)

    def _logits(self, heads: Heads) -> Array:
        seen = self._embeddings
        scene = _read(seen.scene, heads.scene)
        terms = seen.evidence(scene, _read(seen.faces, heads.faces))
        result: Array = terms @ [heads.fusion[name] for name in TERMS]
        return result

    def _committee(self, rows: Rows, seed: int) -> Array:
        """Return what models say that each learned from as many labels drawn with replacement."""
        chance = np.random.default_rng(seed)
        drawn = chance.multinomial(len(rows), np.full(len(rows), 1 / len(rows)), _MEMBERS)
        fits = fit_columns(
            Basis.of(self.features[rows]),
            self.labels[rows].astype(np.float64),
            ridges=np.full(_MEMBERS, _MEMBER_RIDGE),
            weights=drawn.T.astype(np.float64),
            priors=np.zeros((self.features.shape[1], _MEMBERS)),
        )
        logits = self.features @ fits.weights + fits.intercepts
        return np.stack([_both(column) for column in logits.T])


def _both_views(seen: Embeddings) -> NDArray[np.float32]:
    """Return scene and mean face side by side, as long as each other; no face is the mean one."""
    count = np.bincount(seen.owners, minlength=len(seen))
    faces = np.zeros((len(seen), seen.faces.shape[1]), np.float32)
    np.add.at(faces, seen.owners, seen.faces)
    faces /= np.maximum(count, 1)[:, None]
    some = count > 0
    if some.any():
        faces[some] -= faces[some].mean(axis=0)
    return np.hstack([_of_mean_length_1(seen.scene), _of_mean_length_1(faces)])


def _of_mean_length_1(features: NDArray[np.float32]) -> NDArray[np.float32]:
    centred = features - features.mean(axis=0)
    length = float(np.sqrt(np.square(centred).sum(axis=1).mean()))
    result: NDArray[np.float32] = centred / (length or 1.0)
    return result


def _read(features: NDArray[np.float32], head: Head) -> Array:
    result: NDArray[np.float32] = features @ np.asarray(head.weights, np.float32)
    return result.astype(np.float64) + head.bias


def _both(logits: Array) -> Array:
    positive = 1 / (1 + np.exp(-np.clip(logits, -_FURTHEST, _FURTHEST)))
    return np.stack([1 - positive, positive], axis=1)
