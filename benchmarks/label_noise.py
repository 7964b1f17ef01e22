"""Are wrong labels found? Labels of real pictures are flipped at random, and looked for.

    python benchmarks/label_noise.py --recipe scratch/train_default [--seed 1]
    python benchmarks/label_noise.py --base MODEL.happysad [--seed 1]

With the recipe's work folder each fold is read, and doubted, by the model that did not see it: the
honest figure. With a base model all pictures are read by it, which takes twenty minutes once; the
shipped model has learned from these very pictures, so expect far too good a figure of it. Two
questions, with the functions behind ``happysad check --labels``:

1. On a copy of ``web`` with 8% of the labels flipped: the average precision of finding the flips.
   What is found besides them counts as a false alarm, also where the folder was wrong before; so
   the same figure is given without the pictures whose label a sure reading contradicts.
2. In ``web`` as it is: of the first 60 pictures, the share that a sure reading contradicts.
"""

from __future__ import annotations

import argparse
import csv
import os
import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from measuring import Mark, Result, finish, parser

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "scripts" / "train_default"))

from table import CLASSES, FOLDS

from happysad.bundle import archive
from happysad.collection.scan import scan
from happysad.judge.ranking import rank
from happysad.judge.suspects import suspect
from happysad.training.two_view.doubts import left_out_probabilities
from happysad.training.two_view.embed import embed_collection

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from happysad.bundle.manifest import Manifest
    from happysad.training.two_view.embedding import Embeddings

FIRST = 60
RESAMPLES = 500


@dataclass(frozen=True)
class Part:
    """Pictures that were read by one model, and are doubted together.

    Attributes:
        labels: the folder's, as index into ``classes``, shape (N,).
        groups: near duplicates share one, shape (N,).
        contradicted: whether a sure reading says the other class, shape (N,).
        embeddings: of the pictures.
        base: the model.
        classes: class names in label order.
    """

    labels: NDArray[np.int64]
    groups: Sequence[str]
    contradicted: NDArray[np.bool_]
    embeddings: Embeddings
    base: Manifest
    classes: tuple[str, ...] = CLASSES


def main() -> int:
    """Flip, look for what was flipped, and tell."""
    options = arguments().parse_args()
    if options.recipe:
        parts = from_recipe(options.data, options.recipe)
        asked = "--recipe WORK"
    else:
        parts = from_pictures(options.data, archive.read(options.base))
        asked = f"--base {options.base.name}"
    marks, figures = measured(parts, share=options.share, seed=options.seed)
    command = f"python benchmarks/label_noise.py {asked} --seed {options.seed}"
    return finish(Result("label_noise", command, marks=marks, figures=figures), options.out)


def arguments() -> argparse.ArgumentParser:
    made = parser(__doc__)
    base = made.add_mutually_exclusive_group(required=True)
    base.add_argument("--recipe", type=Path, help="work folder of scripts/train_default")
    base.add_argument("--base", type=Path, help="model of two views")
    made.add_argument("--share", type=float, default=0.08, help="of the labels to flip")
    made.add_argument("--seed", type=int, default=1)
    return made


def measured(
    parts: Sequence[Part], *, share: float, seed: int
) -> tuple[list[Mark], dict[str, object]]:
    """Return marks and figures of both questions.

    Args:
        parts: the pictures, labels as they are.
        share: of the labels to flip, 0 to 1.
        seed: which ones.
    """
    contradicted = np.concatenate([part.contradicted for part in parts])
    flips = np.random.default_rng(seed).random(len(contradicted)) < share
    wrong, expected = doubted([_flipped(part, own) for part, own in _by_part(parts, flips)])
    precision, low, high = average_precision(flips, wrong)
    known = flips | ~contradicted
    without, without_low, without_high = average_precision(flips[known], wrong[known])
    untouched, untouched_expected = doubted(parts)
    first = np.argsort(-untouched, kind="stable")[:FIRST]
    marks = [Mark("average precision of finding flipped labels", precision, at_least=0.85)]
    return marks, {
        "95% interval (bootstrap)": [low, high],
        "pictures": len(flips),
        "labels flipped": int(flips.sum()),
        "average precision without labels that a sure reading contradicts": without,
        "its 95% interval": [without_low, without_high],
        "wrong labels expected, of the flipped copy": expected,
        "wrong labels expected, of the pictures as they are": untouched_expected,
        f"share of the first {FIRST} that a sure reading contradicts": float(
            contradicted[first].mean()
        ),
        "the same share of all pictures": float(contradicted.mean()),
        "graphs and heads": ", ".join(part.base.name for part in parts),
    }


def _by_part(
    parts: Sequence[Part], flips: NDArray[np.bool_]
) -> Iterator[tuple[Part, NDArray[np.bool_]]]:
    ends = np.cumsum([len(part.labels) for part in parts])
    return zip(parts, np.split(flips, ends[:-1]), strict=True)


def _flipped(part: Part, flips: NDArray[np.bool_]) -> Part:
    return replace(part, labels=np.where(flips, 1 - part.labels, part.labels))


def doubted(parts: Sequence[Part]) -> tuple[NDArray[np.float64], float]:
    """Return how likely each label is wrong, part after part, and how many are."""
    found = [
        suspect(
            left_out_probabilities(
                part.embeddings, part.labels, part.groups, classes=part.classes, base=part.base
            ),
            part.labels,
        )
        for part in parts
    ]
    wrong = np.concatenate([suspects.wrong for suspects in found])
    return wrong, sum(suspects.expected for suspects in found)


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


def from_pictures(data: Path, base: archive.Bundle) -> list[Part]:
    """Read the pictures with the base model, or take what was read of them from the cache."""
    collection = scan(data / "web")
    seen = embed_collection(collection, base=base)
    contradicted = readings_against(data)
    whole = Part(
        labels=seen.labels,
        groups=seen.groups,
        contradicted=np.array([contradicted[f"web/{entry.file}"] for entry in seen.entries]),
        embeddings=seen.stacked(),
        base=base.manifest,
        classes=seen.classes,
    )
    return [whole]


def from_recipe(data: Path, work: Path) -> list[Part]:
    """Take what the recipe's models made of the pictures of the fold that they did not see."""
    import left_out
    from stages import Run

    run = Run.open(data, work, folds=(), smoke=False)
    contradicted = readings_against(data)
    parts = []
    for fold in FOLDS:
        rows = run.table.judged_rows(fold)
        files = run.table.files[rows].tolist()
        part = Part(
            labels=run.table.labels[rows],
            groups=files,  # the material holds one of each group of near duplicates
            contradicted=np.array([contradicted[file] for file in files]),
            embeddings=left_out.features(run, fold),
            base=archive.read(left_out.base_without(run, fold)).manifest,
        )
        parts.append(part)
    return parts


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
