"""Outlines as arrays of points, and the frames that place them on a canvas.

A shape lives in units of its own frame: x to the right, y downwards, about -1 to 1. The same
outline therefore serves a face that fills the picture and one in a crowd.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Points: TypeAlias = NDArray[np.float64]
"""Array of shape (N, 2): x and y of each point."""


@dataclass(frozen=True, slots=True)
class Frame:
    """A place on the canvas that shapes are drawn into.

    Attributes:
        x: centre, in canvas pixels.
        y: centre, in canvas pixels.
        size: canvas pixels of one unit.
        angle: clockwise turn, in radians.
        squash: width over height of a unit square.
    """

    x: float
    y: float
    size: float
    angle: float = 0.0
    squash: float = 1.0

    def place(self, points: Points) -> Points:
        """Return the points in canvas pixels, shape (N, 2)."""
        cos, sin = math.cos(self.angle), math.sin(self.angle)
        x, y = points[:, 0] * self.squash, points[:, 1]
        turned = np.stack([x * cos - y * sin, x * sin + y * cos], axis=1)
        return turned * self.size + (self.x, self.y)

    def inner(self, x: float, y: float, scale: float) -> Frame:
        """Return a frame inside this one, centred on (x, y) in this frame's units."""
        centre = self.place(np.array([[x, y]]))[0]
        return Frame(float(centre[0]), float(centre[1]), self.size * scale, self.angle, self.squash)


def points(*pairs: tuple[float, float]) -> Points:
    """Return pairs as an array of shape (N, 2)."""
    return np.array(pairs, dtype=np.float64)


def ellipse(
    *,
    centre: tuple[float, float] = (0.0, 0.0),
    radii: tuple[float, float] = (1.0, 1.0),
    power: float = 2.0,
    turn: tuple[float, float] = (0.0, 1.0),
) -> Points:
    """Return a superellipse or a piece of one, 64 points.

    Args:
        centre: x and y.
        radii: half width and half height.
        power: 2 is an ellipse, larger is squarer.
        turn: first and last point, as shares of a full turn that starts at the right and goes
            down; (0, 1) is the closed outline.
    """
    angles = np.linspace(turn[0], turn[1], 64) * 2 * math.pi
    cos, sin = np.cos(angles), np.sin(angles)
    x = centre[0] + radii[0] * np.sign(cos) * np.abs(cos) ** (2 / power)
    y = centre[1] + radii[1] * np.sign(sin) * np.abs(sin) ** (2 / power)
    return np.stack([x, y], axis=1)


def bow(*, centre: tuple[float, float], half_width: float, sag: float, count: int = 24) -> Points:
    """Return a parabola from left to right; its middle hangs ``sag`` below its ends."""
    t = np.linspace(-1.0, 1.0, count)
    y = centre[1] + sag * (0.5 - t**2)
    return np.stack([centre[0] + t * half_width, y], axis=1)


def star(count: int, *, inner: float = 0.5) -> Points:
    """Return a star with ``count`` tips at distance 1."""
    angles = np.linspace(0, 2 * math.pi, 2 * count, endpoint=False) - math.pi / 2
    radii = np.where(np.arange(2 * count) % 2 == 0, 1.0, inner)
    return np.stack([radii * np.cos(angles), radii * np.sin(angles)], axis=1)


def wobbled(outline: Points, amount: float, rng: np.random.Generator) -> Points:
    """Return the outline as an unsteady hand would draw it.

    Args:
        outline: shape (N, 2).
        amount: standard deviation of the hand's drift, in the outline's units.
        rng: source of the drift.
    """
    if amount <= 0:
        return outline
    knots = max(4, len(outline) // 6)
    drift = rng.normal(0.0, amount, size=(knots, 2))
    at = np.linspace(0, knots - 1, len(outline))
    smooth = [np.interp(at, np.arange(knots), drift[:, axis]) for axis in (0, 1)]
    return outline + np.stack(smooth, axis=1)
