"""Are wrong labels found? Labels of real pictures are flipped at random, and looked for.

    python benchmarks/label_noise.py --base MODEL.happysad [--features FILE.npz] [--seed 1]

Takes about two minutes on two cores once the pictures have been read, which takes twenty. Two
questions, with the functions behind ``happysad check --labels``:

1. On a copy of ``web`` with 8% of the labels flipped: the average precision of finding the flips.
   What is found besides them counts as a false alarm, also where the folder was wrong before; so
   the same figure is given without the pictures whose label a sure reading contradicts.
2. In ``web`` as it is: of the first 60 pictures, the share that a sure reading contradicts.

``--features`` takes the views' numbers from a file instead of reading pictures with the base model:
``scene`` (N, D), ``faces`` (F, E), ``owners``, ``scores``, ``areas`` and ``sides`` (F,), in the
order of ``web/manifest.csv``; and ``part`` (N,) where parts were read by different models, which
are then judged apart.
"""

from __future__ import annotations

import argparse
import csv
import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from measuring import Mark, Result, finish, parser

from happysad.bundle import archive
from happysad.collection.scan import scan
from happysad.judge.ranking import rank
from happysad.judge.suspects import suspect
from happysad.training.two_view.doubts import left_out_probabilities
from happysad.training.two_view.embed import embed_collection
from happysad.training.two_view.embedding import Embeddings

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from happysad.bundle.manifest import Manifest

FIRST = 60
RESAMPLES = 500


@dataclass(frozen=True)
class Material:
    """Labelled pictures; every array has shape (N,) but the embeddings.

    Attributes:
        classes: class names in label order.
        labels: the folder's.
        groups: near duplicates share one.
        contradicted: whether a sure reading says the other class.
        parts: pictures read by one and the same model.
        embeddings: of the pictures.
    """

    classes: tuple[str, ...]
    labels: NDArray[np.int64]
    groups: NDArray[np.str_]
    contradicted: NDArray[np.bool_]
    parts: NDArray[np.int64]
    embeddings: Embeddings


def main() -> int:
    """Flip, look for what was flipped, and tell."""
    options = arguments().parse_args()
    base = archive.read(options.base)
    if options.features:
        material = from_features(options.data, options.features)
    else:
        material = from_pictures(options.data, base)
    flips = np.random.default_rng(options.seed).random(len(material.labels)) < options.share
    flipped = replace(material, labels=np.where(flips, 1 - material.labels, material.labels))
    wrong, expected = doubted(flipped, base.manifest)
    precision, low, high = average_precision(flips, wrong)
    known = flips | ~material.contradicted
    without, without_low, without_high = average_precision(flips[known], wrong[known])
    untouched, untouched_expected = doubted(material, base.manifest)
    first = np.argsort(-untouched, kind="stable")[:FIRST]
    result = Result(
        "label_noise",
        f"python benchmarks/label_noise.py --base {options.base.name}"
        + (f" --features {options.features.name}" if options.features else ""),
        marks=[Mark("average precision of finding flipped labels", precision, at_least=0.85)],
        figures={
            "95% interval (bootstrap)": [low, high],
            "pictures": len(flips),
            "labels flipped": int(flips.sum()),
            "average precision without labels that a sure reading contradicts": without,
            "its 95% interval": [without_low, without_high],
            "wrong labels expected, of the flipped copy": expected,
            "wrong labels expected, of the pictures as they are": untouched_expected,
            f"share of the first {FIRST} that a sure reading contradicts": float(
                material.contradicted[first].mean()
            ),
            "the same share of all pictures": float(material.contradicted.mean()),
            "graphs and heads": base.manifest.name,
        },
    )
    return finish(result, options.out)


def arguments() -> argparse.ArgumentParser:
    made = parser(__doc__)
    made.add_argument("--base", type=Path, required=True, help="model of two views")
    made.add_argument("--features", type=Path, help="numbers of the views, see above")
    made.add_argument("--share", type=float, default=0.08, help="of the labels to flip")
    made.add_argument("--seed", type=int, default=1)
    return made


def doubted(material: Material, base: Manifest) -> tuple[NDArray[np.float64], float]:
    """Return how likely each label is wrong, shape (N,), and how many are, by parts."""
    wrong, expected = np.empty(len(material.labels)), 0.0
    for part in np.unique(material.parts):
        rows = np.flatnonzero(material.parts == part)
        probabilities = left_out_probabilities(
            material.embeddings.rows(rows),
            material.labels[rows],
            material.groups[rows].tolist(),
            classes=material.classes,
            base=base,
        )
        suspects = suspect(probabilities, material.labels[rows])
        wrong[rows] = suspects.wrong
        expected += suspects.expected
    return wrong, expected


def average_precision(
    flips: NDArray[np.bool_], wrong: NDArray[np.float64]
) -> tuple[float, float, float]:
    """Return average precision and its 95% bootstrap interval over pictures."""
    generator = np.random.default_rng(1)
    values = []
    for _ in range(RESAMPLES):
        rows = generator.integers(0, len(flips), len(flips))
        values.append(rank(flips[rows], wrong[rows]).average_precision)
    low, high = np.quantile(values, [0.025, 0.975]).tolist()
    return rank(flips, wrong).average_precision, low, high


def from_pictures(data: Path, base: archive.Bundle) -> Material:
    """Read the pictures with the base model, or take what was read of them from the cache."""
    collection = scan(data / "web")
    seen = embed_collection(collection, base=base)
    contradicted = readings_against(data)
    return Material(
        classes=seen.classes,
        labels=seen.labels,
        groups=np.array(seen.groups),
        contradicted=np.array([contradicted[f"web/{entry.file}"] for entry in seen.entries]),
        parts=np.zeros(len(seen), np.int64),
        embeddings=seen.stacked(),
    )


def from_features(data: Path, file: Path) -> Material:
    """Take the numbers from a file, and labels from the manifest, which has one of each group."""
    rows = read_csv(data / "web" / "manifest.csv")
    contradicted = readings_against(data)
    classes = tuple(sorted({row["label"] for row in rows}))
    with np.load(file) as saved:
        names = ("scene", "faces", "owners", "scores", "areas", "sides")
        embeddings = Embeddings(**{name: saved[name] for name in names})
        parts = saved["part"] if "part" in saved else np.zeros(len(rows), np.int64)
    return Material(
        classes=classes,
        labels=np.array([classes.index(row["label"]) for row in rows]),
        groups=np.array([row["file"] for row in rows]),
        contradicted=np.array([contradicted[row["file"]] for row in rows]),
        parts=parts,
        embeddings=embeddings,
    )


def readings_against(data: Path) -> dict[str, bool]:
    """Return for each file whether a sure reading contradicts its folder."""
    return {
        row["file"]: row["sure"] == "1" and row["mood"] != Path(row["file"]).parent.name
        for row in read_csv(data / "web" / "readings.csv")
    }


def read_csv(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


if __name__ == "__main__":
    sys.exit(main())
