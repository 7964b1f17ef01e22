"""Logistic regression with a ridge: one fit, or a whole cross-validation of fits at once.

Numpy alone, and deterministic. All fits that share their pictures are columns of one Newton
iteration, so that the many matrix products of a cross-validation become a few large ones.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

# The intercept is all but free; this keeps it finite where only one class is left.
_INTERCEPT_RIDGE = 1e-4
_SMALLEST_SPREAD = 1e-12
_NEWTON_STEPS = 40
_INNER_STEPS = 40
_TOLERANCE = 1e-8
_EXACTNESS = 0.01
_HALVINGS = 20
_TINY = 1e-300


@dataclass(frozen=True, slots=True)
class Basis:
    """Features in coordinates that vary independently of each other.

    There are never more of them than pictures or features, and a ridge is the same length in
    both, so that small collections of long features cost little.

    Attributes:
        mean: of the features, shape (D,).
        axes: unit vectors, shape (D, R), R ≤ min(N, D).
        places: of the pictures along the axes, shape (N, R).
        spread: sum of squared places along each axis, shape (R,).
    """

    mean: Array
    axes: Array
    places: Array
    spread: Array

    @classmethod
    def of(cls, x: NDArray[np.floating]) -> Basis:
        """Find the coordinates of features of shape (N, D), by a thin singular decomposition."""
        wide = np.asarray(x, np.float64)
        mean = wide.mean(axis=0) if len(wide) else np.zeros(wide.shape[1])
        centred = wide - mean
        few = len(centred) < centred.shape[1]
        spread, vectors = np.linalg.eigh(centred @ centred.T if few else centred.T @ centred)
        kept = spread > max(spread.max(initial=0.0), _TINY) * _SMALLEST_SPREAD
        spread, vectors = spread[kept], vectors[:, kept]
        axes = centred.T @ vectors / np.sqrt(spread) if few else vectors
        return cls(mean, axes, centred @ axes, spread)


@dataclass(frozen=True, slots=True)
class Fits:
    """Fits of several columns to the same pictures.

    Attributes:
        weights: shape (D, C); a picture's logit is ``features @ weights + intercepts``.
        intercepts: shape (C,).
        logits: of the pictures that were fitted to, shape (N, C).
    """

    weights: Array
    intercepts: Array
    logits: Array


def fit_logistic(
    x: NDArray[np.floating],
    y: NDArray[np.floating],
    *,
    ridge: float,
    weights: NDArray[np.floating] | None = None,
    prior: NDArray[np.floating] | None = None,
) -> tuple[Array, float]:
    """Fit one logistic regression.

    It minimises the summed log loss plus ``ridge / 2 · |w - prior|²``; the intercept is free.

    Args:
        x: features, shape (N, D).
        y: targets, 0 to 1, shape (N,).
        ridge: above 0.
        weights: how much each picture counts, shape (N,); all 1 by default.
        prior: where the ridge pulls the weights to, shape (D,); 0 by default.

    Returns:
        weights of shape (D,) and the intercept.
    """
    counted = np.ones(len(y)) if weights is None else np.asarray(weights, np.float64)
    anchors = np.zeros(x.shape[1]) if prior is None else np.asarray(prior, np.float64)
    fits = fit_columns(
        Basis.of(x), y, ridges=np.array([ridge]), weights=counted[:, None], priors=anchors[:, None]
    )
    return fits.weights[:, 0], float(fits.intercepts[0])


def fit_columns(
    basis: Basis,
    y: NDArray[np.floating],
    *,
    ridges: Array,
    weights: Array,
    priors: Array,
) -> Fits:
    """Fit many logistic regressions to the same pictures at once.

    Newton's method, its steps found by conjugate gradients (Nocedal & Wright, *Numerical
    Optimization*, 2006, §7.1) with the curvature along the basis' axes as preconditioner.

    Args:
        basis: the pictures' features.
        y: targets, 0 to 1, shape (N,).
        ridges: shape (C,), above 0.
        weights: how much each picture counts in each fit, shape (N, C); 0 leaves it out.
        priors: where the ridges pull to, shape (D, C).
    """
    problem = _Problem.of(basis, y, ridges, weights, priors)
    solution = problem.solve()
    found = priors + basis.axes @ solution[1:]
    return Fits(found, solution[0] - basis.mean @ found, problem.logits(solution))


@dataclass(frozen=True, slots=True)
class _Problem:
    """The losses of all columns; a solution has the intercepts in row 0, coordinates below.

    Attributes:
        places: see ``Basis``.
        spread: see ``Basis``, with the number of pictures before it, shape (1 + R, 1).
        targets: shape (N, 1).
        weights: of the pictures, shape (N, C).
        offset: what the priors say of the centred pictures, shape (N, C).
        ridge: shape (1 + R, C).
    """

    places: Array
    spread: Array
    targets: Array
    weights: Array
    offset: Array
    ridge: Array

    @classmethod
    def of(
        cls, basis: Basis, y: NDArray[np.floating], ridges: Array, weights: Array, priors: Array
    ) -> _Problem:
        intercepts = np.full((1, len(ridges)), _INTERCEPT_RIDGE)
        slopes = np.broadcast_to(ridges, (len(basis.spread), len(ridges)))
        return cls(
            places=basis.places,
            spread=np.concatenate([[float(len(y))], basis.spread])[:, None],
            targets=np.asarray(y, np.float64)[:, None],
            weights=weights,
            offset=basis.places @ (basis.axes.T @ priors),
            ridge=np.concatenate([intercepts, slopes]),
        )

    def columns(self, chosen: NDArray[np.bool_]) -> _Problem:
        return replace(
            self,
            weights=self.weights[:, chosen],
            offset=self.offset[:, chosen],
            ridge=self.ridge[:, chosen],
        )

    def solve(self) -> Array:
        """Take Newton steps in every column that is not at its minimum yet."""
        result = np.zeros_like(self.ridge)
        rest, at = self, np.arange(result.shape[1])
        for _ in range(_NEWTON_STEPS):
            solution = result[:, at]
            logits = rest.logits(solution)
            loss = rest.loss(solution, logits)
            p = _sigmoid(logits)
            slope = rest.back(rest.weights * (p - rest.targets)) + rest.ridge * solution
            curve = rest.weights * p * (1 - p)
            scale = rest.spread * (curve.sum(axis=0) / len(curve)) + rest.ridge
            left = (slope**2 / scale).sum(axis=0) > _TOLERANCE * (1 + loss)
            if not left.any():
                break
            rest, at = rest.columns(left), at[left]
            step = rest.newton_step(slope[:, left], curve[:, left], scale[:, left])
            promise = -(slope[:, left] * step).sum(axis=0)
            result[:, at] = rest.along(step, promise, solution[:, left], loss[left])
        return result

    def logits(self, solution: Array) -> Array:
        return self.offset + self.forth(solution)

    def forth(self, solution: Array) -> Array:
        result: Array = self.places @ solution[1:] + solution[0]
        return result

    def back(self, values: Array) -> Array:
        return np.concatenate([values.sum(axis=0, keepdims=True), self.places.T @ values])

    def loss(self, solution: Array, logits: Array) -> Array:
        surprise = np.logaddexp(0, logits) - self.targets * logits
        penalty = (self.ridge * solution**2).sum(axis=0) / 2
        result: Array = (self.weights * surprise).sum(axis=0) + penalty
        return result

    def newton_step(self, slope: Array, curve: Array, scale: Array) -> Array:
        """Solve for the step of every column by preconditioned conjugate gradients."""
        step = np.zeros_like(slope)
        rest = -slope
        eased = rest / scale
        way, power = eased, (rest * eased).sum(axis=0)
        enough = _EXACTNESS * power
        for _ in range(_INNER_STEPS):
            bent = self.back(curve * self.forth(way)) + self.ridge * way
            length = power / np.maximum((way * bent).sum(axis=0), _TINY)
            step += length * way
            rest = rest - length * bent
            eased = rest / scale
            before, power = power, (rest * eased).sum(axis=0)
            if (power <= enough).all():
                break
            way = eased + power / np.maximum(before, _TINY) * way
        return step

    def along(self, step: Array, promise: Array, solution: Array, loss: Array) -> Array:
        """Go along the step, in each column as far as the loss falls."""
        length = np.ones_like(loss)
        for _ in range(_HALVINGS):
            there = solution + length * step
            new = self.loss(there, self.logits(there))
            worse = new > loss - 1e-4 * length * promise + 1e-12 * (1 + loss)
            if not worse.any():
                break
            length = np.where(worse, length / 2, length)
        return there


def _sigmoid(logits: Array) -> Array:
    return 1 / (1 + np.exp(-np.clip(logits, -60, 60)))
