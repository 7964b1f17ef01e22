"""Cross-validation that keeps duplicates together, and what it chooses."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from happysad.bundle.manifest import Head
from happysad.training.two_view.logistic import Basis, fit_columns

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Array = NDArray[np.float64]

FOLDS = 5

STRENGTHS: Array = np.geomspace(0.01, 30, 8)
"""Ridges to choose from, for features whose squared distance from their mean is 1 on average: the
prior variance of a picture's logit is one over the ridge."""

_UNCHECKED = 1.0
"""The ridge where there are too few pictures to choose one."""


@dataclass(frozen=True, slots=True)
class Path:
    """How well each strength of the ridge did.

    Attributes:
        strengths: the ridges, ascending, shape (S,).
        loss: mean log loss on the pictures that were fitted to, shape (S,).
        held_out: mean log loss on those of the fold left out, shape (S,).
        accuracy: share of right answers on the former, shape (S,).
        held_out_accuracy: likewise on the latter.
    """

    strengths: Array
    loss: Array
    held_out: Array
    accuracy: Array
    held_out_accuracy: Array


@dataclass(frozen=True, slots=True)
class Chosen:
    """A head with the ridge that did best on folds left out.

    Attributes:
        head: fitted to everything.
        ridge: its strength.
        out_of_fold: logit of every row by the head of the other folds, shape (N,); None where
            there are too few pictures to leave some out.
        path: what the choice rests on; None likewise.
    """

    head: Head
    ridge: float
    out_of_fold: Array | None
    path: Path | None


def deal_folds(
    labels: NDArray[np.integer], groups: Sequence[str], *, seed: int
) -> NDArray[np.int64] | None:
    """Deal pictures to folds, each class evenly, no group to two folds.

    Args:
        labels: shape (N,).
        groups: duplicate group of each picture; a group has one label.
        seed: for the order of the groups.

    Returns:
        The fold of each picture, shape (N,); None where a class has a single group.
    """
    names, members = np.unique(np.asarray(groups), return_inverse=True)
    sizes = np.bincount(members, minlength=len(names))
    label_of = np.empty(len(names), np.int64)
    label_of[members] = labels
    count = min(FOLDS, int(np.bincount(label_of, minlength=2).min()))
    if count < 2:
        return None
    order = np.random.default_rng(seed).permutation(len(names))
    order = order[np.argsort(-sizes[order], kind="stable")]  # large groups first
    fold_of = np.empty(len(names), np.int64)
    filled = np.zeros((int(label_of.max()) + 1, count))
    for group in order:
        mine = filled[label_of[group]]
        fold_of[group] = np.lexsort((filled.sum(axis=0), mine))[0]
        mine[fold_of[group]] += sizes[group]
    return fold_of[members]


def choose_head(
    x: NDArray[np.floating],
    y: NDArray[np.floating],
    folds: NDArray[np.int64] | None,
    *,
    weights: NDArray[np.floating],
    prior: Head | None = None,
) -> Chosen:
    """Fit a head with the strength of ridge that does best on folds left out.

    The ridge pulls the weights to 0 or to those of ``prior``, whichever does better.

    Args:
        x: features, shape (N, D).
        y: targets, 0 to 1, shape (N,).
        folds: from ``deal_folds``, shape (N,); None takes a ridge without trying others.
        weights: how much each row counts, shape (N,).
        prior: a head of D weights that was learned elsewhere.
    """
    basis, scale = _scaled_basis(x)
    known = None
    if prior is not None and any(prior.weights):
        known = np.asarray(prior.weights)[:, None] * scale
    anchors = [np.zeros((x.shape[1], 1))] if known is None else [known, np.zeros_like(known)]
    anchor, ridge = anchors[0], _UNCHECKED
    out_of_fold = path = None
    if folds is not None:
        trials = [_try_strengths(basis, y, folds, weights=weights, anchor=item) for item in anchors]
        best = int(np.argmin([path.held_out.min() for path, _ in trials]))
        anchor, (path, logits) = anchors[best], trials[best]
        chosen = int(path.held_out.argmin())
        ridge, out_of_fold = float(STRENGTHS[chosen]), logits[:, chosen]
    counted = np.asarray(weights, np.float64)[:, None]
    fits = fit_columns(basis, y, ridges=np.array([ridge]), weights=counted, priors=anchor)
    head = Head(tuple((fits.weights[:, 0] / scale).tolist()), float(fits.intercepts[0]))
    return Chosen(head, ridge, out_of_fold, path)


def _scaled_basis(x: NDArray[np.floating]) -> tuple[Basis, float]:
    """Return the basis of features scaled to a mean squared length of 1, and the scale."""
    basis = Basis.of(x)
    scale = float(np.sqrt(basis.spread.sum() / max(1, len(x)))) or 1.0
    return replace(
        basis,
        mean=basis.mean / scale,
        places=basis.places / scale,
        spread=basis.spread / scale**2,
    ), scale


def _try_strengths(
    basis: Basis,
    y: NDArray[np.floating],
    folds: NDArray[np.int64],
    *,
    weights: NDArray[np.floating],
    anchor: Array,
) -> tuple[Path, Array]:
    """Fit with every strength on all folds but one, for each fold.

    Returns:
        what came of it, and the logit of every row by each strength where its fold was left out.
    """
    count = int(folds.max()) + 1
    left_out = folds[:, None] == np.arange(count)
    counted = np.asarray(weights, np.float64)[:, None]
    columns = np.tile(np.where(left_out, 0.0, counted), (1, len(STRENGTHS)))
    ridges = np.repeat(STRENGTHS, count)
    priors = np.broadcast_to(anchor, (len(anchor), len(ridges)))
    fits = fit_columns(basis, y, ridges=ridges, weights=columns, priors=priors)
    logits = fits.logits.reshape(len(y), len(STRENGTHS), count)
    held_out: Array = logits[np.arange(len(y)), :, folds]
    within = logits.transpose(1, 0, 2)
    inner = np.where(left_out, 0.0, counted)
    loss, accuracy = _judged(within, np.asarray(y)[:, None], inner)
    held_loss, held_accuracy = _judged(held_out.T, np.asarray(y), counted[:, 0])
    return Path(STRENGTHS, loss, held_loss, accuracy, held_accuracy), held_out


def _judged(logits: Array, y: Array, weights: Array) -> tuple[Array, Array]:
    """Return mean log loss and share of right answers, over all axes but the first."""
    axes = tuple(range(1, logits.ndim))
    total = max(float(weights.sum()), 1e-12)
    surprise = (weights * (np.logaddexp(0, logits) - y * logits)).sum(axis=axes)
    right = (weights * ((logits > 0) == (y > 0.5))).sum(axis=axes)
    return surprise / total, right / total
