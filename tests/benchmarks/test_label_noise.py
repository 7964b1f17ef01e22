"""The benchmark of label noise, on numbers that were made up."""

from __future__ import annotations

import csv
import json
import sys
from pathlib import Path

import numpy as np
import pytest

from happysad.training.two_view.embedding import Embeddings
from two_views import BASE, pictures


def write_csv(path: Path, rows: list[dict[str, object]]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        writer.writerows(rows)


def test_flips_are_found_and_the_figures_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    import label_noise

    made, labels, _ = pictures(240, apart=2.0)
    names = [f"web/{('happy', 'sad')[label]}/{row}.jpg" for row, label in enumerate(labels)]
    table = [
        {"file": name, "label": name.split("/")[1], "mood": name.split("/")[1], "sure": 1}
        for name in names
    ]
    table[0]["mood"] = "sad"  # the reading contradicts the folder, and is right about it
    labels[0] = 1
    made[0].scene[0], made[0].faces[..., 0] = 4.0, 4.0
    write_csv(tmp_path / "web/manifest.csv", table)
    write_csv(tmp_path / "web/readings.csv", table)
    stacked = Embeddings.of(made)
    fields = ("scene", "faces", "owners", "scores", "areas", "sides")
    numbers = {name: getattr(stacked, name) for name in fields}
    np.savez(tmp_path / "features.npz", part=np.arange(240) // 120, **numbers)
    words = ["--data", tmp_path, "--base", BASE, "--features", tmp_path / "features.npz"]
    monkeypatch.setattr(sys, "argv", ["label_noise.py", *map(str, words), "--out", str(tmp_path)])
    monkeypatch.setattr(label_noise, "RESAMPLES", 50)
    label_noise.main()
    assert "average precision" in capsys.readouterr().out
    kept = json.loads((tmp_path / "label_noise.json").read_text())
    precision = kept["marks"][0]["value"]
    low, high = kept["figures"]["95% interval (bootstrap)"]
    assert 0.7 < precision <= 1
    assert low <= precision <= high
    assert 5 < kept["figures"]["labels flipped"] < 40
    assert kept["figures"]["share of the first 60 that a sure reading contradicts"] == 1 / 60
