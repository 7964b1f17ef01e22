"""Embeddings with a known answer, and a base model to learn on."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from happysad.bundle import archive
from happysad.bundle.archive import Bundle
from happysad.faces.views import Embedding

BASE = Path(__file__).parent / "fixtures" / "tiny-two-view.happysad"
SCENE, FACE = 16, 8


def base() -> Bundle:
    """Return the tiny base model: features of 16 and 8 numbers."""
    return archive.read(BASE)


def embedding(
    generator: np.random.Generator, label: int, *, faces: int = 1, apart: float = 1.0
) -> Embedding:
    """Return a picture whose first scene feature and first face feature tell its label."""
    sign = apart * (2 * label - 1)
    scene = generator.normal(size=SCENE).astype(np.float32)
    scene[0] += sign
    found = generator.normal(size=(faces, FACE)).astype(np.float32)
    found[:, 0] += 1.5 * sign
    return Embedding(
        scene=scene,
        faces=found,
        scores=generator.uniform(0.5, 1, faces).astype(np.float32),
        areas=generator.uniform(0.01, 0.3, faces).astype(np.float32),
        sides=generator.uniform(24, 200, faces).astype(np.float32),
    )


def pictures(
    count: int, *, faces: tuple[int, ...] = (0, 1, 1, 4), apart: float = 1.0, seed: int = 0
) -> tuple[list[Embedding], np.ndarray, list[str]]:
    """Return embeddings, labels and groups; two pictures share a group now and then."""
    generator = np.random.default_rng(seed)
    labels = np.arange(count) % 2
    made = [
        embedding(generator, int(label), faces=faces[row // 2 % len(faces)], apart=apart)
        for row, label in enumerate(labels)
    ]
    groups = [f"{label}-{row // 2 - row // 2 % 2}" for row, label in enumerate(labels)]
    return made, labels, groups
