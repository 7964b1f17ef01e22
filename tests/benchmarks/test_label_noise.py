"""The benchmark of label noise, on numbers that were made up."""

from __future__ import annotations

import numpy as np
import pytest

from happysad.training.two_view.embedding import Embeddings
from two_views import base, pictures


def test_flips_are_found(monkeypatch: pytest.MonkeyPatch) -> None:
    import label_noise

    monkeypatch.setattr(label_noise, "RESAMPLES", 50)
    parts = []
    for seed in (0, 1):
        made, labels, groups = pictures(120, apart=2.0, seed=seed)
        contradicted = np.zeros(120, bool)
        if not seed:  # the reading contradicts one folder, and is right about it
            labels[0], contradicted[0] = 1, True
            made[0].scene[0], made[0].faces[..., 0] = -4.0, -4.0
        known = Embeddings.of(made)
        parts.append(label_noise.Part(labels, groups, contradicted, known, base().manifest))
    marks, figures = label_noise.measured(parts, share=0.08, seed=1)
    precision = marks[0].value
    low, high = figures["95% interval (bootstrap)"]
    assert 0.7 < precision <= 1
    assert low <= precision <= high
    assert 5 < figures["labels flipped"] < 40
    assert figures["pictures"] == 240
    assert figures["share of the first 60 that a sure reading contradicts"] == 1 / 60
