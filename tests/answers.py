"""Labelled answers for the tests of what comes after them."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import numpy as np

from happysad.records import Answer

CLASSES = ("happy", "sad")


def answer(
    label: str,
    *probabilities: float,
    name: str = "",
    group: str = "",
    unsure_below: float = 0.0,
    classes: tuple[str, ...] = CLASSES,
    seen_in_training: str | None = None,
) -> Answer:
    """One answer; two classes need only the probability of the last one."""
    shares = (1 - probabilities[0], *probabilities) if len(probabilities) == 1 else probabilities
    best = int(np.argmax(shares))
    # The same name in every process: answers are sorted by it.
    file = name or f"{label}/{_sha256(repr((label, probabilities)))[:16]}.jpg"
    sha256 = _sha256(file)
    return Answer(
        file=file,
        sha256=sha256,
        group=group or sha256,
        label=label,
        predicted=classes[best],
        verdict=classes[best] if shares[best] >= unsure_below else "unsure",
        probabilities=dict(zip(classes, shares, strict=True)),
        seen_in_training=seen_in_training,
    )


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()


def answers_of(
    labels: Sequence[int], sad: Sequence[float], *, unsure_below: float = 0.0
) -> list[Answer]:
    """Answers for two classes from class numbers and the probability of ``sad``."""
    return [
        answer(
            CLASSES[label],
            float(share),
            name=f"{CLASSES[label]}/{number:05d}.jpg",
            unsure_below=unsure_below,
        )
        for number, (label, share) in enumerate(zip(labels, sad, strict=True))
    ]


def random_answers(n: int, *, seed: int = 1, unsure_below: float = 0.7) -> list[Answer]:
    """Answers of a calibrated model of middling skill."""
    rng = np.random.default_rng(seed)
    sad = rng.beta(0.7, 0.7, n)
    labels = (rng.random(n) < sad).astype(int)
    return answers_of(labels.tolist(), sad.tolist(), unsure_below=unsure_below)
